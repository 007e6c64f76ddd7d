"""Clients with ``httpx`` that have one fault each; most of them are what one line of it makes."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import httpx
import jwt

from .credentials import BASIC
from .right_httpx import Async, AsyncCaching, AsyncRetrying, HttpxPkce, SigningByHand, WithHttpx, WithJoserfc
from .row import row


class HttpxWithAuth(WithHttpx):
    def open(self, **how: Any) -> httpx.Client:
        return super().open(auth=(self.client_id, self.client_secret), **how)


class HttpxWithNetrc(WithHttpx):
    def open(self, **how: Any) -> httpx.Client:
        return super().open(auth=httpx.NetRCAuth(), **how)


class HttpxWithUserinfo(WithHttpx):
    """What ``httpx`` does by itself with the userinfo of a URL."""

    def __init__(self, url: str, client_id: str, client_secret: str) -> None:
        super().__init__(url, client_id, client_secret)
        self.url = url


class HttpxWithJson(WithHttpx):
    def post(self, form: Any) -> httpx.Response:
        with self.open() as client:
            return client.post(self.url, json=form)


class HttpxWithParams(WithHttpx):
    def post(self, form: Any) -> httpx.Response:
        with self.open() as client:
            return client.post(self.url, params=form)


class HttpxFollowing(WithHttpx):
    def open(self, **how: Any) -> httpx.Client:
        return super().open(follow_redirects=True, **how)


class HttpxSendingAgain(WithHttpx):
    """Keeps the request, and sends it a second time."""

    def post(self, form: Any) -> httpx.Response:
        with self.open() as client:
            request = client.build_request("POST", self.url, data=form)
            response = client.send(request)
            return client.send(request) if response.status_code == 503 else response


class HttpxRaisingForStatus(WithHttpx):
    """Says what it sent when it is refused."""

    def read(self, response: httpx.Response) -> Any:
        try:
            response.raise_for_status()
        except httpx.HTTPStatusError as error:
            raise RuntimeError(response.request.content.decode()) from error
        return super().read(response)


class HttpxReadingAnything(WithHttpx):
    def read(self, response: httpx.Response) -> Any:
        return response.json()["access_token"]


class HttpxWithHooks(WithHttpx):
    """Logs every request, by a hook."""

    def open(self, **how: Any) -> httpx.Client:
        def log(request: httpx.Request) -> None:
            logging.getLogger("myapp.http").debug("%s %s %s", request.method, request.url, request.content)

        return super().open(event_hooks={"request": [log]}, **how)


class HttpxHoldingAssertion(WithHttpx):
    """A client whose credential is made when it is made."""

    def __init__(self, url: str, client_id: str, client_secret: str) -> None:
        super().__init__(url, client_id, client_secret)
        self.made = super().assertion()

    def assertion(self) -> str:
        return self.made


class AsyncWithAuth(Async):
    def open_async(self, **how: Any) -> httpx.AsyncClient:
        return super().open_async(auth=(self.client_id, self.client_secret), **how)


class AsyncFallingBack(Async):
    async def ask(self, **grant: str) -> Any:
        response = await self.send(self.form(**grant))
        if response.status_code == 401:
            async with self.open_async(auth=(self.client_id, self.client_secret)) as client:
                response = await client.post(self.url, data=grant)
        return self.read(response)


class AsyncFollowing(Async):
    def open_async(self, **how: Any) -> httpx.AsyncClient:
        return super().open_async(follow_redirects=True, **how)


class AsyncForgettingToAwait(Async):
    """Gives back what was to be awaited."""

    async def exchange(self, code: str, redirect_uri: str) -> Any:
        return super().exchange(code, redirect_uri).close()


class AsyncRetryingTheForm(AsyncRetrying):
    async def ask(self, **grant: str) -> Any:
        form = self.form(**grant)
        for left in (2, 1, 0):
            response = await self.send(form)
            if response.status_code != 503 or not left:
                break
            await asyncio.sleep(0)
        return self.read(response)


class AsyncWithoutEnd(AsyncRetrying):
    async def ask(self, **grant: str) -> Any:
        while (response := await self.send(self.form(**grant))).status_code == 503:
            await asyncio.sleep(0)
        return self.read(response)


class AsyncSwallowing(Async):
    async def ask(self, **grant: str) -> Any:
        try:
            return await super().ask(**grant)
        except httpx.HTTPError:
            return None


class AsyncCancelled(Async):
    """Waits longer than anybody has patience for."""

    patience = 0.2

    async def send(self, form: Any) -> httpx.Response:
        try:
            return await super().send(form)
        except httpx.ReadTimeout:
            await asyncio.sleep(30)
            raise


class AsyncKeepingTooLong(AsyncCaching):
    async def client_credentials(self) -> Any:
        if "api" in self.kept:
            return self.kept["api"][1]
        return await super().client_credentials()


class AsyncSharingJti(Async):
    """A default argument is made once."""

    def claims(self, shared: dict[str, Any] = {"jti": "5e2f0c9b-13ad-4a1e-8d77-0a9c41f6b2e8"}) -> dict[str, Any]:  # noqa: B006
        return {**super().claims(), **shared, "nonce": super().claims()["jti"]}


class HandWithRsaPkcs1(SigningByHand):
    """Signs by PyJWT what it was registered to sign otherwise."""

    def assertion(self) -> str:
        return jwt.encode(self.claims(), self.pem, algorithm="RS256", headers={"kid": self.kid})


class JoserfcForTheTokenEndpoint(WithJoserfc):
    def claims(self) -> dict[str, Any]:
        return {**super().claims(), "aud": self.url}


class HttpxForgettingVerifier(HttpxPkce):
    def exchange(self, code: str, redirect_uri: str) -> Any:
        return WithHttpx.exchange(self, code, redirect_uri)


_AGAIN = "multi-assertion-reused multi-retry-same-assertion"
GALLERY = [
    row(HttpxWithAuth, "no-other-credentials", BASIC, 8),
    row(HttpxWithNetrc, "netrc-not-used", "auth-multiple-methods auth-basic-present", 8),
    row(HttpxWithUserinfo, "userinfo-not-used", "auth-basic-present"),
    row(HttpxWithJson, "form-fields", "header-content-type-wrong form-not-urlencoded", 9),
    row(HttpxWithParams, "no-other-credentials", "url-credentials-in-query", 9),
    row(HttpxFollowing, "redirect-not-followed"),
    row(HttpxSendingAgain, "fresh-on-retry", _AGAIN, 1),
    row(HttpxRaisingForStatus, "nothing-secret-in-exceptions"),
    row(HttpxReadingAnything, "invalid-request"),
    row(HttpxWithHooks, "nothing-secret-in-logs", bug=16),
    row(HttpxHoldingAssertion, "fresh-assertion", "multi-assertion-reused", 4),
    row(AsyncWithAuth, "no-other-credentials", BASIC, 8),
    row(AsyncFallingBack, "no-fallback-to-basic", "header-secret-leaked auth-basic-present"),
    row(AsyncFollowing, "redirect-not-followed"),
    row(AsyncFollowing, "redirect-to-another-origin-not-followed", "multi-redirect-followed"),
    row(AsyncForgettingToAwait, "form-fields"),
    row(AsyncRetryingTheForm, "fresh-on-retry", _AGAIN, 1),
    row(AsyncWithoutEnd, "unavailable"),
    row(AsyncSwallowing, "connection-reset"),
    row(AsyncSwallowing, "connection-refused"),
    row(AsyncCancelled, "timeout"),
    row(AsyncKeepingTooLong, "expires-in", bug=15),
    row(AsyncSharingJti, "fresh-assertion", "multi-jti-reused", 2),
    row(HandWithRsaPkcs1, "assertion-signature", "alg-registered-mismatch"),
    row(JoserfcForTheTokenEndpoint, "assertion-claims", "aud-mismatch aud-not-issuer", 6),
    row(HttpxForgettingVerifier, "pkce", "code-verifier-missing"),
]
