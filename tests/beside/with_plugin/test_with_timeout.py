from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from beside.suite.conftest import Login

    from pytest_jwtauth import TokenEndpoint
    from pytest_jwtauth.clock import FrozenClock


@pytest.fixture
def warm(login: Login, jwtauth_token_endpoint: TokenEndpoint) -> None:
    """The first login of a process imports a lot, which takes its time on a busy machine."""
    login(jwtauth_token_endpoint)


@pytest.mark.usefixtures("warm")
@pytest.mark.timeout(1.5, func_only=True)
def test_hangs(login: Login, jwtauth_token_endpoint: TokenEndpoint) -> None:
    login(jwtauth_token_endpoint, wrong=True)
    time.sleep(60)


@pytest.mark.timeout(20)
def test_a_frozen_hour_is_no_time(
    login: Login, jwtauth_token_endpoint: TokenEndpoint, jwtauth_clock: FrozenClock
) -> None:
    jwtauth_clock.tick(3600)
    assert login(jwtauth_token_endpoint).ok
