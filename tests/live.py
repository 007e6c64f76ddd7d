"""A live endpoint without pytest's fixtures, and raw conversations with it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import urlsplit

from endpoints import CLIENT, SERVER, a_request

from pytest_jwtauth.adapters import mount
from pytest_jwtauth.adapters.for_httpserver import Address, LiveServer
from pytest_jwtauth.live_endpoint import LiveTokenEndpoint
from pytest_jwtauth.profiles import profile_named
from pytest_jwtauth.server_address import at_origin
from pytest_jwtauth.token_endpoint import TokenEndpoint


@contextmanager
def a_live_endpoint(server: LiveServer, *, tls: bool = False, **settings: Any) -> Iterator[LiveTokenEndpoint]:
    with at_an_address(server, tls=tls, **settings) as (endpoint, _):
        yield endpoint


@contextmanager
def at_an_address(
    server: LiveServer, *, tls: bool = False, **settings: Any
) -> Iterator[tuple[LiveTokenEndpoint, Address]]:
    """An endpoint as the fixture makes it, and its address."""
    with ExitStack() as stack:
        address = server.open(tls=tls)
        endpoint = LiveTokenEndpoint(
            **{
                "client": CLIENT,
                "server": at_origin(SERVER, address.origin),
                "profile": profile_named("rfc7523"),
                "mounter": mount,
                "ca_file": address.ca_file,
                **settings,
            }
        )
        stack.callback(endpoint.close)
        stack.enter_context(address.answered_by(endpoint))
        yield endpoint, address


def connect(endpoint: LiveTokenEndpoint) -> socket.socket:
    """A connection to *endpoint* that gives up after five seconds."""
    parts = urlsplit(endpoint.url)
    assert parts.hostname is not None
    assert parts.port is not None
    return socket.create_connection((parts.hostname, parts.port), timeout=5)


def octets(endpoint: TokenEndpoint, *fields: str, body: bytes | None = None, **how: Any) -> bytes:
    """A right token request as it goes over the wire, with *fields* added to its head."""
    request = a_request(endpoint, **how)
    parts = urlsplit(request.url)
    content = request.body if body is None else body
    head = [f"{request.method} {parts.path} HTTP/1.1", f"Host: {parts.netloc}"]
    head += [f"{name}: {value}" for name, value in request.headers]
    if not any(field.lower().startswith(("content-length", "transfer-encoding")) for field in fields):
        head.append(f"Content-Length: {len(content)}")
    return "\r\n".join([*head, *fields, "", ""]).encode("latin-1") + content


def hear(connection: socket.socket) -> bytes:
    """All that is said until the other side ends the connection; nothing more if it resets it."""
    heard = b""
    try:
        while more := connection.recv(65536):
            heard += more
    except ConnectionResetError:
        pass
    return heard


def say(endpoint: LiveTokenEndpoint, what: bytes) -> bytes:
    """Send *what*, and hear the answers."""
    with connect(endpoint) as connection:
        connection.sendall(what)
        connection.shutdown(socket.SHUT_WR)
        return hear(connection)


def threads_of_ours() -> list[str]:
    """Threads that live endpoints and child processes have running, but for the one that lets callers in."""
    return [one.name for one in threading.enumerate() if one.name.startswith(("jwtauth-live-", "jwtauth-child"))]
