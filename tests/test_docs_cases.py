"""The pages on expiry scenarios and hostile assertions: their code is run, their tables are those of the code.

``JWTAUTH_UPDATE_DOCS=1`` writes the tables into the pages instead.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from signing_clients import CLIENT, SERVER, client_for

from pytest_jwtauth import RegisteredClient
from pytest_jwtauth.boundaries import BOUNDARIES
from pytest_jwtauth.expiry import expiry_scenarios
from pytest_jwtauth.hostile import CASES, NO_SINGLE_ASSERTION, hostile_assertions, left_out

DOCS = Path(__file__).resolve().parents[1] / "docs"
BLOCK = re.compile(r"<!-- file: (\S+) -->\n```python\n(.*?)```", re.DOTALL)
EXCERPT = re.compile(r"<!-- excerpt: (\S+) -->\n```python\n(.*?)```", re.DOTALL)
NOW = 1_760_000_000

EDGES = len(BOUNDARIES) + 2 + 1 + 1
"""Tests of expiry.md."""
ATTACKS = len(CASES) + 3
"""Tests of hostile.md, with those that are skipped."""


@pytest.mark.parametrize(
    ("document", "tests", "skipped"),
    [("expiry.md", EDGES, 0), ("hostile.md", ATTACKS, len(left_out(RegisteredClient.generate(), SERVER)))],
)
def test_the_page_does_what_it_says(
    document: str, tests: int, skipped: int, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = DOCS.joinpath(document).read_text(encoding="utf-8")
    files = BLOCK.findall(text)
    assert text.count("```python") == len(files) + len(EXCERPT.findall(text))
    for name, source in files:
        pytester.path.joinpath(name).write_text(source, encoding="utf-8")
    pytester.makeini("[pytest]\nfilterwarnings = error\n")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    result = pytester.runpytest_subprocess("-ppytest_jwtauth.plugin", "-q")
    result.assert_outcomes(passed=tests - skipped, skipped=skipped)


def test_the_page_shows_tests_of_the_examples() -> None:
    shown = EXCERPT.findall(DOCS.joinpath("expiry.md").read_text(encoding="utf-8"))
    assert len(shown) == 3
    for name, source in shown:
        assert f"{source}\n\n" in (DOCS.parent / "examples" / name).read_text(encoding="utf-8")


def verdict(rule: str | None) -> str:
    return "accepted" if rule is None else f"`{rule}`"


def edges() -> list[str]:
    rows = [
        f"| `{one.name}` | {one.explanation}{f' ({one.leeway} s)' if one.leeway else ''} | {verdict(one.rule)} |"
        for one in expiry_scenarios(CLIENT, SERVER, "pingone", NOW)
    ]
    return ["| scenario | what it is | verdict |", "| --- | --- | --- |", *rows]


def attacks() -> list[str]:
    clients = (client_for("ES256"), RegisteredClient.generate(), CLIENT)
    made = {one.name: one for client in clients for one in hostile_assertions(client, SERVER)}
    rows = [
        f"| `{name}` | {made[name].explanation} | {verdict(made[name].rule)} | {made[name].source} |" for name in CASES
    ]
    return ["| case | what it is | verdict | source |", "| --- | --- | --- | --- |", *rows]


def reasons() -> list[str]:
    return [f"- {attack}: {reason}." for attack, reason in NO_SINGLE_ASSERTION.items()]


@pytest.mark.parametrize(
    ("document", "mark", "lines"),
    [("expiry.md", "cases", edges), ("hostile.md", "cases", attacks), ("hostile.md", "reasons", reasons)],
)
def test_the_page_lists_what_there_is(document: str, mark: str, lines: object) -> None:
    path = DOCS / document
    text = path.read_text(encoding="utf-8")
    assert callable(lines)
    wanted = with_block(text, mark, lines())
    if os.environ.get("JWTAUTH_UPDATE_DOCS"):
        path.write_text(wanted, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == wanted, "run this file with JWTAUTH_UPDATE_DOCS=1"


def with_block(text: str, mark: str, lines: Iterable[str]) -> str:
    """*text* with *lines* between the comment *mark* and the next heading, or the end."""
    before, comment, after = text.partition(f"<!-- {mark} -->\n")
    assert comment, mark
    heading = re.search(r"^## ", after, re.MULTILINE)
    rest = "" if heading is None else "\n" + after[heading.start() :]
    return before + comment + "\n" + "\n".join(lines) + "\n" + rest
