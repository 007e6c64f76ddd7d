"""HTTP/1.1 messages as octets (RFC 9112): a request read without loss, an answer written. No sockets, no judging.

What servers put right on the way (a repeated field, the case of a name, a line that is no field) is kept here, because
the judge wants to see it. A request that cannot be read to its end is kept as far as it can be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold requests.
__tracebackhide__ = True

LONGEST_LINE = 64 * 1024
LARGEST_HEAD = 1024 * 1024
LARGEST_BODY = 16 * 1024 * 1024
"""Octets; what is longer than these is not read to its end."""
MOST_FIELDS = 500
"""Lines of a head, folded ones included, and of a trailer section."""

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

_VERSION = re.compile(r"HTTP/\d\.\d")
_TOKEN_OCTETS = frozenset(b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?", re.DOTALL)
_LENGTH = re.compile(r"[0-9]{1,12}")


class Stream(Protocol):
    """A buffered binary file."""

    def peek(self, size: int = 0, /) -> bytes: ...
    def readline(self, size: int | None = -1, /) -> bytes: ...
    def read(self, size: int | None = -1, /) -> bytes: ...


class BrokenOff(Exception):
    """The sender went away before the end of the request."""


class Malformed(Exception):
    """The request cannot be read to its end; ``str()`` says why."""


@dataclass(slots=True, repr=False)
class RequestMessage:
    """One request as it came.

    Attributes:
        method, target, version: The parts of the request line; empty where it has fewer.
        fields: Name and value of each header field, in the order sent.
        body: The content, without transfer coding.
        fault: Why it could not be read to its end, or None.
    """

    method: str = ""
    target: str = ""
    version: str = ""
    fields: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    fault: str | None = None

    def values(self, name: str) -> list[str]:
        """The values of every field called *name*, which is in small letters."""
        return [value for known, value in self.fields if known.lower() == name]

    @property
    def keeps_alive(self) -> bool:
        """Whether another request may follow on the same connection (RFC 9112 §9.3)."""
        if self.fault is not None:
            return False
        options = {option.strip().lower() for value in self.values("connection") for option in value.split(",")}
        return "close" not in options and (self.version != "HTTP/1.0" or "keep-alive" in options)


def read_request(stream: Stream, invite: Callable[[], None]) -> RequestMessage | None:
    """The next request on *stream*; None if there is none.

    Args:
        invite: Called where the sender waits for ``100 Continue`` before it sends the content.

    Raises:
        BrokenOff: if the stream ends, or fails, inside the request.
    """
    message = RequestMessage()
    try:
        line = _first_line(stream)
        if line is None:
            return None
        _read_request_line(message, line)
        _read_fields(message, stream)
        if "100-continue" in [value.lower() for value in message.values("expect")] and message.version == "HTTP/1.1":
            invite()
        _read_body(message, stream)
    except Malformed as reason:
        message.fault = str(reason)
    return message


def _first_line(stream: Stream) -> str | None:
    first = stream.peek(1)[:1]
    if first in {b"\r", b"\n"}:
        # RFC 9112 §2.2: an empty line before the request line is ignored.
        _read_line(stream)
        first = stream.peek(1)[:1]
    if not first:
        return None
    if first[0] not in _TOKEN_OCTETS:
        # To wait for the end of the line would be to wait for ever: a client that opens TLS sends none.
        raise Malformed("it is a TLS handshake" if first == b"\x16" else "it does not begin with a method")
    return _read_line(stream)


def _read_line(stream: Stream) -> str:
    line = _heard(stream.readline, LONGEST_LINE + 1)
    if not line.endswith(b"\n"):
        if len(line) > LONGEST_LINE:
            raise Malformed(f"a line has more than {LONGEST_LINE} octets")
        raise BrokenOff
    return line.rstrip(b"\r\n").decode("latin-1")


def _read_request_line(message: RequestMessage, line: str) -> None:
    message.method, _, rest = line.partition(" ")
    message.target, _, message.version = rest.rpartition(" ")
    if not _VERSION.fullmatch(message.version):
        message.target, message.version = rest, ""
        raise Malformed("its first line is no request line of HTTP/1.1")


def _read_fields(message: RequestMessage, stream: Stream) -> None:
    for line in _lines(stream, "header"):
        name, _, value = line.partition(":")
        if line[0] in " \t" and message.fields:
            # A folded line (RFC 9112 §5.2) goes on with the value before it.
            name, value = message.fields.pop()
            value = f"{value} {line.strip()}"
        message.fields.append((name, value.strip(" \t")))


def _lines(stream: Stream, section: str) -> Iterator[str]:
    """Lines up to an empty one."""
    count = size = 0
    while line := _read_line(stream):
        count += 1
        size += len(line)
        # Counted by lines: a field may be folded into any number of them.
        if count > MOST_FIELDS:
            raise Malformed(f"it has more than {MOST_FIELDS} {section} fields")
        if size > LARGEST_HEAD:
            raise Malformed(f"its {section} fields have more than {LARGEST_HEAD} octets")
        yield line


def _read_body(message: RequestMessage, stream: Stream) -> None:
    codings = ",".join(message.values("transfer-encoding")).lower()
    lengths = {value.strip() for values in message.values("content-length") for value in values.split(",")}
    if codings:
        if codings.strip() != "chunked":
            raise Malformed("its Transfer-Encoding is something other than chunked")
        _read_chunks(message, stream)
    elif lengths:
        length = lengths.pop()
        if lengths or not _LENGTH.fullmatch(length):
            raise Malformed("its Content-Length is no single number")
        if int(length) > LARGEST_BODY:
            raise Malformed(f"its content has more than {LARGEST_BODY} octets")
        message.body = _read_exactly(stream, int(length))


def _read_chunks(message: RequestMessage, stream: Stream) -> None:
    # Not a list of chunks: a sender who makes each of them tiny would have us keep twenty times what he sends.
    content = bytearray()
    while True:
        size = _CHUNK_SIZE.fullmatch(_read_line(stream).encode("latin-1"))
        if size is None:
            raise Malformed("the size of a chunk is no hexadecimal number")
        length = int(size[1], 16)
        if len(content) + length > LARGEST_BODY:
            raise Malformed(f"its content has more than {LARGEST_BODY} octets")
        if length == 0:
            break
        content += _read_exactly(stream, length)
        if _read_line(stream):
            raise Malformed("a chunk is longer than it says")
    message.body = bytes(content)
    for _ in _lines(stream, "trailer"):  # which nobody reads
        pass


def _read_exactly(stream: Stream, length: int) -> bytes:
    content = _heard(stream.read, length)
    if len(content) < length:
        raise BrokenOff
    return content


def _heard(read: Callable[[int], bytes], size: int) -> bytes:
    try:
        return read(size)
    except OSError:  # reset by the sender
        raise BrokenOff from None


def write_head(status: int, fields: Iterable[tuple[str, str]]) -> bytes:
    """The octets of an answer up to its content: status line, *fields* in their order, empty line."""
    try:
        reason = HTTPStatus(status).phrase
    except ValueError:
        reason = "Unassigned"
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in fields), "", ""]
    return "\r\n".join(lines).encode("latin-1", "replace")


def has_content(method: str, status: int) -> bool:
    """Whether the answer to *method* with *status* has any content (RFC 9112 §6.3)."""
    return method != "HEAD" and status >= 200 and status not in {204, 304}
