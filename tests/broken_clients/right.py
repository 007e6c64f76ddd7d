"""A right client, in pieces of which a broken one replaces one: claims, header, form, sending, reading."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import jwt
import requests

REDIRECT_URI = "http://localhost:3000/callback"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class TokenRefused(Exception):
    """The server gave no token."""


def without_userinfo(url: str) -> str:
    """*url* without what would become a password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


class Registered:
    """How a client is registered, and what it claims."""

    method = "client_secret_jwt"
    registered_alg: str | None = None
    keys = 1
    secret = ""
    profile = "pingone"
    patience = 3.0
    checks_id_token = False

    issuer = ""
    revocation_url = ""
    pem = ""
    kid = ""


class Client(Registered):
    """Gets tokens with ``requests``, one session for each, and does nothing that it need not."""

    lifetime = 60
    timeout = 2.0

    def __init__(self, url: str, client_id: str, client_secret: str) -> None:
        self.url = without_userinfo(url)
        self.client_id = client_id
        self.client_secret = client_secret

    def now(self) -> int:
        return int(time.time())

    def header(self) -> dict[str, Any]:
        return {"typ": "JWT"}

    def claims(self) -> dict[str, Any]:
        now = self.now()
        return {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.url,
            "iat": now,
            "exp": now + self.lifetime,
            "jti": str(uuid.uuid4()),
        }

    def key(self) -> str | bytes:
        return self.client_secret

    def alg(self) -> str:
        return "HS256"

    def assertion(self) -> str:
        return jwt.encode(self.claims(), self.key(), algorithm=self.alg(), headers=self.header())

    def form(self, **grant: str) -> Any:
        return {**grant, "client_assertion_type": ASSERTION_TYPE, "client_assertion": self.assertion()}

    def headers(self) -> dict[str, str]:
        return {"Accept": "application/json"}

    def session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False  # no ~/.netrc
        return session

    def post(self, form: Any) -> requests.Response:
        with self.session() as session:
            return session.post(
                self.url, data=form, headers=self.headers(), timeout=self.timeout, allow_redirects=False
            )

    def read(self, response: requests.Response) -> Mapping[str, Any]:
        if response.status_code != 200:
            raise TokenRefused(f"status {response.status_code}")
        tokens = response.json()
        if not isinstance(tokens, dict) or not tokens.get("access_token"):
            raise TokenRefused("no access token")
        return tokens

    def ask(self, **grant: str) -> Any:
        return self.read(self.post(self.form(**grant)))

    def exchange(self, code: str, redirect_uri: str) -> Any:
        return self.ask(grant_type="authorization_code", code=code, redirect_uri=redirect_uri)

    def refresh(self, refresh_token: str) -> Any:
        return self.ask(grant_type="refresh_token", refresh_token=refresh_token)

    def revoke(self, token: str) -> None:
        with self.session() as session:
            form = self.form(token=token)
            response = session.post(self.revocation_url, data=form, timeout=self.timeout, allow_redirects=False)
        if response.status_code != 200:
            raise TokenRefused(f"status {response.status_code}")

    def client_credentials(self) -> Any:
        return self.ask(grant_type="client_credentials", scope="api")


class Retrying(Client):
    """Tries once more, with a new assertion, when the server is busy."""

    def ask(self, **grant: str) -> Any:
        response = self.post(self.form(**grant))
        if response.status_code in {429, 503}:
            time.sleep(int(response.headers.get("Retry-After", 0)))
            response = self.post(self.form(**grant))
        return self.read(response)


class CheckingIdTokens(Client):
    """Checks issuer, audience, nonce and expiry of the ID Token; its signature is nobody's business here."""

    checks_id_token = True
    nonce = ""

    def exchange(self, code: str, redirect_uri: str) -> Any:
        tokens = super().exchange(code, redirect_uri)
        claims = jwt.decode(tokens["id_token"], options={"verify_signature": False})
        right = {"iss": self.issuer, "aud": self.client_id, "nonce": self.nonce}
        if {name: claims.get(name) for name in right} != right or claims["exp"] <= self.now():
            raise TokenRefused("the ID Token is not for this login")
        return tokens


class WithPkce(Client):
    """Sends the code verifier of its login."""

    verifier = ""

    def begin_login(self) -> dict[str, str]:
        """What goes to the authorization endpoint."""
        self.verifier = secrets.token_urlsafe(32)
        digest = hashlib.sha256(self.verifier.encode("ascii")).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
        return {"code_challenge": challenge, "code_challenge_method": "S256"}

    def exchange(self, code: str, redirect_uri: str) -> Any:
        return self.ask(
            grant_type="authorization_code", code=code, redirect_uri=redirect_uri, code_verifier=self.verifier
        )


class PrivateKey(Client):
    """Signs with a private key, by PyJWT."""

    method = "private_key_jwt"

    def header(self) -> dict[str, Any]:
        return {"typ": "JWT", "kid": self.kid}

    def key(self) -> str | bytes:
        return self.pem

    def alg(self) -> str:
        return "ES256"


class Caching(Client):
    """Keeps the token of the application itself, until shortly before its end."""

    early = 30
    tokens: Any = None
    good_until = 0.0

    def client_credentials(self) -> Any:
        if self.tokens is None or time.time() >= self.good_until - self.early:
            asked = time.time()
            self.tokens = super().client_credentials()
            self.good_until = asked + self.tokens["expires_in"]
        return self.tokens
