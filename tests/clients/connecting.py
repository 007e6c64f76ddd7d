"""Connect a library to an endpoint: through a mock of ``responses``, a transport of httpx, or a socket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from clients.ways import Application, Way

from pytest_jwtauth import PROFILES, TokenEndpoint, TokenRequest
from pytest_jwtauth.adapters import mount
from pytest_jwtauth.received import ReceivedRequest

ELSEWHERE = "https://elsewhere.example/token"
"""Where nobody should send an assertion."""


class Connected:
    """An endpoint and an application that talks to it.

    Attributes:
        elsewhere: Requests that arrived where a redirect pointed.
    """

    def __init__(self, way: Way, endpoint: TokenEndpoint, application: Application) -> None:
        self.way = way
        self.endpoint = endpoint
        self.application = application
        self.elsewhere: list[TokenRequest] = []

    def token(self) -> Any:
        """Ask for a token; how a library says that it got none is its own affair."""
        try:
            return self.application.token()
        except Exception as refusal:
            return refusal

    @property
    def requests(self) -> list[ReceivedRequest]:
        return [request for request in self.endpoint.requests if request.method == "POST"]


@contextmanager
def connected(way: Way) -> Iterator[Connected]:
    endpoint = TokenEndpoint(
        client=way.client(), server=way.server, profile=PROFILES[way.profile or "rfc7523"], mounter=mount
    )
    elsewhere: list[TokenRequest] = []
    with reached_by[way.over](way, endpoint, elsewhere) as stub:
        application = way.connect(endpoint, stub)
        try:
            together = Connected(way, endpoint, application)
            together.elsewhere = elsewhere
            yield together
        finally:
            application.close()


@contextmanager
def by_responses(way: Way, endpoint: TokenEndpoint, elsewhere: list[TokenRequest]) -> Iterator[Any]:
    import responses

    def arrived(request: Any) -> tuple[int, dict[str, str], str]:
        elsewhere.append(TokenRequest.of(request))
        return 400, {}, "{}"

    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        for url, document in way.metadata.items():
            mock.get(url, json=document)
            endpoint.passthrough(url)
        mock.add_callback("POST", ELSEWHERE, arrived)
        mock.add_callback("GET", ELSEWHERE, arrived)
        endpoint.mount(mock)
        yield mock
    endpoint.close()


@contextmanager
def by_a_transport(way: Way, endpoint: TokenEndpoint, elsewhere: list[TokenRequest]) -> Iterator[Any]:
    import httpx

    def answer(request: httpx.Request) -> httpx.Response:
        sent = TokenRequest.of(request)
        if sent.url == ELSEWHERE:
            elsewhere.append(sent)
            return httpx.Response(400, json={})
        answer = endpoint.respond(sent)
        return httpx.Response(answer.status, headers=list(answer.headers), content=answer.body)

    yield httpx.MockTransport(answer)


reached_by = {"requests": by_responses, "httpx": by_a_transport}
