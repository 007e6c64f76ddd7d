"""The little DER that keys and signatures need (ITU-T X.690): read one ECDSA signature, write one public key.

By hand, so that a verdict needs no import of `cryptography` for it and never fails on a key it refuses.
Knows no algorithm and verifies nothing.
"""

from __future__ import annotations

import base64

from pytest_jwtauth.jwk import Jwk

_INTEGER, _BIT_STRING, _NULL, _OBJECT_IDENTIFIER, _SEQUENCE = 0x02, 0x03, 0x05, 0x06, 0x30

# RFC 3279 §2.3.1, §2.3.5; RFC 5480 §2.1.1.1; SEC 2 §A.2; RFC 8410 §3.
_RSA_ENCRYPTION = bytes.fromhex("2a864886f70d010101")
_EC_PUBLIC_KEY = bytes.fromhex("2a8648ce3d0201")
_CURVES = {
    "P-256": bytes.fromhex("2a8648ce3d030107"),
    "P-384": bytes.fromhex("2b81040022"),
    "P-521": bytes.fromhex("2b81040023"),
    "secp256k1": bytes.fromhex("2b8104000a"),
}
_EDWARDS = {"Ed25519": bytes.fromhex("2b6570"), "Ed448": bytes.fromhex("2b6571")}


def subject_public_key_info(jwk: Jwk) -> bytes:
    """The public part of a key without faults as SubjectPublicKeyInfo (RFC 5280 §4.1).

    Raises:
        KeyError: for a symmetric key, which has none.
    """
    if jwk.kty == "RSA":
        algorithm = _element(_OBJECT_IDENTIFIER, _RSA_ENCRYPTION) + _element(_NULL, b"")
        key = _element(_SEQUENCE, *(_integer(jwk.octets(name)) for name in ("n", "e")))
    elif jwk.kty == "EC":
        curve = _CURVES[jwk.crv or ""]
        algorithm = _element(_OBJECT_IDENTIFIER, _EC_PUBLIC_KEY) + _element(_OBJECT_IDENTIFIER, curve)
        key = b"\x04" + jwk.octets("x") + jwk.octets("y")  # uncompressed, SEC 1 §2.3.3
    else:
        algorithm = _element(_OBJECT_IDENTIFIER, _EDWARDS[jwk.crv or ""])
        key = jwk.octets("x")
    return _element(_SEQUENCE, _element(_SEQUENCE, algorithm), _element(_BIT_STRING, b"\x00", key))


def pem(label: str, octets: bytes) -> str:
    """Wrap *octets* into PEM (RFC 7468 §2), with a line feed at the end."""
    text = base64.b64encode(octets).decode("ascii")
    lines = (text[at : at + 64] for at in range(0, len(text), 64))
    return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""))


def read_ecdsa_signature(octets: bytes, size: int) -> bytes | None:
    """Read an ECDSA-Sig-Value (RFC 3279 §2.2.3) as R ‖ S of *size* octets each, or None if it is none.

    BER's long and indefinite lengths and surplus zero octets are understood, and an INTEGER that lacks its
    sign octet is taken as positive, for some encoders forget it.
    """
    sequence = _read_element(octets, 0, _SEQUENCE)
    if sequence is None:
        return None
    position, content_end, end = sequence
    content = octets[:content_end]
    raw = b""
    for _ in ("R", "S"):
        integer = _read_element(content, position, _INTEGER)
        if integer is None:
            return None
        start, _, position = integer
        number = octets[start:position].lstrip(b"\0")
        if start == position or len(number) > size:
            return None
        raw += number.rjust(size, b"\0")
    return raw if position == content_end and end == len(octets) else None


def _read_element(octets: bytes, position: int, tag: int) -> tuple[int, int, int] | None:
    """Where the content of the element at *position* starts and ends, and where the element itself ends."""
    if octets[position : position + 1] != bytes((tag,)) or len(octets) < position + 2:
        return None
    length, start = octets[position + 1], position + 2
    if length == 0x80:  # indefinite, up to two zero octets; only a constructed element may be
        if tag != _SEQUENCE or not octets.endswith(b"\0\0"):
            return None
        return start, len(octets) - 2, len(octets)
    if length > 0x80:
        start += length - 0x80
        length = int.from_bytes(octets[position + 2 : start], "big")
    end = start + length
    return (start, end, end) if end <= len(octets) else None


def _element(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    octets_of_length = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 + len(octets_of_length))) + octets_of_length + content


def _integer(unsigned: bytes) -> bytes:
    return _element(_INTEGER, b"\0" + unsigned if unsigned[0] >= 0x80 else unsigned)
