"""Our token cache against a strict authorization server, and against time, without a network."""

from __future__ import annotations

import time

import pytest
from token_cache import MARGIN, TokenCache, TokenError


@pytest.fixture
def cache(jwtauth_token_endpoint, jwtauth_clock, monkeypatch):
    monkeypatch.setattr(time, "sleep", jwtauth_clock.tick)
    client = jwtauth_token_endpoint.client
    return TokenCache(jwtauth_token_endpoint.url, client.client_id, client.client_secret)


# The six classic bugs, a test for each.


def test_a_token_is_replaced_before_its_end(cache, jwtauth_clock):
    first = cache.get()
    jwtauth_clock.tick(3600 - MARGIN)
    assert cache.get() != first


def test_a_token_that_has_expired_is_not_handed_out(cache, jwtauth_clock):
    first = cache.get()
    jwtauth_clock.tick(3600 + MARGIN - 1)
    assert cache.get() != first


def test_each_request_has_an_assertion_that_lives(cache, jwtauth_clock):
    cache.get()
    jwtauth_clock.tick(3600)
    cache.get()


def test_each_assertion_has_a_jti_of_its_own(cache, jwtauth_token_endpoint, jwtauth_clock):
    cache.get()
    jwtauth_clock.tick(3600)
    cache.get()
    first, second = jwtauth_token_endpoint.requests
    assert first.assertion.claims["jti"] != second.assertion.claims["jti"]


def test_a_busy_server_is_left_alone_for_as_long_as_it_says(cache, jwtauth_token_endpoint, jwtauth_clock):
    jwtauth_token_endpoint.then(503, retry_after=20).then(429).then_ok()
    start = jwtauth_clock.now
    assert cache.get()
    assert jwtauth_clock.now >= start + 20 + 2


def test_a_refusal_is_an_error_and_not_an_old_token(cache, jwtauth_token_endpoint, jwtauth_clock):
    cache.get()
    jwtauth_clock.tick(3600)
    jwtauth_token_endpoint.then("invalid_client")
    with pytest.raises(TokenError):
        cache.get()


# The client's side of time.


@pytest.mark.parametrize(("passed", "requests"), [(3600 - MARGIN - 1, 1), (3600 - MARGIN, 2), (3600, 2), (3601, 2)])
def test_a_token_is_kept_until_half_a_minute_before_its_end(
    passed, requests, cache, jwtauth_token_endpoint, jwtauth_clock
):
    cache.get()
    jwtauth_clock.tick(passed)
    cache.get()
    assert len(jwtauth_token_endpoint.requests) == requests


@pytest.mark.parametrize(
    ("expires_in", "kept"),
    [(120, 120 - MARGIN), ("120", 120 - MARGIN), (MARGIN, MARGIN / 2), (0, 0), (-1, 0)],
)
def test_what_the_server_says_of_the_life_counts_as_number_or_text(
    expires_in, kept, cache, jwtauth_token_endpoint, jwtauth_clock
):
    jwtauth_token_endpoint.then(200, members={"expires_in": expires_in})
    first = cache.get()
    if kept:
        jwtauth_clock.tick(kept - 1)
        assert cache.get() == first
        jwtauth_clock.tick(1)
    assert cache.get() != first


def test_a_token_whose_life_is_untold_lives_for_five_minutes(cache, jwtauth_token_endpoint, jwtauth_clock):
    jwtauth_token_endpoint.then(200, without=["expires_in"])
    first = cache.get()
    jwtauth_clock.tick(300 - MARGIN - 1)
    assert cache.get() == first
    jwtauth_clock.tick(1)
    assert cache.get() != first


def test_a_laptop_that_slept_for_six_hours_asks_once(cache, jwtauth_token_endpoint, jwtauth_clock):
    first = cache.get()
    jwtauth_clock.tick(6 * 3600)
    assert cache.get() == cache.get() != first
    assert len(jwtauth_token_endpoint.requests) == 2


@pytest.mark.parametrize(("ahead", "rule"), [(300, "exp-expired"), (-300, "iat-in-future")])
@pytest.mark.jwtauth(profile="okta")
def test_a_server_with_another_time_is_believed(ahead, rule, cache, jwtauth_token_endpoint, jwtauth_clock):
    jwtauth_token_endpoint.clock_skew = ahead
    with jwtauth_token_endpoint.expect_violation(rule):
        cache.get()

    jwtauth_clock.tick(3600)
    cache.get()
    assert [request.response.status for request in jwtauth_token_endpoint.requests] == [401, 200, 200]


def test_a_server_that_disagrees_for_another_reason_is_asked_once(cache, jwtauth_token_endpoint):
    jwtauth_token_endpoint.then("invalid_client")
    with pytest.raises(TokenError):
        cache.get()
    assert len(jwtauth_token_endpoint.requests) == 1
