"""Our login against a strict authorization server, without a network."""

from __future__ import annotations

import pytest
from login import Login, LoginFailed

from pytest_jwtauth import assert_form_fields, assert_no_basic_auth


def test_login(jwtauth_token_endpoint):
    endpoint = jwtauth_token_endpoint
    login = Login(endpoint.url, endpoint.client.client_id, endpoint.client.client_secret)
    code = endpoint.issue_code(redirect_uri=login.redirect_uri)

    tokens = login.exchange(code)

    assert tokens["id_token"]


@pytest.fixture
def login(jwtauth_token_endpoint):
    client = jwtauth_token_endpoint.client
    return Login(jwtauth_token_endpoint.url, client.client_id, client.client_secret)


@pytest.fixture
def tokens(login, jwtauth_token_endpoint):
    """Those of a user who has just signed in."""
    return login.exchange(jwtauth_token_endpoint.issue_code(redirect_uri=login.redirect_uri))


def test_the_id_token_tells_who_signed_in(login, tokens, jwtauth_token_endpoint, jwtauth_server):
    jwtauth_token_endpoint.subject = "alice"
    tokens = login.refresh(tokens["refresh_token"])

    assert login.user(tokens, issuer=jwtauth_server.issuer, jwks_uri=jwtauth_server.jwks_uri) == "alice"


def test_a_code_with_awkward_characters_survives_the_form(login, jwtauth_token_endpoint):
    code = jwtauth_token_endpoint.issue_code(redirect_uri=login.redirect_uri, awkward=True)

    login.exchange(code)

    (request,) = jwtauth_token_endpoint.requests
    assert_form_fields(request, grant_type="authorization_code", code=code, redirect_uri=login.redirect_uri)


def test_a_password_in_netrc_is_not_sent(login, jwtauth_token_endpoint, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login developer password tr0ub4dor&3\n")
    monkeypatch.setenv("NETRC", str(netrc))

    login.service_token("billing")

    assert_no_basic_auth(jwtauth_token_endpoint.requests[0])


def test_a_service_token_is_kept_for_an_hour_and_the_next_is_asked_for_with_a_new_assertion(
    login, jwtauth_token_endpoint, jwtauth_clock
):
    login.service_token("billing")
    jwtauth_clock.tick(3600 - 30 - 1)
    login.service_token("billing")
    assert len(jwtauth_token_endpoint.requests) == 1

    jwtauth_clock.tick(1)
    login.service_token("billing")

    first, second = jwtauth_token_endpoint.requests
    assert first.assertion.claims["jti"] != second.assertion.claims["jti"]
    assert second.assertion.claims["exp"] == jwtauth_clock.now + 60


def test_a_user_stays_signed_in_for_a_day(login, tokens, jwtauth_clock):
    for _ in range(24):
        jwtauth_clock.tick(tokens["expires_in"])
        tokens = login.refresh(tokens["refresh_token"])


def test_a_server_whose_clock_is_two_minutes_ahead_refuses_our_one_minute(login, jwtauth_token_endpoint):
    jwtauth_token_endpoint.clock_skew = 120

    with jwtauth_token_endpoint.expect_violation("exp-expired"), pytest.raises(LoginFailed, match="exp-expired"):
        login.service_token("billing")


def test_a_server_that_is_down_is_a_failed_login(login, jwtauth_token_endpoint):
    jwtauth_token_endpoint.then(503)

    with pytest.raises(LoginFailed):
        login.service_token("billing")
