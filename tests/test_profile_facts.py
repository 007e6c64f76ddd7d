"""Every value of every profile, written down a second time from the documents, by fact instead of by vendor.

A value that changes in the data alone is seen here, and a new field of `Profile` without a table fails. What the values
do is shown by the tables of ``test_profiles.py``, ``test_audiences_of_endpoints.py`` and the rules.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest
from requests_under_test import ABSENT, ISSUER
from test_profiles import EXAMPLES, ask, errors, merged

from pytest_jwtauth.model import OTHER_ENDPOINTS, Profile
from pytest_jwtauth.parameters import JWT_BEARER
from pytest_jwtauth.profiles import PROFILES

THE_JWT_IS_THE_GRANT = "google-sa salesforce maskinporten"
USUAL: Mapping[str, Any] = {
    "advised_lifetime": 300,
    "iat_far": 300,
    "iat_max_age": 3600,
    "kid_required": False,
    "kid_must_match": False,
    "x5c_expected": False,
    "typ_values": ("JWT", "client-authentication+jwt"),
    "grant_types": frozenset(),
    "assertion_field": "client_assertion",
    "longest_parameter": 4000,
    "longest_jti": 255,
    "refresh_margin": 0,
    "error_shape": "rfc6749",
    "invalid_client_status": None,
    "lifetime_from": "now",
    "max_lifetime": None,
    "iat_skew": 0,
    "nbf_skew": 0,
    "fixed_audiences": (),
    "forced": {},
}
"""What a field is where no document says otherwise."""

SPECIAL: Mapping[str, Mapping[str, Any]] = {
    "advised_lifetime": {"entra": 600},
    "iat_far": {"pingone": float("inf"), "fapi2": 60, "conformance": 86_400},
    "iat_max_age": {"keycloak": 60, "apple": 15_777_000, "ibm-verify": 86_400},
    "kid_required": dict.fromkeys(["smart", "apple", "maskinporten", "idporten", "helseid"], True),
    "kid_must_match": {"smart": True},
    "x5c_expected": dict.fromkeys(["entra", "maskinporten", "idporten"], True),
    "typ_values": dict.fromkeys(["smart", "singpass", "corppass"], ("JWT",)),
    "grant_types": dict.fromkeys(THE_JWT_IS_THE_GRANT.split(), frozenset({JWT_BEARER})),
    "assertion_field": {"apple": "client_secret", **dict.fromkeys(THE_JWT_IS_THE_GRANT.split(), "assertion")},
    "error_shape": {name: name for name in ["pingone", "keycloak", "govuk", "maskinporten", "entra"]},
    "lifetime_from": {
        "keycloak": "now without iat",
        **dict.fromkeys(["google-sa", "maskinporten", "idporten", "singpass", "corppass"], "iat"),
    },
    "max_lifetime": {
        **dict.fromkeys(["pingone", "okta", "google-sa"], 3600),
        **dict.fromkeys(["auth0", "smart"], 300),
        **dict.fromkeys(["keycloak", "helseid"], 60),
        **dict.fromkeys(["maskinporten", "idporten", "singpass"], 120),
        **dict.fromkeys(["ibm-verify", "conformance"], 86_400),
        "corppass": 600,
        "apple": 15_777_000,
    },
    "iat_skew": {"fapi2": 10, "auth0": 10, "maskinporten": 10, "keycloak": 15, "node-oidc-provider": 15}
    | {"conformance": 300},
    "nbf_skew": {"fapi2": 10, "auth0": 10, "keycloak": 15, "node-oidc-provider": 15, "conformance": 300},
    "fixed_audiences": {
        "apple": ("https://appleid.apple.com",),
        "google-sa": ("https://oauth2.googleapis.com/token",),
        "salesforce": ("https://login.salesforce.com", "https://test.salesforce.com"),
        "maskinporten": ("https://maskinporten.no/",),
    },
}
"""Where the documents say otherwise, by field."""

ERROR: Mapping[str, str] = {
    "alg-rsa-pkcs1": "fapi1a fapi2 cdr-au of-br",
    "aud-array-form": "oidc3 fapi2",
    "aud-foreign-party": "oidc3 rfc7523bis fapi2",
    "aud-multiple": "oidc3 rfc7523bis fapi2 keycloak",
    "aud-not-issuer": "oidc3 rfc7523bis fapi2 auth0 idporten helseid singpass corppass",
    "aud-not-token-endpoint": "okta entra smart logingov",
    "claim-time-not-integer": "okta smart govuk",
    "client-id-missing": "entra apple",
    "code-challenge-plain": "fapi1a fapi2 cdr-au of-br",
    "form-param-too-long": "keycloak",
    "header-user-agent-missing": "govuk",
    "header-x5t-missing": "entra",
    "iat-in-future": "okta auth0 keycloak maskinporten logingov",
    "iat-missing": "google-sa maskinporten idporten conformance",
    "iat-too-old": "keycloak ibm-verify",
    "jti-missing": (
        "oidc oidc3 fapi1a fapi2 auth0 keycloak smart govuk logingov cdr-au of-br ibm-verify conformance "
        "node-oidc-provider"
    ),
    "par-redirect-uri-missing": "fapi2",
    "scope-missing": "smart cdr-au",
    "typ-missing": "smart singpass",
}
WARNING: Mapping[str, str] = {
    "header-embedded-jku": "smart",
    "multi-assertion-reused": "pingone",
    "nbf-missing": "helseid",
    "par-client-id-missing": "pingone",
    "typ-missing": "rfc7523bis",
    "typ-not-explicit": "rfc7523bis helseid",
}
OFF: Mapping[str, str] = {
    **dict.fromkeys(("auth-method-not-registered", "claims-look-like-other-jwt"), THE_JWT_IS_THE_GRANT),
    **dict.fromkeys(("jwt-bearer-assertion-missing", "jwt-bearer-claims"), THE_JWT_IS_THE_GRANT),
    **dict.fromkeys(("client-id-mismatch", "sub-mismatch"), THE_JWT_IS_THE_GRANT),
    **dict.fromkeys(("client-assertion-type-missing", "client-assertion-type-orphan"), f"apple {THE_JWT_IS_THE_GRANT}"),
    **dict.fromkeys(
        ("multi-assertion-reused", "multi-jti-reused", "multi-retry-same-assertion"), "entra apple google-sa"
    ),
    "multi-dpop-nonce-retry-same-assertion": "apple",
    "exp-lifetime-hygiene": "apple google-sa",
    "iss-mismatch": "apple",
    "jti-missing": "apple google-sa salesforce",
    "scope-in-code-exchange": "entra",
    "sub-missing": "google-sa maskinporten",
}
"""Levels that are not the rule's own, by rule: in which profiles."""

ONLY_HMAC = ("HS256", "HS384", "HS512")
SECRETS = "rfc7523 pingone pingam oidc oidc3 rfc7523bis okta keycloak ibm-verify conformance node-oidc-provider"
"""Profiles in which a client may authenticate by a shared secret."""

TOLD_ELSEWHERE = {
    "name": "test_profiles.py",
    "title": "test_profiles.py",
    "source": "test_profiles.py",
    "algorithms": "test_profiles.py, OFFERED; and below, by method",
    "audiences": "test_audiences_of_endpoints.py; and below, in their order",
    "levels": "ERROR, WARNING, OFF",
}


def test_no_field_of_a_profile_is_without_a_table() -> None:
    assert {field.name for field in dataclasses.fields(Profile)} == {*USUAL, *TOLD_ELSEWHERE}
    assert SPECIAL.keys() <= USUAL.keys()


@pytest.mark.parametrize("field", USUAL)
def test_a_field_is_the_usual_one_but_where_a_document_says_otherwise(field: str) -> None:
    found = {name: value for name, p in PROFILES.items() if (value := getattr(p, field)) != USUAL[field]}
    assert found == SPECIAL.get(field, {})


@pytest.mark.parametrize(("level", "table"), [("error", ERROR), ("warning", WARNING), ("off", OFF)])
def test_a_level_differs_where_a_document_says_so(level: str, table: Mapping[str, str]) -> None:
    found: dict[str, set[str]] = {}
    for name, profile in PROFILES.items():
        for rule in (rule for rule, its in profile.levels.items() if its == level):
            found.setdefault(rule, set()).add(name)
    assert found == {rule: set(names.split()) for rule, names in table.items()}


def test_a_shared_secret_signs_by_hmac_and_a_key_does_not() -> None:
    for name, profile in PROFILES.items():
        assert profile.algorithms.keys() == {"client_secret_jwt", "private_key_jwt"}
        secrets = set(ONLY_HMAC) if name in SECRETS.split() else set()
        assert profile.algorithms["client_secret_jwt"] == secrets, name
        assert profile.algorithms["private_key_jwt"].isdisjoint(ONLY_HMAC), name


AUDIENCES = {
    **dict.fromkeys(["rfc7523", "pingone", "oidc", "fapi1a", "govuk", "of-br", "conformance"], (
        "token_endpoint issuer", "token_endpoint endpoint issuer",
    )),
    **dict.fromkeys(["cdr-au", "node-oidc-provider"], (
        "issuer token_endpoint endpoint", "issuer token_endpoint endpoint",
    )),
    **dict.fromkeys(["oidc3", "rfc7523bis", "fapi2", "auth0", "idporten", "helseid"], ("issuer", "issuer")),
    **dict.fromkeys(["singpass", "corppass", "ibm-verify", "salesforce", "maskinporten"], ("issuer", "issuer")),
    **dict.fromkeys(["pingam", "entra", "smart", "logingov"], ("token_endpoint", "token_endpoint")),
    "okta": ("token_endpoint", "endpoint"),
    "keycloak": ("issuer token_endpoint any_endpoint", "issuer token_endpoint any_endpoint"),
    **dict.fromkeys(["apple", "google-sa"], ("", "")),
}  # fmt: skip
"""What may stand in ``aud``, at the token endpoint and at each other one; what the documents advise comes first."""


def test_the_audiences_are_those_of_the_documents_the_advised_one_first() -> None:
    for name, (token, others) in AUDIENCES.items():
        accepted = dict.fromkeys(OTHER_ENDPOINTS, tuple(others.split())) | {"token": tuple(token.split())}
        assert PROFILES[name].audiences == accepted, name
    assert AUDIENCES.keys() == PROFILES.keys()


@pytest.mark.parametrize(
    ("name", "changes", "rules"),
    [
        ("smart", {"header": {"kid": "another"}}, {"kid-unknown"}),
        ("oidc", {"alg": "RS256", "header": {"kid": "another"}}, set()),
        ("helseid", {"header": {"kid": ABSENT}}, {"kid-missing"}),
        ("apple", {"header": {"kid": ABSENT}}, {"kid-missing"}),
        ("entra", {"header": {"x5c": ["MIIC"]}}, set()),
        ("singpass", {"header": {"typ": "client-authentication+jwt"}}, {"typ-wrong"}),
        ("singpass", {"claims": {"aud": [ISSUER]}}, set()),
        ("google-sa", {"grant": "client_credentials"}, {"grant-type-unknown"}),
        ("salesforce", {"grant": "client_credentials"}, {"grant-type-unknown"}),
        ("maskinporten", {"grant": "client_credentials"}, {"grant-type-unknown"}),
    ],
)
def test_a_value_does_what_it_is_there_for(name: str, changes: dict[str, Any], rules: set[str]) -> None:
    assert errors(ask(merged(EXAMPLES[name][0], changes), PROFILES[name])) == rules


def test_a_certificate_in_the_header_is_no_surprise_where_one_belongs() -> None:
    verdicts = {
        name: ask(merged(EXAMPLES[name][0], {"header": {"x5c": ["MIIC"]}}), PROFILES[name]).rules
        for name in ("entra", "maskinporten", "idporten", "helseid")
    }
    assert [name for name, rules in verdicts.items() if "header-x5c-unexpected" in rules] == ["helseid"]
