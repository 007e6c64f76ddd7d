"""Connections over loopback: doors that a test opens and closes, a thread for each caller. Knows no HTTP, no judge.

A door is a listening port. Whoever calls at it is heard until it closes; when that is done, nobody is left: no thread,
no socket. No clock either: what waits here, waits for a socket, a lock or the end of a thread, and those go on when
time is frozen.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.urls import is_loopback

if TYPE_CHECKING:
    from ssl import SSLContext

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold connections.
__tracebackhide__ = True

BACKLOG = 512
"""Callers that may wait to be let in."""

LONGEST_FAREWELL = 2.0
"""Seconds in which a closing door waits for its threads, which have nothing left to wait for themselves."""


class Door:
    """One listening port, and the connections that came in through it. Made by `Reception.open`.

    Attributes:
        host, port: Where it is.
        tls: The context with which callers are spoken to, or None.
        failures: What went wrong in `converse`: a fault of ours, to be raised where somebody sees it.
    """

    def __init__(
        self, listener: socket.socket, converse: Callable[[socket.socket], None], tls: SSLContext | None
    ) -> None:
        self.host, self.port = listener.getsockname()[:2]
        self.tls = tls
        self.failures: list[Exception] = []
        self.listener = listener
        self._converse = converse
        self._lock = threading.Lock()
        self._callers: dict[threading.Thread, socket.socket | None] = {}
        self._closed = False

    @property
    def origin(self) -> str:
        """Scheme, host and port, as a URL begins."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'http' if self.tls is None else 'https'}://{host}:{self.port}"

    @property
    def closed(self) -> bool:
        """Whether nobody is heard any more."""
        return self._closed

    def admit(self) -> None:
        """Let in whoever waits in front of the door."""
        try:
            connection, _ = self.listener.accept()
        except OSError:  # went away again, or there was nobody
            return
        connection.setblocking(True)
        thread = threading.Thread(target=self._hear, args=(connection,), name=f"jwtauth-live-{self.port}", daemon=True)
        with self._lock:
            for gone in [caller for caller in self._callers if not caller.is_alive()]:
                del self._callers[gone]
            try:
                thread.start()
            except RuntimeError:  # the machine has no more threads; those who are heard already go on being heard
                connection.close()
            else:
                self._callers[thread] = connection

    def _hear(self, connection: socket.socket) -> None:
        try:
            # An answer is written whole: to wait for more would cost 40 ms.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls is not None:
                # Here and not when listening: a caller who says nothing keeps only this thread waiting. The two lines
                # after it are one step, for `close` reads what the second one writes.
                with self._lock:
                    connection = self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
                    self._callers[threading.current_thread()] = connection
                connection.do_handshake()
            self._converse(connection)
        except OSError:  # the caller went away, or the door was closed, or they do not agree about TLS
            pass
        except Exception as failure:
            self.failures.append(failure)
        finally:
            with self._lock:
                self._callers[threading.current_thread()] = None
                connection.close()

    def close(self) -> None:
        """Hear nobody any more: end every connection, and wait for the threads."""
        self.listener.close()
        with self._lock:
            self._closed = True
            callers = dict(self._callers)
            for connection in filter(None, callers.values()):
                # Not by the method of an SSLSocket, which forgets its session while another thread reads from it.
                with contextlib.suppress(OSError):  # it has ended by itself
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
        for thread in callers:
            thread.join(LONGEST_FAREWELL)


class Reception:
    """One thread that lets callers in, through as many doors as are open.

    Args:
        host: Where to listen: a loopback address.
        patience: Seconds in which the thread has to do what it is asked.

    Raises:
        ConfigurationError: for any other address.
    """

    def __init__(self, host: str = "127.0.0.1", patience: float = 10.0) -> None:
        if not is_loopback(host):
            raise ConfigurationError(
                f"the live token endpoint listens on loopback only (127.0.0.1, ::1, localhost); got {host!r}: it is "
                "for clients of this machine, and nobody else should reach it"
            )
        self.host = host
        self._patience = patience
        self._changes: SimpleQueue[tuple[Callable[..., Any], tuple[Any, ...], threading.Event]] = SimpleQueue()
        self._wake, self._awake = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._awake, selectors.EVENT_READ)
        self._is_open = True

    def serve_forever(self) -> None:
        """Let callers in until `shutdown`."""
        while self._is_open:
            # What was at work is let go with the frame of the method: a variable here would hold the last door, with
            # all that was heard behind it, for as long as nobody calls.
            self._attend(self._selector.select())
        for key in list(self._selector.get_map().values()):
            if isinstance(key.data, Door):
                key.data.close()
        self._selector.close()
        self._awake.close()
        self._wake.close()

    def _attend(self, ready: list[tuple[selectors.SelectorKey, int]]) -> None:
        for key, _ in ready:
            if isinstance(key.data, Door):
                key.data.admit()
            else:
                self._awake.recv(64)
        while not self._changes.empty():
            change, arguments, done = self._changes.get()
            change(*arguments)
            done.set()

    def shutdown(self) -> None:
        """Close every door, and return from `serve_forever`."""
        self._is_open = False
        self._wake.send(b".")

    def open(self, converse: Callable[[socket.socket], None], tls: SSLContext | None = None) -> Door:
        """Open a door at a free port.

        Args:
            converse: Called in a thread of its own with every connection; returns when it is over.
            tls: Speak TLS with this.
        """
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        listener = socket.create_server((self.host, 0), family=family, backlog=BACKLOG)
        listener.setblocking(False)
        door = Door(listener, converse, tls)
        try:
            self._change(self._selector.register, listener, selectors.EVENT_READ, door)
        except BaseException:
            door.close()
            raise
        return door

    def close(self, door: Door) -> None:
        """Close *door*, and raise what went wrong behind it."""
        if not door.closed:
            self._change(self._selector.unregister, door.listener)
            door.close()
        if door.failures:
            raise door.failures[0]

    def _change(self, change: Callable[..., Any], *arguments: Any) -> None:
        # In the thread that selects: not every selector may be changed while another thread waits for it.
        done = threading.Event()
        self._changes.put((change, arguments, done))
        self._wake.send(b".")
        if not done.wait(self._patience):
            raise RuntimeError("the thread that lets callers in does not run")
