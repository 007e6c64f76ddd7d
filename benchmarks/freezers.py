"""What freezing costs one test, by each freezer, in processes with few and with many modules.

    python benchmarks/freezers.py [--modules 200 1000 3000] [--repeat 200]

The ways take turns; the table shows medians in milliseconds. The modules are made up, of 28 names each, the mean of a
large application: freezegun looks into every one.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import types
from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib.metadata import version

import freezegun
import time_machine  # noqa: F401  imported before anything is measured

from pytest_jwtauth.clock import FrozenClock, SharedFreeze

perf_counter = [time.perf_counter]  # in a list, where freezegun does not find it

Around = Callable[[], AbstractContextManager[object]]
ALONE: dict[str, Around] = {
    "`freezegun.freeze_time`": lambda: freezegun.freeze_time("2025-10-09"),
    "clock on freezegun, alone": FrozenClock,
    "clock on time-machine": lambda: FrozenClock(freezer="time-machine"),
}
SHARED = "clock on freezegun, after a neighbour"


def milliseconds(around: Around) -> float:
    began = perf_counter[0]()
    with around():
        pass
    return (perf_counter[0]() - began) * 1000


def load_modules(until: int) -> None:
    """Fill ``sys.modules`` with made-up modules until there are that many."""
    for number in range(until - len(sys.modules)):
        module = types.ModuleType(f"made_up_{until}_{number}")
        vars(module).update({f"name_{name}": name for name in range(28)})
        sys.modules[module.__name__] = module


def medians(repeat: int) -> dict[str, float]:
    measured: dict[str, list[float]] = {name: [] for name in (*ALONE, SHARED)}
    shared = SharedFreeze()
    for number in range(repeat + 1):
        taken = {name: milliseconds(around) for name, around in ALONE.items()}
        shared.start()
        taken[SHARED] = milliseconds(FrozenClock)
        shared.stop()
        if number:  # the first one fills freezegun's cache of the names of modules
            for name, figure in taken.items():
                measured[name].append(figure)
    return {name: statistics.median(figures) for name, figures in measured.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--modules", type=int, nargs="+", default=[200, 1000, 3000], help="loaded modules")
    parser.add_argument("--repeat", type=int, default=200, help="measurements of each way (default 200)")
    options = parser.parse_args()
    table: dict[str, list[str]] = {}
    counts = []
    for count in sorted(options.modules):
        load_modules(count)
        counts.append(len(sys.modules))
        for name, figure in medians(options.repeat).items():
            table.setdefault(name, []).append(f"{figure:.3f}")
    print(f"freezegun {version('freezegun')}, time-machine {version('time-machine')}, {options.repeat} measurements\n")
    print(f"| milliseconds per test | {' | '.join(f'{count} modules' for count in counts)} |")
    print(f"| --- |{' ---: |' * len(counts)}")
    for name, figures in table.items():
        print(f"| {name} | {' | '.join(figures)} |")


if __name__ == "__main__":
    main()
