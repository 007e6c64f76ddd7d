"""Requests whose answer does not arrive: what the stub remembers, and what it makes of the next try."""

from __future__ import annotations

import pickle
from contextlib import nullcontext
from typing import Any

import pytest
import requests
from endpoints import CALLBACK, CLIENT, a_request, an_assertion, an_endpoint, exchange, members, refresh
from requests.adapters import HTTPAdapter
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError, ReadTimeoutError
from urllib3.util.retry import Retry

from pytest_jwtauth import adapters
from pytest_jwtauth.adapters import for_responses
from pytest_jwtauth.faults import KINDS, NoAnswer
from pytest_jwtauth.messages import TokenResponse
from pytest_jwtauth.token_endpoint import TokenEndpoint

NEVER_SENT = ["connection-refused", "connect-timeout"]
LOST = ["read-timeout", "connection-reset"]
CUT = ["slow-body", "truncated-body"]
UNREADABLE = ["truncated-json", "empty-body", "html", "wrong-content-type", "bom", "not-an-object", "no-access-token"]


def outcome(endpoint: TokenEndpoint, code: str) -> int | str:
    """The status of an exchange, or what happened in its place."""
    try:
        return exchange(endpoint, code).status
    except NoAnswer as lost:
        return str(lost)


@pytest.mark.parametrize("trouble", NEVER_SENT)
def test_what_is_never_sent_is_neither_judged_nor_remembered_and_spends_nothing(trouble: str) -> None:
    endpoint = an_endpoint().then(trouble)
    code = endpoint.issue_code(redirect_uri=CALLBACK)
    assert [outcome(endpoint, code) for _ in range(2)] == [trouble, 200]
    assert [request.verdict.rules for request in endpoint.requests] == [()]


@pytest.mark.parametrize("trouble", LOST)
def test_a_request_whose_answer_got_lost_is_judged_and_remembered_without_one(trouble: str) -> None:
    endpoint = an_endpoint().then(trouble)
    with pytest.raises(NoAnswer, match=trouble):
        endpoint.respond(a_request(endpoint, fault="exp-expired"))
    (received,) = endpoint.requests
    assert received.response is None
    assert repr(received).endswith("exp-expired; the answer got lost>")
    assert [verdict.rules for verdict in endpoint.unexpected()] == [("exp-expired",)]


@pytest.mark.parametrize("trouble", [*LOST, *CUT, *UNREADABLE])
def test_a_code_is_spent_although_its_answer_was_of_no_use_and_to_try_again_is_no_fault(trouble: str) -> None:
    endpoint = an_endpoint().then(trouble)
    code = endpoint.issue_code(redirect_uri=CALLBACK)
    outcome(endpoint, code)
    answer = exchange(endpoint, code)
    assert (answer.status, members(answer)["error"]) == (400, "invalid_grant")
    spent = "the authorization_code was used by a request whose answer got lost"
    assert members(answer)["error_description"] == spent
    assert endpoint.unexpected() == ()
    assert endpoint.requests[1].verdict.rules == ("multi-code-reused",)
    # Now the client has been told.
    assert exchange(endpoint, code).status == 400
    assert "multi-code-reused" in [found.rule for found in endpoint.requests[2].verdict.violations]


@pytest.mark.parametrize("trouble", [*LOST, *CUT, *UNREADABLE])
def test_a_refresh_token_is_replaced_although_its_answer_was_of_no_use(trouble: str) -> None:
    endpoint = an_endpoint().then(trouble)
    token = endpoint.issue_refresh_token()
    with nullcontext() if trouble in UNREADABLE else pytest.raises(NoAnswer):
        refresh(endpoint, token)
    answer = refresh(endpoint, token)
    assert (answer.status, members(answer)["error"]) == (400, "invalid_grant")
    assert endpoint.unexpected() == ()
    assert endpoint.warnings() == ()


@pytest.mark.parametrize("grant", [None, "client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange"])
def test_a_refresh_token_beside_another_grant_is_not_what_is_asked_with(grant: str | None) -> None:
    endpoint = an_endpoint().then("read-timeout")
    token = endpoint.issue_refresh_token()
    with pytest.raises(NoAnswer):
        refresh(endpoint, token)
    answer = endpoint.respond(a_request(endpoint, grant_type=grant, refresh_token=token))
    assert b"got lost" not in answer.body


@pytest.mark.parametrize("trouble", ["read-timeout", "truncated-json", 504])
def test_what_was_refused_spends_nothing_although_the_refusal_got_lost(trouble: str | int) -> None:
    endpoint = an_endpoint().then(trouble, processed=True if trouble == 504 else None)
    token = endpoint.issue_refresh_token()
    with pytest.raises(NoAnswer) if trouble == "read-timeout" else nullcontext():
        refresh(endpoint, token, client_assertion=an_assertion(endpoint, fault="exp-expired"))
    assert refresh(endpoint, token).status == 200


def test_nor_does_it_spend_a_code() -> None:
    endpoint = an_endpoint().then("truncated-json")
    code = endpoint.issue_code(redirect_uri=CALLBACK)
    assert exchange(endpoint, code, fault="exp-expired").status == 401
    assert exchange(endpoint, code).status == 200


def test_without_rotation_a_refresh_token_outlives_a_lost_answer() -> None:
    endpoint = an_endpoint().then("read-timeout")
    endpoint.refresh_rotation = "off"
    token = endpoint.issue_refresh_token()
    with pytest.raises(NoAnswer):
        refresh(endpoint, token)
    assert refresh(endpoint, token).status == 200


@pytest.mark.parametrize("trouble", LOST)
def test_a_server_may_have_done_nothing_before_its_answer_got_lost(trouble: str) -> None:
    endpoint = an_endpoint().then(trouble, processed=False)
    code = endpoint.issue_code(redirect_uri=CALLBACK)
    assert [outcome(endpoint, code) for _ in range(2)] == [trouble, 200]
    assert [request.verdict.rules for request in endpoint.requests] == [(), ("multi-code-reused",)]


def test_a_gateway_may_give_up_on_what_the_server_did() -> None:
    endpoint = an_endpoint().then(504, processed=True)
    token = endpoint.issue_refresh_token()
    assert refresh(endpoint, token).status == 504
    assert refresh(endpoint, token).status == 400
    assert endpoint.unexpected() == ()


def test_where_a_code_may_be_used_twice_a_lost_answer_does_not_matter() -> None:
    endpoint = an_endpoint(allow=["multi-code-reused"]).then("read-timeout")
    code = endpoint.issue_code(redirect_uri=CALLBACK)
    assert [outcome(endpoint, code) for _ in range(2)] == ["read-timeout", 200]


def test_a_retry_with_the_same_assertion_is_a_fault_also_after_no_answer() -> None:
    endpoint = an_endpoint().then("read-timeout")
    made = a_request(endpoint)
    with pytest.raises(NoAnswer):
        endpoint.respond(made)
    endpoint.respond(made)
    assert "multi-retry-same-assertion" in endpoint.requests[1].verdict.rules


@pytest.mark.parametrize("trouble", CUT)
def test_half_of_an_answer_arrives_with_the_length_of_the_whole(trouble: str) -> None:
    endpoint = an_endpoint().then(trouble)
    with pytest.raises(NoAnswer) as raised:
        endpoint.respond(a_request(endpoint))
    begun = raised.value.begun
    assert begun is not None
    assert begun.status == 200
    length = int(dict(begun.headers)["Content-Length"])
    assert len(begun.body) == length // 2 > 50
    assert begun.body.startswith(b'{"access_token":')
    copy = pickle.loads(pickle.dumps(raised.value))
    assert (copy.how, copy.begun) == (raised.value.how, begun)
    assert endpoint.requests[0].response is None


def test_every_kind_that_breaks_an_exchange_stands_here() -> None:
    broken = {name for name, kind in KINDS.items() if kind.step.breakdown is not None}
    assert broken == {*NEVER_SENT, *LOST, *CUT}


RAISED: dict[str, tuple[type[requests.RequestException], type[Exception], str]] = {
    "connection-refused": (requests.ConnectionError, MaxRetryError, "Connection refused"),
    "connect-timeout": (requests.ConnectTimeout, MaxRetryError, "timed out"),
    "read-timeout": (requests.ReadTimeout, ReadTimeoutError, "Read timed out"),
    "connection-reset": (requests.ConnectionError, ProtocolError, "Connection reset by peer"),
    "slow-body": (requests.ConnectionError, ReadTimeoutError, "Read timed out"),
    "truncated-body": (requests.exceptions.ChunkedEncodingError, ProtocolError, "Connection broken"),
}


def send(endpoint: TokenEndpoint, session: requests.Session, **how: Any) -> requests.Response:
    made = a_request(endpoint)
    return session.post(made.url, data=made.body, headers=dict(made.headers), timeout=5, **how)


@pytest.mark.parametrize("way", ["alone", "in a mock"])
@pytest.mark.parametrize("trouble", RAISED)
def test_requests_raises_what_it_always_raises(trouble: str, way: str) -> None:
    import responses

    endpoint = an_endpoint(mounter=adapters.mount).then(trouble)
    outer, inner, words = RAISED[trouble]
    with for_responses.mounted(endpoint), requests.Session() as session:
        if way == "in a mock":
            responses.mock.start()
        try:
            with pytest.raises(outer, match=words) as raised:
                send(endpoint, session)
        finally:
            if way == "in a mock":
                responses.mock.stop(allow_assert=False)
        assert send(endpoint, session).status_code == 200
    assert type(raised.value) is outer
    assert isinstance(raised.value.args[0], inner)
    if trouble not in CUT:
        assert raised.value.request is not None
    if isinstance(raised.value.args[0], MaxRetryError):
        assert isinstance(raised.value.args[0].reason, NewConnectionError) == (trouble == "connection-refused")


def test_what_arrives_of_an_answer_can_be_read_before_it_breaks() -> None:
    endpoint = an_endpoint(mounter=adapters.mount).then("slow-body")
    with for_responses.mounted(endpoint), requests.Session() as session:
        answer = send(endpoint, session, stream=True)
        assert answer.status_code == 200
        pieces = answer.iter_content(10)
        assert next(pieces) == b'{"access_t'
        with pytest.raises(requests.ConnectionError, match="Read timed out"):
            list(pieces)


def test_a_transport_that_retries_connections_by_itself_does_so() -> None:
    endpoint = an_endpoint(mounter=adapters.mount).then("connection-refused").then("connect-timeout")
    with for_responses.mounted(endpoint), requests.Session() as session:
        session.mount("https://", HTTPAdapter(max_retries=3))
        assert send(endpoint, session).status_code == 200
    assert len(endpoint.requests) == 1


def test_a_transport_that_resends_after_a_read_time_out_resends_the_assertion() -> None:
    endpoint = an_endpoint(mounter=adapters.mount).then("read-timeout").then("read-timeout")
    with for_responses.mounted(endpoint), requests.Session() as session:
        session.mount("https://", HTTPAdapter(max_retries=Retry(total=2, read=2, allowed_methods=None)))
        assert send(endpoint, session).status_code == 401
    assert len(endpoint.requests) == 3
    assert "multi-retry-same-assertion" in endpoint.requests[1].verdict.rules


def test_no_tries_left_is_the_last_error() -> None:
    endpoint = an_endpoint(mounter=adapters.mount).then("connect-timeout").then("connect-timeout")
    with for_responses.mounted(endpoint), requests.Session() as session:
        session.mount("https://", HTTPAdapter(max_retries=1))
        with pytest.raises(requests.ConnectTimeout):
            send(endpoint, session)


def test_no_error_says_what_a_query_holds() -> None:
    endpoint = an_endpoint(mounter=adapters.mount).then("connection-refused")
    secret = str(CLIENT.client_secret)
    with for_responses.mounted(endpoint), pytest.raises(requests.ConnectionError) as raised:
        requests.post(f"{endpoint.url}?client_secret={secret}", timeout=5)
    assert secret not in str(raised.value)


def test_an_answer_is_what_it_was_where_nothing_was_scripted() -> None:
    endpoint = an_endpoint().then_ok()
    assert isinstance(endpoint.respond(a_request(endpoint)), TokenResponse)
