"""The rule book: every rule by id, in the order in which reports name them. Rules read evidence and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from pytest_jwtauth.errors import ConfigurationError, unknown_name
from pytest_jwtauth.model import Level, Profile, Rule
from pytest_jwtauth.rules import (
    claims,
    client_authentication,
    dpop,
    endpoints,
    extension_grants,
    form,
    grants,
    history,
    jose_header,
    keys,
    lifetimes,
    retries,
    scopes,
    serialization,
    token_use,
    transport,
)

_ROOMS = (
    *(transport, form, client_authentication),
    *(serialization, jose_header, keys, claims, lifetimes),
    *(grants, scopes, extension_grants, endpoints),
    *(history, retries, token_use, dpop),
)


def _collect() -> dict[str, Rule]:
    rules: dict[str, Rule] = {}
    for module in _ROOMS:
        for rule in module.room.rules:
            if rule.id in rules:
                raise ValueError(f"two rules have the id {rule.id}")
            rules[rule.id] = rule
    return rules


RULES: Mapping[str, Rule] = MappingProxyType(_collect())


_KEYWORDS: Mapping[str, str] = MappingProxyType({"off": "allow", "warning": "warn", "error": "error"})
"""For each level, the keyword of the marker that gives it to a rule."""


def level_of(rule: Rule, profile: Profile) -> Level:
    """What a breach of *rule* does under *profile*, unless the rule finds a case that is worse or milder."""
    return profile.forced.get(rule.id) or profile.levels.get(rule.id, rule.level)


def check_levels(profile: Profile) -> None:
    """Refuse a *profile* with a level that cannot be, or of a rule that does not exist: it would do nothing.

    Raises:
        ConfigurationError: names the nearest.
    """
    for levels in (profile.levels, profile.forced):
        for rule_id, level in levels.items():
            if rule_id not in RULES:
                raise unknown_name("rule id", rule_id, RULES)
            if level not in _KEYWORDS:
                raise unknown_name(f"level of {rule_id}", level, _KEYWORDS)


def adjust(
    profile: Profile,
    *,
    allow: Iterable[str] = (),
    warn: Iterable[str] = (),
    error: Iterable[str] = (),
) -> Profile:
    """*profile* with some rules turned off (*allow*), into warnings (*warn*) or into errors (*error*).

    Raises:
        ConfigurationError: for an id that no rule has, or one that is named twice with different levels.
    """
    levels: dict[str, Level] = {}
    wanted: tuple[tuple[Level, Iterable[str]], ...] = (("off", allow), ("warning", warn), ("error", error))
    for level, ids in wanted:
        for rule_id in ids:
            if rule_id not in RULES:
                raise unknown_name("rule id", rule_id, RULES)
            if levels.setdefault(rule_id, level) != level:
                raise ConfigurationError(f"rule {rule_id} is to be both {levels[rule_id]} and {level}")
    return profile.but(forced=levels) if levels else profile


def adjust_by_lines(profile: Profile, lines: Iterable[str]) -> Profile:
    """*profile* as lines like ``exp-lifetime-hygiene = off`` change it.

    Raises:
        ConfigurationError: for a line that is no rule id and level, and as `adjust` does.
    """
    wanted: dict[str, list[str]] = {keyword: [] for keyword in _KEYWORDS.values()}
    for line in lines:
        rule_id, equals, level = (piece.strip() for piece in line.partition("="))
        if not equals or level not in _KEYWORDS:
            raise ConfigurationError(f"a line is «rule-id = level», with the level off, warning or error; got {line!r}")
        wanted[_KEYWORDS[level]].append(rule_id)
    return adjust(profile, **wanted)
