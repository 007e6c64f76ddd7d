"""Sign users in at PingOne with PKCE, and call our billing service: requests_oauth2client and a client secret."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import uuid4

import requests
from requests_oauth2client import (
    AuthorizationRequest,
    BearerToken,
    ClientSecretJwt,
    OAuth2Client,
    OAuth2ClientCredentialsAuth,
)

REDIRECT_URI = "https://shop.example/callback"
INVOICES = "https://billing.example/invoices"


@dataclass
class User:
    """Who signed in, and the tokens that keep the session alive."""

    subject: str
    tokens: BearerToken


class SignedOnce(ClientSecretJwt):
    """An assertion that is signed once for each server, because signing takes time."""

    @lru_cache(maxsize=8)  # noqa: B019  the client lives as long as the application
    def client_assertion(self, audience: str) -> str:
        return super().client_assertion(audience)


class Login:
    """Our application as an OAuth 2.0 client that authenticates by ``client_secret_jwt``."""

    def __init__(self, issuer: str, token_endpoint: str, jwks_uri: str, *, client_id: str, client_secret: str) -> None:
        self._client = OAuth2Client(
            token_endpoint,
            auth=SignedOnce(
                client_id,
                client_secret,
                lifetime=60,
                jti_gen=lambda: f"shop-{uuid4()}",  # so that we find our requests in the server's log
            ),
            issuer=issuer,
            authorization_endpoint=f"{issuer}/authorize",
            jwks_uri=jwks_uri,
            redirect_uri=REDIRECT_URI,
        )
        self._billing = OAuth2ClientCredentialsAuth(self._client, scope="billing", leeway=30)

    def begin(self) -> AuthorizationRequest:
        """Where to send the browser (its ``uri``); to be remembered until the browser is back."""
        return self._client.authorization_request(scope="openid email")

    def callback(self, url: str, pending: AuthorizationRequest) -> User:
        """The user who came back to *url*."""
        self._client.update_authorization_server_public_keys()
        tokens = self._client.authorization_code(pending.validate_callback(url))
        return User(str(tokens.id_token.subject), tokens)

    def refresh(self, user: User) -> None:
        """Renew the tokens of a user who is still here."""
        user.tokens = self._client.refresh_token(user.tokens)

    def invoices(self) -> Any:
        """All invoices: a call of our own, with no user behind it. The token is kept until shortly before its end."""
        answer = requests.get(INVOICES, auth=self._billing, timeout=5)
        answer.raise_for_status()
        return answer.json()
