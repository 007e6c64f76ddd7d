"""Refusals in the words of real servers, which stand here a second time, copied from their sources."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import pytest
from endpoints import DESCRIPTION, UUID, a_request, an_endpoint, header, members

from pytest_jwtauth.error_shapes import RULES_MEMBER, SHAPES
from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.messages import TokenResponse
from pytest_jwtauth.model import ErrorShape, Profile
from pytest_jwtauth.profiles import PROFILES
from pytest_jwtauth.rules import RULES, adjust
from pytest_jwtauth.token_response import refusal

NOW = 1_760_000_000.25


def in_shape(shape: str, **changes: Any) -> Profile:
    return PROFILES["rfc7523"].but(error_shape=shape, **changes)


def refused(shape: str, *rules: str, error: str | None = None, now: float = NOW) -> TokenResponse:
    return refusal(error or RULES[rules[0]].error, profile=in_shape(shape), now=now, rules=rules)


def test_every_shape_has_words_and_a_source() -> None:
    assert tuple(SHAPES) == get_args(ErrorShape)
    assert all(shape.title and shape.source for shape in SHAPES.values())


def test_every_shape_stands_in_the_docs_with_its_status_and_source() -> None:
    page = Path(__file__).parents[1].joinpath("docs", "stub.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z0-9]+)` \| (\d+) \| .+ \| (.+?) \|$", page, re.MULTILINE)
    assert rows == [(name, str(shape.invalid_client_status), shape.source) for name, shape in SHAPES.items()]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_rules_that_a_shape_speaks_of_exist(shape: ErrorShape) -> None:
    assert {*SHAPES[shape].words, *SHAPES[shape].statuses} <= set(RULES)


def test_these_profiles_answer_as_their_servers_do() -> None:
    own = {name: profile.error_shape for name, profile in PROFILES.items() if profile.error_shape != "rfc6749"}
    assert own == {name: name for name in ("pingone", "keycloak", "govuk", "maskinporten", "entra")}


@pytest.mark.parametrize("make", [lambda: in_shape("keyclok"), lambda: Profile("x", "x", "x", {}, {}, error_shape="x")])  # type: ignore[arg-type]
def test_an_unknown_shape_is_refused_with_those_there_are(make: Any) -> None:
    with pytest.raises(ConfigurationError, match="Known: entra, govuk, keycloak, maskinporten, pingone, rfc6749"):
        make()


def test_a_profile_takes_the_shape_of_another_with_its_status() -> None:
    endpoint = an_endpoint()
    endpoint.profile = in_shape("keycloak")
    response = endpoint.respond(a_request(endpoint, fault="exp-expired"))
    assert (response.status, members(response)["error_description"]) == (400, "Token is not active")


@pytest.mark.parametrize("shape", SHAPES)
def test_the_status_that_a_profile_names_goes_before_that_of_its_shape(shape: str) -> None:
    profile = in_shape(shape, invalid_client_status=418)
    response = refusal("invalid_client", "why", profile=profile, now=NOW)
    assert response.status == (400 if shape == "maskinporten" else 418)


STATUSES = {"rfc6749": 401, "pingone": 401, "keycloak": 400, "govuk": 400, "maskinporten": 400, "entra": 401}


@pytest.mark.parametrize(("shape", "status"), STATUSES.items())
def test_each_server_has_its_status_for_a_client_that_it_does_not_know(shape: str, status: int) -> None:
    assert refused(shape, "exp-expired").status == status
    # RFC 6749 §5.2: whoever used the header Authorization is answered 401, where the error is that.
    authorized = refusal("invalid_client", "", profile=in_shape(shape), now=NOW, authorization="Basic eDp5")
    assert authorized.status == (400 if shape == "maskinporten" else 401)
    assert len(header(authorized, "WWW-Authenticate")) == (shape != "maskinporten")


KEYCLOAK = {
    "client-assertion-type-missing": "Parameter client_assertion_type is missing",
    "client-assertion-missing": "client_assertion parameter missing",
    "sub-missing": "Token sub claim is required",
    "client-id-mismatch": "client_id parameter does not match sub claim",
    "alg-none": "Invalid signature algorithm",
    "alg-not-allowed": "Invalid signature algorithm",
    "aud-mismatch": "Invalid token audience",
    "aud-multiple": "Multiple audiences not allowed",
    "exp-missing": "Token exp claim is required",
    "exp-expired": "Token is not active",
    "nbf-in-future": "Token is not active",
    "iat-in-future": "Token was issued in the future",
    "iat-too-old": "Token was issued too far in the past to be used now",
    "exp-too-far": "Token expiration is too far in the future and iat claim not present in token",
    "jti-missing": "Token jti claim is required",
    "multi-assertion-reused": "Token reuse detected",
    "multi-jti-reused": "Token reuse detected",
}
MASKINPORTEN = {
    "aud-mismatch": "MP-110: Invalid assertion. Client authentication failed. Invalid JWT claim aud",
    "multi-jti-reused": "MP-012: Grant is used before",
    "exp-expired": "MP-130: JWT is expired",
}


@pytest.mark.parametrize(("rule", "text"), KEYCLOAK.items())
def test_keycloak_says_what_its_source_says(rule: str, text: str) -> None:
    assert members(refused("keycloak", rule)) == {
        "error": RULES[rule].error,
        "error_description": text,
        RULES_MEMBER: [rule],
    }


@pytest.mark.parametrize(("rule", "text"), MASKINPORTEN.items())
def test_maskinporten_calls_a_bad_assertion_a_bad_grant(rule: str, text: str) -> None:
    response = refused("maskinporten", rule)
    assert response.status == 400
    assert members(response) == {"error": "invalid_grant", "error_description": text, RULES_MEMBER: [rule]}


def test_gov_uk_forbids_a_request_without_user_agent() -> None:
    endpoint = an_endpoint("govuk")
    bare = endpoint.respond(a_request(endpoint))
    assert "header-user-agent-missing" in members(bare)["error_description"]
    named = endpoint.respond(a_request(endpoint, headers=[("User-Agent", "app")], fault="exp-expired"))
    assert (bare.status, named.status) == (403, 400)


def test_entra_has_numbers_ids_and_a_time() -> None:
    got = members(refused("entra", "exp-expired", "scope-malformed"))
    assert list(got) == [
        *("error", "error_description", "error_codes", "timestamp", "trace_id", "correlation_id"),
        RULES_MEMBER,
    ]
    assert (got["error"], got["error_codes"], got["timestamp"]) == (
        "invalid_client",
        [700024],
        "2025-10-09 08:53:20Z",
    )
    assert re.fullmatch(UUID, got["trace_id"])
    assert re.fullmatch(UUID, got["correlation_id"])
    assert got["trace_id"] != got["correlation_id"]
    assert got["error_description"].startswith("AADSTS700024: ")
    said = f" Trace ID: {got['trace_id']} Correlation ID: {got['correlation_id']} Timestamp: {got['timestamp']}"
    assert got["error_description"].endswith(said)
    assert got[RULES_MEMBER] == ["exp-expired", "scope-malformed"]


@pytest.mark.parametrize(
    ("rule", "numbers"), [("jti-missing", [50027]), ("code-mismatch", [70000]), ("scope-malformed", [])]
)
def test_where_entra_has_no_number_for_a_fault_the_error_may_have_one(rule: str, numbers: list[int]) -> None:
    got = members(refused("entra", rule))
    assert got["error_codes"] == numbers
    assert got["error_description"].startswith("AADSTS" if numbers else "scope-malformed Trace ID: ")


def test_beyond_the_calendar_entra_has_no_time() -> None:
    assert members(refused("entra", "exp-expired", now=1e15))["timestamp"] == "after the year 9999"


@pytest.mark.parametrize("shape", SHAPES)
def test_what_no_source_has_words_for_is_told_by_the_ids(shape: str) -> None:
    got = members(refused(shape, "grant-type-missing", "exp-expired"))
    assert "grant-type-missing, exp-expired" in got["error_description"]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_ids_of_the_broken_rules_stand_in_every_refusal(shape: str) -> None:
    for rule in RULES:
        got = members(refused(shape, rule, "url-fragment-present"))
        named = [*got["error_description"].replace(",", " ").split(), *got.get(RULES_MEMBER, ())]
        assert {rule, "url-fragment-present"} <= set(named)
        assert DESCRIPTION.fullmatch(got["error_description"])
        assert DESCRIPTION.fullmatch(got["error"])


@pytest.mark.parametrize("shape", SHAPES)
def test_what_rfc_6749_does_not_allow_in_a_description_is_replaced(shape: str) -> None:
    hostile = 'a"b\\c\nd\x7fe\xe9\u2028 {words} {0} !#[]~'
    got = members(refusal("invalid_request", hostile, profile=in_shape(shape), now=NOW))
    assert "a?b?c?d?e?? {words} {0} !#[]~" in got["error_description"]
    assert RULES_MEMBER not in got


@pytest.mark.parametrize("name", ["keycloak", "maskinporten", "entra"])
def test_a_test_that_allows_a_rule_does_not_see_it_in_the_answer(name: str) -> None:
    endpoint = an_endpoint()
    endpoint.profile = adjust(in_shape(name), allow=["exp-expired"])
    got = members(endpoint.respond(a_request(endpoint, fault="exp-expired", scope="a  b")))
    assert got[RULES_MEMBER] == ["scope-malformed"]
