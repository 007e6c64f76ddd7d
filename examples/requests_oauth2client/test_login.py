"""Our login against a strict authorization server, without a network."""

from __future__ import annotations

import pytest
import responses
from login import INVOICES
from requests_oauth2client import InvalidClient, InvalidGrant

from pytest_jwtauth import assert_token_request


@pytest.fixture
def user(login, sign_in):
    """A user who has just signed in."""
    pending = login.begin()
    return login.callback(sign_in(pending.uri), pending)


def test_a_user_signs_in(user, jwtauth_token_endpoint):
    assert user.subject == jwtauth_token_endpoint.subject


def test_a_session_outlives_its_first_access_token(jwtauth_clock, login, user):
    jwtauth_clock.tick(3600)

    login.refresh(user)

    assert user.tokens.expires_in == 3600


@responses.activate
def test_the_billing_service_is_called_with_a_token_that_is_renewed_each_hour(
    login, jwtauth_token_endpoint, jwtauth_clock
):
    responses.get(INVOICES, json=["an invoice"])

    for minute in range(0, 121, 30):
        assert login.invoices() == ["an invoice"], f"after {minute} minutes"
        jwtauth_clock.tick(30 * 60)

    assert len(jwtauth_token_endpoint.requests) == 3


@responses.activate
def test_what_is_sent_for_the_billing_service(login, jwtauth_token_endpoint, jwtauth_client, jwtauth_server):
    responses.get(INVOICES, json=[])

    login.invoices()

    (request,) = jwtauth_token_endpoint.requests
    assert_token_request(
        request, client=jwtauth_client, server=jwtauth_server, grant_type="client_credentials", scope="billing"
    )


def test_a_server_that_does_not_know_us_is_an_error_that_we_can_catch(login, user, jwtauth_token_endpoint):
    jwtauth_token_endpoint.then("invalid_client")

    with pytest.raises(InvalidClient):
        login.refresh(user)


def test_a_refresh_token_that_was_used_before_is_refused(login, user, jwtauth_token_endpoint):
    used = user.tokens
    login.refresh(user)
    user.tokens = used

    wanted = "refresh-token-mismatch", "multi-refresh-rotated-ignored"
    with jwtauth_token_endpoint.expect_violation(*wanted), pytest.raises(InvalidGrant):
        login.refresh(user)
