"""Libraries as they come, held to the contract: what each is, and which promises it does not keep.

A finding says what the library leaves to the application, or does by itself; where that stands in its source is noted.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_jwtauth.contract import TokenRequestContract

CALLBACK = "http://localhost:3000/callback"


class Library(TokenRequestContract):
    """One way to use a library; made anew for each promise."""

    patience = 0.5

    def __init__(self) -> None:
        self.used: Any = None

    def code(self, endpoint: Any) -> str:
        code: str = endpoint.issue_code(redirect_uri=CALLBACK)
        return code


class Authlib(Library):
    def session(self, endpoint: Any) -> Any:
        from authlib.integrations.requests_client import OAuth2Session
        from authlib.oauth2.rfc7523 import ClientSecretJWT

        if self.used is None:
            self.used = OAuth2Session(
                endpoint.client.client_id,
                endpoint.client.client_secret,
                token_endpoint_auth_method="client_secret_jwt",
                redirect_uri=CALLBACK,
            )
            self.used.register_client_auth_method(ClientSecretJWT(endpoint.url))
        return self.used

    def exchange(self, endpoint: Any) -> object:
        code = self.code(endpoint)
        tokens: object = self.session(endpoint).fetch_token(endpoint.url, grant_type="authorization_code", code=code)
        return tokens

    def refresh(self, endpoint: Any, refresh_token: str) -> object:
        tokens: object = self.session(endpoint).refresh_token(endpoint.url, refresh_token=refresh_token)
        return tokens


class RequestsOAuth2Client(Library):
    def client(self, endpoint: Any) -> Any:
        from requests_oauth2client import ClientSecretJwt, OAuth2Client

        if self.used is None:
            auth = ClientSecretJwt(endpoint.client.client_id, endpoint.client.client_secret)
            where = {"revocation_endpoint": endpoint.server.revocation_endpoint}
            # `testing` lets it speak plain HTTP to loopback.
            self.used = OAuth2Client(endpoint.url, auth=auth, testing=True, **where)
        return self.used

    def exchange(self, endpoint: Any) -> object:
        code = self.code(endpoint)
        tokens: object = self.client(endpoint).authorization_code(code, validate=False, redirect_uri=CALLBACK)
        return tokens

    def refresh(self, endpoint: Any, refresh_token: str) -> object:
        tokens: object = self.client(endpoint).refresh_token(refresh_token)
        return tokens

    def client_credentials(self, endpoint: Any) -> object:
        tokens: object = self.client(endpoint).client_credentials(scope="api")
        return tokens

    def revoke(self, endpoint: Any, token: str) -> object:
        done: object = self.client(endpoint).revoke_refresh_token(token)
        return done


class AuthlibAsync(Library):
    patience = 10.0  # it makes a TLS context for each client, eight of them at the same moment

    async def using(self, endpoint: Any, do: Any) -> object:
        from authlib.integrations.httpx_client import AsyncOAuth2Client
        from authlib.oauth2.rfc7523 import ClientSecretJWT

        async with AsyncOAuth2Client(
            endpoint.client.client_id,
            endpoint.client.client_secret,
            token_endpoint_auth_method="client_secret_jwt",
            redirect_uri=CALLBACK,
        ) as session:
            session.register_client_auth_method(ClientSecretJWT(endpoint.url))
            tokens: object = await do(session)
            return tokens

    async def exchange(self, endpoint: Any) -> object:
        grant = {"grant_type": "authorization_code", "code": self.code(endpoint)}
        return await self.using(endpoint, lambda session: session.fetch_token(endpoint.url, **grant))

    async def refresh(self, endpoint: Any, refresh_token: str) -> object:
        return await self.using(
            endpoint, lambda session: session.refresh_token(endpoint.url, refresh_token=refresh_token)
        )


class Msal(Library):
    def client(self, endpoint: Any) -> Any:
        from msal.oauth2cli import Client, JwtAssertionCreator

        if self.used is None:
            known = endpoint.client
            signer = JwtAssertionCreator(known.client_secret, algorithm="HS256")
            self.used = Client(
                {"token_endpoint": endpoint.url},
                known.client_id,
                client_assertion=signer.create_regenerative_assertion(endpoint.url, known.client_id),
                client_assertion_type=Client.CLIENT_ASSERTION_TYPE_JWT,
            )
        return self.used

    def tokens(self, answer: Any) -> object:
        if "error" in answer:  # it returns refusals
            raise RuntimeError(answer["error"])
        tokens: object = answer
        return tokens

    def exchange(self, endpoint: Any) -> object:
        warnings.simplefilter("ignore", DeprecationWarning)  # of this method; the newer one wants the whole login
        client = self.client(endpoint)
        return self.tokens(client.obtain_token_by_authorization_code(self.code(endpoint), redirect_uri=CALLBACK))

    def refresh(self, endpoint: Any, refresh_token: str) -> object:
        return self.tokens(self.client(endpoint).obtain_token_by_refresh_token(refresh_token))

    def client_credentials(self, endpoint: Any) -> object:
        return self.tokens(self.client(endpoint).obtain_token_for_client(scope="api"))


@dataclass(frozen=True)
class Findings:
    """What the contract finds in a library as it comes.

    Attributes:
        library: Its name, and how it is used.
        use: How it is used.
        broken: The promises that it does not keep, and why: what its source does.
    """

    library: str
    use: type[Library]
    broken: Mapping[str, str]


_FOLLOWS = "requests follows redirects, 307 with the form, unless `allow_redirects=False` is passed; it is not"
_KEEPS = "`create_regenerative_assertion` makes an `AutoRefresher`, which keeps an assertion for nine minutes"
_RETURNS_ANYTHING = "`parse_response_token` returns what it read unless there is an `error` in it"
FINDINGS = (
    Findings(
        "Authlib, `OAuth2Session`",
        Authlib,
        {
            "timeout": "`default_timeout` is None, so requests waits without end",
            "no-access-token": _RETURNS_ANYTHING,
            "redirect-not-followed": _FOLLOWS,
            "redirect-to-another-origin-not-followed": _FOLLOWS,
        },
    ),
    Findings("Authlib, `AsyncOAuth2Client`", AuthlibAsync, {"no-access-token": _RETURNS_ANYTHING}),
    Findings(
        "msal, `oauth2cli.Client`",
        Msal,
        {
            "fresh-assertion": _KEEPS,
            "fresh-at-the-same-moment": _KEEPS,
            "netrc-not-used": "a `requests.Session` as it comes, which reads ~/.netrc",
            "no-access-token": "`obtain_token_…` returns whatever JSON came",
            "redirect-not-followed": _FOLLOWS,
            "redirect-to-another-origin-not-followed": _FOLLOWS,
            "timeout": "`timeout` is None unless it is passed, so requests waits without end",
        },
    ),
    Findings(
        "requests_oauth2client, `OAuth2Client`",
        RequestsOAuth2Client,
        {
            "timeout": "no `timeout` is passed with token requests, so requests waits without end",
            "redirect-not-followed": _FOLLOWS,
            "redirect-to-another-origin-not-followed": _FOLLOWS,
        },
    ),
)


@dataclass(frozen=True)
class NodeFindings:
    """The same for a library of Node.

    Attributes:
        library: Its name at npm.
        program: What of ``node/`` uses it.
        broken: The promises that it does not keep, and why.
        patience: Seconds that it may take for one call.
    """

    library: str
    program: str
    broken: Mapping[str, str]
    patience: float = 5.0


NODE_FINDINGS = (
    # It gives up after 30 seconds unless it is told otherwise.
    NodeFindings("openid-client", "openid_client.mjs", {}, patience=45.0),
    NodeFindings(
        "oauth4webapi",
        "oauth4webapi.mjs",
        {"timeout": "`signal` is an option of each call; without it fetch waits for minutes"},
    ),
)
