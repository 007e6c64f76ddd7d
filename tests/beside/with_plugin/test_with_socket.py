from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from beside.suite.conftest import Login

    from pytest_jwtauth import TokenEndpoint


@pytest.mark.disable_socket
def test_right(login: Login, jwtauth_token_endpoint: TokenEndpoint) -> None:
    with pytest.raises(RuntimeError, match="socket"):
        socket.socket()
    assert login(jwtauth_token_endpoint).ok


@pytest.mark.disable_socket
def test_wrong(login: Login, jwtauth_token_endpoint: TokenEndpoint) -> None:
    login(jwtauth_token_endpoint, wrong=True)


def test_only_loopback_is_open() -> None:
    with pytest.raises(RuntimeError, match="socket"), socket.socket() as one:
        one.connect(("192.0.2.1", 443))
