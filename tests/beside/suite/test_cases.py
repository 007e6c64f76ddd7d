"""Tests in the style of unittest: two that log in, and three that have nothing to do with it."""

from __future__ import annotations

import unittest
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from beside.suite.conftest import Login

    from pytest_jwtauth import TokenEndpoint


class LoginTest(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def take(self, login: Login, jwtauth_token_endpoint: TokenEndpoint) -> None:
        self.login, self.endpoint = login, jwtauth_token_endpoint

    def test_right(self) -> None:
        assert self.login(self.endpoint).ok

    def test_wrong(self) -> None:
        self.login(self.endpoint, wrong=True)


class PlainTest(unittest.TestCase):
    def test_right(self) -> None:
        self.assertEqual(2, 1 + 1)  # noqa: PT009

    def test_wrong(self) -> None:
        self.assertEqual(3, 1 + 1)  # noqa: PT009

    def test_skipped(self) -> None:
        self.skipTest("not today")
