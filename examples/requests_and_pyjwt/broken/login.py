"""Sign users in at PingOne, and get tokens for our own calls: requests, PyJWT and a client secret."""

from __future__ import annotations

import time
import uuid
from typing import Any

import jwt
import requests


class LoginFailed(Exception):
    """The authorization server gave no tokens; the message is what it said."""


class Login:
    """Our application as an OAuth 2.0 client that authenticates by ``client_secret_jwt``."""

    redirect_uri = "https://shop.example/callback"

    def __init__(self, token_endpoint: str, client_id: str, client_secret: str) -> None:
        self.token_endpoint = token_endpoint
        self.client_id = client_id
        self.client_secret = client_secret
        self._kept: dict[str, tuple[str, float]] = {}

    def exchange(self, code: str) -> dict[str, Any]:
        """The tokens for the code with which the user came back from the login page."""
        return self._ask(grant_type="authorization_code", code=code, redirect_uri=self.redirect_uri)

    def refresh(self, refresh_token: str) -> dict[str, Any]:
        """New tokens for a user who is still here; the refresh token among them replaces the old one."""
        return self._ask(grant_type="refresh_token", refresh_token=refresh_token)

    def service_token(self, scope: str) -> str:
        """The access token for a call of our own, with no user behind it; kept until shortly before its end."""
        access_token, renew_at = self._kept.get(scope, ("", 0.0))
        if time.time() >= renew_at:
            tokens = self._ask(grant_type="client_credentials", scope=scope)
            access_token, renew_at = tokens["access_token"], time.time() + tokens["expires_in"] - 30
            self._kept[scope] = access_token, renew_at
        return access_token

    def user(self, tokens: dict[str, Any], *, issuer: str, jwks_uri: str) -> str:
        """Who signed in, from an ID token that was found to be the server's and for us."""
        answer = requests.get(jwks_uri, timeout=5)
        answer.raise_for_status()
        keys = jwt.PyJWKSet.from_dict(answer.json())
        key = keys[jwt.get_unverified_header(tokens["id_token"])["kid"]]
        claims = jwt.decode(
            tokens["id_token"], key, algorithms=["RS256", "ES256"], audience=self.client_id, issuer=issuer
        )
        return str(claims["sub"])

    def _ask(self, **form: str) -> dict[str, Any]:
        form["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        form["client_assertion"] = self._assertion()
        # Without an auth of its own requests looks for a password in ~/.netrc, and sends it beside the assertion.
        answer = requests.post(self.token_endpoint, data=form, auth=_no_password, timeout=5)
        if not answer.ok:
            raise LoginFailed(answer.json().get("error_description", answer.reason))
        tokens: dict[str, Any] = answer.json()
        return tokens

    def _assertion(self) -> str:
        now = int(time.time() * 1000)
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.token_endpoint,
            "iat": now,
            "exp": now + 60_000,
            "jti": str(uuid.uuid4()),
        }
        return jwt.encode(claims, self.client_secret, algorithm="HS256")


def _no_password(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
