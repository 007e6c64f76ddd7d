"""What an installed and unused plugin costs: nothing that can be noticed, and no module that is slow to load."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SLOW = [
    *("cryptography", "responses", "requests", "urllib3", "freezegun", "time_machine"),
    *("asyncio", "http.server", "http.client", "email.message", "ssl"),
]
"""What the plugin may need one day, and must not load while it is idle."""

SUITE = """
import sys

def test_nothing_of_ours():
    {check}
"""

REPORT = "print('LOADED', *sorted(sys.modules), sep=' ')"


def run(folder: Path, *options: str, plugin: bool = True) -> str:
    """Run one test that takes no fixture, in a fresh process without other plugins; return what it prints."""
    (folder / "test_idle.py").write_text(SUITE.format(check=REPORT), "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", *options]
    if plugin:
        command += ["-p", "pytest_jwtauth.plugin"]
    environment = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [*command, "test_idle.py"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def loaded(output: str) -> set[str]:
    """The names of the modules that were loaded when the test ran."""
    (line,) = re.findall(r"^LOADED (.*)$", output, re.MULTILINE)
    return set(line.split())


@pytest.fixture(scope="module")
def brought(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """What is loaded with the idle plugin and not without it."""
    folder = tmp_path_factory.mktemp("idle")
    return loaded(run(folder)) - loaded(run(folder, plugin=False))


def test_an_idle_plugin_loads_its_own_five_modules_and_nothing_that_pytest_has_not_loaded(brought: set[str]) -> None:
    own = ("plugin", "fixtures", "profile_in_force", "current_item")
    assert brought == {"pytest_jwtauth", *(f"pytest_jwtauth.{name}" for name in own)}


@pytest.mark.parametrize("name", SLOW)
def test_an_idle_plugin_does_not_load(brought: set[str], name: str) -> None:
    assert name not in brought


def test_the_check_notices_a_module_that_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("from pytest_jwtauth import judge", "utf-8")
    assert "pytest_jwtauth.verdict" in loaded(run(tmp_path))
