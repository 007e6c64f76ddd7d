"""A token endpoint whose clock stands still, and requests to send it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from pytest_jwtauth.client_assertion import ClientAssertion
from pytest_jwtauth.messages import TokenRequest, TokenResponse
from pytest_jwtauth.model import AuthorizationServer
from pytest_jwtauth.parameters import JWT_BEARER_ASSERTION_TYPE
from pytest_jwtauth.profiles import profile_named
from pytest_jwtauth.received import ReceivedRequest
from pytest_jwtauth.registered_client import RegisteredClient
from pytest_jwtauth.rules import adjust
from pytest_jwtauth.token_endpoint import TokenEndpoint

ISSUER = "https://auth.example/4f0c2d6e/as"
SERVER = AuthorizationServer(
    ISSUER, f"{ISSUER}/token", jwks_uri=f"{ISSUER}/jwks", introspection_endpoint=f"{ISSUER}/introspect"
)
CLIENT = RegisteredClient.generate(client_id="client-1")
CALLBACK = "https://app.example/callback"
NOW = 1_760_000_000.25
DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5B\x5D-\x7E]+")
"""What RFC 6749 §5.2 allows in ``error`` and ``error_description``."""
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


def an_endpoint(profile: str = "rfc7523", *, allow: Sequence[str] = (), **changes: Any) -> TokenEndpoint:
    """An endpoint in *profile*, some of its rules off."""
    chosen = adjust(profile_named(profile), allow=allow)
    return TokenEndpoint(**{"client": CLIENT, "server": SERVER, "profile": chosen, "now": lambda: NOW, **changes})


def an_assertion(endpoint: TokenEndpoint, **how: Any) -> ClientAssertion:
    """A fresh assertion, right at the endpoint's time."""
    return ClientAssertion.signed(client=endpoint.client, server=endpoint.server, **{"now": endpoint.now, **how})


def a_request(
    endpoint: TokenEndpoint,
    *,
    url: str | None = None,
    method: str = "POST",
    headers: Sequence[tuple[str, str]] = (),
    fault: str | None = None,
    **fields: Any,
) -> TokenRequest:
    """A request that is right but for what is asked; fields that are None are left out."""
    sent: dict[str, str | None] = {
        "grant_type": "client_credentials",
        "client_assertion_type": JWT_BEARER_ASSERTION_TYPE,
        "client_assertion": an_assertion(endpoint, fault=fault),
        **fields,
    }
    body = urlencode({name: value for name, value in sent.items() if value is not None})
    usual = [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")]
    return TokenRequest(method, url or endpoint.url, [*usual, *headers], body.encode("ascii"))


def exchange(endpoint: TokenEndpoint, code: str, **fields: Any) -> TokenResponse:
    """Send a code for the callback that these tests use."""
    sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, **fields}
    return endpoint.respond(a_request(endpoint, **sent))


def refresh(endpoint: TokenEndpoint, token: str, **fields: Any) -> TokenResponse:
    """Send a refresh token."""
    return endpoint.respond(a_request(endpoint, grant_type="refresh_token", refresh_token=token, **fields))


def members(response: TokenResponse) -> dict[str, Any]:
    """The JSON object of an answer."""
    read = json.loads(response.body)
    assert isinstance(read, dict)
    return read


def answer_to(received: ReceivedRequest) -> TokenResponse:
    """The answer to a request that got one."""
    assert received.response is not None
    return received.response


def header(response: TokenResponse, name: str) -> list[str]:
    """Every value that an answer has for the header *name*."""
    return [value for known, value in response.headers if known.lower() == name.lower()]


WHOLE_SERVER = AuthorizationServer(
    ISSUER,
    f"{ISSUER}/token",
    jwks_uri=f"{ISSUER}/jwks",
    introspection_endpoint=f"{ISSUER}/introspect",
    revocation_endpoint=f"{ISSUER}/revoke",
    pushed_authorization_request_endpoint=f"{ISSUER}/par",
    device_authorization_endpoint=f"{ISSUER}/device_authorization",
    backchannel_authentication_endpoint=f"{ISSUER}/bc-authorize",
    authorization_endpoint=f"{ISSUER}/authorize",
)
"""One that has every endpoint."""


def send(endpoint: TokenEndpoint, url: str, **fields: Any) -> TokenResponse:
    """Send a right request to another than the token endpoint."""
    return endpoint.respond(a_request(endpoint, url=url, grant_type=None, **fields))


def a_request_for_metadata(endpoint: TokenEndpoint, url: str | None = None) -> TokenRequest:
    """What a client sends that configures itself."""
    return TokenRequest("GET", url or endpoint.metadata_url, [("Accept", "application/json")], b"")


class Clock:
    """The time of a test, which passes when the test says so. In seconds."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now

    def tick(self, seconds: float) -> None:
        self.now += seconds
