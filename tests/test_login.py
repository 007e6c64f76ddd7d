"""A login as the client meets it."""

from __future__ import annotations

import pytest
from endpoints import CALLBACK, an_endpoint, exchange

from pytest_jwtauth import RegisteredClient
from pytest_jwtauth.login import DEFAULT_REDIRECT_URI, begin_login, redirect_uri_of


@pytest.mark.parametrize("registered", [(), ("https://app.example/first", "https://app.example/second")])
def test_codes_are_sent_to_the_first_uri_that_the_client_registered(registered: tuple[str, ...]) -> None:
    endpoint = an_endpoint(client=RegisteredClient.generate(redirect_uris=registered))
    assert redirect_uri_of(endpoint) == (registered[0] if registered else DEFAULT_REDIRECT_URI)


def test_a_code_is_bound_to_its_verifier() -> None:
    endpoint = an_endpoint()
    login = begin_login(endpoint, redirect_uri=CALLBACK, scope="openid", pkce=True)
    assert exchange(endpoint, login.code, code_verifier="x" * 43).status == 400
    again = begin_login(endpoint, redirect_uri=CALLBACK, scope="openid", pkce=True)
    assert exchange(endpoint, again.code, code_verifier=again.code_verifier).status == 200
    assert len({login.code_verifier, again.code_verifier, login.nonce, again.nonce}) == 4


def test_a_login_without_pkce_has_no_verifier() -> None:
    endpoint = an_endpoint()
    login = begin_login(endpoint, redirect_uri=CALLBACK, scope="openid", pkce=False)
    assert login.code_verifier is None
    assert exchange(endpoint, login.code).status == 200


def test_a_login_shows_neither_code_nor_verifier() -> None:
    login = begin_login(an_endpoint(), redirect_uri=CALLBACK, scope="openid", pkce=True)
    assert repr(login) == f"<Login sent to {CALLBACK}>"
