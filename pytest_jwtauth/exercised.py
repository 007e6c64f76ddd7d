"""Which rules a request exercised: those that were applied to it, whether it broke them or not. Judges nothing."""

from __future__ import annotations

from pytest_jwtauth.evidence import Evidence
from pytest_jwtauth.parameters import GRANT_TYPES
from pytest_jwtauth.verdict import plan


def exercised(evidence: Evidence) -> list[str]:
    """The ids of the rules that could have found something in *evidence*, in the order of the book.

    Left out are those that the profile switches off, that are not about such a request, and that could not be applied
    because what they look at is missing or cannot be read.
    """
    grant = evidence.grant if evidence.grant in GRANT_TYPES else None
    rules = plan(evidence.profile, evidence.client.method, evidence.endpoint, grant).rules
    return [rule.id for rule in rules if evidence.unread.get(rule.needs) is None]
