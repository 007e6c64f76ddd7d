"""Every right client, in which style it is written, and what does not apply to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import right, right_httpx


@dataclass(frozen=True)
class Right:
    """One right client.

    Attributes:
        client: The class.
        style: How it is written.
        not_applicable: The promises that are not applicable to it.
    """

    client: type[Any]
    style: str
    not_applicable: frozenset[str]


_ID_TOKENS = frozenset({"id-token-issuer", "id-token-audience", "id-token-expiry", "id-token-nonce"})
_RETRY = frozenset({"fresh-on-retry"})
_PKCE = frozenset({"pkce"})
_PLAIN = _ID_TOKENS | _RETRY | _PKCE
_WITH_HTTPX = _PLAIN | {"revocation"}

RIGHT = [
    Right(right.Client, "`requests`, PyJWT, HS256", _PLAIN),
    Right(right.Retrying, "the same, and tries once more when it is told to", _PLAIN - _RETRY),
    Right(right.CheckingIdTokens, "the same, and checks its ID Tokens", _PLAIN - _ID_TOKENS),
    Right(right.WithPkce, "the same with PKCE", _PLAIN - _PKCE),
    Right(right.PrivateKey, "`requests`, PyJWT, `private_key_jwt` with ES256", _PLAIN),
    Right(right.Caching, "`requests`, keeps its tokens", _PLAIN),
    Right(right_httpx.WithHttpx, "`httpx`, PyJWT, HS256", _WITH_HTTPX),
    Right(right_httpx.HttpxPkce, "the same with PKCE", _WITH_HTTPX - _PKCE),
    Right(right_httpx.Async, "`httpx`, async", _WITH_HTTPX),
    Right(right_httpx.AsyncRetrying, "`httpx`, async, tries three times", _WITH_HTTPX - _RETRY),
    Right(right_httpx.AsyncCaching, "`httpx`, async, keeps its tokens", _WITH_HTTPX),
    Right(right_httpx.Functions, "`httpx.post`, functions, HS384 without a library", _WITH_HTTPX),
    Right(right_httpx.SigningByHand, "`httpx`, `private_key_jwt` with PS256 by `cryptography`", _WITH_HTTPX),
    Right(right_httpx.WithJoserfc, "`httpx`, async, `private_key_jwt` with ES256 by joserfc", _WITH_HTTPX),
]
