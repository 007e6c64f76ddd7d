"""Tests that have nothing to do with logins."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest


def test_right(capsys: pytest.CaptureFixture[str]) -> None:
    print("captured")
    assert capsys.readouterr().out == "captured\n"


def test_wrong() -> None:
    assert {"a": 1} == {"a": 2}


def test_warned() -> None:
    warnings.warn("beware", stacklevel=1)


def test_skipped() -> None:
    pytest.skip("not here")


@pytest.mark.xfail(reason="known", strict=True)
def test_expected() -> None:
    raise RuntimeError


@pytest.fixture(params=["a", "b"])
def letter(request: pytest.FixtureRequest) -> str:
    value: str = request.param
    return value


def test_letter(letter: str) -> None:
    assert letter == "a"


@pytest.fixture
def broken() -> Iterator[None]:
    yield
    raise RuntimeError("at teardown")


@pytest.mark.usefixtures("broken")
def test_torn_down() -> None:
    pass
