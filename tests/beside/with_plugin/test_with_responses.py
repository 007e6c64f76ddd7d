from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from beside.suite.conftest import Login

    from pytest_jwtauth import TokenEndpoint


def test_each_answers_for_its_own(responses: Any, login: Login, jwtauth_token_endpoint: TokenEndpoint) -> None:
    responses.get("https://api.example/", body="theirs")
    assert requests.get("https://api.example/", timeout=5).text == "theirs"
    assert login(jwtauth_token_endpoint).ok


def test_wrong(login: Login, jwtauth_token_endpoint: TokenEndpoint, responses: Any) -> None:
    responses.get("https://api.example/", body="theirs")
    login(jwtauth_token_endpoint, wrong=True)


def test_every_test_is_stubbed() -> None:
    with pytest.raises(requests.ConnectionError, match="Connection refused by Responses"):
        requests.get("https://api.example/", timeout=5)
