from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from beside.suite.conftest import Login

    from pytest_jwtauth import ClientAssertion, TokenEndpoint

IN_2030 = datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc)


def test_right(time_machine: Any, login: Login, jwtauth_token_endpoint: TokenEndpoint) -> None:
    time_machine.move_to(IN_2030, tick=False)
    assert jwtauth_token_endpoint.now == time.time() == IN_2030.timestamp()
    assert login(jwtauth_token_endpoint).ok


def test_expired(
    login: Login,
    jwtauth_token_endpoint: TokenEndpoint,
    time_machine: Any,
    jwtauth_client_assertion: Callable[..., ClientAssertion],
) -> None:
    assertion = jwtauth_client_assertion()
    time_machine.move_to(IN_2030, tick=False)
    login(jwtauth_token_endpoint, assertion=assertion)
