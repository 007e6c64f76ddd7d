"""Which requests are this server's, by their URL, and which the test leaves to the network. Knows no request itself."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urljoin

from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.messages import TokenResponse
from pytest_jwtauth.model import AuthorizationServer, Profile
from pytest_jwtauth.registered_client import RegisteredClient
from pytest_jwtauth.served_endpoints import ServedEndpoints
from pytest_jwtauth.server_address import DEFAULT_PORTS, at_origin, place_of, whereabouts
from pytest_jwtauth.urls import is_loopback, normalized_place, urlsplit_or_none

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold URLs with credentials.
__tracebackhide__ = True


class Addressable(ServedEndpoints):
    """An authorization server as far as it has an address, and receives what is sent there."""

    def __init__(
        self, *, client: RegisteredClient, server: AuthorizationServer, profile: Profile, now: Callable[[], float]
    ) -> None:
        super().__init__(client=client, server=server, profile=profile, now=now)
        self._passthrough: tuple[str, ...] = ()
        self._origins, self._places = whereabouts(server)

    @property
    def url(self) -> str:
        """Where to send token requests: the server's token endpoint."""
        return self.server.token_endpoint

    def move_to(self, origin: str) -> None:
        """Be found at *origin* from now on, ``http://localhost:8080``, with the same paths: ``server`` changes.

        Raises:
            ConfigurationError: for plain ``http`` and a host that is not loopback.
        """
        self.server = at_origin(self.server, origin)
        self._metadata = None
        self._documents = self._documents_of(self.server)
        self._origins, self._places = whereabouts(self.server)

    def passthrough(self, prefix: str) -> None:
        """Let requests to URLs that start with *prefix* through to the network.

        Raises:
            ConfigurationError: for a prefix without scheme and host, and for one that the token endpoint starts with.
        """
        parts = urlsplit_or_none(prefix)
        if parts is None or parts.scheme not in DEFAULT_PORTS or not parts.hostname:
            raise ConfigurationError(
                f"passthrough() takes the start of a URL, with scheme and host: https://api.example/; got {prefix!r}"
            )
        if self.url.startswith(prefix):
            raise ConfigurationError(
                f"passthrough({prefix!r}) would let token requests through to the network, unjudged"
            )
        self._passthrough = (*self._passthrough, prefix)

    def passes_through(self, url: str) -> bool:
        """Whether the test asked for *url* to be left to the network."""
        return url.startswith(self._passthrough)

    def answers_for(self, url: str) -> bool:
        """Whether *url* is this server's: one of its documents, or any path at the host and port of an endpoint.

        For a host that is not loopback ``http`` and ``https`` are one place: a request that forgot the ``s`` reached
        the right server in the wrong way.
        """
        return url.startswith(self._origins) or place_of(url) in self._places or self._document(url) is not None

    def also_answers_for(self, url: str) -> None:
        """Receive what is sent to the scheme, host and port of *url*, too: judged, remembered, and answered 404.

        For where a redirection leads to nobody has to say it. An API at that place is served in so far as a request
        with an access token that was issued here is answered 200, or 401 if the token is no longer good.

        Raises:
            ConfigurationError: for what is no absolute URL.
        """
        place = place_of(url)
        if place is None:
            raise ConfigurationError(f"also_answers_for() takes an absolute URL: https://api.example; got {url!r}")
        with self._lock:
            self._places |= {place}

    def _answer_where_it_leads(self, url: str, response: TokenResponse) -> None:
        """If *response* redirects from *url*, receive what is sent there, unless it is a server of the test's own."""
        location = next((value for name, value in response.headers if name.lower() == "location"), None)
        place = None if location is None else place_of(urljoin(url, location))
        if place is not None and not is_loopback(place[0]):
            self._places |= {place}

    def serves(self, url: str) -> bool:
        """Whether *url* is one of this server's endpoints or documents, however it is spelled."""
        place = normalized_place(url)
        return any(place == normalized_place(own) for own in (*self.server.endpoints.values(), *self._documents))
