"""Verdict to text: the only room with wording and redaction. Never shows a secret, an assertion, a code or a token."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pytest_jwtauth import numeric_date
from pytest_jwtauth.evidence import Evidence, gather
from pytest_jwtauth.model import NotEvaluated, Verdict, Violation, urlsplit_or_none
from pytest_jwtauth.parameters import CREDENTIALS
from pytest_jwtauth.report_words import mask, shown_name

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

    __slots__ = ("_client", "_history", "_leeway", "_now", "_profile", "_request", "_server")

    def __init__(self, evidence: Evidence) -> None:
        self._request = evidence.request
        self._client = evidence.client
        self._server = evidence.server
        self._profile = evidence.profile
        self._now = evidence.now
        self._leeway = evidence.leeway
        self._history = evidence.history

    def __call__(self, verdict: Verdict) -> str:
        evidence = gather(
            self._request,
            client=self._client,
            server=self._server,
            profile=self._profile,
            now=self._now,
            leeway=self._leeway,
            history=self._history,
            expected={},
        )
        return describe(verdict, evidence)

    def __repr__(self) -> str:
        return "<Reporter>"


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
        lines += _violation(violation, width, evidence)
    for violation in verdict.warnings:
        lines += _violation(violation, width, evidence, "warning: ")
    lines.append(f"  {request_line(evidence)}")
    lines += _assertion_lines(evidence)
    if verdict.not_evaluated:
        lines.append(f"  not evaluated: {_grouped(verdict.not_evaluated)}")
    if broken := verdict.violations or verdict.warnings:
        ids = ", ".join(f'"{violation.rule}"' for violation in broken)
        lines.append(f"  allow: @pytest.mark.jwtauth(allow=[{ids}])   docs: {DOCUMENTATION}#{broken[0].rule}")
    return lines


def _violation(violation: Violation, width: int, evidence: Evidence, prefix: str = "") -> list[str]:
    indent = " " * (width + 4)
    return [
        f"  {violation.rule:<{width}}  {prefix}{_printable(violation.found, evidence)}",
        f"{indent}expected: {_printable(violation.expected, evidence)}   [{violation.spec}]",
    ]


def _grouped(skipped: Iterable[NotEvaluated]) -> str:
    by_reason: dict[str, list[str]] = {}
    for item in skipped:
        by_reason.setdefault(item.reason, []).append(item.rule)
    return "; ".join(f"{_listed(ids)} ({_printable(reason)})" for reason, ids in by_reason.items())


def _listed(ids: list[str]) -> str:
    return ", ".join(ids[:4]) + (f" and {len(ids) - 4} more" if len(ids) > 4 else "")


def _printable(text: str, evidence: Evidence | None = None) -> str:
    """*text* without control characters or lone surrogates, and without a secret that a value may hold."""
    if evidence is not None:
        text = redact(text, evidence)
    text = "".join(character if character.isprintable() else f"\\x{ord(character):02x}" for character in text)
    return text if len(text) <= LONGEST_LINE else f"{text[:LONGEST_LINE]}…"


def redact(text: str, evidence: Evidence) -> str:
    """*text* with every form of the client's secret or private key, and every credential sent, masked."""
    for needle in evidence.client.secret_needles():
        found = needle.decode("utf-8", "replace")
        if found in text:
            text = text.replace(found, mask(found))
    for name, value in evidence.form.fields[:MOST_FIELDS]:
        if name in CREDENTIALS and len(value) >= 8 and value in text:
            text = text.replace(value, mask(value))
    return text


def request_line(evidence: Evidence) -> str:
    """Method, URL and form fields; values that prove something are masked."""
    request = evidence.request
    fields = [_field(name, value, evidence) for name, value in evidence.form.fields[:MOST_FIELDS]]
    if len(evidence.form.fields) > MOST_FIELDS:
        fields.append(f"and {len(evidence.form.fields) - MOST_FIELDS} more")
    if evidence.not_a_form:
        fields = [f"‹{len(request.body)} octets: {evidence.not_a_form}›"]
    return _printable(f"{request.method[:20]} {shown_url(request.url)}", evidence) + "  " + " ".join(fields)


def _field(name: str, value: str, evidence: Evidence) -> str:
    name = _printable(shown_name(name), evidence)
    if name == evidence.profile.assertion_field:
        return f"{name}=‹{len(value)} characters, see below›" if value == evidence.assertion else f"{name}={mask(value)}"
    if name not in _SHOWN_AS_THEY_ARE:
        return f"{name}={mask(value)}" if value else f"{name}="
    return f"{name}={_printable(value[:200], evidence)}"


def shown_url(url: str) -> str:
    """*url* without userinfo and without the values in its query."""
    parts = urlsplit_or_none(url)
    if parts is None:
        return "‹URL that cannot be read›"
    host = parts.netloc.rpartition("@")[2]
    userinfo = "‹userinfo›@" if "@" in parts.netloc else ""
    names = [piece.partition("=")[0] for piece in parts.query.split("&") if piece]
    query = "?" + "&".join(f"{shown_name(name)}=…" for name in names[:10]) if names else ""
    return f"{parts.scheme}://{userinfo}{host}{parts.path}{query}"


def _assertion_lines(evidence: Evidence) -> list[str]:
    if evidence.jws is None:
        return []
    if not evidence.header and not evidence.claims:
        return [f"  {evidence.profile.assertion_field}: {_unreadable(evidence)}"]
    state = evidence.verification.state if evidence.verification else "not verified"
    return [
        f"  {evidence.profile.assertion_field}: {_json(evidence.header, evidence)}.{_json(evidence.claims, evidence)}"
        f".‹signature {'valid' if state == 'valid' else state}›",
        *_time_lines(evidence),
    ]


def _unreadable(evidence: Evidence) -> str:
    return f"‹{len(evidence.assertion or '')} characters that are no JWT›"


def _json(value: Mapping[str, Any], evidence: Evidence) -> str:
    if not value:
        return "‹unreadable›"
    text = json.dumps(masked(value), ensure_ascii=True, separators=(",", ":"), default=str)
    text = redact(text, evidence)
    return text if len(text) <= LONGEST_LINE * 2 else f"{text[: LONGEST_LINE * 2]}…"


_HIDDEN_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k", "x5c", "client_secret", "secret", "password"})


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
    return f"{violation.rule}: {_printable(violation.found)} (expected: {_printable(violation.expected)}) [{violation.spec}]"
