"""The report of a suite: files in a folder, and a section at the terminal. Loaded only where one is wanted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from pytest_jwtauth.suite_report.markdown import markdown
from pytest_jwtauth.suite_report.page import page
from pytest_jwtauth.suite_report.summary import broken_rules, clients, document, in_words, rules_in_words


def folder_of(config: pytest.Config) -> Path:
    """The folder that ``--jwtauth-report`` names, seen from where pytest was started."""
    return Path(config.invocation_params.dir, config.getoption("--jwtauth-report"))


def make_folder(config: pytest.Config) -> None:
    """Make the folder of the report before anything runs.

    Raises:
        pytest.UsageError: if that cannot be.
    """
    try:
        folder_of(config).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise pytest.UsageError(
            f"--jwtauth-report: no folder can be made at {folder_of(config)} ({error.strerror}); name another"
        ) from error


def write(config: pytest.Config, texts: Sequence[str]) -> None:
    """Write the files of the report; *texts* are what `suite_record` made of each test."""
    told = document(texts)
    folder = folder_of(config)
    for name, text in {
        "contract.json": json.dumps(told, indent=1, ensure_ascii=False) + "\n",
        "contract.html": page(told),
        "contract.md": markdown(told),
    }.items():
        (folder / name).write_text(text, "utf-8")


def tell(config: pytest.Config, texts: Sequence[str], terminal: pytest.TerminalReporter) -> None:
    """Sum it up at the terminal."""
    told = document(texts)
    terminal.section("token requests")
    if clients(told):
        terminal.write_line(f"promises: {in_words(told['summary']['promises'])}")
    terminal.write_line(f"rules: {rules_in_words(told)}")
    if broken := broken_rules(told):
        terminal.write_line(f"broken: {', '.join(rule['id'] for rule in broken)}")
    if config.getoption("--jwtauth-report"):
        terminal.write_line(f"each request, and the list of the rules: {folder_of(config) / 'contract.html'}")
    else:
        terminal.write_line("each request, and the list of the rules: --jwtauth-report DIR")
