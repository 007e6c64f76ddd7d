"""The code under test, as fixtures, and items of a kind that only this suite has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest
import requests

if TYPE_CHECKING:
    from pytest_jwtauth import ClientAssertion, TokenEndpoint

CALLBACK = "http://localhost:3000/callback"
PASSWORD = ("someone", "something")

Login: TypeAlias = Callable[..., requests.Response]
Form: TypeAlias = Callable[..., dict[str, str]]


@pytest.fixture
def form(jwtauth_client_assertion: Callable[..., ClientAssertion]) -> Form:
    """What is to be sent to an endpoint: ``form(endpoint, lifetime=60)``."""

    def fill(endpoint: TokenEndpoint, assertion: str | None = None, **of_assertion: object) -> dict[str, str]:
        return {
            "grant_type": "authorization_code",
            "code": endpoint.issue_code(redirect_uri=CALLBACK),
            "redirect_uri": CALLBACK,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion or jwtauth_client_assertion(server=endpoint.server, **of_assertion),
        }

    return fill


@pytest.fixture
def login(form: Form) -> Login:
    """Exchange a code, and swallow whatever comes back. With ``wrong=True`` a password goes with it."""

    def send(endpoint: TokenEndpoint, *, wrong: bool = False, **of_assertion: object) -> requests.Response:
        auth = PASSWORD if wrong else None
        return requests.post(endpoint.url, data=form(endpoint, **of_assertion), auth=auth, timeout=5)

    return send


class Row(pytest.Item):
    def runtest(self) -> None:
        assert self.name.endswith("right")

    def repr_failure(self, excinfo: object, style: object = None) -> str:
        return f"what this suite says of {self.name}"


class Rows(pytest.File):
    def collect(self) -> Iterator[Row]:
        for line in self.path.read_text("utf-8").splitlines():
            yield Row.from_parent(self, name=line)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Rows | None:
    return Rows.from_parent(parent, path=file_path) if file_path.suffix == ".yaml" else None
