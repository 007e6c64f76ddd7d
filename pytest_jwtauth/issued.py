"""What the stub has handed out and what it still honours: authorization codes, access tokens, refresh tokens.

Knows nothing of HTTP, of verdicts, or of the client that sends them back. Not locked: its owner is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from pytest_jwtauth import base64url
from pytest_jwtauth.errors import ConfigurationError, unknown_name

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold codes and tokens.
__tracebackhide__ = True

ChallengeMethod = Literal["S256", "plain"]
Kind = Literal["code", "access_token", "refresh_token"]
"""The tokens by the names of RFC 7009 §2.1."""

_CHALLENGES: Mapping[str, tuple[re.Pattern[str], str]] = {
    "S256": (
        re.compile(r"[A-Za-z0-9_-]{43}"),
        "43 characters of base64url without padding: BASE64URL(SHA256(code_verifier))",
    ),
    "plain": (re.compile(r"[A-Za-z0-9._~-]{43,128}"), "43 to 128 characters of A-Z a-z 0-9 - . _ ~"),
}
"""RFC 7636 §4.2: how a code challenge is spelled, by its method."""

_AWKWARD_ENDING = "+/=%41&"


@dataclass(frozen=True, slots=True, repr=False)
class Grant:
    """What the user agreed to, and what was said at the authorization endpoint.

    Attributes:
        scope: Scope granted, or None.
        nonce: Value to repeat in the ID Token (OIDC Core §3.1.2.1), or None.
        auth_time: When the user logged in, a NumericDate.
        redirect_uri: As sent to the authorization endpoint, or None if it was not sent.
        code_challenge, code_challenge_method: As sent there (RFC 7636 §4.3), or None.
        subject: Whose tokens they are; None: the user whom the stub knows.
        max_age: As sent there, in seconds (OIDC Core §3.1.2.1), or None.
    """

    scope: str | None
    auth_time: float
    nonce: str | None = None
    redirect_uri: str | None = None
    code_challenge: str | None = None
    code_challenge_method: ChallengeMethod | None = None
    subject: str | None = None
    max_age: float | None = None


@dataclass(slots=True, repr=False, eq=False)
class Family:
    """Everything that goes back to one authorization: the code of a login and all tokens issued on it, in turn."""

    grant: Grant
    revoked: bool = False


@dataclass(slots=True, repr=False, eq=False)
class Issued:
    """One code or token: what it stands for, and until when it is good. Times are NumericDates.

    Attributes:
        value: As handed out.
        kind: What it is.
        family: What it goes back to.
        scope: What it is good for, or None.
        issued_at, expires_at: Since when and until when; None: without end.
        spent_from: When it no longer works because a code was exchanged, or a refresh token replaced and its grace
            period is over; None if neither has happened.
        token_type: How an access token is used (RFC 6749 §7.1); None for what is no access token.
        revoked: Whether it was revoked by itself, or with its family.
    """

    value: str
    kind: Kind
    family: Family
    scope: str | None
    issued_at: float
    expires_at: float | None = None
    spent_from: float | None = None
    token_type: str | None = None
    _revoked: bool = False

    @property
    def revoked(self) -> bool:
        return self._revoked or self.family.revoked

    @property
    def spent(self) -> bool:
        """Whether it was exchanged or replaced."""
        return self.spent_from is not None

    def is_active(self, now: float) -> bool:
        """Whether it is good at *now*: neither expired nor revoked nor spent (RFC 7662 §2.2)."""
        ends = (self.expires_at, self.spent_from)
        return not self.revoked and all(end is None or now < end for end in ends)

    def revoke(self) -> None:
        """Make it worthless; with a refresh token go all tokens of its family (RFC 7009 §2.1)."""
        self._revoked = True
        if self.kind == "refresh_token":
            self.family.revoked = True


class Ledger:
    """All codes and tokens, in the order issued."""

    __slots__ = ("_of_kind",)

    def __init__(self) -> None:
        self._of_kind: dict[Kind, dict[str, Issued]] = {kind: {} for kind in get_args(Kind)}

    def add(self, issued: Issued) -> str:
        """Remember *issued*, and return its value."""
        self._of_kind[issued.kind][issued.value] = issued
        return issued.value

    def find(self, kind: Kind, value: str | None) -> Issued | None:
        """The entry for exactly *value*."""
        return None if value is None else self._of_kind[kind].get(value)

    def find_token(self, value: str | None) -> Issued | None:
        """The access token or refresh token that is exactly *value*."""
        return self.find("access_token", value) or self.find("refresh_token", value)

    def values(self) -> list[str]:
        """Every code and token."""
        return [value for entries in self._of_kind.values() for value in entries]

    def likeliest(self, kind: Kind) -> Issued | None:
        """What a client that sent an unknown value most probably meant: the newest usable one, else the newest."""
        newest = None
        for one in reversed(self._of_kind[kind].values()):
            if not one.spent and not one.revoked:
                return one
            newest = newest or one
        return newest


def new_code(*, awkward: bool) -> str:
    """An opaque authorization code; an *awkward* one does not survive a client that forgets to encode it."""
    return base64url.encode(os.urandom(24)) + (_AWKWARD_ENDING if awkward else "")


def new_token() -> str:
    """An opaque access token or refresh token."""
    return base64url.encode(os.urandom(32))


def read_grant(
    *,
    scope: Any,
    auth_time: float,
    nonce: Any = None,
    redirect_uri: Any = None,
    code_challenge: Any = None,
    code_challenge_method: Any = None,
    max_age: Any = None,
) -> Grant:
    """Check what a test says the browser sent to the authorization endpoint.

    Raises:
        ConfigurationError: for a value that is neither a string nor None, a challenge method without a challenge, an
            unknown method, a challenge that the method cannot have produced, and a ``max_age`` that is no number of
            seconds. No message repeats a credential.
    """
    given = {
        "scope": scope,
        "nonce": nonce,
        "redirect_uri": redirect_uri,
        "code_challenge": code_challenge,
        "code_challenge_method": code_challenge_method,
    }
    for name, value in given.items():
        if value is not None and not isinstance(value, str):
            raise ConfigurationError(f"{name} is a str or None; got {type(value).__name__}")
    if max_age is not None and (isinstance(max_age, bool) or not isinstance(max_age, (int, float)) or max_age < 0):
        raise ConfigurationError(f"max_age is a number of seconds, 0 or more, or None; got {max_age!r}")
    method = _method(code_challenge, code_challenge_method)
    return Grant(scope, auth_time, nonce, redirect_uri, code_challenge, method, max_age=max_age)


def _method(challenge: str | None, method: str | None) -> ChallengeMethod | None:
    if challenge is None:
        if method is not None:
            raise ConfigurationError("code_challenge_method was given without a code_challenge (RFC 7636 §4.3)")
        return None
    # RFC 7636 §4.3: a challenge sent without a method is a plain one.
    name = "plain" if method is None else method
    if name not in _CHALLENGES:
        raise unknown_name("code_challenge_method", method, _CHALLENGES)
    pattern, wanted = _CHALLENGES[name]
    if not pattern.fullmatch(challenge):
        assumed = " (none was given, which means plain)" if method is None else ""
        raise ConfigurationError(
            f"code_challenge for code_challenge_method {name}{assumed} has to be {wanted} (RFC 7636 §4.2); "
            f"got {len(challenge)} characters"
        )
    return "S256" if name == "S256" else "plain"
