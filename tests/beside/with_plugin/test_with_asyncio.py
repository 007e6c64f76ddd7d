from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from beside.suite.conftest import Login

    from pytest_jwtauth import TokenEndpoint
    from pytest_jwtauth.clock import FrozenClock

pytestmark = pytest.mark.asyncio


async def test_right(login: Login, jwtauth_token_endpoint: TokenEndpoint) -> None:
    await asyncio.sleep(0)
    assert login(jwtauth_token_endpoint).ok


async def test_wrong(login: Login, jwtauth_token_endpoint: TokenEndpoint) -> None:
    login(jwtauth_token_endpoint, wrong=True)


async def test_frozen(login: Login, jwtauth_token_endpoint: TokenEndpoint, jwtauth_clock: FrozenClock) -> None:
    await asyncio.sleep(0.001)
    jwtauth_clock.tick(3601)
    await asyncio.sleep(0.001)
    assert login(jwtauth_token_endpoint).ok
