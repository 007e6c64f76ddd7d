"""Clients with one fault each, and the promise that is meant for it."""

from __future__ import annotations

import base64
import datetime
import logging
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from .right import CheckingIdTokens, Client, Retrying, WithPkce


@dataclass(frozen=True)
class Broken:
    """One client of the gallery.

    Attributes:
        client: The class.
        promise: Which promise refuses it.
        ids: The ids with which the report begins: rules, or the promise's own.
        seen: Where that bug was seen.
    """

    client: type[Client]
    promise: str
    ids: frozenset[str]
    seen: str = ""

    @property
    def name(self) -> str:
        return self.client.__name__


class SendsBasicBeside(Client):
    def session(self) -> requests.Session:
        session = super().session()
        session.auth = (self.client_id, self.client_secret)
        return session


class SendsSecretInForm(Client):
    def form(self, **grant: str) -> Any:
        return {**super().form(**grant), "client_secret": self.client_secret}


class AsksJson(Client):
    def post(self, form: Any) -> requests.Response:
        with self.session() as session:
            return session.post(self.url, json=form, timeout=2, allow_redirects=False)


class ForgetsRedirectUri(Client):
    def exchange(self, code: str, redirect_uri: str) -> Any:
        return self.ask(grant_type="authorization_code", code=code)


class KeepsAssertion(Client):
    kept: str | None = None

    def assertion(self) -> str:
        type(self).kept = self.kept or super().assertion()
        return str(self.kept)


class CountsJti(Client):
    count = 0

    def claims(self) -> dict[str, Any]:
        type(self).count += 1
        return {**super().claims(), "jti": f"request-{self.count:08}"}


class FreezesJti(Client):
    def claims(self) -> dict[str, Any]:
        # The claim that differs keeps two assertions of one second apart.
        return {**super().claims(), "jti": "c2d3a4f0-7b1e-4d6c-9a58-0f1e2d3c4b5a", "request": str(uuid.uuid4())}


class Milliseconds(Client):
    def claims(self) -> dict[str, Any]:
        claims = super().claims()
        return {**claims, "exp": claims["exp"] * 1000, "iat": claims["iat"] * 1000}


class NaiveUtc(Client):
    def now(self) -> int:
        return int(datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None).timestamp())


class TextExpiry(Client):
    def claims(self) -> dict[str, Any]:
        claims = super().claims()
        return {**claims, "exp": str(claims["exp"])}


class OtherAudience(Client):
    def claims(self) -> dict[str, Any]:
        return {**super().claims(), "aud": "https://auth.pingone.eu/as/token"}


class EncodesSecret(Client):
    def key(self) -> bytes:
        return base64.b64encode(self.client_secret.encode())


class RetriesByTransport(Client):
    def session(self) -> requests.Session:
        session = super().session()
        retry = Retry(total=2, status_forcelist=[503], allowed_methods=None, backoff_factor=0)
        session.mount("https://", HTTPAdapter(max_retries=retry))
        session.mount("http://", HTTPAdapter(max_retries=retry))
        return session


class NeverGivesUp(Client):
    def ask(self, **grant: str) -> Any:
        while True:
            response = self.post(self.form(**grant))
            if response.status_code == 200:
                return self.read(response)


class SwallowsErrors(Client):
    def read(self, response: requests.Response) -> Mapping[str, Any]:
        return response.json() if response.status_code == 200 else {}


class ReadsErrorsAsTokens(Client):
    def read(self, response: requests.Response) -> Any:
        return {"access_token": response.json()["access_token"]}


class FallsBackToBasic(Client):
    def post(self, form: Any) -> requests.Response:
        response = super().post(form)
        if "Basic" in response.headers.get("WWW-Authenticate", ""):
            with self.session() as session:
                return session.post(self.url, data=form, auth=(self.client_id, self.client_secret), timeout=2)
        return response


class FollowsRedirects(Client):
    def post(self, form: Any) -> requests.Response:
        with self.session() as session:
            return session.post(self.url, data=form, timeout=2)


class ReadsNetrc(Client):
    def session(self) -> requests.Session:
        return requests.Session()


class LogsForm(Client):
    def post(self, form: Any) -> requests.Response:
        logging.getLogger("myapp.oauth").debug("POST %s %s", self.url, form)
        return super().post(form)


class TellsAllInException(Client):
    def read(self, response: requests.Response) -> Mapping[str, Any]:
        try:
            return super().read(response)
        except Exception as error:
            raise RuntimeError(f"refused: {response.request.body!r}") from error


class KeepsOldRefreshToken(Client):
    def refresh(self, refresh_token: str) -> Any:
        return {**super().refresh(refresh_token), "refresh_token": refresh_token}


class KeepsTokenForever(Client):
    tokens: Any = None

    def client_credentials(self) -> Any:
        self.tokens = self.tokens or super().client_credentials()
        return self.tokens


class IgnoresRetryAfter(Client):
    def ask(self, **grant: str) -> Any:
        response = self.post(self.form(**grant))
        if response.status_code == 429:
            response = self.post(self.form(**grant))
        return self.read(response)


class WaitsForever(Client):
    timeout = None  # type: ignore[assignment]


class RepeatsRefusedGrant(Client):
    def ask(self, **grant: str) -> Any:
        response = self.post(self.form(**grant))
        if response.status_code == 400:
            time.sleep(0)
            response = self.post(self.form(**grant))
        return self.read(response)


class SharesItsState(Client):
    """Loses the exchange of whoever comes at the same moment."""

    busy = False

    def exchange(self, code: str, redirect_uri: str) -> Any:
        if self.busy:
            raise RuntimeError("busy")
        self.busy = True
        try:
            time.sleep(0.05)
            return super().exchange(code, redirect_uri)
        finally:
            self.busy = False


class WaitsWithoutEnd(Client):
    def ask(self, **grant: str) -> Any:
        try:
            return super().ask(**grant)
        except requests.Timeout:
            time.sleep(30)
            raise


class TakesAnyIdToken(CheckingIdTokens):
    def exchange(self, code: str, redirect_uri: str) -> Any:
        return Client.exchange(self, code, redirect_uri)


class RetriesWithSameForm(Retrying):
    def ask(self, **grant: str) -> Any:
        form = self.form(**grant)
        response = self.post(form)
        return self.read(self.post(form) if response.status_code == 503 else response)


class ForgetsVerifier(WithPkce):
    def exchange(self, code: str, redirect_uri: str) -> Any:
        return Client.exchange(self, code, redirect_uri)


class GivesBackNothing(Client):
    def read(self, response: requests.Response) -> Any:
        super().read(response)


class GivesBackAnObject(Client):
    def read(self, response: requests.Response) -> Any:
        super().read(response)
        return object()


class GivesBackLess(Client):
    def read(self, response: requests.Response) -> Any:
        return {"id_token": super().read(response)["id_token"]}


class GivesBackNoRefreshToken(Client):
    def exchange(self, code: str, redirect_uri: str) -> Any:
        return {"access_token": super().exchange(code, redirect_uri)["access_token"]}


class TakesNoTokenForToken(Client):
    def read(self, response: requests.Response) -> Any:
        return {"access_token": "none", **response.json()}


def _row(client: type[Client], promise: str, ids: str, seen: str = "") -> Broken:
    return Broken(client, promise, frozenset(ids.split()), seen)


_BASIC = "header-secret-leaked auth-multiple-methods auth-basic-present"
GALLERY = [
    _row(SendsBasicBeside, "no-other-credentials", _BASIC, "requests-oauthlib#249"),
    _row(SendsSecretInForm, "no-other-credentials", "secret-leaked auth-multiple-methods auth-client-secret-present"),
    _row(AsksJson, "form-fields", "header-content-type-wrong form-not-urlencoded", "okta/okta-sdk-python#429"),
    _row(ForgetsRedirectUri, "form-fields", "redirect-uri-missing"),
    _row(KeepsAssertion, "fresh-assertion", "multi-assertion-reused", "msal-python#705"),
    _row(KeepsAssertion, "fresh-after-an-hour", "multi-assertion-reused multi-assertion-after-exp", "msal-python#705"),
    _row(FreezesJti, "fresh-assertion", "multi-jti-reused", "Authlib 1.9.9"),
    _row(CountsJti, "fresh-assertion", "multi-jti-predictable"),
    _row(Milliseconds, "assertion-lifetime", "claim-time-milliseconds", "mozilla/fxa-auth-server#825"),
    _row(NaiveUtc, "in-new-york", "exp-too-far"),
    _row(NaiveUtc, "in-kolkata", "exp-expired"),
    _row(TextExpiry, "assertion-lifetime", "claim-time-not-number", "msal-dotnet#2184"),
    _row(OtherAudience, "assertion-claims", "aud-mismatch", "keycloak#30599"),
    _row(EncodesSecret, "assertion-signature", "hmac-key-derivation"),
    _row(
        RetriesByTransport,
        "fresh-on-retry",
        "multi-assertion-reused multi-retry-same-assertion",
        "box-python-sdk-gen#731",
    ),
    _row(NeverGivesUp, "unavailable", "unavailable"),
    _row(SwallowsErrors, "invalid-request", "invalid-request"),
    _row(ReadsErrorsAsTokens, "invalid-request", "invalid-request", "authlib#928"),
    _row(FallsBackToBasic, "no-fallback-to-basic", _BASIC),
    _row(FollowsRedirects, "redirect-not-followed", "redirect-not-followed"),
    _row(ReadsNetrc, "netrc-not-used", "auth-multiple-methods auth-basic-present", "psf/requests#3929"),
    _row(LogsForm, "nothing-secret-in-logs", "nothing-secret-in-logs", "klen/aioauth-client#191"),
    _row(TellsAllInException, "nothing-secret-in-exceptions", "nothing-secret-in-exceptions"),
    _row(KeepsOldRefreshToken, "refresh-token-rotated", "refresh-token-rotated"),
    _row(KeepsTokenForever, "expires-in", "expires-in"),
    _row(IgnoresRetryAfter, "throttled", "multi-retry-after-ignored"),
    _row(RepeatsRefusedGrant, "refused-grant-not-repeated", "multi-code-reused multi-invalid-grant-retried"),
    _row(SharesItsState, "fresh-at-the-same-moment", "fresh-at-the-same-moment"),
    _row(WaitsWithoutEnd, "timeout", "timeout"),
    *(
        _row(TakesAnyIdToken, f"id-token-{claim}", f"id-token-{claim}")
        for claim in ("issuer", "audience", "expiry", "nonce")
    ),
    _row(RetriesWithSameForm, "fresh-on-retry", "multi-assertion-reused multi-retry-same-assertion"),
    _row(ForgetsVerifier, "pkce", "code-verifier-missing"),
    _row(GivesBackNothing, "form-fields", "form-fields"),
    _row(GivesBackAnObject, "form-fields", "form-fields"),
    _row(GivesBackLess, "form-fields", "form-fields"),
    _row(GivesBackNoRefreshToken, "refresh-token-rotated", "refresh-token-rotated"),
    _row(TakesNoTokenForToken, "no-access-token", "no-access-token"),
]
