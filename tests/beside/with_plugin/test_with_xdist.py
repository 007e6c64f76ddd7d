from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from beside.suite.conftest import Login

    from pytest_jwtauth import TokenEndpoint


def test_right_in_a_worker(worker_id: str, login: Login, jwtauth_token_endpoint: TokenEndpoint) -> None:
    assert worker_id in {"gw0", "gw1"}
    assert login(jwtauth_token_endpoint).ok
