from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from beside.suite.conftest import Login

    from pytest_jwtauth import TokenEndpoint

runs: list[int] = []


def test_wrong_at_first(login: Login, jwtauth_token_endpoint: TokenEndpoint) -> None:
    runs.append(1)
    login(jwtauth_token_endpoint, wrong=len(runs) == 1)
