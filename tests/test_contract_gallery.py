"""Every broken client is refused by the promise that is meant for its fault; every right one keeps all promises."""

from __future__ import annotations

from typing import Any

import pytest
from broken_clients.driver import hold, promises
from broken_clients.gallery import GALLERY, Broken
from broken_clients.right import REDIRECT_URI, CheckingIdTokens, Client, Retrying, WithPkce

from pytest_jwtauth import RegisteredClient
from pytest_jwtauth.contract import TokenRequestContract

CLIENT = RegisteredClient.generate()


class Contract(TokenRequestContract):
    """The contract of a class of the gallery."""

    patience = 3.0

    def __init__(self, kind: type[Client]) -> None:
        self.kind = kind
        self.checks_id_token = self.checks_nonce = issubclass(kind, CheckingIdTokens)
        self.client: Client | None = None

    def made(self, endpoint: Any) -> Client:
        """The client, made at its first use."""
        known = endpoint.client
        if self.client is None or endpoint.url != self.client.url:
            self.client = self.kind(endpoint.url, known.client_id, known.client_secret)
        return self.client

    def exchange(self, endpoint: Any) -> object:
        client = self.made(endpoint)
        login: dict[str, str] = {}
        if isinstance(client, CheckingIdTokens):
            client.issuer, client.nonce = endpoint.server.issuer, "n-0S6_WzA2Mj"
            login = {"nonce": client.nonce}
        if isinstance(client, WithPkce):
            client = self.kind(endpoint.url, endpoint.client.client_id, endpoint.client.client_secret)
            assert isinstance(client, WithPkce)
            login = client.begin_login()
        return client.exchange(endpoint.issue_code(redirect_uri=REDIRECT_URI, **login), REDIRECT_URI)

    def refresh(self, endpoint: Any, refresh_token: str) -> object:
        return self.made(endpoint).refresh(refresh_token)

    def client_credentials(self, endpoint: Any) -> object:
        return self.made(endpoint).client_credentials()


@pytest.mark.parametrize("row", GALLERY, ids=lambda row: f"{row.name}-{row.promise}")
def test_a_broken_client_is_refused_by_the_promise_meant_for_it(row: Broken) -> None:
    fresh = type(row.client.__name__, (row.client,), {})
    outcome = hold(Contract(fresh), row.promise, CLIENT)
    assert outcome.state == "broken", outcome.text
    assert frozenset(outcome.ids) == row.ids, outcome.text


@pytest.mark.parametrize("promise", promises())
@pytest.mark.parametrize("kind", [Client, Retrying, CheckingIdTokens, WithPkce])
def test_a_right_client_keeps_every_promise(kind: type[Client], promise: str) -> None:
    outcome = hold(Contract(kind), promise, CLIENT)
    assert outcome.state in {"kept", "not applicable"}, outcome.text
    assert outcome.warnings == ()
