"""How long something takes, measured so that a busy machine does not matter much."""

from __future__ import annotations

import time
from collections.abc import Callable


def seconds(function: Callable[[], object], *, tries: int = 3) -> float:
    """The least processor time of several calls of *function*; the first may have to fill caches."""
    taken = []
    for _ in range(tries):
        started = time.thread_time()
        function()
        taken.append(time.thread_time() - started)
    return min(taken)
