"""Real clients that configure themselves from the published metadata, and then use every endpoint and grant."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import authlib.integrations.requests_client
import pytest
import requests
import requests_oauth2client as oauth2client
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.base_client.framework_integration import FrameworkIntegration
from authlib.integrations.base_client.sync_app import BaseApp, OAuth2Mixin
from authlib.oauth2.rfc7523 import ClientSecretJWT
from conftest import InnerRun
from endpoints import CALLBACK, CLIENT, WHOLE_SERVER

from pytest_jwtauth.adapters import for_responses
from pytest_jwtauth.clock import FrozenClock
from pytest_jwtauth.profiles import profile_named
from pytest_jwtauth.token_endpoint import TokenEndpoint

TYPE = "urn:ietf:params:oauth:token-type:"


@pytest.fixture
def endpoint() -> Iterator[TokenEndpoint]:
    """A stub with every endpoint, mounted on requests."""
    stub = TokenEndpoint(client=CLIENT, server=WHOLE_SERVER, profile=profile_named("rfc7523"))
    with for_responses.mounted(stub):
        yield stub


def query_of(url: str) -> dict[str, str]:
    """The query of *url*, each name with its value."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


# requests_oauth2client


def configured(endpoint: TokenEndpoint, **further: Any) -> oauth2client.OAuth2Client:
    """A client that was told the issuer and its secret, and no URL."""
    assert endpoint.client.client_secret is not None
    return oauth2client.OAuth2Client.from_discovery_endpoint(
        issuer=endpoint.server.issuer,
        auth=oauth2client.ClientSecretJwt(endpoint.client.client_id, endpoint.client.client_secret),
        redirect_uri=CALLBACK,
        id_token_signed_response_alg="ES256",
        **further,
    )


def test_a_client_that_knows_the_issuer_alone_logs_a_user_in(endpoint: TokenEndpoint) -> None:
    client = configured(endpoint)
    wanted = client.authorization_request(scope="openid profile")
    pushed = client.pushed_authorization_request(wanted)
    browser = query_of(pushed.uri)
    assert set(browser) == {"client_id", "request_uri"}
    code = endpoint.issue_code(request_uri=browser["request_uri"])
    back = wanted.validate_callback(f"{CALLBACK}?code={code}&state={wanted.state}")
    tokens = client.authorization_code(back, validate=True)
    assert isinstance(tokens.id_token, oauth2client.IdToken)
    assert tokens.id_token.claims["nonce"] == wanted.nonce
    assert endpoint.unexpected() == ()
    assert [request.url for request in endpoint.requests] == [endpoint.par_url, endpoint.url]


def test_a_client_asks_about_its_tokens_and_gives_them_up(endpoint: TokenEndpoint) -> None:
    client = configured(endpoint)
    tokens = client.refresh_token(endpoint.issue_refresh_token(scope="read"))
    assert tokens.refresh_token is not None
    assert client.introspect_token(tokens.access_token)["scope"] == "read"
    assert client.revoke_refresh_token(tokens.refresh_token)
    assert client.introspect_token(tokens.access_token) == {"active": False}
    assert endpoint.unexpected() == ()
    with (
        endpoint.expect_violation("refresh-token-mismatch"),
        pytest.raises(oauth2client.InvalidGrant, match="refresh-token-mismatch"),
    ):
        client.refresh_token(tokens.refresh_token)


def test_a_client_exchanges_a_token(endpoint: TokenEndpoint) -> None:
    client = configured(endpoint)
    own = client.client_credentials(scope="read")
    tokens = client.token_exchange(subject_token=own, requested_token_type=f"{TYPE}access_token", scope="read")
    assert tokens.kwargs["issued_token_type"] == f"{TYPE}access_token"
    assert endpoint.unexpected() == ()


@contextmanager
def patience(monkeypatch: pytest.MonkeyPatch) -> Iterator[FrozenClock]:
    """Time stands still, and sleep lets it pass."""
    with FrozenClock() as clock:
        monkeypatch.setattr(time, "sleep", clock.tick)
        yield clock


POLLERS: dict[str, Callable[[oauth2client.OAuth2Client], Any]] = {
    "device": lambda client: oauth2client.DeviceAuthorizationPollingJob(
        client, client.authorize_device(scope="openid")
    ),
    "backchannel": lambda client: oauth2client.BackChannelAuthenticationPollingJob(
        client, client.backchannel_authentication_request(login_hint="alice")
    ),
}


def a_poller(endpoint: TokenEndpoint, flow: str) -> Any:
    """A client's own polling of what it has just started."""
    # The library takes these two URLs from no metadata.
    client = configured(
        endpoint,
        device_authorization_endpoint=endpoint.device_authorization_url,
        backchannel_authentication_endpoint=endpoint.backchannel_authentication_url,
    )
    return POLLERS[flow](client)


@pytest.mark.parametrize("flow", POLLERS)
def test_a_right_client_polls_until_the_user_has_agreed(
    endpoint: TokenEndpoint, flow: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with patience(monkeypatch) as clock:
        began = clock.now
        poll = a_poller(endpoint, flow)
        assert [poll(), poll()] == [None, None]
        endpoint.then("slow_down")
        assert poll() is None
        endpoint.approve()
        tokens = poll()
        assert tokens.access_token
        assert clock.now - began == 5 + 5 + 5 + 10
    assert endpoint.unexpected() == ()
    assert endpoint.warnings() == ()


@pytest.mark.parametrize("flow", POLLERS)
def test_a_hasty_client_is_caught(endpoint: TokenEndpoint, flow: str, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint.polling_interval = 30
    with patience(monkeypatch):
        poll = a_poller(endpoint, flow)
        poll.interval = 5
        assert poll() is None
        with endpoint.expect_violation("multi-poll-too-fast"):
            assert poll() is None
        # The library waits 5 seconds longer from now on, and 35 are wanted.
        assert poll.interval == 10
        with endpoint.expect_violation("multi-slow-down-ignored"):
            assert poll() is None


@pytest.mark.parametrize("flow", POLLERS)
@pytest.mark.parametrize(
    ("end", "error"),
    [
        (lambda endpoint, _: endpoint.deny(), oauth2client.AccessDenied),
        (lambda _, clock: clock.tick(600), oauth2client.ExpiredToken),
    ],
    ids=["denied", "expired"],
)
def test_a_client_hears_that_nothing_will_come(
    endpoint: TokenEndpoint,
    flow: str,
    end: Callable[[TokenEndpoint, FrozenClock], None],
    error: type[Exception],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with patience(monkeypatch) as clock:
        poll = a_poller(endpoint, flow)
        assert poll() is None
        end(endpoint, clock)
        with pytest.raises(error):
            poll()
    assert endpoint.unexpected() == ()


def test_a_client_that_checks_whose_metadata_it_reads_goes_no_further(endpoint: TokenEndpoint) -> None:
    endpoint.metadata["issuer"] = "https://evil.example"
    # This library checks (RFC 8414 §3.3): Authlib does not, see below.
    with pytest.raises(oauth2client.InvalidParam, match="evil"):
        configured(endpoint)
    assert endpoint.requests == ()


# Authlib


class App(OAuth2Mixin, BaseApp):
    """What Authlib's integrations for Flask and Django are made of."""

    client_cls = authlib.integrations.requests_client.OAuth2Session


def an_app(endpoint: TokenEndpoint) -> Any:
    return App(
        FrameworkIntegration("tests"),
        client_id=endpoint.client.client_id,
        client_secret=endpoint.client.client_secret,
        server_metadata_url=endpoint.metadata_url,
        client_auth_methods=[ClientSecretJWT()],
        client_kwargs={"scope": "openid", "token_endpoint_auth_method": ClientSecretJWT.name},
    )


def test_an_app_of_authlib_takes_every_url_from_the_metadata(endpoint: TokenEndpoint) -> None:
    app = an_app(endpoint)
    begun = app.create_authorization_url(CALLBACK)
    assert begun["url"].startswith(f"{WHOLE_SERVER.authorization_endpoint}?")
    code = endpoint.issue_code(redirect_uri=CALLBACK, nonce=begun["nonce"])
    tokens = app.fetch_access_token(CALLBACK, code=code)
    assert tokens["id_token"]
    assert endpoint.unexpected() == ()
    assert endpoint.requests[0].url == endpoint.url


def test_an_app_of_authlib_does_not_check_whose_metadata_it_reads(endpoint: TokenEndpoint) -> None:
    endpoint.metadata["issuer"] = "https://evil.example"
    app = an_app(endpoint)
    code = endpoint.issue_code(redirect_uri=CALLBACK)
    with (
        endpoint.expect_violation("multi-issuer-metadata-mismatch"),
        pytest.raises(OAuthError, match="issuer-metadata"),
    ):
        app.fetch_access_token(CALLBACK, code=code)


def test_without_a_token_endpoint_in_the_metadata_an_app_of_authlib_sends_nothing(endpoint: TokenEndpoint) -> None:
    del endpoint.metadata["token_endpoint"]
    with pytest.raises(requests.exceptions.MissingSchema):
        an_app(endpoint).fetch_access_token(CALLBACK, code=endpoint.issue_code(redirect_uri=CALLBACK))
    assert endpoint.requests == ()


# PyJWT, which fetches by urllib: over a real port

SUITE = """
import json, ssl, urllib.request
import jwt
import requests_oauth2client as oauth2client


def test_urllib(jwtauth_live_token_endpoint):
    live = jwtauth_live_token_endpoint.https if SECURE else jwtauth_live_token_endpoint
    trust = live.ca_file and ssl.create_default_context(cafile=live.ca_file)
    with urllib.request.urlopen(live.metadata_url, timeout=5, context=trust) as answer:
        metadata = json.load(answer)
    assert metadata == live.metadata
    assert {url.partition("/4f0c")[0] for name, url in metadata.items() if name.endswith("_endpoint")} == {
        live.url.partition("/4f0c")[0]
    }
    client = oauth2client.OAuth2Client(
        metadata["token_endpoint"],
        auth=oauth2client.ClientSecretJwt(live.client.client_id, live.client.client_secret),
        id_token_signed_response_alg="ES256",
        testing=True,
    )
    # Otherwise a variable like REQUESTS_CA_BUNDLE outweighs what the session is told.
    client.session.trust_env, client.session.verify = False, live.ca_file or True
    code = live.issue_code(redirect_uri=CALLBACK, nonce="n")
    tokens = client.authorization_code(code, redirect_uri=CALLBACK)
    keys = jwt.PyJWKClient(metadata["jwks_uri"], timeout=5, ssl_context=trust)
    claims = jwt.decode(
        str(tokens.id_token),
        keys.get_signing_key_from_jwt(str(tokens.id_token)),
        metadata["id_token_signing_alg_values_supported"],
        audience=live.client.client_id,
        issuer=metadata["issuer"],
    )
    assert claims["nonce"] == "n"
"""


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
def test_pyjwt_finds_the_key_of_an_id_token_at_the_jwks_uri(inner: InnerRun, secure: bool) -> None:
    inner(SUITE.replace("SECURE", str(secure))).assert_outcomes(passed=1)


MOUNTS = """
import httpx, requests


def read(get, endpoint):
    metadata = get(endpoint.metadata_url).json()
    assert metadata == endpoint.metadata
    assert get(metadata["jwks_uri"]).json() == endpoint.jwks()
    assert endpoint.requests == ()


def test_responses(jwtauth_token_endpoint):
    read(requests.get, jwtauth_token_endpoint)


def test_requests_mock(jwtauth_token_endpoint, requests_mock):
    jwtauth_token_endpoint.mount(requests_mock)
    read(requests.get, jwtauth_token_endpoint)


def test_pytest_httpx(jwtauth_token_endpoint, httpx_mock):
    jwtauth_token_endpoint.mount(httpx_mock)
    read(httpx.get, jwtauth_token_endpoint)


def test_respx(jwtauth_token_endpoint, respx_mock):
    jwtauth_token_endpoint.mount(respx_mock)
    read(httpx.get, jwtauth_token_endpoint)


def test_pytest_httpserver(jwtauth_token_endpoint, httpserver):
    jwtauth_token_endpoint.mount(httpserver)
    read(requests.get, jwtauth_token_endpoint)


def test_wsgi(jwtauth_token_endpoint):
    with httpx.Client(transport=httpx.WSGITransport(jwtauth_token_endpoint.wsgi_app)) as client:
        read(client.get, jwtauth_token_endpoint)
"""
STUBS = ("requests_mock.contrib._pytest_plugin", "pytest_httpx", "respx.plugin", "pytest_httpserver.pytest_plugin")


def test_metadata_and_keys_are_served_through_every_stub(inner: InnerRun) -> None:
    inner(MOUNTS, plugins=STUBS, subprocess=True).assert_outcomes(passed=6)
