"""NumericDate (RFC 7519 §2): read it, compare it with leeway, show it as UTC. The only room with time arithmetic."""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass

from pytest_jwtauth.errors import ConfigurationError

LARGEST = 2**53 - 1
"""Above this a JSON number is not exact in other readers (RFC 8259 §6)."""

MILLISECONDS_FROM = 10**11
"""As seconds this is the year 5138; what is larger was meant as milliseconds."""


@dataclass(frozen=True, slots=True)
class HugeInteger:
    """Stands for an integer with more digits than Python agrees to read (CPython stops at 4,300)."""

    digits: int
    negative: bool


def current_time() -> float:
    """The time now, in seconds since 1970, or the frozen time where a test froze it.

    Through `datetime`, not `time.time`: under freezegun the latter gives the real time in a thread whose call stack is
    shallow, the former never does, so stub and signer agree in every thread.
    """
    return datetime.datetime.now(datetime.timezone.utc).timestamp()


def not_a_number(value: object) -> bool:
    """Whether *value* is something other than a JSON number. ``True`` is an ``int`` to Python, not to JSON."""
    return isinstance(value, bool) or not isinstance(value, (int, float, HugeInteger))


def is_out_of_range(value: int | float | HugeInteger) -> bool:
    """Whether *value* is infinite, or so far from zero that other readers take it for another number."""
    return isinstance(value, HugeInteger) or not -LARGEST <= value <= LARGEST


def check_seconds(name: str, value: object) -> None:
    """Refuse what a test gives as a time, or a length of time, and nobody can reckon with.

    Raises:
        TypeError: for what is no number.
        ConfigurationError: for what is not finite, or 2^53 and more.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} is a number of seconds; got {type(value).__name__}")
    if is_out_of_range(value):
        raise ConfigurationError(f"{name} is a finite number of seconds, below 2^53")


def looks_like_milliseconds(value: int | float) -> bool:
    """Whether *value*, taken as seconds, lies thousands of years ahead."""
    return value >= MILLISECONDS_FROM


def is_integral(value: int | float) -> bool:
    """Whether *value* has no fractional part; ``1700000000.0`` has none."""
    return isinstance(value, int) or value.is_integer()


ROUNDING = 1
"""Seconds; a leeway up to this makes up for times rounded to whole seconds, not for clocks that differ."""


def is_expired(exp: float, now: float, leeway: float) -> bool:
    """Whether *now* is «on or after» *exp* (RFC 7519 §4.1.4); the moment of *exp* itself is too late.

    Rounding may put ``nbf`` or ``iat`` ahead of the clock, so a leeway of one second or less forgives that. It cannot
    bring ``exp`` behind the clock unless the assertion was made to live less than that second, so it forgives no
    ``exp``: what was signed to expire at once is expired.
    """
    return now >= exp + (leeway if leeway > ROUNDING else 0)


def is_ahead(moment: float, now: float, leeway: float) -> bool:
    """Whether *moment* is still to come; the moment itself is not (RFC 7519 §4.1.5: «before»)."""
    return moment > now + leeway


def exceeds(later: float, earlier: float, limit: float) -> bool:
    """Whether *later* lies more than *limit* seconds after *earlier*; exactly *limit* does not."""
    return later - earlier > limit


def show(moment: float) -> str:
    """*moment* as UTC text, or the year where the calendar ends."""
    try:
        read = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=moment)
    except (OverflowError, ValueError):
        return f"year {1970 + int(moment // 31556952)}" if abs(moment) < 10**17 else "beyond the calendar"
    if moment >= MILLISECONDS_FROM:
        return f"year {read.year}"
    text = read.isoformat(" ", "seconds")
    return f"{text}.{read.microsecond:06d}".rstrip("0") + "Z" if read.microsecond else f"{text}Z"


def show_span(seconds: float) -> str:
    """A length of time in seconds, whole where it is whole."""
    if is_out_of_range(seconds) and abs(seconds) != math.inf:
        return "beyond the calendar"
    return f"{int(seconds)} s" if is_integral(seconds) else f"{seconds:.3f} s"
