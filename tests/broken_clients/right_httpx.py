"""Right clients with ``httpx``, sync and async, in styles of their own; no two of them sign in the same way."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import ssl
import time
import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import ECKey

from .right import ASSERTION_TYPE, Registered, TokenRefused, without_userinfo

TRUST = ssl.create_default_context()
"""Made once: it takes longer than everything that a test does."""


def claims_for(client_id: str, audience: str, **more: Any) -> dict[str, Any]:
    """The claims of an assertion that is good for a minute."""
    now = int(time.time())
    own = {"iss": client_id, "sub": client_id, "aud": audience, "iat": now, "exp": now + 60, "jti": str(uuid.uuid4())}
    return {**own, **more}


def tokens_of(response: httpx.Response) -> Any:
    """The token response, if it is one."""
    if response.status_code != 200:
        raise TokenRefused(f"status {response.status_code}")
    try:
        tokens = response.json()
    except ValueError:
        raise TokenRefused("the answer is no JSON") from None
    if not isinstance(tokens, dict) or not tokens.get("access_token"):
        raise TokenRefused("no access token")
    return tokens


class WithHttpx(Registered):
    """One client of ``httpx`` for each request."""

    def __init__(self, url: str, client_id: str, client_secret: str) -> None:
        self.url = without_userinfo(url)
        self.client_id = client_id
        self.client_secret = client_secret

    def claims(self) -> dict[str, Any]:
        return claims_for(self.client_id, self.url)

    def assertion(self) -> str:
        return jwt.encode(self.claims(), self.client_secret, algorithm="HS256")

    def form(self, **grant: str) -> Any:
        return {**grant, "client_assertion_type": ASSERTION_TYPE, "client_assertion": self.assertion()}

    def open(self, **how: Any) -> httpx.Client:
        settings: dict[str, Any] = {"verify": TRUST, "trust_env": False, "timeout": 2, **how}
        return httpx.Client(**settings)

    def post(self, form: Any) -> httpx.Response:
        with self.open() as client:
            return client.post(self.url, data=form)

    def read(self, response: httpx.Response) -> Any:
        return tokens_of(response)

    def ask(self, **grant: str) -> Any:
        return self.read(self.post(self.form(**grant)))

    def exchange(self, code: str, redirect_uri: str) -> Any:
        return self.ask(grant_type="authorization_code", code=code, redirect_uri=redirect_uri)

    def refresh(self, refresh_token: str) -> Any:
        return self.ask(grant_type="refresh_token", refresh_token=refresh_token)

    def client_credentials(self) -> Any:
        return self.ask(grant_type="client_credentials", scope="api")


class Async(WithHttpx):
    """The same with ``async`` and ``await``."""

    def open_async(self, **how: Any) -> httpx.AsyncClient:
        settings: dict[str, Any] = {"verify": TRUST, "trust_env": False, "timeout": 2, **how}
        return httpx.AsyncClient(**settings)

    async def send(self, form: Any) -> httpx.Response:
        async with self.open_async() as client:
            return await client.post(self.url, data=form)

    async def ask(self, **grant: str) -> Any:
        return self.read(await self.send(self.form(**grant)))


class AsyncRetrying(Async):
    """Tries three times where the server is busy or gone, each time with a new assertion."""

    async def ask(self, **grant: str) -> Any:
        for left in (2, 1, 0):
            response = await self.send(self.form(**grant))
            if response.status_code != 503 or not left:
                break
            await asyncio.sleep(0.02 / left)
        return self.read(response)


class AsyncCaching(Async):
    """Keeps its own tokens by scope, and asks once for all who wait."""

    def __init__(self, url: str, client_id: str, client_secret: str) -> None:
        super().__init__(url, client_id, client_secret)
        self.kept: dict[str, tuple[float, Any]] = {}

    async def client_credentials(self) -> Any:
        good_until, tokens = self.kept.get("api", (0.0, None))
        if time.time() > good_until - 60:
            asked = time.time()
            tokens = await super().client_credentials()
            self.kept["api"] = asked + tokens["expires_in"], tokens
        return tokens


def _b64(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def _head(alg: str, claims: Mapping[str, Any], **more: str) -> str:
    return ".".join(_b64(json.dumps(part).encode()) for part in ({"alg": alg, "typ": "JWT", **more}, claims))


def ask_with_functions(url: str, client_id: str, client_secret: str, grant: Mapping[str, str]) -> Any:
    """A client without a class, and without a library that signs."""
    head = _head("HS384", claims_for(client_id, url))
    signature = hmac.new(client_secret.encode(), head.encode(), hashlib.sha384).digest()
    form = {**grant, "client_assertion": f"{head}.{_b64(signature)}", "client_assertion_type": ASSERTION_TYPE}
    return tokens_of(httpx.post(url, data=form, timeout=2, trust_env=False, verify=TRUST))


class Functions(WithHttpx):
    """Plain functions, for those who ask for a method."""

    def ask(self, **grant: str) -> Any:
        return partial(ask_with_functions, self.url, self.client_id, self.client_secret)(grant)


class SigningByHand(WithHttpx):
    """``private_key_jwt`` with RSA-PSS and nothing but ``cryptography``."""

    method = "private_key_jwt"
    registered_alg = "PS256"
    profile = "oidc"

    def assertion(self) -> str:
        key: Any = load_pem_private_key(self.pem.encode(), None)
        head = _head("PS256", self.claims(), kid=self.kid)
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=hashes.SHA256.digest_size)
        return f"{head}.{_b64(key.sign(head.encode(), pss, hashes.SHA256()))}"


class WithJoserfc(Async):
    """``private_key_jwt`` by joserfc, for a server that wants its issuer as the audience."""

    method = "private_key_jwt"
    registered_alg = "ES256"
    profile = "fapi2"

    def claims(self) -> dict[str, Any]:
        return claims_for(self.client_id, self.issuer)

    def assertion(self) -> str:
        key = ECKey.import_key(self.pem)
        return joserfc_jwt.encode({"alg": "ES256", "kid": self.kid, "typ": "JWT"}, self.claims(), key)


class HttpxPkce(WithHttpx):
    """Uses PKCE, and keeps one client open for as long as it lives."""

    verifier = ""

    def begin_login(self) -> dict[str, str]:
        """What goes to the authorization endpoint."""
        self.verifier = secrets.token_urlsafe(48)
        challenge = _b64(hashlib.sha256(self.verifier.encode()).digest())
        return {"code_challenge": challenge, "code_challenge_method": "S256"}

    def exchange(self, code: str, redirect_uri: str) -> Any:
        grant = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        return self.ask(**grant, code_verifier=self.verifier)
