"""The stub behind ``responses``: reachable however that is activated, strict about the rest, and gone afterwards."""

from __future__ import annotations

import http.server
import io
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import Any

import pytest
import requests
import responses
from endpoints import CALLBACK, SERVER, a_request, an_endpoint, answer_to, members
from requests.adapters import HTTPAdapter
from responses.registries import OrderedRegistry
from urllib3.util.retry import Retry

from pytest_jwtauth import adapters
from pytest_jwtauth.adapters import for_responses
from pytest_jwtauth.messages import TokenResponse
from pytest_jwtauth.model import AuthorizationServer
from pytest_jwtauth.token_endpoint import TokenEndpoint

API = "https://api.example/v1/accounts"
REAL_SEND = HTTPAdapter.send


@pytest.fixture(autouse=True)
def no_trace_is_left() -> Iterator[None]:
    """Whatever a test does: afterwards ``requests`` and the default mock are as before."""
    before = dict(vars(responses.mock))
    yield
    assert HTTPAdapter.send is REAL_SEND
    assert vars(responses.mock).keys() == before.keys()
    assert responses.registered() == []


@pytest.fixture
def endpoint() -> TokenEndpoint:
    return an_endpoint(mounter=adapters.mount)


@pytest.fixture
def loopback() -> Iterator[str]:
    """The URL of a real server on loopback that answers ``real``."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"real")

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def send(endpoint: TokenEndpoint, url: str | None = None, **how: Any) -> requests.Response:
    """Send what `a_request` makes by ``requests``."""
    made = a_request(endpoint, **how)
    return requests.post(url or made.url, data=made.body, headers=dict(made.headers), timeout=5)


def test_a_request_is_answered_with_nothing_lost(endpoint: TokenEndpoint) -> None:
    with for_responses.mounted(endpoint):
        answer = send(endpoint)
    assert (answer.status_code, answer.reason, answer.url) == (200, "OK", endpoint.url)
    (received,) = endpoint.requests
    assert answer.content == answer_to(received).body
    assert list(answer.headers.items()) == list(answer_to(received).headers)
    assert received.verdict.rules == ()


def test_a_request_arrives_with_nothing_lost(endpoint: TokenEndpoint) -> None:
    with for_responses.mounted(endpoint):
        answer = requests.post(
            f"{endpoint.url}?a=1&a=2", data=b"b=%41&b=", headers={"X-Odd": "ü"}, auth=("me", "it"), timeout=5
        )
    assert answer.status_code == 400
    (received,) = endpoint.requests
    assert (received.method, received.url, received.body) == ("POST", f"{endpoint.url}?a=1&a=2", b"b=%41&b=")
    assert ("X-Odd", "ü") in received.headers
    assert "auth-basic-present" in received.verdict.rules


def test_a_repeated_header_of_the_answer_stays_repeated(
    endpoint: TokenEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    twice = TokenResponse(200, (("X-Twice", "1"), ("X-Twice", "2")), b"{}")
    monkeypatch.setattr(endpoint, "respond", lambda request, tls_verified: twice)
    with for_responses.mounted(endpoint):
        answer = send(endpoint)
    assert answer.raw.headers.getlist("X-Twice") == ["1", "2"]


def test_an_answer_can_be_streamed(endpoint: TokenEndpoint) -> None:
    with for_responses.mounted(endpoint), requests.Session() as session:
        made = a_request(endpoint)
        answer = session.post(made.url, data=made.body, headers=dict(made.headers), stream=True, timeout=5)
        assert b"".join(answer.iter_content(7)) == answer_to(endpoint.requests[0]).body


@pytest.mark.parametrize("status", [299, 400, 599])
def test_any_status_comes_through(endpoint: TokenEndpoint, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    monkeypatch.setattr(endpoint, "respond", lambda request, tls_verified: TokenResponse(status))
    with for_responses.mounted(endpoint):
        assert send(endpoint).status_code == status


@pytest.mark.parametrize("way", [nullcontext(), responses.mock], ids=["alone", "in a mock"])
def test_certificate_verification_switched_off_is_noticed(
    endpoint: TokenEndpoint, way: AbstractContextManager[Any]
) -> None:
    made = a_request(endpoint)
    with for_responses.mounted(endpoint), way:
        for verify in (False, True, "/a/ca/file"):
            requests.post(made.url, data=made.body, headers=dict(made.headers), verify=verify, timeout=5)
    noticed = ["tls-verification-off" in verdict.rules for verdict in endpoint.verdicts]
    assert noticed == [True, False, False]


@pytest.mark.parametrize(
    ("arguments", "broken"), [((False, 5), ()), ((False, 5, True), ()), ((False, 5, False), ("tls-verification-off",))]
)
def test_an_adapter_that_passes_its_arguments_by_position_is_served(
    endpoint: TokenEndpoint, arguments: tuple[Any, ...], broken: tuple[str, ...]
) -> None:
    class Adapter(HTTPAdapter):
        def send(self, request: Any, *args: Any, **kwargs: Any) -> requests.Response:
            return super().send(request, *arguments)

    made = a_request(endpoint)
    with for_responses.mounted(endpoint), requests.Session() as session:
        session.mount("https://", Adapter())
        session.post(made.url, data=made.body, headers=dict(made.headers))
    assert endpoint.verdicts[0].rules == broken


class Unseekable(io.BytesIO):
    def seekable(self) -> bool:
        return False


@pytest.mark.parametrize(
    "body",
    [
        lambda octets: octets.decode("ascii"),
        bytearray,
        io.BytesIO,
        Unseekable,
        lambda octets: iter([octets[:5], octets[5:]]),
        lambda octets: iter([octets.decode("ascii")]),
    ],
    ids=["text", "bytearray", "file", "pipe", "generator", "generator of text"],
)
def test_a_body_arrives_whatever_it_was_kept_in(endpoint: TokenEndpoint, body: Any) -> None:
    made = a_request(endpoint)
    with for_responses.mounted(endpoint):
        requests.post(made.url, data=body(made.body), headers=dict(made.headers), timeout=5)
    assert endpoint.requests[0].body == made.body


@pytest.mark.parametrize("path", ["", "/", "/4f0c2d6e/as/Token", "/logout"])
def test_other_paths_of_the_server_are_judged_and_not_found(endpoint: TokenEndpoint, path: str) -> None:
    with for_responses.mounted(endpoint):
        assert requests.get(f"https://auth.example{path}", timeout=5).status_code == 404
    assert "url-endpoint-mismatch" in endpoint.verdicts[0].rules


def test_the_jwk_set_can_be_fetched(endpoint: TokenEndpoint) -> None:
    with for_responses.mounted(endpoint):
        assert requests.get(str(SERVER.jwks_uri), timeout=5).json() == endpoint.jwks()
    assert endpoint.requests == ()


def test_what_is_not_the_servers_is_refused_with_advice(endpoint: TokenEndpoint) -> None:
    with for_responses.mounted(endpoint), pytest.raises(requests.ConnectionError) as raised:
        requests.get(f"https://user:pass@api.example:8443/v1?token={'t' * 9}", timeout=5)
    text = str(raised.value)
    assert text.startswith("GET https://api.example:8443/v1 was refused: ")
    assert "jwtauth_token_endpoint.passthrough('https://api.example:8443/')" in text
    assert "pass@" not in text
    assert "ttt" not in text
    assert raised.value.request is not None
    assert endpoint.requests == ()


def test_loopback_goes_to_the_network(endpoint: TokenEndpoint, loopback: str) -> None:
    with for_responses.mounted(endpoint):
        assert requests.get(loopback, timeout=5).text == "real"
    assert endpoint.requests == ()


def test_a_server_on_loopback_is_stubbed_and_its_neighbours_are_not(loopback: str) -> None:
    url = "http://127.0.0.1:9/token"
    endpoint = an_endpoint(server=AuthorizationServer("http://127.0.0.1:9", url))
    with for_responses.mounted(endpoint):
        assert send(endpoint).status_code == 200
        assert requests.get(loopback, timeout=5).text == "real"


def test_even_on_the_very_port_of_a_real_server_the_stub_answers(loopback: str) -> None:
    endpoint = an_endpoint(server=AuthorizationServer(loopback, f"{loopback}token"))
    with for_responses.mounted(endpoint):
        assert requests.get(loopback, timeout=5).status_code == 404
        endpoint.passthrough(f"{loopback}real")
        assert requests.get(f"{loopback}real", timeout=5).text == "real"


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """URLs that would have gone to the network; they are answered with 299."""
    reached: list[str] = []

    def send_to_network(adapter: HTTPAdapter, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        reached.append(str(request.url))
        answer = requests.Response()
        answer.status_code, answer.request, answer.url = 299, request, str(request.url)
        answer._content = b""
        return answer

    make = responses.RequestsMock.__init__

    def with_network(mock: responses.RequestsMock, *args: Any, **kwargs: Any) -> None:
        make(mock, *args, **{"real_adapter_send": send_to_network, **kwargs})

    monkeypatch.setattr(responses.RequestsMock, "__init__", with_network)
    monkeypatch.setattr(responses.mock, "_real_send", send_to_network)
    return reached


def test_what_was_asked_to_pass_through_goes_to_the_network(endpoint: TokenEndpoint, network: list[str]) -> None:
    endpoint.passthrough("https://api.example/")
    endpoint.passthrough("https://auth.example/userinfo")
    with for_responses.mounted(endpoint):
        assert requests.get(API, timeout=5).status_code == 299
        assert requests.get("https://auth.example/userinfo", timeout=5).status_code == 299
        assert send(endpoint).status_code == 200
    assert network == [API, "https://auth.example/userinfo"]


def test_in_an_active_mock_too_but_after_what_it_has_registered(endpoint: TokenEndpoint, network: list[str]) -> None:
    endpoint.passthrough("https://api.example/")
    with for_responses.mounted(endpoint), responses.mock:
        responses.get(API, json={"stubbed": True})
        assert requests.get(API, timeout=5).json() == {"stubbed": True}
        assert requests.get("https://api.example/other", timeout=5).status_code == 299
    assert network == ["https://api.example/other"]


def test_a_redirection_within_the_server_comes_back_to_the_stub(endpoint: TokenEndpoint) -> None:
    endpoint.then(307, location="/elsewhere")
    with for_responses.mounted(endpoint):
        assert send(endpoint).status_code == 404
    assert [request.url for request in endpoint.requests] == [endpoint.url, "https://auth.example/elsewhere"]
    assert endpoint.requests[0].body == endpoint.requests[1].body


def test_a_file_is_sent_again_to_where_a_redirection_leads(endpoint: TokenEndpoint) -> None:
    endpoint.then(307, location="/elsewhere")
    made = a_request(endpoint)
    with for_responses.mounted(endpoint):
        requests.post(made.url, data=io.BytesIO(made.body), headers=dict(made.headers), timeout=5)
    assert [request.body for request in endpoint.requests] == [made.body, made.body]


def test_what_follows_a_redirection_to_another_origin_is_received_there(endpoint: TokenEndpoint) -> None:
    endpoint.then(307, location="https://other.example/token")
    with for_responses.mounted(endpoint):
        assert send(endpoint).status_code == 404
    assert [request.url for request in endpoint.requests] == [endpoint.url, "https://other.example/token"]
    assert endpoint.requests[0].body == endpoint.requests[1].body
    assert {"url-endpoint-mismatch", "multi-redirect-followed"} <= set(endpoint.verdicts[1].rules)


@pytest.mark.parametrize("way", ["alone", "mock"])
def test_a_transport_that_retries_by_itself_is_seen_doing_so(endpoint: TokenEndpoint, way: str) -> None:
    endpoint.then(503).then(503)
    made = a_request(endpoint)
    with ExitStack() as stack:
        stack.enter_context(for_responses.mounted(endpoint))
        if way == "mock":
            stack.enter_context(responses.mock)
        session = stack.enter_context(requests.Session())
        retry = Retry(total=3, status_forcelist=[503], allowed_methods=None, backoff_factor=0)
        session.mount("https://", HTTPAdapter(max_retries=retry))
        answer = session.post(made.url, data=made.body, headers=dict(made.headers), timeout=5)
    assert [answer_to(request).status for request in endpoint.requests] == [503, 503, answer.status_code]
    assert "multi-retry-same-assertion" in endpoint.verdicts[1].rules


def test_no_tries_left_is_the_error_that_requests_would_raise(endpoint: TokenEndpoint) -> None:
    endpoint.then(503)
    made = a_request(endpoint)
    with for_responses.mounted(endpoint), requests.Session() as session:
        session.mount("https://", HTTPAdapter(max_retries=Retry(total=0, status_forcelist=[503], allowed_methods=None)))
        with pytest.raises(requests.exceptions.RetryError):
            session.post(made.url, data=made.body, headers=dict(made.headers), timeout=5)
    assert len(endpoint.requests) == 1


def test_an_activation_inside_reaches_the_stub_and_keeps_its_own_policy(endpoint: TokenEndpoint, loopback: str) -> None:
    @responses.activate
    def test() -> None:
        responses.get(API, json={"stubbed": True})
        assert send(endpoint).status_code == 200
        assert requests.get(API, timeout=5).json() == {"stubbed": True}
        assert [call.request.url for call in responses.calls] == [endpoint.url, API]
        with pytest.raises(requests.ConnectionError, match="Connection refused by Responses"):
            requests.get(loopback, timeout=5)

    with for_responses.mounted(endpoint):
        test()
        assert send(endpoint).status_code == 200
        assert requests.get(loopback, timeout=5).text == "real"
    assert len(endpoint.requests) == 2


@pytest.mark.parametrize(
    "options", [{"registry": OrderedRegistry}, {"assert_all_requests_are_fired": True}], ids=["ordered", "all fired"]
)
def test_an_activation_with_options_works_as_without_the_stub(endpoint: TokenEndpoint, options: Any) -> None:
    @responses.activate(**options)
    def test(asks: bool) -> None:
        responses.get(API, json={"number": 1})
        assert len(responses.registered()) == 1
        assert not asks or send(endpoint).status_code == 200
        assert requests.get(API, timeout=5).json() == {"number": 1}

    with for_responses.mounted(endpoint):
        test(True)
        test(False)


def test_a_mock_that_is_reset_midway_still_reaches_the_stub(endpoint: TokenEndpoint) -> None:
    with for_responses.mounted(endpoint), responses.mock:
        responses.reset()
        assert send(endpoint).status_code == 200


def test_the_stub_goes_before_what_a_mock_has_for_the_same_url(endpoint: TokenEndpoint) -> None:
    with for_responses.mounted(endpoint), responses.mock:
        mine = responses.post(endpoint.url, json={"access_token": "static"})
        for _ in range(3):
            assert send(endpoint).json()["access_token"] != "static"
        assert mine.call_count == 0
        assert responses.registered() == [mine]


def test_a_default_mock_that_is_active_already_serves_the_stub_and_keeps_its_policy(
    endpoint: TokenEndpoint, loopback: str
) -> None:
    responses.reset()  # calls are noted by a mock also where it is not active
    with responses.mock:
        responses.get(API, json={"stubbed": True})
        sender = HTTPAdapter.send
        with for_responses.mounted(endpoint):
            assert HTTPAdapter.send is sender
            assert send(endpoint).status_code == 200
            assert requests.get(API, timeout=5).json() == {"stubbed": True}
            with pytest.raises(requests.ConnectionError, match="Connection refused by Responses"):
                requests.get(loopback, timeout=5)
        assert [str(call.request.url) for call in responses.calls] == [endpoint.url, API, loopback]
        with pytest.raises(requests.ConnectionError, match="Connection refused by Responses"):
            send(endpoint)
    assert len(endpoint.requests) == 1


def test_an_own_mock_that_is_active_already_keeps_its_policy(endpoint: TokenEndpoint, loopback: str) -> None:
    with responses.RequestsMock() as mine:
        mine.get(API, json={"stubbed": True})
        with for_responses.mounted(endpoint):
            assert send(endpoint).status_code == 200
            assert requests.get(API, timeout=5).json() == {"stubbed": True}
            with pytest.raises(requests.ConnectionError, match="Connection refused by Responses"):
                requests.get(loopback, timeout=5)


def test_a_mock_that_the_test_starts_itself_does_not_hide_the_stub(endpoint: TokenEndpoint) -> None:
    with for_responses.mounted(endpoint):
        with responses.RequestsMock() as mine:
            mine.get(API, json={"stubbed": True})
            assert send(endpoint).status_code == 200
            assert requests.get(API, timeout=5).json() == {"stubbed": True}
            assert [str(call.request.url) for call in mine.calls] == [endpoint.url, API]
        with mine:
            mine.get(API, json={"stubbed": "again"})
            assert send(endpoint).status_code == 200
            assert requests.get(API, timeout=5).json() == {"stubbed": "again"}
        assert send(endpoint).status_code == 200
    with responses.RequestsMock(assert_all_requests_are_fired=False), pytest.raises(requests.ConnectionError):
        send(endpoint)
    assert len(endpoint.requests) == 3


def test_what_is_let_through_reaches_the_network_whatever_mock_is_active(
    endpoint: TokenEndpoint, loopback: str
) -> None:
    for_responses.let_through(endpoint, loopback)
    with responses.mock:
        assert requests.get(loopback, timeout=5).text == "real"
        with responses.RequestsMock() as mine:
            mine.get(API, json={"stubbed": True})
            assert requests.get(loopback, timeout=5).text == "real"
            assert requests.get(API, timeout=5).json() == {"stubbed": True}
        endpoint.close()
        with pytest.raises(requests.ConnectionError, match="Connection refused by Responses"):
            requests.get(loopback, timeout=5)


def test_where_mocks_cannot_be_asked_nothing_is_let_through(
    endpoint: TokenEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(responses.RequestsMock, "_find_match")
    for_responses.let_through(endpoint, "http://127.0.0.1:1/")
    assert not hasattr(responses.RequestsMock, "_find_match")


def test_an_own_mock_on_which_the_stub_is_mounted_does_not_demand_that_it_is_called(endpoint: TokenEndpoint) -> None:
    with for_responses.mounted(endpoint), responses.RequestsMock(assert_all_requests_are_fired=True) as mine:
        endpoint.mount(mine)


def test_a_mock_may_be_mounted_before_it_is_started_and_by_its_module(endpoint: TokenEndpoint) -> None:
    endpoint.mount(responses)
    with responses.mock:
        assert send(endpoint).status_code == 200
        endpoint.close()
        with pytest.raises(requests.ConnectionError):
            send(endpoint)


def test_after_the_test_a_mock_that_lives_on_has_forgotten_the_stub(endpoint: TokenEndpoint) -> None:
    mine = responses.RequestsMock(assert_all_requests_are_fired=False)
    with for_responses.mounted(endpoint):
        endpoint.mount(mine)
    with mine, pytest.raises(requests.ConnectionError):
        send(endpoint)
    assert endpoint.requests == ()


def test_two_endpoints_answer_each_for_its_server(endpoint: TokenEndpoint) -> None:
    issuer = "https://login.other.example"
    other = an_endpoint(server=AuthorizationServer(issuer, f"{issuer}/token"))
    with for_responses.mounted(endpoint), for_responses.mounted(other):
        for each in (endpoint, other, endpoint):
            assert send(each).status_code == 200
        with pytest.raises(requests.ConnectionError, match="was refused"):
            requests.get(API, timeout=5)
        with responses.mock:
            for each in (endpoint, other):
                assert send(each).status_code == 200
    assert [len(each.requests) for each in (endpoint, other)] == [3, 2]


def test_endpoints_may_leave_in_any_order(endpoint: TokenEndpoint) -> None:
    other = an_endpoint()
    first, second = for_responses.mounted(endpoint), for_responses.mounted(other)
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert send(other).status_code == 200
    second.__exit__(None, None, None)
    # The second put back what it found: a first that only passes calls on. Here the test cleans that up.
    assert "_find_match" in vars(responses.mock)
    del responses.mock._find_match
    HTTPAdapter.send = REAL_SEND  # type: ignore[method-assign]


def test_a_mock_that_stops_first_takes_nothing_of_ours_along(endpoint: TokenEndpoint) -> None:
    mine = responses.RequestsMock(assert_all_requests_are_fired=False)
    mine.start()
    with for_responses.mounted(endpoint):
        mine.stop()
        assert HTTPAdapter.send is REAL_SEND


def test_the_default_mock_that_stops_first_leaves_the_stub_in_its_place(endpoint: TokenEndpoint) -> None:
    """As under pytest-responses, which stops it before the fixtures of a test are torn down."""
    responses.start()
    with for_responses.mounted(endpoint):
        with responses.RequestsMock():
            assert send(endpoint).ok
        for _ in range(2):
            responses.stop()
            assert send(endpoint).ok
            with pytest.raises(requests.ConnectionError, match=r"jwtauth_token_endpoint"):
                requests.get(API, timeout=5)
            responses.start()
        responses.mock.stop()
        assert send(endpoint).ok
    assert len(endpoint.requests) == 4


def test_a_mock_that_stops_last_does_not_bring_the_stub_back(loopback: str) -> None:
    endpoint = an_endpoint(server=AuthorizationServer(loopback, f"{loopback}token"))
    mine = responses.RequestsMock(assert_all_requests_are_fired=False)
    with for_responses.mounted(endpoint):
        mine.start()
    mine.stop()
    assert HTTPAdapter.send is not REAL_SEND
    assert requests.get(loopback, timeout=5).text == "real"
    assert endpoint.requests == ()
    HTTPAdapter.send = REAL_SEND  # type: ignore[method-assign]


def test_the_stub_is_gone_also_when_the_test_fails(endpoint: TokenEndpoint) -> None:
    def test() -> None:
        with for_responses.mounted(endpoint):
            raise LookupError

    with pytest.raises(LookupError):
        test()


def test_should_the_private_lookup_go_the_registry_serves() -> None:
    class LaterMock:
        """As ``RequestsMock`` might be one day."""

        def __init__(self) -> None:
            self.registry = responses.registries.FirstMatchRegistry()

        def get_registry(self) -> responses.registries.FirstMatchRegistry:
            return self.registry

    mock, endpoint = LaterMock(), an_endpoint()
    made = a_request(endpoint)
    prepared = requests.Request("POST", made.url, dict(made.headers), data=made.body).prepare()
    for_responses.mount(endpoint, mock)
    match, _ = mock.registry.find(prepared)
    assert match is not None
    assert match.get_response(prepared).status == 200
    endpoint.close()
    assert mock.registry.find(prepared) == (None, [])


class MyMock(responses.RequestsMock):
    """A suite's own kind of mock."""


@pytest.mark.parametrize("stub", [responses.RequestsMock(), MyMock(), responses.mock, responses])
def test_every_mock_of_responses_is_recognised(endpoint: TokenEndpoint, stub: object) -> None:
    endpoint.mount(stub)
    endpoint.close()


@pytest.mark.parametrize("stub", [None, requests, requests.Session(), object(), type("RequestsMock", (), {})()])
def test_what_is_no_stub_is_refused_with_a_list_of_those_known(endpoint: TokenEndpoint, stub: object) -> None:
    with pytest.raises(TypeError, match=r"responses\.RequestsMock"):
        endpoint.mount(stub)


def test_a_whole_login_by_requests(endpoint: TokenEndpoint) -> None:
    with for_responses.mounted(endpoint):
        code = endpoint.issue_code(redirect_uri=CALLBACK, awkward=True)
        tokens = send(endpoint, grant_type="authorization_code", code=code, redirect_uri=CALLBACK).json()
        renewed = send(endpoint, grant_type="refresh_token", refresh_token=tokens["refresh_token"]).json()
    assert renewed["id_token"]
    assert endpoint.unexpected() == ()
    assert members(answer_to(endpoint.requests[0])) == tokens
