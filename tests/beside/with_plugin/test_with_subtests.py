from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from beside.suite.conftest import Login

    from pytest_jwtauth import TokenEndpoint


def test_right(subtests: Any, login: Login, jwtauth_token_endpoint: TokenEndpoint) -> None:
    for number in range(2):
        with subtests.test(number=number):
            assert login(jwtauth_token_endpoint).ok


def test_wrong(subtests: Any, login: Login, jwtauth_token_endpoint: TokenEndpoint) -> None:
    with subtests.test("first"):
        login(jwtauth_token_endpoint, wrong=True)
    with subtests.test("second"):
        assert login(jwtauth_token_endpoint).ok
