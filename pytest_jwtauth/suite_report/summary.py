"""What the tests of a suite told, as one document: the contents of ``contract.json``. Knows no layout and no pytest."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from pytest_jwtauth._version import __version__
from pytest_jwtauth.rules import RULES

SCHEMA = 1
"""Counts up when a member goes or changes its meaning; new members may come at any time. See ``docs/report.md``."""

VERDICTS = ("broken", "kept", "not applicable", "not judged", "skipped")
"""What comes of a promise, in the order of interest."""


def document(texts: Iterable[str]) -> dict[str, Any]:
    """The records of the tests, merged. Of a test that ran several times, the last run counts."""
    records: dict[str, dict[str, Any]] = {}
    for text in texts:
        record = json.loads(text)
        records[record["test"]] = record
    tests = [records[name] for name in sorted(records)]
    exercised: Counter[str] = Counter()
    for test in tests:
        exercised.update(test.pop("exercised"))
    broken, warned = _tests_by_rule(tests, "broken"), _tests_by_rule(tests, "warned")
    rules = [
        {
            "id": rule.id,
            "requirement": rule.requirement.replace("``", ""),
            "source": rule.spec,
            "requests": exercised[rule.id],
            "broken_in": broken.get(rule.id, []),
            "warned_in": warned.get(rule.id, []),
        }
        for rule in RULES.values()
    ]
    verdicts = Counter(test["promise"]["verdict"] for test in tests if test["promise"])
    return {
        "schema": SCHEMA,
        "made_by": f"pytest-jwtauth {__version__}",
        "summary": {
            "promises": {verdict: verdicts[verdict] for verdict in VERDICTS},
            "rules": {
                "known": len(rules),
                "exercised": sum(bool(rule["requests"]) for rule in rules),
                "broken": len(broken),
                "never_exercised": sum(not rule["requests"] for rule in rules),
            },
            "tests": len(tests),
            "requests": sum(len(test["requests"]) for test in tests),
        },
        "rules": rules,
        "tests": tests,
    }


def _tests_by_rule(tests: list[dict[str, Any]], member: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for test in tests:
        for rule in test[member]:
            found.setdefault(rule, []).append(test["test"])
    return found


def clients(told: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The tests of promises by the class that is the contract of a client: what is broken first, then as they come."""
    found: dict[str, list[dict[str, Any]]] = {}
    for test in told["tests"]:
        if test["promise"]:
            found.setdefault(test["test"].rpartition("::")[0], []).append(test)
    for tests in found.values():
        tests.sort(key=lambda test: VERDICTS.index(test["promise"]["verdict"]))
    return found


def broken_rules(told: dict[str, Any]) -> list[dict[str, Any]]:
    """The rules that a test was failed for."""
    return [rule for rule in told["rules"] if rule["broken_in"]]


def never_exercised(told: dict[str, Any]) -> list[str]:
    """The ids of the rules that were applied to no request."""
    return [rule["id"] for rule in told["rules"] if not rule["requests"]]


def in_words(verdicts: dict[str, int]) -> str:
    """How many promises came to what: «2 broken, 30 kept»."""
    return ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items() if count) or "none"


def rules_in_words(told: dict[str, Any]) -> str:
    """How many of the rules were exercised and broken."""
    rules = told["summary"]["rules"]
    return (
        f"of {rules['known']} rules, the suite exercised {rules['exercised']} and broke {rules['broken']}; "
        f"{rules['never_exercised']} never exercised"
    )
