"""What is fuzzed: one target for each room that reads what strangers send. Each takes octets and must not raise.

A target makes of the octets what its room reads, lets the room read it, and looks at what came of it in every way that
a test would: report, repr, comparison. Only the exceptions that the room documents are let pass.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import socket
import struct
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import requests
import werkzeug
from judged import EVERYTHING, SEPARATOR, SIGNED, judge_requests, message_of
from live import at_an_address, connect, hear, octets
from requests_under_test import CLIENT, NOW, SERVER

from pytest_jwtauth import base64url, crypto, form_body, jwk, jws, numeric_date
from pytest_jwtauth.adapters.for_httpserver import LiveServer
from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.http_message import BrokenOff, RequestMessage, read_request
from pytest_jwtauth.jwa import ALGORITHMS
from pytest_jwtauth.messages import TokenRequest
from pytest_jwtauth.registered_client import RegisteredClient
from pytest_jwtauth.verdict import judge


def read_form_body(data: bytes) -> None:
    read = form_body.parse(data)
    repr(read)
    for name, value in read.fields[-1:]:
        assert value in read.all(name)
        assert read.get(name) or not any(read.all(name))
        form_body.decode_again(value)


def read_jws(data: bytes) -> None:
    """A text as it is, or a header, a payload and a signature to make one of."""
    parts = data.split(SEPARATOR)
    if len(parts) < 3:
        text = data.decode("utf-8", "surrogateescape")
    else:
        text = ".".join([base64url.encode(part) for part in parts])
    read = jws.take_apart(text)
    repr(read)
    assert (read.header is None) == (read.header_json is None or read.header_json.fault is not None)
    assert len(read.segments) <= jws.MOST_PARTS
    if read.clean:
        assert text == ".".join([base64url.encode(segment.octets or b"") for segment in read.segments])


ANY_ALGORITHM = tuple(ALGORITHMS.values())


def read_jwk(data: bytes) -> None:
    value = json_of(data)
    try:
        keys = jwk.read_jwk_set(value)
    except ConfigurationError:
        keys = ()
    for key in keys:
        f"{key!r} {key.is_private} {key.rsa_bits}"
        assert jwk.read_jwk(key.as_dict()) == key
        assert not jwk.read_jwk(key.public()).is_private or key.kty == "oct"
        for algorithm in ANY_ALGORITHM:
            jwk.suits(key, algorithm)
            crypto.verify(algorithm.name, key, b"a.b", data[-64:])
        for write in (crypto.thumbprint, crypto.public_key_pem):
            with contextlib.suppress(ConfigurationError):
                write(key.as_dict())
    jwk.candidates(keys, value.get("kid") if isinstance(value, dict) else None, ANY_ALGORITHM[0])
    try:
        client = RegisteredClient("a-client", jwks=value)
    except ConfigurationError:
        return
    client.secret_needles()
    for request in SIGNED:
        judge(request, client=client, server=SERVER, now=NOW, profile=EVERYTHING)


def json_of(data: bytes) -> Any:
    """The JSON value in *data*, as its reader gives it; None if there is none."""
    read = jws.read_json(data)
    if read.value is not None:
        return read.value
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def read_numeric_date(data: bytes) -> None:
    """Numbers as JSON writes them, with commas between; the octets after a separator are floats."""
    text, _, packed = data.partition(SEPARATOR)
    read = jws.read_json(b'{"n":[%s]}' % text).value or {}
    numbers: list[Any] = read.get("n", [])[:3]
    numbers += [number for (number,) in struct.iter_unpack("<d", packed[: min(len(packed) // 8, 3) * 8])]
    moments = []
    for number in numbers:
        if numeric_date.not_a_number(number):
            continue
        if not isinstance(number, numeric_date.HugeInteger):
            assert numeric_date.show(number).isprintable()
            assert numeric_date.show_span(number).isprintable()
            numeric_date.is_integral(number)
            numeric_date.looks_like_milliseconds(number)
        if not numeric_date.is_out_of_range(number):
            assert math.isfinite(number)
            moments.append(number)
    for moment in moments:
        for now in moments:
            for leeway in (0, now):
                numeric_date.is_expired(moment, now, leeway)
                numeric_date.is_ahead(moment, now, leeway)
                numeric_date.exceeds(moment, now, leeway)


def of_environ(message: RequestMessage, body: bytes) -> object:
    names = {name.upper().replace("-", "_"): value for name, value in message.fields}
    environ: dict[str, Any] = {
        "REQUEST_METHOD": message.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": message.target.partition("?")[0],
        "QUERY_STRING": message.target.partition("?")[2],
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
    }
    for name, value in names.items():
        environ[name if name in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{name}"] = value
    if "X_URI" in names:
        environ["REQUEST_URI"] = names["X_URI"]
    if "X_TERMINATED" in names:
        environ["wsgi.input_terminated"] = True
    return environ


def of_werkzeug(message: RequestMessage, body: bytes) -> object:
    environ: Any = of_environ(message, body)
    return werkzeug.Request(environ)


def of_requests(message: RequestMessage, body: bytes) -> object:
    sent = requests.PreparedRequest()
    sent.method, sent.url = message.method, message.target
    sent.headers = requests.structures.CaseInsensitiveDict(message.fields)
    kinds: tuple[Any, ...] = (body, body.decode("utf-8", "surrogateescape"), io.BytesIO(body), [body], None, body[0:1])
    sent.body = kinds[len(body) % len(kinds)]
    return sent


def of_httpx(message: RequestMessage, body: bytes) -> object:
    content: Any = body if len(body) % 2 else iter([body])
    try:
        return httpx.Request(message.method, message.target, headers=message.fields, content=content)
    except (httpx.InvalidURL, UnicodeError, ValueError, TypeError):
        return None  # httpx itself refuses it


def of_urllib(message: RequestMessage, body: bytes) -> object:
    data: Any = body if len(body) % 2 else io.BytesIO(body)
    try:
        return urllib.request.Request(message.target, data, dict(message.fields), method=message.method or None)
    except ValueError:
        return None  # urllib itself refuses it


MAKERS: tuple[Callable[[RequestMessage, bytes], object], ...] = (
    *(of_environ, of_werkzeug, of_requests, of_httpx, of_urllib),
    lambda message, body: (message, body),
)


def make_token_request(data: bytes) -> None:
    """A request as each library has it, read and judged."""
    if not data:
        return
    message, body = message_of(data[1:])
    sent = MAKERS[data[0] % len(MAKERS)](message, body)
    try:
        request = TokenRequest.of(sent)
    except TypeError:
        return
    assert TokenRequest.of(request) is request
    assert isinstance(request.method, str)
    assert isinstance(request.url, str)
    assert all(type(name) is str and type(value) is str for name, value in request.headers)
    repr(request)
    judge(request, client=CLIENT, server=SERVER, now=NOW)


def read_http_message(data: bytes) -> None:
    """Requests one after another on one stream, until it ends or cannot be read any further."""
    stream = io.BufferedReader(io.BytesIO(data))
    left = len(data)
    while True:
        try:
            message = read_request(stream, lambda: None)
        except BrokenOff:
            return
        if message is None:
            return
        repr(message)
        assert len(message.body) + sum(len(value) for _, value in message.fields) <= left
        if not message.keeps_alive:
            return


class LiveSocket:
    """A live endpoint of this process, and what is said to it over loopback."""

    EVERY = 500
    """Conversations after which a new address is opened: an endpoint remembers what it was sent."""

    def __init__(self) -> None:
        self._server = LiveServer()
        self._count = 0
        self._open = contextlib.ExitStack()
        self._renew()

    def _renew(self) -> None:
        # Closing raises what went wrong behind the address: a fault that no caller sees.
        self._open.close()
        self._endpoint, self._address = self._open.enter_context(at_an_address(self._server))

    def __call__(self, data: bytes) -> None:
        said = data.replace(b"@@", octets(self._endpoint), 1)
        with connect(self._endpoint) as connection:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(said)
                connection.shutdown(socket.SHUT_WR)
            hear(connection)  # fails after five seconds if the connection does not end
        assert not self._address._door.failures
        with connect(self._endpoint) as connection:
            connection.sendall(octets(self._endpoint, "Connection: close"))
            assert hear(connection).startswith(b"HTTP/1.1 200 ")
        self._count += 1
        if self._count % self.EVERY == 0:
            self._renew()


@dataclass(frozen=True)
class Target:
    """One room: what octets are given to, made when it is needed, and from which seeds they come.

    Attributes:
        longest: Octets of an input; few where a long input is but a short one again and again, so that more are tried.
    """

    make: Callable[[], Callable[[bytes], None]]
    reads: str
    longest: int = 64 * 1024


TARGETS: Mapping[str, Target] = {
    "form_body": Target(lambda: read_form_body, "forms", 128),
    "jws": Target(lambda: read_jws, "assertions", 512),
    "jwk": Target(lambda: read_jwk, "keys", 4096),
    "numeric_date": Target(lambda: read_numeric_date, "numbers", 48),
    "judge": Target(lambda: judge_requests, "cases", 8192),
    "token_request_of": Target(lambda: make_token_request, "messages", 4096),
    "http_message": Target(lambda: read_http_message, "messages", 256),
    "live_socket": Target(LiveSocket, "messages"),
}
