"""What the stub answers, what it remembers, and what it never says."""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
import requests
from endpoints import (
    CALLBACK,
    DESCRIPTION,
    ISSUER,
    NOW,
    SERVER,
    UUID,
    a_request,
    an_assertion,
    an_endpoint,
    answer_to,
    exchange,
    header,
    members,
    refresh,
)

from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.messages import TokenRequest
from pytest_jwtauth.model import AuthorizationServer
from pytest_jwtauth.profiles import PROFILES, profile_named
from pytest_jwtauth.rules import RULES, adjust, level_of
from pytest_jwtauth.token_endpoint import TokenEndpoint


def test_a_right_request_gets_tokens_that_must_not_be_stored() -> None:
    response = an_endpoint().respond(a_request(an_endpoint()))
    assert response.status == 200
    assert response.headers == (
        ("Content-Type", "application/json"),
        ("Cache-Control", "no-store"),
        ("Pragma", "no-cache"),
        ("Date", "Thu, 09 Oct 2025 08:53:20 GMT"),
    )


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_has_words_for_a_refusal(name: str) -> None:
    endpoint = an_endpoint(name)
    response = endpoint.respond(TokenRequest("GET", endpoint.url, (), b""))
    assert members(response)["error"] == "invalid_request"
    assert "http-method-not-post" in members(response)["error_description"]


def test_the_clients_own_token_comes_without_refresh_token_and_id_token() -> None:
    endpoint = an_endpoint()
    got = members(endpoint.respond(a_request(endpoint, scope="openid read")))
    assert set(got) == {"access_token", "token_type", "expires_in"}
    assert (got["token_type"], got["expires_in"]) == ("Bearer", 3600)


def test_the_lifetime_of_access_tokens_can_be_set() -> None:
    endpoint = an_endpoint()
    endpoint.access_token_lifetime = 5
    assert members(endpoint.respond(a_request(endpoint)))["expires_in"] == 5


REFUSED: list[tuple[str, dict[str, Any], str, int, str]] = [
    ("an assertion that has expired", {"fault": "exp-expired"}, "invalid_client", 401, "exp-expired"),
    ("a parameter sent twice", {"grant_type": "client_credentials&scope=a&scope=a"}, "invalid_request", 400, ""),
    ("a grant that nobody knows", {"grant_type": "passwort"}, "unsupported_grant_type", 400, "grant-type-unknown"),
    ("a scope with two spaces", {"scope": "a  b"}, "invalid_scope", 400, "scope-malformed"),
    ("a refresh token out of nowhere", {"grant_type": "refresh_token", "refresh_token": "r" * 20}, "invalid_grant", 400,
     "refresh-token-mismatch"),
]  # fmt: skip
"""What is wrong, the request, and the ``error``, status and rule of the refusal."""


@pytest.mark.parametrize(("sent", "error", "status", "rule"), [row[1:] for row in REFUSED], ids=[r[0] for r in REFUSED])
def test_a_wrong_request_is_refused_as_rfc_6749_says(sent: dict[str, Any], error: str, status: int, rule: str) -> None:
    endpoint = an_endpoint()
    request = a_request(endpoint, **sent)
    # The row with a repeated parameter has its ampersands put back in.
    request = TokenRequest(
        request.method, request.url, request.headers, request.body.replace(b"%26", b"&").replace(b"%3Da", b"=a")
    )
    response = endpoint.respond(request)
    assert (response.status, members(response)["error"]) == (status, error)
    assert rule in members(response)["error_description"].split(", ") or not rule
    assert header(response, "Content-Type") == ["application/json"]
    assert header(response, "Cache-Control") == ["no-store"]
    assert header(response, "WWW-Authenticate") == []
    assert DESCRIPTION.fullmatch(members(response)["error_description"])


def test_the_first_broken_rule_decides_on_the_error_and_all_are_named() -> None:
    endpoint = an_endpoint()
    got = members(endpoint.respond(a_request(endpoint, fault="exp-expired", scope="a  b")))
    assert got["error"] == "invalid_client"
    assert {"exp-expired", "scope-malformed"} <= set(got["error_description"].split(", "))


def test_pingone_words_its_refusals_with_a_correlation_id_of_each() -> None:
    endpoint = an_endpoint("pingone")
    said = [members(endpoint.respond(a_request(endpoint, fault="alg-none")))["error_description"] for _ in range(2)]
    for description in said:
        assert re.fullmatch(rf"Request denied: [a-z, -]*alg-none[a-z, -]* \(Correlation ID: {UUID}\)", description)
    assert said[0] != said[1]


def test_a_profile_decides_on_the_status_of_invalid_client() -> None:
    endpoint = an_endpoint()
    endpoint.profile = endpoint.profile.but(invalid_client_status=400)
    assert endpoint.respond(a_request(endpoint, fault="exp-expired")).status == 400


@pytest.mark.parametrize(
    ("authorization", "scheme"),
    [("Basic YTpi", "Basic"), ("Bearer abc", "Bearer"), ("dpop x", "dpop"), ("", "Basic"), ('"', "Basic")],
)
def test_a_client_that_used_the_authorization_header_is_answered_401_in_its_scheme(
    authorization: str, scheme: str
) -> None:
    off = ["auth-multiple-methods", "auth-basic-present", "auth-bearer-present"]
    endpoint = an_endpoint(allow=off)
    endpoint.profile = endpoint.profile.but(invalid_client_status=400)
    sent = a_request(endpoint, fault="exp-expired", headers=[("Authorization", authorization)])
    response = endpoint.respond(sent)
    assert (response.status, members(response)["error"]) == (401, "invalid_client")
    assert header(response, "WWW-Authenticate") == [f'{scheme} realm="token endpoint"']


def test_another_path_of_the_server_is_judged_and_not_found() -> None:
    endpoint = an_endpoint()
    response = endpoint.respond(a_request(endpoint, url=f"{ISSUER}/Token"))
    assert response.status == 404
    assert endpoint.verdicts[0].rules == ("url-endpoint-mismatch",)
    assert members(response) == {"error": "invalid_request", "error_description": "url-endpoint-mismatch"}


def test_a_place_where_tokens_are_used_answers_by_what_the_token_is_worth() -> None:
    endpoint = an_endpoint()
    tokens = [members(exchange(endpoint, endpoint.issue_code(redirect_uri=CALLBACK)))["access_token"]]
    tokens.append(members(endpoint.respond(a_request(endpoint)))["access_token"])
    used = [TokenRequest("GET", f"{ISSUER}/userinfo", [("Authorization", f"Bearer {token}")], b"") for token in tokens]
    assert [members(endpoint.respond(request)) for request in used] == [{"sub": "jwtauth-user"}, {"sub": "client-1"}]
    endpoint.revoke(tokens[0])
    refused = endpoint.respond(used[0])
    assert (refused.status, members(refused)) == (401, {"error": "invalid_token"})
    assert header(refused, "WWW-Authenticate") == ['Bearer error="invalid_token"']
    assert endpoint.unexpected() == ()


def test_a_grant_that_is_not_served_says_so() -> None:
    endpoint = an_endpoint()
    saml = "urn:ietf:params:oauth:grant-type:saml2-bearer"
    response = endpoint.respond(a_request(endpoint, grant_type=saml, assertion="a" * 30))
    assert endpoint.verdicts[0].violations == ()
    assert (response.status, members(response)["error"]) == (400, "unsupported_grant_type")


def test_the_jwk_set_is_served_and_is_no_token_request() -> None:
    endpoint = an_endpoint()
    fetched = endpoint.respond(TokenRequest("GET", f"{ISSUER}/jwks", (), b""))
    assert (fetched.status, members(fetched)) == (200, endpoint.jwks())
    assert endpoint.requests == ()


@pytest.mark.parametrize("method", ["DELETE", "POST"])
def test_another_method_than_get_at_the_jwk_set_is_judged(method: str) -> None:
    endpoint = an_endpoint()
    assert endpoint.respond(TokenRequest(method, f"{ISSUER}/jwks", (), b"")).status == 404
    assert len(endpoint.requests) == 1


def test_a_server_without_jwks_uri_serves_no_jwk_set() -> None:
    endpoint = an_endpoint(server=AuthorizationServer(ISSUER, f"{ISSUER}/token"))
    assert endpoint.respond(TokenRequest("GET", f"{ISSUER}/jwks", (), b"")).status == 404


def test_requests_are_kept_in_order_with_verdict_answer_and_time() -> None:
    endpoint = an_endpoint()
    first = endpoint.respond(a_request(endpoint, scope="a"))
    second = endpoint.respond(a_request(endpoint, scope="b", fault="exp-expired"))
    one, two = endpoint.requests
    assert [one.response, two.response] == [first, second]
    assert [one.form["scope"], two.form["scope"]] == ["a", "b"]
    assert [one.verdict, two.verdict] == list(endpoint.verdicts)
    assert (one.received_at, one.method, one.url) == (NOW, "POST", endpoint.url)
    assert one.assertion is not None
    assert one.assertion.claims["sub"] == "client-1"
    assert endpoint.requests[0] is one


def test_a_request_without_readable_assertion_has_none() -> None:
    endpoint = an_endpoint()
    endpoint.respond(a_request(endpoint, client_assertion="x"))
    assert endpoint.requests[0].assertion is None


def test_the_form_of_a_request_gives_the_first_value_sent_empty_or_not() -> None:
    endpoint = an_endpoint()
    endpoint.respond(TokenRequest("POST", endpoint.url, (), b"a=&a=1&b=2+3&c"))
    form = endpoint.requests[0].form
    assert dict(form) == {"a": "", "b": "2 3", "c": ""}
    assert len(form) == 3


def test_an_assertion_sent_twice_is_noticed() -> None:
    endpoint = an_endpoint()
    request = a_request(endpoint)
    endpoint.respond(request)
    endpoint.respond(request)
    assert "multi-assertion-reused" in endpoint.verdicts[1].rules
    assert endpoint.verdicts[0].rules == ()


def test_a_retry_with_the_same_assertion_after_503_is_noticed() -> None:
    endpoint = an_endpoint().then(503)
    request = a_request(endpoint)
    endpoint.respond(request)
    endpoint.respond(request)
    assert "multi-retry-same-assertion" in endpoint.verdicts[1].rules


def test_the_servers_clock_may_be_ahead_or_behind() -> None:
    endpoint = an_endpoint()
    made = an_assertion(endpoint, now=NOW, lifetime=60)
    endpoint.clock_skew = 300
    assert endpoint.now == NOW + 300
    late = endpoint.respond(a_request(endpoint, client_assertion=made))
    assert "exp-expired" in members(late)["error_description"]
    assert header(late, "Date") == ["Thu, 09 Oct 2025 08:58:20 GMT"]
    endpoint.clock_skew = -300
    early = endpoint.respond(a_request(endpoint, client_assertion=an_assertion(endpoint, now=NOW, claims={"nbf": NOW})))
    assert "nbf-in-future" in members(early)["error_description"]


def test_leeway_forgives_seconds() -> None:
    endpoint = an_endpoint(leeway=2.0)
    expired = an_assertion(endpoint, lifetime=-1)
    assert "exp-expired" not in _rules(endpoint, a_request(endpoint, client_assertion=expired))


def _rules(endpoint: TokenEndpoint, request: TokenRequest) -> tuple[str, ...]:
    endpoint.respond(request)
    return endpoint.verdicts[-1].rules


def test_beyond_the_calendar_there_is_no_date_header() -> None:
    endpoint = an_endpoint()
    endpoint.clock_skew = 1e15
    assert header(endpoint.respond(a_request(endpoint, client_assertion=None)), "Date") == []


def test_without_a_clock_given_the_time_is_now() -> None:
    endpoint = TokenEndpoint(client=an_endpoint().client, server=SERVER, profile=profile_named("rfc7523"))
    assert abs(endpoint.now - time.time()) < 60


def test_what_an_endpoint_is_made_of_is_named_and_so_is_what_is_known_of_a_request() -> None:
    with pytest.raises(TypeError, match="positional argument"):
        TokenEndpoint(an_endpoint().client, SERVER, profile_named("rfc7523"))  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="positional argument"):
        an_endpoint().respond(a_request(an_endpoint()), False)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"client": "client-1"}, "client is a RegisteredClient; got str"),
        ({"server": ISSUER}, "server is an AuthorizationServer; got str"),
        ({"now": 5}, "now is a function that gives the time; got int"),
        ({"leeway": "5"}, "leeway is a number of seconds; got str"),
    ],
)
def test_an_argument_of_the_wrong_type_is_named(how: dict[str, Any], words: str) -> None:
    with pytest.raises(TypeError, match=f"^{words}$"):
        an_endpoint(**how)


def test_a_profile_may_be_given_by_its_name() -> None:
    endpoint = TokenEndpoint(client=an_endpoint().client, server=SERVER, profile="keycloak")
    assert endpoint.profile is PROFILES["keycloak"]
    with pytest.raises(ConfigurationError, match=r"^unknown profile 'keycloack'\. Did you mean 'keycloak'"):
        TokenEndpoint(client=an_endpoint().client, server=SERVER, profile="keycloack")


def test_a_request_may_be_anything_that_can_be_read() -> None:
    endpoint = an_endpoint()
    made = a_request(endpoint)
    prepared = requests.Request("POST", made.url, dict(made.headers), data=made.body).prepare()
    assert endpoint.respond(prepared).status == 200  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^a request is a TokenRequest, "):
        endpoint.respond("POST")  # type: ignore[arg-type]


def test_verification_of_certificates_switched_off_is_a_violation() -> None:
    endpoint = an_endpoint()
    endpoint.respond(a_request(endpoint), tls_verified=False)
    assert endpoint.verdicts[0].rules == ("tls-verification-off",)


def test_fifty_threads_lose_nothing_and_mix_nothing_up() -> None:
    endpoint = an_endpoint()
    codes = [endpoint.issue_code(redirect_uri=CALLBACK, nonce=str(number)) for number in range(50)]
    with ThreadPoolExecutor(50) as pool:
        responses = list(pool.map(lambda code: exchange(endpoint, code), codes))
    assert [response.status for response in responses] == [200] * 50
    assert len({members(response)["access_token"] for response in responses}) == 50
    received = {request.form["code"]: request.response for request in endpoint.requests}
    assert [received[code] for code in codes] == responses
    assert endpoint.unexpected() == ()


def test_one_code_sent_by_fifty_threads_is_exchanged_once() -> None:
    endpoint = an_endpoint()
    code = endpoint.issue_code(redirect_uri=CALLBACK)
    with ThreadPoolExecutor(50) as pool:
        statuses = list(pool.map(lambda _: exchange(endpoint, code).status, range(50)))
    assert sorted(statuses) == [200] + [400] * 49


def test_two_refreshes_under_way_at_the_same_time_are_noticed() -> None:
    second_has_arrived = threading.Event()

    class Ticks:
        count = 0

        def __next__(self) -> int:
            self.count += 1
            if self.count == 2:
                second_has_arrived.set()
            return self.count

    def clock() -> float:
        assert second_has_arrived.wait(10)
        return NOW

    endpoint = an_endpoint()
    endpoint.refresh_rotation = "off"
    token = endpoint.issue_refresh_token()
    requests = [a_request(endpoint, grant_type="refresh_token", refresh_token=token) for _ in range(2)]
    endpoint._clock, endpoint._ticks = clock, Ticks()  # type: ignore[assignment]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(endpoint.respond, requests))
    assert ["multi-refresh-stampede" in verdict.rules for verdict in endpoint.verdicts] == [False, True]
    endpoint.respond(a_request(endpoint, grant_type="refresh_token", refresh_token=token))
    assert "multi-refresh-stampede" not in endpoint.verdicts[2].rules


def test_a_replay_check_does_not_slow_down_with_the_number_of_requests() -> None:
    """Time is noisy, so steps are counted: what is looked at of the past."""
    endpoint = an_endpoint()
    for _ in range(300):
        endpoint.respond(a_request(endpoint))
    assert len(endpoint.requests) == 300
    history = endpoint._history
    assert len(history.with_assertion(history.items[0].signed)) == 1


HIDDEN: dict[str, Callable[[TokenEndpoint], object]] = {
    "the endpoint": lambda endpoint: endpoint,
    "its requests": lambda endpoint: endpoint.requests,
    "a form": lambda endpoint: endpoint.requests[0].form,
    "its answers": lambda endpoint: [request.response for request in endpoint.requests],
    "its verdicts": lambda endpoint: endpoint.verdicts,
    "the reports": lambda endpoint: [str(verdict) for verdict in endpoint.verdicts],
    "the refusals": lambda endpoint: answer_to(endpoint.requests[1]).body,
    "an expectation": lambda endpoint: endpoint.expect_violation("exp-expired"),
    "its key": lambda endpoint: endpoint._signing_key(),
    "its codes": lambda endpoint: (endpoint._ledger, endpoint._ledger.likeliest("code")),
    "its tokens": lambda endpoint: [
        (token, token.family) for token in endpoint._ledger._of_kind["access_token"].values()
    ],
    "its past": lambda endpoint: endpoint._recorded,
}


@pytest.mark.parametrize("shown", HIDDEN.values(), ids=HIDDEN)
def test_no_credential_shows(shown: Callable[[TokenEndpoint], object]) -> None:
    endpoint = an_endpoint("pingone")
    code = endpoint.issue_code(redirect_uri=CALLBACK)
    tokens = members(exchange(endpoint, code))
    exchange(endpoint, code)
    refresh(endpoint, tokens["refresh_token"][:-1])
    assertions = [request.form["client_assertion"] for request in endpoint.requests]
    secret = endpoint.client.client_secret
    private = endpoint._signing_key().jwk.members["d"]
    credentials = [code, secret, private, *assertions, *(tokens[name] for name in tokens if name.endswith("token"))]
    printed = f"{shown(endpoint)!r} {shown(endpoint)}"
    assert [value for value in credentials if str(value) in printed] == []


def test_reprs_say_what_happened() -> None:
    endpoint = an_endpoint()
    endpoint.respond(a_request(endpoint))
    endpoint.respond(a_request(endpoint, url="https://u:p@auth.example/x?code=1", fault="exp-expired"))
    endpoint.respond(a_request(endpoint, url="http://["))
    assert repr(endpoint) == f"<TokenEndpoint {ISSUER}/token profile='rfc7523', 3 requests>"
    right, wrong, unreadable = map(repr, endpoint.requests)
    assert right == f"<ReceivedRequest POST {ISSUER}/token: no rule broken; answered 200>"
    assert wrong.startswith("<ReceivedRequest POST https://auth.example/x: url-")
    assert wrong.endswith("; answered 404>")
    assert "‹URL that cannot be read›" in unreadable
    assert repr(endpoint.requests[0].form).startswith("<Form with fields ['grant_type'")


def test_pytest_shows_no_frame_of_it_and_no_variables() -> None:
    def mounter(endpoint: TokenEndpoint, stub: object) -> None:
        raise LookupError

    with pytest.raises(LookupError) as raised:
        an_endpoint(mounter=mounter).mount(object())
    assert [entry.name for entry in raised.traceback if entry.ishidden(raised)] == ["mount"]


OURS = [
    f"{ISSUER}/token",
    f"{ISSUER}/jwks",
    "https://auth.example/other",
    "https://auth.example",
    "https://AUTH.example:443/x",
    "https://user@auth.example/x",
    "http://auth.example/x",
    "http://auth.example:80/x",
]
NOT_OURS = [
    "https://auth.example.evil/x",
    "https://auth.example@evil.example/x",
    "https://auth.example:8443/x",
    "http://auth.example:443/x",
    "https://api.example/",
    "ftp://auth.example/",
    "http://[",
    "",
]


@pytest.mark.parametrize("url", OURS)
def test_every_path_at_the_servers_place_is_answered_for(url: str) -> None:
    assert an_endpoint().answers_for(url)


@pytest.mark.parametrize("url", NOT_OURS)
def test_other_places_are_not_answered_for(url: str) -> None:
    assert not an_endpoint().answers_for(url)


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("http://127.0.0.1:8080/x", True),
        ("http://127.0.0.1:8081/x", False),
        ("http://127.0.0.1/x", False),
        ("https://127.0.0.1/x", False),
        ("https://keys.example/jwks", True),
        ("https://keys.example/other", False),
    ],
)
def test_of_a_loopback_server_and_a_foreign_jwk_set_just_these_are_answered_for(url: str, ours: bool) -> None:
    base = "http://127.0.0.1:8080"
    server = AuthorizationServer(base, f"{base}/token", jwks_uri="https://keys.example/jwks")
    assert an_endpoint(server=server).answers_for(url) is ours


def test_http_and_https_of_a_loopback_host_are_two_places() -> None:
    endpoint = an_endpoint(server=AuthorizationServer("http://localhost", "http://localhost/token"))
    assert endpoint.answers_for("http://localhost:80/x")
    assert not endpoint.answers_for("https://localhost/x")


def test_what_passes_through_is_a_matter_of_prefixes() -> None:
    endpoint = an_endpoint()
    assert not endpoint.passes_through("https://api.example/v1")
    endpoint.passthrough("https://api.example/v1")
    endpoint.passthrough(f"{ISSUER}/userinfo")
    assert endpoint.passes_through("https://api.example/v1/x")
    assert endpoint.passes_through(f"{ISSUER}/userinfo")
    assert not endpoint.passes_through("https://api.example/v2")


@pytest.mark.parametrize("prefix", ["", "api.example", "/v1", "ftp://api.example/", "https://", "http://["])
def test_a_prefix_names_scheme_and_host(prefix: str) -> None:
    with pytest.raises(ConfigurationError, match="scheme and host"):
        an_endpoint().passthrough(prefix)


@pytest.mark.parametrize("prefix", ["https://auth.example", f"{ISSUER}/token"])
def test_the_token_endpoint_itself_never_passes_through(prefix: str) -> None:
    with pytest.raises(ConfigurationError, match="unjudged"):
        an_endpoint().passthrough(prefix)


def test_mounting_is_left_to_the_mounter() -> None:
    seen: list[tuple[TokenEndpoint, object]] = []
    stub = object()
    endpoint = an_endpoint(mounter=lambda endpoint, stub: seen.append((endpoint, stub)))
    endpoint.mount(stub)
    assert seen == [(endpoint, stub)]


def test_without_a_mounter_there_is_no_mounting() -> None:
    words = r"^this TokenEndpoint was made without mounter=, so it cannot mount itself anywhere$"
    with pytest.raises(ConfigurationError, match=words):
        an_endpoint().mount(object())


def test_it_answers_as_a_wsgi_application() -> None:
    endpoint, started = an_endpoint(), []
    environ = {"wsgi.url_scheme": "https", "HTTP_HOST": "auth.example", "PATH_INFO": "/4f0c2d6e/as/jwks"}
    setup_testing_defaults(environ)
    body = b"".join(endpoint.wsgi_app(environ, lambda status, headers: started.append(status)))
    assert (started, json.loads(body)) == (["200 OK"], endpoint.jwks())


def test_the_codes_and_tokens_of_a_client_are_secrets_that_it_was_told() -> None:
    endpoint = an_endpoint()
    code = endpoint.issue_code(redirect_uri=CALLBACK)
    tokens = members(exchange(endpoint, code))
    assert {code, tokens["access_token"], tokens["refresh_token"]} <= set(endpoint.secrets_told)


def test_an_unknown_rule_cannot_be_expected() -> None:
    with pytest.raises(ConfigurationError, match=r"^unknown rule id 'exp-expire'"):
        an_endpoint().expect_violation("exp-expire")


def test_a_stub_that_cannot_be_left_does_not_keep_the_endpoint_in_the_others() -> None:
    endpoint, undone = an_endpoint(), []

    def fail() -> None:
        raise LookupError("cannot leave")

    endpoint.on_close(lambda: undone.append("first"))
    endpoint.on_close(fail)
    endpoint.on_close(lambda: undone.append("last"))
    with pytest.raises(LookupError, match="cannot leave"):
        endpoint.close()
    assert undone == ["last", "first"]
    endpoint.close()
    assert undone == ["last", "first"]


def test_closing_undoes_every_mount_once_the_last_one_first() -> None:
    endpoint = an_endpoint()
    undone: list[int] = []
    for number in (1, 2):
        endpoint.on_close(partial(undone.append, number))
    endpoint.close()
    endpoint.close()
    assert undone == [2, 1]


def test_what_is_logged_after_the_only_request_is_judged_with_it() -> None:
    endpoint = an_endpoint()
    code = endpoint.issue_code(redirect_uri=CALLBACK)
    with endpoint.watch_log():
        exchange(endpoint, code)
        logging.getLogger("app").warning("the code was %s", code)
    assert [warning.rule for warning in endpoint.warnings()] == ["log-credential-leak"]


def test_what_is_logged_is_judged_at_the_time_of_the_latest_request() -> None:
    endpoint = an_endpoint()
    endpoint.profile = adjust(endpoint.profile, error=["log-credential-leak"])
    code = endpoint.issue_code(redirect_uri=CALLBACK)
    with endpoint.watch_log():
        exchange(endpoint, code)
        endpoint.clock_skew = 60
        endpoint.respond(a_request(endpoint))
        endpoint.clock_skew = 3600
        logging.getLogger("app").warning("the code was %s", code)
    (verdict,) = endpoint.unexpected()
    assert verdict.rules == ("log-credential-leak",)
    assert "judged at 2025-10-09 08:54:20.25Z" in str(verdict)


def test_what_is_logged_before_any_request_is_judged_with_the_first() -> None:
    endpoint = an_endpoint()
    code = endpoint.issue_code(redirect_uri=CALLBACK)
    with endpoint.watch_log():
        logging.getLogger("app").warning("the code will be %s", code)
        assert endpoint.warnings() == ()
        exchange(endpoint, code)
    assert [warning.rule for warning in endpoint.warnings()] == ["log-credential-leak"]


def test_a_warning_that_was_expected_and_did_not_come_is_not_for_want_of_a_profile() -> None:
    endpoint = an_endpoint()
    assert level_of(RULES["jti-missing"], endpoint.profile) == "warning"
    with pytest.raises(AssertionError) as failure, endpoint.expect_violation("jti-missing"):
        exchange(endpoint, endpoint.issue_code(redirect_uri=CALLBACK))
    assert "does not enforce" not in str(failure.value)


def test_by_what_is_logged_nothing_else_is_judged_once_more() -> None:
    endpoint = an_endpoint()
    code = endpoint.issue_code(redirect_uri=CALLBACK)
    with endpoint.watch_log():
        exchange(endpoint, code, fault="exp-expired")
        logging.getLogger("app").warning("the code was %s", code)
    assert [verdict.rules for verdict in endpoint.unexpected()] == [("exp-expired",)]
