"""Clients that prove twice who they are, or by what is nobody's business."""

from __future__ import annotations

import json
import uuid
from typing import Any

import requests

from .right import Client, PrivateKey
from .row import row


class SendsBasicBeside(Client):
    def session(self) -> requests.Session:
        session = super().session()
        session.auth = (self.client_id, self.client_secret)
        return session


class SendsSecretInForm(Client):
    def form(self, **grant: str) -> Any:
        return {**super().form(**grant), "client_secret": self.client_secret}


class SendsSecretInHeader(Client):
    def headers(self) -> dict[str, str]:
        return {**super().headers(), "X-Client-Secret": self.client_secret}


class SendsSecretInUrl(Client):
    def post(self, form: Any) -> requests.Response:
        with self.session() as session:
            return session.post(
                self.url,
                data=form,
                params={"client_secret": self.client_secret},
                timeout=self.timeout,
                allow_redirects=False,
            )


class SendsAssertionInUrl(Client):
    def post(self, form: Any) -> requests.Response:
        with self.session() as session:
            return session.post(self.url, params=form, timeout=self.timeout, allow_redirects=False)


class SendsBearerBeside(Client):
    def headers(self) -> dict[str, str]:
        return {**super().headers(), "Authorization": f"Bearer {uuid.uuid4()}"}


class SendsAssertionAsBearer(Client):
    def post(self, form: Any) -> requests.Response:
        bearer = {"Authorization": f"Bearer {form.pop('client_assertion')}"}
        with self.session() as session:
            return session.post(self.url, data=form, headers=bearer, timeout=self.timeout, allow_redirects=False)


class SendsCookie(Client):
    def headers(self) -> dict[str, str]:
        return {**super().headers(), "Cookie": "session=of-the-browser"}


class SendsPrivateKey(PrivateKey):
    def header(self) -> dict[str, Any]:
        import jwt

        key = jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256).prepare_key(self.pem)
        return {**super().header(), "jwk": json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key))}


class FallsBackToBasic(Client):
    def post(self, form: Any) -> requests.Response:
        response = super().post(form)
        if "Basic" in response.headers.get("WWW-Authenticate", ""):
            with self.session() as session:
                return session.post(self.url, data=form, auth=(self.client_id, self.client_secret), timeout=2)
        return response


class FallsBackToSecretInForm(Client):
    def ask(self, **grant: str) -> Any:
        response = self.post(self.form(**grant))
        if response.status_code == 401:
            response = self.post({**grant, "client_id": self.client_id, "client_secret": self.client_secret})
        return self.read(response)


class ReadsNetrc(Client):
    def session(self) -> requests.Session:
        return requests.Session()


class KeepsUserinfo(Client):
    def __init__(self, url: str, client_id: str, client_secret: str) -> None:
        super().__init__(url, client_id, client_secret)
        self.url = url


class ForgetsAssertion(Client):
    def form(self, **grant: str) -> Any:
        return {**grant, "client_id": self.client_id}


class ForgetsAssertionType(Client):
    def form(self, **grant: str) -> Any:
        form = super().form(**grant)
        del form["client_assertion_type"]
        return form


class TakesGrantTypeForAssertionType(Client):
    def form(self, **grant: str) -> Any:
        return {**super().form(**grant), "client_assertion_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"}


class SendsTwoAssertions(Client):
    def form(self, **grant: str) -> Any:
        return [*super().form(**grant).items(), ("client_assertion", self.assertion())]


class SendsAnotherClientId(Client):
    def form(self, **grant: str) -> Any:
        return {**super().form(**grant), "client_id": "the-client-of-the-tests"}


class GivesBackRefusals(Client):
    """Swallows the refusal, and gives back what it was told."""

    def read(self, response: requests.Response) -> Any:
        return {"access_token": response.json().get("error", "")} | response.json()


BASIC = "header-secret-leaked auth-multiple-methods auth-basic-present"
GALLERY = [
    row(SendsBasicBeside, "no-other-credentials", BASIC, 8),
    row(SendsSecretInForm, "no-other-credentials", "secret-leaked auth-multiple-methods auth-client-secret-present", 8),
    row(SendsSecretInHeader, "no-other-credentials", "header-secret-leaked"),
    row(SendsSecretInUrl, "no-other-credentials", "url-credentials-in-query secret-leaked"),
    row(SendsAssertionInUrl, "no-other-credentials", "url-credentials-in-query", 9),
    row(SendsBearerBeside, "no-other-credentials", "auth-multiple-methods"),
    row(SendsAssertionAsBearer, "no-other-credentials", "auth-bearer-present"),
    row(SendsCookie, "no-other-credentials", "header-cookie-present"),
    row(SendsPrivateKey, "no-other-credentials", "secret-leaked header-private-key"),
    row(FallsBackToBasic, "no-fallback-to-basic", BASIC),
    row(FallsBackToSecretInForm, "no-fallback-to-basic", "secret-leaked auth-client-secret-present"),
    row(ReadsNetrc, "netrc-not-used", "auth-multiple-methods auth-basic-present", 8),
    row(KeepsUserinfo, "userinfo-not-used", "auth-basic-present"),
    row(ForgetsAssertion, "client-authentication", "client-assertion-missing"),
    row(ForgetsAssertionType, "client-authentication", "client-assertion-type-missing"),
    row(TakesGrantTypeForAssertionType, "client-authentication", "client-assertion-type-wrong"),
    row(SendsTwoAssertions, "client-authentication", "client-assertion-multiple"),
    row(SendsAnotherClientId, "client-authentication", "client-id-mismatch client-id-unregistered"),
    row(GivesBackRefusals, "invalid-client"),
]
