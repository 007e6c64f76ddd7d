"""Pushed authorization requests (RFC 9126): what is pushed, what the code then remembers, and how often it is good."""

from __future__ import annotations

from typing import Any

import pytest
from endpoints import (
    CALLBACK,
    CLIENT,
    NOW,
    WHOLE_SERVER,
    Clock,
    an_endpoint,
    exchange,
    header,
    members,
    send,
)

from pytest_jwtauth.client_assertion import ClientAssertion
from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.registered_client import RegisteredClient
from pytest_jwtauth.token_endpoint import TokenEndpoint

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
"""RFC 7636 appendix B."""

LOGIN = {
    "response_type": "code",
    "client_id": CLIENT.client_id,
    "redirect_uri": CALLBACK,
    "scope": "openid profile",
    "nonce": "n-0S6",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


def a_server(clock: Clock | None = None) -> TokenEndpoint:
    return an_endpoint(server=WHOLE_SERVER, now=clock or Clock())


def push(endpoint: TokenEndpoint, **fields: Any) -> str:
    """Push a login and return its ``request_uri``."""
    request_uri: str = members(send(endpoint, endpoint.par_url, **{**LOGIN, **fields}))["request_uri"]
    return request_uri


def test_a_pushed_request_is_answered_201_with_an_opaque_request_uri() -> None:
    endpoint = a_server()
    response = send(endpoint, endpoint.par_url, **LOGIN)
    assert endpoint.verdicts[0].rules == ()
    assert response.status == 201
    assert header(response, "Cache-Control") == ["no-store"]
    got = members(response)
    assert got["expires_in"] == 60
    assert got["request_uri"].startswith("urn:ietf:params:oauth:request_uri:")
    assert len({push(endpoint) for _ in range(20)}) == 20


def test_the_code_stands_for_the_login_that_was_pushed() -> None:
    endpoint = a_server()
    code = endpoint.issue_code(request_uri=push(endpoint))
    got = members(exchange(endpoint, code, code_verifier=VERIFIER))
    assert endpoint.unexpected() == ()
    assert got["scope"] == "openid profile"
    assert "id_token" in got


@pytest.mark.parametrize(
    ("sent", "rule"),
    [
        ({"code_verifier": "x" * 43}, "code-verifier-mismatch"),
        ({}, "code-verifier-missing"),
        ({"code_verifier": VERIFIER, "redirect_uri": "https://app.example/other"}, "redirect-uri-mismatch"),
    ],
)
def test_what_was_pushed_is_held_against_the_exchange(sent: dict[str, Any], rule: str) -> None:
    endpoint = a_server()
    code = endpoint.issue_code(request_uri=push(endpoint))
    exchange(endpoint, code, **sent)
    assert [violation.rule for violation in endpoint.verdicts[-1].violations] == [rule]


def test_nothing_is_added_to_what_was_pushed() -> None:
    endpoint = a_server()
    code = endpoint.issue_code(
        request_uri=push(endpoint, scope=None, nonce=None, code_challenge=None, code_challenge_method=None)
    )
    got = members(exchange(endpoint, code))
    assert endpoint.unexpected() == ()
    assert "scope" not in got
    assert "id_token" not in got


def test_of_a_request_object_the_claims_are_what_was_pushed() -> None:
    endpoint = a_server()
    keys = RegisteredClient.generate("private_key_jwt")
    claims = {**LOGIN, "scope": "openid email", "max_age": 5}
    request_object = ClientAssertion.signed(client=keys, server=WHOLE_SERVER, now=NOW, claims=claims)
    response = send(endpoint, endpoint.par_url, client_id=CLIENT.client_id, request=str.__str__(request_object))
    code = endpoint.issue_code(request_uri=members(response)["request_uri"])
    got = members(exchange(endpoint, code, code_verifier=VERIFIER))
    assert endpoint.unexpected() == ()
    assert got["scope"] == "openid email"


def test_a_request_object_that_cannot_be_read_stands_for_nothing() -> None:
    endpoint = a_server()
    response = send(endpoint, endpoint.par_url, client_id=CLIENT.client_id, request="x.y.z")
    code = endpoint.issue_code(request_uri=members(response)["request_uri"])
    assert "scope" not in members(exchange(endpoint, code, redirect_uri=None))


def test_a_request_uri_is_good_once() -> None:
    endpoint = a_server()
    request_uri = push(endpoint)
    endpoint.issue_code(request_uri=request_uri)
    with pytest.raises(ConfigurationError, match=r"used before, and is good once \(RFC 9126 §4\)") as raised:
        endpoint.issue_code(request_uri=request_uri)
    assert request_uri not in str(raised.value)


def test_a_request_uri_expires_at_the_second_that_was_said() -> None:
    clock = Clock()
    endpoint = a_server(clock)
    endpoint.request_uri_lifetime = 5
    early, late = push(endpoint), push(endpoint)
    clock.tick(4.75)
    endpoint.issue_code(request_uri=early)
    clock.tick(0.25)
    with pytest.raises(ConfigurationError, match=r"expired 0 s before; the attribute request_uri_lifetime"):
        endpoint.issue_code(request_uri=late)


def test_a_request_uri_that_nobody_issued_is_refused() -> None:
    endpoint = a_server()
    push(endpoint)
    with pytest.raises(ConfigurationError, match="was not issued here; 1 were"):
        endpoint.issue_code(request_uri="urn:ietf:params:oauth:request_uri:x")


@pytest.mark.parametrize(
    ("beside", "named"),
    [
        ({"redirect_uri": CALLBACK, "nonce": "n"}, "redirect_uri, nonce"),
        ({"scope": "openid email"}, "scope"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "S256"}, "code_challenge, code_challenge_method"),
    ],
)
def test_what_was_pushed_is_not_said_again(beside: dict[str, Any], named: str) -> None:
    endpoint = a_server()
    request_uri = push(endpoint)
    with pytest.raises(ConfigurationError, match=rf"takes {named} from what was pushed: leave that out"):
        endpoint.issue_code(request_uri=request_uri, **beside)
    endpoint.issue_code(request_uri=request_uri, awkward=True)


def test_a_refused_request_pushes_nothing() -> None:
    endpoint = a_server()
    response = send(endpoint, endpoint.par_url, fault="exp-expired", **LOGIN)
    assert (response.status, members(response)["error"]) == (401, "invalid_client")
    assert "request_uri" not in members(response)


def test_a_request_uri_that_was_pushed_is_a_violation() -> None:
    endpoint = a_server()
    response = send(endpoint, endpoint.par_url, **LOGIN, request_uri="urn:example:1")
    assert (response.status, members(response)["error"]) == (400, "invalid_request")
    assert "par-request-uri-present" in endpoint.verdicts[0].rules


def test_a_code_needs_no_pushed_request() -> None:
    endpoint = a_server()
    push(endpoint)
    assert exchange(endpoint, endpoint.issue_code(redirect_uri=CALLBACK)).status == 200
