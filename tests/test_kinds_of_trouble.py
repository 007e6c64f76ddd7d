"""Every kind of trouble, and every way to say the whole answer: what the client gets."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from typing import Any

import pytest
from endpoints import NOW, a_request, an_endpoint, header, members

from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.faults import HUGE, KINDS, NoAnswer
from pytest_jwtauth.messages import TokenRequest, TokenResponse
from pytest_jwtauth.token_endpoint import TokenEndpoint


def ask(endpoint: TokenEndpoint, **how: Any) -> TokenResponse:
    return endpoint.respond(a_request(endpoint, **how))


def named(answer: TokenResponse) -> set[str]:
    return set(members(answer))


def content_type(answer: TokenResponse) -> list[str]:
    return header(answer, "Content-Type")


USUAL = {"access_token", "token_type", "expires_in"}

WHAT_IT_IS: dict[str, Callable[[TokenResponse], bool]] = {
    "truncated-json": lambda a: a.body.startswith(b'{"access_token":"') and a.body[-1:] != b"}",
    "empty-body": lambda a: a.body == b"" and content_type(a) == ["application/json"],
    "html": lambda a: a.body.startswith(b"<!DOCTYPE html>") and content_type(a) == ["text/html; charset=utf-8"],
    "wrong-content-type": lambda a: named(a) == USUAL and content_type(a) == ["text/plain"],
    "no-content-type": lambda a: named(a) == USUAL and content_type(a) == [],
    "bom": lambda a: a.body[:4] == b"\xef\xbb\xbf{" and named(a) == USUAL,
    "huge-body": lambda a: named(a) == {*USUAL, "padding"} and HUGE < len(a.body) < HUGE + 1000,
    "not-an-object": lambda a: a.body[:1] == b"[" and set(json.loads(a.body)[0]) == USUAL,
    "duplicate-members": lambda a: (
        a.body.count(b'"access_token":') == 2 and members(a)["access_token"] != "worth-nothing"
    ),
    "unknown-members": lambda a: named(a) > USUAL and len(named(a)) == 8,
    "no-access-token": lambda a: named(a) == USUAL - {"access_token"},
    "no-token-type": lambda a: named(a) == USUAL - {"token_type"},
    "lower-case-token-type": lambda a: named(a) == USUAL and members(a)["token_type"] == "bearer",
    "no-expires-in": lambda a: named(a) == USUAL - {"expires_in"},
    "string-expires-in": lambda a: members(a)["expires_in"] == "3600",
    "null-expires-in": lambda a: named(a) == USUAL and members(a)["expires_in"] is None,
    "zero-expires-in": lambda a: members(a)["expires_in"] == 0,
    "negative-expires-in": lambda a: members(a)["expires_in"] == -1,
    "error-in-success": lambda a: members(a).get("error") == "invalid_grant",
    "basic-bait": lambda a: header(a, "WWW-Authenticate") == ['Basic realm="token endpoint"'] and a.status == 401,
}


@pytest.mark.parametrize("kind", WHAT_IT_IS)
def test_a_kind_of_trouble_is_what_it_is_called(kind: str) -> None:
    endpoint = an_endpoint().then(kind)
    answer = ask(endpoint)
    assert answer.status == (401 if kind == "basic-bait" else 200)
    assert WHAT_IT_IS[kind](answer)
    assert header(answer, "Cache-Control") == ["no-store"]
    assert not WHAT_IT_IS[kind](ask(endpoint, scope="another"))


def test_each_is_tried_here_or_breaks_the_exchange() -> None:
    assert {name for name, kind in KINDS.items() if kind.step.breakdown is None} == set(WHAT_IT_IS)


@pytest.mark.parametrize("kind", KINDS)
def test_each_says_what_it_does_and_where_that_is_written(kind: str) -> None:
    assert KINDS[kind].does.endswith(".")
    assert KINDS[kind].source


@pytest.mark.parametrize(
    "kind", [kind for kind in WHAT_IT_IS if "expires-in" in kind or "token" in kind or "members" in kind]
)
def test_what_changes_members_lets_a_refusal_be(kind: str) -> None:
    answer = ask(an_endpoint().then(kind), fault="exp-expired")
    assert (answer.status, named(answer)) == (401, {"error", "error_description"})


@pytest.mark.parametrize("kind", ["truncated-json", "empty-body", "html", "wrong-content-type", "bom", "not-an-object"])
def test_what_changes_octets_changes_those_of_a_refusal_too(kind: str) -> None:
    assert ask(an_endpoint().then(kind), fault="exp-expired").status == 401


@pytest.mark.parametrize("kind", [kind for kind in KINDS if KINDS[kind].step.breakdown is None])
def test_a_request_that_gets_no_tokens_can_be_answered_too(kind: str) -> None:
    endpoint = an_endpoint().then(kind)
    made = a_request(endpoint, url=f"{endpoint.server.issuer}/introspect", grant_type=None, token="unknown")
    assert endpoint.respond(made).status in {200, 401}


def test_an_answer_without_a_json_object_has_no_members_to_change() -> None:
    endpoint = an_endpoint().then("unknown-members").then("duplicate-members").then("no-access-token")
    empty = TokenResponse(200, (), b"")
    for kind in ("unknown-members", "duplicate-members", "no-access-token"):
        assert KINDS[kind].step.deliver(empty, NOW) == empty
        assert KINDS[kind].step.deliver(TokenResponse(200, (), b"[]"), NOW).body == b"[]"
    assert endpoint.requests == ()


def test_members_are_put_over_those_of_a_success_and_taken_out_of_it() -> None:
    endpoint = an_endpoint().then(200, members={"expires_in": 1.5, "x": [None]}, without=["token_type"])
    answer = members(ask(endpoint))
    assert answer == {"access_token": answer["access_token"], "expires_in": 1.5, "x": [None]}


def test_members_are_put_over_those_of_an_error() -> None:
    answer = ask(an_endpoint().then("invalid_grant", members={"error_uri": "https://auth.example/help"}, without=["x"]))
    assert members(answer)["error_uri"] == "https://auth.example/help"
    assert members(answer)["error"] == "invalid_grant"


def test_members_of_a_success_are_not_for_a_request_that_is_wrong() -> None:
    answer = ask(an_endpoint().then(200, members={"expires_in": 1}), fault="exp-expired")
    assert (answer.status, named(answer)) == (401, {"error", "error_description"})


@pytest.mark.parametrize("fault", [None, "exp-expired"])
@pytest.mark.parametrize(("body", "octets"), [(b"\xff\x00", b"\xff\x00"), ("é", b"\xc3\xa9"), (b"", b"")])
def test_a_body_is_given_whatever_was_asked(body: bytes | str, octets: bytes, fault: str | None) -> None:
    endpoint = an_endpoint().then(203, body=body, content_type="application/jwt")
    answer = ask(endpoint, fault=fault)
    assert (answer.status, answer.body, content_type(answer)) == (203, octets, ["application/jwt"])
    assert [len(verdict.violations) for verdict in endpoint.verdicts] == [0 if fault is None else 1]


def test_an_error_may_have_any_body_and_any_headers() -> None:
    endpoint = an_endpoint().then(502, body="<html>", content_type="text/html", headers={"Server": "proxy", "X": ""})
    answer = ask(endpoint)
    assert (answer.status, answer.body, content_type(answer)) == (502, b"<html>", ["text/html"])
    assert (header(answer, "Server"), header(answer, "X")) == (["proxy"], [""])


def test_a_content_type_alone_leaves_the_body_as_it_is() -> None:
    answer = ask(an_endpoint().then(200, content_type="application/json;charset=UTF-8"))
    assert (named(answer), content_type(answer)) == (USUAL, ["application/json;charset=UTF-8"])


@pytest.mark.parametrize(
    ("status", "fault", "answered"), [(201, None, 201), (299, None, 299), (202, "exp-expired", 401)]
)
def test_a_success_may_have_another_status(status: int, fault: str | None, answered: int) -> None:
    assert ask(an_endpoint().then(status), fault=fault).status == answered


@pytest.mark.parametrize("status", [204, 205, 304])
def test_some_statuses_have_no_content(status: int) -> None:
    answer = ask(an_endpoint().then(status))
    assert (answer.status, answer.body, content_type(answer)) == (status, b"", [])


def test_a_header_may_come_twice() -> None:
    answer = ask(an_endpoint().then(503, headers=[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")], retry_after=1))
    assert header(answer, "Set-Cookie") == ["a=1", "b=2"]
    assert answer.headers[-1] == ("Retry-After", "1")


UTC = datetime.timezone.utc
MOMENT = datetime.datetime(2025, 10, 9, 8, 55, tzinfo=UTC)

DATES: list[tuple[Any, str]] = [
    (0, "0"),
    (MOMENT, "Thu, 09 Oct 2025 08:55:00 GMT"),
    (MOMENT.astimezone(datetime.timezone(datetime.timedelta(hours=5.5))), "Thu, 09 Oct 2025 08:55:00 GMT"),
    ("Thu, 09 Oct 2025 08:55:00 GMT", "Thu, 09 Oct 2025 08:55:00 GMT"),
    # The server's time is 08:53:20.25, and a date has no fractions: too early is worse than too late.
    (datetime.timedelta(seconds=2), "Thu, 09 Oct 2025 08:53:23 GMT"),
    (datetime.timedelta(seconds=1.75), "Thu, 09 Oct 2025 08:53:22 GMT"),
]


@pytest.mark.parametrize(("retry_after", "sent"), DATES)
def test_retry_after_is_a_number_or_a_date(retry_after: Any, sent: str) -> None:
    assert header(ask(an_endpoint().then(503, retry_after=retry_after)), "Retry-After") == [sent]


def test_a_date_counts_from_the_time_of_the_server() -> None:
    endpoint = an_endpoint().then(429, retry_after=datetime.timedelta(0))
    endpoint.clock_skew = 3600
    assert header(ask(endpoint), "Retry-After") == ["Thu, 09 Oct 2025 09:53:21 GMT"]


@pytest.mark.parametrize("retry_after", [30, datetime.timedelta(seconds=30), MOMENT])
@pytest.mark.parametrize(("waited", "broken"), [(1, ("multi-retry-after-ignored",)), (120, ())])
def test_a_client_that_does_not_wait_is_found_out_however_it_was_told(
    retry_after: Any, waited: float, broken: tuple[str, ...]
) -> None:
    endpoint = an_endpoint().then(503, retry_after=retry_after)
    ask(endpoint)
    endpoint.clock_skew = waited
    ask(endpoint, scope="a")
    assert endpoint.verdicts[1].rules == broken


def test_a_client_that_takes_the_bait_is_found_out() -> None:
    endpoint = an_endpoint().then("basic-bait")
    assert ask(endpoint).status == 401
    ask(endpoint, headers=[("Authorization", "Basic YTpi")])
    assert "auth-basic-present" in endpoint.verdicts[1].rules


UNUSABLE: list[tuple[Any, dict[str, Any], str]] = [
    ("read-timout", {}, "Did you mean 'read-timeout'"),
    ("read-timeout", {"body": b""}, "takes no body, for it says itself what happens: The server does"),
    ("html", {"retry_after": 1, "headers": {"X": "y"}}, "takes no retry_after and no headers"),
    ("html", {"processed": False}, r"where the whole answer is lost \(read-timeout, connection-reset\)"),
    ("slow-body", {"processed": True}, "where the whole answer is lost"),
    ("connection-refused", {"processed": True}, "where the whole answer is lost"),
    ("read-timeout", {"processed": 1}, "processed is True or False"),
    (503, {"processed": "yes"}, "processed is True or False"),
    (201, {"processed": False}, "a success is always processed"),
    (200, {"location": "https://other.example/"}, "a redirection needs a location"),
    (302, {}, "needs a location"),
    (101, {}, "one below 200 is no answer yet"),
    (200, {"body": b"", "members": {}}, "not both"),
    (200, {"body": b"", "without": ["scope"]}, "not both"),
    (204, {"members": {}}, "an answer 204 has no JSON object"),
    (302, {"location": "/", "members": {}}, "an answer 302 has no JSON object"),
    (304, {"body": b"x"}, "an answer 304 has no content"),
    (204, {"content_type": "text/plain"}, "an answer 204 has no content"),
    (200, {"body": {}}, "body is bytes, or a str to be sent as UTF-8; got dict"),
    (200, {"content_type": "a\r\nX: y"}, "content_type is what a header may say"),
    (200, {"content_type": 1}, "content_type is what a header may say"),
    (200, {"members": []}, "members is a mapping from names to JSON values; got list"),
    (200, {"members": {1: 2}}, "members is a mapping from names to JSON values"),
    (200, {"members": {"a": b""}}, "members holds what JSON cannot say"),
    (200, {"members": {"a": {1, 2}}}, "members holds what JSON cannot say"),
    (200, {"without": "scope"}, "without is a list of member names; got str"),
    (200, {"without": 5}, "without is a list of member names; got int"),
    (503, {"headers": {"a b": "c"}}, "headers is a mapping"),
    (503, {"headers": {"a": "b\r\nc: d"}}, "headers is a mapping"),
    (503, {"headers": {"a": 1}}, "headers is a mapping"),
    (503, {"headers": [("a",)]}, "headers is a mapping"),
    (503, {"headers": ["ab"]}, "headers is a mapping"),
    (503, {"headers": 5}, "headers is a mapping"),
    (503, {"retry_after": MOMENT.replace(tzinfo=None)}, "a datetime with a time zone"),
    (503, {"retry_after": datetime.timedelta(seconds=-1)}, "retry_after is a whole number of seconds"),
    (503, {"retry_after": "soon"}, "an HTTP-date"),
    (503, {"retry_after": "Thu, 09 Oct 2025 08:55:00 +0530"}, "an HTTP-date"),
]


@pytest.mark.parametrize(("what", "how", "message"), UNUSABLE)
def test_what_cannot_be_scripted_is_refused_at_once(what: Any, how: dict[str, Any], message: str) -> None:
    endpoint = an_endpoint()
    with pytest.raises(ConfigurationError, match=message):
        endpoint.then(what, **how)
    assert ask(endpoint).status == 200


def test_an_unknown_word_is_answered_with_all_those_known() -> None:
    with pytest.raises(ConfigurationError) as raised:
        an_endpoint().then("nonsense")
    assert all(name in str(raised.value) for name in (*KINDS, "invalid_client"))


def test_a_script_is_read_aloud_as_it_is_written() -> None:
    endpoint = an_endpoint().then("read-timeout").then(503, retry_after=2).then("truncated-json").then_ok()
    outcomes: list[object] = []
    for number in range(4):
        endpoint.clock_skew += 10
        try:
            outcomes.append(ask(endpoint, scope=f"s{number}").status)
        except NoAnswer as lost:
            outcomes.append(lost.how)
    assert outcomes == ["read-timeout", 503, 200, 200]
    assert endpoint.unexpected() == ()


def test_documents_are_not_part_of_a_script() -> None:
    endpoint = an_endpoint().then(503)
    assert endpoint.respond(TokenRequest("GET", str(endpoint.server.jwks_uri), [], b"")).status == 200
    assert ask(endpoint).status == 503
