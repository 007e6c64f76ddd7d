"""The endpoint on a pytest-httpserver of the suite's own: it moves there, and leaves the rest to it."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from conftest import InnerRun
from endpoints import ISSUER, a_request, an_endpoint
from live import octets
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response
from werkzeug.test import EnvironBuilder

from pytest_jwtauth.adapters import mount
from pytest_jwtauth.adapters.for_httpserver import is_installed
from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.token_endpoint import TokenEndpoint


@pytest.fixture(scope="module", params=[False, True], ids=["one thread", "threaded"])
def running(request: pytest.FixtureRequest) -> Iterator[HTTPServer]:
    with HTTPServer(threaded=request.param) as server:
        yield server


@pytest.fixture
def stub(running: HTTPServer) -> HTTPServer:
    running.clear()
    return running


@pytest.fixture
def endpoint(stub: HTTPServer) -> Iterator[TokenEndpoint]:
    endpoint = an_endpoint(mounter=mount)
    endpoint.mount(stub)
    yield endpoint
    endpoint.close()


def send(endpoint: TokenEndpoint, url: str = "", **how: Any) -> requests.Response:
    request = a_request(endpoint, url=url or endpoint.url, **how)
    return requests.post(request.url, data=request.body, headers=dict(request.headers), timeout=5)


def test_the_endpoint_moves_to_the_server(stub: HTTPServer, endpoint: TokenEndpoint) -> None:
    assert endpoint.url == f"http://localhost:{stub.port}{urlsplit(ISSUER).path}/token"
    assert endpoint.server.issuer == f"http://localhost:{stub.port}{urlsplit(ISSUER).path}"
    assert send(endpoint).status_code == 200
    assert send(endpoint, fault="exp-expired").status_code == 401
    assert requests.get(endpoint.metadata_url, timeout=5).json()["token_endpoint"] == endpoint.url
    assert [request.url for request in endpoint.requests] == [endpoint.url] * 2
    assert len(stub.log) == 3


def test_an_answer_has_no_other_fields_than_the_endpoints(endpoint: TokenEndpoint) -> None:
    answer = send(endpoint)
    assert answer.headers["Date"] == "Thu, 09 Oct 2025 08:53:20 GMT"
    assert list(answer.headers) == ["Content-Type", "Cache-Control", "Pragma", "Date", "Content-Length", "Connection"]


def test_repeated_fields_arrive_apart_and_in_their_case(stub: HTTPServer, endpoint: TokenEndpoint) -> None:
    with socket.create_connection(("localhost", stub.port), timeout=5) as connection:
        connection.sendall(octets(endpoint, "x-tWICE: 1", "X-Twice: 2"))
        assert b" 200 OK" in connection.recv(65536)
    assert endpoint.requests[0].headers[-2:] == (("x-tWICE", "1"), ("X-Twice", "2"))


def test_everything_else_is_the_servers_own_affair(stub: HTTPServer, endpoint: TokenEndpoint) -> None:
    stub.expect_request("/userinfo").respond_with_json({"sub": "1"})
    answer = requests.get(stub.url_for("/userinfo"), timeout=5)
    assert answer.json() == {"sub": "1"}
    assert "Server" in answer.headers
    assert requests.get(stub.url_for("/unknown"), timeout=5).status_code == 500
    assert endpoint.requests == ()


def test_the_endpoint_goes_before_what_is_expected_there_and_leaves_it_as_it_was(
    stub: HTTPServer, endpoint: TokenEndpoint
) -> None:
    assert stub.server is not None
    url, path = endpoint.url, urlsplit(endpoint.url).path
    stub.expect_request(path).respond_with_data("mine")
    assert send(endpoint).json()["token_type"] == "Bearer"
    handler = stub.server.RequestHandlerClass
    endpoint.close()
    assert requests.post(url, timeout=5).text == "mine"
    assert "dispatch" not in vars(stub)
    assert stub.server.RequestHandlerClass is not handler


def test_an_endpoint_that_is_closed_beneath_another_answers_no_more() -> None:
    beneath, above = an_endpoint(mounter=mount), an_endpoint(mounter=mount)
    with HTTPServer() as stub:
        beneath.mount(stub)
        above.mount(stub)
        stub.expect_request(urlsplit(above.url).path).respond_with_data("mine")
        beneath.close()
        assert send(above).json()["token_type"] == "Bearer"
        above.close()
        assert requests.post(above.url, timeout=5).text == "mine"
    assert beneath.requests == ()


NOTHING: list[tuple[str, type[Exception]]] = [
    ("connection-reset", requests.exceptions.ConnectionError),
    ("truncated-body", requests.exceptions.ChunkedEncodingError),
]


@pytest.mark.parametrize(("kind", "error"), NOTHING)
def test_an_answer_may_not_come(endpoint: TokenEndpoint, kind: str, error: type[Exception]) -> None:
    endpoint.then(kind)
    with pytest.raises(error):
        send(endpoint)
    assert send(endpoint).status_code == 200


def test_a_client_waits_in_vain_until_it_leaves_or_the_endpoint_is_closed(endpoint: TokenEndpoint) -> None:
    endpoint.then("read-timeout").then("read-timeout")
    request = a_request(endpoint)
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.post(request.url, data=request.body, headers=dict(request.headers), timeout=0.1)
    closing = threading.Timer(0.2, endpoint.close)
    closing.start()
    with pytest.raises(requests.exceptions.ConnectionError):
        send(endpoint)
    closing.join()


def test_faults_of_the_content_type_arrive_as_they_are(endpoint: TokenEndpoint) -> None:
    endpoint.then("no-content-type")
    assert "Content-Type" not in send(endpoint).headers


def test_a_handler_of_ours_that_was_covered_is_left_alone(stub: HTTPServer, endpoint: TokenEndpoint) -> None:
    def mine(_: Request) -> Response:
        return Response("mine")

    stub.dispatch = mine  # type: ignore[method-assign, assignment]
    endpoint.close()
    assert vars(stub).pop("dispatch") is mine


def test_a_request_that_began_before_the_endpoint_was_mounted_is_the_servers_own(
    stub: HTTPServer, endpoint: TokenEndpoint
) -> None:
    begun = EnvironBuilder("/", endpoint.url, method="POST", data={"code": "x"}).get_environ()
    assert stub.dispatch(Request(begun)).status_code == 500
    assert endpoint.requests == ()


def test_a_server_that_does_not_run_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="start\\(\\) it first"):
        an_endpoint(mounter=mount).mount(HTTPServer())


def test_a_server_for_everybody_is_refused() -> None:
    with HTTPServer(host="0.0.0.0") as stub, pytest.raises(ConfigurationError, match="only for loopback hosts"):
        an_endpoint(mounter=mount).mount(stub)


def test_it_goes_with_the_fixture_of_pytest_httpserver(inner: InnerRun) -> None:
    run = inner(
        """
def test_right(jwtauth_token_endpoint, jwtauth_client_assertion, httpserver):
    jwtauth_token_endpoint.mount(httpserver)
    assertion = jwtauth_client_assertion(server=jwtauth_token_endpoint.server)
    assert login(jwtauth_token_endpoint, assertion).json()["access_token"]

def test_wrong(httpserver, jwtauth_token_endpoint, jwtauth_client_assertion):
    jwtauth_token_endpoint.mount(httpserver)
    login(jwtauth_token_endpoint, jwtauth_client_assertion(server=jwtauth_token_endpoint.server), auth=PASSWORD)
""",
        plugins=["pytest_httpserver.pytest_plugin"],
    )
    run.assert_outcomes(passed=1, failed=1)


def test_whether_there_is_a_pytest_httpserver_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_installed()
    monkeypatch.setitem(sys.modules, "pytest_httpserver", None)
    assert not is_installed()
