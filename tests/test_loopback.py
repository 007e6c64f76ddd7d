"""Doors that a test opens and closes: what is left of one that is closed."""

from __future__ import annotations

import gc
import selectors
import socket
import threading
import weakref
from collections.abc import Callable

import pytest

from pytest_jwtauth.loopback import Door, Reception


def until(holds: Callable[[], bool]) -> None:
    """Wait for what another thread is about to do."""
    for _ in range(1000):
        if holds():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it did not come about in ten seconds")


def test_a_closed_door_is_let_go_also_if_it_was_the_last_at_which_somebody_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    may_go_on = threading.Event()
    may_go_on.set()

    class DoorsLast(selectors.DefaultSelector):
        """Tells of callers and changes that came meanwhile at once, the callers last."""

        def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            super().select(timeout)
            assert may_go_on.wait(10)
            return sorted(super().select(0), key=lambda ready: isinstance(ready[0].data, Door))

    monkeypatch.setattr(selectors, "DefaultSelector", DoorsLast)
    reception = Reception()
    serving = threading.Thread(target=reception.serve_forever)
    serving.start()
    try:
        heard = threading.Event()
        door = reception.open(lambda connection: heard.set())
        may_go_on.clear()
        with socket.create_connection((door.host, door.port), timeout=10):
            closing = threading.Thread(target=reception.close, args=(door,))
            closing.start()
            until(lambda: not reception._changes.empty())
            may_go_on.set()
            closing.join(10)
        assert heard.is_set()
        gone = weakref.ref(door)
        del door, closing
        gc.collect()
        assert gone() is None
    finally:
        reception.shutdown()
        serving.join(10)
