"""Verdict to text: the only room with wording and redaction. Never shows a secret, an assertion, a code or a token."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, TypeAlias

from pytest_jwtauth import numeric_date, written_forms
from pytest_jwtauth.evidence import Evidence, gather
from pytest_jwtauth.haystack import Needles
from pytest_jwtauth.model import NotEvaluated, Verdict, Violation
from pytest_jwtauth.parameters import CREDENTIALS, JWT_BEARER_ASSERTION_TYPE
from pytest_jwtauth.registered_client import RegisteredClient
from pytest_jwtauth.report_words import mask, shown_name
from pytest_jwtauth.urls import urlsplit_or_none

Secrets: TypeAlias = Needles
"""Forms of secrets to hide, in small letters."""

DOCUMENTATION = "docs/rules.md"
LONGEST_LINE = 400
MOST_FIELDS = 20

_SHOWN_AS_THEY_ARE = frozenset(
    {
        *("grant_type", "redirect_uri", "scope", "client_id", "client_assertion_type", "resource", "audience"),
        *("token_type_hint", "requested_token_type", "subject_token_type", "actor_token_type"),
        *("response_type", "code_challenge_method", "prompt", "max_age"),
    }
)


class Reporter:
    """Describes the verdict on one request; shows none of its secrets.

    It keeps what the evidence was gathered from and gathers it again if somebody wants to read the report: most
    verdicts are never printed, and what they would keep alive slows down every later garbage collection.
    """

    __slots__ = ("_client", "_expected", "_history", "_leeway", "_now", "_profile", "_request", "_server")

    def __init__(self, evidence: Evidence) -> None:
        self._request = evidence.request
        self._client = evidence.client
        self._server = evidence.server
        self._profile = evidence.profile
        self._now = evidence.now
        self._leeway = evidence.leeway
        self._history = evidence.history
        self._expected = evidence.expected

    def __call__(self, verdict: Verdict) -> str:
        return describe(verdict, self.evidence())

    def evidence(self) -> Evidence:
        """What the verdict was passed on, gathered again."""
        return gather(
            self._request,
            client=self._client,
            server=self._server,
            profile=self._profile,
            now=self._now,
            leeway=self._leeway,
            history=self._history,
            expected=self._expected,
        )


def evidence_of(verdict: Verdict) -> Evidence:
    """What *verdict* was passed on; it has to be from this process."""
    described_by = verdict._describe
    assert isinstance(described_by, Reporter)
    return described_by.evidence()


def describe(verdict: Verdict, evidence: Evidence) -> str:
    """The report of one verdict: ids first, for a summary line keeps little more than them."""
    lines = [headline(verdict)]
    lines += _details(verdict, evidence)
    return "\n".join(lines)


def headline(verdict: Verdict) -> str:
    """The first line of a report."""
    broken = verdict.violations or verdict.warnings
    if not broken:
        return f"no rule of profile {verdict.profile!r} broken"
    ids = ", ".join(violation.rule for violation in broken)
    kind = "" if verdict.violations else " (level: warning)"
    return f"{ids}: {_rules(len(broken))} of profile {verdict.profile!r} broken{kind}"


def _rules(count: int) -> str:
    return f"{count} rule" if count == 1 else f"{count} rules"


def _details(verdict: Verdict, evidence: Evidence) -> list[str]:
    width = max((len(violation.rule) for violation in (*verdict.violations, *verdict.warnings)), default=0)
    lines: list[str] = []
    for violation in verdict.violations:
        lines += _violation(violation, width)
    for violation in verdict.warnings:
        lines += _violation(violation, width, "warning: ")
    secrets = secrets_of(evidence)
    lines.append(f"  {request_line(evidence, secrets)}")
    lines += _assertion_lines(evidence, secrets)
    if verdict.not_evaluated:
        lines.append(f"  not evaluated: {_grouped(verdict.not_evaluated)}")
    if broken := verdict.violations or verdict.warnings:
        first = broken[0].rule
        lines.append(f'  allow: @pytest.mark.jwtauth(allow=["{first}"])   docs: {DOCUMENTATION}#{first}')
    return lines


def _violation(violation: Violation, width: int, prefix: str = "") -> list[str]:
    indent = " " * (width + 4)
    return [
        f"  {violation.rule:<{width}}  {prefix}{violation.found}",
        f"{indent}expected: {violation.expected}   [{violation.spec}]",
    ]


def _grouped(skipped: Iterable[NotEvaluated]) -> str:
    by_reason: dict[str, list[str]] = {}
    for item in skipped:
        by_reason.setdefault(item.reason, []).append(item.rule)
    return "; ".join(f"{_listed(ids)} ({reason})" for reason, ids in by_reason.items())


def _listed(ids: list[str]) -> str:
    return ", ".join(ids[:4]) + (f" and {len(ids) - 4} more" if len(ids) > 4 else "")


def printable(text: str, secrets: Secrets, longest: int = LONGEST_LINE) -> str:
    """*text* fit to be shown: nothing in it that proves something, on one line, of bounded length."""
    # What rules show of a value is cut before it comes here, so `redact` knows the beginning of a secret, too.
    text = redact(text[: LONGEST_LINE * 10], secrets)
    if not text.isprintable():
        text = "".join([character if character.isprintable() else f"\\x{ord(character):02x}" for character in text])
    return text if len(text) <= longest else f"{text[:longest]}…"


_KEY_LINE = r"(?:[A-Z+]|\s|%(?:25)*20)*PRIVATE(?:\s|%(?:25)*20|\+)KEY-----"
_PRIVATE_KEY = re.compile(rf"-----BEGIN{_KEY_LINE}.*?(?:-----END{_KEY_LINE}|\Z)", re.DOTALL | re.IGNORECASE)
_KNOWN_BY = written_forms.SHORTEST
"""Characters by which a secret is found; the rest is compared then."""
_MARKS = ("-----begin", "eyj", *dict.fromkeys(form.lower() for form in written_forms.of_octets(b"-----BEGIN ")))
"""What stands at the beginning of a private key or of a JWT, in small letters."""
_ENCODED_PEM = re.compile(rf"(?:{'|'.join(_MARKS[2:])})(?:[\w+/=-]|%[0-9A-F]{{2}})*", re.ASCII | re.IGNORECASE)
GIVES_AWAY = 20
"""Characters of a secret that nobody may see together, whatever comes after them."""
_JWT = re.compile(r"eyJ[A-Za-z0-9_-]{8,}(?:(?:\.|%2E|%252E)[A-Za-z0-9_-]*)*", re.IGNORECASE)
NO_SECRETS: Secrets = Needles((), _KNOWN_BY)
"""For a text in which everything is hidden already."""
MOST_SOUGHT = 30
"""Credentials of a request that are looked for in every form; more of them as a message may quote them. No client sends
more than a few, and one that is made of thousands is to be reported in bounded time, too."""
MOST_SPANS = 4000
"""Places in a short text at which secrets begin; of one with more, nothing is shown."""


def secrets_of(evidence: Evidence) -> Secrets:
    """What no text may show: the client's secret or private key in every form, and the credentials that were sent or
    that the test expected.
    """
    sent = [*evidence.form.fields, *evidence.query, *evidence.expected.items()]
    values = [value for name, value in sent if name in CREDENTIALS and isinstance(value, str)]
    return secrets_among(values, evidence.client)


def secrets_among(values: Iterable[str], client: RegisteredClient) -> Secrets:
    """*values*, and the credential of *client*, in every form in which they may be written."""
    long = [value for value in dict.fromkeys(values) if len(value) >= written_forms.SHORTEST]
    forms = [form for value in long[:MOST_SOUGHT] for form in written_forms.everywhere(value)]
    forms += [form for value in long[MOST_SOUGHT:] for form in written_forms.in_messages(value)]
    return sought_for((*forms, *forms_of_credential(client)))


# A suite has one client, and most of its verdicts none of these forms.
@lru_cache(maxsize=16)
def forms_of_credential(client: RegisteredClient) -> tuple[str, ...]:
    """The secret or the private keys of *client* in every form in which they may be written."""
    forms = [needle.decode("utf-8", "replace") for needle in client.secret_needles()]
    secret = client.client_secret or ""
    if len(secret) >= written_forms.SHORTEST:
        forms += written_forms.everywhere(secret)
    for text, octets in client.private_members():
        forms += [*written_forms.everywhere(text), *written_forms.of_octets(octets)]
    return tuple(dict.fromkeys(forms))


def sought_for(forms: Iterable[str]) -> Secrets:
    """*forms* of secrets, each of so many characters that it is no accident, as `redact` takes them."""
    return Needles(dict.fromkeys(map(_small, forms)), _KNOWN_BY)


def redact(text: str, secrets: Secrets, mask: Callable[[str], str] = mask) -> str:
    """*text* with *secrets* masked, and with them any private key in PEM and whatever looks like a JWT."""
    lowered = _small(text)
    spans: list[tuple[int, int]] = []
    most = max(MOST_SPANS, len(text))
    for beginning, hidden in secrets.that_may_be_in(lowered):
        for secret in hidden:
            spans += islice(_spans(lowered, beginning, secret), most - len(spans))
            if len(spans) >= most:
                return mask(text)  # it is made of beginnings of secrets: nothing in it is worth that search
    if any(mark in lowered for mark in _MARKS):
        spans += [found.span() for looks in (_PRIVATE_KEY, _ENCODED_PEM, _JWT) for found in looks.finditer(text)]
    return _hidden(text, spans, mask) if spans else text


def _hidden(text: str, spans: Iterable[tuple[int, int]], mask: Callable[[str], str]) -> str:
    shown, done = [], 0
    for start, end in _merged(span for span in spans if span[0] < span[1]):
        found = text[start:end]
        shown += [text[done:start], "‹private key›" if _PRIVATE_KEY.match(found) else mask(found)]
        done = end
    return "".join([*shown, text[done:]])


def runs_of(forms: Iterable[str]) -> frozenset[str]:
    """Every run of *forms* of secrets that would give one away, for `without_runs`."""
    return frozenset(
        form[start : start + GIVES_AWAY] for form in forms for start in range(max(1, len(form) - GIVES_AWAY + 1))
    )


def without_runs(text: str, runs: Collection[str]) -> str:
    """*text* without any run of a secret: where a text was cut in its middle, the beginning may be missing."""
    spans = [(at, at + GIVES_AWAY) for at in range(len(text) - GIVES_AWAY + 1) if text[at : at + GIVES_AWAY] in runs]
    return _hidden(text, spans, mask) if spans else text


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """*spans* in order, those that overlap made one: a base64 text may hold what looks like the beginning of a JWT."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _spans(lowered: str, beginning: str, sought: str) -> Iterator[tuple[int, int]]:
    """Where the secret *sought* begins, and how far it goes: nowhere, where it is no more than its *beginning*.

    It is there also where a quotation was cut off inside it. A host name is in small letters.
    """
    start = lowered.find(beginning)
    while start >= 0:
        end = start + _length_in_common(lowered[start : start + len(sought)], sought)
        whole = end - start >= min(len(sought), GIVES_AWAY) or lowered[end : end + 1] in {"", "'", '"', "…"}
        yield start, end if whole else start
        start = lowered.find(beginning, start + 1)


def _small(text: str) -> str:
    """*text* in small letters, as many as before: a few have small forms of two."""
    small = text.lower()
    if len(small) == len(text):
        return small
    return "".join([letter.lower() if len(letter.lower()) == 1 else letter for letter in text])


def _length_in_common(left: str, right: str) -> int:
    least, most = 0, min(len(left), len(right))
    while least < most:  # by halves, for comparing two texts is fast and comparing their letters one by one is not
        middle = (least + most + 1) // 2
        if left[least:middle] == right[least:middle]:
            least = middle
        else:
            most = middle - 1
    return least


def request_line(evidence: Evidence, secrets: Secrets) -> str:
    """Method, URL and form fields; values that prove something are masked."""
    request, form = evidence.request, evidence.form
    fields = [_field(name, value, evidence, secrets) for name, value in form.fields[:MOST_FIELDS]]
    if len(form.fields) > MOST_FIELDS:
        fields.append(f"and {len(form.fields) - MOST_FIELDS} more")
    if evidence.not_a_form:
        fields = [f"‹{len(request.body)} octets: {evidence.not_a_form}›"]
    method = request.method if _METHOD.fullmatch(request.method) else f"‹{len(request.method)} characters›"
    return "  ".join([printable(f"{method} {shown_url(request.url)}", secrets), " ".join(filter(None, fields))])


_METHOD = re.compile(r"[A-Za-z]{1,20}")


def _field(name: str, value: str, evidence: Evidence, secrets: Secrets) -> str:
    if (name, value) == ("client_assertion_type", JWT_BEARER_ASSERTION_TYPE):
        return ""  # long, and as it has to be
    shown = printable(shown_name(name), secrets)
    if name == evidence.profile.assertion_field and value == evidence.assertion:
        return f"{shown}=‹{len(value)} characters, see below›"
    if name in _SHOWN_AS_THEY_ARE or not value:
        return f"{shown}={printable(value, secrets, 200)}"
    return f"{shown}={mask(value)}"


def shown_url(url: str) -> str:
    """*url* without userinfo and without the values in its query."""
    parts = urlsplit_or_none(url)
    if parts is None:
        return "‹URL that cannot be read›"
    host = parts.netloc.rpartition("@")[2]
    userinfo = "‹userinfo›@" if "@" in parts.netloc else ""
    pieces = [piece.partition("=") for piece in parts.query.split("&")[:MOST_FIELDS] if piece]
    # A piece without «=» may be a value that lost its name.
    names = [f"{shown_name(name)}=…" if equals else f"‹{len(name)} characters›" for name, equals, _ in pieces]
    query = f"?{'&'.join(names)}" if names else ""
    return f"{parts.scheme}://{userinfo}{host}{parts.path}{query}"


def _assertion_lines(evidence: Evidence, secrets: Secrets) -> list[str]:
    if evidence.assertion is None:
        return []
    field = evidence.profile.assertion_field
    if not evidence.header and not evidence.claims:
        return [f"  {field}: ‹{len(evidence.assertion)} characters that are no JWT›"]
    state = evidence.verification.state if evidence.verification else "not verified"
    header, claims = _json(evidence.header, secrets), _json(evidence.claims, secrets)
    return [f"  {field}: {header}.{claims}.‹signature {state}›", *_time_lines(evidence)]


def _json(value: Mapping[str, Any], secrets: Secrets) -> str:
    if not value:
        return "‹unreadable›"
    text = redact(json.dumps(masked(value), separators=(",", ":"))[: LONGEST_LINE * 10], secrets)
    return text if len(text) <= LONGEST_LINE * 2 else f"{text[: LONGEST_LINE * 2]}…"


_HIDDEN_MEMBERS = frozenset(
    {
        *("d", "p", "q", "dp", "dq", "qi", "oth", "k", "x5c", "secret", "password", "private_key"),
        *("access_token", "id_token", *CREDENTIALS),
    }
)


def masked(value: Any, depth: int = 0) -> Any:
    """A JSON value fit for printing: long texts cut, members that hold keys or secrets masked."""
    if isinstance(value, str):
        # What looks like a JWT, or is too long to be read by a person, may be a credential.
        return mask(value) if len(value) > 300 or (value[:3] == "eyJ" and value.count(".") >= 2) else value
    if isinstance(value, dict):
        if depth > 3:
            return "‹…›"
        return {
            name[:60]: "‹masked›" if name in _HIDDEN_MEMBERS else masked(member, depth + 1)
            for name, member in list(value.items())[:MOST_FIELDS]
        }
    if isinstance(value, list):
        return [masked(member, depth + 1) for member in value[:8]] if depth <= 3 else "‹…›"
    if isinstance(value, numeric_date.HugeInteger):
        return f"‹integer of {value.digits} digits›"
    return value


def _time_lines(evidence: Evidence) -> list[str]:
    shown = [
        f"{name} {numeric_date.show(moment)}"
        for name in ("iat", "nbf", "exp")
        if (moment := getattr(evidence, name)) is not None
    ]
    return [f"  judged at {numeric_date.show(evidence.now)}" + (f"; {', '.join(shown)}" if shown else "")]


def describe_failures(verdicts: Sequence[Verdict]) -> str:
    """One report for all the requests of a test that broke a rule: all ids first, each once."""
    if len(verdicts) == 1:
        return str(verdicts[0])
    ids = dict.fromkeys(violation.rule for verdict in verdicts for violation in verdict.violations)
    lines = [f"{', '.join(ids)}: {_rules(len(ids))} broken by {len(verdicts)} requests"]
    for number, verdict in enumerate(verdicts, 1):
        lines.append(f"request {number} of {len(verdicts)}: {verdict}")
    return "\n".join(lines)


def describe_warning(violation: Violation) -> str:
    """One line for a pytest warning."""
    return f"{violation.rule}: {violation.found} (expected: {violation.expected}) [{violation.spec}]"
