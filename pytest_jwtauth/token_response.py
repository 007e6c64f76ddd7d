"""The words of a token endpoint's answers: RFC 6749 §5.1 and §5.2, and the ID Token of OIDC Core.

Knows nothing of requests, rules or codes: it is told what to say. No clock: every moment is an argument.
"""

from __future__ import annotations

import email.utils
import hashlib
import json
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache

from pytest_jwtauth import base64url, crypto
from pytest_jwtauth.errors import unknown_name
from pytest_jwtauth.faults import ScriptedAnswer
from pytest_jwtauth.jwa import ALGORITHMS
from pytest_jwtauth.jwk import Jwk, read_jwk
from pytest_jwtauth.model import ErrorShape, Json, Profile, TokenResponse

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold tokens and a key.
__tracebackhide__ = True

_NO_STORE = (
    ("Content-Type", "application/json"),
    ("Cache-Control", "no-store"),
    # RFC 6749 §5.1 demands both; OIDC Core errata 2 and OAuth 2.1 dropped the second.
    ("Pragma", "no-cache"),
)
# Made once: to make an encoder costs more than to use it.
_COMPACT = json.JSONEncoder(separators=(",", ":"))
_SCHEME = re.compile(r"\s*([A-Za-z0-9!#$%&'*+.^_`|~-]+)")

_AT_HASHES: Mapping[str, str] = {
    **{name: row.hash for name, row in ALGORITHMS.items() if row.kty != "oct" and row.hash},
    "EdDSA": "sha512",
    "Ed25519": "sha512",
}
"""The hash behind ``at_hash`` (OIDC Core §3.1.3.6), by the ``alg`` of the ID Token. EdDSA stands for Ed25519 here."""


def json_response(
    status: int, members: Mapping[str, Json], now: float, headers: Iterable[tuple[str, str]] = ()
) -> TokenResponse:
    """An answer that must not be cached, with *members* as its JSON object and the server's time *now* in ``Date``."""
    return TokenResponse(status, (*_NO_STORE, *_date(int(now)), *headers), _COMPACT.encode(members).encode("ascii"))


def empty_response(status: int, now: float) -> TokenResponse:
    """An answer without a body that must not be cached (RFC 7009 §2.2)."""
    return TokenResponse(status, (*_NO_STORE[1:], *_date(int(now))))


def refusal(
    error: str,
    reason: str,
    *,
    profile: Profile,
    now: float,
    authorization: str | None = None,
    status: int | None = None,
    headers: Iterable[tuple[str, str]] = (),
) -> TokenResponse:
    """An error response (RFC 6749 §5.2) in the shape of *profile*.

    Args:
        error: The ``error`` code.
        reason: What goes into ``error_description``: printable ASCII without ``"`` and ``\\``.
        authorization: Value of the request's ``Authorization`` header. A client that tried to authenticate with it is
            always answered 401, and with a challenge of the same scheme.
        status: Overrides the status that belongs to *error*.
    """
    challenge: tuple[tuple[str, str], ...] = ()
    if error == "invalid_client":
        if authorization is not None:
            challenge = (("WWW-Authenticate", f'{_scheme(authorization)} realm="token endpoint"'),)
        if status is None:
            status = 401 if challenge else profile.invalid_client_status
    members = {"error": error, "error_description": _ERROR_SHAPES[profile.error_shape](reason)}
    return json_response(400 if status is None else status, members, now, (*challenge, *headers))


def scripted_response(
    answer: ScriptedAnswer, *, profile: Profile, now: float, authorization: str | None
) -> TokenResponse:
    """What a test scripted in the place of the normal answer, in the shape of *profile*; its headers come later."""
    if answer.error is None:
        return TokenResponse(answer.status or 200, _date(int(now)))
    reason, status = "scripted by the test", answer.status
    return refusal(answer.error, reason, profile=profile, now=now, authorization=authorization, status=status)


def _scheme(authorization: str) -> str:
    match = _SCHEME.match(authorization)
    return match[1] if match else "Basic"


def _plain_description(reason: str) -> str:
    return reason


def _pingone_description(reason: str) -> str:
    # The words that Ping's own command line tools look for in their tests.
    return f"Request denied: {reason} (Correlation ID: {uuid.uuid4()})"


_ERROR_SHAPES: Mapping[ErrorShape, Callable[[str], str]] = {
    "rfc6749": _plain_description,
    "pingone": _pingone_description,
}


# Only the last few seconds are ever asked for.
@lru_cache(maxsize=8)
def _date(second: int) -> tuple[tuple[str, str], ...]:
    try:
        return (("Date", email.utils.formatdate(second, usegmt=True)),)
    except (OverflowError, ValueError, OSError):
        # Beyond the year 9999 there is no HTTP-date (RFC 9110 §5.6.7), and a server without a clock sends none.
        return ()


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
            digest = hashlib.new(_AT_HASHES[self.alg], access_token.encode("ascii")).digest()
            claims = {**claims, "at_hash": base64url.encode(digest[: len(digest) // 2])}
        payload = _encode(claims)
        signing_input = f"{self.header}.{payload}"
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
