"""``contract.md``: the report in short, for the summary of a CI job: GitHub's Markdown, and no HTML but details."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_jwtauth.suite_report.summary import broken_rules, clients, in_words, never_exercised, rules_in_words

MOST_TESTS = 5
"""Tests that are named for one rule."""

_SPECIAL = {
    **{character: f"&#{ord(character)};" for character in "&<>|`*_[]\\~@#"},
    **dict.fromkeys("\n\r", " "),
}


def cell(text: str) -> str:
    """*text* such that it shows as it is, on one line."""
    return "".join(_SPECIAL.get(character, character) for character in text)


def markdown(told: dict[str, Any]) -> str:
    """The summary of *told*."""
    return "\n".join(_lines(told))


def _lines(told: dict[str, Any]) -> Iterator[str]:
    summary = told["summary"]
    yield "# Token requests"
    yield ""
    if clients(told):
        yield f"Promises: {in_words(summary['promises'])}."
        yield ""
    yield f"{summary['requests']} requests in {summary['tests']} tests: {rules_in_words(told)}."
    yield ""
    for client, tests in clients(told).items():
        yield f"## {cell(client)}"
        yield ""
        yield "| promise | verdict | why |"
        yield "| --- | --- | --- |"
        for test in tests:
            promise = test["promise"]
            verdict = f"**{promise['verdict']}**" if promise["verdict"] == "broken" else promise["verdict"]
            reason = cell(promise["reason"].partition("\n")[0])
            yield f"| {promise['id']}: {cell(promise['sentence'])} | {verdict} | {reason} |"
        yield ""
    if broken := broken_rules(told):
        yield "## Rules that were broken"
        yield ""
        yield "| rule | requirement | source | where |"
        yield "| --- | --- | --- | --- |"
        for rule in broken:
            yield f"| {rule['id']} | {cell(rule['requirement'])} | {cell(rule['source'])} | {_where(rule)} |"
        yield ""
    never = never_exercised(told)
    yield f"<details><summary>{len(never)} rules that no request exercised</summary>"
    yield ""
    yield ", ".join(never)
    yield ""
    yield "</details>"
    yield ""


def _where(rule: dict[str, Any]) -> str:
    tests = rule["broken_in"]
    more = f" and {len(tests) - MOST_TESTS} more" if len(tests) > MOST_TESTS else ""
    return ", ".join(cell(test) for test in tests[:MOST_TESTS]) + more
