from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from beside.suite.conftest import Login

    from pytest_jwtauth import ClientAssertion, TokenEndpoint


def test_right(freezer: Any, login: Login, jwtauth_token_endpoint: TokenEndpoint) -> None:
    freezer.move_to("2030-01-01")
    assert jwtauth_token_endpoint.now == time.time() == 1_893_456_000
    assert login(jwtauth_token_endpoint).ok


def test_expired(
    login: Login,
    jwtauth_token_endpoint: TokenEndpoint,
    freezer: Any,
    jwtauth_client_assertion: Callable[..., ClientAssertion],
) -> None:
    assertion = jwtauth_client_assertion()
    freezer.move_to("2030-01-01")
    login(jwtauth_token_endpoint, assertion=assertion)
