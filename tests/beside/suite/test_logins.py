"""Logins that are right and wrong, and what the plugin has for them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
import responses as stubs

if TYPE_CHECKING:
    from beside.suite.conftest import Login

    from pytest_jwtauth import ClientAssertion, ExpiryScenario, HostileAssertion, TokenEndpoint
    from pytest_jwtauth.clock import FrozenClock


def test_right(login: Login, jwtauth_token_endpoint: TokenEndpoint) -> None:
    assert login(jwtauth_token_endpoint).json()["id_token"]


def test_wrong(login: Login, jwtauth_token_endpoint: TokenEndpoint) -> None:
    login(jwtauth_token_endpoint, wrong=True)


def test_wrong_and_failing(login: Login, jwtauth_token_endpoint: TokenEndpoint) -> None:
    login(jwtauth_token_endpoint, wrong=True)
    raise RuntimeError("on its own")


def test_warned(login: Login, jwtauth_token_endpoint: TokenEndpoint) -> None:
    login(jwtauth_token_endpoint, lifetime=1800)


@pytest.mark.jwtauth(allow=["auth-basic-present", "auth-multiple-methods"])
def test_allowed(login: Login, jwtauth_token_endpoint: TokenEndpoint) -> None:
    login(jwtauth_token_endpoint, wrong=True)


def test_expected(login: Login, jwtauth_token_endpoint: TokenEndpoint) -> None:
    with jwtauth_token_endpoint.expect_violation("auth-basic-present", "auth-multiple-methods"):
        login(jwtauth_token_endpoint, wrong=True)


def test_expired(
    login: Login,
    jwtauth_token_endpoint: TokenEndpoint,
    jwtauth_clock: FrozenClock,
    jwtauth_client_assertion: Callable[..., ClientAssertion],
) -> None:
    assertion = jwtauth_client_assertion(lifetime=300)
    jwtauth_clock.move_to_expiry_of(assertion, offset=0)
    login(jwtauth_token_endpoint, assertion=assertion)


def test_renewed(login: Login, jwtauth_token_endpoint: TokenEndpoint, jwtauth_clock: FrozenClock) -> None:
    login(jwtauth_token_endpoint)
    assert jwtauth_clock.tick(3601) == time.time()
    assert login(jwtauth_token_endpoint).ok
    first, second = jwtauth_token_endpoint.requests
    assert first.assertion is not None
    assert second.assertion is not None
    assert first.assertion.claims["jti"] != second.assertion.claims["jti"]


@pytest.mark.jwtauth(scenarios=["fresh", "exactly-at-exp"])
def test_scenario(jwtauth_expiry_scenario: ExpiryScenario, jwtauth_clock: FrozenClock) -> None:
    assert jwtauth_clock.now == jwtauth_expiry_scenario.now == time.time()
    assert (jwtauth_expiry_scenario.name == "fresh") == jwtauth_expiry_scenario.accepted


@pytest.mark.jwtauth(hostile=["alg-none"])
def test_hostile(jwtauth_hostile_assertion: HostileAssertion) -> None:
    assert not jwtauth_hostile_assertion.accepted


def test_mounted(login: Login, jwtauth_token_endpoint: TokenEndpoint) -> None:
    with stubs.RequestsMock(assert_all_requests_are_fired=False) as mock:
        jwtauth_token_endpoint.mount(mock)
        assert login(jwtauth_token_endpoint).ok


@pytest.fixture(scope="module", params=["eu", "us"])
def region(request: pytest.FixtureRequest) -> str:
    value: str = request.param
    return value


def test_region(region: str, login: Login, jwtauth_token_endpoint: TokenEndpoint) -> None:
    login(jwtauth_token_endpoint, wrong=region == "us")


@pytest.fixture
def late(login: Login, jwtauth_token_endpoint: TokenEndpoint) -> Iterator[None]:
    yield
    login(jwtauth_token_endpoint, wrong=True)


@pytest.mark.usefixtures("late")
def test_late() -> None:
    pass
