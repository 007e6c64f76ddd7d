"""Which tests that use the clock share one start and stop of freezegun. Knows no freezer's inside and no endpoint.

Between two clocks freezegun's classes stay in place and show the real time. Nothing of the user's may run there, or it
would depend on the order of tests whether ``datetime.now()`` is local. So the patches stay only from a test to the next
one of the same class or module that uses the clock, and go as soon as a fixture of somebody else's is set up outside a
clock. What a test does before its clock, or without one, happens as if there were no other test.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from pytest_jwtauth.clock import FrozenClock, SharedFreeze
from pytest_jwtauth.errors import ConfigurationError

CLOCK = "jwtauth_clock"
NAME = "jwtauth_neighbours"
"""By which pytest's plugin manager knows the `Neighbours` of a session."""


class Neighbours:
    """The hooks that tell when the patches may stay. Registered by the first test that uses the clock."""

    def __init__(self) -> None:
        self._shared = SharedFreeze()
        self._clocks = 0
        # Of the first test it is not known what was set up before its clock.
        self._exposed = True
        self._stay = False

    @classmethod
    def of(cls, config: pytest.Config) -> Neighbours:
        """Those of this session."""
        known = config.pluginmanager.get_plugin(NAME)
        if isinstance(known, Neighbours):
            return known
        made = cls()
        config.pluginmanager.register(made, NAME)
        return made

    @contextmanager
    def clock(self) -> Iterator[FrozenClock]:
        """A clock of freezegun for one test."""
        self._shared.start()
        try:
            with FrozenClock() as clock:
                self._clocks += 1
                try:
                    yield clock
                finally:
                    self._clocks -= 1
        finally:
            if not self._stay:
                self._end()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Begin a test, with the patches only if it will use the clock: a plugin may run another than announced."""
        self._exposed = self._stay = False
        if CLOCK not in _fixtures_of(item):
            self._end()

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> None:
        """Take the patches away from a fixture of somebody else's that is set up outside a clock."""
        if not self._clocks and not _is_harmless(fixturedef):
            self._exposed = True  # and torn down outside it
            self._end()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item, nextitem: pytest.Item | None) -> None:
        """Decide, before anything is torn down, whether the patches stay for the next test."""
        self._stay = not self._exposed and nextitem is not None and _are_neighbours(item, nextitem)
        if not self._stay:
            self._end()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Take the patches away before what is left of a session that was interrupted is torn down."""
        self._stay = False
        self._end()

    def _end(self) -> None:
        if self._clocks:
            return  # when the clock ends, this is called again
        # A test that ended more freezes than it began was told so by its clock; here nothing may raise, for what raises
        # in a hook keeps pytest from tearing the test down.
        with suppress(ConfigurationError):
            self._shared.stop()

    def __repr__(self) -> str:
        return f"<Neighbours, {'with' if self._shared.is_active else 'without'} patches in place>"


def _fixtures_of(item: pytest.Item) -> list[str]:
    return getattr(item, "fixturenames", [])


def _is_harmless(fixturedef: pytest.FixtureDef[object]) -> bool:
    """Whether it is ours or pytest's, and so does not ask for the local time."""
    module = getattr(fixturedef.func, "__module__", None) or ""
    # Names with an underscore are given to the set-up functions and methods of a test module, which are the user's.
    return module.startswith("pytest_jwtauth.") or (module.startswith("_pytest.") and fixturedef.argname[:1] != "_")


def _are_neighbours(item: pytest.Item, nextitem: pytest.Item) -> bool:
    """Whether nothing of a wider scope than a test can be torn down between the two."""
    session = item.session
    if session.shouldstop or session.shouldfail or nextitem.parent is not item.parent:
        return False
    # A parametrized fixture of a module is torn down before that of the next parameter is set up.
    scopes = getattr(getattr(nextitem, "callspec", None), "_arg2scope", {})
    return CLOCK in _fixtures_of(nextitem) and all(scope.value == "function" for scope in scopes.values())
