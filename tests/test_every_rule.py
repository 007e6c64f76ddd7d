"""The rule book is complete by construction: each rule has its source, its requirement, and rows in a table.

The catalogue beside the tables names every rule with the strength of its source, what a breach does by default and what
a server calls it, what it needs, whether it looks at every request, and where it applies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from requests_under_test import ABSENT, CLIENT, NOW, SERVER, a_key_client, a_request
from rules.tables import Row, Tables, each, verdict_on

from pytest_jwtauth import traits
from pytest_jwtauth.model import OTHER_ENDPOINTS, TOKEN_ENDPOINT, Rule
from pytest_jwtauth.profiles import PROFILES
from pytest_jwtauth.rules import RULES, adjust
from pytest_jwtauth.rules.registry import Room
from pytest_jwtauth.verdict import judge

FOLDER = Path(__file__).parent / "rules"

NOT_YET: frozenset[str] = frozenset()
"""Ids of the catalogue that have no rule so far."""

OTHER_LEVEL = {
    # By default only a name that is nearly a known one is worth a warning. The rule itself says so, case by case.
    "form-param-unrecognized": "warning",
}
"""Rules whose level is another than the catalogue's, with the reason."""


class Entry(NamedTuple):
    """One line of the catalogue."""

    id: str
    strength: str
    level: str
    error: str
    needs: str
    looks: str
    where: str


CATALOGUE = {
    entry.id: entry
    for line in (FOLDER / "catalogue.txt").read_text(encoding="utf-8").splitlines()
    for entry in (Entry(*line.split()),)
}


LACKING: dict[str, dict[str, Any]] = {
    "url": {"url": "http://["},
    "form": {"body": b"{}"},
    "assertion": {"fields": {"client_assertion": ABSENT}},
    "parts": {"text": "x"},
    "header_octets": {"text": "A.e30.e30"},
    "payload_octets": {"text": "e30.A.e30"},
    "signature_octets": {"text": "e30.e30.A"},
    "header": {"jose_header": b"[]"},
    "alg": {"header": {"alg": 1}},
    "signature": {"header": {"alg": "x"}},
    "claims": {"payload": b"[]"},
    **{name: {"claims": {name: []}} for name in ("iss", "sub", "aud", "exp", "nbf", "iat", "jti")},
}
"""For what a rule may need, the changes of a request that take it away."""


TRAITS = {"unread", *re.findall(r'found.append\("([^"]+)"\)', Path(traits.__file__).read_text(encoding="utf-8"))}
PARTS = {"field", "no-field", "header", "member", "claim", "expects"}
"""Of a request: a rule may wait for one by its name."""


def tables() -> Iterator[tuple[str, Tables]]:
    """Each table module's name and its tables."""
    for path in sorted(FOLDER.glob("test_*.py")):
        yield path.stem, import_module(f"rules.{path.stem}").TABLES


TABLES: dict[str, list[Row]] = {rule_id: list(rows) for _, named in tables() for rule_id, rows in named.items()}
BROKEN = {rule_id: [row for row in rows if row.breaks] for rule_id, rows in TABLES.items()}


def test_the_catalogue_has_204_rules() -> None:
    assert len(CATALOGUE) == 204


def test_every_rule_of_the_catalogue_is_in_the_book_and_no_other() -> None:
    assert set(RULES) == CATALOGUE.keys() - NOT_YET


def test_nothing_is_excused_without_need() -> None:
    assert set(OTHER_LEVEL) <= set(RULES)
    assert [id for id, level in OTHER_LEVEL.items() if CATALOGUE[id].level == level] == []


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.id) for rule in RULES.values()])
class TestEveryRule:
    def test_it_has_a_name_a_requirement_and_a_source(self, rule: Rule) -> None:
        assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", rule.id)
        assert re.fullmatch(r"[^\n]{10,119}\.", rule.requirement)
        assert rule.requirement.count("``") % 2 == 0
        assert rule.spec == rule.spec.strip() != ""
        # Where no standard stands behind a rule its source says so, and so does its strength.
        assert rule.spec.startswith("hygiene") <= (rule.strength == "hygiene")

    def test_it_is_what_the_catalogue_says(self, rule: Rule) -> None:
        """One that looks at every request costs every request; one that waits for a misspelt trait looks at none."""
        entry = CATALOGUE[rule.id]
        level = rule.level if rule.id not in OTHER_LEVEL else entry.level
        looks = "on-cause" if rule.when else "always"
        where = ",".join(sorted(rule.methods | rule.endpoints | rule.grants)) or "everywhere"
        assert Entry(rule.id, rule.strength, level, rule.error, rule.needs, looks, where) == entry
        assert rule.level == OTHER_LEVEL.get(rule.id, entry.level)
        assert [trait for trait in rule.when if not (trait in TRAITS or trait.partition(":")[0] in PARTS)] == []
        assert rule.methods <= {"client_secret_jwt", "private_key_jwt"}
        assert rule.endpoints <= {TOKEN_ENDPOINT, *OTHER_ENDPOINTS, "resource", "metadata"}

    def test_one_table_has_rows_that_break_it_and_rows_that_do_not(self, rule: Rule) -> None:
        rows = TABLES.get(rule.id, [])
        assert {row.breaks for row in rows} == {True, False}, f"rows for {rule.id} are missing in tests/rules"
        assert len([name for name, named in tables() if rule.id in named]) == 1
        sentences = [row.sentence for row in rows]
        assert len(set(sentences)) == len(sentences)

    def test_it_is_not_evaluated_where_what_it_needs_is_missing(self, rule: Rule) -> None:
        if rule.needs == "request" or (rule.needs == "form" and rule.grants):
            return  # always there; and without a form there is no grant
        client = a_key_client() if rule.methods == {"private_key_jwt"} else CLIENT
        request = a_request(
            client=client,
            endpoint=min(rule.endpoints, default=TOKEN_ENDPOINT),
            grant=min(rule.grants, default="authorization_code"),
            **LACKING[rule.needs],
        )
        profile = adjust(PROFILES["rfc7523"], error=[rule.id])
        verdict = judge(request, client=client, server=SERVER, profile=profile, now=NOW)
        assert rule.id in {item.rule for item in verdict.not_evaluated}

    def test_nothing_is_reported_in_its_name_without_it(self, rule: Rule) -> None:
        """Each row that breaks the rule does so because of the rule's own function."""
        with silenced(rule):
            reported = [row.sentence for row in BROKEN[rule.id] if rule.id in verdict_on(rule.id, row).rules]
        assert reported == []


@contextmanager
def silenced(rule: Rule) -> Iterator[None]:
    """Let *rule* find nothing. It is frozen for users; the plans of judging hold the same object."""
    check = rule.check
    object.__setattr__(rule, "check", lambda evidence: None)
    try:
        yield
    finally:
        object.__setattr__(rule, "check", check)


def test_no_table_is_about_a_rule_that_does_not_exist() -> None:
    assert TABLES.keys() <= RULES.keys()


def test_a_profile_changes_only_rules_that_exist() -> None:
    assert {rule_id for profile in PROFILES.values() for rule_id in profile.levels} <= RULES.keys()


def test_a_rule_without_a_requirement_is_refused() -> None:
    room = Room("pytest_jwtauth.rules.nowhere", error="invalid_request")
    with pytest.raises(ValueError, match=r"^rule some-rule states no requirement: give its function a docstring$"):

        @room.rule("some-rule", spec="none")
        def some_rule(evidence: object) -> None: ...


def test_a_rule_is_what_its_decorator_says_and_else_what_its_room_says() -> None:
    room = Room("pytest_jwtauth.rules.nowhere", error="invalid_grant")

    @room.rule("short", spec="none")
    def short(evidence: object) -> None:
        """Something holds.

        And more is to be said of it, in another paragraph.
        """

    @room.rule(
        "long",
        spec="RFC 0",
        strength="SHOULD",
        level="warning",
        needs="exp",
        methods=["private_key_jwt"],
        endpoints=["token"],
        grants=["refresh_token"],
        when="odd:clock",
        error="invalid_scope",
    )
    def long(evidence: object) -> None:
        """Something else holds."""

    @room.rule("several", spec="none", when=("odd:aud", "odd:jti"))
    def several(evidence: object) -> None:
        """Each of them holds."""

    nothing: frozenset[str] = frozenset()
    expected = [
        Rule(
            *("short", "Something holds.", "none", "MUST", "error", "request", short, "nowhere"),
            *(nothing, nothing, nothing, (), "invalid_grant"),
        ),
        Rule(
            *("long", "Something else holds.", "RFC 0", "SHOULD", "warning", "exp", long, "nowhere"),
            *(frozenset({"private_key_jwt"}), frozenset({"token"}), frozenset({"refresh_token"})),
            *(("odd:clock",), "invalid_scope"),
        ),
    ]
    assert [asdict(rule) for rule in room.rules[:2]] == [asdict(rule) for rule in expected]
    assert room.rules[2].when == ("odd:aud", "odd:jti")


def test_all_that_is_said_of_a_room_or_a_rule_is_named() -> None:
    """An error, what is needed, a source: all of them are texts."""
    with pytest.raises(TypeError, match="positional argument"):
        Room("pytest_jwtauth.rules.nowhere", "invalid_grant")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="positional argument"):
        Room("pytest_jwtauth.rules.nowhere", error="invalid_grant").rule("short", "none")  # type: ignore[call-arg]


def test_what_a_room_needs_its_rules_need() -> None:
    room = Room("pytest_jwtauth.rules.nowhere", error="invalid_grant", needs="claims")

    @room.rule("some-rule", spec="none")
    def some_rule(evidence: object) -> None:
        """Something holds."""

    assert [rule.needs for rule in room.rules] == ["claims"]


def test_every_row_is_collected_by_its_own_module() -> None:
    """A table that nobody parametrises a test with would prove nothing."""
    for name, named in tables():
        module = import_module(f"rules.{name}")
        marks = module.test_request.pytestmark
        assert [len(mark.args[1]) for mark in marks if mark.name == "parametrize"] == [len(each(named))]
