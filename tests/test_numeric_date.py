"""The only time arithmetic there is: at the boundary, one second and the least possible step before and after it."""

from __future__ import annotations

import datetime
import math
import threading
import time
from typing import Any

import pytest
from freezegun import freeze_time
from generated import often
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.numeric_date import (
    LARGEST,
    MILLISECONDS_FROM,
    ROUNDING,
    HugeInteger,
    check_seconds,
    current_time,
    exceeds,
    is_ahead,
    is_expired,
    is_integral,
    is_out_of_range,
    looks_like_milliseconds,
    not_a_number,
    show,
    show_span,
)

NOW = 1_760_000_000
HUGE = HugeInteger(5000, negative=False)
EPSILON = 2**-20
"""Seconds; less than any clock tells, and exact beside `NOW`."""


def test_the_limits_are_those_of_the_catalogue() -> None:
    assert (LARGEST, MILLISECONDS_FROM, ROUNDING) == (9_007_199_254_740_991, 100_000_000_000, 1)


@pytest.mark.parametrize("value", [0, -1, 1.5, 1e400, float("nan"), HUGE])
def test_a_json_number_is_a_number(value: object) -> None:
    assert not not_a_number(value)


@pytest.mark.parametrize("value", [True, False, None, "1760000000", [1], {}, 1j])
def test_anything_else_is_none(value: object) -> None:
    """`True` is an `int` to Python, not to JSON."""
    assert not_a_number(value)


@pytest.mark.parametrize("value", [0, 1, -1, LARGEST, -LARGEST, float(LARGEST), 0.5])
def test_within_the_range(value: float) -> None:
    assert not is_out_of_range(value)


@pytest.mark.parametrize(
    "value", [LARGEST + 1, -LARGEST - 1, float(LARGEST + 2), math.inf, -math.inf, math.nan, 10**400, HUGE]
)
def test_out_of_range(value: float | HugeInteger) -> None:
    assert is_out_of_range(value)


@pytest.mark.parametrize("value", [NOW, -0.5, 0, LARGEST])
def test_seconds_may_be_any_number_in_range(value: float) -> None:
    check_seconds("now", value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10**400, LARGEST + 1])
def test_seconds_that_nobody_can_reckon_with_are_refused(value: float) -> None:
    with pytest.raises(ConfigurationError, match=r"now is a finite number of seconds, below 2\^53"):
        check_seconds("now", value)


@pytest.mark.parametrize("value", [True, None, "1", HUGE])
def test_seconds_are_a_number(value: object) -> None:
    with pytest.raises(TypeError, match="leeway is a number of seconds; got "):
        check_seconds("leeway", value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (MILLISECONDS_FROM - 1, False),
        (MILLISECONDS_FROM, True),
        (MILLISECONDS_FROM - 0.25, False),
        (NOW, False),
        (NOW * 1000, True),
        (-NOW * 1000, False),
    ],
)
def test_milliseconds(value: float, expected: bool) -> None:
    assert looks_like_milliseconds(value) is expected


@pytest.mark.parametrize(
    ("value", "expected"), [(NOW, True), (float(NOW), True), (1.76e9, True), (NOW + 0.5, False), (-0.5, False)]
)
def test_whole_seconds(value: float, expected: bool) -> None:
    assert is_integral(value) is expected


EXPIRY: list[tuple[str, float, float, bool]] = [
    # what, now - exp, leeway, expired
    ("a second before", -1, 0, False),
    ("just before", -EPSILON, 0, False),
    ("at the moment itself", 0, 0, True),
    ("just after", EPSILON, 0, True),
    ("a second after", 1, 0, True),
    ("a leeway for rounding forgives nothing", 0, ROUNDING, True),
    ("nor does half of it", 0, ROUNDING / 2, True),
    ("a leeway just above it does", ROUNDING, ROUNDING + EPSILON, False),
    ("a second before the end of the leeway", 59, 60, False),
    ("just before the end of the leeway", 60 - EPSILON, 60, False),
    ("at the end of the leeway", 60, 60, True),
    ("a second after it", 61, 60, True),
]


@pytest.mark.parametrize(("since", "leeway", "expected"), [pytest.param(*row[1:], id=row[0]) for row in EXPIRY])
def test_expiry(since: float, leeway: float, expected: bool) -> None:
    assert is_expired(NOW, NOW + since, leeway) is expected


AHEAD: list[tuple[str, float, float, bool]] = [
    # what, moment - now, leeway, ahead
    ("a second before", -1, 0, False),
    ("at the moment itself", 0, 0, False),
    ("just ahead", EPSILON, 0, True),
    ("a second ahead", 1, 0, True),
    ("within the leeway", 1, 1, False),
    ("just past the leeway", 1 + EPSILON, 1, True),
    ("half a second ahead, which rounding explains", 0.5, 1, False),
]


@pytest.mark.parametrize(("until", "leeway", "expected"), [pytest.param(*row[1:], id=row[0]) for row in AHEAD])
def test_a_moment_that_is_still_to_come(until: float, leeway: float, expected: bool) -> None:
    assert is_ahead(NOW + until, NOW, leeway) is expected


@pytest.mark.parametrize(
    ("length", "expected"), [(3599, False), (3600, False), (3600 + EPSILON, True), (3601, True), (-3601, False)]
)
def test_a_limit_may_be_reached_but_not_passed(length: float, expected: bool) -> None:
    assert exceeds(NOW + length, NOW, 3600) is expected


SHOWN: list[tuple[str, float, str]] = [
    ("the beginning", 0, "1970-01-01 00:00:00Z"),
    ("now", NOW, "2025-10-09 08:53:20Z"),
    ("a float that is whole", float(NOW), "2025-10-09 08:53:20Z"),
    ("a fraction", NOW + 0.25, "2025-10-09 08:53:20.25Z"),
    ("a microsecond", 1e-06, "1970-01-01 00:00:00.000001Z"),
    ("before the beginning", -1, "1969-12-31 23:59:59Z"),
    ("year 5138", MILLISECONDS_FROM - 1, "5138-11-16 09:46:39Z"),
    ("milliseconds", MILLISECONDS_FROM, "year 5138"),
    ("milliseconds of today", NOW * 1000, "year 57742"),
    ("the last year of the calendar", 253_402_300_799, "year 9999"),
    ("the year after it", 253_402_300_800 + 31_556_952, "year 10000"),
    ("the first day of the calendar", -62_135_596_800, "0001-01-01 00:00:00Z"),
    ("a year before it", -62_135_596_800 - 31_556_952, "year 0"),
    ("the largest", LARGEST, "year 285428751"),
    ("the last that has a year", 10**17 - 1, "year 3168875820"),
    ("the first that has none", 10**17, "beyond the calendar"),
    ("infinity", math.inf, "beyond the calendar"),
    ("minus infinity", -math.inf, "beyond the calendar"),
    ("not a number", math.nan, "beyond the calendar"),
    ("a number without an end", 10**400, "beyond the calendar"),
]


@pytest.mark.parametrize(("moment", "text"), [pytest.param(*row[1:], id=row[0]) for row in SHOWN])
def test_moments_are_shown_as_utc(moment: float, text: str) -> None:
    assert show(moment) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (300, "300 s"),
        (300.0, "300 s"),
        (0.25, "0.250 s"),
        (-1.5, "-1.500 s"),
        (math.inf, "inf s"),
        (1e300, "beyond the calendar"),
        (math.nan, "beyond the calendar"),
    ],
)
def test_spans_are_shown_in_seconds(seconds: float, text: str) -> None:
    assert show_span(seconds) == text


@often
@given(st.integers() | st.floats())
@example(10**5000)
@example(-(10**5000))
@example(253_402_300_800)
def test_any_number_is_shown(moment: float) -> None:
    assert show(moment).isprintable()


@often
@given(st.integers() | st.floats())
@example(10**400)
@example(-(10**5000))
@example(math.nan)
def test_any_span_is_shown(seconds: float) -> None:
    """An integer may be too large for a float, and have more digits than Python agrees to write."""
    assert show_span(seconds).isprintable()


@often
@given(st.floats(-1e15, 1e15), st.floats(-1e15, 1e15), st.floats(0, 1e6))
def test_what_is_ahead_has_not_expired(moment: float, now: float, leeway: float) -> None:
    assert not (is_ahead(moment, now, leeway) and is_expired(moment, now, leeway))


@often
@given(st.integers(-(2**53), 2**53), st.integers(0, 2**40))
def test_later_clocks_only_let_more_expire(exp: int, later: int) -> None:
    if is_expired(exp, 0, 0):
        assert is_expired(exp, later, 0)


@often
@given(st.integers(0, 253_402_300_799 - 1).filter(lambda moment: moment < MILLISECONDS_FROM))
def test_what_is_shown_can_be_read_back(moment: int) -> None:
    read = datetime.datetime.strptime(show(moment), "%Y-%m-%d %H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)
    assert read.timestamp() == moment


def test_the_current_time_is_the_frozen_one_in_every_thread() -> None:
    """`time.time()` is the real time in a thread whose call stack is shallow."""
    told: list[float] = []
    with freeze_time("2030-01-01"):
        thread = threading.Thread(target=lambda: told.append(current_time()))
        thread.start()
        thread.join()
        assert told == [current_time()] == [1_893_456_000]


def test_where_no_clock_is_frozen_the_current_time_is_that_of_the_system() -> None:
    before = time.time()
    assert before - 1 < current_time() < time.time() + 1


def test_a_huge_integer_does_not_change() -> None:
    with pytest.raises(AttributeError):
        HUGE.digits = 1  # type: ignore[misc]
    assert len({HUGE, HugeInteger(5000, negative=False)}) == 1
    assert not hasattr(HUGE, "__dict__")


def test_a_huge_integer_tells_its_size_alone() -> None:
    shown: Any = repr(HugeInteger(5000, negative=True))
    assert shown == "HugeInteger(digits=5000, negative=True)"
