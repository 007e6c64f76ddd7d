from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from beside.suite.conftest import Login

    from pytest_jwtauth import TokenEndpoint


def test_nothing_is_drawn(login: Login, jwtauth_token_endpoint: TokenEndpoint) -> None:
    """pytest-randomly gives each test its beginning; codes, keys and ids do not draw from it."""
    before = random.getstate()
    assert login(jwtauth_token_endpoint).ok
    assert random.getstate() == before
