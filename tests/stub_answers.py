"""The catalogue of what a token endpoint owes its clients, and what the tests of it share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from endpoints import CALLBACK, exchange, members

from pytest_jwtauth.token_endpoint import TokenEndpoint

CATALOGUE = Path(__file__).with_name("stub_answers.txt").read_text(encoding="utf-8").split()

Test = TypeVar("Test", bound=Callable[..., None])


def answers(stub_id: str) -> Callable[[Test], Test]:
    """Say which demand on the stub the decorated test shows; ``test_stub_answers.py`` looks for those without."""
    assert stub_id in CATALOGUE
    return lambda test: test


def login(endpoint: TokenEndpoint, **how: Any) -> dict[str, Any]:
    """The members of the answer to an exchange of a fresh code."""
    return members(exchange(endpoint, endpoint.issue_code(redirect_uri=CALLBACK, **how)))


def found(endpoint: TokenEndpoint) -> list[str]:
    """Ids of the rules of level error that the last request broke."""
    return [violation.rule for violation in endpoint.verdicts[-1].violations]
