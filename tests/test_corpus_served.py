"""The real requests of the corpus, sent to the stub: each gets the answer that its verdict deserves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest
from test_corpus import (
    ACCEPTED,
    ENDPOINTS,
    LEEWAY,
    NAMES,
    ONLY_THE_ISSUER,
    REFUSED,
    before,
    case,
    ids,
    problems,
    registered,
    sent,
    server,
)

from pytest_jwtauth.messages import TokenResponse
from pytest_jwtauth.model import Profile
from pytest_jwtauth.profiles import PROFILES, profile_named
from pytest_jwtauth.rules import adjust
from pytest_jwtauth.token_endpoint import TokenEndpoint

NOT_ISSUED_HERE = ["code-mismatch", "redirect-uri-mismatch", "code-verifier-unexpected", "refresh-token-mismatch"]
"""What the server that kept the requests had given out, ours has not: it takes any."""
EXCHANGED_BEFORE = "multi-code-reused"
"""That server was sent the same code each time."""

ERRORS = frozenset(
    {
        *("invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type"),
        *("invalid_scope", "invalid_target"),
    }
)
"""RFC 6749 §5.2, RFC 8707 §2."""

MEMBERS: Mapping[str, tuple[int, frozenset[str]]] = MappingProxyType(
    {
        "token": (200, frozenset({"access_token", "token_type", "expires_in"})),
        "introspection": (200, frozenset({"active"})),
        "revocation": (200, frozenset()),
        "par": (201, frozenset({"request_uri", "expires_in"})),
        "device_authorization": (200, frozenset({"device_code", "user_code", "verification_uri", "expires_in"})),
        "ciba_request": (200, frozenset({"auth_req_id", "expires_in"})),
    }
)
"""Status and REQUIRED members of a success at each endpoint: RFC 6749 §5.1, 7662 §2.2, 7009 §2.2, 9126 §2.2, 8628 §3.2,
CIBA Core §7.3."""


def replay(name: str, profile: Profile | None = None) -> tuple[TokenEndpoint, TokenResponse]:
    """Send one request to a stub of its own, after those that came before it."""
    moment = 0.0
    chosen = profile or adjust(profile_named("rfc7523"), allow=[*NOT_ISSUED_HERE, EXCHANGED_BEFORE])
    stub = TokenEndpoint(
        client=registered(name), server=server(name), profile=chosen, leeway=LEEWAY, now=lambda: moment
    )
    for each in (*before(name), name):
        moment = case(each)["received_at"]
        response = stub.respond(sent(each))
    return stub, response


def members(response: TokenResponse) -> dict[str, Any]:
    """The members of the JSON object that an answer has; none if it has no body."""
    read = json.loads(response.body or b"{}")
    assert isinstance(read, dict)
    return read


def test_every_kind_of_request_has_its_success() -> None:
    assert set(MEMBERS) == {"token", *ENDPOINTS}
    assert {case(name)["endpoint"] for name in NAMES} <= set(MEMBERS)


@pytest.mark.parametrize("name", [*ACCEPTED, *ONLY_THE_ISSUER])
def test_what_is_right_gets_what_it_asked_for(name: str) -> None:
    stub, response = replay(name)
    assert stub.unexpected() == ()
    status, required = MEMBERS[case(name)["endpoint"]]
    assert (response.status, required - members(response).keys()) == (status, frozenset())


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_is_refused_and_gets_nothing(name: str) -> None:
    stub, response = replay(name)
    verdict = stub.verdicts[-1]
    assert verdict.violations
    got = members(response)
    assert set(got) == {"error", "error_description"}
    assert got["error"] in ERRORS
    assert got["error_description"] == ", ".join(violation.rule for violation in verdict.violations)
    elsewhere = "url-endpoint-mismatch" in ids(verdict)
    assert response.status == (404 if elsewhere else 401 if got["error"] == "invalid_client" else 400)


PROVES_NOTHING = frozenset(
    {"signature", "expired", "aud", "iss_sub", "exp", "exp_absurd", "nbf", "iat_future", "replay"}
)
UNPROVEN = [name for name in REFUSED if problems(name) and PROVES_NOTHING.issuperset(problems(name))]


@pytest.mark.parametrize("name", UNPROVEN)
def test_a_client_that_could_not_prove_who_it_is_hears_that(name: str) -> None:
    response = replay(name)[1]
    assert (response.status, members(response)["error"]) == (401, "invalid_client")


VENDORS: list[tuple[str, str, set[str]]] = [
    ("authlib-requests.assertion_session", "", set()),
    ("go-x-oauth2", "", set()),
    ("requests-oauthlib.service_application_client", "", set()),
    ("google-auth.service_account", "google-sa", set()),
    ("google-auth-library", "google-sa", set()),
    ("simple-salesforce", "salesforce", {"claim-time-not-number"}),
    ("boxsdk.jwt_auth", "", {"auth-client-secret-present", "auth-multiple-methods", "secret-leaked", "alg-not-allowed",
     "aud-mismatch", "iat-missing"}),
]  # fmt: skip
"""Libraries that send the JWT as the grant, whose server that is (nobody's in particular if empty), what they break."""

ANY_SERVER = profile_named("google-sa").but(
    name="the JWT is the grant", audiences=PROFILES["rfc7523"].audiences, fixed_audiences=()
)


def test_every_jwt_bearer_request_has_a_row() -> None:
    kept = [name for name in NAMES if case(name)["grant"] == "jwt-bearer"]
    assert sorted(kept) == sorted(f"clients/{library}.jwt_bearer_grant" for library, _, _ in VENDORS)


@pytest.mark.parametrize(("library", "profile", "broken"), VENDORS, ids=[row[0] for row in VENDORS])
def test_a_jwt_that_is_the_grant_is_served_where_the_vendor_would(library: str, profile: str, broken: set[str]) -> None:
    stub, response = replay(f"clients/{library}.jwt_bearer_grant", PROFILES[profile] if profile else ANY_SERVER)
    assert ids(stub.verdicts[0]) == broken
    assert ("access_token" in members(response)) == (not broken)
    assert "refresh_token" not in members(response)
