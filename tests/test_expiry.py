"""Expiry scenarios: complete, and three agree on each: the table, the judge, and plain arithmetic once more."""

from __future__ import annotations

import base64
import datetime
import json
import pickle
import re
import zoneinfo
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from signing_clients import CLIENT, SERVER, client_for, request_with

from pytest_jwtauth import PROFILES, ClientAssertion, ConfigurationError, Profile, RegisteredClient, judge
from pytest_jwtauth.boundaries import BOUNDARIES
from pytest_jwtauth.expiry import ExpiryScenario, expiry_scenario, expiry_scenarios, left_out
from pytest_jwtauth.rules import RULES, level_of

NOW = 1_760_000_000.75
"""A clock has a fraction; the scenarios have none."""

WANTED: Mapping[str, tuple[str, ...]] = {
    "fresh": ("fresh",),
    "one second left": ("one-second-left",),
    "exactly at exp": ("exactly-at-exp",),
    "one second after": ("one-second-after-exp",),
    "inside, at and beyond a leeway": ("inside-leeway", "at-leeway", "beyond-leeway"),
    "long expired": ("long-expired",),
    "nbf now, ahead, ahead by a fraction": (
        *("nbf-now", "nbf-one-second-ahead", "nbf-ahead", "nbf-half-a-second-ahead"),
    ),
    "iat ahead by 1, 10, 60 s": ("iat-1s-ahead", "iat-10s-ahead", "iat-60s-ahead"),
    "too long a life for the profile, exactly the limit, one second more": (
        *("longest-life", "one-second-too-long", "far-too-long"),
    ),
    "no exp": ("no-exp",),
    "string, boolean, null": ("exp-string", "exp-iso-date", "exp-boolean", "exp-null", "exp-array"),
    "float, milliseconds, negative": ("exp-float", "exp-milliseconds", "exp-zero", "exp-relative", "exp-negative"),
    "1e400, 5,000 digits": ("exp-1e400", "exp-5000-digits"),
    "the naive-UTC bug": ("naive-utc-in-new-york", "naive-utc-in-kolkata", "naive-utc-in-utc"),
    "a DST change": ("dst-ends", "dst-wall-clock", "dst-hour-twice"),
    "a leap second": ("leap-second", "leap-second-over"),
    "2038-01-19": ("year-2038", "year-2038-wrapped"),
    "year 9999": ("year-9999",),
}
"""What there is to be, and the scenarios that are it."""


def client_of(profile: Profile) -> RegisteredClient:
    """A client whose assertions *profile* takes."""
    if profile.algorithms["client_secret_jwt"]:
        return CLIENT
    return client_for(next(alg for alg in ("ES256", "RS256", "PS256") if alg in profile.algorithms["private_key_jwt"]))


@cache
def scenarios(profile: str = "pingone") -> Mapping[str, ExpiryScenario]:
    chosen = PROFILES[profile]
    return {one.name: one for one in expiry_scenarios(client_of(chosen), SERVER, chosen, NOW)}


def broken(scenario: ExpiryScenario, profile: Profile, client: RegisteredClient) -> frozenset[str]:
    """The rules of level error that a request with the assertion breaks at that moment."""
    request = request_with(scenario.assertion, client, profile)
    verdict = judge(request, client=client, server=SERVER, profile=profile, now=scenario.now, leeway=scenario.leeway)
    return frozenset(violation.rule for violation in verdict.violations)


def test_the_scenarios_are_those_that_there_are_to_be() -> None:
    assert [name for names in WANTED.values() for name in names] == list(BOUNDARIES)


@pytest.mark.parametrize("profile", PROFILES)
def test_the_judge_agrees(profile: str) -> None:
    chosen, client = PROFILES[profile], client_of(PROFILES[profile])
    # What the request around it lacks in a profile (a scope, a User-Agent) is no business of its times.
    of_the_request = broken(scenarios(profile)["fresh"], chosen, client)
    wrong = []
    for scenario in scenarios(profile).values():
        found = broken(scenario, chosen, client) - of_the_request
        if (not found) != scenario.accepted or not found.issuperset({scenario.rule} - {None}):
            wrong.append((scenario, found))
    assert wrong == []


def claims_of(assertion: str) -> dict[str, Any]:
    """The claims as sent; numbers exact, whatever their size."""
    part = assertion.split(".")[1]
    text = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode("utf-8")
    read: dict[str, Any] = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    return read


def is_alive(assertion: str, now: int, leeway: int, profile: Profile) -> bool:
    """RFC 7519 §4.1.4–6 and what the profile's documents say about times, calculated a second time."""
    claims = claims_of(assertion)
    times = {name: claims[name] for name in ("exp", "nbf", "iat") if name in claims}
    if any(not isinstance(value, Decimal) or abs(value) > 10**11 for value in times.values()):
        return False
    if "exp" not in times:
        return False
    whole_only = level_of(RULES["claim-time-not-integer"], profile) == "error"
    if whole_only and any(value != int(value) for value in times.values()):
        return False
    exp, iat = times["exp"], times.get("iat")
    if exp + leeway <= now or (iat is not None and exp <= iat):
        return False
    if times.get("nbf", Decimal(now)) - now > leeway + profile.nbf_skew:
        return False
    start = iat if iat is not None and profile.lifetime_from == "iat" else Decimal(now)
    counts_life = profile.max_lifetime is not None and (profile.lifetime_from != "now without iat" or iat is None)
    if counts_life and exp - start > (profile.max_lifetime or 0):
        return False
    strict = level_of(RULES["iat-in-future"], profile) == "error"
    tolerated = profile.iat_skew if strict else profile.iat_far
    if iat is not None and float(iat) - now > leeway + tolerated:
        return False
    old = level_of(RULES["iat-too-old"], profile) == "error"
    return not (old and iat is not None and now - iat > profile.iat_max_age + leeway)


@pytest.mark.parametrize("profile", PROFILES)
def test_plain_arithmetic_agrees(profile: str) -> None:
    wrong = [
        name
        for name, scenario in scenarios(profile).items()
        if is_alive(scenario.assertion, scenario.now, scenario.leeway, PROFILES[profile]) != scenario.accepted
    ]
    assert wrong == []


def test_some_are_accepted_and_some_refused_everywhere() -> None:
    for profile in PROFILES:
        assert {scenario.accepted for scenario in scenarios(profile).values()} == {True, False}


PINGONE_REFUSES: Mapping[str, str] = {
    "exactly-at-exp": "exp-expired",
    "one-second-after-exp": "exp-expired",
    "at-leeway": "exp-expired",
    "nbf-half-a-second-ahead": "nbf-in-future",
    "one-second-too-long": "exp-too-far",
    "no-exp": "exp-missing",
    "exp-1e400": "claim-time-out-of-range",
    "naive-utc-in-new-york": "exp-too-far",
    "naive-utc-in-kolkata": "exp-expired",
    "dst-wall-clock": "exp-too-far",
    "year-9999": "claim-time-milliseconds",
}


@pytest.mark.parametrize("name", PINGONE_REFUSES)
def test_the_rule_that_refuses_is_named(name: str) -> None:
    assert scenarios()[name].rule == PINGONE_REFUSES[name]


@pytest.mark.parametrize(
    "name",
    [
        *("fresh", "one-second-left", "inside-leeway", "nbf-now", "iat-1s-ahead", "iat-60s-ahead", "longest-life"),
        *("exp-float", "naive-utc-in-utc", "dst-ends", "leap-second", "year-2038"),
    ],
)
def test_what_is_right_is_accepted_by_pingone(name: str) -> None:
    assert scenarios()[name].accepted
    assert scenarios()[name].rule is None


@pytest.mark.parametrize(
    ("name", "zone"), [("new-york", "America/New_York"), ("kolkata", "Asia/Kolkata"), ("utc", "UTC")]
)
def test_the_naive_bug_is_as_large_as_the_zone_makes_it(name: str, zone: str) -> None:
    scenario = scenarios()[f"naive-utc-in-{name}"]
    naive = datetime.datetime.fromtimestamp(scenario.now, datetime.timezone.utc).replace(tzinfo=None)
    assert naive.replace(tzinfo=zoneinfo.ZoneInfo(zone)).timestamp() == scenario.assertion.claims["iat"]


def test_local_time_across_the_end_of_summer_time_makes_the_times_of_the_scenarios() -> None:
    zone = zoneinfo.ZoneInfo("America/New_York")
    for name, shift in (("dst-ends", None), ("dst-wall-clock", 3600), ("dst-hour-twice", -3600)):
        scenario = scenarios()[name]
        local = datetime.datetime.fromtimestamp(scenario.now, zone)
        later = (local.replace(tzinfo=None) + datetime.timedelta(seconds=60)).replace(tzinfo=zone, fold=0)
        wall_clock = int(later.timestamp())
        assert scenario.assertion.claims["exp"] == (scenario.now + 60 if shift is None else wall_clock)
        assert shift is None or wall_clock == scenario.now + 60 + shift


def test_the_calendar_is_right_about_the_moments_with_a_date() -> None:
    moments = {name: scenarios()[name] for name in ("leap-second", "year-2038", "year-9999")}
    dates = {
        name: datetime.datetime.fromtimestamp(one.assertion.claims["exp"], datetime.timezone.utc).isoformat()
        for name, one in moments.items()
    }
    assert dates["leap-second"] == "2017-01-01T00:00:00+00:00"
    assert dates["year-9999"] == "9999-12-31T23:59:59+00:00"
    assert moments["year-2038"].now == 2**31 - 1
    assert scenarios()["year-2038-wrapped"].assertion.claims["exp"] == 2**31 - 1 + 60 - 2**32


def test_the_numbers_that_no_python_value_writes_are_sent() -> None:
    sent = {name: scenarios()[name].assertion.split(".")[1] for name in ("exp-1e400", "exp-5000-digits")}
    texts = {name: base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode() for name, part in sent.items()}
    assert '"exp":1e400,' in texts["exp-1e400"]
    assert '"exp":' + "9" * 5000 + "," in texts["exp-5000-digits"]


@pytest.mark.parametrize("profile", ["rfc7523", "oidc"])
def test_without_a_longest_life_its_scenarios_are_left_out_with_the_reason(profile: str) -> None:
    reasons = left_out(profile)
    assert set(reasons) == {"longest-life", "one-second-too-long", "far-too-long"}
    assert set(reasons.values()) == {f"profile {profile!r} sets no limit to the life"}
    assert set(scenarios(profile)) == set(BOUNDARIES) - set(reasons)
    with pytest.raises(ConfigurationError, match=f"no expiry scenario 'longest-life' here: profile '{profile}'"):
        expiry_scenario("longest-life", CLIENT, SERVER, profile, NOW)


def test_a_minute_ahead_is_left_out_where_an_assertion_lives_a_minute_at_most() -> None:
    reasons = left_out("helseid")
    assert set(reasons) == {"iat-60s-ahead"}
    assert "60 s ahead" in reasons["iat-60s-ahead"]


def test_an_unknown_name_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match=r"'exactly-at-expiry'. Did you mean 'exactly-at-exp'"):
        expiry_scenario("exactly-at-expiry", CLIENT, SERVER, "pingone", NOW)


def test_a_client_that_the_profile_never_accepts_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match=r"'fapi2' accepts no assertion of .*HS256.*takes nothing"):
        expiry_scenarios(CLIENT, SERVER, "fapi2")


def test_what_the_user_says_of_a_rule_counts() -> None:
    forgiving = PROFILES["pingone"].but(forced={"exp-expired": "off", "iat-in-future": "error"})
    changed = {one.name: one for one in expiry_scenarios(CLIENT, SERVER, forgiving, NOW)}
    assert changed["exactly-at-exp"].accepted
    assert changed["iat-1s-ahead"].rule == "iat-in-future"
    assert changed["exp-zero"].rule == "exp-not-after-iat"


def test_the_moment_is_the_present_one_without_its_fraction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_jwtauth.numeric_date.current_time", lambda: 1_700_000_000.9)
    fresh = next(iter(expiry_scenarios(CLIENT, SERVER)))
    assert (fresh.name, fresh.now, type(fresh.now)) == ("fresh", 1_700_000_000, int)
    assert fresh.assertion.claims["iat"] == fresh.now


def test_each_is_told_by_one_sentence() -> None:
    sentences = [one.explanation for one in scenarios().values()]
    assert len(set(sentences)) == len(sentences)
    assert all(re.fullmatch(r"[^\n]{10,120}\.", sentence) for sentence in sentences)


def test_the_repr_tells_the_verdict_and_no_assertion() -> None:
    at_exp, fresh = scenarios()["exactly-at-exp"], scenarios()["fresh"]
    assert repr(at_exp) == "<ExpiryScenario exactly-at-exp at 2025-10-09 08:53:20Z: refused by exp-expired>"
    assert repr(fresh) == "<ExpiryScenario fresh at 2025-10-09 08:53:20Z: accepted>"
    assert isinstance(fresh.assertion, ClientAssertion)
    assert str(pickle.loads(pickle.dumps(fresh)).assertion) == str(fresh.assertion)
