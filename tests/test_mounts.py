"""What is particular to one of the libraries that the endpoint can be mounted on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
import requests
import requests_mock
import respx
from adapter_benches import OfWebTest, OfWerkzeug
from endpoints import a_request, an_endpoint
from pytest_httpx import HTTPXMock

from pytest_jwtauth import adapters
from pytest_jwtauth.adapters import SUPPORTED, for_responses
from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.messages import TokenRequest
from pytest_jwtauth.token_endpoint import TokenEndpoint

API = "https://api.example/v1"


@pytest.fixture
def endpoint() -> Iterator[TokenEndpoint]:
    """Mounted on `responses` as well, as the fixture of the plugin does it."""
    endpoint = an_endpoint(mounter=adapters.mount)
    with for_responses.mounted(endpoint):
        yield endpoint


@pytest.mark.parametrize("name", ["aioresponses", "mocker"])
def test_what_is_no_stub_of_a_known_library_is_refused_with_a_list_of_those(name: str, endpoint: TokenEndpoint) -> None:
    stub = type(name, (), {"__module__": f"{name}.core"})()
    with pytest.raises(TypeError) as raised:
        endpoint.mount(stub)
    text = str(raised.value)
    assert all(supported.title in text for supported in SUPPORTED)
    assert ("aiohttp" in text) == (name == "aioresponses")


def test_a_version_without_what_the_adapter_needs_is_refused(endpoint: TokenEndpoint) -> None:
    later = type("HTTPXMock", (), {"__module__": "pytest_httpx._httpx_mock"})()
    with pytest.raises(ConfigurationError, match=r"HTTPXMock has no _get_callback\(\) in the version"):
        endpoint.mount(later)


def test_webtest_finds_nothing_to_complain_of(endpoint: TokenEndpoint) -> None:
    send = OfWebTest(endpoint.wsgi_app, lint=True)
    endpoint.then_ok().then(503).then(307, location="/elsewhere").then(204)
    statuses = [send(a_request(endpoint)).status for _ in range(4)]
    assert [*statuses, send(TokenRequest("HEAD", endpoint.url, [], b"")).status] == [200, 503, 307, 204, 400]


def test_a_wsgi_application_answers_head_without_a_body(endpoint: TokenEndpoint) -> None:
    answer = OfWerkzeug(endpoint.wsgi_app)(TokenRequest("HEAD", endpoint.url, [], b""))
    assert answer.body == b""
    assert int(dict(answer.headers)["Content-Length"]) > 0


def test_httpx_mock_has_its_own_responses_and_lists_all_requests(
    endpoint: TokenEndpoint, httpx_mock: HTTPXMock
) -> None:
    httpx_mock.add_response(url=API, json={"stubbed": True})
    httpx_mock.add_response(url=endpoint.url, json={"access_token": "static"}, is_optional=True)
    endpoint.mount(httpx_mock)
    assert httpx.get(API).json() == {"stubbed": True}
    made = a_request(endpoint)
    for _ in range(2):
        answer = httpx.post(made.url, content=made.body, headers=list(made.headers))
        assert answer.json().get("access_token") != "static"
    assert [str(request.url) for request in httpx_mock.get_requests()] == [API, endpoint.url, endpoint.url]


def test_a_router_has_its_own_routes_and_lists_all_calls(endpoint: TokenEndpoint) -> None:
    with respx.mock(assert_all_called=True) as router:
        route = router.get(API).respond(json={"stubbed": True})
        endpoint.mount(router)
        assert httpx.get(API).json() == {"stubbed": True}
        made = a_request(endpoint.then_ok().then("connection-refused"))
        assert httpx.post(made.url, content=made.body, headers=list(made.headers)).status_code == 200
        with pytest.raises(httpx.ConnectError, match="Connection refused") as raised:
            httpx.post(made.url, content=made.body, headers=list(made.headers))
        assert str(raised.value.request.url) == endpoint.url
        assert [str(call.request.url) for call in router.calls] == [API, endpoint.url, endpoint.url]
        assert list(router.routes) == [route]
    assert len(endpoint.requests) == 1


def test_a_mocker_has_its_own_answers_and_counts_all_requests(endpoint: TokenEndpoint) -> None:
    with requests_mock.Mocker() as mocker:
        endpoint.mount(mocker)
        mocker.get(API, json={"stubbed": True})
        mocker.post(endpoint.url, json={"access_token": "static"})
        assert requests.get(API, timeout=5).json() == {"stubbed": True}
        made = a_request(endpoint)
        answer = requests.post(made.url, data=made.body, headers=dict(made.headers), timeout=5)
        assert answer.json()["access_token"] != "static"
        assert [request.url for request in mocker.request_history] == [API, endpoint.url]
        mocker.reset()
        assert requests.post(made.url, data=made.body, headers=dict(made.headers), timeout=5).status_code == 401
        assert mocker.call_count == 1


@respx.mock
def test_a_decorated_test_may_mount_the_global_router() -> None:
    endpoint = an_endpoint(mounter=adapters.mount)
    endpoint.mount(respx.mock)
    made = a_request(endpoint)
    assert httpx.post(made.url, content=made.body, headers=list(made.headers)).status_code == 200
    endpoint.close()


def test_what_arrives_of_an_answer_can_be_read_by_httpx_before_it_breaks(
    endpoint: TokenEndpoint, httpx_mock: HTTPXMock
) -> None:
    endpoint.mount(httpx_mock)
    made = a_request(endpoint.then("slow-body"))
    with httpx.stream("POST", made.url, content=made.body, headers=list(made.headers)) as answer:
        assert answer.status_code == 200
        pieces = answer.iter_bytes(10)
        assert next(pieces) == b'{"access_t'
        with pytest.raises(httpx.ReadTimeout, match="timed out"):
            list(pieces)


def test_nothing_optional_is_imported_before_it_is_mounted() -> None:
    wanted = ["requests_mock", "respx", "httpx", "httpx2", "pytest_httpx", "werkzeug", "pytest_httpserver", "aiohttp"]
    code = (
        "import sys, pytest_jwtauth.adapters.for_responses, pytest_jwtauth.token_endpoint\n"
        "try: pytest_jwtauth.adapters.mount(None, object())\n"
        "except TypeError: pass\n"
        f"print([name for name in {wanted} if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "[]\n"
