"""DPoP proofs by PyJWT, as a client makes them."""

from __future__ import annotations

import json
import uuid
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from endpoints import NOW

KEY = ec.generate_private_key(ec.SECP256R1())


def a_proof(url: str, *, now: float = NOW, key: ec.EllipticCurvePrivateKey = KEY, **claims: Any) -> str:
    """A proof for a POST to *url* (RFC 9449 §4.2)."""
    public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key()))
    header = {"typ": "dpop+jwt", "jwk": public}
    payload = {"jti": str(uuid.uuid4()), "htm": "POST", "htu": url, "iat": int(now), **claims}
    return jwt.encode(payload, key, "ES256", headers=header)
