"""The profile of the test that runs now, for a helper that is called without one. No pytest, no profile: it passes on.

The plugin says here how to find out; nothing is looked up until somebody asks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_jwtauth.model import Profile

DEFAULT = "pingone"

MARKER = "jwtauth"
"""The name of the mark that changes the profile for one test."""

find: Callable[[], str | Profile] | None = None
"""Gives the profile of the test that runs now; None outside a test."""


def current() -> str | Profile:
    """The profile of the test that runs now, or the default outside one."""
    return DEFAULT if find is None else find()
