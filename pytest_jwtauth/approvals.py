"""Logins that wait for the user on another device: device authorization (RFC 8628) and CIBA (CIBA Core).

Knows nothing of HTTP and of verdicts, and issues no tokens: it says whether they are due. No clock: every moment is an
argument. Not locked: its owner is.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Literal

from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.numeric_date import show_span

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold codes.
__tracebackhide__ = True

_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""RFC 8628 §6.1: no vowels, so that no words come of it; nothing that looks like something else."""

Decision = Literal["approved", "denied"]


@dataclass(slots=True, repr=False, eq=False)
class Awaited:
    """One login that waits for the user.

    Attributes:
        value: The ``device_code`` or ``auth_req_id`` that the client polls with.
        scope: What the client asked for, or None.
        expires_at: Until when it waits, a NumericDate.
        user_code: What the user types in (RFC 8628 §3.2); None for CIBA.
        decision: What the user said, or None as long as nothing was said.
        decided_at: When that was, a NumericDate.
        spent: Whether the tokens have been collected.
    """

    value: str
    scope: str | None
    expires_at: float
    user_code: str | None = None
    decision: Decision | None = None
    decided_at: float = 0
    spent: bool = False

    def error(self, now: float) -> str | None:
        """The ``error`` of a poll at *now* (RFC 8628 §3.5, CIBA Core §11); None if the tokens are due."""
        if self.spent:
            return "invalid_grant"
        if now >= self.expires_at:
            return "expired_token"
        if self.decision is None:
            return "authorization_pending"
        return None if self.decision == "approved" else "access_denied"

    def is_named(self, name: str) -> bool:
        """Whether *name* is what the client polls with, or its ``user_code``, as users type it (RFC 8628 §6.1)."""
        return name == self.value or (self.user_code is not None and _letters(name) == _letters(self.user_code))


class Approvals:
    """All logins that wait, or waited, for the user, in the order they were asked for."""

    __slots__ = ("_by_value",)

    def __init__(self) -> None:
        self._by_value: dict[str, Awaited] = {}

    def add(self, scope: str | None, expires_at: float, *, with_user_code: bool) -> Awaited:
        """Wait for the user until *expires_at*."""
        user_code = None
        if with_user_code:
            letters = "".join(secrets.choice(_LETTERS) for _ in range(8))
            user_code = f"{letters[:4]}-{letters[4:]}"
        awaited = Awaited(secrets.token_urlsafe(32), scope, expires_at, user_code)
        self._by_value[awaited.value] = awaited
        return awaited

    def find(self, value: str | None) -> Awaited | None:
        """The login that a client polls for with exactly *value*."""
        return None if value is None else self._by_value.get(value)

    def decide(self, decision: Decision, name: str | None, now: float) -> None:
        """Note what the user says: to the newest login that waits, or to the one called *name*.

        Raises:
            ConfigurationError: if no such login waits; the message says why, and repeats nothing that proves anything.
        """
        known = [one for one in self._by_value.values() if name is None or one.is_named(name)]
        waiting = [one for one in known if one.error(now) == "authorization_pending"]
        if not waiting:
            raise ConfigurationError(_why_none(known[-1] if known else None, len(self._by_value), name, now))
        waiting[-1].decision, waiting[-1].decided_at = decision, now


def _why_none(known: Awaited | None, count: int, name: str | None, now: float) -> str:
    which = "no login waits for the user" if name is None else "that login does not wait for the user"
    if known is None:
        asked = f"{count} were asked for" if count else "none was asked for"
        return (
            f"{which}: {asked} at the device authorization or backchannel authentication endpoint. "
            "Let the code under test start one first, and name it by its user_code, device_code or auth_req_id"
        )
    latest = "the newest" if name is None else "it"
    if known.decision is not None:
        return f"{which}: {latest} was {known.decision} already"
    return f"{which}: {latest} expired {show_span(now - known.expires_at)} before"


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).upper()
