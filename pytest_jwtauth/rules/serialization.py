"""The assertion as a text: a compact JWS and nothing else (RFC 7515 §7.1, RFC 7519 §7.2)."""

from __future__ import annotations

import re

from pytest_jwtauth.evidence import Evidence
from pytest_jwtauth.jws import LARGEST_TEXT, SANE_TEXT, Segment
from pytest_jwtauth.model import Finding
from pytest_jwtauth.rules.registry import Room

room = Room(__name__, error="invalid_client", needs="assertion")

_PART_NAMES = ("header", "payload", "signature")
_PLACEHOLDER = re.compile(r"\$?\{[^\"]*\}")


def _segments(evidence: Evidence) -> list[tuple[str, Segment]]:
    segments = evidence.jws.segments if evidence.jws else ()
    names = _PART_NAMES if len(segments) == 3 else [f"part {number}" for number in range(1, len(segments) + 1)]
    return list(zip(names, segments, strict=True))


def _parts_with(evidence: Evidence, attribute: str) -> str:
    return ", ".join(name for name, segment in _segments(evidence) if getattr(segment, attribute))


@room.rule("jws-not-jwt-string", spec="RFC 7515 §7.1; RFC 8725bis §3.14", when="odd:jws")
def jws_not_jwt_string(evidence: Evidence) -> Finding | str | None:
    """The value is the bare text of the JWT."""
    if evidence.jws is None or evidence.jws.wrapper is None:
        return None
    return f"around the JWT: {evidence.jws.wrapper}"


@room.rule("jws-json-serialization", spec="RFC 7519 §1, §3; RFC 8725bis §2.14, §3.14", when="odd:jws")
def jws_json_serialization(evidence: Evidence) -> Finding | str | None:
    """The JWT is in compact serialization, not in JSON."""
    if evidence.jws is None or not evidence.jws.looks_like_json:
        return None
    hint = " (a placeholder that was not filled in)" if _PLACEHOLDER.fullmatch(evidence.jws.text) else ""
    return f"the text holds braces{hint}"


@room.rule("jws-is-jwe", spec="RFC 7523 §3 item 9; RFC 8725bis §3.3", when=("member:enc", "odd:jws"))
def jws_is_jwe(evidence: Evidence) -> Finding | str | None:
    """The JWT is signed, not encrypted."""
    if "enc" in evidence.header:
        return "the header has «enc»: an encrypted JWT (JWE)"
    segments = evidence.jws.segments if evidence.jws else ()
    # Two JWTs with a comma between them have five parts, too.
    if len(segments) == 5 and not any(segment.foreign for segment in segments):
        return "five parts: an encrypted JWT (JWE)"
    return None


@room.rule("jws-part-count", spec="RFC 7515 §7.1, §5.2 step 1", when="odd:jws")
def jws_part_count(evidence: Evidence) -> Finding | str | None:
    """The JWT has three parts with dots between them."""
    jws = evidence.jws
    if jws is None or jws.too_large or len(jws.segments) == 3:
        return None
    count = jws.text.count(".") + 1
    return Finding(f"{count} part{'s' if count != 1 else ''}", "header.payload.signature")


@room.rule("jws-empty-segment", spec="RFC 7515 §5.2; RFC 7519 §7.2", needs="parts", when="odd:jws")
def jws_empty_segment(evidence: Evidence) -> Finding | str | None:
    """Header and payload are not empty."""
    empty = ", ".join(name for name, segment in _segments(evidence)[:2] if segment.octets == b"")
    return f"empty: {empty}" if empty else None


@room.rule("jws-b64-padding", spec="RFC 7515 §2", when="odd:jws")
def jws_b64_padding(evidence: Evidence) -> Finding | str | None:
    """The parts have no ``=`` padding."""
    found = _parts_with(evidence, "padded")
    return f"«=» in {found}" if found else None


@room.rule("jws-b64-alphabet", spec="RFC 7515 §2; RFC 8725bis §3.14", when="odd:jws")
def jws_b64_alphabet(evidence: Evidence) -> Finding | str | None:
    """The parts consist of ``A-Z a-z 0-9 - _`` only."""
    found = [f"{segment.foreign[:8]!a} in {name}" for name, segment in _segments(evidence) if segment.foreign]
    return "; ".join(found) if found else None


@room.rule("jws-b64-length", spec="RFC 4648 §4", when="odd:jws")
def jws_b64_length(evidence: Evidence) -> Finding | str | None:
    """The parts have a length that base64url can produce."""
    found = _parts_with(evidence, "impossible_length")
    return f"one character too many or too few in {found}" if found else None


@room.rule("jws-b64-noncanonical", spec="RFC 4648 §3.5", strength="SHOULD", when="odd:jws")
def jws_b64_noncanonical(evidence: Evidence) -> Finding | str | None:
    """The unused bits of a part's last character are zero."""
    found = _parts_with(evidence, "noncanonical")
    return f"unused bits set in {found}: two texts for one signature" if found else None


@room.rule(
    "jws-too-large",
    spec="hygiene (Keycloak stops at 4,000 characters)",
    strength="hygiene",
    level="warning",
    when="odd:jws",
)
def jws_too_large(evidence: Evidence) -> Finding | str | None:
    """The JWT has a sane size."""
    size = len(evidence.assertion or "")
    if size <= SANE_TEXT:
        return None
    if size > LARGEST_TEXT:
        return Finding(f"{size} characters, too many to be read", f"at most {SANE_TEXT}", level="error")
    return Finding(f"{size} characters", f"at most {SANE_TEXT}")


@room.rule("jws-nested", spec="RFC 7519 §5.2; RFC 7523 §3", needs="parts", when=("member:cty", "odd:json"))
def jws_nested(evidence: Evidence) -> Finding | str | None:
    """The JWT holds claims, not another JWT."""
    content_type = evidence.header.get("cty")
    if isinstance(content_type, str) and content_type.lower().removeprefix("application/") == "jwt":
        return f"cty is {content_type!r}: a JWT inside a JWT"
    payload = _segments(evidence)[1][1].octets or b""
    return "the payload is itself a JWT" if payload[:3] == b"eyJ" and payload.count(b".") == 2 else None
