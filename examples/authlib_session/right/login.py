"""Sign users in at PingOne with PKCE, and get tokens for our own calls: Authlib on requests, and a private key."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc import jwt
from joserfc.jwk import KeySet

REDIRECT_URI = "https://shop.example/callback"


@dataclass(frozen=True)
class Pending:
    """What the user's session remembers while the browser is at the login page."""

    state: str
    nonce: str
    code_verifier: str


class ShortLivedAssertion(PrivateKeyJWT):
    """Authlib's assertion, for a minute instead of an hour."""

    def sign(self, auth: Any, token_endpoint: str) -> str:
        claims = dict(self.claims)  # a copy: Authlib writes a jti into it, and leaves alone one that has a jti
        claims["exp"] = int(time.time()) + 60
        signed: str = PrivateKeyJWT(claims=claims).sign(auth, token_endpoint)
        return signed


class Login:
    """Our application as an OAuth 2.0 client that authenticates by ``private_key_jwt``."""

    def __init__(
        self, issuer: str, token_endpoint: str, jwks_uri: str, *, client_id: str, private_key_pem: str
    ) -> None:
        self.issuer = issuer
        self.token_endpoint = token_endpoint
        self.jwks_uri = jwks_uri
        self.client_id = client_id
        self._session = OAuth2Session(
            client_id,
            private_key_pem,
            token_endpoint_auth_method=PrivateKeyJWT.name,
            redirect_uri=REDIRECT_URI,
            scope="openid email",
            code_challenge_method="S256",
        )
        # The issuer as the audience: no other server can pass the assertion off as meant for it.
        self._session.register_client_auth_method(ShortLivedAssertion(claims={"aud": issuer}))
        self._service_token: Any = None

    def begin(self) -> tuple[str, Pending]:
        """Where to send the browser, and what to remember until it is back."""
        nonce, code_verifier = generate_token(32), generate_token(64)
        url, state = self._session.create_authorization_url(
            f"{self.issuer}/authorize", nonce=nonce, code_verifier=code_verifier
        )
        return url, Pending(state, nonce, code_verifier)

    def callback(self, url: str, pending: Pending) -> dict[str, Any]:
        """The claims about the user who came back to *url*, and the refresh token."""
        tokens = self._session.fetch_token(
            self.token_endpoint,
            authorization_response=url,
            state=pending.state,
            code_verifier=pending.code_verifier,
        )
        return {**self._claims(tokens["id_token"], nonce=pending.nonce), "refresh_token": tokens["refresh_token"]}

    def refresh(self, refresh_token: str) -> dict[str, Any]:
        """The claims and the next refresh token of a user who is still here."""
        tokens = self._session.refresh_token(self.token_endpoint, refresh_token=refresh_token)
        return {**self._claims(tokens["id_token"]), "refresh_token": tokens["refresh_token"]}

    def service_token(self) -> str:
        """The access token for a call of our own, with no user behind it; kept until shortly before its end."""
        if self._service_token is None or self._service_token.is_expired(leeway=30):
            self._service_token = self._session.fetch_token(
                self.token_endpoint, grant_type="client_credentials", scope="billing"
            )
        return str(self._service_token["access_token"])

    def _claims(self, id_token: str, **expected: str) -> dict[str, Any]:
        answer = self._session.get(self.jwks_uri, withhold_token=True, timeout=5)
        answer.raise_for_status()
        token = jwt.decode(id_token, KeySet.import_key_set(answer.json()), algorithms=["RS256"])
        wanted = {"iss": self.issuer, "aud": self.client_id, **expected}
        registry = jwt.JWTClaimsRegistry(**{name: {"essential": True, "value": wanted[name]} for name in wanted})
        registry.validate(token.claims)
        return dict(token.claims)
