"""Make the reference pages from the code, and the examples of each rule from the tables of its tests.

    python docs/generate.py [--check]

Writes ``pytest_jwtauth/rule_examples.json``, ``docs/rules.md``, ``docs/profiles.md``, ``docs/clients.md`` and the
tables of ``docs/trouble.md`` and ``docs/contract.md``. With ``--check`` it writes nothing and ends with status 1 if one
of them is out of date. `tests/test_reference.py` does the same.
"""

from __future__ import annotations

import base64
import importlib
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT / "tests") not in sys.path:
    sys.path.insert(0, str(ROOT / "tests"))

EXAMPLES = ROOT / "pytest_jwtauth" / "rule_examples.json"
RULES_PAGE = ROOT / "docs" / "rules.md"
PROFILES_PAGE = ROOT / "docs" / "profiles.md"
CLIENTS_PAGE = ROOT / "docs" / "clients.md"
TROUBLE_PAGE = ROOT / "docs" / "trouble.md"
CONTRACT_PAGE = ROOT / "docs" / "contract.md"


def tables() -> dict[str, Any]:
    """The rows of every rule's table, by rule id."""
    found: dict[str, Any] = {}
    for path in sorted((ROOT / "tests" / "rules").glob("test_*.py")):
        found.update(importlib.import_module(f"rules.{path.stem}").TABLES)
    return found


def examples() -> str:
    """The text of ``rule_examples.json``: for each rule a request that breaks it and one that comes near."""
    from pytest_jwtauth.rules import RULES

    rows = tables()
    lines = []
    for rule_id in RULES:
        breaks = _example(next(row for row in rows[rule_id] if row.breaks))
        keeps = _example(next(row for row in rows[rule_id] if not row.breaks))
        lines.append(f"  {json.dumps(rule_id)}: {json.dumps([breaks, keeps], ensure_ascii=False)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _example(row: Any) -> str:
    """A row in words, with the changes that make its request out of a right one where they can be read at a glance."""
    changes = ", ".join(f"{name}={value!r}" for name, value in row.changes.items())
    is_readable = changes and len(changes) <= 100 and "<" not in changes and "object at" not in changes
    return f"{row.sentence}: {changes}" if is_readable else str(row.sentence)


def libraries_table() -> str:
    """Which profile accepts what a library sends by default: computed from the requests of ``tests/corpus/clients``."""
    from pytest_jwtauth.profiles import PROFILES

    names = [name for name, profile in PROFILES.items() if profile.assertion_field == "client_assertion"]
    lines = [
        "## What libraries send by default",
        "",
        "Computed from captured requests of the libraries as they come (`tests/corpus/clients`): ✓ no rule of level",
        "error is broken, otherwise how many are. The server's issuer and token endpoint are its own in each case, and",
        "a profile that does not offer the client's method or algorithm cannot accept it.",
        "",
        f"| library | {' | '.join(names)} |",
        f"| --- | {' | '.join('---' for _ in names)} |",
    ]
    for name, verdicts in _by_library():
        cells = [str(len(verdicts[profile])) if verdicts[profile] else "✓" for profile in names]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _by_library() -> Iterator[tuple[str, Mapping[str, tuple[str, ...]]]]:
    from pytest_jwtauth import AuthorizationServer, RegisteredClient, TokenRequest, judge
    from pytest_jwtauth.profiles import PROFILES

    seen: set[tuple[str, str]] = set()
    for path in sorted((ROOT / "tests" / "corpus" / "clients").glob("*.json")):
        case = json.loads(path.read_text(encoding="utf-8"))
        kind = (case["library"], case["method"])
        is_first = case.get("sequence", {"index": 1})["index"] == 1
        if kind in seen or case["endpoint"] != "token" or not case["method"].endswith("_jwt") or not is_first:
            continue
        seen.add(kind)
        sent, client = case["request"], case["client"]
        request = TokenRequest(
            sent["method"],
            sent["url"],
            [tuple(field) for field in sent["headers"]],
            base64.b64decode(sent["body_base64"]),
        )
        verdicts = {
            name: tuple(
                violation.rule
                for violation in judge(
                    request,
                    client=RegisteredClient(client["client_id"], client.get("client_secret"), client.get("public_jwk")),
                    server=AuthorizationServer(case["issuer"], case["token_endpoint"]),
                    profile=name,
                    now=case["received_at"],
                    leeway=1,
                ).violations
            )
            for name in PROFILES
        }
        yield f"{case['library']}, `{case['method']}`", verdicts


def _between_marks(text: str, name: str, table: list[str]) -> str:
    """*text* with *table* between its marks of that name."""
    head, begin, rest = text.partition(f"<!-- {name} -->\n")
    _, end, tail = rest.partition(f"<!-- end of {name} -->")
    return head + begin + "\n".join(["", *table, "", ""]) + end + tail


def trouble_page(text: str) -> str:
    """*text* with the table of all kinds of trouble."""
    from pytest_jwtauth.faults import KINDS

    lines = ["| `then(…)` | what happens | source |", "| --- | --- | --- |"]
    lines += [f'| `"{name}"` | {kind.does} | {kind.source} |' for name, kind in KINDS.items()]
    return _between_marks(text, "kinds", lines)


def contract_page(text: str) -> str:
    """*text* with the tables of all promises, of clients that keep them, and of those that are refused."""
    from broken_clients.gallery import GALLERY
    from broken_clients.right_clients import RIGHT
    from clients.under_contract import FINDINGS, NODE_FINDINGS

    from pytest_jwtauth.promises import PROMISES

    promises = ["| promise | what is promised | source |", "| --- | --- | --- |"]
    promises += [f"| `{one.id}` | {one.sentence} | {one.source} |" for one in PROMISES.values()]
    gallery = ["| broken client | refused by | with | seen, and where |", "| --- | --- | --- | --- |"]
    for row in GALLERY:
        ids = ", ".join(f"`{name}`" for name in sorted(row.ids))
        gallery.append(f"| {row.name} | `{row.promise}` | {ids} | {row.seen} |")
    right = ["| right client | how it is written | not applicable to it |", "| --- | --- | --- |"]
    for one in RIGHT:
        beside = ", ".join(f"`{name}`" for name in PROMISES if name in one.not_applicable)
        right.append(f"| {one.client.__name__} | {one.style} | {beside} |")
    libraries = ["| library | promise | because |", "| --- | --- | --- |"]
    libraries += [
        f"| {found.library} | `{promise}` | {why} |"
        for found in (*FINDINGS, *NODE_FINDINGS)
        for promise, why in found.broken.items()
    ]
    libraries += [f"| {found.library} | none | |" for found in (*FINDINGS, *NODE_FINDINGS) if not found.broken]
    tables = {"promises": promises, "right clients": right, "gallery": gallery, "libraries": libraries}
    for name, table in tables.items():
        text = _between_marks(text, name, table)
    return text


def pages() -> dict[Path, str]:
    """What each file should hold."""
    from clients.page import clients_page

    from pytest_jwtauth import rule_book

    return {
        RULES_PAGE: rule_book.rules_page(),
        PROFILES_PAGE: rule_book.profiles_page(libraries_table()),
        CLIENTS_PAGE: clients_page(),
        TROUBLE_PAGE: trouble_page(TROUBLE_PAGE.read_text(encoding="utf-8")),
        CONTRACT_PAGE: contract_page(CONTRACT_PAGE.read_text(encoding="utf-8")),
    }


def main() -> int:
    check = "--check" in sys.argv[1:]
    stale = []
    # The pages quote the examples, so these come first.
    for make in (lambda: {EXAMPLES: examples()}, pages):
        for path, text in make().items():
            if path.is_file() and path.read_text(encoding="utf-8") == text:
                continue
            stale.append(path.relative_to(ROOT))
            if not check:
                path.write_text(text, encoding="utf-8")
    for name in stale:
        print(f"{'out of date' if check else 'written'}: {name}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
