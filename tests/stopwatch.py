"""How long something takes, measured so that a busy machine does not matter much."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

TRACED = 10
"""Times as long as usual; what coverage costs at most."""


def seconds(function: Callable[[], object], *, tries: int = 3) -> float:
    """The least processor time of several calls of *function*, the first of which may have to fill caches.

    Where somebody traces every line it is divided by what that costs, so that limits stay what they are.
    """
    taken = []
    for _ in range(tries):
        started = time.thread_time()
        function()
        taken.append(time.thread_time() - started)
    return min(taken) / (TRACED if _is_traced() else 1)


def _is_traced() -> bool:
    monitoring = getattr(sys, "monitoring", None)
    return sys.gettrace() is not None or (monitoring is not None and monitoring.get_tool(1) is not None)
