"""Verdict to text: the only room with wording and redaction. Never shows a secret, an assertion, a code or a token."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeAlias
from urllib.parse import quote

from pytest_jwtauth import numeric_date
from pytest_jwtauth.evidence import Evidence, gather
from pytest_jwtauth.haystack import Needles
from pytest_jwtauth.model import NotEvaluated, Verdict, Violation
from pytest_jwtauth.parameters import CREDENTIALS, JWT_BEARER_ASSERTION_TYPE
from pytest_jwtauth.registered_client import RegisteredClient
from pytest_jwtauth.report_words import mask, shown_name
from pytest_jwtauth.urls import urlsplit_or_none

Secrets: TypeAlias = Needles
"""What to hide, in small letters."""

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


_KEY_LINE = r"(?:[A-Z+]|\s|%20)*PRIVATE(?:\s|%20|\+)KEY-----"
_PRIVATE_KEY = re.compile(rf"-----BEGIN{_KEY_LINE}.*?(?:-----END{_KEY_LINE}|\Z)", re.DOTALL | re.IGNORECASE)
_JWT = re.compile(r"eyJ[A-Za-z0-9_-]{8,}(?:(?:\.|%2E|%252E)[A-Za-z0-9_-]*)*", re.IGNORECASE)
_PLAIN = re.compile(r"[A-Za-z0-9._~-]*")
SHORTEST_SECRET = 8
"""Characters; what is shorter turns up by accident."""
NO_SECRETS: Secrets = Needles((), SHORTEST_SECRET)
"""For a text in which everything is hidden already."""
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
    secrets = [needle.decode("utf-8", "replace") for needle in client.secret_needles()]
    for value in (*values, client.client_secret or ""):
        if len(value) >= SHORTEST_SECRET:
            secrets += [value] if _PLAIN.fullmatch(value) else _forms(value)
    return Needles(map(_small, secrets), SHORTEST_SECRET)


_NO_QUOTES = str.maketrans("'\"", "\ue000\ue001")


def _forms(value: str) -> set[str]:
    """*value* as it stands in a message, in JSON and in a URL."""
    value = value[: LONGEST_LINE * 10]
    quoted = quote(value.encode("utf-8", "replace"), "")
    forms = {value, json.dumps(value)[1:-1], quoted, quoted.replace("%2F", "/"), quoted.replace("%20", "+")}
    for show in (repr,) if value.isascii() else (repr, ascii):
        # Which quotation mark is escaped depends on what else stands between the two of a quotation.
        plain = show(value.translate(_NO_QUOTES))[1:-1].replace("\\ue000", "'").replace("\\ue001", '"')
        forms |= {plain, plain.replace("'", "\\'"), plain.replace('"', '\\"')}
    return forms


def redact(text: str, secrets: Secrets) -> str:
    """*text* with *secrets* masked, and with them any private key in PEM and whatever looks like a JWT."""
    lowered = _small(text)
    if "-----begin" in lowered or "eyj" in lowered:
        text = _PRIVATE_KEY.sub("‹private key›", text)
        text = _JWT.sub(lambda found: mask(found[0]), text)
        lowered = _small(text)
    spans: list[tuple[int, int]] = []
    most = max(MOST_SPANS, len(text))
    for beginning, hidden in secrets.that_may_be_in(lowered):
        for secret in hidden:
            spans += islice(_spans(lowered, beginning, secret), most - len(spans))
            if len(spans) >= most:
                return mask(text)  # it is made of beginnings of secrets: nothing in it is worth that search
    shown, done = [], 0
    for start, end in sorted([span for span in spans if span[0] < span[1]], key=lambda span: (span[0], -span[1])):
        if start >= done:
            shown += [text[done:start], mask(text[start:end])]
        done = max(done, end)
    return "".join([*shown, text[done:]])


def _spans(lowered: str, beginning: str, sought: str) -> Iterator[tuple[int, int]]:
    """Where the secret *sought* begins, and how far it goes: nowhere, where it is no more than its *beginning*.

    It is there also where a quotation was cut off inside it. A host name is in small letters.
    """
    start = lowered.find(beginning)
    while start >= 0:
        end = start + _length_in_common(lowered[start : start + len(sought)], sought)
        whole = end - start == len(sought) or lowered[end : end + 1] in {"", "'", '"', "…"}
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
