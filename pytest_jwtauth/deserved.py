"""From what the rules find in an assertion to the verdict it deserves in a profile. Looks at no assertion itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.model import Level, Profile
from pytest_jwtauth.planted_faults.draft import Draft
from pytest_jwtauth.rules import RULES, level_of

Found: TypeAlias = "tuple[str, Level | None]"
"""A rule that finds something, and the level of the finding where it is not the rule's."""


def refused_by(found: Iterable[Found], profile: Profile) -> str | None:
    """The first of the rules that is an error in *profile*; None where the assertion is accepted."""
    return next((rule for rule, level in found if _is_error(rule, level, profile)), None)


def check_algorithm(draft: Draft) -> None:
    """Refuse a client all of whose assertions would be refused for their algorithm.

    Raises:
        ConfigurationError: says what the profile takes.
    """
    allowed = draft.profile.algorithms.get(draft.client.method, frozenset())
    if draft.alg not in allowed and _is_error("alg-not-allowed", None, draft.profile):
        raise ConfigurationError(
            f"profile {draft.profile.name!r} accepts no assertion of {draft.client}, which is signed with {draft.alg}; "
            f"for {draft.client.method} it takes {', '.join(sorted(allowed)) or 'nothing'}"
        )


def _is_error(rule: str, level: Level | None, profile: Profile) -> bool:
    return (profile.forced.get(rule) or level or level_of(RULES[rule], profile)) == "error"
