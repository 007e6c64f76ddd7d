"""A client that tries again after trouble, as it should: what it is told, and that it is not blamed."""

from __future__ import annotations

from typing import Any

import pytest
from endpoints import CALLBACK, a_request, an_endpoint

from pytest_jwtauth.faults import KINDS, NoAnswer
from pytest_jwtauth.token_endpoint import TokenEndpoint

NEVER_SENT = ["connection-refused", "connect-timeout"]
OF_NO_USE = [
    *("read-timeout", "connection-reset", "slow-body", "truncated-body", "truncated-json", "empty-body", "html"),
    *("wrong-content-type", "bom", "not-an-object", "no-access-token", "no-token-type"),
]
"""After these the server has done its work, and the client has nothing of it."""
USABLE = [
    *("no-content-type", "huge-body", "duplicate-members", "unknown-members", "lower-case-token-type"),
    *("no-expires-in", "string-expires-in", "null-expires-in", "zero-expires-in", "negative-expires-in"),
]
"""Odd, but with tokens."""
NOTHING_DONE = ["error-in-success", "basic-bait", 408, 429, 503, 401, "invalid_client", "temporarily_unavailable"]
BROKEN_SERVER = [500, 502, 504, "server_error"]

CREDENTIALS = "client_credentials"
CODE = "authorization_code"
REFRESH = "refresh_token"


def two_tries(what: str | int, grant: str, profile: str) -> tuple[TokenEndpoint, list[int | str]]:
    """The same request twice, ten seconds apart, each with an assertion of its own."""
    endpoint = an_endpoint(profile).then(what)
    fields: dict[str, Any] = {"grant_type": grant}
    if grant == CODE:
        fields |= {"code": endpoint.issue_code(redirect_uri=CALLBACK), "redirect_uri": CALLBACK}
    elif grant == REFRESH:
        fields |= {"refresh_token": endpoint.issue_refresh_token()}
    outcomes: list[int | str] = []
    for _ in range(2):
        try:
            outcomes.append(endpoint.respond(a_request(endpoint, **fields)).status)
        except NoAnswer as lost:
            outcomes.append(lost.how)
        endpoint.clock_skew += 10
    return endpoint, outcomes


def rules_of_the_last(endpoint: TokenEndpoint) -> tuple[str, ...]:
    return endpoint.requests[-1].verdict.rules


PROFILES = ["rfc7523", "pingone"]


def test_every_kind_of_trouble_is_sorted_here() -> None:
    assert sorted([*NEVER_SENT, *OF_NO_USE, *USABLE, "error-in-success", "basic-bait"]) == sorted(KINDS)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("what", [*NEVER_SENT, *OF_NO_USE, *NOTHING_DONE, *BROKEN_SERVER])
def test_a_client_that_acts_for_itself_tries_again_and_has_its_token(what: str | int, profile: str) -> None:
    endpoint, outcomes = two_tries(what, CREDENTIALS, profile)
    assert outcomes[1] == 200
    assert rules_of_the_last(endpoint) == ()


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("what", ["no-content-type", "huge-body", "duplicate-members", "unknown-members"])
def test_what_is_odd_but_usable_is_not_asked_for_again(what: str, profile: str) -> None:
    endpoint, _ = two_tries(what, CREDENTIALS, profile)
    assert rules_of_the_last(endpoint) == ("multi-token-not-cached",)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("grant", [CODE, REFRESH])
@pytest.mark.parametrize("what", [*NEVER_SENT, *NOTHING_DONE])
def test_what_was_not_looked_at_is_still_good(what: str | int, grant: str, profile: str) -> None:
    endpoint, outcomes = two_tries(what, grant, profile)
    assert outcomes[1] == 200
    assert endpoint.unexpected() == ()
    unsure = grant == CODE and what == "error-in-success"
    assert rules_of_the_last(endpoint) == (("multi-code-reused",) if unsure else ())


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize(("grant", "warned"), [(CODE, ("multi-code-reused",)), (REFRESH, ())])
@pytest.mark.parametrize("what", OF_NO_USE)
def test_what_was_used_up_is_refused_and_nobody_is_blamed(
    what: str, grant: str, warned: tuple[str, ...], profile: str
) -> None:
    endpoint, outcomes = two_tries(what, grant, profile)
    assert outcomes[1] == 400
    assert endpoint.unexpected() == ()
    assert rules_of_the_last(endpoint) == warned


@pytest.mark.parametrize("what", USABLE)
def test_who_has_the_tokens_and_sends_the_old_one_again_is_blamed(what: str) -> None:
    endpoint, outcomes = two_tries(what, REFRESH, "rfc7523")
    assert outcomes == [200, 400]
    assert rules_of_the_last(endpoint) == ("refresh-token-mismatch", "multi-refresh-rotated-ignored")


@pytest.mark.parametrize("what", BROKEN_SERVER)
def test_a_code_is_given_up_after_a_server_broke_down_on_it(what: str | int) -> None:
    endpoint, outcomes = two_tries(what, CODE, "rfc7523")
    assert outcomes[1] == 400
    assert [found.rule for found in endpoint.verdicts[1].violations] == ["multi-code-reused"]
