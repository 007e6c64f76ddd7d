"""What is said to pytest: which tests to run and how, and to stop at the first that fails."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import Phase, settings

ROOT = Path(__file__).resolve().parent.parent

SECONDS_FOR_A_TEST = 3
"""Of processor time, beyond what the test takes otherwise; a mutant that loops is stopped then."""
SECONDS_TO_COLLECT = 120

PLUGINS = ("pytest_jwtauth.plugin", "pytest_asyncio.plugin", "pytest_socket", "pytest_timeout")


def arguments(tests: Sequence[str]) -> list[str]:
    """Nothing but these tests, no plugin that changes their order, nothing remembered."""
    loaded = [option for plugin in PLUGINS for option in ("-p", plugin)]
    return [
        f"--rootdir={ROOT}",
        *loaded,
        "-pno:cacheprovider",
        "-Wignore::pytest.PytestAssertRewriteWarning",
        "-q",
        "--no-header",
        "-x",
        # How long something takes tells nothing about a mutant on a busy machine.
        "-knot a_tenth_of_a_second and not a_second_at_most and not four_times_as_much",
        # Nobody reads why a mutant is noticed: no differences are looked for.
        "--assert=plain",
        "--capture=sys",
        *tests,
    ]


def same_examples_each_time() -> None:
    """Let Hypothesis try the same examples in every run, and look for no smaller one when a test fails."""
    settings.register_profile(
        "mutation", derandomize=True, database=None, deadline=None, phases=[Phase.explicit, Phase.generate]
    )
    settings.load_profile("mutation")


class StopAtFailure:
    """Tells of the first test that fails, and ends the process there."""

    def __init__(self, tell: Callable[[str], None], durations: Mapping[str, float] | None = None) -> None:
        self._tell = tell
        self._durations = durations or {}

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._tell(f"killed {report.nodeid or 'collecting'}")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        limited(SECONDS_FOR_A_TEST + 10 * self._durations.get(item.nodeid, 0))
        return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        """Before pytest words a failure, which nobody will read."""
        failed = call.excinfo is not None and not isinstance(call.excinfo.value, pytest.skip.Exception)
        if failed and item.get_closest_marker("xfail") is None:
            self._tell(f"killed {item.nodeid}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._tell(f"killed {report.nodeid}")


def limited(seconds: float) -> None:
    """Let the kernel end this process when it has used so much processor time."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
