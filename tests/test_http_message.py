"""A request is read as it came, octet for octet, and as far as it can be."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Callable

import pytest
from sized_input import MESSAGES, read_all
from stopwatch import seconds

from pytest_jwtauth import http_message
from pytest_jwtauth.http_message import BrokenOff, RequestMessage, has_content, read_request, write_head


def read(octets: bytes) -> RequestMessage | None:
    return read_request(io.BufferedReader(io.BytesIO(octets)), lambda: None)


def read_one(octets: bytes) -> RequestMessage:
    message = read(octets)
    assert message is not None
    return message


def test_a_request_keeps_the_order_the_case_and_every_field() -> None:
    message = read_one(
        b"POST /as/token?x=1 HTTP/1.1\r\nhOST: a:1\r\nX-Twice:  one \r\nx-twice:\ttwo\r\n"
        b"Content-Length: 3\r\n\r\na=bGET"
    )
    assert (message.method, message.target, message.version) == ("POST", "/as/token?x=1", "HTTP/1.1")
    assert message.fields == [("hOST", "a:1"), ("X-Twice", "one"), ("x-twice", "two"), ("Content-Length", "3")]
    assert (message.body, message.fault) == (b"a=b", None)
    assert message.values("x-twice") == ["one", "two"]


def test_octets_outside_ascii_are_kept_as_latin_1() -> None:
    assert read_one("GET /ü HTTP/1.1\r\nX: ü\r\n\r\n".encode()).fields == [("X", "Ã¼")]


def test_one_request_after_another_is_read_from_the_same_stream() -> None:
    octets = b"POST /a HTTP/1.1\r\nContent-Length: 1\r\n\r\nx\r\nGET /b HTTP/1.1\r\n\r\n"
    stream = io.BufferedReader(io.BytesIO(octets))
    messages = [read_request(stream, lambda: None) for _ in range(3)]
    assert [message and (message.target, message.body) for message in messages] == [("/a", b"x"), ("/b", b""), None]


def test_lines_may_end_without_a_carriage_return() -> None:
    assert read_one(b"POST / HTTP/1.1\nContent-Length: 1\n\nx").body == b"x"


def test_a_folded_line_goes_on_with_the_field_before_it() -> None:
    assert read_one(b"GET / HTTP/1.1\r\nA: b\r\n\tc\r\n d\r\n\r\n").fields == [("A", "b c d")]


def test_a_line_that_is_no_field_is_kept_as_a_name() -> None:
    assert read_one(b"GET / HTTP/1.1\r\n x\r\nnonsense\r\nA:b\r\n\r\n").fields == [
        (" x", ""),
        ("nonsense", ""),
        ("A", "b"),
    ]


CHUNKED = [
    (b"0\r\n\r\n", b""),
    (b"3\r\na=b\r\n0\r\n\r\n", b"a=b"),
    (b"1;ext=1\r\na\r\n 2 \r\n=b\r\n0\r\nTrailer: x\r\n\r\n", b"a=b"),
    (b"A\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
]


@pytest.mark.parametrize(("octets", "body"), CHUNKED)
def test_chunks_are_put_together(octets: bytes, body: bytes) -> None:
    message = read_one(b"POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\nContent-Length: 9\r\n\r\n" + octets)
    assert (message.body, message.fault) == (body, None)


@pytest.mark.parametrize(
    ("version", "expectation", "invited"),
    [("HTTP/1.1", "100-Continue", True), ("HTTP/1.0", "100-continue", False), ("HTTP/1.1", "tea", False)],
)
def test_a_client_that_waits_for_it_is_told_to_go_on_before_the_content_is_read(
    version: str, expectation: str, invited: bool
) -> None:
    head = f"POST / {version}\r\nExpect: {expectation}\r\nContent-Length: 3\r\n\r\n"
    told: list[bool] = []
    message = read_request(io.BufferedReader(io.BytesIO(head.encode() + b"a=b")), lambda: told.append(True))
    assert message is not None
    assert (message.body, told) == (b"a=b", [True] if invited else [])


MALFORMED: list[tuple[bytes, str]] = [
    (b"\x16\x03\x01\x02\x00", "TLS handshake"),
    (b"\x00\xff", "does not begin with a method"),
    (b"hello\r\n\r\n", "no request line"),
    (b"GET /\r\n\r\n", "no request line"),
    (b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "Content-Length is no single number"),
    (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "Content-Length is no single number"),
    (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "Content-Length is no single number"),
    (b"POST / HTTP/1.1\r\nContent-Length: 999999999999\r\n\r\n", "more than 16777216 octets"),
    (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "other than chunked"),
    (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "no hexadecimal number"),
    (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", "longer than it says"),
    (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n", "more than 16777216 octets"),
    (b"GET /" + b"a" * http_message.LONGEST_LINE + b" HTTP/1.1\r\n\r\n", "a line has more than 65536 octets"),
    (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 501 + b"\r\n", "more than 500 header fields"),
    (b"GET / HTTP/1.1\r\nA: b\r\n" + b" c\r\n" * 500 + b"\r\n", "more than 500 header fields"),
    (b"GET / HTTP/1.1\r\n" + b"A: %s\r\n" % (b"b" * 65000) * 17 + b"\r\n", "have more than 1048576 octets"),
    (
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"A: b\r\n" * 501 + b"\r\n",
        "more than 500 trailer fields",
    ),
]


@pytest.mark.parametrize(("octets", "reason"), MALFORMED)
def test_a_request_that_cannot_be_read_to_its_end_says_why_and_is_the_last(octets: bytes, reason: str) -> None:
    message = read_one(octets)
    assert message.fault is not None
    assert reason in message.fault
    assert not message.keeps_alive


@pytest.mark.parametrize("made", MESSAGES.values(), ids=MESSAGES)
def test_64_kib_of_anything_are_read_in_a_tenth_of_a_second(made: Callable[[int], bytes]) -> None:
    octets = made(64 * 1024)
    assert seconds(lambda: read_all(octets)) < 0.1


@pytest.mark.parametrize("line", [b" c", b" " + b"c" * 1000])
def test_a_field_that_is_folded_again_and_again_takes_no_time(line: bytes) -> None:
    """Each line used to copy all that came before it: a mebibyte took seconds."""
    folded = b"GET / HTTP/1.1\r\nA: b\r\n" + (line + b"\r\n") * (2**20 // len(line)) + b"\r\n"
    assert seconds(lambda: read(folded)) < 0.1


def test_what_can_be_read_of_a_malformed_request_is_kept() -> None:
    message = read_one(b"POST /as/token HTTP/1.1\r\nAuthorization: Basic eA==\r\nContent-Length: x\r\n\r\n")
    assert (message.method, message.target) == ("POST", "/as/token")
    assert message.values("authorization") == ["Basic eA=="]
    assert read_one(b"gibberish here\r\n\r\n").target == "here"


WHOLE = b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\na=b"
WHOLE_CHUNKED = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n"


@pytest.mark.parametrize("whole", [WHOLE, WHOLE_CHUNKED])
def test_a_request_that_breaks_off_anywhere_is_none(whole: bytes) -> None:
    for length in range(1, len(whole)):
        with pytest.raises(BrokenOff):
            read(whole[:length])
    assert read(b"") is None
    assert read(b"\r\n") is None


class ThatFails(io.RawIOBase):
    """A connection that is reset after some octets."""

    def __init__(self, octets: bytes) -> None:
        self._left = octets

    def readable(self) -> bool:
        return True

    def readinto(self, into: memoryview) -> int:  # type: ignore[override]
        if not self._left:
            raise ConnectionResetError
        into[:1], self._left = self._left[:1], self._left[1:]
        return 1


@pytest.mark.parametrize("whole", [WHOLE, WHOLE_CHUNKED])
def test_a_request_has_broken_off_where_the_connection_is_reset(whole: bytes) -> None:
    for length in range(1, len(whole)):
        with pytest.raises(BrokenOff):
            read_request(io.BufferedReader(ThatFails(whole[:length])), lambda: None)
    with pytest.raises(ConnectionResetError):  # no request had begun
        read_request(io.BufferedReader(ThatFails(b"")), lambda: None)


def test_a_body_in_many_small_chunks_takes_little_more_memory_than_its_size() -> None:
    stream = io.BufferedReader(
        io.BytesIO(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"2\r\nab\r\n" * 100_000)
    )
    tracemalloc.start()
    try:
        with pytest.raises(BrokenOff):
            read_request(stream, lambda: None)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_there_may_be_as_many_trailer_fields_as_header_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_message, "MOST_FIELDS", 3)
    chunked = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
    assert read_one(chunked + b"A: b\r\n" * 3 + b"\r\n").body == b"x"
    assert read_one(chunked + b"A: b\r\n" * 4 + b"\r\n").fault == "it has more than 3 trailer fields"


@pytest.mark.parametrize(
    ("version", "fields", "kept"),
    [
        ("1.1", "", True),
        ("1.1", "Connection: close\r\n", False),
        ("1.1", "Connection: x\r\nconnection: Close, y\r\n", False),
        ("1.0", "", False),
        ("1.0", "Connection: Keep-Alive\r\n", True),
    ],
)
def test_a_connection_is_kept_as_the_client_wants_it(version: str, fields: str, kept: bool) -> None:
    assert read_one(f"GET / HTTP/{version}\r\n{fields}\r\n".encode()).keeps_alive is kept


def test_the_head_of_an_answer_is_written_in_order() -> None:
    head = write_head(401, [("WWW-Authenticate", "Basic"), ("X", "1"), ("X", "2")])
    assert head == b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nX: 1\r\nX: 2\r\n\r\n"
    assert write_head(599, []).startswith(b"HTTP/1.1 599 Unassigned\r\n")
    assert write_head(200, [("X", "é€")]).endswith(b"X: \xe9?\r\n\r\n")


@pytest.mark.parametrize(
    ("method", "status", "has"),
    [("POST", 200, True), ("HEAD", 200, False), ("GET", 204, False), ("GET", 304, False), ("GET", 100, False)],
)
def test_some_answers_have_no_content(method: str, status: int, has: bool) -> None:
    assert has_content(method, status) is has
