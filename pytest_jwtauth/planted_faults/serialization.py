"""Faults in the text around and between the parts of a compact JWS (RFC 7515 §7.1). Knows no claim and no key."""

from __future__ import annotations

import json

from pytest_jwtauth import base64url
from pytest_jwtauth.planted_faults.draft import Draft
from pytest_jwtauth.planted_faults.fault import Fault, follows, header, text

# Of 3 octets base64 needs no padding and wastes no bits; a part that is to show either must hold some other number.
_GROUP = 3


def _json_serialization(compact: str) -> str:
    protected, payload, signature = compact.split(".")
    return json.dumps({"payload": payload, "protected": protected, "signature": signature})


def _encrypt(draft: Draft) -> None:
    # Looks as a JWE does (RFC 7516 §7.1). Nothing can decrypt it, but who refuses it by its shape need not try.
    draft.header.update(alg="RSA-OAEP-256", enc="A256GCM")
    draft.text = _five_parts


def _five_parts(compact: str) -> str:
    return ".".join([compact.partition(".")[0], *(base64url.encode(b"x" * size) for size in (256, 12, 90, 16))])


def _pad(draft: Draft) -> None:
    draft.claims_json = _of_ragged_length
    draft.payload_part = lambda part: part + "=" * (-len(part) % 4)


def _waste_bits(draft: Draft) -> None:
    draft.claims_json = _of_ragged_length
    # The lowest bit of the last character belongs to no octet (RFC 4648 §3.5): set, it changes the text alone.
    draft.payload_part = lambda part: part[:-1] + _next_in_alphabet(part[-1])


def _of_ragged_length(octets: bytes) -> bytes:
    return octets + b" " if len(octets) % _GROUP == 0 else octets


def _next_in_alphabet(character: str) -> str:
    return chr(ord(character) + 1)


def _standard_alphabet(draft: Draft) -> None:
    # «?» is 0x3F: wherever it falls, one of three in a row ends a group of base64 with six set bits, which is «/».
    draft.claims["note"] = "???"
    draft.payload_part = lambda part: part.replace("-", "+").replace("_", "/")


def _impossible_length(draft: Draft) -> None:
    draft.signature_part = lambda part: part + "A" * ((1 - len(part)) % 4)


def _no_payload(draft: Draft) -> None:
    draft.payload_part = lambda _part: ""


def _large(draft: Draft) -> None:
    draft.claims["note"] = "x" * 8192


FAULTS = (
    Fault("jws-not-jwt-string", "double quotes stand around it", text(lambda compact: f'"{compact}"')),
    Fault(
        "jws-json-serialization",
        "it is in the JSON serialization",
        text(_json_serialization),
        follows=follows("jws-part-count", "jws-b64-alphabet"),
    ),
    Fault(
        "jws-is-jwe",
        "it has the header and the five parts of an encrypted JWT",
        _encrypt,
        follows=follows("jws-part-count", "alg-unknown", "alg-registered-mismatch", "header-unexpected-param"),
    ),
    Fault("jws-part-count", "a fourth part follows the signature", text(lambda compact: compact + ".e30")),
    Fault("jws-empty-segment", "the payload part is empty", _no_payload, follows=follows("payload-not-json")),
    Fault("jws-b64-padding", "the payload part ends in =", _pad),
    Fault("jws-b64-alphabet", "the payload part is in the standard base64 alphabet", _standard_alphabet),
    Fault("jws-b64-length", "the signature part has a length that base64url never has", _impossible_length),
    Fault("jws-b64-noncanonical", "an unused bit of the payload part is set", _waste_bits),
    Fault(
        "jws-too-large",
        "a claim makes it longer than 8,192 characters",
        _large,
        follows=follows("form-param-too-long"),
    ),
    Fault(
        "jws-nested",
        "the header says that the payload is a JWT",
        header("cty", "JWT"),
        follows=follows("header-unexpected-param"),
    ),
    Fault(
        "client-assertion-multiple",
        "the same assertion follows after a space",
        text(lambda compact: f"{compact} {compact}"),
        follows=follows("jws-part-count", "jws-b64-alphabet", "jwt-bearer-assertion-multiple"),
    ),
    Fault(
        "form-double-encoded",
        "its dots are percent-encoded before the form is",
        text(lambda compact: compact.replace(".", "%2E")),
        follows=follows("jws-part-count", "jws-b64-alphabet"),
    ),
    Fault(
        "form-value-whitespace",
        "a line feed follows it",
        text(lambda compact: compact + "\n"),
        follows=follows("jws-not-jwt-string"),
    ),
)
