"""The contract of a client of the gallery: how it is registered, made and called."""

from __future__ import annotations

from functools import cache
from typing import Any

from pytest_jwtauth import RegisteredClient
from pytest_jwtauth.contract import TokenRequestContract

from .right import REDIRECT_URI

NONCE = "n-0S6_WzA2Mj"


@cache
def _registered(method: str, alg: str | None, keys: int, secret: str) -> RegisteredClient:
    if secret:
        return RegisteredClient("the-client", secret)
    if keys < 2:
        return RegisteredClient.generate(method, alg=alg)
    made = [RegisteredClient.generate(method, alg=alg).private_jwk() for _ in range(keys)]
    return RegisteredClient("the-client", None, {"keys": made}, "private_key_jwt")


def registered(kind: type[Any]) -> RegisteredClient:
    """How a client of *kind* is registered."""
    return _registered(kind.method, kind.registered_alg, kind.keys, kind.secret)


class Contract(TokenRequestContract):
    """The contract of a class of the gallery."""

    patience = 3.0

    def __init__(self, kind: type[Any]) -> None:
        self.kind = kind
        self.patience = kind.patience
        self.checks_id_token = self.checks_nonce = kind.checks_id_token
        self.client: Any = None

    def new(self, endpoint: Any) -> Any:
        """A client that knows what it was registered with."""
        known = endpoint.client
        client = self.kind(endpoint.url, known.client_id, known.client_secret)
        client.issuer = endpoint.server.issuer
        client.revocation_url = endpoint.server.revocation_endpoint
        if known.client_secret is None:
            key = known.private_jwk() if self.kind.keys < 2 else known.jwks["keys"][-1]
            client.other_kid = known.jwks["keys"][0]["kid"]
            client.kid, client.pem = key["kid"], known.private_key_pem(key["kid"])
        return client

    def made(self, endpoint: Any) -> Any:
        """The client, made at its first use."""
        if self.client is None or endpoint.url != self.client.told:
            self.client = self.new(endpoint)
            self.client.told = endpoint.url
        return self.client

    def offers(self, what: str) -> bool:
        return what == "exchange_in_new_process" or hasattr(self.kind, what)

    def exchange(self, endpoint: Any) -> object:
        client = self.made(endpoint)
        login: dict[str, str] = {}
        if self.checks_nonce:
            client.nonce = NONCE
            login = {"nonce": NONCE}
        if hasattr(client, "begin_login"):
            client = self.new(endpoint)
            login = client.begin_login()
        result: object = client.exchange(endpoint.issue_code(redirect_uri=REDIRECT_URI, **login), REDIRECT_URI)
        return result

    def exchange_in_new_process(self, endpoint: Any) -> object:
        """What a class remembers does not outlive its process."""
        return Contract(type(self.kind.__name__, (self.kind,), {})).exchange(endpoint)

    def revoke(self, endpoint: Any, token: str) -> object:
        return self.made(endpoint).revoke(token)

    def refresh(self, endpoint: Any, refresh_token: str) -> object:
        result: object = self.made(endpoint).refresh(refresh_token)
        return result

    def client_credentials(self, endpoint: Any) -> object:
        result: object = self.made(endpoint).client_credentials()
        return result
