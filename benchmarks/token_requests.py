"""What is sent in every measurement, and what a stub written by hand makes of it."""

from __future__ import annotations

import uuid
from urllib.parse import parse_qs

import jwt

from pytest_jwtauth import AuthorizationServer, ClientAssertion, RegisteredClient

ISSUER = "https://auth.pingone.example/4f0c2d6e-58a1-4b7e-9a3d-0c61f7be2d95/as"
SERVER = AuthorizationServer(issuer=ISSUER, token_endpoint=f"{ISSUER}/token")
CLIENT = RegisteredClient.generate()
REDIRECT_URI = "https://app.example/callback"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
STATIC = {"access_token": uuid.uuid4().hex, "token_type": "Bearer", "expires_in": 3600}
"""What a stub answers that issues nothing."""


def form(code: str, server: AuthorizationServer = SERVER) -> dict[str, str]:
    """The form of a right request that exchanges *code*."""
    return {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT_URI,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": ClientAssertion.signed(client=CLIENT, server=server),
    }


def verify_with_pyjwt(body: str, server: AuthorizationServer = SERVER) -> None:
    """What a stub written by hand looks at."""
    jwt.decode(
        parse_qs(body)["client_assertion"][0],
        CLIENT.client_secret or "",
        algorithms=["HS256"],
        audience=server.token_endpoint,
        issuer=CLIENT.client_id,
        options={"require": ["exp", "iss", "sub", "aud"]},
    )
