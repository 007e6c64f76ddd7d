"""Serve a `TokenEndpoint` on a real port by pytest-httpserver: octets in, octets out. Judges nothing itself.

One server for a session lets callers in at the addresses that tests open; at each there is one endpoint. What werkzeug
would do with a connection is done here, because it closes it after every answer, merges repeated fields, and reads the
time in threads where a frozen one is not seen. ``pytest_httpserver``, ``werkzeug`` and ``trustme`` are imported inside
functions.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_jwtauth import http_message
from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.faults import NoAnswer
from pytest_jwtauth.http_message import BrokenOff, RequestMessage
from pytest_jwtauth.loopback import Reception
from pytest_jwtauth.messages import TokenRequest, TokenResponse
from pytest_jwtauth.token_endpoint import TokenEndpoint

if TYPE_CHECKING:
    from ssl import SSLContext

    from pytest_httpserver import HTTPServer
    from werkzeug import Request, Response

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold requests and answers.
__tracebackhide__ = True

EXTRA = 'pip install "pytest-jwtauth[live]"'
NAMES = ("127.0.0.1", "localhost", "::1")
"""Who the certificate is for."""

_SILENCE = frozenset({"read-timeout", "connect-timeout"})
"""In these the client waits until it has enough. A port that listens cannot be one where nobody answers: the nearest to
that is an answer that never comes; and to a connection that is refused, one that is reset.
"""

LONGEST_DRAIN = 0.2
"""Seconds in which a caller whose request cannot be read may finish saying it, so that the answer is not lost."""


class LiveServer:
    """One pytest-httpserver for a session, and the certificate authority for it.

    Args:
        host: Where to listen: a loopback address.

    Raises:
        ConfigurationError: for any other address, and if pytest-httpserver is not installed.
    """

    def __init__(self, host: str = "127.0.0.1") -> None:
        self._httpserver, self._reception = _start(host)
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._authority: tuple[SSLContext, Path] | None = None

    def open(self, *, tls: bool = False) -> Address:
        """Open an address, at a free port, for HTTP or HTTPS.

        Raises:
            ConfigurationError: if trustme, which makes the certificate, is not installed.
        """
        if not tls:
            return Address(self._reception)
        if self._authority is None:
            self._folder = tempfile.TemporaryDirectory(prefix="jwtauth-live-")
            self._authority = _make_authority(Path(self._folder.name))
        return Address(self._reception, *self._authority)

    def stop(self) -> None:
        """Close every address, and end the thread."""
        self._httpserver.stop()
        if self._folder is not None:
            self._folder.cleanup()


def is_installed() -> bool:
    """Whether there is a pytest-httpserver."""
    try:
        import pytest_httpserver  # noqa: F401
    except ImportError:
        return False
    return True


def _start(host: str) -> tuple[HTTPServer, Reception]:
    try:
        from pytest_httpserver import HTTPServer
    except ImportError:
        raise _not_installed("pytest-httpserver") from None
    reception = Reception(host)

    class Server(HTTPServer):
        """A pytest-httpserver that has more than one port."""

        def start(self) -> None:
            server: Any = reception
            self.server = server
            self.server_thread = threading.Thread(target=self.thread_target, name="jwtauth-live", daemon=True)
            self.server_thread.start()

    server = Server(reception.host, 0, threaded=True)
    server.start()
    return server, reception


def _not_installed(package: str) -> ConfigurationError:
    return ConfigurationError(f"the live token endpoint needs {package}, which is not installed: {EXTRA}")


def _make_authority(folder: Path) -> tuple[SSLContext, Path]:
    """A certificate for loopback, and the file of the authority that issued it, in *folder*."""
    try:
        import trustme
    except ImportError:
        raise _not_installed("trustme") from None
    import ssl

    class Accepted(ssl.SSLSocket):
        def getpeername(self) -> Any:
            # `ssl` asks while it wraps a socket, and if the caller has gone by then it loses the socket unclosed. Here
            # each was accepted, so there was a caller; that he has gone is found out in the handshake.
            try:
                return super().getpeername()
            except OSError:
                return None

    authority = trustme.CA(organization_name="pytest-jwtauth")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sslsocket_class = Accepted
    authority.issue_cert(*NAMES).configure_cert(context)
    ca_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    return context, ca_file


class Address:
    """A port, and the endpoint that answers there. Made by `LiveServer.open`.

    Attributes:
        origin: How URLs begin that lead here.
        ca_file: The certificate authority to trust; None without TLS.
        unfinished: How many requests broke off before their end; nobody judges them.
    """

    def __init__(self, reception: Reception, tls: SSLContext | None = None, ca_file: Path | None = None) -> None:
        self._reception = reception
        self._door = reception.open(self._converse, tls)
        self._endpoint: TokenEndpoint | None = None
        self.origin = self._door.origin
        self.ca_file = ca_file
        self.unfinished = 0

    @contextmanager
    def answered_by(self, endpoint: TokenEndpoint) -> Iterator[None]:
        """Have *endpoint* answer here; at the end nobody does, and no connection is left."""
        self._endpoint = endpoint
        try:
            yield
        finally:
            self._reception.close(self._door)

    def _converse(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as stream:
            while True:
                try:
                    message = http_message.read_request(stream, lambda: connection.sendall(http_message.CONTINUE))
                except BrokenOff:
                    self.unfinished += 1
                    return
                if message is None:
                    return
                try:
                    answer = self._answer(message)
                except NoAnswer as no_answer:
                    _let_down(connection, message.method, no_answer)
                    return
                keeps_alive = message.keeps_alive
                connection.sendall(_octets(message.method, answer, keeps_alive=keeps_alive))
                if message.fault is not None:
                    _let_finish(connection)
                if not keeps_alive:
                    return

    def _answer(self, message: RequestMessage) -> TokenResponse:
        assert self._endpoint is not None, "nobody knows the port before answered_by()"
        if _is_preflight(message):
            return TokenResponse(204, _preflight_fields(message))
        request = TokenRequest(message.method, self._url(message), message.fields, message.body)
        origin = next(iter(message.values("origin")), None)
        try:
            return _readable_for(origin, self._endpoint.respond(request))
        except NoAnswer as no_answer:
            if no_answer.begun is not None:
                no_answer.begun = _readable_for(origin, no_answer.begun)
            raise

    def _url(self, message: RequestMessage) -> str:
        if message.target.lower().startswith(("http://", "https://")):
            return message.target
        scheme = self.origin.partition(":")[0]
        host = next(iter(message.values("host")), "") or self.origin.partition("//")[2]
        return f"{scheme}://{host}{message.target}"


def _octets(method: str, answer: TokenResponse, *, keeps_alive: bool) -> bytes:
    fields = list(answer.headers)
    has_content = http_message.has_content(method, answer.status)
    if answer.status != 204 and not any(name.lower() == "content-length" for name, _ in fields):
        fields.append(("Content-Length", str(len(answer.body))))
    fields.append(("Connection", "keep-alive" if keeps_alive else "close"))
    head = http_message.write_head(answer.status, fields)
    return head + answer.body if has_content else head


def _let_down(connection: socket.socket, method: str, no_answer: NoAnswer) -> None:
    """Let the client meet what *no_answer* says, as near as a connection that stands can come to it."""
    if no_answer.begun is not None:
        connection.sendall(_octets(method, no_answer.begun, keeps_alive=False))
    if no_answer.how in _SILENCE:
        while connection.recv(65536):  # until the client leaves, or the door closes
            pass
    elif no_answer.begun is None:
        # Closed now, it is reset (RFC 9293 §3.10.4). Not where something was sent, which might be lost with it.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _let_finish(connection: socket.socket) -> None:
    """Hear out a caller whose request cannot be read: what is left unread when a connection ends resets it, and the
    answer may be lost with it.
    """
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_WR)
        connection.settimeout(LONGEST_DRAIN)
        left = http_message.LARGEST_BODY
        while left > 0 and (heard := connection.recv(65536)):
            left -= len(heard)


def _readable_for(origin: str | None, answer: TokenResponse) -> TokenResponse:
    """*answer*, with leave for a page at *origin* to read it."""
    return answer if origin is None else replace(answer, headers=(*answer.headers, *_cors_fields(origin)))


def _is_preflight(message: RequestMessage) -> bool:
    """Whether a browser asks if a page may send its request (Fetch standard §4.8)."""
    return message.method == "OPTIONS" and bool(
        message.values("origin") and message.values("access-control-request-method")
    )


def _cors_fields(origin: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Credentials", "true"),
        ("Access-Control-Expose-Headers", "Date, Retry-After, WWW-Authenticate"),
        ("Vary", "Origin"),
    )


def _preflight_fields(message: RequestMessage) -> tuple[tuple[str, str], ...]:
    # Everything that is asked for is allowed, so that a wrong request arrives and is judged.
    wanted = ", ".join(message.values("access-control-request-headers"))
    allowed = [
        ("Access-Control-Allow-Methods", ", ".join(message.values("access-control-request-method"))),
        *([("Access-Control-Allow-Headers", wanted)] if wanted else []),
        *([("Access-Control-Allow-Private-Network", "true")] if _asks_for_private_network(message) else []),
        ("Access-Control-Max-Age", "0"),
    ]
    return (*_cors_fields(message.values("origin")[0]), *allowed)


def _asks_for_private_network(message: RequestMessage) -> bool:
    """Whether the page comes from a public site, which loopback has to agree to."""
    return message.values("access-control-request-private-network") == ["true"]


_HANDLER = "pytest_jwtauth.handler"
"""Where the environ of a request has werkzeug's handler, which knows its header fields as they came."""


def mount(endpoint: TokenEndpoint, stub: HTTPServer) -> None:
    """Move *endpoint* to the address of *stub*, a pytest-httpserver that runs, and have it answer there until closed.

    It answers at its own URLs, before what is expected there; all others are the server's own affair.

    Raises:
        ConfigurationError: if the server does not run, or listens at an address that is not loopback.
    """
    if stub.server is None:
        raise ConfigurationError("mount() takes a pytest-httpserver that runs: start() it first")
    endpoint.move_to(stub.url_for("").rstrip("/"))
    endpoint.on_close(_put(stub.server, "RequestHandlerClass", _faithful(stub.server.RequestHandlerClass)))
    holding: set[socket.socket] = set()
    is_open = True
    beneath = stub.dispatch

    def dispatch(request: Request) -> Response:
        handler = request.environ.get(_HANDLER)
        sent = TokenRequest.of(request)
        if not is_open or handler is None or not endpoint.serves(sent.url):
            return beneath(request)
        handler.answers_as_told = True
        sent = replace(sent, headers=tuple(handler.headers.items()))
        try:
            return _response(endpoint.respond(sent))
        except NoAnswer as no_answer:
            connection = request.environ["werkzeug.socket"]
            holding.add(connection)
            _let_down(connection, sent.method, no_answer)
            holding.discard(connection)
            handler.close_connection = True
            os.close(connection.detach())  # werkzeug would say that it has finished before, and that is no reset
            raise ConnectionAbortedError from None  # werkzeug takes it for a client that left

    def release() -> None:
        nonlocal is_open
        is_open = False
        for connection in tuple(holding):
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    endpoint.on_close(_put(stub, "dispatch", dispatch))
    endpoint.on_close(release)


def _response(answer: TokenResponse) -> Response:
    from werkzeug import Response
    from werkzeug.datastructures import Headers

    response = Response(answer.body, answer.status)
    response.headers = Headers(list(answer.headers))  # without the Content-Type that it would add
    return response


def _faithful(handler: Any) -> Any:
    """*handler*, made to hand on the header fields as they came, and to add none to what the endpoint answers."""

    class Handler(handler):  # type: ignore[misc]
        answers_as_told = False

        def make_environ(self) -> Any:
            return {**super().make_environ(), _HANDLER: self}

        def send_response(self, code: Any, message: Any = None) -> None:
            if self.answers_as_told:
                self.send_response_only(code, message)  # without Server, and without a second Date
            else:
                super().send_response(code, message)

    return Handler


def _put(owner: Any, name: str, value: Any) -> Callable[[], None]:
    """Set an attribute; return how to set it back. What somebody else has put there by then is left alone."""
    before = vars(owner).get(name)

    def undo() -> None:
        if vars(owner).get(name) is not value:
            return
        if before is None:
            delattr(owner, name)
        else:
            setattr(owner, name, before)

    setattr(owner, name, value)
    return undo
