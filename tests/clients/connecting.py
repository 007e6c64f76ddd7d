"""Connect a library to an endpoint: through a mock of ``responses``, a router of respx, or a socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from clients.ways import Application, Way

from pytest_jwtauth import PROFILES, TokenEndpoint
from pytest_jwtauth.adapters import mount
from pytest_jwtauth.adapters.for_httpserver import LiveServer
from pytest_jwtauth.live_endpoint import LiveTokenEndpoint
from pytest_jwtauth.received import ReceivedRequest
from pytest_jwtauth.server_address import at_origin


class Connected:
    """An endpoint and an application that talks to it."""

    def __init__(self, endpoint: TokenEndpoint, application: Application) -> None:
        self.endpoint = endpoint
        self.application = application

    def token(self) -> Any:
        """Ask for a token; how a library says that it got none is its own affair."""
        try:
            return self.application.token()
        except Exception as refusal:
            return refusal

    @property
    def requests(self) -> list[ReceivedRequest]:
        return [request for request in self.endpoint.requests if request.method == "POST"]

    @property
    def elsewhere(self) -> str:
        """The address of the endpoint under the name of a host that nobody has told the client of."""
        place = urlsplit(self.endpoint.url)
        port = "" if place.port is None else f":{place.port}"
        return f"{place.scheme}://{'elsewhere.example' if not port else 'localhost'}{port}/elsewhere"


LivePort = Callable[[], LiveServer]


@contextmanager
def connected(way: Way, live: LivePort) -> Iterator[Connected]:
    """Connect an endpoint and an application that goes that *way*; *live* gives a server where one is needed."""
    with REACHED_BY[way.over](way, live) as (endpoint, stub):
        application = way.connect(endpoint, stub)
        try:
            yield Connected(endpoint, application)
        finally:
            application.close()
            endpoint.close()


def _settings(way: Way) -> dict[str, Any]:
    return {"client": way.client(), "profile": PROFILES[way.profile or "rfc7523"], "mounter": mount}


Reached = Iterator[tuple[Any, Any]]


@contextmanager
def by_responses(way: Way, _: LivePort) -> Reached:
    import responses

    endpoint = TokenEndpoint(server=way.server, **_settings(way))
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        endpoint.mount(mock)
        yield endpoint, mock


@contextmanager
def by_respx(way: Way, _: LivePort) -> Reached:
    import respx

    endpoint = TokenEndpoint(server=way.server, **_settings(way))
    with respx.mock(assert_all_called=False) as router:
        endpoint.mount(router)
        yield endpoint, router


@contextmanager
def by_a_socket(way: Way, live: LivePort) -> Reached:
    tls = way.server.token_endpoint.startswith("https://127.0.0.1")
    address = live().open(tls=tls)
    server = at_origin(way.server, address.origin)
    endpoint = LiveTokenEndpoint(server=server, ca_file=address.ca_file, **_settings(way))
    with address.answered_by(endpoint):
        yield endpoint, None


REACHED_BY = {
    "requests": by_responses,
    "httpx": by_respx,
    **dict.fromkeys(("aiohttp", "niquests", "urllib"), by_a_socket),
}
