"""Makes each client ready to run, or says why it cannot, and prints the table of what came of it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from clients import CLIENTS, HERE, SeedClient, ask_version, reason_not_to_run

BUILD_SECONDS = 180


def pytest_addoption(parser: pytest.Parser) -> None:
    names = [client.name for client in CLIENTS]
    parser.addoption("--only", action="append", choices=names, help="run this client; may be given several times")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    chosen = config.getoption("only")
    if chosen:
        config.hook.pytest_deselected(items=[item for item in items if _client_of(item) not in chosen])
        items[:] = [item for item in items if _client_of(item) in chosen]


def _client_of(item: Any) -> str:
    """The name of the client that a test is about; the one that is about a single client is about raw HTTP."""
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return parameters["client"].name if parameters else "HTTP"


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of this one, where programs are built and run, and with Node's modules in it."""
    folder = tmp_path_factory.mktemp("seed_clients")
    for path in HERE.iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    modules = Path(os.environ.get("JWTAUTH_NODE_MODULES") or HERE / "node_modules")
    if modules.is_dir():
        folder.joinpath("node_modules").symlink_to(modules, target_is_directory=True)
    return folder


@pytest.fixture(scope="session")
def make_ready(workshop: Path) -> Callable[[SeedClient], str]:
    """Look for a client's library and build the client, once; the library's version, or skip with the reason."""

    @cache
    def reason(client: SeedClient) -> str | None:
        return reason_not_to_run(client, workshop)

    @cache
    def version(client: SeedClient) -> str:
        if client.build:
            environment = {**os.environ, "GOCACHE": str(workshop / "go-cache"), "GO111MODULE": "off"}
            subprocess.run(client.build, cwd=workshop, env=environment, timeout=BUILD_SECONDS, check=True)
        line = ask_version(client, workshop).stdout.strip().splitlines()[0]
        return Path(line).name if line.startswith("/") else line.partition(" (")[0]

    def ready(client: SeedClient) -> str:
        why = reason(client)
        if why is not None:
            pytest.skip(f"not run: {why}")
        return version(client)

    return ready


@pytest.fixture(params=CLIENTS, ids=[client.name for client in CLIENTS])
def client(
    request: pytest.FixtureRequest,
    make_ready: Callable[[SeedClient], str],
    record_property: Callable[[str, object], None],
) -> SeedClient:
    """Each client of this folder, ready to run."""
    record_property("client", request.param.name)
    record_property("version", make_ready(request.param))
    return request.param


CASES = {
    "test_a_client_that_is_filled_in_breaks_no_rule": "HTTP",
    "test_a_client_that_is_filled_in_breaks_no_rule_over_https": "HTTPS",
    "test_a_code_that_a_form_has_to_encode_arrives": "awkward code",
    "test_placeholders_that_were_left_in_are_found": "placeholders left in",
    "test_the_lines_that_are_printed_are_no_whole_request": "as printed",
}
"""The test of each case, and what the table calls it."""


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what came of each client, or why it was not run."""
    rows: dict[str, dict[str, str]] = {}
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.stats.get(outcome, ()):
            told = dict(getattr(report, "user_properties", ()))
            if "client" in told:
                row = rows.setdefault(told["client"], {"version": told.get("version", "")})
                row[CASES[report.nodeid.rpartition("::")[2].partition("[")[0]]] = _came_of(report, told)
    if rows:
        terminalreporter.section("the clients of the document")
    for client in CLIENTS:
        if client.name in rows:
            for line in _lines(client, rows[client.name]):
                terminalreporter.line(line)


def _came_of(report: Any, told: dict[str, str]) -> str:
    if report.skipped:
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    if report.failed:
        return "FAILED"
    return f"ran, judged, {told['found']}" if "found" in told else "ran"


def _lines(client: SeedClient, row: dict[str, str]) -> Iterator[str]:
    version = row.pop("version")
    if not version:
        yield f"{client.name:<8}{client.library}: {next(iter(row.values()))}"
        return
    yield f"{client.name:<8}{client.library}: {version}"
    for case in CASES.values():
        if case in row:
            yield f"{'':<8}  {case}: {row[case]}"
