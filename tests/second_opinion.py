"""A verifier of client assertions on `cryptography`, `hmac`, `json` and plain comparisons: it shares no code with ours.

It goes by RFC 7515, 7519 and 7523 and by what PingOne documents, knows two algorithms, and says yes or no.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
FORBIDDEN = {"crit", "b64", "jwk", "jku", "x5u", "enc", "cty"}
ORDER_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class Refused(Exception):
    pass


def demand(is_right: bool) -> None:
    if not is_right:
        raise Refused


def octets_of(part: str) -> bytes:
    octets = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    demand(base64.urlsafe_b64encode(octets).decode().rstrip("=") == part)
    return octets


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    demand(len(dict(pairs)) == len(pairs))
    return dict(pairs)


def no_constant(_: str) -> None:
    raise Refused


def object_of(octets: bytes) -> dict[str, Any]:
    demand(octets.count(b"[") + octets.count(b"{") < 60)
    value = json.loads(octets.decode("utf-8"), object_pairs_hook=unique, parse_constant=no_constant)
    demand(isinstance(value, dict))
    read: dict[str, Any] = value
    return read


def is_signed(alg: str, key: str | Mapping[str, str], signing_input: str, signature: bytes) -> bool:
    if isinstance(key, str):
        wanted = hmac.new(key.encode("utf-8"), signing_input.encode(), hashlib.sha256).digest()
        return alg == "HS256" and hmac.compare_digest(wanted, signature)
    if alg != "ES256" or len(signature) != 64:
        return False
    x, y = (int.from_bytes(octets_of(key[name]), "big") for name in "xy")
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    if not (0 < r < ORDER_P256 and 0 < s < ORDER_P256):
        return False
    public_key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    try:
        public_key.verify(encode_dss_signature(r, s), signing_input.encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def examine(text: str, key: str | Mapping[str, str], client_id: str, audiences: set[str], now: float) -> None:
    demand(len(text) <= 65_536 and COMPACT.fullmatch(text) is not None)
    header, claims = (object_of(octets_of(part)) for part in text.split(".")[:2])
    signing_input, _, signature = text.rpartition(".")
    demand(is_signed(header.get("alg"), key, signing_input, octets_of(signature)))  # type: ignore[arg-type]
    demand(not FORBIDDEN & header.keys() and isinstance(header.get("kid", ""), str))
    typ = header.get("typ", "JWT")
    demand(isinstance(typ, str))
    demand(typ.lower().removeprefix("application/") in {"jwt", "client-authentication+jwt"})
    demand(claims.get("iss") == claims.get("sub") == client_id)
    named = [claims["aud"]] if isinstance(claims["aud"], str) else claims["aud"]
    demand(isinstance(named, list) and all(isinstance(one, str) for one in named))
    demand(bool(audiences & set(named)))
    demand(isinstance(claims.get("jti", "x"), str) and claims.get("jti", "x") != "")
    for name in ("exp", "iat", "nbf"):
        value = claims.get(name, now)
        demand(isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 10**11)
    demand(now < claims["exp"] <= now + 3600 and claims.get("nbf", now) <= now)
    demand(not any(value == key or (isinstance(value, dict) and "d" in value) for value in claims.values()))


def accepts(text: str, key: str | Mapping[str, str], client_id: str, audiences: set[str], now: float) -> bool:
    """Whether a careful server would take *text* for the assertion of the client."""
    try:
        examine(text, key, client_id, audiences, now)
    except (Refused, ValueError, KeyError, RecursionError):
        return False
    return True
