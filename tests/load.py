"""Clients that load a live endpoint: many that are right, and those that break off, dawdle or talk nonsense.

Everything is made beforehand, over loopback, bounded in count and in time.
"""

from __future__ import annotations

import gc
import os
import random
import socket
import ssl
import struct
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any
from urllib.parse import urlsplit

from endpoints import CALLBACK
from live import connect, octets

import pytest_jwtauth
from pytest_jwtauth.live_endpoint import LiveTokenEndpoint

PATIENCE = 60
"""Seconds after which a client gives up, on however busy a machine."""


def call(endpoint: LiveTokenEndpoint) -> socket.socket:
    """A connection on which the client is ready to speak, over TLS where the endpoint does."""
    connection = connect(endpoint)
    connection.settimeout(PATIENCE)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if endpoint.ca_file is None:
        return connection
    return _trust(str(endpoint.ca_file)).wrap_socket(connection, server_hostname=urlsplit(endpoint.url).hostname)


def _trust(ca_file: str) -> ssl.SSLContext:
    if ca_file not in _TRUST:
        _TRUST[ca_file] = ssl.create_default_context(cafile=ca_file)
    return _TRUST[ca_file]


_TRUST: dict[str, ssl.SSLContext] = {}


def right_requests(endpoint: LiveTokenEndpoint, codes: Sequence[str]) -> list[bytes]:
    """A right request for each of *codes*; every third has its body in chunks."""
    return [_right_request(endpoint, code, in_chunks=number % 3 == 0) for number, code in enumerate(codes)]


def _right_request(endpoint: LiveTokenEndpoint, code: str, *, in_chunks: bool) -> bytes:
    grant: dict[str, Any] = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    whole = octets(endpoint, **grant)
    if not in_chunks:
        return whole
    head, _, body = whole.partition(b"\r\n\r\n")
    length = b"Content-Length: %d" % len(body)
    parts = [body[start : start + 200] for start in range(0, len(body), 200)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    return head.replace(length, b"Transfer-Encoding: chunked") + b"\r\n\r\n" + chunks + b"0\r\n\r\n"


class Answers:
    """The answers on one connection, read as a client does: as long as each says it is."""

    def __init__(self, connection: socket.socket) -> None:
        self._stream = connection.makefile("rb")

    def next(self) -> tuple[int, bytes]:
        """Status and body of the next answer."""
        status = int(self._stream.readline().split(b" ")[1])
        length = 0
        while (line := self._stream.readline()) not in {b"\r\n", b""}:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return status, self._stream.read(length)

    def close(self) -> None:
        self._stream.close()


def ask(endpoint: LiveTokenEndpoint, requests: Sequence[bytes], *, at_once: int = 1) -> list[tuple[int, bytes]]:
    """Send *requests* over one connection, *at_once* of them before the answer to the first is read."""
    answers = []
    with call(endpoint) as connection:
        reader = Answers(connection)
        for start in range(0, len(requests), at_once):
            sent = requests[start : start + at_once]
            connection.sendall(b"".join(sent))
            answers += [reader.next() for _ in sent]
        reader.close()
    return answers


def ask_by_many(
    endpoint: LiveTokenEndpoint, requests: Sequence[bytes], clients: int, each: int = 10
) -> list[tuple[int, bytes]]:
    """Send *requests* by several clients at the same time, *each* over one connection; the answers in their order.

    By turns a client waits for each answer, sends two requests ahead, or all of them.
    """
    shares = [requests[start : start + each] for start in range(0, len(requests), each)]
    ahead = [(1, 2, each)[number % 3] for number in range(len(shares))]
    with ThreadPoolExecutor(clients) as pool:
        answered = pool.map(lambda share, at_once: ask(endpoint, share, at_once=at_once), shares, ahead)
        return [answer for share in answered for answer in share]


def _reset(connection: socket.socket) -> None:
    # Closed with nothing to linger for, a connection is reset (RFC 9293 §3.10.4).
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def _in_body(endpoint: LiveTokenEndpoint) -> None:
    with call(endpoint) as connection:
        connection.sendall(octets(endpoint)[:-10])


def _in_head(endpoint: LiveTokenEndpoint) -> None:
    with call(endpoint) as connection:
        connection.sendall(octets(endpoint)[:60])


def _in_chunk(endpoint: LiveTokenEndpoint) -> None:
    with call(endpoint) as connection:
        connection.sendall(_right_request(endpoint, "none", in_chunks=True)[:-40])


def _in_body_by_reset(endpoint: LiveTokenEndpoint) -> None:
    connection = call(endpoint)
    connection.sendall(octets(endpoint)[:-10])
    _reset(connection)


def _before_the_first_word(endpoint: LiveTokenEndpoint) -> None:
    _reset(connect(endpoint))


def _in_handshake(endpoint: LiveTokenEndpoint) -> None:
    with connect(endpoint) as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 20)


BREAKS: tuple[Callable[[LiveTokenEndpoint], None], ...] = (
    _in_body,
    _in_head,
    _in_chunk,
    _in_body_by_reset,
    _before_the_first_word,
)
"""Clients that leave before their request is whole."""
LEAVE_A_PART = 4
"""How many of them leave a part of a request behind."""


def break_off(endpoint: LiveTokenEndpoint, count: int) -> None:
    """*count* clients at the same time, each of which breaks off, one in the handshake where there is one."""
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda number: BREAKS[number % len(BREAKS)](endpoint), range(count)))
    if endpoint.ca_file is not None:
        _in_handshake(endpoint)


def talk_nonsense(endpoint: LiveTokenEndpoint, count: int, seed: int = 1) -> list[bytes]:
    """Send octets that are no request, each over a connection of its own; what was answered."""
    chance = random.Random(seed)
    head = octets(endpoint).partition(b"\r\n\r\n")[0]
    answers = []
    for number in range(count):
        nonsense = (
            chance.randbytes(300),
            b"GET\r\n\r\n",
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n",
            b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
            head + b"\r\nContent-Length: 1, 2\r\n\r\nxx",
            b"A" * 70_000,
        )[number % 6]
        with suppress(ConnectionResetError, BrokenPipeError, ssl.SSLError), call(endpoint) as connection:
            connection.sendall(nonsense)
            socket.socket.shutdown(connection, socket.SHUT_WR)
            heard = b""
            while more := connection.recv(65536):
                heard += more
            answers.append(heard)
    return answers


@contextmanager
def slow_senders(endpoint: LiveTokenEndpoint, count: int) -> Iterator[list[int]]:
    """*count* clients that send one octet now and then, and never a whole request; how many octets each has sent."""
    never, sent = threading.Event(), [0] * count
    with ExitStack() as stack:
        connections = [stack.enter_context(call(endpoint)) for _ in range(count)]
        text = octets(endpoint)[:-1]

        def dawdle() -> None:
            for position in range(len(text)):
                for number, connection in enumerate(connections):
                    with suppress(OSError):
                        connection.sendall(text[position : position + 1])
                        sent[number] += 1
                if never.wait(0.02):
                    return

        thread = threading.Thread(target=dawdle, name="slow-senders")
        thread.start()
        try:
            yield sent
        finally:
            never.set()
            thread.join()


def seconds_to(action: Callable[[], object]) -> float:
    """How long *action* takes by the clock on the wall."""
    began = time.monotonic()
    action()
    return time.monotonic() - began


def open_files() -> int:
    """How many file descriptors this process has."""
    return len(os.listdir("/proc/self/fd"))


def objects_of_ours() -> Counter[str]:
    """How many objects of each of our classes are still held by something."""
    gc.collect()
    kinds = (type(tracked) for tracked in gc.get_objects())
    # Of some classes `__module__` is no text: they have it of their instances.
    return Counter(kind.__qualname__ for kind in kinds if str(kind.__module__).startswith(pytest_jwtauth.__name__))


def resident() -> int:
    """Octets of memory that this process holds now."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def size_of(*roots: object) -> int:
    """Octets of all objects that can be reached from *roots*, but for code and what belongs to it."""
    code = (type, ModuleType, FunctionType)
    known = {id(root): root for root in roots}
    left = list(known.values())
    total = 0
    while left:
        one = left.pop()
        total += sys.getsizeof(one)
        for other in gc.get_referents(one):
            if id(other) not in known and not isinstance(other, code):
                known[id(other)] = other
                left.append(other)
    return total
