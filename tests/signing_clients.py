"""A server, one client for each algorithm, and their assertions. Keys are made once a process: RSA takes 120 ms."""

from __future__ import annotations

from functools import cache
from typing import Any
from urllib.parse import urlencode

from pytest_jwtauth import crypto
from pytest_jwtauth.client_assertion import ClientAssertion
from pytest_jwtauth.jwa import ALGORITHMS
from pytest_jwtauth.messages import TokenRequest
from pytest_jwtauth.model import AuthorizationServer, Profile
from pytest_jwtauth.parameters import JWT_BEARER, JWT_BEARER_ASSERTION_TYPE
from pytest_jwtauth.registered_client import RegisteredClient

ISSUER = "https://auth.example/11111111-2222-4333-8444-555555555555/as"
SERVER = AuthorizationServer(ISSUER, f"{ISSUER}/token", introspection_endpoint=f"{ISSUER}/introspect")
NOW = 1_760_000_000.5
"""Not a whole second, as no clock's is."""

SECRET = "0aZ-~_q7Lr2XvT9mKcE4sHyB6nUwJdPf1gQkR8tVzNxM3oA5iYbC7eWlDhSuGjF0"
ANOTHER_SECRET = "another secret, of more than thirty-two octets"
CLIENT = RegisteredClient("c11e27ab", SECRET)


@cache
def rsa_jwk() -> dict[str, str]:
    """The one RSA key of the process, which may sign with every RSA algorithm."""
    return {name: value for name, value in crypto.generate_jwk("RS256").items() if name != "alg"}


@cache
def client_for(alg: str) -> RegisteredClient:
    """The client that is registered for *alg*, with a key that says so."""
    if ALGORITHMS[alg].kty == "RSA":
        return RegisteredClient(f"rsa-{alg}", jwks={**rsa_jwk(), "alg": alg}, token_endpoint_auth_signing_alg=alg)
    return RegisteredClient.generate("client_secret_jwt" if alg.startswith("HS") else "private_key_jwt", alg=alg)


@cache
def client_with_two_keys() -> RegisteredClient:
    """A client with an RSA and an EC key, the first of which signs; it has registered no alg."""
    keys = [{**rsa_jwk(), "alg": "RS256"}, client_for("ES256").private_jwk()]
    return RegisteredClient("two-keys", jwks={"keys": keys})


@cache
def client_with_a_short_secret() -> RegisteredClient:
    """A client registered for HS256, for which its secret suffices; for HS384 it is too short."""
    secret = "0aZ-~_q7Lr2XvT9mKcE4sHyB6nUwJdPf1gQkR8tV"
    return RegisteredClient("short-secret", secret, token_endpoint_auth_signing_alg="HS256")


def request_with(
    assertion: str, client: RegisteredClient, profile: Profile, *, url: str = SERVER.token_endpoint
) -> TokenRequest:
    """A request that is right if *assertion* is."""
    fields = {"grant_type": "client_credentials", "client_id": client.client_id}
    if profile.assertion_field == "assertion":
        fields["grant_type"] = JWT_BEARER
    elif profile.assertion_field == "client_assertion":
        fields["client_assertion_type"] = JWT_BEARER_ASSERTION_TYPE
    fields[profile.assertion_field] = assertion
    headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")]
    return TokenRequest("POST", url, headers, urlencode(fields).encode("ascii"))


def signed(**changes: Any) -> ClientAssertion:
    """An assertion of the client with a secret, with *changes*."""
    return ClientAssertion.signed(**{"client": CLIENT, "server": SERVER, "profile": "rfc7523", "now": NOW, **changes})


def nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value
