"""Which moment is meant: by a number of seconds, an aware datetime, a text, or a token that expires then."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from pytest_jwtauth import jws, numeric_date
from pytest_jwtauth.errors import ConfigurationError

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold tokens.
__tracebackhide__ = True

Moment: TypeAlias = float | datetime.datetime | str
"""A NumericDate in seconds, an aware datetime, or ISO 8601 text with its zone (``2025-10-09T08:53:20Z``)."""

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def read_moment(when: object) -> datetime.datetime:
    """*when*, one of the kinds of `Moment`, as a datetime in UTC.

    Raises:
        ConfigurationError: for a moment without a time zone or outside the years 1 to 9999.
        TypeError: for anything else; the message lists what is accepted.
    """
    if isinstance(when, (int, float, numeric_date.HugeInteger)) and not isinstance(when, bool):
        return _read_number(when)
    moment = _read_text(when) if isinstance(when, str) else when
    if not isinstance(moment, datetime.datetime):
        raise TypeError(
            "a moment is a number of seconds since 1970, an aware datetime, or text (2025-10-09T08:53:20Z); got "
            f"{type(when).__name__}{'; to let time pass use tick(seconds)' * isinstance(when, datetime.timedelta)}"
        )
    if moment.utcoffset() is None:
        raise ConfigurationError(
            f"{when} has no time zone and so means another moment on every machine: add tzinfo "
            "(tzinfo=datetime.timezone.utc), or Z at the end of a text"
        )
    try:
        return moment.astimezone(datetime.timezone.utc)
    except OverflowError:
        raise _beyond_the_calendar(f"{when}") from None


def _read_text(text: str) -> datetime.datetime:
    # Not by dateutil, as freezegun would: it takes ten times as long as the move, and guesses. Python 3.10
    # reads neither Z nor a fraction of other than 3 or 6 digits.
    with_offset = re.sub(r"(?<=[0-9])[Zz]$", "+00:00", text)
    in_microseconds = re.sub(r"[.,]([0-9]+)", lambda found: f".{found[1]:0<6.6}", with_offset)
    try:
        return datetime.datetime.fromisoformat(in_microseconds)
    except ValueError:
        raise ConfigurationError(f"{text!r} is not a moment; write it like 2025-10-09T08:53:20Z") from None


def _read_number(seconds: float | numeric_date.HugeInteger) -> datetime.datetime:
    if isinstance(seconds, numeric_date.HugeInteger) or numeric_date.is_out_of_range(seconds):
        raise _beyond_the_calendar("a number that is not finite or lies beyond 2**53")
    try:
        return later(EPOCH, seconds)
    except ConfigurationError:
        meant = numeric_date.show(seconds / 1000)
        raise _beyond_the_calendar(f"{seconds} s since 1970 (if these are milliseconds: {meant})") from None


def later(moment: datetime.datetime, seconds: float) -> datetime.datetime:
    """*moment*, and *seconds* after it.

    Raises:
        ConfigurationError: if that is beyond the years 1 to 9999.
    """
    try:
        return moment + datetime.timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        raise _beyond_the_calendar(f"{shown(moment)} plus {seconds} s") from None


def _beyond_the_calendar(what: str) -> ConfigurationError:
    return ConfigurationError(f"a clock shows the years 1 to 9999, which leaves out {what}")


def shown(moment: datetime.datetime) -> str:
    """*moment* as messages write it, exact to the microsecond."""
    return numeric_date.show((moment - EPOCH).total_seconds())


def expiry_of(token: object) -> object:
    """The ``exp`` of *token*, a JWT, a mapping of claims, or what has ``.claims``.

    Messages show the names of claims, never their values.

    Raises:
        ConfigurationError: if it names no moment.
        TypeError: for anything else.
    """
    claims = _claims_of(token)
    if "exp" in claims:
        if numeric_date.not_a_number(claims["exp"]):
            raise ConfigurationError(f"the token's exp is {jws.kind_of(claims['exp'])}, not a number of seconds")
        return claims["exp"]
    if "access_token" in claims or "expires_in" in claims:
        raise ConfigurationError(
            "a token response tells how long its access token lives, not until when: pass a JWT out of it "
            "(response['id_token']), or use tick(response['expires_in'])"
        )
    raise ConfigurationError(f"the token has no exp, it has {', '.join(map(str, claims)) or 'no claims at all'}")


def _claims_of(token: object) -> Mapping[Any, Any]:
    claims = token if isinstance(token, Mapping) else getattr(token, "claims", None)
    if isinstance(claims, Mapping):
        return claims
    if not isinstance(token, str):
        raise TypeError(f"a token is a JWT, a mapping of claims, or has .claims; got {type(token).__name__}")
    read = jws.take_apart(token).claims_json
    if read is None:
        parts = token.count(".") + 1
        raise ConfigurationError(f"a JWT has 3 parts, this text has {parts}: opaque or encrypted, it names no expiry")
    if read.value is None:
        raise ConfigurationError(f"the claims of the JWT cannot be read: {read.detail}")
    if "exp" in read.duplicates:
        raise ConfigurationError("the claims of the JWT have exp more than once, so it names no single moment")
    return read.value
