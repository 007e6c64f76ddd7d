"""What the plugin costs a pytest that does not use it: a start without it, with an empty plugin, and with ours.

    python benchmarks/startup.py [--starts 40]

First the CPU time of a whole pytest that runs one test which takes no fixture of ours. Such starts differ by
milliseconds among themselves, which is more than there is to see; so the second table shows the time of the import
alone, in fresh interpreters in which pytest is there already. What is loaded besides is named beneath.

Each way has its turn in each round; the tables show medians of the rounds.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tables import Measured, compare, versions

SUITE = "def test_nothing_of_ours():\n    assert True\n"
WITHOUT, EMPTY, OURS = "without a plugin", "an empty plugin", "pytest_jwtauth, idle"
PLUGINS = {WITHOUT: (), EMPTY: ("empty_plugin",), OURS: ("pytest_jwtauth.plugin",)}
"""The ways, each with what it loads."""

TIMED_IMPORT = """
import sys, time
import pytest
before = set(sys.modules)
start = time.perf_counter()
import {module}
print(time.perf_counter() - start, *sorted(set(sys.modules) - before))
"""


def environment(folder: str) -> dict[str, str]:
    # Compiled once, as everywhere, and not into the place of the sources.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {
        **inherited,
        "PYTHONPYCACHEPREFIX": str(Path(folder, "compiled")),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONPATH": os.pathsep.join([folder, *filter(None, sys.path)]),
    }


def seconds_of_a_run(folder: str, plugins: tuple[str, ...]) -> float:
    """The CPU time of a pytest that runs one test."""
    options = [f"-p{name}" for name in plugins]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-mpytest", "-q", "-pno:cacheprovider", *options],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def timed_import(folder: str, module: str) -> tuple[float, list[str]]:
    """How many seconds the import of *module* takes after that of pytest, and what it loads."""
    command = [sys.executable, "-c", TIMED_IMPORT.format(module=module)]
    done = subprocess.run(command, cwd=folder, env=environment(folder), capture_output=True, text=True, check=True)
    seconds, *loaded = done.stdout.split()
    return float(seconds), loaded


def difference(measured: Measured, way: str, base: str) -> float:
    return statistics.median([one - other for one, other in zip(measured[way], measured[base], strict=True)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=40, help="fresh interpreters for each way")
    options = parser.parse_args()
    runs: dict[str, list[float]] = {way: [] for way in PLUGINS}
    imports: dict[str, list[float]] = {EMPTY: [], OURS: []}
    loaded: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_idle.py").write_text(SUITE, "utf-8")
        Path(folder, "empty_plugin.py").write_text("", "utf-8")
        for _ in range(options.starts + 1):
            for way, plugins in PLUGINS.items():
                runs[way].append(seconds_of_a_run(folder, plugins))
            for way, figures in imports.items():
                seconds, loaded = timed_import(folder, PLUGINS[way][0])
                figures.append(seconds)
    # The first round writes what Python caches of the sources.
    runs = {way: figures[1:] for way, figures in runs.items()}
    imports = {way: figures[1:] for way, figures in imports.items()}
    print(f"{options.starts} starts each; {versions('pytest')}")
    compare("a pytest that runs one test", runs, unit="ms of CPU", scale=1e3, base=EMPTY)
    print(f"\nAbove the empty plugin: {difference(runs, OURS, EMPTY) * 1e3:.1f} ms.")
    compare("the import alone", imports, unit="ms", scale=1e3)
    print(f"\nAbove the empty plugin: {difference(imports, OURS, EMPTY) * 1e3:.2f} ms. Loaded: {', '.join(loaded)}.")


if __name__ == "__main__":
    main()
