"""Which test runs now, and under which key it keeps the watch over its endpoints. The plugin says so, for fixtures.

pytest's ``request`` tells the test, too. But pytest 9 makes a definition of that fixture, signature and all, each time
that it is asked for, which takes as long as to make the endpoint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_jwtauth.watch import Watch

WATCH: pytest.StashKey[Watch] = pytest.StashKey()
"""Where a test keeps the watch over its endpoints, if it has any."""

running: pytest.Item | None = None
"""The test; None outside one."""


def get() -> pytest.Item:
    """The test that runs now; fixtures are set up inside one."""
    if running is None:
        raise RuntimeError("no test runs now: pytest_runtest_protocol of pytest_jwtauth.plugin was not called")
    return running
