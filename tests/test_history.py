"""What is remembered of earlier requests, how it is found again, and what an answer says of a retry."""

from __future__ import annotations

from typing import Any

import pytest
from requests_under_test import (
    ABSENT,
    CLIENT,
    CLIENT_ID,
    CODE,
    ISSUER,
    JTI,
    NOW,
    REFRESH_TOKEN,
    SERVER,
    a_request,
    an_answer,
    an_assertion,
)

from pytest_jwtauth.evidence import history_of
from pytest_jwtauth.history import History, Past, is_metadata_url, split_item
from pytest_jwtauth.messages import HistoryItem, TokenRequest, TokenResponse
from pytest_jwtauth.parameters import JWT_BEARER
from pytest_jwtauth.profiles import profile_named
from pytest_jwtauth.verdict import judge

METADATA_URL = f"{ISSUER}/.well-known/openid-configuration"
LOST = None
UNKNOWN = "nothing is known"


def history(*items: HistoryItem) -> History:
    return history_of(items, client=CLIENT, server=SERVER, profile=profile_named("rfc7523"), now=NOW)


def past(answer: TokenResponse | str | None = UNKNOWN, **changes: Any) -> Past:
    request = a_request(**changes)
    item = request if isinstance(answer, str) else (request, answer)
    (remembered,) = history(item).items
    return remembered


def refusal(status: int, error: str | None = None) -> TokenResponse:
    return an_answer(status, error=ABSENT if error is None else error)


ANSWERS: dict[str, tuple[TokenResponse | str | None, str]] = {
    "tokens": (an_answer(), "succeeded"),
    "no content": (TokenResponse(204), "succeeded"),
    "unknown": (UNKNOWN, ""),
    "none": (LOST, "failed calls_for_retry"),
    "a redirect": (TokenResponse(307), "failed"),
    "the last status before errors": (TokenResponse(399), "failed"),
    "invalid_grant": (refusal(400, "invalid_grant"), "failed"),
    "invalid_client": (refusal(400, "invalid_client"), "failed not_processed"),
    "invalid_client, 401": (refusal(401, "invalid_client"), "failed not_processed calls_for_retry"),
    "use_dpop_nonce": (refusal(400, "use_dpop_nonce"), "failed not_processed"),
    "401": (refusal(401), "failed not_processed calls_for_retry"),
    "404": (refusal(404), "failed"),
    "408": (refusal(408), "failed not_processed calls_for_retry"),
    "425": (refusal(425), "failed not_processed calls_for_retry"),
    "429": (refusal(429), "failed not_processed calls_for_retry"),
    "499": (refusal(499), "failed"),
    "500": (refusal(500), "failed calls_for_retry"),
    "503": (refusal(503), "failed not_processed calls_for_retry"),
    "504": (refusal(504), "failed calls_for_retry"),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_an_answer_says_how_it_went_and_whether_to_try_again(case: str) -> None:
    answer, expected = ANSWERS[case]
    one = past(answer)
    names = ("succeeded", "failed", "not_processed", "calls_for_retry")
    assert " ".join(name for name in names if getattr(one, name)) == expected


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refusal(400, "invalid_grant"), "invalid_grant"),
        (refusal(400), None),
        (an_answer(400, error=["invalid_grant"]), None),
        (an_answer(200, error="invalid_grant"), None),
        (LOST, None),
        (UNKNOWN, None),
    ],
)
def test_only_a_failure_has_an_error(answer: TokenResponse | str | None, error: str | None) -> None:
    assert past(answer).error == error


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"a":' * 100_000, b"1" * 5000]
)
def test_a_body_that_is_no_json_object_has_no_members(body: bytes) -> None:
    assert past(TokenResponse(200, (), body)).answer == {}


def test_no_answer_has_no_members_and_no_headers() -> None:
    one = past(LOST)
    assert (one.answer, one.answer_header("retry-after")) == ({}, None)


def test_a_header_is_found_whatever_its_case_and_the_first_counts() -> None:
    answer = TokenResponse(503, [("RETRY-After", "1"), ("Retry-After", "2")])
    assert past(answer).answer_header("retry-after") == "1"


def test_when_an_answer_left_is_known_only_if_it_was_told() -> None:
    assert past(TokenResponse(200, (), b"", NOW + 2), received_at=NOW).answered_at == NOW + 2
    assert past(TokenResponse(200), received_at=NOW - 1).answered_at == NOW - 1
    assert past(LOST, received_at=NOW - 1).answered_at == NOW - 1


def test_a_request_without_a_time_is_not_timed() -> None:
    assert [past().timed, past(received_at=NOW).timed] == [False, True]


@pytest.mark.parametrize(
    ("received_at", "sent_at", "under_way"),
    [
        (NOW - 2, NOW + 0.1, True),
        (NOW, NOW + 0.1, True),
        (NOW - 2, NOW, False),
        (NOW - 2, None, False),
        (NOW, NOW, False),
        (NOW + 5, NOW + 6, False),  # the clock was put back
        (NOW + 5, None, False),
    ],
)
def test_a_request_is_under_way_until_its_answer_leaves(
    received_at: float, sent_at: float | None, under_way: bool
) -> None:
    one = past(TokenResponse(200, (), b"", sent_at), received_at=received_at)
    assert one.under_way(NOW) is under_way


def test_a_stub_that_counts_sees_a_race_that_the_later_request_won() -> None:
    one = past(TokenResponse(200))
    one.arrived, one.left = 2, 3
    assert [one.under_way(arrived) for arrived in (1, 3, 4)] == [True, False, False]


TOKEN = {"token": "a-token-of-some-kind"}
BY_JWT = {"grant": JWT_BEARER}


def granting(**claims: Any) -> dict[str, Any]:
    return {**BY_JWT, "fields": {"assertion": an_assertion(claims=claims)}}


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ({}, {}, True),
        ({}, {"claims": {"jti": "another"}}, True),
        ({}, {"more_headers": [("DPoP", "x")]}, True),
        ({}, {"fields": {"client_secret": "x"}}, True),
        ({"more_fields": [("x", "1"), ("a", "2")]}, {"more_fields": [("a", "2"), ("x", "1")]}, True),
        (granting(sub="alice", jti="a", exp=1), granting(sub="alice", jti="b", exp=2), True),
        (granting(sub="alice"), granting(sub="bob"), False),
        (granting(iss="a"), granting(iss="b"), False),
        (granting(scope="a"), granting(scope="b"), False),
        ({**BY_JWT, "fields": {"assertion": "a"}}, {**BY_JWT, "fields": {"assertion": "b"}}, False),
        ({"fields": {"code": "a"}}, {"fields": {"code": "b"}}, False),
        ({}, {"grant": "client_credentials"}, False),
        ({}, {"fields": {"client_id": CLIENT_ID}}, False),
        ({}, {"more_fields": [("audience", "https://a.example")]}, False),
        (
            {"endpoint": "introspection"},
            {"endpoint": "revocation", "fields": {"token": "mF_9.B5f-4.1JqMv2vXwW"}},
            False,
        ),
        ({"endpoint": "introspection"}, {"endpoint": "introspection", "fields": {"token": "another"}}, False),
    ],
)
def test_a_retry_asks_for_the_same_whatever_it_signs_anew(
    first: dict[str, Any], second: dict[str, Any], same: bool
) -> None:
    assert (past(**first).same_attempt == past(**second).same_attempt) is same


def test_what_asks_for_the_same_is_found_also_when_it_comes_later() -> None:
    remembered = history(a_request(), a_request(grant="client_credentials"))
    like = past().same_attempt
    assert remembered.like(like) == remembered.items[:1]
    again = past()
    remembered.remember(again)
    assert remembered.like(like) == [remembered.items[0], again]
    assert remembered.like(("token", "password")) == []


def test_nothing_is_found_in_an_empty_past() -> None:
    empty = History()
    found = (empty.last, empty.last_at("token"), empty.last_success(None), empty.issue_of("access_token", "x"))
    assert found == (None, None, None, None)
    assert (empty.with_assertion(None), empty.with_jti(None), empty.with_field("code", "x")) == ([], [], [])
    assert (empty.jtis_of("x", 2), empty.any_failed) == ([], False)


def test_requests_are_found_by_what_may_not_be_sent_again() -> None:
    request = a_request()
    remembered = history(request, a_request(endpoint="revocation", claims={"jti": "another"}))
    first, second = remembered.items
    assert first.request is request
    assert remembered.with_assertion(first.signed) == [first]
    assert remembered.with_jti((CLIENT_ID, JTI)) == [first]
    assert remembered.with_field("code", CODE) == [first]
    assert remembered.jtis_of(CLIENT_ID, 9) == [JTI, "another"]
    assert remembered.jtis_of(CLIENT_ID, 1) == ["another"]
    assert (remembered.last, remembered.last_at("token"), remembered.last_at("revocation")) == (second, first, second)


def test_a_jti_counts_once_however_often_it_was_sent() -> None:
    assert history(a_request(), a_request()).jtis_of(CLIENT_ID, 9) == [JTI]


def test_the_latest_success_of_a_grant_is_found() -> None:
    remembered = history(
        (a_request(), an_answer()), (a_request(), an_answer()), (a_request(), LOST), (a_request(), refusal(400))
    )
    assert remembered.last_success("authorization_code") is remembered.items[1]
    assert remembered.last_success("refresh_token") is None


@pytest.mark.parametrize(("answer", "failed"), [(an_answer(), False), (LOST, True), (refusal(503), True)])
def test_one_failure_is_enough_to_look_for_retries(answer: TokenResponse | None, failed: bool) -> None:
    assert history((a_request(), answer), (a_request(), an_answer())).any_failed is failed
    assert history(a_request()).any_failed is False


def test_the_answer_that_issued_a_token_is_found() -> None:
    remembered = history(
        (a_request(), an_answer(access_token="a", refresh_token=REFRESH_TOKEN)),
        (a_request(), an_answer(400, access_token="b")),
        (a_request(), an_answer(access_token=["c"])),
    )
    assert remembered.issue_of("access_token", "a") is remembered.items[0]
    assert remembered.issue_of("refresh_token", REFRESH_TOKEN) is remembered.items[0]
    assert remembered.issue_of("refresh_token", "a") is None
    assert [remembered.issue_of("access_token", token) for token in ("b", "c")] == [None, None]


def test_metadata_is_kept_apart() -> None:
    remembered = history((TokenRequest("GET", METADATA_URL, (), b""), an_answer()))
    assert (len(remembered.metadata), remembered.items) == (1, [])


@pytest.mark.parametrize(
    ("url", "is_metadata"),
    [
        (METADATA_URL, True),
        ("https://auth.example/.well-known/oauth-authorization-server/tenant", True),
        ("https://auth.example/.well-known/oauth-authorization-server?a=b", True),
        ("https://auth.example/.well-known/openid-configurations", False),
        ("https://auth.example/.well-known/jwks.json", False),
        ("https://auth.example/well-known/openid-configuration", False),
    ],
)
def test_a_metadata_document_is_known_by_its_place(url: str, is_metadata: bool) -> None:
    assert is_metadata_url(url) is is_metadata


def test_an_item_is_a_request_alone_or_with_its_answer() -> None:
    request, answer = a_request(), an_answer()
    assert split_item(request) == (request, None, False)
    assert split_item((request, None)) == (request, None, True)
    assert split_item((request, answer)) == (request, answer, True)


@pytest.mark.parametrize("item", [(), (a_request(),), (a_request(), 200), (a_request(), None, None)])
def test_anything_else_is_refused_at_once(item: Any) -> None:
    with pytest.raises(TypeError, match="a pair"):
        judge(a_request(), client=CLIENT, server=SERVER, now=NOW, history=[item])


def test_a_history_is_used_as_it_is() -> None:
    remembered = history(a_request())
    verdict = judge(a_request(), client=CLIENT, server=SERVER, profile="rfc7523", now=NOW, history=remembered)
    assert "multi-assertion-reused" in verdict.rules
