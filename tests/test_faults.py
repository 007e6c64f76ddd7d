"""Answers that a test scripts: given in order, whatever is asked, and judged all the same."""

from __future__ import annotations

from typing import Any

import pytest
from endpoints import a_request, an_endpoint, header, members

from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.messages import TokenResponse
from pytest_jwtauth.script import ERRORS
from pytest_jwtauth.token_endpoint import TokenEndpoint


def ask(endpoint: TokenEndpoint, **how: Any) -> TokenResponse:
    return endpoint.respond(a_request(endpoint, **how))


def test_a_script_is_played_in_order_and_then_all_is_normal() -> None:
    endpoint = an_endpoint().then(503).then_ok().then("invalid_client").then_ok()
    assert [ask(endpoint).status for _ in range(6)] == [503, 200, 401, 200, 200, 200]
    assert len(endpoint.requests) == 6
    assert endpoint.unexpected() == ()


def test_retry_after_is_sent_in_seconds() -> None:
    endpoint = an_endpoint().then(503, retry_after=2).then(429, retry_after=0)
    assert [header(ask(endpoint), "Retry-After") for _ in range(3)] == [["2"], ["0"], []]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, "invalid_request"),
        (401, "invalid_client"),
        (403, "invalid_request"),
        (429, "temporarily_unavailable"),
        (500, "server_error"),
        (503, "temporarily_unavailable"),
        (599, "server_error"),
    ],
)
def test_a_status_brings_the_error_that_goes_with_it(status: int, error: str) -> None:
    response = ask(an_endpoint().then(status))
    assert (response.status, members(response)["error"]) == (status, error)
    assert header(response, "Cache-Control") == ["no-store"]


STATUSES = {
    "invalid_request": 400,
    "invalid_client": 401,
    "invalid_grant": 400,
    "unauthorized_client": 400,
    "unsupported_grant_type": 400,
    "invalid_scope": 400,
    "invalid_target": 400,
    "authorization_pending": 400,
    "slow_down": 400,
    "expired_token": 400,
    "access_denied": 400,
    "invalid_dpop_proof": 400,
    "use_dpop_nonce": 400,
    "unsupported_token_type": 400,
    "invalid_request_object": 400,
    "expired_login_hint_token": 400,
    "unknown_user_id": 400,
    "missing_user_code": 400,
    "invalid_user_code": 400,
    "invalid_binding_message": 400,
    "server_error": 500,
    "temporarily_unavailable": 503,
}


@pytest.mark.parametrize(("error", "status"), STATUSES.items())
def test_an_error_brings_the_status_that_goes_with_it(error: str, status: int) -> None:
    response = ask(an_endpoint().then(error))
    assert (members(response)["error"], response.status) == (error, status)


def test_no_error_is_left_out_here() -> None:
    assert ERRORS.keys() == STATUSES.keys()


def test_a_scripted_error_has_the_shape_of_the_profile() -> None:
    said = members(ask(an_endpoint("pingone").then("invalid_grant")))["error_description"]
    assert said.startswith("Request denied: scripted by the test (Correlation ID: ")


def test_a_redirection_has_a_location_and_no_content() -> None:
    response = ask(an_endpoint().then(307, location="https://other.example/token"))
    assert (response.status, response.body) == (307, b"")
    assert header(response, "Location") == ["https://other.example/token"]
    assert header(response, "Date") != []


def test_a_scripted_answer_does_not_hide_what_was_wrong() -> None:
    endpoint = an_endpoint().then(503)
    assert ask(endpoint, fault="exp-expired").status == 503
    assert [verdict.rules for verdict in endpoint.unexpected()] == [("exp-expired",)]


def test_a_scripted_normal_answer_still_refuses_what_is_wrong() -> None:
    assert ask(an_endpoint().then_ok(), fault="exp-expired").status == 401


def test_a_code_outlives_an_answer_that_did_not_look_at_it() -> None:
    endpoint = an_endpoint().then(503)
    code = endpoint.issue_code()
    statuses = [ask(endpoint, grant_type="authorization_code", code=code).status for _ in range(2)]
    assert statuses == [503, 200]


UNUSABLE: list[tuple[object, dict[str, object], str]] = [
    ("invalid_clint", {}, "Did you mean 'invalid_client'"),
    (200, {}, r"then_ok\(\)"),
    (199, {}, "from 200 to 599"),
    (600, {}, "from 200 to 599"),
    (True, {}, "got True"),
    (None, {}, "got None"),
    (503.0, {}, "got 503.0"),
    (503, {"retry_after": -1}, "0 or more, or a date.*got -1"),
    (503, {"retry_after": 1.5}, "whole number"),
    (503, {"retry_after": True}, "whole number"),
    (307, {}, "needs a location"),
    (503, {"location": "https://other.example/"}, "nothing else takes one"),
    ("invalid_client", {"location": "https://other.example/"}, "nothing else takes one"),
]


@pytest.mark.parametrize(("what", "how", "message"), UNUSABLE)
def test_what_cannot_be_answered_is_refused_at_once(what: Any, how: dict[str, Any], message: str) -> None:
    endpoint = an_endpoint()
    with pytest.raises(ConfigurationError, match=message):
        endpoint.then(what, **how)
    assert ask(endpoint).status == 200


@pytest.mark.parametrize("status", [300, 599])
def test_the_ends_of_the_range_can_be_answered(status: int) -> None:
    location = "https://other.example/" if status == 300 else None
    assert ask(an_endpoint().then(status, location=location)).status == status
