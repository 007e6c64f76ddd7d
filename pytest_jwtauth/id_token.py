"""ID Tokens and the keys that sign them (OIDC Core §2, §3.1.3.6). Knows nothing of requests, grants or answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

from pytest_jwtauth import base64url, crypto
from pytest_jwtauth.errors import unknown_name
from pytest_jwtauth.jwa import ALGORITHMS
from pytest_jwtauth.jwk import Jwk, read_jwk
from pytest_jwtauth.model import Json

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold tokens and a key.
__tracebackhide__ = True

# Made once: to make an encoder costs more than to use it.
_COMPACT = json.JSONEncoder(separators=(",", ":"))


def _shake256(octets: bytes) -> bytes:
    # As much as Ed448 itself takes of it (RFC 8032 §5.2): OpenID «Token Hash Algorithm Implementer's Guide» draft 00.
    return hashlib.shake_256(octets).digest(114)


def _digest(name: str) -> Callable[[bytes], bytes]:
    return lambda octets: hashlib.new(name, octets).digest()


_AT_HASHES: Mapping[str, Callable[[bytes], bytes]] = {
    **{name: _digest(row.hash) for name, row in ALGORITHMS.items() if row.kty != "oct" and row.hash},
    "EdDSA": _digest("sha512"),
    "Ed25519": _digest("sha512"),
    "Ed448": _shake256,
}
"""The hash behind ``at_hash`` (OIDC Core §3.1.3.6), by the ``alg`` of the ID Token. EdDSA stands for Ed25519 here."""


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """A private key of the stub, for the algorithm it signs ID Tokens with."""

    alg: str
    jwk: Jwk
    header: str = field(init=False)

    def __post_init__(self) -> None:
        header = {"alg": self.alg, "kid": self.jwk.kid, "typ": "JWT"}
        object.__setattr__(self, "header", _encode(header))

    def __repr__(self) -> str:
        return f"<SigningKey alg={self.alg!r} kid={self.jwk.kid!r}>"

    def id_token(self, claims: Mapping[str, Json], access_token: str | None) -> str:
        """Sign *claims*, with ``at_hash`` of *access_token* added if there is one (OIDC Core §2, §3.1.3.6)."""
        if access_token is not None:
            digest = _AT_HASHES[self.alg](access_token.encode("ascii"))
            claims = {**claims, "at_hash": base64url.encode(digest[: len(digest) // 2])}
        signing_input = f"{self.header}.{_encode(claims)}"
        signature = crypto.sign(self.alg, self.jwk, signing_input.encode("ascii"))
        return f"{signing_input}.{base64url.encode(signature)}"


def _encode(members: Mapping[str, Json]) -> str:
    return base64url.encode(_COMPACT.encode(members).encode("ascii"))


# Once per process: an RSA key takes 37 to 120 ms to make.
@cache
def signing_key(alg: str) -> SigningKey:
    """The stub's key for *alg*, made when first asked for.

    Raises:
        ConfigurationError: for an *alg* that does not sign ID Tokens here.
    """
    check_signing_alg(alg)
    return SigningKey(alg, read_jwk(crypto.generate_jwk(alg)))


def check_signing_alg(alg: str) -> None:
    """Raise `ConfigurationError` for an *alg* that does not sign ID Tokens here."""
    if alg not in _AT_HASHES:
        raise unknown_name("id_token_signing_alg", alg, _AT_HASHES)
