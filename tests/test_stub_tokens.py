"""What becomes of a token, a code and an assertion that are used again, and of a request that is sent elsewhere."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from endpoints import CALLBACK, a_request, an_assertion, an_endpoint, exchange, header, members, refresh
from stub_answers import answers, found, login

from pytest_jwtauth.adapters import for_responses
from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.faults import NoAnswer
from pytest_jwtauth.messages import TokenRequest, TokenResponse
from pytest_jwtauth.token_endpoint import TokenEndpoint


@answers("stub-rotation")
@pytest.mark.parametrize(
    ("mode", "brings_a_new_one", "again", "newest_after"),
    [
        ("off", False, 200, 200),
        ("rotate", True, 400, 200),
        ("detect-reuse", True, 400, 400),
    ],
)
def test_a_refresh_token_that_is_used_twice(mode: Any, brings_a_new_one: bool, again: int, newest_after: int) -> None:
    endpoint = an_endpoint()
    endpoint.refresh_rotation = mode
    first = endpoint.issue_refresh_token()
    got = members(refresh(endpoint, first))
    assert ("refresh_token" in got) is brings_a_new_one
    assert refresh(endpoint, first).status == again
    assert ("multi-refresh-rotated-ignored" in found(endpoint)) is brings_a_new_one
    assert endpoint.is_active(got["access_token"]) is (newest_after == 200)
    assert refresh(endpoint, got.get("refresh_token", first)).status == newest_after


@answers("stub-rotation")
def test_reuse_ends_one_login_and_no_other() -> None:
    endpoint = an_endpoint()
    endpoint.refresh_rotation = "detect-reuse"
    one, other = login(endpoint), login(endpoint)
    third = members(refresh(endpoint, members(refresh(endpoint, one["refresh_token"]))["refresh_token"]))
    refresh(endpoint, one["refresh_token"])
    mine = [one["access_token"], third["access_token"], third["refresh_token"]]
    assert [endpoint.is_active(token) for token in mine] == [False, False, False]
    assert [endpoint.is_active(token) for token in (other["access_token"], other["refresh_token"])] == [True, True]
    refresh(endpoint, third["refresh_token"])
    assert "it was revoked" in str(endpoint.verdicts[-1])


@answers("stub-rotation")
def test_a_spent_token_of_a_client_that_is_not_authenticated_ends_nothing() -> None:
    endpoint = an_endpoint()
    endpoint.refresh_rotation = "detect-reuse"
    first = endpoint.issue_refresh_token()
    newest = members(refresh(endpoint, first))["refresh_token"]
    assert refresh(endpoint, first, fault="exp-expired").status == 401
    assert endpoint.is_active(newest)


@answers("stub-rotation")
def test_nor_does_one_in_a_request_that_is_refused_for_something_else() -> None:
    endpoint = an_endpoint()
    endpoint.refresh_rotation = "detect-reuse"
    first = endpoint.issue_refresh_token()
    newest = members(refresh(endpoint, first))["refresh_token"]
    sent = a_request(endpoint, grant_type="refresh_token", refresh_token=first)
    twice = TokenRequest(sent.method, sent.url, sent.headers, sent.body + b"&scope=a&scope=a")
    assert members(endpoint.respond(twice))["error"] == "invalid_request"
    assert endpoint.is_active(newest)


@answers("stub-rotation")
def test_an_unknown_token_ends_nothing() -> None:
    endpoint = an_endpoint()
    endpoint.refresh_rotation = "detect-reuse"
    token = endpoint.issue_refresh_token()
    assert refresh(endpoint, token[:-1]).status == 400
    assert endpoint.is_active(token)


@answers("stub-rotation")
@pytest.mark.parametrize("mode", ["rotate", "detect-reuse"])
@pytest.mark.parametrize(("later", "works"), [(0, True), (29, True), (30, False), (31, False)])
def test_in_its_grace_period_a_replaced_token_still_works_and_is_no_fault(mode: Any, later: int, works: bool) -> None:
    endpoint = an_endpoint()
    endpoint.refresh_rotation, endpoint.refresh_grace = mode, 30
    first = endpoint.issue_refresh_token()
    newest = members(refresh(endpoint, first))["refresh_token"]
    endpoint.clock_skew = later
    assert endpoint.is_active(first) is works
    again = refresh(endpoint, first)
    assert again.status == (200 if works else 400)
    assert found(endpoint) == ([] if works else ["refresh-token-mismatch", "multi-refresh-rotated-ignored"])
    assert endpoint.is_active(newest) is (works or mode == "rotate")
    if works:
        assert members(again)["refresh_token"] not in {first, newest}


@answers("stub-rotation")
@pytest.mark.parametrize(("grace", "again", "newest_after"), [(0, 400, False), (30, 200, True)])
def test_a_grace_period_is_for_answers_that_get_lost(grace: int, again: int, newest_after: bool) -> None:
    endpoint = an_endpoint()
    endpoint.refresh_rotation, endpoint.refresh_grace = "detect-reuse", grace
    token = endpoint.issue_refresh_token()
    endpoint.then("read-timeout")
    with pytest.raises(NoAnswer):
        refresh(endpoint, token)
    newest = endpoint._ledger.likeliest("refresh_token")
    assert newest is not None
    assert refresh(endpoint, token).status == again
    # The client cannot know that its token is spent, but the server cannot know who sends it.
    assert found(endpoint) == []
    assert endpoint.is_active(newest.value) is newest_after


@answers("stub-rotation")
def test_a_grace_period_does_not_start_anew() -> None:
    endpoint = an_endpoint()
    endpoint.refresh_grace = 30
    first = endpoint.issue_refresh_token()
    for later, status in ((0, 200), (20, 200), (40, 400)):
        endpoint.clock_skew = later
        assert refresh(endpoint, first).status == status


@answers("stub-rotation")
@pytest.mark.parametrize("seconds", [-1, True, "30", None, float("inf"), float("nan")])
def test_a_grace_period_is_a_number_of_seconds(seconds: Any) -> None:
    endpoint = an_endpoint()
    with pytest.raises(ConfigurationError, match="refresh_grace is a number of seconds"):
        endpoint.refresh_grace = seconds
    assert endpoint.refresh_grace == 0


@answers("stub-rotation")
def test_a_refresh_token_may_have_an_end() -> None:
    endpoint = an_endpoint()
    endpoint.refresh_token_lifetime = 100
    tokens = login(endpoint)["refresh_token"], endpoint.issue_refresh_token()
    endpoint.clock_skew = 99
    assert [endpoint.is_active(token) for token in tokens] == [True, True]
    endpoint.clock_skew = 100
    assert refresh(endpoint, tokens[0]).status == 400
    assert "it has expired" in str(endpoint.verdicts[-1])


@answers("stub-code-once")
def test_a_code_that_comes_again_is_refused_and_ends_what_came_of_it() -> None:
    endpoint = an_endpoint()
    code = endpoint.issue_code(redirect_uri=CALLBACK)
    got = members(exchange(endpoint, code))
    newer = members(refresh(endpoint, got["refresh_token"]))
    again = exchange(endpoint, code)
    assert (again.status, members(again)["error"]) == (400, "invalid_grant")
    tokens = [got["access_token"], newer["access_token"], newer["refresh_token"]]
    assert [endpoint.is_active(token) for token in tokens] == [False, False, False]


@answers("stub-code-once")
def test_a_code_of_another_client_ends_nothing() -> None:
    endpoint = an_endpoint()
    code = endpoint.issue_code(redirect_uri=CALLBACK)
    got = members(exchange(endpoint, code))
    assert exchange(endpoint, code, fault="signature-invalid").status == 401
    assert exchange(endpoint, "another-code").status == 400
    assert endpoint.is_active(got["access_token"])


def sent_twice(endpoint: TokenEndpoint, *, later: float = 0, **jti: str) -> tuple[TokenResponse, TokenResponse]:
    """Two requests whose assertions have the same jti and live for a minute; without *jti* they are the same one."""
    first = an_assertion(endpoint, claims={"jti": "9b2f0c35-7c1e-4a9e-8f0a-2f6d3f0c9a11"}, lifetime=60)
    answer = endpoint.respond(a_request(endpoint, client_assertion=first))
    endpoint.clock_skew += later
    second = an_assertion(endpoint, claims=jti, lifetime=60) if jti else first
    return answer, endpoint.respond(a_request(endpoint, client_assertion=second))


@answers("stub-jti-window")
@pytest.mark.parametrize(
    ("name", "window"), [("pingone", False), ("apple", False), ("rfc7523", True), ("okta", True), ("keycloak", True)]
)
def test_a_server_keeps_the_jti_where_its_profile_forbids_reuse(name: str, window: bool) -> None:
    assert an_endpoint(name).jti_window is window


@answers("stub-jti-window")
@pytest.mark.parametrize(("window", "status"), [(False, 200), (True, 401)])
def test_an_assertion_that_comes_again_is_refused_within_the_window(window: bool, status: int) -> None:
    endpoint = an_endpoint("pingone")
    endpoint.jti_window = window
    first, second = sent_twice(endpoint)
    assert (first.status, second.status) == (200, status)
    assert endpoint.verdicts[1].violations == ()
    assert "multi-assertion-reused" in endpoint.verdicts[1].rules
    assert ("multi-assertion-reused" in second.body.decode("ascii")) is window


@answers("stub-jti-window")
@pytest.mark.parametrize(("leeway", "later", "status"), [(0, 59, 401), (0, 60, 200), (5, 64, 401), (5, 65, 200)])
def test_the_window_is_open_until_the_first_assertion_has_expired(leeway: float, later: int, status: int) -> None:
    endpoint = an_endpoint(allow=["multi-jti-reused"], leeway=leeway)
    _, second = sent_twice(endpoint, later=later, jti="9b2f0c35-7c1e-4a9e-8f0a-2f6d3f0c9a11")
    assert second.status == status
    assert ("multi-jti-reused" in second.body.decode("ascii")) is (status == 401)


@answers("stub-jti-window")
def test_an_assertion_without_end_is_kept_without_end() -> None:
    endpoint = an_endpoint(allow=["multi-jti-reused", "exp-missing"])
    jti = {"jti": "9b2f0c35-7c1e-4a9e-8f0a-2f6d3f0c9a11"}
    endpoint.respond(a_request(endpoint, client_assertion=an_assertion(endpoint, claims=jti, without=["exp"])))
    endpoint.clock_skew = 10**6
    assert endpoint.respond(a_request(endpoint, client_assertion=an_assertion(endpoint, claims=jti))).status == 401


@answers("stub-jti-window")
def test_the_rules_remember_longer_than_the_server() -> None:
    endpoint = an_endpoint()
    sent_twice(endpoint, later=3600, jti="9b2f0c35-7c1e-4a9e-8f0a-2f6d3f0c9a11")
    assert found(endpoint) == ["multi-jti-reused"]


@answers("stub-throttle")
@pytest.mark.parametrize("status", [429, 503])
def test_a_server_can_be_too_busy_and_say_for_how_long(status: int) -> None:
    endpoint = an_endpoint().then(status, retry_after=7)
    busy = endpoint.respond(a_request(endpoint))
    assert (busy.status, header(busy, "Retry-After")) == (status, ["7"])
    endpoint.clock_skew = 7
    assert endpoint.respond(a_request(endpoint)).status == 200
    assert endpoint.unexpected() == ()


OTHER = "https://other.example:8443/elsewhere"


def post(endpoint: TokenEndpoint, **how: Any) -> requests.Response:
    """Send a right request with ``requests``."""
    made = a_request(endpoint)
    return requests.post(made.url, data=made.body, headers=dict(made.headers), timeout=5, **how)


@answers("stub-redirect")
@pytest.mark.parametrize("status", [307, 308])
def test_what_follows_a_redirect_to_another_origin_is_judged_and_kept(status: int) -> None:
    endpoint = an_endpoint().then(status, location=OTHER)
    with for_responses.mounted(endpoint):
        assert post(endpoint).status_code == 404
    first, second = endpoint.requests
    assert first.response is not None
    assert (first.response.status, second.url) == (status, OTHER)
    assert second.form["client_assertion"] == first.form["client_assertion"]
    assert {"url-endpoint-mismatch", "multi-redirect-followed"} <= {v.rule for v in second.verdict.violations}


@answers("stub-redirect")
def test_where_a_redirect_is_not_followed_nothing_arrives() -> None:
    endpoint = an_endpoint().then(307, location=OTHER)
    with for_responses.mounted(endpoint):
        assert post(endpoint, allow_redirects=False).status_code == 307
    assert [request.url for request in endpoint.requests] == [endpoint.url]
    assert endpoint.unexpected() == ()


@answers("stub-redirect")
@pytest.mark.parametrize("location", ["http://127.0.0.1:1/token", "mailto:someone", "/token"])
def test_a_redirect_to_a_server_of_the_tests_own_or_to_none_takes_nothing_over(location: str) -> None:
    endpoint = an_endpoint().then(307, location=location)
    before = endpoint._places
    endpoint.respond(a_request(endpoint))
    assert endpoint._places == before


@answers("stub-redirect")
def test_another_place_can_be_watched_without_a_redirect() -> None:
    endpoint = an_endpoint()
    endpoint.also_answers_for("http://127.0.0.1:9/anything")
    assert endpoint.answers_for("http://127.0.0.1:9/token")
    assert not endpoint.answers_for("http://127.0.0.1:10/token")
    with for_responses.mounted(endpoint):
        made = a_request(endpoint)
        assert requests.post("http://127.0.0.1:9/token", made.body, headers=dict(made.headers)).status_code == 404
    assert "url-endpoint-mismatch" in found(endpoint)


@answers("stub-redirect")
@pytest.mark.parametrize("url", ["other.example", "", "ftp://other.example/", "https://"])
def test_a_place_to_watch_is_an_absolute_url(url: str) -> None:
    with pytest.raises(ConfigurationError, match="takes an absolute URL"):
        an_endpoint().also_answers_for(url)
