"""Libraries that only a socket reaches: okta, and aiohttp, niquests and urllib with an assertion made by PyJWT.

Imported when they are used: not every environment has them.
"""

from __future__ import annotations

import asyncio
import ssl
import time
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from clients.ways import CALLBACK, Application, Way, client_with, rsa_client
from clients.with_requests import code

from pytest_jwtauth.live_endpoint import LiveTokenEndpoint
from pytest_jwtauth.model import AuthorizationServer

FORM = {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}


# okta

OKTA = AuthorizationServer("https://127.0.0.1", "https://127.0.0.1/oauth2/v1/token")


def okta_client(endpoint: LiveTokenEndpoint, _: Any) -> Application:
    import aiohttp
    from okta.client import Client

    loop = asyncio.new_event_loop()
    application: Any = Client(
        {
            "orgUrl": endpoint.server.issuer,
            "authorizationMode": "PrivateKey",
            "clientId": endpoint.client.client_id,
            "scopes": ["okta.users.read"],
            "privateKey": endpoint.client.private_jwk(),
        }
    )
    trusting = ssl.create_default_context(cafile=str(endpoint.ca_file))

    async def open_session() -> Any:
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting))

    session: Any = loop.run_until_complete(open_session())
    executor = application.get_request_executor()
    executor._http_client.set_session(session)  # one that trusts the certificate
    oauth: Any = executor._oauth  # what every call of its API asks for a token

    def close() -> None:
        loop.run_until_complete(session.close())
        loop.close()

    return Application(token=lambda: loop.run_until_complete(oauth.get_oauth_token()), close=close)


# By hand


def by_hand(endpoint: LiveTokenEndpoint, **fields: str) -> dict[str, str]:
    """The form of a request, with an assertion as the documentation of PyJWT would have one make it."""
    import jwt

    client, now = endpoint.client, int(time.time())
    claims = {
        "iss": client.client_id,
        "sub": client.client_id,
        "aud": endpoint.url,
        "iat": now,
        "exp": now + 300,
        "jti": str(uuid.uuid4()),
    }
    assertion = jwt.encode(claims, client.client_secret or client.private_key_pem(), "HS256")
    return {**FORM, **fields, "client_assertion": assertion}


def code_form(endpoint: LiveTokenEndpoint) -> dict[str, str]:
    return by_hand(endpoint, grant_type="authorization_code", code=code(endpoint), redirect_uri=CALLBACK)


def refresh_form(endpoint: LiveTokenEndpoint, refresh_token: str) -> dict[str, str]:
    return by_hand(endpoint, grant_type="refresh_token", refresh_token=refresh_token)


def sending(
    endpoint: LiveTokenEndpoint, send: Callable[[dict[str, str]], Any], close: Callable[[], None]
) -> Application:
    """An application that gets its tokens by *send*."""
    return Application(
        token=lambda: send(code_form(endpoint)), refresh=lambda token: send(refresh_form(endpoint, token)), close=close
    )


def aiohttp_session(endpoint: LiveTokenEndpoint, _: Any) -> Application:
    import aiohttp

    loop = asyncio.new_event_loop()

    async def post(form: dict[str, str]) -> Any:
        async with aiohttp.ClientSession(trust_env=True) as session, session.post(endpoint.url, data=form) as answer:
            return await answer.json()

    return sending(endpoint, lambda form: loop.run_until_complete(post(form)), loop.close)


def niquests_session(endpoint: LiveTokenEndpoint, _: Any) -> Application:
    import niquests

    session: Any = niquests.Session()
    return sending(endpoint, lambda form: session.post(endpoint.url, data=form).json(), session.close)


def niquests_async_session(endpoint: LiveTokenEndpoint, _: Any) -> Application:
    import niquests

    loop = asyncio.new_event_loop()

    async def post(form: dict[str, str]) -> Any:
        async with niquests.AsyncSession() as session:
            answer: Any = await session.post(endpoint.url, data=form)
            return answer.json()

    return sending(endpoint, lambda form: loop.run_until_complete(post(form)), loop.close)


def urllib_request(endpoint: LiveTokenEndpoint, _: Any) -> Application:
    import json
    from urllib.parse import urlencode
    from urllib.request import Request, urlopen

    def send(form: dict[str, str]) -> Any:
        with urlopen(Request(endpoint.url, urlencode(form).encode("ascii")), timeout=5) as answer:
            return json.load(answer)

    return sending(endpoint, send, lambda: None)


BY_HAND: tuple[tuple[str, str, str, Callable[[Any, Any], Application]], ...] = (
    ("aiohttp", "`ClientSession(trust_env=True).post`, PyJWT", "aiohttp", aiohttp_session),
    ("niquests", "`Session().post`, PyJWT", "niquests", niquests_session),
    ("niquests", "`AsyncSession().post`, PyJWT", "niquests", niquests_async_session),
    ("urllib", "`urlopen`, PyJWT", "urllib", urllib_request),
)

WAYS = (
    Way(
        library="okta",
        name="`Client`, `authorizationMode` PrivateKey",
        over="aiohttp",
        method="private_key_jwt",
        grant="client_credentials",
        client=rsa_client,
        server=OKTA,
        profile="okta",
        connect=okta_client,
    ),
    *(
        Way(
            library=library,
            name=name,
            over=over,
            method="client_secret_jwt",
            grant="authorization_code",
            client=partial(client_with, "client_secret_jwt"),
            connect=connect,
        )
        for library, name, over, connect in BY_HAND
    ),
)
"""Every way that takes a port of this machine."""
