"""The plugins beside which the suite runs, and what it comes to there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from beside.outcomes import EXPIRED, LIVE, LOGINS, PLAIN, WITHOUT_LIVE, WRONG, Expected

EXTRAS: tuple[tuple[str, ...], ...] = ((), ("live",), ("time-machine",), ("live", "time-machine"))

BROUGHT_BY = {"live": "pytest-httpserver", "time-machine": "time-machine", "pytest-httpx": "anyio", "respx": "anyio"}
"""The plugin that comes with an extra, or with another plugin: httpx, which two of them stub, needs anyio."""


@dataclass(frozen=True)
class Neighbour:
    """A plugin beside ours.

    Attributes:
        distribution: What is installed.
        options: What the suite is run with.
        warnings: How many warnings those tests lead to.
        expected: What comes of the tests in ``with_plugin`` that are for this plugin.
    """

    distribution: str
    expected: Expected
    options: tuple[str, ...] = ()
    warnings: int = 0

    @property
    def module(self) -> str:
        """The file with the tests for this plugin."""
        name = self.distribution.removeprefix("pytest-").replace("-", "_")
        return f"test_with_{name}.py"


def _neighbour(distribution: str, *options: str, warnings: int = 0, **expected: str) -> Neighbour:
    module = Neighbour(distribution, {}).module
    named = {f"{module}::test_{name}": told for name, told in expected.items()}
    return Neighbour(distribution, named, options, warnings)


_ALL = (
    _neighbour("pytest-xdist", "-n2", right_in_a_worker="PASSED"),
    _neighbour("pytest-randomly", nothing_is_drawn="PASSED"),
    _neighbour(
        "pytest-responses",
        each_answers_for_its_own="PASSED",
        wrong=f"FAILED {WRONG}",
        every_test_is_stubbed="PASSED",
    ),
    _neighbour(
        "pytest-httpx",
        right="PASSED",
        wrong=f"FAILED {WRONG}",
        each_answers_for_its_own="PASSED",
    ),
    _neighbour("respx", right="PASSED", wrong=f"FAILED {WRONG}", each_answers_for_its_own="PASSED"),
    _neighbour("pytest-asyncio", right="PASSED", wrong=f"FAILED {WRONG}", frozen="PASSED"),
    _neighbour("anyio", right="PASSED", wrong=f"FAILED {WRONG}", frozen="PASSED"),
    _neighbour("pytest-freezer", warnings=1, right="PASSED", expired=f"FAILED {EXPIRED}"),
    _neighbour("time-machine", warnings=1, right="PASSED", expired=f"FAILED {EXPIRED}"),
    _neighbour(
        "pytest-socket",
        "--disable-socket",
        "--allow-hosts=127.0.0.1,localhost,::1",
        warnings=2,
        right="PASSED",
        wrong=f"FAILED {WRONG}",
        only_loopback_is_open="PASSED",
    ),
    _neighbour(
        "pytest-timeout",
        "--timeout=60",
        hangs="FAILED Failed: Timeout",
        a_frozen_hour_is_no_time="PASSED",
    ),
    # pytest-timeout watches the first run alone.
    _neighbour("pytest-rerunfailures", "--reruns=1", "--rerun-except=Timeout", wrong_at_first="PASSED"),
    _neighbour("pytest-subtests", right="PASSED", wrong=f"FAILED {WRONG}"),
)

NEIGHBOURS: Mapping[str, Neighbour] = {one.distribution: one for one in _ALL}


def expected(neighbours: tuple[Neighbour, ...], extras: tuple[str, ...]) -> dict[str, str]:
    """What comes of the whole suite beside these *neighbours*, with these *extras*."""
    result = {**PLAIN, **LOGINS, **(LIVE if "live" in extras else WITHOUT_LIVE)}
    for one in neighbours:
        result |= one.expected
    return result


def plugins(neighbours: tuple[Neighbour, ...], extras: tuple[str, ...]) -> set[str]:
    """The distributions with a plugin that are installed then, and no other."""
    named = {*(one.distribution for one in neighbours), *extras}
    return {"pytest-jwtauth", *(named & NEIGHBOURS.keys()), *(BROUGHT_BY[one] for one in named & BROUGHT_BY.keys())}
