"""Clients whose form is not what the grant asks for."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import requests

from .right import Client, WithPkce
from .row import row


class AsksJson(Client):
    def post(self, form: Any) -> requests.Response:
        with self.session() as session:
            return session.post(self.url, json=form, timeout=2, allow_redirects=False)


class SendsMultipart(Client):
    def post(self, form: Any) -> requests.Response:
        parts = {name: (None, value) for name, value in form.items()}
        with self.session() as session:
            return session.post(self.url, files=parts, timeout=2, allow_redirects=False)


class Gets(Client):
    def post(self, form: Any) -> requests.Response:
        with self.session() as session:
            return session.get(self.url, data=form, timeout=2, allow_redirects=False)


class SaysNothingOfItsForm(Client):
    def headers(self) -> dict[str, str]:
        return {"Content-Type": "text/plain"}


class ForgetsRedirectUri(Client):
    def exchange(self, code: str, redirect_uri: str) -> Any:
        return self.ask(grant_type="authorization_code", code=code)


class AddsSlashToRedirectUri(Client):
    def exchange(self, code: str, redirect_uri: str) -> Any:
        return super().exchange(code, redirect_uri + "/")


class ForgetsGrantType(Client):
    def exchange(self, code: str, redirect_uri: str) -> Any:
        return self.ask(code=code, redirect_uri=redirect_uri)


class MisspellsGrantType(Client):
    def exchange(self, code: str, redirect_uri: str) -> Any:
        return self.ask(grant_type="authorization-code", code=code, redirect_uri=redirect_uri)


class SendsCodeTwice(Client):
    def form(self, **grant: str) -> Any:
        return [*super().form(**grant).items(), *(("code", value) for name, value in grant.items() if name == "code")]


class SendsCodeWithNewline(Client):
    def exchange(self, code: str, redirect_uri: str) -> Any:
        return super().exchange(code + "\n", redirect_uri)


class EncodesTwice(Client):
    def exchange(self, code: str, redirect_uri: str) -> Any:
        return super().exchange(code, quote(redirect_uri, safe=""))


class DropsLettersOfCode(Client):
    def exchange(self, code: str, redirect_uri: str) -> Any:
        return super().exchange(code[:-2], redirect_uri)


class ForgetsVerifier(WithPkce):
    def exchange(self, code: str, redirect_uri: str) -> Any:
        return Client.exchange(self, code, redirect_uri)


class SendsChallengeForVerifier(WithPkce):
    def begin_login(self) -> dict[str, str]:
        login = super().begin_login()
        self.verifier = login["code_challenge"]
        return login


class SendsShortVerifier(WithPkce):
    def exchange(self, code: str, redirect_uri: str) -> Any:
        self.verifier = self.verifier[:20]
        return super().exchange(code, redirect_uri)


class InventsVerifier(Client):
    def exchange(self, code: str, redirect_uri: str) -> Any:
        verifier = "v" * 10 + "-of-a-login-that-never-was-0123456789"
        return self.ask(grant_type="authorization_code", code=code, redirect_uri=redirect_uri, code_verifier=verifier)


GALLERY = [
    row(AsksJson, "form-fields", "header-content-type-wrong form-not-urlencoded", 9),
    row(SendsMultipart, "form-fields", "header-content-type-wrong form-not-urlencoded"),
    row(Gets, "form-fields", "http-method-not-post"),
    row(SaysNothingOfItsForm, "form-fields", "header-content-type-wrong"),
    row(ForgetsRedirectUri, "form-fields", "redirect-uri-missing"),
    row(AddsSlashToRedirectUri, "form-fields", "redirect-uri-mismatch"),
    row(ForgetsGrantType, "form-fields", "grant-type-missing"),
    row(MisspellsGrantType, "form-fields", "grant-type-unknown"),
    row(SendsCodeTwice, "form-fields", "form-param-duplicate"),
    row(SendsCodeWithNewline, "form-fields", "form-value-whitespace code-malformed code-mismatch"),
    row(EncodesTwice, "form-fields", "form-double-encoded redirect-uri-mismatch"),
    row(DropsLettersOfCode, "form-fields", "code-mismatch"),
    row(ForgetsVerifier, "pkce", "code-verifier-missing"),
    row(SendsChallengeForVerifier, "pkce", "code-verifier-mismatch"),
    row(SendsShortVerifier, "pkce", "code-verifier-malformed code-verifier-mismatch"),
    row(InventsVerifier, "pkce", "code-verifier-unexpected"),
]
