"""Libraries that send through httpx: Authlib, in both colours. Imported when it is used."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from clients.ways import CALLBACK, Application, Way, client_with, rsa_client
from clients.with_requests import SCOPE, code

from pytest_jwtauth.token_endpoint import TokenEndpoint


def _auth(endpoint: TokenEndpoint) -> Any:
    from authlib.oauth2.rfc7523 import ClientSecretJWT, PrivateKeyJWT

    kind: Any = ClientSecretJWT if endpoint.client.client_secret else PrivateKeyJWT
    return kind(endpoint.url)


def _settings(endpoint: TokenEndpoint) -> dict[str, Any]:
    client = endpoint.client
    return {
        "client_id": client.client_id,
        "client_secret": client.client_secret or client.private_key_pem(),
        "token_endpoint_auth_method": client.method,
        "redirect_uri": CALLBACK,
        "scope": SCOPE,
    }


def authlib_client(endpoint: TokenEndpoint, _: Any) -> Application:
    from authlib.integrations.httpx_client import OAuth2Client

    session: Any = OAuth2Client(**_settings(endpoint))
    session.register_client_auth_method(_auth(endpoint))
    return Application(
        token=lambda: session.fetch_token(endpoint.url, grant_type="authorization_code", code=code(endpoint)),
        refresh=lambda token: session.refresh_token(endpoint.url, refresh_token=token),
        close=session.close,
    )


def authlib_async_client(endpoint: TokenEndpoint, _: Any) -> Application:
    from authlib.integrations.httpx_client import AsyncOAuth2Client

    # One loop for all requests of the application, as it would have.
    loop = asyncio.new_event_loop()
    session: Any = AsyncOAuth2Client(**_settings(endpoint))
    session.register_client_auth_method(_auth(endpoint))

    def close() -> None:
        loop.run_until_complete(session.aclose())
        loop.close()

    return Application(
        token=lambda: loop.run_until_complete(
            session.fetch_token(endpoint.url, grant_type="authorization_code", code=code(endpoint))
        ),
        refresh=lambda token: loop.run_until_complete(session.refresh_token(endpoint.url, refresh_token=token)),
        close=close,
    )


WAYS = tuple(
    Way(
        library="Authlib",
        name=f"`{name}` with `{'ClientSecretJWT' if method == 'client_secret_jwt' else 'PrivateKeyJWT'}`",
        over="httpx",
        method=method,
        grant="authorization_code",
        client=partial(client_with, method) if method == "client_secret_jwt" else rsa_client,
        connect=connect,
    )
    for name, connect in (("OAuth2Client", authlib_client), ("AsyncOAuth2Client", authlib_async_client))
    for method in ("client_secret_jwt", "private_key_jwt")
)
"""Every way that a router of respx reaches."""
