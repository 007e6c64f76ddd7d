"""Tables of requests for rules, and the one way to check a row. Knows no rule.

A table belongs to one rule: the rows that break it, and those that come near and do not. A row says which changes make
its request out of a right one, and names *every* rule that the request breaks, so that a rule that fires too often is
seen in the tables of all others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import pytest
from requests_under_test import CLIENT, NOW, SERVER, a_request
from rules import wording

from pytest_jwtauth.evidence import gather, history_of
from pytest_jwtauth.jwk import PRIVATE_MEMBERS
from pytest_jwtauth.messages import TokenRequest
from pytest_jwtauth.model import Level, Verdict
from pytest_jwtauth.parameters import CREDENTIALS
from pytest_jwtauth.profiles import profile_named
from pytest_jwtauth.registered_client import RegisteredClient
from pytest_jwtauth.rules import RULES, adjust, level_of
from pytest_jwtauth.verdict import judge, weigh

OF_THE_JUDGE = frozenset({"profile", "now", "leeway", "history", "expected", "levels"})
"""Changes that are not the request's but the judge's."""
LAZY = frozenset({"client", "key", "history", "claims", "header", "fields", "more_fields", "expected"})
"""Changes whose value may be a function that makes it: keys take time, and collecting tests should take none."""


@dataclass(frozen=True, slots=True)
class Row:
    """One request and what the judge says of it.

    Attributes:
        sentence: What is special about the request.
        breaks: Whether it breaks the rule that the table is about.
        also: Ids of the other rules it breaks.
        level: Of the violation, where it is not the rule's own.
        says, wants: Words in what was found, and in what was expected.
        changes: What makes the request, and how it is judged.
    """

    sentence: str
    breaks: bool
    also: frozenset[str]
    level: Level | None
    says: tuple[str, ...]
    wants: tuple[str, ...]
    changes: Mapping[str, Any]


Tables = Mapping[str, Sequence[Row]]
"""The rows for each rule id."""


def broken(
    sentence: str,
    *,
    also: Iterable[str] = (),
    level: Level | None = None,
    says: str | tuple[str, ...] = (),
    wants: str | tuple[str, ...] = (),
    **changes: Any,
) -> Row:
    """A row that breaks the rule."""
    return Row(sentence, True, frozenset(also), level, _tuple(says), _tuple(wants), changes)


def kept(sentence: str, *, also: Iterable[str] = (), **changes: Any) -> Row:
    """A row that comes near and does not break the rule."""
    return Row(sentence, False, frozenset(also), None, (), (), changes)


def _tuple(words: str | tuple[str, ...]) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else words


def each(tables: Tables) -> list[Any]:
    """The parameters of a test of all rows, ids first in their names."""
    return [
        pytest.param(rule_id, row, id=f"{rule_id}: {row.sentence}") for rule_id, rows in tables.items() for row in rows
    ]


def situation(rule_id: str, row: Row) -> tuple[TokenRequest, dict[str, Any]]:
    """The request of *row*, and how it is judged. A rule that is off by default, in the profile too, is turned on."""
    changes = {name: value() if name in LAZY and callable(value) else value for name, value in row.changes.items()}
    how = {name: changes.pop(name) for name in OF_THE_JUDGE & changes.keys()}
    levels: dict[str, Level] = how.pop("levels", {})
    profile = profile_named(how.pop("profile", "rfc7523"))
    if RULES[rule_id].level == level_of(RULES[rule_id], profile) == "off":
        levels = {rule_id: "error", **levels}
    profile = adjust(
        profile,
        allow=[name for name, level in levels.items() if level == "off"],
        warn=[name for name, level in levels.items() if level == "warning"],
        error=[name for name, level in levels.items() if level == "error"],
    )
    expected = how.pop("expected", {})
    who = {"client": changes.get("client", CLIENT), "server": changes.get("server", SERVER)}
    return a_request(**changes), {**who, "profile": profile, "now": NOW, **how, **expected}


def verdict_on(rule_id: str, row: Row) -> Verdict:
    """What the judge says of the request of *row*."""
    request, how = situation(rule_id, row)
    return judge(request, **how)


def check(rule_id: str, row: Row) -> None:
    """The request of *row* breaks the rules that the row names, at the right level, in words that give nothing away."""
    request, how = situation(rule_id, row)
    verdict = judge(request, **how)
    expected = sorted(row.also | {rule_id} if row.breaks else row.also)
    assert sorted(verdict.rules) == expected, f"expected {expected}\n{verdict}"
    found = {violation.rule: violation for violation in (*verdict.violations, *verdict.warnings)}
    if row.breaks:
        violation, rule = found[rule_id], RULES[rule_id]
        assert violation.level == (row.level or level_of(rule, how["profile"])), violation
        assert (violation.requirement, violation.spec) == (rule.requirement, rule.spec), violation
        text = wording.known().get(rule_id, {}).get(row.sentence)
        changed = "the wording changed; if it should, run tests/rules/wording.py and read the difference"
        assert text in (None, [violation.found, violation.expected]), f"{changed}\n{text}\n{violation}"
        for words in row.says:
            assert words in violation.found, f"{words!r} is not in {violation.found!r}"
        for words in row.wants:
            assert words in violation.expected, f"{words!r} is not in {violation.expected!r}"
    assert said(look_everywhere(request, how)) == said(verdict), "a rule that finds something is not asked"
    texts = [str(verdict), repr(verdict), *(f"{v.found}\n{v.expected}" for v in found.values())]
    for secret in secrets_in(request, how["client"]):
        assert not any(secret in text for text in texts), f"shown: {secret[:4]}…\n{verdict}"


def look_everywhere(request: TokenRequest, how: Mapping[str, Any]) -> Verdict:
    """What `judge` would say if it asked every rule, also those that cannot find anything in such a request."""
    who: dict[str, Any] = {name: how[name] for name in ("client", "server", "profile", "now")}
    expected = {name: value for name, value in how.items() if name not in {*who, "leeway", "history"}}
    history = history_of(how.get("history", ()), **who)
    evidence = gather(request, **who, leeway=how.get("leeway", 0), history=history, expected=expected)
    return weigh(evidence, look_everywhere=True)


def said(verdict: Verdict) -> tuple[object, ...]:
    """All that a verdict says."""
    return verdict.violations, verdict.warnings, verdict.not_evaluated


def secrets_in(request: TokenRequest, client: RegisteredClient) -> set[str]:
    """What no text of ours may repeat: the client's credential, and what *request* proves itself with."""
    secrets = {client.client_secret or ""}
    for key in (client.jwks or {}).get("keys", []):
        secrets |= {value for name, value in key.items() if name in PRIVATE_MEMBERS}
    for name, value in parse_qsl(request.body.decode("latin-1")):
        if name in CREDENTIALS:
            secrets |= {value, *(part for part in value.split(".") if name.endswith("assertion"))}
    return {secret for secret in secrets if len(secret) >= 12}
