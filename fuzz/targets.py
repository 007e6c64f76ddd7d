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
from live import at_an_address, connect, hear, octets
from requests_under_test import CLIENT, CODE, NOW, REDIRECT_URI, REFRESH_TOKEN, SECRET, SERVER, a_key, a_key_client

from pytest_jwtauth import base64url, crypto, form_body, jwk, jws, numeric_date
from pytest_jwtauth.adapters.for_httpserver import LiveServer
from pytest_jwtauth.errors import ConfigurationError, InvalidTokenRequest
from pytest_jwtauth.http_message import BrokenOff, RequestMessage, read_request
from pytest_jwtauth.jwa import ALGORITHMS
from pytest_jwtauth.model import TokenRequest, TokenResponse, Verdict
from pytest_jwtauth.profiles import PROFILES
from pytest_jwtauth.registered_client import RegisteredClient
from pytest_jwtauth.rules import RULES, adjust
from pytest_jwtauth.verdict import judge

SEPARATOR = b"\n----\n"
"""Stands between the parts of an input that has several."""


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


def message_of(data: bytes) -> tuple[RequestMessage, bytes]:
    """The HTTP request in *data*, as far as it can be read, and what comes after its head."""
    message = RequestMessage()
    head, _, body = data.partition(b"\r\n\r\n")
    with contextlib.suppress(BrokenOff):
        read = read_request(io.BufferedReader(io.BytesIO(head + b"\r\n\r\n")), lambda: None)
        message = read or message
    return message, body


EVERYTHING = adjust(PROFILES["rfc7523"], warn=[rule.id for rule in RULES.values() if rule.level == "off"])
"""No rule is off."""
SOME_PROFILES = (*PROFILES.values(), EVERYTHING)

KEYS = [a_key(alg, kid) for alg, kid in (("RS256", "r"), ("ES256", "e"), ("Ed25519", "o"), ("ES256K", "k"))]
CLIENTS = (
    CLIENT,
    a_key_client("RS256"),
    a_key_client("ES256"),
    RegisteredClient(CLIENT.client_id, jwks={"keys": KEYS}),
    RegisteredClient(CLIENT.client_id, "short"),
    RegisteredClient(CLIENT.client_id, CLIENT.client_secret, redirect_uris=[REDIRECT_URI]),
)
SECRETS = (SECRET, *(key[name] for key in KEYS for name in ("d",)), CLIENTS[1].private_jwk()["d"])
TIMES: tuple[float, ...] = (NOW, NOW + 0.5, NOW + 3600, NOW - 86400, 0, -1, -62135596801, 2**53 - 1, 1 - 2**53, 1e-300)
EXPECTED: tuple[Mapping[str, Any], ...] = (
    {},
    {"code": CODE, "redirect_uri": REDIRECT_URI, "code_challenge": None},
    {"code": "a+b%2Bc", "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"},
    {"code": "", "redirect_uri": None, "code_challenge": "x", "code_challenge_method": "plain"},
    {"refresh_token": REFRESH_TOKEN, "refresh_grace": 10, "granted_scope": "openid a b"},
    {"refresh_token": "", "refresh_token_state": "it was revoked", "tls_verified": False},
    {"logged": f"a log with {CODE} and {SECRET}", "dpop_nonce": "n-1"},
    {"grant_type": "authorization_code", "code_verifier": "x" * 43, "logged": "\ud800"},
)


def judge_requests(data: bytes) -> None:
    """Some octets that choose the circumstances, then HTTP requests, the last of which is judged.

    In a body `@` stands for an assertion made of the two parts that follow it; a part that begins with ``HTTP/`` is
    the answer to the request before.
    """
    choices, *parts = data.split(SEPARATOR)
    choices = choices.ljust(5, b"\0")
    client = CLIENTS[choices[0] % len(CLIENTS)]
    requests_sent: list[tuple[TokenRequest, TokenResponse | None]] = []
    at = 0
    while at < len(parts):
        message, body = message_of(parts[at])
        if b"@" in body and at + 2 < len(parts):
            made = signed(client, parts[at + 1], parts[at + 2])
            body = body.replace(b"@", made, 1)
            at += 2
        at += 1
        url = message.target if "//" in message.target else f"https://auth.example{message.target}"
        received_at = None if choices[4] % 3 == 0 else NOW + len(requests_sent) * (choices[4] - 128)
        request = TokenRequest(message.method, url, message.fields, body, received_at)
        answer = None
        if at < len(parts) and parts[at].startswith(b"HTTP/"):
            answer = answer_of(parts[at])
            at += 1
        requests_sent.append((request, answer))
    if not requests_sent:
        return
    *history, (last, _) = requests_sent
    verdict = judge(
        last,
        client=client,
        server=SERVER,
        profile=SOME_PROFILES[choices[1] % len(SOME_PROFILES)],
        now=TIMES[choices[2] % len(TIMES)],
        leeway=(choices[2] // len(TIMES)) * 0.25,
        history=[pair if choices[4] % 2 else pair[0] for pair in history],
        **EXPECTED[choices[3] % len(EXPECTED)],
    )
    look_at(verdict)


def signed(client: RegisteredClient, header: bytes, payload: bytes) -> bytes:
    """An assertion of these two parts, signed by the client's first key for whatever it is."""
    signing_input = f"{base64url.encode(header)}.{base64url.encode(payload)}".encode("ascii")
    if client.hmac_key is not None:
        signature = crypto.sign("HS256", client.hmac_key, signing_input)
    else:
        key = client._keys_as_given[-1]
        # To sign by RSA takes as long as to judge ten times.
        signature = b"\0" * 256 if key.kty == "RSA" else crypto.sign(str(key.alg), key, signing_input)
    return signing_input + b"." + base64url.encode(signature).encode("ascii")


def answer_of(part: bytes) -> TokenResponse:
    """An answer written down as HTTP: three digits of status, fields, body."""
    head, _, body = part.partition(b"\r\n\r\n")
    line, *fields = head.decode("latin-1").split("\r\n")
    digits = line[9:12]
    status = int(digits) if digits.isascii() and digits.isdigit() else 200
    pairs = [(name, value.strip()) for name, _, value in (field.partition(":") for field in fields)]
    return TokenResponse(status, pairs, body)


def look_at(verdict: Verdict) -> None:
    """Use *verdict* in every way that a test does."""
    repr((verdict, verdict.assertion))
    try:
        verdict.check()
    except InvalidTokenRequest as raised:
        report = str(raised)
        assert verdict.violations
    else:
        report = str(verdict)
        assert not verdict.violations
    assert report.replace("\n", "").isprintable()
    for violation in (*verdict.violations, *verdict.warnings):
        assert violation.found
        assert violation.expected
        assert f"{violation.found}{violation.expected}".isprintable()
    for secret in SECRETS:
        assert secret not in report


SIGNED = [
    TokenRequest(
        "POST",
        SERVER.token_endpoint,
        (("Content-Type", "application/x-www-form-urlencoded"),),
        b"client_assertion=" + signed(a_key_client(alg), b'{"alg":"%s"}' % alg.encode("ascii"), b'{"exp":1}'),
    )
    for alg in ("RS256", "ES256")
]


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
