"""What looks hostile or odd and is right: who refuses everything, or goes by the looks, fails on these."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType

from pytest_jwtauth.deserved import Found
from pytest_jwtauth.hostile.case import Case, refused
from pytest_jwtauth.model import Json
from pytest_jwtauth.planted_faults.draft import Draft, default_audience
from pytest_jwtauth.planted_faults.fault import Edit, claim, claims_json, header, header_json, no_claim

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold keys.
__tracebackhide__ = True

_IGNORED = "RFC 7519 §4: claims that are not understood are ignored"
_JSON = "RFC 8259"
_TYP = "RFC 7515 §4.1.9; RFC 7519 §5.1"


def _accepted(explanation: str, source: str, edit: Edit, *unless: str) -> Case:
    """A case that is right except in profiles in which one of the rules *unless* is an error."""
    return refused(explanation, source, edit, *unless)


def _unchanged(_draft: Draft) -> None:
    pass


def _spread(octets: bytes) -> bytes:
    return json.dumps(json.loads(octets), indent=2).encode("ascii") + b"\r\n\t "


def _reversed(octets: bytes) -> bytes:
    return json.dumps(dict(reversed(json.loads(octets).items())), separators=(",", ":")).encode("ascii")


def _escaped_name(name: str) -> Callable[[bytes], bytes]:
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in name)
    return lambda octets: octets.replace(f'"{name}":'.encode(), f'"{escaped}":'.encode(), 1)


def _raw_utf8(octets: bytes) -> bytes:
    return octets[:-1] + ',"name":"Zoë 𝄞"}'.encode()


def _exponent(octets: bytes) -> bytes:
    claims = json.loads(octets)
    exp = claims["exp"]
    return octets.replace(f'"exp":{exp}'.encode(), f'"exp":{exp // 10**9}.{exp % 10**9:09}e9'.encode())


def _fraction_of_zero(octets: bytes) -> bytes:
    exp = json.loads(octets)["exp"]
    return octets.replace(f'"exp":{exp}'.encode(), f'"exp":{exp}.000'.encode())


def _aud_in_an_array(draft: Draft) -> None:
    draft.claims["aud"] = [default_audience(draft.profile, draft.server)]


def _nested(levels: int) -> Json:
    value: list[Json] = []
    for _ in range(levels):
        value = [value]
    return value


def _typ(explanation: str, value: str, *unless: str) -> Case:
    def found(draft: Draft) -> tuple[Found, ...]:
        known = {wanted.lower() for wanted in draft.profile.typ_values}
        wrong: tuple[Found, ...] = () if value.lower().removeprefix("application/") in known else (("typ-wrong", None),)
        return (*wrong, *((rule, None) for rule in unless))

    return Case(explanation, _TYP, header("typ", value), found)


def _no_typ(draft: Draft) -> None:
    draft.header.pop("typ", None)


def _many_claims(draft: Draft) -> None:
    draft.claims.update({f"claim_{number}": None for number in range(40)})


CASES: Mapping[str, Case] = MappingProxyType(
    {
        "right": _accepted("It is as it should be.", "RFC 7523 §3", _unchanged),
        "unknown-claims": _accepted(
            "It has claims of its own, null and false among them.",
            _IGNORED,
            lambda draft: draft.claims.update({"tenant": None, "beta": False, "urn:example:x": {"y": [1.5]}}),
        ),
        "forty-claims": _accepted("It has forty claims of its own.", _IGNORED, _many_claims),
        "nested-claim": _accepted("A claim nests twenty levels deep.", _IGNORED, claim("note", _nested(20))),
        "long-claim": _accepted("A claim has two thousand characters.", _IGNORED, claim("note", "x" * 2000)),
        "long-jti": _accepted(
            "jti has two hundred characters.", "RFC 7519 §4.1.7", claim("jti", "0123456789abcdefghij" * 10)
        ),
        "jti-with-any-characters": _accepted(
            "jti holds quotes, a backslash, an emoji and what SQL would stumble over.",
            "RFC 7519 §4.1.7",
            claim("jti", "'; DROP TABLE jti; -- \" \\ \U0001f600 c5b7e7d1"),
        ),
        "reversed-members": _accepted("The claims stand in the reverse order.", _JSON, claims_json(_reversed)),
        "reversed-header": _accepted("The header members stand in the reverse order.", _JSON, header_json(_reversed)),
        "white-space-in-claims": _accepted("The claims are spread over lines.", _JSON, claims_json(_spread)),
        "white-space-in-header": _accepted("The header is spread over lines.", _JSON, header_json(_spread)),
        "escaped-claim-name": _accepted(
            "The name of iss is written with escapes.", "RFC 8259 §8.3", claims_json(_escaped_name("iss"))
        ),
        "escaped-alg": _accepted(
            "The name of alg is written with escapes.", "RFC 8259 §8.3", header_json(_escaped_name("alg"))
        ),
        "raw-utf8": _accepted("A claim is in UTF-8 without escapes.", "RFC 8259 §8.1", claims_json(_raw_utf8)),
        "exp-with-exponent": _accepted(
            "exp is written with an exponent.", "RFC 7519 §2; RFC 8259 §6", claims_json(_exponent)
        ),
        "exp-with-zero-fraction": _accepted(
            "exp is written with a fraction of 0.", "RFC 7519 §2; RFC 8259 §6", claims_json(_fraction_of_zero)
        ),
        "aud-array-of-one": _accepted("aud is an array of one.", "RFC 7519 §4.1.3", _aud_in_an_array, "aud-array-form"),
        "no-iat": _accepted("There is no iat.", "RFC 7523 §3 item 6", no_claim("iat"), "iat-missing"),
        "no-jti": _accepted("There is no jti.", "RFC 7523 §3 item 7", no_claim("jti"), "jti-missing"),
        "typ-explicit": _typ("typ says that it authenticates a client.", "client-authentication+jwt"),
        "typ-jwt": _typ("typ is JWT.", "JWT", "typ-not-explicit"),
        "typ-in-lower-case": _typ("typ is in lower case.", "jwt", "typ-case", "typ-not-explicit"),
        "typ-with-prefix": _typ("typ is a whole media type.", "application/jwt", "typ-not-explicit"),
        "typ-absent": _accepted("There is no typ.", _TYP, _no_typ, "typ-missing", "typ-not-explicit"),
        "unknown-header-member": _accepted(
            "The header has a member that nobody knows, and that is not critical.",
            "RFC 7515 §4",
            header("note", {"x": 1}),
        ),
        "nonce-among-claims": _accepted(
            "It has the nonce of an ID token, as any claim may be there.",
            "RFC 8725 §3.12",
            claim("nonce", "n-0S6_WzA2Mj"),
            "claims-look-like-other-jwt",
        ),
    }
)
