"""One call of a client under contract, and what it comes to: tokens, an exception, or nothing in time.

Knows no promise, no rule and no pytest. Nothing that a client does is an error here.
"""

from __future__ import annotations

import inspect
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.token_endpoint import TokenEndpoint

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold credentials.
__tracebackhide__ = True


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Attempt:
    """One call of the client.

    Attributes:
        result: What it returned; None if it raised.
        error: What it raised; None if it returned.
        timed_out: Whether it was still busy when its time was up; it may be so now.
        got_tokens: Whether it came back with an access token.
        status: The exit status of a command; None for others.
        output: What a command printed, masked; empty for others.
    """

    result: object = None
    error: BaseException | None = None
    timed_out: bool = False
    got_tokens: bool = False
    status: int | None = None
    output: str = ""

    def __repr__(self) -> str:
        return f"<Attempt that {self.ending}>"

    @property
    def ending(self) -> str:
        """How it ended, in words, with nothing of what the client said."""
        if self.timed_out:
            return "was still busy when its time was up"
        if self.status is not None:
            return f"ended with status {self.status}"
        if self.error is not None:
            return f"raised {type(self.error).__qualname__}"
        return "came back with an access token" if self.got_tokens else f"returned {_kind(self.result)}"


def _kind(result: object) -> str:
    if isinstance(result, Mapping):
        return "a mapping without access_token"
    return "None" if result is None else f"an object of {type(result).__qualname__} without access_token"


def holds_access_token(result: object) -> bool:
    """Whether what a client returned is a token response: a mapping or an object with ``access_token``, or its text."""
    token = result.get("access_token") if isinstance(result, Mapping) else getattr(result, "access_token", result)
    return isinstance(token, str) and bool(token)


def attempt(call: Callable[[], object], *, patience: float | None) -> Attempt:
    """Call a client, sync or async, and wait for it.

    Args:
        patience: Seconds after which it is left behind, in a thread; None to wait in this thread, as long as it takes.
            Under a frozen clock that is the only way: a thread may see the real time.
    """
    if patience is None:
        return _outcome(call)
    outcomes: list[Attempt] = []
    thread = threading.Thread(target=lambda: outcomes.append(_outcome(call)), name="jwtauth-client", daemon=True)
    thread.start()
    thread.join(patience)
    return outcomes[0] if outcomes else Attempt(timed_out=True)


def _outcome(call: Callable[[], object]) -> Attempt:
    try:
        result = call()
        if inspect.isawaitable(result):
            result = _run(result)
    except ConfigurationError:
        raise  # ours: the client was not even called
    except Exception as error:
        return Attempt(error=error)
    return Attempt(result, got_tokens=holds_access_token(result))


def _run(awaitable: Any) -> object:
    import asyncio

    async def wait() -> object:
        return await awaitable

    return asyncio.run(wait())


class Told:
    """An endpoint, but for the URL that its client is told."""

    def __init__(self, endpoint: TokenEndpoint, url: str) -> None:
        self._endpoint = endpoint
        self.url = url

    def __getattr__(self, name: str) -> Any:
        return getattr(self._endpoint, name)


def in_parallel(calls: Sequence[Callable[[], Attempt]], *, patience: float) -> list[Attempt]:
    """Make all *calls* at the same moment, each in a thread; *patience* is the seconds that they have together."""
    barrier = threading.Barrier(len(calls))
    outcomes = [Attempt(timed_out=True)] * len(calls)

    def work(place: int, call: Callable[[], Attempt]) -> None:
        barrier.wait()
        outcomes[place] = call()

    threads = [
        threading.Thread(target=work, args=(place, call), name=f"jwtauth-client-{place}", daemon=True)
        for place, call in enumerate(calls)
    ]
    for thread in threads:
        thread.start()
    end = time.monotonic() + patience
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    return outcomes
