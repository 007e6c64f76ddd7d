"""One conversation with the endpoint through every library that it can be mounted on: the same verdicts and answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import pytest
from adapter_benches import BENCHES, HTTPX, OS, REQUESTS, Fixture, OfAsyncHttpx, opened
from endpoints import CALLBACK, a_request, an_endpoint, answer_to

from pytest_jwtauth import adapters
from pytest_jwtauth.adapters import SUPPORTED, for_responses
from pytest_jwtauth.faults import KINDS, NoAnswer
from pytest_jwtauth.messages import TokenRequest, TokenResponse
from pytest_jwtauth.token_endpoint import TokenEndpoint

API = "https://api.example/v1"
NOT_MOUNTABLE_ON_A_STUB = {"wsgi_app"}


@pytest.fixture
def fixture(request: pytest.FixtureRequest) -> Fixture:
    return request.getfixturevalue


@pytest.fixture
def endpoint() -> Iterator[TokenEndpoint]:
    """Mounted on `responses` as well, as the fixture of the plugin does it."""
    endpoint = an_endpoint(mounter=adapters.mount)
    with for_responses.mounted(endpoint):
        yield endpoint


Outcome: TypeAlias = "int | str"
"""A status, or the kind of trouble in its place."""


class Case(NamedTuple):
    """A conversation, and what comes of it.

    Attributes:
        requests: Makes the requests, for an endpoint.
        outcomes: What each of them gets.
        rules: What each request that arrives breaks.
        script: What is scripted before.
    """

    requests: Callable[[TokenEndpoint], list[TokenRequest]]
    outcomes: list[Outcome]
    rules: list[tuple[str, ...]]
    script: Callable[[TokenEndpoint], object] = lambda endpoint: None


def rights(count: int) -> Callable[[TokenEndpoint], list[TokenRequest]]:
    """Right requests, each with an assertion and a scope of its own, so that none is a retry of another."""
    return lambda endpoint: [a_request(endpoint, scope=f"scope-{number}") for number in range(count)]


def one(**how: Any) -> Callable[[TokenEndpoint], list[TokenRequest]]:
    return lambda endpoint: [a_request(endpoint, **how)]


def twice(endpoint: TokenEndpoint) -> list[TokenRequest]:
    return [a_request(endpoint)] * 2


def with_more(tail: bytes) -> Callable[[TokenEndpoint], list[TokenRequest]]:
    """A right request with *tail* after its body."""

    def make(endpoint: TokenEndpoint) -> list[TokenRequest]:
        right = a_request(endpoint)
        return [TokenRequest(right.method, right.url, right.headers, right.body + tail)]

    return make


def with_a_code(endpoint: TokenEndpoint) -> list[TokenRequest]:
    code = endpoint.issue_code(redirect_uri=CALLBACK, awkward=True)
    fields: dict[str, Any] = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    return [a_request(endpoint, **fields) for _ in range(2)]


def from_pieces(*octets: bytes) -> Callable[[TokenEndpoint], list[TokenRequest]]:
    """A request with nothing but these octets."""
    return lambda endpoint: [
        TokenRequest("POST", endpoint.url, [("Content-Type", "application/x-www-form-urlencoded")], b"".join(octets))
    ]


CASES: dict[str, Case] = {
    "right": Case(rights(2), [200, 200], [(), ()]),
    "expired": Case(one(fault="exp-expired"), [401], [("exp-expired",)]),
    "a password beside it": Case(
        one(headers=[("Authorization", "Basic Y2xpZW50LTE6c2VjcmV0")]),
        [400],
        [("auth-multiple-methods", "auth-basic-present")],
    ),
    "a field twice": Case(with_more(b"&grant_type=client_credentials"), [400], [("form-param-duplicate",)]),
    "a blank secret": Case(
        one(client_secret=""),
        [400],
        [("auth-multiple-methods", "auth-client-secret-present", "form-param-empty")],
    ),
    "by GET": Case(one(method="GET"), [400], [("http-method-not-post",)]),
    "with a query": Case(lambda e: [a_request(e, url=f"{e.url}?a=1&a=%2B")], [200], [()]),
    "elsewhere on the server": Case(
        lambda e: [a_request(e, url="https://auth.example/elsewhere")], [404], [("url-endpoint-mismatch",)]
    ),
    "a code with characters that need encoding": Case(with_a_code, [200, 400], [(), ("multi-code-reused",)]),
    "no form at all": Case(from_pieces(b""), [401], [("client-assertion-missing", "grant-type-missing")]),
    "octets that are no text": Case(
        from_pieces(b"scope=\xff\xfe%zz&=&%", b"=%00+%2B"),
        [400],
        [
            (
                *("form-charset-not-utf8", "client-assertion-missing", "grant-type-missing"),
                *("scope-malformed", "form-bad-percent", "form-param-empty"),
            )
        ],
    ),
    "401": Case(rights(2), [401, 200], [(), ()], lambda e: e.then("invalid_client")),
    "503, and then tokens": Case(rights(2), [503, 200], [(), ()], lambda e: e.then(503).then_ok()),
    "the same assertion after 503": Case(
        twice, [503, 401], [(), ("multi-assertion-reused", "multi-retry-same-assertion")], lambda e: e.then(503)
    ),
    "a redirection that is not followed": Case(
        rights(1), [307], [()], lambda e: e.then(307, location="https://other.example/token")
    ),
    "a field of the answer twice": Case(
        rights(1), [200], [()], lambda e: e.then(200, headers=[("X-Twice", "1"), ("X-Twice", "2")], members={"a": 1})
    ),
    "no content": Case(rights(1), [204], [()], lambda e: e.then(204)),
    "an unusual status": Case(rights(1), [599], [()], lambda e: e.then(599)),
    **{
        name: Case(
            rights(2),
            [name, 200],
            [(), ()] if kind.step.is_sent else [()],
            lambda e, name=name: e.then(name),  # type: ignore[misc]
        )
        for name, kind in KINDS.items()
        if kind.step.breakdown is not None
    },
    **{
        name: Case(
            rights(1),
            [401 if name == "basic-bait" else 200],
            [()],
            lambda e, name=name: e.then(name),  # type: ignore[misc]
        )
        for name, kind in KINDS.items()
        if kind.step.breakdown is None
    },
}


def outcome_of(
    send: Callable[[TokenRequest], TokenResponse], request: TokenRequest, raises: Mapping[str, str | None]
) -> Any:
    """The answer, or the name of what was raised in its place."""
    try:
        return send(request)
    except Exception as error:
        if type(error).__name__ not in raises.values():
            raise
        return type(error).__name__


@pytest.mark.parametrize(
    ("bench", "case"),
    [
        (name, case)
        for name, bench in BENCHES.items()
        for case in CASES
        # At a real server what is not an endpoint is that server's business.
        if not (bench.is_real and case == "elsewhere on the server")
    ],
)
def test_a_conversation(bench: str, case: str, endpoint: TokenEndpoint, fixture: Fixture) -> None:
    library, conversation = BENCHES[bench], CASES[case]
    conversation.script(endpoint)
    with opened(library, endpoint, fixture) as send:
        sent = conversation.requests(endpoint)
        answers = [
            outcome_of(partial(send, timeout=0.3 if isinstance(expected, str) else 5), request, library.raises)
            for request, expected in zip(sent, conversation.outcomes, strict=True)
        ]

    expected = [library.raises[one] if isinstance(one, str) else one for one in conversation.outcomes]
    assert [answer.status if isinstance(answer, TokenResponse) else answer for answer in answers] == expected
    arrived = endpoint.requests
    assert [received.verdict.rules for received in arrived] == conversation.rules
    unsent = len(sent) - len(arrived)
    for request, answer, received in zip(sent[unsent:], answers[unsent:], arrived, strict=True):
        check_nothing_is_lost(request, received)
        if isinstance(answer, TokenResponse):
            check_nothing_is_lost_of_the_answer(answer_to(received), answer)
        else:
            assert received.response is None


def check_nothing_is_lost(sent: TokenRequest, received: TokenRequest) -> None:
    # WebTest names the default port in the field Host, which is part of the URL that a WSGI application can know.
    url = received.url.replace("auth.example:443/", "auth.example/")
    assert (received.method, url, received.body) == (sent.method, sent.url, sent.body)
    arrived = [(name.lower(), value) for name, value in received.headers]
    assert [pair for pair in ((name.lower(), value) for name, value in sent.headers) if pair not in arrived] == []


ADDED_ON_THE_WAY = {"content-length", "connection"}


def check_nothing_is_lost_of_the_answer(given: TokenResponse, arrived: TokenResponse) -> None:
    assert arrived.body == given.body
    assert fields(arrived) == fields(given)


def fields(answer: TokenResponse) -> list[tuple[str, str]]:
    named = [(name.lower(), value) for name, value in answer.headers]
    return [pair for pair in named if pair[0] not in ADDED_ON_THE_WAY]


@pytest.mark.parametrize("case", CASES)
def test_the_same_conversation_without_any_library(case: str) -> None:
    conversation, endpoint = CASES[case], an_endpoint()
    conversation.script(endpoint)
    outcomes: list[Outcome] = []
    for request in conversation.requests(endpoint):
        try:
            outcomes.append(endpoint.respond(request).status)
        except NoAnswer:
            outcomes.append(case)
    assert outcomes == conversation.outcomes


def test_every_supported_stub_has_a_bench() -> None:
    benched = {bench.title for bench in BENCHES.values()} - NOT_MOUNTABLE_ON_A_STUB
    assert benched == {supported.title for supported in SUPPORTED}


def test_every_bench_knows_every_way_in_which_an_answer_is_lost() -> None:
    broken = {name for name, kind in KINDS.items() if kind.step.breakdown is not None}
    assert broken == set(REQUESTS) == set(HTTPX) == set(OS)


@pytest.mark.parametrize("bench", BENCHES)
def test_an_endpoint_mounted_twice_over_judges_a_request_once(
    bench: str, endpoint: TokenEndpoint, fixture: Fixture
) -> None:
    with opened(BENCHES[bench], endpoint, fixture) as send:
        send(a_request(endpoint))
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize("bench", BENCHES)
def test_certificates_that_are_not_verified_are_noticed_where_the_library_tells(
    bench: str, endpoint: TokenEndpoint, fixture: Fixture
) -> None:
    with opened(BENCHES[bench], endpoint, fixture) as send:
        send(a_request(endpoint), verify=False)
        send(a_request(endpoint, scope="a"))
    seen = ["tls-verification-off" in verdict.rules for verdict in endpoint.verdicts]
    assert seen == [BENCHES[bench].sees_verify, False]


@pytest.mark.parametrize("bench", [name for name, bench in BENCHES.items() if bench.sees_repeated])
def test_a_field_of_the_request_that_comes_twice_arrives_twice(
    bench: str, endpoint: TokenEndpoint, fixture: Fixture
) -> None:
    with opened(BENCHES[bench], endpoint, fixture) as send:
        send(a_request(endpoint, headers=[("X-Twice", "1"), ("X-Once", "3"), ("X-Twice", "2")]))
    (received,) = endpoint.requests
    pairs = [(name.lower(), value) for name, value in received.headers if name.lower().startswith("x-")]
    assert pairs == [("x-twice", "1"), ("x-once", "3"), ("x-twice", "2")]


@pytest.mark.parametrize("bench", [name for name, bench in BENCHES.items() if bench.refuses])
def test_a_body_that_can_be_read_only_once_arrives(bench: str, endpoint: TokenEndpoint, fixture: Fixture) -> None:
    made = a_request(endpoint)
    with opened(BENCHES[bench], endpoint, fixture) as send:
        assert send(made, stream=True).status == 200
    assert endpoint.requests[0].body == made.body


@pytest.mark.parametrize(
    "bench", [name for name in BENCHES if name not in {"webtest", "werkzeug", "pytest-httpserver"}]
)
def test_a_redirection_within_the_server_comes_back_to_the_endpoint(
    bench: str, endpoint: TokenEndpoint, fixture: Fixture
) -> None:
    endpoint.then(307, location="/elsewhere")
    with opened(BENCHES[bench], endpoint, fixture) as send:
        assert send(a_request(endpoint), follow=True).status == 404
    first, second = endpoint.requests
    assert (second.url, second.body) == ("https://auth.example/elsewhere", first.body)
    assert "multi-redirect-followed" in second.verdict.rules


@pytest.mark.httpx_mock(assert_all_requests_were_expected=False)
@pytest.mark.httpx2_mock(assert_all_requests_were_expected=False)
@pytest.mark.parametrize("bench", [name for name, bench in BENCHES.items() if bench.refuses])
def test_what_is_not_the_servers_is_the_business_of_the_mock(
    bench: str, endpoint: TokenEndpoint, fixture: Fixture
) -> None:
    library = BENCHES[bench]
    with opened(library, endpoint, fixture) as send:
        assert outcome_of(send, TokenRequest("GET", API, [], b""), {"": library.refuses}) == library.refuses
    assert endpoint.requests == ()


@pytest.mark.parametrize("bench", [name for name, bench in BENCHES.items() if bench.refuses])
def test_what_a_redirection_carries_to_another_server_is_seen_there(
    bench: str, endpoint: TokenEndpoint, fixture: Fixture
) -> None:
    endpoint.then(307, location="https://other.example/token")
    with opened(BENCHES[bench], endpoint, fixture) as send:
        assert send(a_request(endpoint), follow=True).status == 404
    first, second = endpoint.requests
    assert (second.url, second.body) == ("https://other.example/token", first.body)
    assert "multi-redirect-followed" in [found.rule for found in second.verdict.violations]


STUBS = [name for name, bench in BENCHES.items() if bench.refuses]


@pytest.mark.httpx_mock(assert_all_requests_were_expected=False)
@pytest.mark.httpx2_mock(assert_all_requests_were_expected=False)
@pytest.mark.parametrize("bench", STUBS)
def test_a_stub_that_the_endpoint_has_left_is_as_it_was(bench: str, fixture: Fixture) -> None:
    library, endpoint = BENCHES[bench], an_endpoint(mounter=adapters.mount)
    with library.open(fixture) as (stub, send):
        before = set(vars(stub))
        endpoint.mount(stub)
        assert send(a_request(endpoint)).status == 200
        endpoint.close()
        assert set(vars(stub)) == before
        assert outcome_of(send, a_request(endpoint), {"": library.refuses}) == library.refuses
    assert len(endpoint.requests) == 1


@pytest.mark.httpx_mock(assert_all_requests_were_expected=False)
@pytest.mark.httpx2_mock(assert_all_requests_were_expected=False)
@pytest.mark.parametrize("bench", [name for name in STUBS if "responses" not in name])  # that sends it to the network
def test_what_the_test_lets_through_is_left_to_the_mock(bench: str, endpoint: TokenEndpoint, fixture: Fixture) -> None:
    endpoint.passthrough("https://auth.example/userinfo")
    library = BENCHES[bench]
    with opened(library, endpoint, fixture) as send:
        request = TokenRequest("GET", "https://auth.example/userinfo", [], b"")
        assert outcome_of(send, request, {"": library.refuses}) == library.refuses
    assert endpoint.requests == ()


THREAD_SAFE = [
    *("responses", "requests_mock", "httpx_mock", "respx", "respx on httpcore2"),
    *("httpx.WSGITransport", "werkzeug"),
]


@pytest.mark.parametrize("bench", THREAD_SAFE)
def test_threads_do_not_mix_up_what_they_get(bench: str, endpoint: TokenEndpoint, fixture: Fixture) -> None:
    made = [a_request(endpoint, scope=f"scope-{number}") for number in range(24)]
    with opened(BENCHES[bench], endpoint, fixture) as send, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, made))
    check_each_got_its_own(endpoint, made, answers)


@pytest.mark.parametrize("bench", [name for name in BENCHES if name.endswith(", async")])
def test_tasks_do_not_mix_up_what_they_get(bench: str, endpoint: TokenEndpoint, fixture: Fixture) -> None:
    made = [a_request(endpoint, scope=f"scope-{number}") for number in range(24)]

    async def all_at_once(send: OfAsyncHttpx) -> list[TokenResponse]:
        return await asyncio.gather(*[send.send(request) for request in made])

    with opened(BENCHES[bench], endpoint, fixture) as send:
        assert isinstance(send, OfAsyncHttpx)
        answers = asyncio.run(all_at_once(send))
    check_each_got_its_own(endpoint, made, answers)


def check_each_got_its_own(endpoint: TokenEndpoint, made: list[TokenRequest], answers: list[TokenResponse]) -> None:
    given = {received.body: answer_to(received).body for received in endpoint.requests}
    assert [answer.body for answer in answers] == [given[request.body] for request in made]
    assert endpoint.unexpected() == ()
