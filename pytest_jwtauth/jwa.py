"""The signature algorithms (RFC 7518 §3, RFC 8037, RFC 9864) as data. No key, no cryptography."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Family = Literal["HMAC", "RSASSA-PKCS1-v1_5", "RSASSA-PSS", "ECDSA", "EdDSA"]


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One ``alg`` value.

    Attributes:
        name: As registered.
        family: The signature scheme.
        kty: Key type a key must have (RFC 7517 §4.1).
        curves: Curves a key may lie on; empty for HMAC and RSA.
        hash: Name of the hash function in `hashlib`; empty where the scheme fixes it.
        octets: Length of a signature in octets; None where the key decides.
    """

    name: str
    family: Family
    kty: Literal["oct", "RSA", "EC", "OKP"]
    curves: tuple[str, ...]
    hash: str
    octets: int | None


def _rows() -> tuple[Algorithm, ...]:
    rows = []
    for bits in (256, 384, 512):
        rows += [
            Algorithm(f"HS{bits}", "HMAC", "oct", (), f"sha{bits}", bits // 8),
            Algorithm(f"RS{bits}", "RSASSA-PKCS1-v1_5", "RSA", (), f"sha{bits}", None),
            Algorithm(f"PS{bits}", "RSASSA-PSS", "RSA", (), f"sha{bits}", None),
        ]
    rows += [
        Algorithm("ES256", "ECDSA", "EC", ("P-256",), "sha256", 64),
        Algorithm("ES384", "ECDSA", "EC", ("P-384",), "sha384", 96),
        Algorithm("ES512", "ECDSA", "EC", ("P-521",), "sha512", 132),
        Algorithm("ES256K", "ECDSA", "EC", ("secp256k1",), "sha256", 64),
        Algorithm("EdDSA", "EdDSA", "OKP", ("Ed25519", "Ed448"), "", None),
        Algorithm("Ed25519", "EdDSA", "OKP", ("Ed25519",), "", 64),
        Algorithm("Ed448", "EdDSA", "OKP", ("Ed448",), "", 114),
    ]
    return tuple(rows)


ALGORITHMS: Mapping[str, Algorithm] = MappingProxyType({row.name: row for row in _rows()})

HMAC_ALGORITHMS = frozenset(row.name for row in ALGORITHMS.values() if row.family == "HMAC")
ASYMMETRIC_ALGORITHMS = frozenset(ALGORITHMS) - HMAC_ALGORITHMS

EDDSA_OCTETS: Mapping[str, int] = MappingProxyType({"Ed25519": 64, "Ed448": 114})
"""Signature length by curve (RFC 8037 §3.1), for the ``alg`` value ``EdDSA`` that leaves the curve open."""
