"""The environment in which the suite runs, one for each process, and the table of what came of it."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest
from beside.environment import Environment, build_wheel
from beside.matrix import EXTRAS

collect_ignore = ["suite", "with_plugin"]

LOWEST = os.environ.get("JWTAUTH_BESIDE") == "lowest"
"""Whether what we depend on is of the lowest version that we declare, or of the newest."""


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Environment:
    """One virtual environment, whose packages change from test to test: what stays there stays compiled."""
    return Environment(tmp_path_factory.mktemp("environment") / "venv", wheel, lowest=LOWEST)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the cells as a table."""
    cells: dict[str, dict[str, str]] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport) and report.when == "call":
                cell = dict(report.user_properties)
                if "plugin" in cell:
                    outcome = str(cell["outcome"]) if report.passed else "FAILED"
                    cells.setdefault(str(cell["plugin"]), {})[str(cell["extras"])] = outcome
    if not cells:
        return
    columns = [", ".join(extras) or "no extra" for extras in EXTRAS]
    python = ".".join(platform.python_version_tuple()[:2])
    terminalreporter.section("what came of the suite")
    terminalreporter.write_line(f"| Python | dependencies | beside | {' | '.join(columns)} |")
    terminalreporter.write_line("| --- " * (3 + len(columns)) + "|")
    for plugin, outcomes in cells.items():
        row = [python, "lowest" if LOWEST else "newest", plugin, *(outcomes.get(one, "") for one in columns)]
        terminalreporter.write_line(f"| {' | '.join(row)} |")
