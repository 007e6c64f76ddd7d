"""Which cases a test runs with: those its marker names, or all. Knows names, no assertion; signs nothing.

Loaded when a test takes a fixture that has cases, or when a marker names some.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from pytest_jwtauth.boundaries import BOUNDARIES
from pytest_jwtauth.errors import ConfigurationError, unknown_name
from pytest_jwtauth.hostile import CASES
from pytest_jwtauth.profile_in_force import MARKER

KEYWORD_OF: Mapping[str, str] = {"jwtauth_expiry_scenario": "scenarios", "jwtauth_hostile_assertion": "hostile"}
"""The fixtures that have cases, each with the keyword of the marker that chooses among them."""
KNOWN: Mapping[str, tuple[str, ...]] = {"scenarios": tuple(BOUNDARIES), "hostile": tuple(CASES)}
"""The names of the cases, in the order in which they run."""


def check(keyword: str, names: object) -> None:
    """Refuse what a marker cannot choose.

    Raises:
        ConfigurationError: for what is no list of names, an empty one, and an unknown name, naming the nearest.
    """
    if not isinstance(names, (list, tuple)) or not names or not all(isinstance(name, str) for name in names):
        raise ConfigurationError(f"{keyword}= takes a list of names, at least one; got {names!r}")
    for name in names:
        if name not in KNOWN[keyword]:
            raise unknown_name(f"name in {keyword}=", name, KNOWN[keyword])


def parametrize(metafunc: pytest.Metafunc, fixture: str) -> None:
    """Run the test once for each case of *fixture*, unless the test is parametrised with it by itself."""
    for mark in metafunc.definition.iter_markers("parametrize"):
        names = mark.args[0] if mark.args else mark.kwargs.get("argnames", ())
        listed = names.split(",") if isinstance(names, str) else names
        if fixture in [name.strip() for name in listed]:
            return
    metafunc.parametrize(fixture, _chosen(metafunc, KEYWORD_OF[fixture]), indirect=True)


def _chosen(metafunc: pytest.Metafunc, keyword: str) -> Sequence[str]:
    for mark in metafunc.definition.iter_markers(MARKER):
        if keyword in mark.kwargs:
            try:
                check(keyword, mark.kwargs[keyword])
            except ConfigurationError:
                return ()  # the hook that looks at markers fails the collection, and says why
            return tuple(dict.fromkeys(mark.kwargs[keyword]))
    return KNOWN[keyword]
