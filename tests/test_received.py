"""Violations that a test wants: what is forgiven, what is not, and what is missed when they do not come."""

from __future__ import annotations

from typing import Any

import pytest
from endpoints import a_request, an_endpoint

from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.token_endpoint import TokenEndpoint


def ask(endpoint: TokenEndpoint, **how: Any) -> None:
    endpoint.respond(a_request(endpoint, **how))


def rules_of(endpoint: TokenEndpoint) -> list[tuple[str, ...]]:
    return [tuple(violation.rule for violation in verdict.violations) for verdict in endpoint.unexpected()]


def test_a_violation_that_nobody_wants_is_unexpected() -> None:
    endpoint = an_endpoint()
    ask(endpoint)
    ask(endpoint, fault="exp-expired")
    assert rules_of(endpoint) == [("exp-expired",)]


def test_a_wanted_violation_is_forgiven_inside_the_block_and_nowhere_else() -> None:
    endpoint = an_endpoint()
    ask(endpoint, fault="exp-expired")
    with endpoint.expect_violation("exp-expired"):
        ask(endpoint, fault="exp-expired")
    ask(endpoint, fault="exp-expired")
    first, last = endpoint.unexpected()
    assert [first, last] == [endpoint.verdicts[0], endpoint.verdicts[2]]
    assert endpoint.verdicts[1].rules == ("exp-expired",)


def test_another_violation_inside_the_block_still_counts() -> None:
    endpoint = an_endpoint()
    with endpoint.expect_violation("exp-expired"):
        ask(endpoint, fault="exp-expired", scope="a  b")
    assert rules_of(endpoint) == [("scope-malformed",)]


def test_without_ids_every_violation_is_wanted() -> None:
    endpoint = an_endpoint()
    with endpoint.expect_violation():
        ask(endpoint, fault="exp-expired", scope="a  b")
    assert rules_of(endpoint) == []


def test_a_wanted_warning_is_forgiven_too() -> None:
    endpoint = an_endpoint()
    with endpoint.expect_violation("jti-missing"):
        ask(endpoint, fault="jti-missing")
    assert endpoint.warnings() == ()


def test_warnings_are_given_once_for_each_rule() -> None:
    endpoint = an_endpoint(allow=["multi-token-not-cached", "multi-assertion-reused"])
    for _ in range(2):
        ask(endpoint, fault="jti-missing", code="c", redirect_uri="https://a.example/")
    assert [violation.rule for violation in endpoint.warnings()] == ["jti-missing", "client-credentials-extra-params"]
    assert endpoint.unexpected() == ()


def test_the_same_verdicts_are_unexpected_each_time() -> None:
    """The plugin asks twice and reports each verdict once."""
    endpoint = an_endpoint()
    with endpoint.expect_violation("exp-expired"):
        ask(endpoint, fault="exp-expired", scope="a  b")
    assert endpoint.unexpected()[0] is endpoint.unexpected()[0]


def test_the_block_gives_the_verdicts_inside_it() -> None:
    endpoint = an_endpoint()
    ask(endpoint)
    with endpoint.expect_violation("exp-expired") as expectation:
        ask(endpoint, fault="exp-expired")
        ask(endpoint)
    ask(endpoint)
    assert expectation.verdicts == list(endpoint.verdicts[1:3])


def test_blocks_may_be_nested() -> None:
    endpoint = an_endpoint()
    with endpoint.expect_violation("exp-expired"), endpoint.expect_violation("scope-malformed"):
        ask(endpoint, fault="exp-expired", scope="a  b")
    assert rules_of(endpoint) == []


MISSED: list[tuple[tuple[str, ...], list[dict[str, Any]], str]] = [
    (("exp-expired",), [], "exp-expired: expected inside this block, but did not occur; no request was received"),
    (
        ("exp-expired",),
        [{}],
        "exp-expired: expected inside this block, but did not occur; 1 request was received, breaking no other rule",
    ),
    (
        ("exp-expired",),
        [{"scope": "a  b"}, {"scope": "a  b"}],
        "exp-expired: expected inside this block, but did not occur; "
        "2 requests were received, breaking scope-malformed",
    ),
    (
        ("exp-expired", "scope-malformed", "aud-mismatch"),
        [{"scope": "a  b"}],
        "aud-mismatch, exp-expired: expected inside this block, but did not occur; "
        "1 request was received, breaking no other rule",
    ),
    (
        (),
        [{"fault": "jti-missing"}],
        "any violation: expected inside this block, but did not occur; 1 request was received, breaking jti-missing",
    ),
    (
        ("typ-missing",),
        [{"fault": "typ-missing"}],
        "typ-missing: expected inside this block, but did not occur; 1 request was received, breaking no other rule; "
        "the profile does not enforce typ-missing",
    ),
]


@pytest.mark.parametrize(("rules", "requests", "message"), MISSED)
def test_a_violation_that_does_not_come_is_missed(
    rules: tuple[str, ...], requests: list[dict[str, Any]], message: str
) -> None:
    endpoint = an_endpoint()

    def block() -> None:
        with endpoint.expect_violation(*rules):
            for how in requests:
                ask(endpoint, **how)

    with pytest.raises(AssertionError) as raised:
        block()
    assert str(raised.value) == message


def test_what_fails_inside_the_block_is_not_hidden_by_what_it_missed() -> None:
    endpoint = an_endpoint()

    def block() -> None:
        with endpoint.expect_violation("exp-expired"):
            raise LookupError("of the test's own")

    with pytest.raises(LookupError):
        block()
    ask(endpoint, fault="exp-expired")
    assert rules_of(endpoint) == [("exp-expired",)]


def test_an_unknown_rule_is_refused_with_the_nearest_names() -> None:
    with pytest.raises(ConfigurationError, match="Did you mean 'exp-expired'"):
        an_endpoint().expect_violation("exp-expird")


def test_an_expectation_says_what_it_expects() -> None:
    endpoint = an_endpoint()
    assert repr(endpoint.expect_violation("exp-expired")) == "<Expectation of exp-expired>"
    assert repr(endpoint.expect_violation()) == "<Expectation of any violation>"
