"""Our login against a strict authorization server, without a network."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from authlib.integrations.base_client import OAuthError

from pytest_jwtauth import assert_client_assertion, assert_form_fields


@pytest.fixture
def sign_in(jwtauth_token_endpoint):
    """A user at the login page: takes the URL that the browser was sent to, gives the one it comes back with."""

    def sign_in(url):
        asked = dict(parse_qsl(urlsplit(url).query))
        code = jwtauth_token_endpoint.issue_code(
            redirect_uri=asked["redirect_uri"],
            scope=asked["scope"],
            nonce=asked["nonce"],
            code_challenge=asked["code_challenge"],
            code_challenge_method=asked["code_challenge_method"],
        )
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    return sign_in


@pytest.fixture
def user(login, sign_in):
    """A user who has just signed in."""
    url, pending = login.begin()
    return login.callback(sign_in(url), pending)


def test_a_user_signs_in(user, jwtauth_token_endpoint):
    assert user["sub"] == jwtauth_token_endpoint.subject


def test_a_user_who_stays_all_day_is_refreshed_each_hour(jwtauth_clock, login, user, jwtauth_token_endpoint):
    for _ in range(8):
        jwtauth_clock.tick(3600)
        user = login.refresh(user["refresh_token"])

    assert_form_fields(jwtauth_token_endpoint.requests[-1], grant_type="refresh_token", refresh_token=...)


def test_two_users_are_two_assertions(login, sign_in, jwtauth_token_endpoint):
    for _ in range(2):
        url, pending = login.begin()
        login.callback(sign_in(url), pending)

    first, second = jwtauth_token_endpoint.requests
    assert first.assertion.claims["jti"] != second.assertion.claims["jti"]


def test_the_assertion_is_meant_for_the_issuer(login, jwtauth_client, jwtauth_server, jwtauth_token_endpoint):
    login.service_token()

    (request,) = jwtauth_token_endpoint.requests
    assert_client_assertion(request, client=jwtauth_client, server=jwtauth_server)
    assert request.assertion.claims["aud"] == jwtauth_server.issuer


def test_the_service_token_is_kept_until_half_a_minute_before_its_end(login, jwtauth_token_endpoint, jwtauth_clock):
    login.service_token()
    jwtauth_clock.tick(3600 - 30)
    login.service_token()
    assert len(jwtauth_token_endpoint.requests) == 1

    jwtauth_clock.tick(1)
    login.service_token()
    assert len(jwtauth_token_endpoint.requests) == 2


def test_a_verifier_that_is_not_the_one_of_this_login_is_refused(login, sign_in, jwtauth_token_endpoint):
    (url, _), (_, other) = login.begin(), login.begin()
    arrived_at = sign_in(url).replace(dict(parse_qsl(urlsplit(url).query))["state"], other.state)

    with jwtauth_token_endpoint.expect_violation("code-verifier-mismatch"), pytest.raises(OAuthError):
        login.callback(arrived_at, other)
