"""What a frozen clock costs a test: 1,000 exchanges with a stub, frozen in several ways, against the same unfrozen.

    python benchmarks/frozen_tests.py [--tests 1000] [--rounds 5] [--modules 0]

Each test is one ``requests.post`` to a ``responses`` stub. The ways take turns, so that a busy machine slows all of
them alike; the table shows medians, and ratios within this run. ``--modules`` loads that many made-up modules first:
freezegun looks into every loaded module, and a large application has thousands.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import sys
import time
import types
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.metadata import PackageNotFoundError, version

import freezegun
import requests
import responses

from pytest_jwtauth.clock import FrozenClock, SharedFreeze

URL = "https://auth.example/as/token"
Around = Callable[[], AbstractContextManager[object]]

perf_counter = [time.perf_counter]  # in a list, where freezegun does not find it


@contextmanager
def shared_freeze() -> Iterator[None]:
    shared = SharedFreeze()
    shared.start()
    try:
        yield
    finally:
        shared.stop()


WAYS: dict[str, tuple[Around, Around]] = {
    "not frozen": (nullcontext, nullcontext),
    "clock, patches shared by neighbours": (shared_freeze, FrozenClock),
    "clock on time-machine": (nullcontext, lambda: FrozenClock(freezer="time-machine")),
    "clock, each test alone": (nullcontext, FrozenClock),
    "freezegun.freeze_time in each test": (nullcontext, lambda: freezegun.freeze_time("2025-10-09")),
}
"""What stands around all tests of a round, and around each."""


def exchange() -> None:
    with responses.RequestsMock() as stub:
        stub.post(URL, json={"access_token": "token", "token_type": "Bearer"})
        requests.post(URL, data={"grant_type": "client_credentials"}, timeout=5).raise_for_status()


def seconds_per_test(around_all: Around, around_each: Around, tests: int) -> float:
    began = perf_counter[0]()
    with around_all():
        for _ in range(tests):
            with around_each():
                exchange()
    return (perf_counter[0]() - began) / tests


def load_modules(count: int) -> None:
    """Fill ``sys.modules`` with *count* modules of 28 names each, the mean of a large application."""
    for number in range(count):
        module = types.ModuleType(f"made_up_{number}")
        vars(module).update({f"name_{name}": name for name in range(28)})
        sys.modules[module.__name__] = module


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--tests", type=int, default=1000, help="tests in a round (default 1000)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each way (default 5)")
    parser.add_argument("--modules", type=int, default=0, help="made-up modules to load first (default 0)")
    options = parser.parse_args()
    load_modules(options.modules)
    ways = dict(WAYS)
    try:
        version("time-machine")
    except PackageNotFoundError:
        del ways["clock on time-machine"]
    measured: dict[str, list[float]] = {name: [] for name in ways}
    for around_all, around_each in ways.values():
        seconds_per_test(around_all, around_each, 10)  # imports, and freezegun's cache of module attributes
    for _ in range(options.rounds):
        for name, (around_all, around_each) in ways.items():
            measured[name].append(seconds_per_test(around_all, around_each, options.tests))

    unfrozen = statistics.median(measured["not frozen"])
    print(
        f"{options.tests} tests, {options.rounds} rounds, {len(sys.modules)} modules loaded, "
        f"Python {platform.python_version()}, freezegun {version('freezegun')}\n"
    )
    print("| way | ms per test | added, ms | ratio |")
    print("| --- | ---: | ---: | ---: |")
    for name, samples in measured.items():
        median = statistics.median(samples)
        added = (median - unfrozen) * 1000
        print(f"| {name} | {median * 1000:.2f} | {added:.2f} | {median / unfrozen:.2f} |")


if __name__ == "__main__":
    main()
