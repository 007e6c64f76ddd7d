"""The nouns of the table of clients: a library, one way to use it, and what it is connected to. Runs none of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from pytest_jwtauth import crypto
from pytest_jwtauth.model import AuthorizationServer
from pytest_jwtauth.registered_client import RegisteredClient

CALLBACK = "https://app.example/callback"
ISSUER = "https://auth.example/4f0c2d6e-58a1-4b7e-9a3d-0c61f7be2d95/as"
SERVER = AuthorizationServer(
    issuer=ISSUER,
    token_endpoint=f"{ISSUER}/token",
    jwks_uri=f"{ISSUER}/jwks",
    introspection_endpoint=f"{ISSUER}/introspect",
    revocation_endpoint=f"{ISSUER}/revoke",
)
"""The server where a library does not insist on its vendor's addresses."""


@cache
def client_with(method: str, alg: str | None = None) -> RegisteredClient:
    """One client for each method and algorithm; an RSA key takes time to make."""
    return RegisteredClient.generate(method, alg=alg)


@cache
def rsa_client() -> RegisteredClient:
    """A client with an RSA key that says nothing of the algorithm."""
    return RegisteredClient("rsa-client", jwks={n: v for n, v in crypto.generate_jwk("RS256").items() if n != "alg"})


@dataclass(frozen=True)
class Application:
    """An application that uses a library: it asks for a token, and perhaps refreshes it, as often as it is told.

    Attributes:
        token: Ask for a token, as an application does whenever it needs one.
        refresh: Exchange a refresh token; None where the library has no such thing.
        close: Give back what it holds.
    """

    token: Callable[[], Any]
    refresh: Callable[[str], Any] | None = None
    close: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Way:
    """One way to use a library.

    Attributes:
        library: Name of the distribution.
        name: What of it is used.
        over: Name of the distribution that speaks HTTP.
        method: The client authentication method; ``none`` where the JWT is the grant alone.
        grant: The grant that `Application.token` uses.
        client, server: Who talks to whom; where a socket is needed, the endpoint's address takes the place of the
            server's origin.
        connect: Make the application, which talks to the endpoint.
        profile: The vendor's profile, if the library is a vendor's.
    """

    library: str
    name: str
    over: str
    method: str
    grant: str
    client: Callable[[], RegisteredClient]
    connect: Callable[[Any, Any], Application]
    server: AuthorizationServer = SERVER
    profile: str | None = None

    def __str__(self) -> str:
        return f"{self.library}, {self.name}, {self.over}".replace("`", "")

    @property
    def profiles(self) -> tuple[str, ...]:
        """The profiles to judge by."""
        return ("rfc7523", "pingone", *((self.profile,) if self.profile else ()))
