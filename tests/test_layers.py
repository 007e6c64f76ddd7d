"""Imports go one way: a room knows only the rooms before it, also inside functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

import pytest_jwtauth

PACKAGE = Path(pytest_jwtauth.__file__).parent

ORDER = [
    # Facts and formats that know nothing of each other's business.
    "_version",
    "errors",
    "jwa",
    "base64url",
    "numeric_date",
    "parameters",
    "report_words",
    "haystack",
    "written_forms",
    "profile_in_force",
    "current_item",
    "native_requests",
    "setting",
    "form_body",
    "jws",
    "urls",
    "http_message",
    "loopback",
    "child_process",
    "messages",
    "model",
    "server_address",
    # Keys.
    "jwk",
    "der",
    "crypto",
    "registered_client",
    # The judge.
    "logged",
    "history",
    "verification",
    "evidence",
    "traits",
    "rules.registry",
    "rules.*",
    "rules",
    "profiles",
    "rule_book",
    "report",
    "verdict",
    "request_assertions",
    # What makes assertions and answers.
    "planted_faults.draft",
    "planted_faults.fault",
    "planted_faults.*",
    "planted_faults",
    "client_assertion",
    "deserved",
    "boundaries",
    "expiry",
    "hostile.case",
    "hostile.*",
    "hostile",
    "faults",
    "script",
    "wsgi",
    "issued",
    "id_token",
    "demands",
    "error_shapes",
    "received",
    "masking",
    "client_run",
    "token_response",
    "token_issuer",
    "approvals",
    "pushed_requests",
    "server_metadata",
    "served_endpoints",
    "addressable",
    "token_endpoint",
    "login",
    "live_endpoint",
    "moment",
    "clock",
    "client_under_test",
    "named_client",
    # What meets other people's code.
    "adapters",
    "adapters.overlays",
    "adapters.of_requests",
    "adapters.of_httpx",
    "adapters.*",
    # What pytest sees.
    "case_choice",
    "steering",
    "exercised",
    "shown_variables",
    "suite_record",
    "suite_report.summary",
    "suite_report.page_style",
    "suite_report.timeline",
    "suite_report.*",
    "suite_report",
    "watch",
    "neighbours",
    "fixtures",
    "plugin",
    # The contract, which is a suite of its own.
    "promises.promise",
    "promises.bench",
    "promises.what_is_sent",
    "promises.*",
    "promises",
    "contract",
]
"""Every room, each after all that it may import. Rooms behind one pattern do not import each other."""

ONLY_IN = {
    "cryptography": ["crypto"],
    "responses": ["adapters.for_responses"],
    "requests_mock": ["adapters.for_requests_mock"],
    "respx": ["adapters.for_respx"],
    "pytest_httpx": [],
    "httpx": [],
    "httpx2": [],
    "requests": ["adapters.for_responses", "adapters.of_requests"],
    "urllib3": ["adapters.of_requests"],
    "freezegun": ["clock"],
    "time_machine": ["clock"],
    "pytest": [
        *("case_choice", "current_item", "steering", "suite_record", "suite_report", "watch", "neighbours"),
        *("fixtures", "plugin"),
        *("promises.bench", "contract"),
    ],
    "_pytest": [],
    "asyncio": ["clock", "client_under_test"],
    "http.server": [],
    "pytest_httpserver": ["adapters.for_httpserver"],
    "werkzeug": ["adapters.for_httpserver"],
    "trustme": ["adapters.for_httpserver"],
    "ssl": ["adapters.for_httpserver"],
}
"""Who may import what others made, and what is slow to load."""


class Import(NamedTuple):
    """One imported module, where, and whether it happens when the importing module is loaded, for types, or later."""

    name: str
    line: int
    when: str


def rooms() -> dict[str, Path]:
    """Every module of the package but the package itself, which only resolves the public names."""
    named = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        if name:
            named[name] = path
    return named


def rank(room: str) -> int | None:
    """The place of *room* in the order; None if it has none."""
    if room in ORDER:
        return ORDER.index(room)
    return next((place for place, pattern in enumerate(ORDER) if fnmatch(room, pattern)), None)


@cache
def imports_of(source: str) -> tuple[Import, ...]:
    """Every import statement of *source*."""
    return tuple(imports(ast.parse(source)))


def imports(tree: ast.AST, when: str = "at load") -> Iterator[Import]:
    """Every import statement below *tree*."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno, when) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = f"{'.' * node.level}{node.module or ''}"
            yield from (Import(f"{module}.{alias.name}", node.lineno, when) for alias in node.names)
        elif isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            yield from imports(node, "for types")
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from imports(node, "later")
        else:
            yield from imports(node, when)


def room_of(name: str, known: dict[str, Path]) -> str | None:
    """The room that the dotted *name*, which may end in a name inside the room, stands for."""
    package, _, rest = name.partition(".")
    if package != "pytest_jwtauth":
        return None
    while rest and rest not in known:
        rest = rest.rpartition(".")[0]
    return rest or None


def wrong_ways(room: str, source: str, known: dict[str, Path]) -> list[str]:
    """The imports in *source* that go against the order."""
    here = rank(room)
    wrong = []
    for found in imports_of(source):
        if found.name.startswith("."):
            wrong.append(f"{room}:{found.line} imports {found.name}: say the whole name")
        target = room_of(found.name, known)
        if target is None or found.when == "for types":
            continue
        there = rank(target)
        if here is None or there is None or there >= here:
            wrong.append(f"{room}:{found.line} imports {target}")
    return wrong


def trespasses(room: str, source: str) -> list[str]:
    """The imports in *source* that another room owns, or that would be paid for at start-up."""
    wrong = []
    for found in imports_of(source):
        for name, owners in ONLY_IN.items():
            if found.when == "for types" or not f"{found.name}.".startswith(f"{name}."):
                continue
            if room not in owners:
                wrong.append(f"{room}:{found.line} imports {name}, which is for {owners or 'nobody'}")
            elif found.when == "at load" and name != "pytest":
                wrong.append(f"{room}:{found.line} imports {name} when it is loaded")
    return wrong


def test_every_room_has_its_place_in_the_order() -> None:
    assert [room for room in rooms() if rank(room) is None] == []


def test_the_order_names_no_room_that_is_gone() -> None:
    known = rooms()
    assert [entry for entry in ORDER if not any(fnmatch(room, entry) for room in known)] == []


@pytest.mark.parametrize("room", rooms())
def test_a_room_imports_only_rooms_before_it(room: str) -> None:
    assert wrong_ways(room, rooms()[room].read_text("utf-8"), rooms()) == []


@pytest.mark.parametrize("room", rooms())
def test_what_is_slow_or_foreign_is_imported_by_its_owner_alone_and_late(room: str) -> None:
    assert trespasses(room, rooms()[room].read_text("utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "from pytest_jwtauth import plugin",
        "import pytest_jwtauth.plugin",
        "from pytest_jwtauth.plugin import MARKER",
        "def f():\n    from pytest_jwtauth.plugin import MARKER",
        "class A:\n    async def f(self):\n        from pytest_jwtauth import plugin",
        "try:\n    from pytest_jwtauth.rules.claims import room\nexcept ImportError:\n    pass",
        "from . import errors",
    ],
)
def test_an_import_of_a_later_room_is_found(source: str) -> None:
    assert wrong_ways("jwk", source, rooms()) != []


def test_rooms_behind_one_pattern_do_not_import_each_other() -> None:
    assert wrong_ways("rules.form", "from pytest_jwtauth.rules import claims", rooms()) == [
        "rules.form:1 imports rules.claims"
    ]


@pytest.mark.parametrize(
    "source",
    [
        "from pytest_jwtauth.errors import ConfigurationError",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from pytest_jwtauth.plugin import MARKER",
        "import json",
    ],
)
def test_an_import_of_an_earlier_room_or_for_types_is_fine(source: str) -> None:
    assert wrong_ways("jwk", source, rooms()) == []


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("model", "import requests"),
        ("model", "def f():\n    from http.server import HTTPServer"),
        ("plugin", "from _pytest.nodes import Item"),
        ("crypto", "from cryptography.hazmat.primitives import hashes"),
        ("clock", "import freezegun"),
    ],
)
def test_an_import_that_another_room_owns_or_that_comes_too_early_is_found(room: str, source: str) -> None:
    assert trespasses(room, source) != []


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("crypto", "def f():\n    from cryptography.hazmat.primitives import hashes"),
        ("plugin", "import pytest"),
        ("model", "import requests_oauthlib, http.client"),
    ],
)
def test_an_import_by_the_owner_in_time_is_fine(room: str, source: str) -> None:
    assert trespasses(room, source) == []
