"""openid-client and oauth4webapi as they come, as commands held to the contract.

Run by ``tox -e clients``. What the contract finds stands in their source; docs/contract.md shows it.
"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from broken_clients.driver import hold, promises
from clients.test_node_clients import MODULES, NOT_RUN, PROGRAMS
from clients.under_contract import NODE_FINDINGS, NodeFindings

from pytest_jwtauth import RegisteredClient
from pytest_jwtauth.adapters.for_httpserver import LiveServer
from pytest_jwtauth.client_under_test import Attempt
from pytest_jwtauth.contract import TokenRequestContract
from pytest_jwtauth.named_client import NamedCommand

pytestmark = pytest.mark.node

CLIENT = RegisteredClient.generate()


class Program(TokenRequestContract):
    """The contract of a program that exchanges a code."""

    has_own_process = True

    def __init__(self, path: Path, patience: float) -> None:
        self.patience = patience
        self.command = NamedCommand(shlex.join(["node", str(path), "code"]))

    def offers(self, what: str) -> bool:
        return what == "exchange"

    def call(self, _what: str, endpoint: Any, *_: str, patience: float | None, url: str | None = None) -> Attempt:
        return self.command.exchange(endpoint, url=url, patience=patience)


@pytest.fixture(scope="module")
def live() -> Iterator[LiveServer]:
    server = LiveServer()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("node") is None or not MODULES.is_dir():
        pytest.skip(NOT_RUN)
    folder = tmp_path_factory.mktemp("node")
    for program in PROGRAMS.glob("*.mjs"):
        shutil.copy(program, folder)
    folder.joinpath("node_modules").symlink_to(MODULES, target_is_directory=True)
    return folder


@pytest.mark.parametrize("promise", promises())
@pytest.mark.parametrize("found", NODE_FINDINGS, ids=lambda found: found.library)
def test_a_library_keeps_every_promise_but_those_named(
    found: NodeFindings, promise: str, live: LiveServer, programs: Path
) -> None:
    outcome = hold(Program(programs / found.program, found.patience), promise, CLIENT, live=live)
    assert (outcome.state == "broken") == (promise in found.broken), outcome.text
    assert outcome.state != "not judged", outcome.text
