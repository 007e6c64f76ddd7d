"""One client of each library that the endpoint can be mounted on, all driven in the same way.

A bench opens a stub, mounts the endpoint on it and gives back `Send`: a request as octets in, an answer as octets out.
What a library raises comes out as it is.
"""

from __future__ import annotations

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, ClassVar, NamedTuple, TypeAlias
from urllib.parse import urlsplit

import httpx
import pytest
import requests
import requests_mock
import responses
import respx
import werkzeug.test
from respx.mocks import HTTPCoreMocker

from pytest_jwtauth.messages import TokenRequest, TokenResponse
from pytest_jwtauth.token_endpoint import TokenEndpoint

CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Verifies certificates as every client does, but is made once and knows no authority."""


class Send:
    """A client. *follow* redirections, *verify* certificates, *stream* the body piece by piece: as far as it can.

    *timeout* is in seconds.
    """

    def __call__(
        self,
        request: TokenRequest,
        *,
        follow: bool = False,
        verify: bool = True,
        stream: bool = False,
        timeout: float = 5,
    ) -> TokenResponse:
        raise NotImplementedError


Fixture: TypeAlias = Callable[[str], Any]
Opened: TypeAlias = "tuple[Any, Send]"
"""The stub that the endpoint is mounted on, and the client."""
OpenBench: TypeAlias = "Callable[[Fixture], AbstractContextManager[Opened]]"


class OfRequests(Send):
    """``requests``, with a session of its own."""

    def __init__(self, session: requests.Session) -> None:
        self.session = session

    def __call__(
        self,
        request: TokenRequest,
        *,
        follow: bool = False,
        verify: bool = True,
        stream: bool = False,
        timeout: float = 5,
    ) -> TokenResponse:
        answer = self.session.request(
            request.method,
            request.url,
            data=pieces(request.body) if stream else request.body,
            headers=dict(request.headers),
            allow_redirects=follow,
            verify=verify,
            stream=stream,
            timeout=timeout,
        )
        return TokenResponse(answer.status_code, tuple(answer.raw.headers.items()), answer.content)


class OfHttpx(Send):
    """``httpx`` or its fork, with a client that may have a *transport* of its own."""

    def __init__(self, library: Any = httpx, transport: Any = None) -> None:
        self.library = library
        self.transport = transport

    def __call__(
        self,
        request: TokenRequest,
        *,
        follow: bool = False,
        verify: bool = True,
        stream: bool = False,
        timeout: float = 5,
    ) -> TokenResponse:
        how = {"verify": verify and CONTEXT, "follow_redirects": follow, "transport": self.transport}
        with self.library.Client(timeout=timeout, trust_env=False, **how) as client:
            body = pieces(request.body) if stream else request.body
            answer = client.request(request.method, request.url, content=body, headers=list(request.headers))
        return TokenResponse(answer.status_code, tuple(answer.headers.multi_items()), answer.content)


class OfAsyncHttpx(OfHttpx):
    """The same with the asynchronous client."""

    def __call__(
        self,
        request: TokenRequest,
        *,
        follow: bool = False,
        verify: bool = True,
        stream: bool = False,
        timeout: float = 5,
    ) -> TokenResponse:
        return asyncio.run(self.send(request, follow, verify, stream))

    async def send(
        self, request: TokenRequest, follow: bool = False, verify: bool = True, stream: bool = False
    ) -> TokenResponse:
        async with self.library.AsyncClient(verify=verify and CONTEXT, follow_redirects=follow) as client:
            body = apieces(request.body) if stream else request.body
            answer = await client.request(request.method, request.url, content=body, headers=list(request.headers))
        return TokenResponse(answer.status_code, tuple(answer.headers.multi_items()), answer.content)


class OfWebTest(Send):
    """``webtest.TestApp``, by default without its inspection, which insists on a Content-Type."""

    def __init__(self, app: Any, *, lint: bool = False) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # it imports `cgi`
            import webtest
        self.app = webtest.TestApp(app, lint=lint)

    def __call__(
        self,
        request: TokenRequest,
        *,
        follow: bool = False,
        verify: bool = True,
        stream: bool = False,
        timeout: float = 5,
    ) -> TokenResponse:
        # Only what it does not make by itself: it knows one value for each name.
        made = self.app.RequestClass.blank(
            request.url, method=request.method, body=request.body, headers=dict(request.headers)
        )
        answer = self.app.do_request(made, expect_errors=True)
        return TokenResponse(answer.status_int, tuple(answer.headerlist), answer.body)


class OfWerkzeug(Send):
    """``werkzeug.test.Client``."""

    def __init__(self, app: Any) -> None:
        self.client = werkzeug.test.Client(app)

    def __call__(
        self,
        request: TokenRequest,
        *,
        follow: bool = False,
        verify: bool = True,
        stream: bool = False,
        timeout: float = 5,
    ) -> TokenResponse:
        parts = urlsplit(request.url)
        answer = self.client.open(
            parts.path,
            base_url=f"{parts.scheme}://{parts.netloc}",
            query_string=parts.query,
            method=request.method,
            data=request.body,
            headers=list(request.headers),
        )
        return TokenResponse(answer.status_code, tuple(answer.headers.items()), answer.get_data())


def pieces(body: bytes) -> Iterator[bytes]:
    yield body[:7]
    yield body[7:]


async def apieces(body: bytes) -> AsyncIterator[bytes]:
    yield body[:7]
    yield body[7:]


class HTTPCore2Mocker(HTTPCoreMocker):
    """What pytest-httpx2 teaches respx; that package cannot be installed beside httpx2-pytest."""

    name = "httpcore2"
    targets: ClassVar = [target.replace("httpcore", "httpcore2") for target in HTTPCoreMocker.targets]


@contextmanager
def _requests(stub: AbstractContextManager[Any]) -> Iterator[Opened]:
    with stub as mock, requests.Session() as session:
        yield mock, OfRequests(session)


def _responses_mock(_: Fixture) -> AbstractContextManager[Opened]:
    return _requests(responses.RequestsMock())


@contextmanager
def _responses_module(_: Fixture) -> Iterator[Opened]:
    with responses.mock, requests.Session() as session:
        yield responses, OfRequests(session)


def _requests_mocker(_: Fixture) -> AbstractContextManager[Opened]:
    return _requests(requests_mock.Mocker())


def _requests_mock_fixture(fixture: Fixture) -> AbstractContextManager[Opened]:
    return _requests(nullcontext(fixture("requests_mock")))


@contextmanager
def _requests_mock_adapter(_: Fixture) -> Iterator[Opened]:
    adapter = requests_mock.Adapter()
    with requests.Session() as session:
        session.mount("https://", adapter)
        yield adapter, OfRequests(session)


def _by_fixture(name: str, module: str, client: type[OfHttpx]) -> OpenBench:
    def open_bench(fixture: Fixture) -> AbstractContextManager[Opened]:
        library = pytest.importorskip(module)
        pytest.importorskip(f"pytest_{module}")
        return nullcontext((fixture(name), client(library)))

    return open_bench


def _respx(client: type[OfHttpx], module: str = "httpx", **how: Any) -> OpenBench:
    @contextmanager
    def open_bench(_: Fixture) -> Iterator[Opened]:
        library = pytest.importorskip(module)
        with respx.mock(**how) as router:
            yield router, client(library)

    return open_bench


@contextmanager
def _respx_module(_: Fixture) -> Iterator[Opened]:
    with respx.mock:
        yield respx, OfHttpx()


def _respx_transport(_: Fixture) -> AbstractContextManager[Opened]:
    router = respx.Router(assert_all_called=False)
    return nullcontext((router, OfHttpx(transport=httpx.MockTransport(router.handler))))


class Bench(NamedTuple):
    """How to open one.

    Attributes:
        title: The row of `adapters.SUPPORTED` that it is for; ``wsgi_app`` where nothing is mounted.
        open: Opens the stub and a client; takes ``request.getfixturevalue``.
        raises: What its library raises, by the kind of trouble.
        sees_verify: Whether it is told that a client does not verify certificates.
        sees_repeated: Whether a repeated field of a request reaches it.
        is_real: Whether octets travel through a socket: then a time-out takes its time, and URLs are the server's own.
        refuses: What it raises for the URL of nobody; None if everything arrives.
    """

    title: str
    open: OpenBench
    raises: Mapping[str, str]
    sees_verify: bool = False
    sees_repeated: bool = False
    refuses: str | None = None
    is_real: bool = False


REQUESTS = {
    "connection-refused": "ConnectionError",
    "connect-timeout": "ConnectTimeout",
    "read-timeout": "ReadTimeout",
    "connection-reset": "ConnectionError",
    "slow-body": "ConnectionError",
    "truncated-body": "ChunkedEncodingError",
}
HTTPX = {
    "connection-refused": "ConnectError",
    "connect-timeout": "ConnectTimeout",
    "read-timeout": "ReadTimeout",
    "connection-reset": "ReadError",
    "slow-body": "ReadTimeout",
    "truncated-body": "ReadError",
}
OS = {
    "connection-refused": "ConnectionRefusedError",
    "connect-timeout": "TimeoutError",
    "read-timeout": "TimeoutError",
    "connection-reset": "ConnectionResetError",
    "slow-body": "TimeoutError",
    "truncated-body": "ConnectionResetError",
}


# A port that listens refuses no connection: it resets one.
SOCKET = HTTPX | {
    "connection-refused": "ReadError",
    "connect-timeout": "ReadTimeout",
    "truncated-body": "RemoteProtocolError",
}


def _httpserver(fixture: Fixture) -> AbstractContextManager[Opened]:
    return nullcontext((fixture("httpserver"), OfHttpx()))


def _httpx_mock(name: str, module: str, client: type[OfHttpx]) -> Bench:
    title = {"httpx_mock": "httpx_mock of pytest-httpx", "httpx2_mock": "httpx2_mock of httpx2-pytest"}[name]
    opened = _by_fixture(name, module, client)
    return Bench(title, opened, HTTPX, sees_verify=True, sees_repeated=True, refuses="TimeoutException")


def _router(opened: OpenBench, title: str = "respx.Router") -> Bench:
    return Bench(title, opened, HTTPX, sees_repeated=True, refuses="AllMockedAssertionError")


def _of_requests(title: str, opened: OpenBench, refuses: str) -> Bench:
    return Bench(title, opened, REQUESTS, sees_verify=True, refuses=refuses)


def _wsgi(make: Callable[[Any], Send], module: str = "httpx") -> Bench:
    """The endpoint comes later: `TokenEndpoint.wsgi_app` is what it is mounted on."""

    def open_bench(_: Fixture) -> AbstractContextManager[Opened]:
        pytest.importorskip(module)
        return nullcontext((make, Send()))

    return Bench("wsgi_app", open_bench, OS)


def _httpx2_over_wsgi(app: Any) -> Send:
    library = pytest.importorskip("httpx2")
    return OfHttpx(library, library.WSGITransport(app))


BENCHES: dict[str, Bench] = {
    "responses": _of_requests("responses.RequestsMock", _responses_mock, "ConnectionError"),
    "the module responses": _of_requests("the module responses", _responses_module, "ConnectionError"),
    "requests_mock": _of_requests("requests_mock.Mocker", _requests_mocker, "NoMockAddress"),
    "requests_mock's fixture": _of_requests("requests_mock.Mocker", _requests_mock_fixture, "NoMockAddress"),
    "requests_mock's adapter": _of_requests("requests_mock.Adapter", _requests_mock_adapter, "NoMockAddress"),
    "httpx_mock": _httpx_mock("httpx_mock", "httpx", OfHttpx),
    "httpx_mock, async": _httpx_mock("httpx_mock", "httpx", OfAsyncHttpx),
    "httpx2_mock": _httpx_mock("httpx2_mock", "httpx2", OfHttpx),
    "httpx2_mock, async": _httpx_mock("httpx2_mock", "httpx2", OfAsyncHttpx),
    "respx": _router(_respx(OfHttpx)),
    "respx, async": _router(_respx(OfAsyncHttpx)),
    "respx on httpx itself": _router(_respx(OfHttpx, using="httpx")),
    "respx on httpx itself, async": _router(_respx(OfAsyncHttpx, using="httpx")),
    "respx on httpcore2": _router(_respx(OfHttpx, "httpx2", using="httpcore2")),
    "respx on httpcore2, async": _router(_respx(OfAsyncHttpx, "httpx2", using="httpcore2")),
    "respx without patching": _router(_respx_transport),
    "the module respx": _router(_respx_module, "the module respx"),
    "pytest-httpserver": Bench("pytest_httpserver.HTTPServer", _httpserver, SOCKET, sees_repeated=True, is_real=True),
    "httpx.WSGITransport": _wsgi(lambda app: OfHttpx(transport=httpx.WSGITransport(app))),
    "httpx2.WSGITransport": _wsgi(_httpx2_over_wsgi, "httpx2"),
    "webtest": _wsgi(OfWebTest),
    "werkzeug": _wsgi(OfWerkzeug),
}


@contextmanager
def opened(bench: Bench, endpoint: TokenEndpoint, fixture: Fixture) -> Iterator[Send]:
    """A client of *bench* whose requests *endpoint* answers."""
    with bench.open(fixture) as (stub, send):
        if bench.title == "wsgi_app":
            yield stub(endpoint.wsgi_app)
        else:
            endpoint.mount(stub)
            yield send
