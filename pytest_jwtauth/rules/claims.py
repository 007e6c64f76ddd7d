"""The claims set: who, to whom, and which JWT (RFC 7519 §4.1, RFC 7523 §3). Times have a room of their own."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from pytest_jwtauth.evidence import Evidence
from pytest_jwtauth.jws import JsonText, kind_of
from pytest_jwtauth.model import OTHER_ENDPOINTS, Finding
from pytest_jwtauth.rules.registry import TOKEN, Room
from pytest_jwtauth.urls import normalized_place, urlsplit_or_none

room = Room(__name__, error="invalid_client", needs="claims")

SHORTEST_JTI = 16
"""Characters; 16 hexadecimal digits are the 64 bits below which chance begins to repeat itself."""
MOST_CLAIMS = 50


def _fault(part: JsonText | None, fault: str) -> str | None:
    return part.detail if part is not None and part.fault == fault else None


@room.rule("payload-not-utf8", spec="RFC 7519 §7.2 step 10; RFC 8725 §3.7", needs="payload_octets", when="odd:json")
def payload_not_utf8(evidence: Evidence) -> Finding | str | None:
    """The payload is UTF-8."""
    return _fault(evidence.jws.claims_json, "not-utf8") if evidence.jws else None


@room.rule("payload-not-json", spec="RFC 7519 §7.2 step 10; RFC 8259", needs="payload_octets", when="odd:json")
def payload_not_json(evidence: Evidence) -> Finding | str | None:
    """The payload is JSON."""
    return _fault(evidence.jws.claims_json, "not-json") if evidence.jws else None


@room.rule("payload-not-object", spec="RFC 7519 §7.2 step 10", needs="payload_octets", when="odd:json")
def payload_not_object(evidence: Evidence) -> Finding | str | None:
    """The payload is a JSON object."""
    return _fault(evidence.jws.claims_json, "not-object") if evidence.jws else None


@room.rule("payload-duplicate-claim", spec="RFC 7519 §4", when="odd:json")
def payload_duplicate_claim(evidence: Evidence) -> Finding | str | None:
    """The claims are unique."""
    names = evidence.jws.claims_json.duplicates if evidence.jws and evidence.jws.claims_json else ()
    return f"more than once: {', '.join(ascii(name) for name in names)[:200]}" if names else None


def _missing(evidence: Evidence, name: str) -> str | None:
    return None if name in evidence.claims else f"no {name} among the claims"


def _not_string(evidence: Evidence, name: str) -> str | None:
    if name not in evidence.claims or isinstance(evidence.claims[name], str):
        return None
    return f"{name} is {kind_of(evidence.claims[name])}"


def _other_party(evidence: Evidence, name: str) -> Finding | None:
    value, client_id = evidence.claims[name], evidence.client.client_id
    if value == client_id:
        return None
    near = ""
    if value in {evidence.server.issuer, evidence.server.token_endpoint}:
        near = " (the server's own URL)"
    elif value.strip() == client_id:
        near = " (white space around it)"
    elif value.lower() == client_id.lower():
        near = " (another case)"
    elif "{" in value:
        near = " (a placeholder that was not filled in)"
    return Finding(f"{name} is {value[:100]!a}{near}", f"the client_id, {client_id!r}")


@room.rule("iss-missing", spec="RFC 7523 §3 item 1; OIDC Core §9", when="unread")
def iss_missing(evidence: Evidence) -> Finding | str | None:
    """``iss`` is present."""
    return _missing(evidence, "iss")


@room.rule("iss-not-string", spec="RFC 7519 §4.1.1, §2", when="unread")
def iss_not_string(evidence: Evidence) -> Finding | str | None:
    """``iss`` is a string."""
    return _not_string(evidence, "iss")


@room.rule("iss-mismatch", spec="OIDC Core §9; RFC 7521 §5.1", needs="iss", when="odd:party")
def iss_mismatch(evidence: Evidence) -> Finding | str | None:
    """``iss`` is the client_id."""
    return _other_party(evidence, "iss")


@room.rule("sub-missing", spec="RFC 7523 §3 item 2", when="unread")
def sub_missing(evidence: Evidence) -> Finding | str | None:
    """``sub`` is present."""
    return _missing(evidence, "sub")


@room.rule("sub-not-string", spec="RFC 7519 §4.1.2, §2", when="unread")
def sub_not_string(evidence: Evidence) -> Finding | str | None:
    """``sub`` is a string."""
    return _not_string(evidence, "sub")


@room.rule("sub-mismatch", spec="RFC 7523 §3 item 2.B; OIDC Core §9", needs="sub", when="odd:party")
def sub_mismatch(evidence: Evidence) -> Finding | str | None:
    """``sub`` is the client_id."""
    return _other_party(evidence, "sub")


@room.rule("aud-missing", spec="RFC 7523 §3 item 3", when="unread")
def aud_missing(evidence: Evidence) -> Finding | str | None:
    """``aud`` is present."""
    return _missing(evidence, "aud")


@room.rule("aud-not-string-or-array", spec="RFC 7519 §4.1.3", when="unread")
def aud_not_string_or_array(evidence: Evidence) -> Finding | str | None:
    """``aud`` is a string or a non-empty array of strings."""
    if "aud" not in evidence.claims or evidence.audiences is not None:
        return None
    audience = evidence.claims["aud"]
    if isinstance(audience, list):
        return "aud holds something that is no string" if audience else "aud is an empty array"
    return f"aud is {kind_of(audience)}"


@room.rule("aud-mismatch", spec="RFC 7523 §3 item 3", needs="aud", endpoints=TOKEN)
def aud_mismatch(evidence: Evidence) -> Finding | str | None:
    """``aud`` holds a value that the server answers to."""
    return _wrong_audience(evidence)


@room.rule(
    "aud-endpoint-specific",
    spec="RFC 9126 §2; CIBA Core §7.1; PingOne «Create a client secret JWT»; Okta",
    needs="aud",
    endpoints=OTHER_ENDPOINTS,
)
def aud_endpoint_specific(evidence: Evidence) -> Finding | str | None:
    """At another endpoint ``aud`` holds a value that the server answers to there."""
    return _wrong_audience(evidence)


def _wrong_audience(evidence: Evidence) -> Finding | None:
    accepted, sent = evidence.accepted_audiences(), evidence.audiences or ()
    # Compared as plain strings, without normalisation (RFC 7523 §3 item 3, RFC 3986 §6.2.1).
    if not set(accepted).isdisjoint(sent):
        return None
    shown = ", ".join(ascii(audience[:200]) for audience in sent[:4])
    return Finding(f"aud is {shown}{_near_miss(sent[:4], accepted, evidence)}", " or ".join(map(repr, accepted)))


def _near_miss(sent: Sequence[str], accepted: tuple[str, ...], evidence: Evidence) -> str:
    """What *sent* was probably meant to be, in words: the closest resemblance to anything that is *accepted*."""
    server = evidence.server
    kinds = [kind for audience in sent for wanted in accepted if (kind := _resemblance(audience, wanted)) is not None]
    closest = min(kinds, default=len(_RESEMBLANCES))
    if closest < _RESEMBLANCES.index(_SAME_HOST):
        return f" ({_RESEMBLANCES[closest]})"
    if evidence.client.client_id in sent:
        return " (the client_id)"
    if not {server.issuer, *server.endpoints.values()}.isdisjoint(sent):
        return " (a URL of the server that the profile does not accept here)"
    return f" ({_SAME_HOST})" if kinds else ""


_SAME_HOST = "another path at the same host"
_RESEMBLANCES = (
    "white space around it",
    "a trailing slash makes another value",
    "case makes another value",
    "an equivalent spelling, but not the same string",
    "a query or fragment makes another value",
    "another scheme",
    "another port",
    "a placeholder that was not filled in",
    "the host alone",
    _SAME_HOST,
)
"""Ways to be nearly right, the closest first."""


def _resemblance(sent: str, wanted: str) -> int | None:
    """How *sent* resembles *wanted*, as a place in the list; None if it does not."""
    ours, theirs = urlsplit_or_none(sent), urlsplit_or_none(wanted)
    # Plain text comparisons first: they also tell about what is no URL.
    tests = [
        sent.strip() == wanted,
        sent.rstrip("/") == wanted.rstrip("/"),
        sent.lower() == wanted.lower(),
    ]
    if ours is not None and theirs is not None:
        alike = normalized_place(sent) == normalized_place(wanted)
        tests += [
            alike and (ours.query, ours.fragment) == (theirs.query, theirs.fragment),
            alike,
            (ours.netloc, ours.path) == (theirs.netloc, theirs.path),
            (ours.hostname, ours.path) == (theirs.hostname, theirs.path),
            "{" in sent,
            sent in {theirs.netloc, theirs.hostname} or (ours.path in {"", "/"} and ours.netloc == theirs.netloc),
            ours.netloc == theirs.netloc,
        ]
    return tests.index(True) if True in tests else None


@room.rule("aud-multiple", spec="rfc7523bis §4; Keycloak 26.2; FAPI 2.0", level="warning", needs="aud", when="odd:aud")
def aud_multiple(evidence: Evidence) -> Finding | str | None:
    """``aud`` holds one value."""
    count = len(evidence.audiences or ())
    return f"aud holds {count} values" if count > 1 else None


@room.rule(
    "aud-foreign-party",
    spec="rfc7523bis §1; CVE-2025-27370, CVE-2025-27371",
    level="warning",
    needs="aud",
    when="odd:aud",
)
def aud_foreign_party(evidence: Evidence) -> Finding | str | None:
    """``aud`` names nobody outside this authorization server."""
    audiences = evidence.audiences or ()
    if len(audiences) < 2:
        return None  # a single foreign value is a mismatch
    urls = (evidence.server.issuer, *evidence.server.endpoints.values())
    ours = {_origin(url) for url in urls}
    beginnings = tuple({f"{scheme}://{netloc}/" for scheme, netloc, *_ in map(urlsplit, urls)})
    accepted = evidence.accepted_audiences()
    # Taken apart only until there are as many as are shown: there may be thousands.
    others = (value for value in audiences if value not in accepted and not value.startswith(beginnings))
    foreign = list(itertools.islice((value for value in others if _origin(value) not in ours), 4))
    if not foreign:
        return None
    return f"also for {', '.join(ascii(value[:100]) for value in foreign)}, who could pass the assertion on"


def _origin(url: str) -> tuple[str, str, int | None] | None:
    place = normalized_place(url)
    return place[:3] if place else None


@room.rule(
    "aud-array-form",
    spec="FAPI 2.0 Security Profile §5.3.3.1; OIDC Core errata 3 draft",
    level="off",
    needs="aud",
    when="odd:aud",
)
def aud_array_form(evidence: Evidence) -> Finding | str | None:
    """``aud`` is a string, not an array."""
    return "aud is an array" if isinstance(evidence.claims.get("aud"), list) else None


@room.rule("aud-not-issuer", spec="rfc7523bis §4–5; OIDC Core errata 3 draft; FAPI 2.0", level="off", needs="aud")
def aud_not_issuer(evidence: Evidence) -> Finding | str | None:
    """``aud`` is the issuer identifier of the server."""
    wrong = [value for value in evidence.audiences or () if value != evidence.server.issuer]
    return Finding(f"aud is {wrong[0][:200]!a}", repr(evidence.server.issuer)) if wrong else None


@room.rule(
    "aud-not-token-endpoint",
    spec="OIDC Core errata 2 §9; SMART; Login.gov; Entra; Okta",
    strength="vendor",
    level="off",
    needs="aud",
    endpoints=TOKEN,
)
def aud_not_token_endpoint(evidence: Evidence) -> Finding | str | None:
    """``aud`` is, or includes, the URL of the token endpoint."""
    if evidence.server.token_endpoint in (evidence.audiences or ()):
        return None
    return Finding(f"aud is {(evidence.audiences or ('',))[0][:200]!a}", repr(evidence.server.token_endpoint))


@room.rule("jti-missing", spec="OIDC Core §9; RFC 7523 §3 item 7", level="warning", when="odd:jti")
def jti_missing(evidence: Evidence) -> Finding | str | None:
    """``jti`` is present."""
    return _missing(evidence, "jti")


@room.rule("jti-not-string", spec="RFC 7519 §4.1.7", when="odd:jti")
def jti_not_string(evidence: Evidence) -> Finding | str | None:
    """``jti`` is a string."""
    return _not_string(evidence, "jti")


@room.rule("jti-empty", spec="RFC 7519 §4.1.7", needs="jti", when="odd:jti")
def jti_empty(evidence: Evidence) -> Finding | str | None:
    """``jti`` is not empty."""
    return "jti is the empty string" if evidence.claims["jti"] == "" else None


_SEPARATORS = re.compile(r"[\W_]+")
_WORD = re.compile(r"[a-z]+")  # small letters only: random text in base64url has both
_FIGURES = re.compile(r"\d+(?:T\d+)?Z?")
_MIXED = re.compile(r"[0-9][a-z]|[a-z][0-9]")
_MOST_FIGURES = 21
"""A date with microseconds has 20; 22 random digits hold more than 64 bits."""


def _looks_counted(jti: str, client_id: str) -> bool:
    """Whether *jti* is a number or a date, perhaps behind words or beside the *client_id*."""
    if client_id not in jti and _MIXED.search(jti):
        return False  # the usual case, told fast: a piece of both letters and digits is neither word nor figures
    rest = jti.replace(client_id, "").removesuffix("+00:00")
    pieces = list(itertools.dropwhile(_WORD.fullmatch, filter(None, _SEPARATORS.split(rest))))
    return (
        bool(pieces)
        and all(_FIGURES.fullmatch(piece) for piece in pieces)
        and sum(map(str.isdigit, rest)) <= _MOST_FIGURES
    )


@room.rule("jti-low-entropy", spec="RFC 7519 §4.1.7", strength="SHOULD", level="warning", needs="jti")
def jti_low_entropy(evidence: Evidence) -> Finding | str | None:
    """``jti`` is made so that it neither repeats nor can be guessed."""
    jti = evidence.claims["jti"]
    if not jti:
        return None
    expected = "a random value, such as a UUID of version 4"
    if len(jti) < SHORTEST_JTI:
        return Finding(f"jti has {len(jti)} characters", expected)
    if jti == evidence.client.client_id:
        return Finding("jti is the client_id", expected)
    if _looks_counted(jti, evidence.client.client_id):
        return Finding("jti looks like a counter or a time", expected)
    return Finding("jti repeats few characters", expected) if len(set(jti)) < 6 else None


@room.rule(
    "jti-too-long",
    spec="unconfirmed for every vendor; for profiles of your own",
    strength="vendor",
    level="off",
    needs="jti",
)
def jti_too_long(evidence: Evidence) -> Finding | str | None:
    """``jti`` is no longer than the server takes."""
    limit = evidence.profile.longest_jti
    length = len(evidence.claims["jti"])
    return Finding(f"jti has {length} characters", f"at most {limit}") if length > limit else None


_OTHER_KINDS = (
    (("nonce",), "an ID token or a DPoP proof"),
    (("at_hash",), "an ID token"),
    (("auth_time",), "an ID token"),
    (("events",), "a security event token"),
    (("htm", "htu"), "a DPoP proof"),
    (("response_type",), "a request object"),
    (("redirect_uri",), "a request object"),
    (("scope",), "an access token"),
)


@room.rule(
    "claims-look-like-other-jwt",
    spec="RFC 8725 §3.12",
    strength="hygiene",
    level="warning",
    when=tuple(f"claim:{name}" for names, _ in _OTHER_KINDS for name in names),
)
def claims_look_like_other_jwt(evidence: Evidence) -> Finding | str | None:
    """The claims are those of a client assertion, not of another kind of JWT."""
    for names, kind in _OTHER_KINDS:
        if all(name in evidence.claims for name in names):
            return f"{' and '.join(names)} among the claims: {kind}?"
    return None


@room.rule("claims-too-many", spec="hygiene", strength="hygiene", level="off")
def claims_too_many(evidence: Evidence) -> Finding | str | None:
    """The claims set is small."""
    count = len(evidence.claims)
    return Finding(f"{count} claims", f"at most {MOST_CLAIMS}") if count > MOST_CLAIMS else None
