"""Clients that make the wrong thing of an answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
import requests

from .right import Caching, CheckingIdTokens, Client, TokenRefused
from .row import row


class RaisesBeforeItAsks(Client):
    """Gives up without a request, and so does nothing wrong with any."""

    def ask(self, **grant: str) -> Any:
        raise TokenRefused("no")


class SwallowsErrors(Client):
    def read(self, response: requests.Response) -> Mapping[str, Any]:
        return response.json() if response.status_code == 200 else {}


class ReadsErrorsAsTokens(Client):
    def read(self, response: requests.Response) -> Any:
        return {"access_token": response.json()["access_token"]}


class WantsJsonFromTheProxy(Client):
    """Reads what is wrong out of a page that a proxy made, and finds nothing there."""

    def read(self, response: requests.Response) -> Any:
        if "json" not in response.headers["Content-Type"]:
            found = re.search(r"error=(\w+)", response.text)
            raise TokenRefused(found[1])  # type: ignore[index]
        return super().read(response)


class TakesAPageForATwin(Client):
    def read(self, response: requests.Response) -> Any:
        return {"access_token": response.text} if response.status_code == 200 else super().read(response)


class SearchesForTheToken(Client):
    """Does not read JSON: half of it is enough."""

    def read(self, response: requests.Response) -> Any:
        found = re.search(r'"access_token": ?"([^"]{8})', response.text)
        if found is None:
            raise TokenRefused("no token")
        return {"access_token": found[1]}


class KnowsNoOtherMembers(Client):
    def read(self, response: requests.Response) -> Any:
        @dataclass
        class Tokens:
            access_token: str
            token_type: str
            expires_in: int
            scope: str = ""
            id_token: str = ""
            refresh_token: str = ""

        return Tokens(**super().read(response))


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


class KeepsOldRefreshToken(Client):
    def refresh(self, refresh_token: str) -> Any:
        return {**super().refresh(refresh_token), "refresh_token": refresh_token}


class WantsANewRefreshToken(Client):
    def refresh(self, refresh_token: str) -> Any:
        tokens = super().refresh(refresh_token)
        return {"access_token": tokens["access_token"], "refresh_token": tokens["refresh_token"]}


class TakesNoTokenForToken(Client):
    def read(self, response: requests.Response) -> Any:
        return {"access_token": "none", **response.json()}


class KeepsTokenForever(Client):
    tokens: Any = None

    def client_credentials(self) -> Any:
        self.tokens = self.tokens or super().client_credentials()
        return self.tokens


class AddsItsMargin(Caching):
    """Uses a token a while longer, where it was to ask for a new one a while earlier."""

    early = -60


class CountsMinutes(Caching):
    def read(self, response: requests.Response) -> Any:
        tokens = super().read(response)
        return {**tokens, "expires_in": tokens["expires_in"] * 60}


class ForgetsToRevoke(Client):
    """Throws the token away, and tells nobody."""

    def revoke(self, token: str) -> None:
        pass


class RevokesWithoutAssertion(Client):
    def revoke(self, token: str) -> None:
        with self.session() as session:
            session.post(self.revocation_url, data={"token": token, "client_id": self.client_id}, timeout=2)


class RevokesAtTheTokenEndpoint(Client):
    def revoke(self, token: str) -> None:
        self.ask(token=token)


class TakesAnyIdToken(CheckingIdTokens):
    def exchange(self, code: str, redirect_uri: str) -> Any:
        return Client.exchange(self, code, redirect_uri)


class ChecksAllBut(CheckingIdTokens):
    """Checks three things of four."""

    but = ""

    def exchange(self, code: str, redirect_uri: str) -> Any:
        tokens = Client.exchange(self, code, redirect_uri)
        claims = jwt.decode(tokens["id_token"], options={"verify_signature": False})
        right = {"iss": self.issuer, "aud": self.client_id, "nonce": self.nonce}
        wrong = {name for name in right if claims.get(name) != right[name]}
        if claims["exp"] <= self.now():
            wrong.add("exp")
        if wrong - {self.but}:
            raise TokenRefused("the ID Token is not for this login")
        return tokens


class ForgetsIssuer(ChecksAllBut):
    but = "iss"


class ForgetsAudienceOfIdToken(ChecksAllBut):
    but = "aud"


class ForgetsNonce(ChecksAllBut):
    but = "nonce"


class ForgetsExpiryOfIdToken(ChecksAllBut):
    but = "exp"


GALLERY = [
    row(RaisesBeforeItAsks, "unavailable"),
    row(SwallowsErrors, "invalid-request"),
    row(ReadsErrorsAsTokens, "invalid-request"),
    row(WantsJsonFromTheProxy, "html", bug=14),
    row(TakesAPageForATwin, "html"),
    row(SearchesForTheToken, "truncated-json"),
    row(KnowsNoOtherMembers, "unknown-members"),
    row(GivesBackNothing, "form-fields"),
    row(GivesBackAnObject, "form-fields"),
    row(GivesBackLess, "form-fields"),
    row(GivesBackNoRefreshToken, "refresh-token-rotated"),
    row(KeepsOldRefreshToken, "refresh-token-rotated"),
    row(WantsANewRefreshToken, "refresh-token-kept"),
    row(TakesNoTokenForToken, "no-access-token"),
    row(ForgetsToRevoke, "revocation"),
    row(RevokesWithoutAssertion, "revocation", "client-assertion-missing"),
    row(RevokesAtTheTokenEndpoint, "revocation"),
    row(KeepsTokenForever, "expires-in", bug=15),
    row(AddsItsMargin, "expires-in", bug=15),
    row(CountsMinutes, "expires-in", bug=15),
    *(row(TakesAnyIdToken, f"id-token-{what}") for what in ("issuer", "audience", "expiry", "nonce")),
    row(ForgetsIssuer, "id-token-issuer"),
    row(ForgetsAudienceOfIdToken, "id-token-audience"),
    row(ForgetsNonce, "id-token-nonce"),
    row(ForgetsExpiryOfIdToken, "id-token-expiry"),
]
