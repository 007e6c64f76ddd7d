"""The form as a form: encoding, repeats, blanks, stray characters, leaks. Not what its parameters mean."""

from __future__ import annotations

import re

from pytest_jwtauth.evidence import Evidence
from pytest_jwtauth.form_body import decode_again
from pytest_jwtauth.model import Finding
from pytest_jwtauth.parameters import (
    CREDENTIALS,
    GRANT_TYPES,
    JWT_BEARER_ASSERTION_TYPE,
    REPEATABLE,
    REPEATABLE_IN_TOKEN_EXCHANGE,
    TOKEN_EXCHANGE,
    TOKEN_PARAMETERS,
)
from pytest_jwtauth.report_words import shown_name
from pytest_jwtauth.rules.registry import Room

room = Room(__name__, error="invalid_request", needs="form")

_UTF8_NAMES = frozenset({"utf-8", "utf8"})
_ENCODED_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*%3[Aa]")


@room.rule(
    "form-charset-not-utf8", spec="RFC 6749 §4.1.3, appendix B", needs="request", when=("odd:content-type", "odd:form")
)
def form_charset_not_utf8(evidence: Evidence) -> Finding | str | None:
    """The form's text is UTF-8."""
    for value in evidence.headers.get("content-type", ()):
        for parameter in value.split(";")[1:]:
            name, _, charset = parameter.partition("=")
            if name.strip().lower() == "charset" and charset.strip().strip('"').lower() not in _UTF8_NAMES:
                return Finding(f"the Content-Type names charset {charset.strip()[:40]!r}", "UTF-8, or no charset")
    if evidence.form.not_utf8:
        return f"not UTF-8: {_shown(evidence.form.not_utf8)}"
    if evidence.not_a_form and not _is_utf8(evidence.request.body):
        return "the body is not UTF-8"
    return None


def _is_utf8(octets: bytes) -> bool:
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _shown(names: tuple[str, ...]) -> str:
    unique = list(dict.fromkeys(names))
    return ", ".join(map(shown_name, unique[:8])) + (", …" if len(unique) > 8 else "")


@room.rule("form-bad-percent", spec="RFC 6749 appendix B", strength="SHOULD", level="warning", when="odd:form")
def form_bad_percent(evidence: Evidence) -> Finding | str | None:
    """Every ``%`` is followed by two hexadecimal digits."""
    bad = evidence.form.bad_escapes
    return f"a bare «%» in {_shown(bad)}" if bad else None


@room.rule("form-not-urlencoded", spec="RFC 6749 appendix B", needs="request", when="odd:form")
def form_not_urlencoded(evidence: Evidence) -> Finding | str | None:
    """The body is a form in ``application/x-www-form-urlencoded``."""
    if evidence.not_a_form is None and any("=" in name and not value for name, value in evidence.form.fields):
        return "a name holds «=» and has no value: the whole body was percent-encoded"
    return evidence.not_a_form


@room.rule("form-param-duplicate", spec="RFC 6749 §3.2", when="odd:form")
def form_param_duplicate(evidence: Evidence) -> Finding | str | None:
    """No parameter is included more than once."""
    seen: set[str] = set()
    repeated: dict[str, None] = {}
    for name, value in evidence.form.fields:
        if value:
            if name in seen:
                repeated[name] = None
            seen.add(name)
    for name, value in evidence.query:
        if value and name in seen and name in TOKEN_PARAMETERS:
            repeated[name] = None
    if not repeated:
        return None
    may_repeat = REPEATABLE_IN_TOKEN_EXCHANGE if evidence.grant == TOKEN_EXCHANGE else REPEATABLE
    names = tuple(name for name in repeated if name not in may_repeat)
    return f"more than once: {_shown(names)}" if names else None


@room.rule("form-param-empty", spec="RFC 6749 §3.2", level="warning", when="odd:form")
def form_param_empty(evidence: Evidence) -> Finding | str | None:
    """A parameter that has no value is left out: without one it counts as omitted."""
    empty = tuple([name for name, value in evidence.form.fields if not value])
    return f"without a value: {_shown(empty)}" if empty else None


@room.rule(
    "form-param-unrecognized",
    spec="hygiene (RFC 6749 §3.2: servers ignore unknown names)",
    strength="hygiene",
    level="warning",
    when="odd:form",
)
def form_param_unrecognized(evidence: Evidence) -> Finding | str | None:
    """Every parameter name is one that the specifications define."""
    unknown = [name for name, _ in evidence.form.fields if name not in TOKEN_PARAMETERS]
    if not unknown:
        return None
    for name in unknown[:10]:
        if len(name) <= 40 and (near := _nearest(name)):
            return Finding(f"unknown parameter {_shown((name,))}", f"perhaps {near!r}")
    # Extensions are legal and many; only a profile or a user who lists names can tell a wrong one.
    return Finding(f"unknown: {_shown(tuple(unknown))}", "names the specifications define", level="off")


def _nearest(name: str) -> str | None:
    bare = name.partition("[")[0]
    if bare in TOKEN_PARAMETERS:
        return bare
    best = min((_distance(name, known), known) for known in TOKEN_PARAMETERS)
    # Two edits turn a four-letter word into another word; only longer names can be said to be misspelt.
    return best[1] if best[0] <= 2 and len(name) > 5 else None


def _distance(left: str, right: str) -> int:
    """Levenshtein distance, or 9 where the lengths alone say that it exceeds 2."""
    if abs(len(left) - len(right)) > 2:
        return 9
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        previous, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return row[-1]


_CHECKED_FOR_SPACE = CREDENTIALS | {"grant_type", "client_assertion_type", "client_id", "redirect_uri"}


@room.rule("form-value-whitespace", spec="hygiene (GOV.UK One Login's warning)", strength="hygiene", when="odd:form")
def form_value_whitespace(evidence: Evidence) -> Finding | str | None:
    """Values carry no line break, tab, or space at either end."""
    found = tuple(
        [
            name
            for name, value in evidence.form.fields
            if name in _CHECKED_FOR_SPACE
            and (value != value.strip() or "\n" in value or "\r" in value or "\t" in value)
        ]
    )
    return f"stray white space in {_shown(found)}" if found else None


@room.rule("form-double-encoded", spec="RFC 6749 appendix B", when="odd:form")
def form_double_encoded(evidence: Evidence) -> Finding | str | None:
    """Values are percent-encoded once."""
    twice = tuple(
        [name for name, value in evidence.form.fields if "%" in value and _was_encoded_twice(evidence, name, value)]
    )
    return f"percent-encoded twice: {_shown(twice)}" if twice else None


_KNOWN_VALUES = frozenset({"client_assertion_type", "grant_type", "redirect_uri"})


def _was_encoded_twice(evidence: Evidence, name: str, value: str) -> bool:
    is_jwt = name in {evidence.profile.assertion_field, "client_assertion", "assertion"}
    if not is_jwt and name not in _KNOWN_VALUES and name not in evidence.expected:
        return False
    again = decode_again(value)
    if again == value:
        return False
    if name == "client_assertion_type":
        return again == JWT_BEARER_ASSERTION_TYPE
    if name == "grant_type":
        return again in GRANT_TYPES
    if name == "redirect_uri":
        return again == evidence.expected.get("redirect_uri") or _ENCODED_URL.match(value) is not None
    if is_jwt:
        return again.count(".") == 2 and "%2e" in value.lower()
    # A code may hold a «%» of its own, so only the value that was expected proves the second encoding.
    return again == evidence.expected.get(name)


@room.rule("form-plus-not-encoded", spec="RFC 6749 appendix B", when="odd:form")
def form_plus_not_encoded(evidence: Evidence) -> Finding | str | None:
    """A ``+`` in a value is sent as ``%2B``."""
    for name in ("code", "code_verifier", "refresh_token", "redirect_uri"):
        sent = evidence.form.get(name)
        if sent is not None and " " in sent and sent.replace(" ", "+") == evidence.expected.get(name):
            return Finding(f"{name} has a space where «+» was expected: it was not encoded", "«+» sent as %2B")
    return None


@room.rule("form-param-too-long", spec="Keycloak 26.2.15 release notes", strength="vendor", level="off")
def form_param_too_long(evidence: Evidence) -> Finding | str | None:
    """No value is longer than the server takes."""
    limit = evidence.profile.longest_parameter
    long = tuple([name for name, value in evidence.form.fields if len(value) > limit])
    return Finding(f"longer than {limit} characters: {_shown(long)}", f"at most {limit} characters") if long else None


@room.rule(
    "secret-leaked",
    spec="hygiene (RFC 8725 §3.5; purpose of RFC 7523)",
    strength="hygiene",
    needs="request",
    error="invalid_client",
    when="odd:leak",
)
def secret_leaked(evidence: Evidence) -> Finding | str | None:
    """The client secret and the private key appear nowhere; they only sign."""
    request, jws = evidence.request, evidence.jws
    decoded = "\n".join([request.url, *(value for _, value in evidence.form.fields)]).encode("utf-8", "surrogatepass")
    hidden = jws.hidden if jws is not None else b""
    everything = b"\n".join((decoded, hidden, request.body))
    needles = (*evidence.client.secret_needles(), b"PRIVATE KEY-----")
    found = [needle for needle in needles if needle in everything]
    if not found:
        return None
    places = {"the assertion": hidden, "the URL": request.url.encode("utf-8", "replace"), "the body": everything}
    place = next(name for name, octets in places.items() if any(needle in octets for needle in found))
    return Finding(f"{place} holds the client's secret or a private key, or an encoding of it", "neither, anywhere")
