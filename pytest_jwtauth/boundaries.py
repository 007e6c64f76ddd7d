"""The edges of an assertion's life, one row each: what its times are, and what the rules find in them.

Data by the numbers of a profile. Signs nothing, judges nothing, reads no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from pytest_jwtauth.client_assertion import default_lifetime
from pytest_jwtauth.deserved import Found
from pytest_jwtauth.model import Json, Level, Profile

LEEWAY = 60
"""Seconds, where a scenario is about leeway."""
HOUR = 3600
LONG_LIFE = 300
"""Seconds from which on a life is long to the rule `exp-lifetime-hygiene`."""

Times: TypeAlias = "Callable[[Profile, int], Mapping[str, Json]]"
"""From the profile and the moment: the claims that differ; None as a name's value is JSON's null."""
Findings: TypeAlias = "Callable[[Profile], list[Found]]"

ABSENT = object()
"""As the value of a claim: leave it out."""


@dataclass(frozen=True, slots=True)
class Boundary:
    """One row of the table.

    Attributes:
        explanation: What it is about, one sentence.
        times: The claims that make it.
        found: What the rules find in it.
        leeway: Seconds of tolerance.
        at: The only moment at which it makes sense, a NumericDate; None: any.
        exp_json: ``exp`` as JSON text, where no Python value writes it.
        unfit: Why it does not exist in a profile, or the empty text.
    """

    explanation: str
    times: Times
    found: Findings
    leeway: int = 0
    at: int | None = None
    exp_json: str = ""
    unfit: Callable[[Profile], str] = lambda _profile: ""


def _life(profile: Profile) -> int:
    return default_lifetime(profile)


def _finds(*rules: str) -> Findings:
    return lambda _profile: [(rule, None) for rule in rules]


def _both(*several: Findings) -> Findings:
    return lambda profile: [found for one in several for found in one(profile)]


def _iat_ahead(seconds: int) -> Findings:
    def look(profile: Profile) -> list[Found]:
        far: Level | None = "error" if seconds > profile.iat_far else None
        return [("iat-in-future", far)] if seconds > profile.iat_skew else []

    return look


def _nbf_ahead(seconds: float) -> Findings:
    return lambda profile: [("nbf-in-future", None)] if seconds > profile.nbf_skew else []


def _lives(seconds: Callable[[Profile], int], *, ahead: int = 0) -> Findings:
    """What the length of a life comes to, where ``iat`` lies *ahead* of now."""

    def look(profile: Profile) -> list[Found]:
        life = seconds(profile)
        length = life if profile.lifetime_from == "iat" else life + ahead
        found: list[Found] = [("exp-lifetime-hygiene", None)] if life > LONG_LIFE else []
        if profile.lifetime_from == "now without iat":
            return found
        if profile.max_lifetime is None:
            return [*found, ("exp-too-far", None)] if length > HOUR else found
        return [("exp-too-far", "error"), *found] if length > profile.max_lifetime else found

    return look


def _expires(seconds: int) -> Times:
    """``exp`` lies *seconds* after now, and the assertion has lived its usual life by then."""
    return lambda profile, now: {"exp": now + seconds, "iat": now + seconds - _life(profile)}


def _made(seconds: int) -> Times:
    """It was made *seconds* after now, in the future that is, and lives its usual life."""
    return lambda profile, now: {"iat": now + seconds, "exp": now + seconds + _life(profile)}


def _made_ahead(seconds: int) -> Boundary:
    """By a clock that is ahead, but with an ``exp`` that the profile takes."""

    def times(profile: Profile, now: int) -> Mapping[str, Json]:
        exp = seconds + _life(profile)
        if profile.lifetime_from == "now" and profile.max_lifetime is not None:
            exp = min(exp, profile.max_lifetime)
        return {"iat": now + seconds, "exp": now + exp}

    def unfit(profile: Profile) -> str:
        if profile.lifetime_from != "now" or profile.max_lifetime is None or profile.max_lifetime > seconds:
            return ""
        return f"no exp that profile {profile.name!r} takes lies after an iat that is {seconds} s ahead"

    plural = "s" if seconds > 1 else ""
    return Boundary(
        f"The client's clock is {seconds} second{plural} ahead, and iat with it.",
        times,
        _iat_ahead(seconds),
        unfit=unfit,
    )


def _no_maximum(profile: Profile) -> str:
    return "" if profile.max_lifetime is not None else f"profile {profile.name!r} sets no limit to the life"


def _of_maximal_life(explanation: str, life: Callable[[int], int]) -> Boundary:
    def seconds(profile: Profile) -> int:
        return life(profile.max_lifetime or HOUR)

    def times(profile: Profile, now: int) -> Mapping[str, Json]:
        # Such a server looks at exp alone only where there is no iat.
        without_iat = profile.lifetime_from == "now without iat"
        return {"exp": now + seconds(profile), "iat": ABSENT if without_iat else now}

    def found(profile: Profile) -> list[Found]:
        too_far: list[Found] = [("exp-too-far", "error")] if seconds(profile) > (profile.max_lifetime or HOUR) else []
        return [*too_far, *([("exp-lifetime-hygiene", None)] if seconds(profile) > LONG_LIFE else [])]

    return Boundary(explanation, times, found, unfit=_no_maximum)


def _exp(value: Callable[[Profile, int], Json]) -> Times:
    return lambda profile, now: {"exp": value(profile, now)}


def _right(profile: Profile, now: int) -> int:
    return now + _life(profile)


_NOTHING = _finds()
_EXPIRED = _finds("exp-expired")
_BEFORE_IAT = _finds("exp-expired", "exp-not-after-iat")
_NOT_A_NUMBER = _finds("claim-time-not-number")
_OUT_OF_RANGE = _finds("claim-time-out-of-range")

WINTER_NOON = 1_736_942_400
"""2025-01-15T12:00:00Z: five hours earlier by the clocks of New York, five and a half later by those of Kolkata."""
BEFORE_AUTUMN = 1_762_063_170
"""2025-11-02T05:59:30Z: half a minute later the clocks of New York go back from 02:00 to 01:00."""
LEAP_SECOND = 1_483_228_800
"""2017-01-01T00:00:00Z, before which a second was inserted."""
END_OF_INT32 = 2**31 - 1
"""2038-01-19T03:14:07Z."""
END_OF_CALENDAR = 253_402_300_799
"""9999-12-31T23:59:59Z."""

BOUNDARIES: Mapping[str, Boundary] = MappingProxyType(
    {
        "fresh": Boundary("It was made this second.", _made(0), _NOTHING),
        "one-second-left": Boundary("Its last second has begun.", _expires(1), _NOTHING),
        "exactly-at-exp": Boundary("It is exp: the first moment at which it must be refused.", _expires(0), _EXPIRED),
        "one-second-after-exp": Boundary("It expired a second ago.", _expires(-1), _EXPIRED),
        "inside-leeway": Boundary(
            "It expired 59 seconds ago, and the server forgives less than 60.", _expires(1 - LEEWAY), _NOTHING, LEEWAY
        ),
        "at-leeway": Boundary(
            "It expired 60 seconds ago: a leeway of 60 is used up.", _expires(-LEEWAY), _EXPIRED, LEEWAY
        ),
        "beyond-leeway": Boundary(
            "It expired 61 seconds ago, and the server forgives less than 60.", _expires(-1 - LEEWAY), _EXPIRED, LEEWAY
        ),
        "long-expired": Boundary("It expired a day ago.", _expires(-24 * HOUR), _both(_EXPIRED, _finds("iat-too-old"))),
        "nbf-now": Boundary("It is valid from this second on.", lambda _, now: {"nbf": now}, _NOTHING),
        "nbf-one-second-ahead": Boundary(
            "It is valid a second from now.", lambda _, now: {"nbf": now + 1}, _nbf_ahead(1)
        ),
        "nbf-ahead": Boundary(
            "It is valid half its life from now.",
            lambda profile, now: {"nbf": now + _life(profile) // 2},
            lambda profile: _nbf_ahead(_life(profile) // 2)(profile),
        ),
        "nbf-half-a-second-ahead": Boundary(
            "It is valid half a second from now: nbf was made without int().",
            lambda _, now: {"nbf": now + 0.5},
            _both(_nbf_ahead(0.5), _finds("claim-time-not-integer")),
        ),
        "iat-1s-ahead": _made_ahead(1),
        "iat-10s-ahead": _made_ahead(10),
        "iat-60s-ahead": _made_ahead(60),
        "longest-life": _of_maximal_life("It lives exactly as long as the profile allows.", lambda longest: longest),
        "one-second-too-long": _of_maximal_life(
            "It lives a second longer than the profile allows.", lambda longest: longest + 1
        ),
        "far-too-long": _of_maximal_life("It lives twice as long as the profile allows.", lambda longest: 2 * longest),
        "no-exp": Boundary("It never expires, for it has no exp.", _exp(lambda *_: ABSENT), _finds("exp-missing")),
        "exp-string": Boundary(
            "exp is the right number, in quotes.", _exp(lambda *given: str(_right(*given))), _NOT_A_NUMBER
        ),
        "exp-iso-date": Boundary(
            "exp is a date as people write it.", _exp(lambda *_: "2099-12-31T23:59:59Z"), _NOT_A_NUMBER
        ),
        "exp-boolean": Boundary("exp is true, which Python takes for 1.", _exp(lambda *_: True), _NOT_A_NUMBER),
        "exp-null": Boundary("exp is null, which is not the same as absent.", _exp(lambda *_: None), _NOT_A_NUMBER),
        "exp-array": Boundary(
            "exp is an array with the right number in it.", _exp(lambda *given: [_right(*given)]), _NOT_A_NUMBER
        ),
        "exp-float": Boundary(
            "exp has half a second, as RFC 7519 allows: time.time() without int().",
            _exp(lambda *given: _right(*given) - 0.5),
            _finds("claim-time-not-integer"),
        ),
        "exp-milliseconds": Boundary(
            "exp counts milliseconds, as JavaScript does: it lives for fifty thousand years.",
            _exp(lambda *given: _right(*given) * 1000),
            _finds("claim-time-milliseconds"),
        ),
        "exp-zero": Boundary("exp is 0: 1970.", _exp(lambda *_: 0), _BEFORE_IAT),
        "exp-relative": Boundary(
            "exp is the length of its life, as if counted from now.",
            _exp(lambda profile, _: _life(profile)),
            _BEFORE_IAT,
        ),
        "exp-negative": Boundary("exp is -1: 1969.", _exp(lambda *_: -1), _BEFORE_IAT),
        "exp-1e400": Boundary(
            "exp is 1e400, which many readers take for infinity.", _exp(_right), _OUT_OF_RANGE, exp_json="1e400"
        ),
        "exp-5000-digits": Boundary(
            "exp is an integer of 5,000 digits, which Python refuses to read.",
            _exp(_right),
            _OUT_OF_RANGE,
            exp_json="9" * 5000,
        ),
        "naive-utc-in-new-york": Boundary(
            "datetime.utcnow().timestamp() on a machine in New York: five hours ahead in winter.",
            _made(5 * HOUR),
            _both(_lives(_life, ahead=5 * HOUR), _iat_ahead(5 * HOUR)),
            at=WINTER_NOON,
        ),
        "naive-utc-in-kolkata": Boundary(
            "datetime.utcnow().timestamp() on a machine in Kolkata: five and a half hours behind.",
            _made(-11 * HOUR // 2),
            _both(_EXPIRED, _finds("iat-too-old")),
            at=WINTER_NOON,
        ),
        "naive-utc-in-utc": Boundary(
            "datetime.utcnow().timestamp() on a machine in UTC: right by accident.", _made(0), _NOTHING, at=WINTER_NOON
        ),
        "dst-ends": Boundary(
            "The clocks of New York go back during its life: seconds since 1970 do not notice.",
            _made(0),
            _NOTHING,
            at=BEFORE_AUTUMN,
        ),
        "dst-wall-clock": Boundary(
            "exp was made by adding to local time while the clocks of New York went back: an hour too late.",
            lambda profile, now: {"iat": now, "exp": _right(profile, now) + HOUR},
            _lives(lambda profile: _life(profile) + HOUR),
            at=BEFORE_AUTUMN,
        ),
        "dst-hour-twice": Boundary(
            "(datetime.now() + timedelta(…)).timestamp() in the hour that comes twice: the first one is meant.",
            lambda profile, now: {"iat": now, "exp": _right(profile, now) - HOUR},
            _BEFORE_IAT,
            at=BEFORE_AUTUMN + 1830,
        ),
        "leap-second": Boundary(
            "A second was inserted before exp, which NumericDate does not count: one second is left.",
            _expires(1),
            _NOTHING,
            at=LEAP_SECOND - 1,
        ),
        "leap-second-over": Boundary(
            "exp comes right after an inserted second, and is now.", _expires(0), _EXPIRED, at=LEAP_SECOND
        ),
        "year-2038": Boundary(
            "exp is the first that 32 bits with a sign cannot hold, or later.", _made(0), _NOTHING, at=END_OF_INT32
        ),
        "year-2038-wrapped": Boundary(
            "exp did not fit into 32 bits and became a moment of 1901.",
            lambda profile, now: {"iat": now, "exp": _right(profile, now) - 2**32},
            _BEFORE_IAT,
            at=END_OF_INT32,
        ),
        "year-9999": Boundary(
            "exp is the last second of the calendar, meant as never.",
            _exp(lambda *_: END_OF_CALENDAR),
            _finds("claim-time-milliseconds"),
        ),
    }
)
"""Name to row, in the order in which tests run."""
