"""The times of an assertion: what each rule refuses, and what it lets pass."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from requests_under_test import (
    ABSENT,
    CLIENT,
    CLIENT_ID,
    NOW,
    SERVER,
    a_key,
    a_key_client,
    an_assertion,
    claims_of,
    json_octets,
)
from rules.tables import Row, broken, check, each, kept

from pytest_jwtauth.parameters import JWT_BEARER
from pytest_jwtauth.profiles import PROFILES
from pytest_jwtauth.registered_client import RegisteredClient

LONG = ["exp-lifetime-hygiene"]
EXPIRED = ["exp-expired"]
FAR = ["exp-too-far", "exp-lifetime-hygiene"]
"""What comes with times that are years ahead."""
ISSUER = {"aud": SERVER.issuer}
ADVISED = PROFILES["rfc7523"].but(advised_lifetime=600)


def times(exp: Any = NOW + 300, *, iat: Any = NOW, nbf: Any = ABSENT) -> Mapping[str, Any]:
    """Changes to the times of a right assertion."""
    return {"claims": {"exp": exp, "iat": iat, "nbf": nbf}}


def without_iat(exp: Any) -> Mapping[str, Any]:
    """Changes for an assertion that tells no more than when it ends."""
    return times(exp, iat=ABSENT)


def written(name: str, number: str) -> bytes:
    """Claims in which the number stands as it was written."""
    return json_octets({**claims_of(CLIENT, SERVER.token_endpoint), name: "HERE"}).replace(b'"HERE"', number.encode())


@cache
def named(alg: str) -> RegisteredClient:
    """A client with one key, whose name its assertions give."""
    return RegisteredClient(CLIENT_ID, jwks={"keys": [a_key(alg, "one")]})


def of_the_issuer(profile: str, alg: str, exp: int, iat: Any = ABSENT, **more: Any) -> dict[str, Any]:
    """A right request for a profile that wants the issuer as audience and asymmetric keys, but for its times."""
    return {
        "profile": profile,
        "client": lambda: named(alg),
        "claims": {**ISSUER, "exp": exp, "iat": iat, **more},
    }


def keycloak(exp: int, iat: Any = NOW) -> dict[str, Any]:
    """A right request under the profile of Keycloak but for its times."""
    return {"profile": "keycloak", "claims": {**ISSUER, "exp": exp, "iat": iat}}


def google(exp: int, iat: Any = NOW) -> dict[str, Any]:
    """A right request under Google's profile but for its times: the assertion is the grant."""

    def fields() -> dict[str, Any]:
        claims = {"aud": "https://oauth2.googleapis.com/token", "exp": exp, "iat": iat}
        assertion = an_assertion(client=named("RS256"), claims=claims)
        return {"assertion": assertion, "client_assertion": ABSENT, "client_assertion_type": ABSENT}

    return {"profile": "google-sa", "client": lambda: named("RS256"), "grant": JWT_BEARER, "fields": fields}


TABLES: dict[str, list[Row]] = {
    "exp-missing": [
        broken("absent", claims={"exp": ABSENT}, says="no exp"),
        broken("in capitals", claims={"exp": ABSENT, "EXP": NOW + 300}),
        broken("no claims at all", payload=b"{}", also=["iss-missing", "sub-missing", "aud-missing", "jti-missing"]),
        broken("absent under pingone", claims={"exp": ABSENT}, profile="pingone"),
        kept("null", claims={"exp": None}, also=["claim-time-not-number"]),
        kept("0", claims={"exp": 0}, also=["exp-expired", "exp-not-after-iat"]),
        kept(
            "the other claims are missing",
            payload=json_octets({"exp": NOW + 300}),
            also=[
                "iss-missing",
                "sub-missing",
                "aud-missing",
                "jti-missing",
            ],
        ),
    ],
    "claim-time-not-number": [
        broken("digits as a string", claims={"exp": str(NOW + 300)}, says="exp is a string", wants="number"),
        broken("a date", claims={"exp": "2025-10-09T08:58:20Z"}, says="exp is a string"),
        broken("true", claims={"exp": True}, says="exp is a boolean"),
        broken("false", claims={"nbf": False}, says="nbf is a boolean"),
        broken("null", claims={"exp": None}, says="exp is null"),
        broken("an array", claims={"exp": [NOW + 300]}, says="exp is an array"),
        broken("an object", claims={"exp": {"s": NOW + 300}}, says="exp is an object"),
        broken("iat is a string", claims={"iat": str(NOW)}, says="iat is a string"),
        broken("nbf is the empty string", claims={"nbf": ""}, says="nbf is a string"),
        broken("all three", **times("1", iat="1", nbf="1"), says="exp is a string; nbf is a string; iat is a string"),
        broken("NaN as a string", claims={"exp": "NaN"}),
        kept("nbf and iat are absent", claims={"iat": ABSENT}),
        kept("an exponent", payload=written("exp", "176000030e1")),
        kept("a fraction", claims={"exp": NOW + 299.5}, also=["claim-time-not-integer"]),
        kept("thousands of digits", payload=written("exp", "1" * 5000), also=["claim-time-out-of-range"]),
        kept("another claim about time", claims={"auth_age": "5"}),
    ],
    "claim-time-out-of-range": [
        broken("infinite", payload=written("exp", "1e400"), says="exp"),
        broken("infinitely long ago", payload=written("iat", "-1e400"), says="iat"),
        broken("finite, but vast", payload=written("exp", "1e300")),
        broken("thousands of digits", payload=written("exp", "1" * 5000)),
        broken("thousands of digits after a minus", payload=written("exp", "-" + "1" * 5000)),
        broken("just not exact in other readers", claims={"exp": 2**53}),
        broken("as far in the past", claims={"exp": -(2**53)}),
        broken("two of them", **times(2**60, nbf=2**60), says="exp, nbf"),
        kept("the largest exact number", claims={"exp": 2**53 - 1}, also=["claim-time-milliseconds"]),
        kept("the smallest exact number", claims={"exp": -(2**53) + 1}, also=["exp-expired", "exp-not-after-iat"]),
        kept("negative", claims={"exp": -1}, also=["exp-expired", "exp-not-after-iat"]),
        kept("0", claims={"nbf": 0}),
        kept("another claim", payload=written("size", "1e400")),
        kept("a text of many digits", claims={"exp": "9" * 40}, also=["claim-time-not-number"]),
    ],
    "claim-time-milliseconds": [
        broken(
            "exp",
            claims={"exp": (NOW + 300) * 1000},
            says=("exp is 1760000300000", "2025-10-09 08:58:20Z"),
            wants="seconds",
        ),
        broken("iat", claims={"iat": NOW * 1000}, says="iat is 1760000000000"),
        broken("nbf", claims={"nbf": NOW * 1000}, says="nbf is"),
        broken("all three", **times((NOW + 300) * 1000, iat=NOW * 1000, nbf=NOW * 1000), says="exp is"),
        broken("with a fraction", claims={"exp": (NOW + 300) * 1000 + 0.5}, says="08:58:20"),
        broken("microseconds", claims={"exp": (NOW + 300) * 10**6}),
        broken("the first number that is meant so", claims={"exp": 10**11}),
        kept("the last number that is not", claims={"exp": 10**11 - 1}, also=FAR),
        kept("seconds", **times(NOW + 300, nbf=NOW)),
        kept("out of range", claims={"exp": 2**60}, also=["claim-time-out-of-range"]),
        kept("as a string", claims={"exp": str(NOW * 1000)}, also=["claim-time-not-number"]),
        kept("null", claims={"iat": None}, also=["claim-time-not-number"]),
        kept("long before 1970", claims={"iat": -(10**11)}, also=["iat-too-old", "exp-lifetime-hygiene"]),
    ],
    "claim-time-not-integer": [
        broken("exp", claims={"exp": NOW + 299.25}, says=("exp is 1760000299.25", "int()"), wants="whole seconds"),
        broken("nbf", claims={"nbf": NOW - 0.5}, says="nbf is"),
        broken("iat", claims={"iat": NOW - 0.5}, also=LONG, says="iat is"),
        broken("an error at Okta", claims={"exp": NOW + 299.5}, profile="okta", level="error"),
        broken(
            "an error at GOV.UK",
            profile="govuk",
            level="error",
            client=a_key_client,
            claims={"exp": NOW + 299.5},
        ),
        broken(
            "an error for SMART",
            profile="smart",
            level="error",
            client=lambda: named("ES384"),
            claims={"exp": NOW + 299.5},
        ),
        kept("a fraction of nothing", claims={"exp": NOW + 299.0}),
        kept("an exponent", payload=written("exp", "1.7600003e9")),
        kept("milliseconds with a fraction", claims={"exp": NOW * 1000 + 0.5}, also=["claim-time-milliseconds"]),
        kept("a string with a fraction", claims={"exp": "1760000300.5"}, also=["claim-time-not-number"]),
        kept("another claim", claims={"weight": 0.5}),
    ],
    "exp-expired": [
        broken("now", **times(NOW, iat=NOW - 1), says="the moment it was received", wants="later than 2025-10-09"),
        broken("a second ago", **times(NOW - 1, iat=NOW - 60), says=("08:53:19Z", "1 s before")),
        broken("half a second ago", **times(NOW, iat=NOW - 60), now=NOW + 0.5, says="0.500 s before"),
        broken("0", claims={"exp": 0, "iat": ABSENT}),
        broken("-1", claims={"exp": -1, "iat": ABSENT}),
        broken("the lifetime in its place", claims={"exp": 300}, also=["exp-not-after-iat"], says="1970-01-01"),
        broken("a leeway of a second", **times(NOW - 1, iat=NOW - 60), leeway=1),
        broken("now, with a leeway of a second", **times(NOW, iat=NOW - 60), leeway=1),
        broken("as long ago as the leeway", **times(NOW - 2, iat=NOW - 60), leeway=2),
        broken("in the profile with the widest tolerance", **keycloak(NOW - 1, NOW - 30)),
        kept("in a second", **times(NOW + 1)),
        kept("in half a second", **times(NOW + 1), now=NOW + 0.5),
        kept("in half a second, as a fraction", **times(NOW + 0.5), also=["claim-time-not-integer"]),
        kept("a second less ago than the leeway", **times(NOW - 1, iat=NOW - 60), leeway=2),
        kept("absent", claims={"exp": ABSENT}, also=["exp-missing"]),
        kept("a string of the past", claims={"exp": "1"}, also=["claim-time-not-number"]),
    ],
    "exp-too-far": [
        broken(
            "over an hour",
            **times(NOW + 3601),
            also=LONG,
            says="3601 s after now",
            wants=("at most 3600 s", "known servers"),
        ),
        broken("half a second over an hour", **times(NOW + 3600.5), also=[*LONG, "claim-time-not-integer"]),
        broken("over an hour, without iat", **without_iat(NOW + 3601), also=LONG),
        broken("over an hour and the leeway", **times(NOW + 3606), leeway=5, also=LONG),
        broken("a year", **times(NOW + 31_536_000), also=LONG),
        broken("as far as 1970 is behind", **times(2 * NOW), also=LONG, says=f"{NOW} s after now"),
        broken(
            "an error at PingOne",
            **times(NOW + 3601),
            profile="pingone",
            level="error",
            also=LONG,
            wants="at most 3600 s",
        ),
        broken("an error at Okta", **times(NOW + 3601), profile="okta", level="error", also=LONG),
        broken(
            "five minutes and a second at Auth0",
            **of_the_issuer("auth0", "RS256", NOW + 301, NOW + 5),
            level="error",
            wants="300 s",
        ),
        broken(
            "a minute and a second at HelseID",
            **of_the_issuer("helseid", "RS256", NOW + 61, nbf=NOW),
            also=["typ-not-explicit"],
            level="error",
            wants="60 s",
        ),
        broken(
            "a minute and a second at Keycloak, without iat",
            **keycloak(NOW + 61, ABSENT),
            level="error",
            wants="60 s",
        ),
        broken(
            "two minutes and a second after iat at ID-porten",
            **of_the_issuer("idporten", "RS256", NOW + 91, NOW - 30),
            level="error",
            says="121 s after iat",
            wants="120 s",
        ),
        broken(
            "the same in a minute that is not over, with a leeway",
            **of_the_issuer("idporten", "RS256", NOW + 91, NOW - 30),
            leeway=60,
            level="error",
        ),
        broken(
            "two minutes and a second from now at ID-porten, without iat",
            **of_the_issuer("idporten", "RS256", NOW + 121),
            level="error",
            also=["iat-missing"],
            says="121 s after now",
        ),
        broken("an hour and a second after iat at Google", **google(NOW + 3591, NOW - 10), level="error"),
        broken(
            "a warning where the user wants one",
            **times(NOW + 3601),
            profile="pingone",
            levels={"exp-too-far": "warning"},
            level="warning",
            also=LONG,
        ),
        kept("an hour", **times(NOW + 3600), also=LONG),
        kept("an hour at PingOne", **times(NOW + 3600), profile="pingone", also=LONG),
        kept("an hour and the leeway", **times(NOW + 3605), leeway=5, also=LONG),
        kept("an hour and a longer leeway", **times(NOW + 3616), leeway=16, also=LONG),
        kept("an hour and a second, when a second has passed", **times(NOW + 3601), now=NOW + 1, also=LONG),
        kept("two minutes after iat at ID-porten", **of_the_issuer("idporten", "RS256", NOW + 90, NOW - 30)),
        kept(
            "two minutes after an iat that is ahead",
            **of_the_issuer("idporten", "RS256", NOW + 125, NOW + 5),
            also=["iat-in-future"],
        ),
        kept("five minutes at Auth0", **of_the_issuer("auth0", "RS256", NOW + 300, NOW)),
        kept("a minute at HelseID", **of_the_issuer("helseid", "RS256", NOW + 60, nbf=NOW), also=["typ-not-explicit"]),
        kept("a minute at Keycloak, without iat", **keycloak(NOW + 60, ABSENT)),
        kept("an hour at Keycloak, with an iat", **keycloak(NOW + 3601), also=LONG),
        kept("an hour after iat at Google", **google(NOW + 3590, NOW - 10)),
        kept("a day for the conformance suite", **times(NOW + 86_400), profile="conformance", also=LONG),
        kept(
            "a profile of one's own", **times(NOW + 7200), also=LONG, profile=PROFILES["pingone"].but(max_lifetime=7200)
        ),
    ],
    "exp-lifetime-hygiene": [
        broken("301 seconds", **times(NOW + 301), says="a life of 301 s", wants="at most 300 s"),
        broken("301 seconds from an iat that is past", **times(NOW + 251, iat=NOW - 50), says="301 s"),
        broken("301 seconds from now, without iat", **without_iat(NOW + 301)),
        broken("a quarter more than 300", **times(NOW + 300.25), also=["claim-time-not-integer"], says="300.250 s"),
        broken("an hour, as Authlib does", **times(NOW + 3600)),
        broken("an hour that is over", **times(NOW - 1, iat=NOW - 3600), also=EXPIRED),
        broken("a leeway does not lengthen a life", **times(NOW + 301), leeway=60),
        broken("without iat, more than the leeway", **without_iat(NOW + 361), leeway=60),
        broken("601 seconds where 600 are advised", **times(NOW + 601), profile=ADVISED, wants="at most 600 s"),
        kept("600 seconds where they are advised, as MSAL does", **times(NOW + 600), profile=ADVISED),
        kept("300 seconds", **times(NOW + 300)),
        kept("300 seconds from an iat that is past", **times(NOW + 250, iat=NOW - 50)),
        kept("300 seconds from an iat that is ahead", **times(NOW + 310, iat=NOW + 10), also=["iat-in-future"]),
        kept("300 seconds from now, without iat", **without_iat(NOW + 300)),
        kept("without iat, as much as the leeway", **without_iat(NOW + 360), leeway=60),
        kept("no exp", claims={"exp": ABSENT}, also=["exp-missing"]),
        kept("off where the JWT is the grant", **google(NOW + 3600)),
    ],
    "exp-not-after-iat": [
        broken("equal", **times(NOW + 60, iat=NOW + 60), also=["iat-in-future"], says="exp is 2025-10-09 08:54:20Z"),
        broken("earlier by a second", **times(NOW - 1), also=EXPIRED, says="iat is 2025-10-09 08:53:20Z"),
        broken("earlier by a quarter", **times(NOW - 0.25), also=[*EXPIRED, "claim-time-not-integer"]),
        broken("a leeway does not matter", **times(NOW - 1), leeway=60),
        kept("later by a second", **times(NOW + 1)),
        kept("later by half a second", **times(NOW + 0.5), also=["claim-time-not-integer"]),
        kept("no iat", **without_iat(NOW + 1)),
        kept("iat is no number", **times(NOW + 1, iat="9999999999"), also=["claim-time-not-number"]),
        kept("iat is in milliseconds", **times(NOW + 1, iat=NOW * 1000), also=["claim-time-milliseconds"]),
    ],
    "nbf-in-future": [
        broken("in a second", **times(nbf=NOW + 1), says=("08:53:21Z", "1 s ahead"), wants="2025-10-09 08:53:20Z"),
        broken("in a quarter of a second", **times(nbf=NOW + 0.25), also=["claim-time-not-integer"], says="0.250 s"),
        broken("rounded up", **times(nbf=NOW + 1), now=NOW + 0.75, says="0.250 s"),
        broken("more ahead than the leeway", **times(nbf=NOW + 6), leeway=5),
        broken("an error at PingOne", **times(nbf=NOW + 1), profile="pingone"),
        broken("more than ten seconds at Auth0", **of_the_issuer("auth0", "RS256", NOW + 60, NOW, nbf=NOW + 11)),
        broken("more than ten seconds for FAPI 2.0", **of_the_issuer("fapi2", "ES256", NOW + 60, NOW, nbf=NOW + 11)),
        broken("after the end", **times(nbf=NOW + 301), also=["nbf-not-before-exp"]),
        broken("as far as 1970 is behind", **times(nbf=2 * NOW), also=["nbf-not-before-exp"], says=f"{NOW} s ahead"),
        kept("now", **times(nbf=NOW)),
        kept("a moment ago", **times(nbf=NOW), now=NOW + 0.25),
        kept("as far ahead as the leeway", **times(nbf=NOW + 5), leeway=5),
        kept("a second ahead, forgiven as rounding", **times(nbf=NOW + 1), leeway=1),
        kept("ten seconds at Auth0", **of_the_issuer("auth0", "RS256", NOW + 60, NOW, nbf=NOW + 10)),
        kept("ten, and as many of leeway", **of_the_issuer("auth0", "RS256", NOW + 60, NOW, nbf=NOW + 20), leeway=10),
        kept("ten seconds for FAPI 2.0", **of_the_issuer("fapi2", "ES256", NOW + 60, NOW, nbf=NOW + 10)),
        kept("0", **times(nbf=0)),
        kept("a string of the future", **times(nbf="9999999999"), also=["claim-time-not-number"]),
    ],
    "nbf-not-before-exp": [
        broken("equal", **times(NOW + 60, nbf=NOW + 60), also=["nbf-in-future"], says="nbf is 2025-10-09 08:54:20Z"),
        broken("equal, both past", **times(NOW - 1, iat=NOW - 9, nbf=NOW - 1), also=EXPIRED, says="exp is 2025"),
        broken("later by a second", **times(NOW + 60, nbf=NOW + 61), also=["nbf-in-future"]),
        broken("a leeway does not matter", **times(NOW + 60, nbf=NOW + 60), leeway=60),
        kept("earlier by a second", **times(NOW + 1, nbf=NOW)),
        kept("no exp", claims={"exp": ABSENT, "nbf": NOW}, also=["exp-missing"]),
        kept("exp is no number", claims={"exp": "1", "nbf": NOW}, also=["claim-time-not-number"]),
    ],
    "nbf-missing": [
        broken("absent", says="no nbf"),
        broken(
            "a warning at HelseID",
            **of_the_issuer("helseid", "RS256", NOW + 60, NOW),
            levels={"nbf-missing": "warning"},
            level="warning",
            also=["typ-not-explicit"],
        ),
        kept("present", **times(nbf=NOW)),
        kept("null", **times(nbf=None), also=["claim-time-not-number"]),
    ],
    "iat-missing": [
        broken("absent", claims={"iat": ABSENT}, says="no iat"),
        broken("absent at ID-porten", **of_the_issuer("idporten", "RS256", NOW + 60), level="error"),
        broken("absent at Google", **google(NOW + 60, ABSENT), level="error"),
        broken("absent in the conformance suite", claims={"iat": ABSENT}, profile="conformance", level="error"),
        kept("present"),
        kept("null", claims={"iat": None}, also=["claim-time-not-number"]),
        kept("0", claims={"iat": 0}, also=["iat-too-old", "exp-lifetime-hygiene"]),
    ],
    "iat-in-future": [
        broken("in a second", **times(iat=NOW + 1), says=("08:53:21Z", "1 s ahead"), wants="2025-10-09 08:53:20Z"),
        broken("rounded up", **times(iat=NOW + 1), now=NOW + 0.75, says="0.250 s ahead"),
        broken("more ahead than the leeway", **times(iat=NOW + 6), leeway=5),
        broken("five minutes", **times(NOW + 600, iat=NOW + 300)),
        broken("more than five minutes", **times(NOW + 600, iat=NOW + 301), level="error"),
        broken("five minutes and a leeway", **times(NOW + 600, iat=NOW + 305), leeway=5),
        broken(
            "as far as 1970 is behind",
            **times(iat=2 * NOW),
            level="error",
            also=["exp-not-after-iat"],
            says=f"{NOW} s ahead",
        ),
        broken("years at PingOne", **times(NOW + 3600, iat=NOW + 10**9), profile="pingone", also=["exp-not-after-iat"]),
        broken("an error at Okta", **times(iat=NOW + 1), profile="okta", level="error"),
        broken("eleven seconds at Auth0", **of_the_issuer("auth0", "RS256", NOW + 60, NOW + 11), level="error"),
        broken("sixteen seconds at Keycloak", **keycloak(NOW + 60, NOW + 16), level="error"),
        broken("eleven seconds for FAPI 2.0", **of_the_issuer("fapi2", "ES256", NOW + 90, NOW + 11)),
        broken("a minute for FAPI 2.0", **of_the_issuer("fapi2", "ES256", NOW + 90, NOW + 60)),
        broken("more than a minute for FAPI 2.0", **of_the_issuer("fapi2", "ES256", NOW + 90, NOW + 61), level="error"),
        broken(
            "more than a minute for FAPI 2.0, a warning where the user wants one",
            **of_the_issuer("fapi2", "ES256", NOW + 90, NOW + 61),
            levels={"iat-in-future": "warning"},
            level="warning",
        ),
        kept("now"),
        kept("a moment ago", now=NOW + 0.25),
        kept("as far ahead as the leeway", **times(iat=NOW + 5), leeway=5),
        kept("ten seconds at Auth0", **of_the_issuer("auth0", "RS256", NOW + 60, NOW + 10)),
        kept("ten, and as many of leeway", **of_the_issuer("auth0", "RS256", NOW + 60, NOW + 20), leeway=10),
        kept("fifteen seconds at Keycloak", **keycloak(NOW + 60, NOW + 15)),
        kept("ten seconds for FAPI 2.0", **of_the_issuer("fapi2", "ES256", NOW + 60, NOW + 10)),
        kept("a string of the future", claims={"iat": "9999999999"}, also=["claim-time-not-number"]),
    ],
    "iat-too-old": [
        broken("an hour and a second", **times(iat=NOW - 3601), also=LONG, says="3601 s ago", wants="3600 s"),
        broken("a quarter more than an hour", **times(iat=NOW - 3600), now=NOW + 0.25, also=LONG, says="3600.250 s"),
        broken("more than an hour and the leeway", **times(iat=NOW - 3606), leeway=5, also=LONG),
        broken("0", **times(iat=0), also=LONG),
        broken("before 1970", **times(iat=-1), also=LONG),
        broken("a minute and a second at Keycloak", **keycloak(NOW + 60, NOW - 61), level="error", wants="60 s"),
        broken(
            "a day and a second at IBM",
            **of_the_issuer("ibm-verify", "RS256", NOW + 60, NOW - 86_401),
            also=LONG,
            level="error",
        ),
        kept("an hour", **times(iat=NOW - 3600), also=LONG),
        kept("an hour and the leeway", **times(iat=NOW - 3605), leeway=5, also=LONG),
        kept("an hour and a longer leeway", **times(iat=NOW - 3616), leeway=16, also=LONG),
        kept("a minute at Keycloak", **keycloak(NOW + 60, NOW - 60)),
        kept("a day at IBM", **of_the_issuer("ibm-verify", "RS256", NOW + 60, NOW - 86_400), also=LONG),
        kept("absent", claims={"iat": ABSENT}),
        kept("null", claims={"iat": None}, also=["claim-time-not-number"]),
    ],
}


@pytest.mark.parametrize(("rule_id", "row"), each(TABLES))
def test_request(rule_id: str, row: Row) -> None:
    check(rule_id, row)
