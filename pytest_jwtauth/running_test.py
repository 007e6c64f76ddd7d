"""Which test runs now. The plugin says so here, for the fixtures that have to know.

pytest's ``request`` says it, too. But pytest 9 makes a definition of that fixture, signature and all, each time that it
is asked for, which takes as long as to make the endpoint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

item: pytest.Item | None = None
"""The test; None outside one."""


def current() -> pytest.Item:
    """The test that runs now; fixtures are set up inside one."""
    if item is None:
        raise RuntimeError("no test runs now: pytest_runtest_protocol of pytest_jwtauth.plugin was not called")
    return item
