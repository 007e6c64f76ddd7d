"""Requests of other libraries, read without loss: repeated and blank fields, raw octets, order."""

from __future__ import annotations

import io
import socket
import subprocess
import sys
import threading
import types
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from importlib.metadata import version
from typing import Any

import pytest
import requests
import responses

from pytest_jwtauth.messages import TokenRequest
from pytest_jwtauth.native_requests import read

URL = "https://auth.example/as/token?tenant=%2Fa&tenant="
FORM = "application/x-www-form-urlencoded"
BODY = b"scope=b&scope=a&code=&state=%ff&raw=\xff\x00+&scope=b"
"""Repeated and blank fields, an octet percent-encoded, octets that are no text."""
TEXT_OF_REQUESTS = "latin-1" if version("urllib3").startswith("1.") else "utf-8"
HEADERS = {"X-Second": "2", "content-type": FORM, "x-Blank": "", "X-First": "é"}


def fields_named(fields: tuple[tuple[str, str], ...], *names: str) -> list[tuple[str, str]]:
    return [(name, value) for name, value in fields if name.lower() in names]


# One request by every library


def by_requests() -> object:
    return requests.Request("POST", URL, headers=HEADERS, data=BODY).prepare()


def by_a_requests_session() -> object:
    return requests.Session().prepare_request(requests.Request("POST", URL, headers=HEADERS, data=BODY))


def by_responses() -> object:
    with responses.RequestsMock() as stub:
        stub.post(URL.partition("?")[0])
        requests.post(URL, headers={**HEADERS, "X-First": "é".encode("latin-1")}, data=BODY, timeout=5)
        call = stub.calls[0]
        assert isinstance(call, responses.Call)
        return call


def by_requests_mock() -> object:
    requests_mock = pytest.importorskip("requests_mock")
    with requests_mock.Mocker() as stub:
        stub.post(URL)
        requests.post(URL, headers=HEADERS, data=BODY, timeout=5)
        return stub.last_request


def by_httpx() -> object:
    return pytest.importorskip("httpx").Request("POST", URL, headers=_as_octets(HEADERS), content=BODY)


def by_httpx2() -> object:
    return pytest.importorskip("httpx2").Request("POST", URL, headers=_as_octets(HEADERS), content=BODY)


def by_respx() -> object:
    httpx, respx = pytest.importorskip("httpx"), pytest.importorskip("respx")
    with respx.mock:
        respx.post(URL)
        httpx.post(URL, headers=_as_octets(HEADERS), content=BODY)
        return respx.calls[0]


def by_urllib() -> object:
    return urllib.request.Request(URL, data=BODY, headers=HEADERS)


def by_wsgi() -> object:
    return environ()


def by_werkzeug() -> object:
    return werkzeug_request(environ())


def _as_octets(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]


def environ(changes: Mapping[str, Any] | None = None, *, body: bytes = BODY) -> dict[str, Any]:
    """What a WSGI server hands over, with *changes*; None takes a key out."""
    made: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "/as",
        "PATH_INFO": "/token",
        "QUERY_STRING": "tenant=%2Fa&tenant=",
        "SERVER_NAME": "internal",
        "SERVER_PORT": "8443",
        "wsgi.url_scheme": "https",
        "wsgi.input": OnceOnly(body),
        "HTTP_HOST": "auth.example",
        "HTTP_X_SECOND": "2",
        "CONTENT_TYPE": FORM,
        "HTTP_X_BLANK": "",
        "HTTP_X_FIRST": "é",
        "CONTENT_LENGTH": str(len(body)),
    }
    made.update(changes or {})
    return {key: value for key, value in made.items() if value is not None}


class OnceOnly:
    """A socket's file: it cannot be rewound, and to ask for more than was announced would wait for ever."""

    def __init__(self, octets: bytes) -> None:
        self.octets = io.BytesIO(octets)
        self.left = len(octets)

    def read(self, size: int = -1) -> bytes:
        assert size <= self.left or self.left == 0, "it would wait for ever"
        octets = self.octets.read(size)
        self.left -= len(octets)
        return octets


def werkzeug_request(made: dict[str, Any]) -> Any:
    wrappers = pytest.importorskip("werkzeug.wrappers")
    return wrappers.Request(made)


EVERY_LIBRARY = [
    by_requests,
    by_a_requests_session,
    by_responses,
    by_requests_mock,
    by_httpx,
    by_httpx2,
    by_respx,
    by_urllib,
    by_wsgi,
    by_werkzeug,
]


@pytest.mark.parametrize("make", EVERY_LIBRARY, ids=lambda make: make.__name__)
def test_nothing_is_lost(make: Callable[[], object]) -> None:
    sent = make()
    method, url, fields, body = read(sent)
    assert method == "POST"
    assert url == URL
    assert body == BODY
    ours = fields_named(fields, "x-second", "content-type", "x-blank", "x-first")
    assert [(name.lower(), value) for name, value in ours] == [(n.lower(), v) for n, v in HEADERS.items()]
    assert [value for name, value in fields if name.lower() == "content-length"] == [str(len(BODY))]
    assert (method, url, fields, body) == read(sent), "a second reading finds the same"
    assert TokenRequest.of(sent) == TokenRequest("POST", URL, fields, BODY)


@pytest.mark.parametrize(
    "make", [by_requests, by_responses, by_httpx, by_httpx2, by_respx], ids=lambda make: make.__name__
)
def test_the_case_of_names_is_kept_where_the_library_keeps_it(make: Callable[[], object]) -> None:
    names = [name for name, _ in read(make())[2]]
    assert [name for name in names if name in HEADERS] == list(HEADERS)


def test_a_subclass_is_read_like_its_parent() -> None:
    class Recorded(requests.PreparedRequest):
        pass

    recorded = Recorded()
    recorded.prepare("post", URL, data=[("a", "1"), ("a", ""), ("b", "é ")])
    assert read(recorded)[3] == b"a=1&a=&b=%C3%A9+"


# What cannot be read


class Unknown:
    pass


@pytest.mark.parametrize("sent", [None, b"POST", "POST", {"REQUEST_METHOD": "POST"}, {"wsgi.input": None}, Unknown()])
def test_anything_else_is_a_type_error_that_lists_what_is_accepted(sent: object) -> None:
    message = (
        "a request is a TokenRequest, responses.Call, requests.PreparedRequest, httpx.Request, werkzeug Request, "
        f"WSGI environ or urllib.request.Request; got {type(sent).__name__}"
    )
    with pytest.raises(TypeError) as caught:
        read(sent)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("sent", "advice"),
    [
        (requests.Request("POST", URL), r"requests\.models\.Request is not a request as sent: call prepare\(\)"),
        (requests.Response(), r"pass response\.request"),
        (requests.PreparedRequest(), "is not prepared"),
    ],
)
def test_a_near_miss_gets_advice(sent: object, advice: str) -> None:
    with pytest.raises(TypeError, match=advice):
        read(sent)


def test_no_library_is_imported() -> None:
    check = "import sys, pytest_jwtauth.native_requests; print(*{'requests', 'httpx', 'werkzeug'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""


# requests


@pytest.mark.parametrize(
    "url",
    [
        "https://client:s%40cret@auth.example/token",
        "https://auth.example/token#fragment",
        "http://[::1]:8080/token?",
    ],
)
def test_a_url_stays_as_the_client_was_told(url: str) -> None:
    # Neither userinfo nor a fragment is sent, but both are faults of the client's settings.
    assert read(requests.Request("POST", url).prepare())[1] == url.removesuffix("?")
    assert read(urllib.request.Request(url, data=b""))[1] == url
    httpx = pytest.importorskip("httpx")
    assert read(httpx.Request("POST", url))[1] == url


def test_requests_turns_userinfo_into_basic() -> None:
    prepared = requests.Request("POST", "https://client:secret@auth.example/token").prepare()
    assert ("Authorization", "Basic Y2xpZW50OnNlY3JldA==") in read(prepared)[2]


class Chunks:
    """Can be iterated again and again."""

    def __iter__(self) -> Iterator[bytes | str]:
        return iter([b"a=\xff", "&b=é", b""])


@pytest.mark.parametrize(
    ("make", "body"),
    [
        (lambda: None, b""),
        (lambda: b"", b""),
        (lambda: "a=é", "a=é".encode(TEXT_OF_REQUESTS)),
        (lambda: io.BytesIO(BODY), BODY),
        (lambda: io.StringIO("a=b"), b"a=b"),
        (lambda: bytearray(BODY), BODY),
        (Chunks, b"a=\xff&b=\xc3\xa9"),
    ],
    ids=["none", "empty", "text", "file", "text file", "buffer", "iterable"],
)
def test_a_body_of_requests_is_what_arrives(make: Callable[[], Any], body: bytes) -> None:
    prepared = requests.Request("POST", "http://127.0.0.1/", data=make()).prepare()
    assert read(prepared)[3] == body
    with Recorder() as recorder:
        prepared.url = recorder.url
        requests.Session().send(prepared)
    assert recorder.body == body, "reading it before it is sent takes nothing away"
    assert read(prepared)[3] == body, "nor does sending it"


def test_all_of_a_text_file_is_read() -> None:
    # requests announces its length in characters, here 3, and sends 4 octets of UTF-8 all the same.
    prepared = requests.Request("POST", URL, data=io.StringIO("a=é")).prepare()
    assert prepared.headers["Content-Length"] == "3"
    assert read(prepared)[3] == "a=é".encode(TEXT_OF_REQUESTS)


def test_text_is_latin_1_under_urllib3_1(monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = requests.Request("POST", URL, data="a=é").prepare()
    monkeypatch.setitem(sys.modules, "urllib3", types.SimpleNamespace(__version__="1.26.20"))
    assert read(prepared)[3] == b"a=\xe9"


def test_a_file_is_read_from_where_it_is_sent() -> None:
    file = io.BytesIO(b"skipped" + BODY)
    file.seek(7)
    prepared = requests.Request("POST", URL, data=file).prepare()
    file.read(3)
    assert read(prepared)[3] == BODY
    assert file.tell() == 10


class Pipe:
    def read(self) -> bytes:
        raise AssertionError("it was used up")

    def __iter__(self) -> Iterator[bytes]:
        raise AssertionError("it was used up")


class OldFile(Pipe):
    """As file-like objects were before io: no seekable()."""

    def __init__(self) -> None:
        self.place = 0

    def tell(self) -> int:
        return self.place

    def seek(self, place: int) -> None:
        self.place = place

    def read(self) -> bytes:
        content, self.place = BODY[self.place :], len(BODY)
        return content


def test_a_file_of_the_old_kind_is_rewound() -> None:
    assert read(requests.Request("POST", URL, data=OldFile()).prepare())[3] == BODY


@pytest.mark.parametrize(
    "make", [lambda: (part for part in (b"a", b"b")), lambda: iter([b"a"])], ids=["generator", "iterator"]
)
def test_a_body_that_can_be_read_once_is_left_to_the_sender(make: Callable[[], Iterator[bytes]]) -> None:
    parts = make()
    with pytest.raises(TypeError, match=f"is a {type(parts).__name__}, .*: buffer it as bytes before it is sent"):
        read(requests.Request("POST", URL, data=parts).prepare())
    assert next(parts) == b"a"


def test_a_file_that_cannot_be_rewound_is_left_to_the_sender() -> None:
    with pytest.raises(TypeError, match="a Pipe that cannot be rewound: buffer it as bytes before it is sent"):
        read(requests.Request("POST", URL, data=Pipe()).prepare())


def test_text_that_cannot_be_encoded_is_a_type_error_without_the_text() -> None:
    sent = requests.Request("POST", URL, data="code=x").prepare()
    sent.body = "a-code\ud800"
    with pytest.raises(TypeError, match="text that utf-8 cannot write: encode it") as raised:
        read(sent)
    assert raised.value.__suppress_context__
    assert "a-code" not in str(raised.value)


def test_requests_may_have_no_header_at_all() -> None:
    prepared = requests.PreparedRequest()
    prepared.prepare_method("POST")
    prepared.prepare_url(URL, None)
    assert read(prepared) == ("POST", URL, (), b"")


# httpx


@pytest.fixture(params=["httpx", "httpx2"])
def httpx(request: pytest.FixtureRequest) -> Any:
    return pytest.importorskip(request.param)


def test_httpx_keeps_repeated_header_fields(httpx: Any) -> None:
    headers = [("Authorization", "Basic YTpi"), ("x", "1"), ("authorization", ""), ("X", "2")]
    fields = read(httpx.Request("POST", URL, headers=headers, content=BODY))[2]
    assert list(fields) == [("Host", "auth.example"), *headers, ("Content-Length", str(len(BODY)))]


def test_httpx_reads_a_stream_and_can_still_send_it(httpx: Any) -> None:
    request = httpx.Request("POST", URL, content=(part for part in (BODY[:9], BODY[9:])))
    assert read(request)[3] == BODY
    assert b"".join(request.stream) == BODY
    assert ("Transfer-Encoding", "chunked") in read(request)[2]


def test_httpx_cannot_read_an_async_stream_here(httpx: Any) -> None:
    async def stream() -> AsyncIterator[bytes]:
        yield BODY

    with pytest.raises(TypeError, match=r"`await request\.aread\(\)` first"):
        read(httpx.Request("POST", URL, content=stream()))


def test_httpx_cannot_read_a_stream_that_was_sent(httpx: Any) -> None:
    request = httpx.Request("POST", URL, content=(part for part in (b"a", b"b")))
    list(request.stream)
    with pytest.raises(TypeError, match="was read before"):
        read(request)


def test_a_response_of_httpx_is_a_near_miss(httpx: Any) -> None:
    with pytest.raises(TypeError, match=r"pass response\.request"):
        read(httpx.Response(200))


# urllib


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"data": None},
        {"data": None, "method": "POST"},
        {"data": None, "method": "POST", "headers": {"Content-Length": "0"}},
        {"data": b""},
        {"data": bytearray(BODY), "method": "post"},
        {"data": io.BytesIO(BODY)},
        {"data": io.StringIO("a=é")},
        {"data": [b"a=\xff", b"&b="]},
        {"data": io.BytesIO(BODY), "headers": {"Content-Length": str(len(BODY))}},
        {"headers": {"content-TYPE": "text/plain", "user-agent": "mine", "host": "other.example"}},
        {"headers": {"ACCEPT-ENCODING": "br", "connection": "keep-alive", "x-b": "", "x-a": "é"}},
        {"path": "/token?a=%ff&a=#fragment"},
    ],
)
def test_urllib_is_read_as_it_sends(change: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Order, case and the fields that urllib adds when it opens a request."""
    monkeypatch.setenv("no_proxy", "*")
    with Recorder() as recorder:
        request = urllib.request.Request(
            recorder.url + change.get("path", "/")[1:],
            change.get("data", BODY),
            change.get("headers", HEADERS),
            method=change.get("method"),
        )
        request.add_unredirected_header("X-unredirected", "1")
        data: Any = request.data
        if hasattr(data, "seek"):
            data.seek(0)
        before = read(request)
        urllib.request.urlopen(request, timeout=5).close()
        assert [before[0], before[2], before[3]] == [recorder.method, recorder.fields, recorder.body]
        if hasattr(data, "seek"):
            with pytest.raises(TypeError, match="its file stands at the end"):
                read(request)
            data.seek(0)
        assert read(request) == before, "also after it was opened"


def test_a_url_that_urllib_cannot_open_is_read_all_the_same() -> None:
    method, url, fields, body = read(
        urllib.request.Request("http://[auth.example/token", BODY, origin_req_host="auth.example")
    )
    assert (method, url, body) == ("POST", "http://[auth.example/token", BODY)
    assert ("Host", "[auth.example") in fields


def test_urllib_does_not_send_text() -> None:
    with pytest.raises(TypeError, match="encode the data"):
        read(urllib.request.Request(URL, data="a=b"))  # type: ignore[arg-type]


# WSGI


def test_the_application_can_still_read_the_body() -> None:
    made = environ()
    read(made)
    assert made["wsgi.input"].read() == BODY
    request = werkzeug_request(environ(body=b"a=1&a=2"))
    read(request)
    assert request.form.getlist("a") == ["1", "2"]
    assert request.environ["wsgi.input"].read() == b"a=1&a=2"


def test_wsgi_writes_names_as_most_clients_do() -> None:
    fields = read(environ({"HTTP_CONTENT_TYPE": "again", "HTTP_CONTENT_LENGTH": "again"}))[2]
    assert list(fields) == [
        ("Host", "auth.example"),
        ("X-Second", "2"),
        ("Content-Type", FORM),
        ("X-Blank", ""),
        ("X-First", "é"),
        ("Content-Length", str(len(BODY))),
    ]


def test_wsgi_servers_may_name_content_fields_either_way() -> None:
    made = environ({"CONTENT_TYPE": "", "CONTENT_LENGTH": None, "HTTP_CONTENT_TYPE": FORM}, body=b"")
    assert fields_named(read(made)[2], "content-type", "content-length") == [("Content-Type", FORM)]


@pytest.mark.parametrize(
    ("change", "url"),
    [
        ({}, "https://auth.example/as/token?tenant=%2Fa&tenant="),
        ({"QUERY_STRING": ""}, "https://auth.example/as/token"),
        ({"REQUEST_URI": "/as/to%6Ben?"}, "https://auth.example/as/to%6Ben?"),
        ({"RAW_URI": "//token"}, "https://auth.example//token"),
        ({"REQUEST_URI": "/token", "QUERY_STRING": "a=%2B"}, "https://auth.example/token?a=%2B"),
        ({"REQUEST_URI": "HTTP://other.example/x"}, "HTTP://other.example/x"),
        ({"REQUEST_URI": "*", "PATH_INFO": "", "SCRIPT_NAME": "", "QUERY_STRING": ""}, "https://auth.example/"),
        ({"PATH_INFO": "/\xc3\xa9 %", "QUERY_STRING": ""}, "https://auth.example/as/%C3%A9%20%25"),
        ({"PATH_INFO": "/ł\ud800", "QUERY_STRING": ""}, "https://auth.example/as/%C5%82%ED%A0%80"),
        ({"HTTP_HOST": "auth.example:8443", "REQUEST_URI": "/"}, "https://auth.example:8443/"),
        ({"HTTP_HOST": "", "REQUEST_URI": "/"}, "https://internal:8443/"),
        ({"HTTP_HOST": "", "REQUEST_URI": "/", "SERVER_PORT": "443"}, "https://internal/"),
        ({"HTTP_HOST": "", "REQUEST_URI": "/", "SERVER_PORT": 80, "wsgi.url_scheme": "http"}, "http://internal/"),
        ({"HTTP_HOST": "", "REQUEST_URI": "/", "SERVER_PORT": "", "SERVER_NAME": "::1"}, "https://[::1]/"),
        ({"HTTP_HOST": "", "REQUEST_URI": "/", "SERVER_NAME": "[::1]"}, "https://[::1]:8443/"),
    ],
)
def test_the_url_of_an_environ_is_put_together(change: dict[str, Any], url: str) -> None:
    # A server that tells the target as sent, under any name, finds the query there.
    query = {} if {"REQUEST_URI", "RAW_URI"}.isdisjoint(change) else {"QUERY_STRING": ""}
    assert read(environ({**query, **change}))[1] == url


CHUNKED = {"HTTP_TRANSFER_ENCODING": "Chunked", "CONTENT_LENGTH": None}


@pytest.mark.parametrize(
    "made",
    [
        environ({**CHUNKED, "wsgi.input_terminated": True}),
        environ({**CHUNKED, "wsgi.input": io.BytesIO(BODY)}),
        environ({"wsgi.input": io.BytesIO(BODY + b"the next request")}),
    ],
    ids=["terminated", "in memory", "length"],
)
def test_a_body_is_read_as_far_as_it_goes(made: dict[str, Any]) -> None:
    assert [read(made)[3], read(made)[3]] == [BODY, BODY]


@pytest.mark.parametrize("length", ["", "0", "-1", "12a", "²"])
def test_without_a_length_there_is_no_body(length: str) -> None:
    assert read(environ({"CONTENT_LENGTH": length}))[3] == b""


@pytest.mark.parametrize("length", ["9" * 5000, str(2**64), f"{'0' * 5000}{len(BODY)}"])
def test_a_length_of_any_number_of_digits_is_a_number(length: str) -> None:
    """Python reads integers of 4,300 digits, and no stream takes one above 2^63."""
    assert read(environ({"CONTENT_LENGTH": length, "wsgi.input": io.BytesIO(BODY)}))[3] == BODY


def test_a_body_whose_end_is_not_known_is_not_waited_for() -> None:
    with pytest.raises(TypeError, match=r"wsgi\.input_terminated"):
        read(environ(CHUNKED))


def test_a_body_that_was_read_is_read_again_or_missed() -> None:
    stream = io.BytesIO(BODY)
    stream.read()
    assert read(environ({"wsgi.input": stream}))[3] == BODY
    made = environ()
    made["wsgi.input"].read(len(BODY))
    with pytest.raises(TypeError, match="was read before"):
        read(made)


# werkzeug


def test_werkzeug_cannot_give_back_a_body_that_it_took_apart() -> None:
    for made in (environ(body=b"a=1"), environ({**CHUNKED, "wsgi.input_terminated": True}, body=b"a=1")):
        request = werkzeug_request(made)
        assert request.form["a"] == "1"
        with pytest.raises(TypeError, match=r"call get_data\(\) before"):
            read(request)


def test_a_body_that_is_shorter_than_announced_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="shorter than its Content-Length says"):
        read(werkzeug_request(environ({"CONTENT_LENGTH": "99", "wsgi.input": io.BytesIO(BODY)})))


def test_what_goes_wrong_in_the_stream_under_werkzeug_is_not_ours() -> None:
    class Broken(io.RawIOBase):
        def readinto(self, buffer: Any) -> int:
            raise RuntimeError("a fault of the stream")

    with pytest.raises(RuntimeError, match="a fault of the stream"):
        read(werkzeug_request(environ({"wsgi.input": Broken()})))


def test_werkzeug_may_have_read_the_body_before() -> None:
    request = werkzeug_request(environ())
    assert request.get_data() == BODY
    assert read(request)[3] == BODY


def test_werkzeug_may_have_no_body() -> None:
    request = werkzeug_request(
        environ({"REQUEST_METHOD": "GET", "CONTENT_LENGTH": None, "CONTENT_TYPE": None}, body=b"")
    )
    assert not request.form
    assert read(request)[3] == b""


class Recorder:
    """A server for one request on loopback, which keeps what arrives."""

    method = ""
    fields: tuple[tuple[str, str], ...] = ()
    body = b""

    def __enter__(self) -> Recorder:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(10)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/"
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.thread.join(10)
        self.listener.close()

    def serve(self) -> None:
        connection, _ = self.listener.accept()
        with connection, connection.makefile("rb") as stream:
            self.method = stream.readline().decode().split(" ")[0]
            lines = iter(stream.readline, b"\r\n")
            pairs = [line.decode("latin-1").removesuffix("\r\n").split(": ", 1) for line in lines]
            self.fields = tuple((name, value) for name, value in pairs)
            named = {name.lower(): value for name, value in self.fields}
            if "content-length" in named:
                self.body = stream.read(int(named["content-length"]))
            elif "transfer-encoding" in named:
                while size := int(stream.readline(), 16):
                    self.body += stream.read(size)
                    stream.readline()
                stream.readline()
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
