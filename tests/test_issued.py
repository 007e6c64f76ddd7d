"""What was handed out, what it goes back to, and until when it is good."""

from __future__ import annotations

import pytest
from endpoints import CALLBACK, NOW, a_request, an_endpoint, exchange, members, refresh

from pytest_jwtauth.issued import Family, Grant, Issued, Kind, Ledger
from pytest_jwtauth.messages import TokenResponse
from pytest_jwtauth.token_endpoint import TokenEndpoint


def a_token(kind: Kind = "access_token", value: str = "v", family: Family | None = None, until: float = 10) -> Issued:
    """Issued at 0."""
    return Issued(value, kind, family or Family(Grant("openid", 0)), "openid", 0, until)


def tokens_of_a_login(endpoint: TokenEndpoint) -> tuple[str, str]:
    """An access token and a refresh token."""
    got = members(exchange(endpoint, endpoint.issue_code(redirect_uri=CALLBACK)))
    return got["access_token"], got["refresh_token"]


def reason(endpoint: TokenEndpoint, response: TokenResponse) -> str:
    """Why a refresh was refused."""
    assert (response.status, members(response)["error"]) == (400, "invalid_grant")
    violations = endpoint.verdicts[-1].violations
    return next(violation.found for violation in violations if violation.rule == "refresh-token-mismatch")


@pytest.mark.parametrize(("now", "active"), [(0, True), (9.9, True), (10, False), (11, False)])
def test_a_token_is_good_until_the_moment_it_expires(now: float, active: bool) -> None:
    assert a_token().is_active(now) is active


def test_a_token_without_end_is_good_for_ever() -> None:
    assert Issued("v", "refresh_token", Family(Grant(None, 0)), None, 0).is_active(1e15)


def test_a_token_that_is_spent_is_not_good() -> None:
    token = a_token("refresh_token")
    token.spent_from = 0
    assert token.spent
    assert not token.is_active(0)


def test_a_revoked_access_token_leaves_its_family_alone() -> None:
    family = Family(Grant("openid", 0))
    one, other = a_token(family=family), a_token("refresh_token", family=family)
    one.revoke()
    assert (one.revoked, other.revoked) == (True, False)


def test_a_revoked_refresh_token_takes_its_family_along() -> None:
    family = Family(Grant("openid", 0))
    one, other, stranger = a_token(family=family), a_token("refresh_token", family=family), a_token()
    other.revoke()
    assert [token.revoked for token in (one, other, stranger)] == [True, True, False]
    assert a_token(family=family).revoked


def test_a_ledger_finds_a_token_of_either_kind_but_no_code() -> None:
    ledger = Ledger()
    issued = [a_token("code", "c"), a_token("access_token", "a"), a_token("refresh_token", "r")]
    assert [ledger.add(one) for one in issued] == ["c", "a", "r"]
    assert [ledger.find_token(value) for value in ("c", "a", "r", "x", None)] == [
        None,
        issued[1],
        issued[2],
        None,
        None,
    ]
    assert ledger.find("code", "c") is issued[0]
    assert ledger.find("code", "a") is None


def test_what_was_meant_is_the_newest_that_can_be_used() -> None:
    ledger = Ledger()
    assert ledger.likeliest("code") is None
    tokens = [a_token("code", value) for value in "abcd"]
    for token in tokens:
        ledger.add(token)
    assert ledger.likeliest("code") is tokens[3]
    tokens[3].spent_from = 1
    tokens[2].family.revoked = True
    assert ledger.likeliest("code") is tokens[1]
    tokens[0].spent_from = tokens[1].spent_from = 1
    assert ledger.likeliest("code") is tokens[3]


def test_an_access_token_is_active_for_as_long_as_the_answer_said() -> None:
    endpoint = an_endpoint()
    endpoint.access_token_lifetime = 60
    access, refresh_token = tokens_of_a_login(endpoint)
    own = members(endpoint.respond(a_request(endpoint)))["access_token"]
    endpoint.clock_skew = 59
    assert [endpoint.is_active(token) for token in (access, own, refresh_token)] == [True, True, True]
    endpoint.clock_skew = 60
    assert [endpoint.is_active(token) for token in (access, own, refresh_token)] == [False, False, True]
    assert not endpoint.is_active("made up")


def test_a_replaced_refresh_token_is_not_active() -> None:
    endpoint = an_endpoint()
    first = endpoint.issue_refresh_token()
    second = members(refresh(endpoint, first))["refresh_token"]
    assert (endpoint.is_active(first), endpoint.is_active(second)) == (False, True)


def test_a_revoked_refresh_token_and_what_came_of_it_stop_working() -> None:
    endpoint = an_endpoint()
    access, refresh_token = tokens_of_a_login(endpoint)
    others = tokens_of_a_login(endpoint)
    assert endpoint.revoke(refresh_token)
    assert [endpoint.is_active(token) for token in (access, refresh_token, *others)] == [False, False, True, True]
    assert "it was revoked" in reason(endpoint, refresh(endpoint, refresh_token))
    assert refresh(endpoint, others[1]).status == 200


def test_a_revoked_access_token_leaves_the_refresh_token_good() -> None:
    endpoint = an_endpoint()
    access, refresh_token = tokens_of_a_login(endpoint)
    assert endpoint.revoke(access)
    assert (endpoint.is_active(access), endpoint.is_active(refresh_token)) == (False, True)
    assert refresh(endpoint, refresh_token).status == 200


def test_revoking_what_was_never_issued_does_nothing() -> None:
    assert not an_endpoint().revoke("made up")


def test_when_every_refresh_token_is_revoked_an_unknown_one_is_compared_with_none() -> None:
    endpoint = an_endpoint()
    token = endpoint.issue_refresh_token()
    endpoint.revoke(token)
    assert "all that were issued are revoked" in reason(endpoint, refresh(endpoint, token[:-1]))


def test_a_refresh_token_that_has_expired_is_refused() -> None:
    endpoint = an_endpoint()
    token = endpoint.issue_refresh_token()
    issued = endpoint._ledger.find_token(token)
    assert issued is not None
    issued.expires_at = NOW
    assert "it has expired" in reason(endpoint, refresh(endpoint, token))
