"""Serve a `TokenEndpoint` through ``responses``: native request in, native response out. Judges nothing itself.

``responses``, ``requests`` and ``urllib3`` are imported inside the functions. What leans on a private name of theirs
stands in `_lookup` and `_is_on_top`, and both have a way out should that name go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

from pytest_jwtauth.adapters import of_requests
from pytest_jwtauth.adapters.overlays import overlay
from pytest_jwtauth.messages import TokenRequest, TokenResponse
from pytest_jwtauth.token_endpoint import TokenEndpoint
from pytest_jwtauth.urls import is_loopback

if TYPE_CHECKING:
    from requests import PreparedRequest
    from responses import BaseResponse
    from urllib3.response import HTTPResponse

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold requests and answers.
__tracebackhide__ = True

Match: TypeAlias = "tuple[BaseResponse | None, list[str]]"
"""What a mock looks up for a request: the response, or why each that is registered does not fit."""


@contextmanager
def mounted(endpoint: TokenEndpoint) -> Iterator[None]:
    """Have *endpoint* answer what is sent through ``requests``, and close it at the end.

    - Where nothing is stubbed: the endpoint answers for its server; loopback, and what `TokenEndpoint.passthrough`
      names, goes to the network; everything else is refused.
    - Where a mock of ``responses`` is active already, or becomes active later, by ``@responses.activate``, by the
      fixture of pytest-responses or as a ``RequestsMock`` of the test's own: the endpoint answers for its server, and
      for everything else that mock's policy stands.

    In every case the endpoint goes before what the mock has registered for the same URL: a request that escaped the
    judge unseen would be worse than a stub that is not asked. Use `TokenEndpoint.then` for answers of your own.
    Nothing is added to a mock's registry, so its ``registered()``, its order and ``assert_all_requests_are_fired``
    stay what the test made them.
    """
    import responses
    from requests.adapters import HTTPAdapter

    try:
        mount(endpoint, responses.mock)
        start = _mounting([responses.mock], endpoint)
        endpoint.on_close(overlay(responses.RequestsMock, "start", start))

        def stand_alone() -> None:
            endpoint.on_close(overlay(HTTPAdapter, "send", lambda beneath: _sender(endpoint, beneath)))

        if _is_on_top(responses.mock, HTTPAdapter.send):
            # pytest-responses stops it before the fixtures of the test are torn down, which may have more to send.
            followed = _followed(lambda: not _is_on_top(responses.mock, HTTPAdapter.send), stand_alone)
            endpoint.on_close(overlay(responses.RequestsMock, "stop", followed))
            endpoint.on_close(overlay(responses, "stop", followed))
        else:
            stand_alone()
        yield
    finally:
        endpoint.close()


def mount(endpoint: TokenEndpoint, stub: Any) -> None:
    """Have *endpoint* answer through *stub*, a ``RequestsMock`` or the module ``responses``, until it is closed."""
    mock = getattr(stub, "mock", stub)

    def before(find: Callable[[PreparedRequest], Match]) -> Callable[[PreparedRequest], Match]:
        def find_match(request: PreparedRequest) -> Match:
            url = str(request.url)
            if endpoint.passes_through(url):
                match, reasons = find(request)
                return (_network(endpoint) if match is None else match), reasons
            return (_answer(endpoint), []) if endpoint.answers_for(url) else find(request)

        return find_match

    endpoint.on_close(overlay(*_lookup(mock), before))


def _mounting(known: list[Any], endpoint: TokenEndpoint) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Have every mock that starts answer for *endpoint*, too; *known* are those that do so already."""

    def before(start: Callable[..., Any]) -> Callable[..., Any]:
        def mount_and_start(mock: Any) -> Any:
            if not any(mock is one for one in known):
                known.append(mock)
                mount(endpoint, mock)
            return start(mock)

        return mount_and_start

    return before


def _followed(
    stops: Callable[[], bool], follow: Callable[[], None]
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Have *follow* called after the first call that *stops*."""
    is_done = False

    def before(stop: Callable[..., Any]) -> Callable[..., Any]:
        def stop_and_follow(*args: Any, **kwargs: Any) -> Any:
            nonlocal is_done
            try:
                return stop(*args, **kwargs)
            finally:
                if not is_done and stops():
                    is_done = True
                    follow()

        return stop_and_follow

    return before


def let_through(endpoint: TokenEndpoint, prefix: str) -> None:
    """Have every mock let requests to URLs that start with *prefix* through to the network, until *endpoint* closes.

    There a server of ours listens, and a suite whose mock is active in every test would never reach it.
    """
    import responses

    def before(find: Callable[..., Match]) -> Callable[..., Match]:
        def find_match(mock: Any, request: PreparedRequest) -> Match:
            return (_network(endpoint), []) if str(request.url).startswith(prefix) else find(mock, request)

        return find_match

    if hasattr(responses.RequestsMock, "_find_match"):
        endpoint.on_close(overlay(responses.RequestsMock, "_find_match", before))


def _lookup(mock: Any) -> tuple[Any, str]:
    """Where *mock* looks up what to answer: before it asks its registry, which ``reset`` and ``activate`` may exchange.

    Should that private method go, the registry's own is nearly as good.
    """
    return (mock, "_find_match") if hasattr(mock, "_find_match") else (mock.get_registry(), "find")


def _is_on_top(mock: Any, send: object) -> bool:
    """Whether *mock* is what ``requests`` sends through now. A wrong «no» costs only its record of our calls."""
    return getattr(getattr(mock, "_patcher", None), "new", None) is send


def _sender(endpoint: TokenEndpoint, beneath: Callable[..., Any]) -> Callable[..., Any]:
    """What to put in the place of ``HTTPAdapter.send``."""
    from requests.adapters import HTTPAdapter

    is_bare = beneath.__module__ == HTTPAdapter.__module__

    @cache
    def by_mock() -> Callable[..., Any]:
        """A sender that a mock makes, for what is not the common case: most tests never need it."""
        return _sender_of_a_mock(endpoint)

    def send(adapter: HTTPAdapter, request: PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        url = str(request.url)
        if endpoint.passes_through(url) or not endpoint.answers_for(url):
            return (by_mock() if is_bare else beneath)(adapter, request, *args, **kwargs)
        retries = adapter.max_retries
        if retries.total != 0 or retries.status_forcelist:
            # What urllib3 would do about the answer, the mock does in its stead; it takes three times as long.
            return of_requests.persist(request, lambda: by_mock()(adapter, request, *args, **kwargs), retries)
        verify = args[2] if len(args) > 2 else kwargs.get("verify")
        respond = _responder(endpoint, verify)
        raw, body = of_requests.persist(request, lambda: of_requests.exchange(request, respond), retries)
        response = adapter.build_response(request, raw)
        if body is not None:
            # requests would read this out of the stream, piece by piece; should the name go, it does so again.
            response._content = body
        return response

    return send


def _responder(endpoint: TokenEndpoint, verify: object) -> Callable[[PreparedRequest], TokenResponse]:
    return lambda request: endpoint.respond(TokenRequest.of(request), tls_verified=verify is not False)


def _sender_of_a_mock(endpoint: TokenEndpoint) -> Callable[..., Any]:
    from responses import RequestsMock
    from responses.registries import FirstMatchRegistry

    class Policy(FirstMatchRegistry):
        """Whom the endpoint answers for where no other stub is at work."""

        def find(self, request: PreparedRequest) -> Match:
            url = str(request.url)
            if endpoint.passes_through(url):
                return _network(endpoint), []
            if endpoint.answers_for(url):
                return _answer(endpoint, raw=True), []
            elsewhere = is_loopback(urlsplit(url).hostname or "")
            return (_network(endpoint) if elsewhere else _refusal(request)), []

    return RequestsMock(registry=Policy).unbound_on_send()


def _answer(endpoint: TokenEndpoint, *, raw: bool = False) -> BaseResponse:
    """The endpoint as one response of a mock; a *raw* one leaves `NoAnswer` to its caller."""
    return _kind_of_answers()(endpoint, raw)


@cache
def _kind_of_answers() -> Callable[[TokenEndpoint, bool], BaseResponse]:
    """The class of them, made once: to make a class takes longer than to judge a request."""
    from responses import BaseResponse

    class Answer(BaseResponse):
        def __init__(self, endpoint: TokenEndpoint, raw: bool) -> None:
            super().__init__("ANY", endpoint.url)
            self._endpoint = endpoint
            self._raw = raw

        def get_response(self, request: PreparedRequest) -> HTTPResponse:
            # `responses` leaves the arguments of ``send`` there, for its matchers.
            verify = getattr(request, "req_kwargs", {}).get("verify")
            respond = _responder(self._endpoint, verify)
            if self._raw:
                return of_requests.exchange(request, respond)[0]
            return of_requests.persist(request, lambda: of_requests.exchange(request, respond))[0]

    return Answer


def _network(endpoint: TokenEndpoint) -> BaseResponse:
    from responses import PassthroughResponse

    return PassthroughResponse("ANY", endpoint.url)


def _refusal(request: PreparedRequest) -> BaseResponse:
    from requests.exceptions import ConnectionError as RequestsConnectionError
    from responses import CallbackResponse

    parts = urlsplit(str(request.url))
    # Query and userinfo may hold credentials, and the text goes into reports.
    origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    error = RequestsConnectionError(
        f"{request.method} {origin}{parts.path} was refused: jwtauth_token_endpoint answers for its authorization "
        "server and lets only loopback through. "
        f"To send it to the network: jwtauth_token_endpoint.passthrough({f'{origin}/'!r}). "
        "To stub it: decorate the test with @responses.activate and register it",
        request=request,
    )
    return CallbackResponse("ANY", origin, lambda _: error, content_type=None)
