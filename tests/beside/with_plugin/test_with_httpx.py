from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from beside.suite.conftest import Form, Login

    from pytest_jwtauth import TokenEndpoint


def test_right(httpx_mock: Any, form: Form, jwtauth_token_endpoint: TokenEndpoint) -> None:
    jwtauth_token_endpoint.mount(httpx_mock)
    assert httpx.post(jwtauth_token_endpoint.url, data=form(jwtauth_token_endpoint)).json()["id_token"]


def test_wrong(jwtauth_token_endpoint: TokenEndpoint, httpx_mock: Any, form: Form) -> None:
    jwtauth_token_endpoint.mount(httpx_mock)
    httpx.post(jwtauth_token_endpoint.url, data=form(jwtauth_token_endpoint), auth=("someone", "something"))


def test_each_answers_for_its_own(httpx_mock: Any, login: Login, jwtauth_token_endpoint: TokenEndpoint) -> None:
    httpx_mock.add_response(url="https://api.example/", text="theirs")
    assert httpx.get("https://api.example/").text == "theirs"
    assert login(jwtauth_token_endpoint).ok
