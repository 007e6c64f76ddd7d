"""The frozen clock behind ``jwtauth_clock``: the only room that imports a freezer. No pytest, no keys.

Moments are NumericDates: seconds since 1970-01-01T00:00:00Z. What freezegun does, in this process only:

- ``time.monotonic`` and ``time.perf_counter`` are frozen too and move with the clock, so a cache that counts
  monotonic seconds expires on `tick`. What waits for them to pass by themselves (``trio.sleep``, the time-out
  of ``Popen.communicate``) never ends. ``time.sleep``, sockets, locks and queues keep real time, and so do
  asyncio's event loops: ``asyncio.sleep``, ``asyncio.timeout`` and aiohttp's time-outs work.
- In a thread under about five calls deep ``time.time()`` is real; ``datetime.now(timezone.utc)`` never is.
- Naive datetimes are those of a machine in UTC, so ``datetime.utcnow().timestamp()`` is right by accident.
- What was bound earlier (``def f(now=time.time)``, ``default_factory=time.time``) stays real.

With time-machine only monotonic clocks are real, and naive datetimes are those of the machine's own zone.
"""

from __future__ import annotations

import datetime
import math
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

from pytest_jwtauth import numeric_date
from pytest_jwtauth.errors import ConfigurationError, unknown_name
from pytest_jwtauth.moment import EPOCH, Moment, expiry_of, later, read_moment, shown


class FrozenClock:
    """Time stands still from `start` to `stop`, or in a ``with`` statement, and moves only when told to.

    It speaks of the time that code under test sees. Where a freeze was begun inside it (``@freeze_time`` on
    the test), that one is read and moved, and this clock's own time shows again when it ends. Begun inside a
    freeze itself, it takes over the time shown there, and hides what the outer one does until it stops.

    Args:
        start: Where to begin; if None, at the time shown now, cut to whole seconds. ``iat`` and ``exp`` are
            mostly made from ``int(time.time())``: with a fraction kept, a clock moved by whole seconds would
            never stand at an ``exp`` exactly, and would miss it by another amount in every run.
        freezer: ``freezegun`` or ``time-machine``.

    Raises:
        ConfigurationError: for a moment without a time zone or outside the years 1 to 9999.
    """

    def __init__(self, start: Moment | None = None, *, freezer: str = "freezegun") -> None:
        if freezer not in _FREEZERS:
            raise unknown_name("freezer", freezer, _FREEZERS)
        self._kind = freezer
        self._beginning = None if start is None else read_moment(start)
        self._freezer: _Freezer | None = None

    @property
    def now(self) -> float:
        """The time that code sees, in seconds since 1970."""
        self._running()
        return numeric_date.current_time()

    def tick(self, seconds: float = 1) -> float:
        """Let *seconds* pass, and return the new time in seconds since 1970.

        Raises:
            ConfigurationError: for a negative number; `move_to` goes backwards.
        """
        if numeric_date.not_a_number(seconds):
            raise TypeError(f"tick takes a number of seconds; got {type(seconds).__name__}")
        if not 0 <= seconds < math.inf:
            raise ConfigurationError(f"tick({seconds}): time passes forwards; to go back use move_to(clock.now - …)")
        return self._move(later(_visible(), seconds))

    def move_to(self, when: Moment) -> float:
        """Show *when*, which may lie in the past, and return it in seconds since 1970.

        Raises:
            ConfigurationError: for a moment without a time zone or outside the years 1 to 9999.
        """
        return self._move(read_moment(when))

    def move_to_expiry_of(self, token: object, offset: float = -1) -> float:
        """Show the moment *offset* seconds after the ``exp`` of *token*, and return it in seconds since 1970.

        Args:
            token: A JWT, a mapping of claims, or an object with ``claims``. No signature is verified.
            offset: -1 is the last whole second of the token's life; at 0 it has expired (RFC 7519 §4.1.4).

        Raises:
            ConfigurationError: if the token names no moment of expiry; the message says what it has instead.
        """
        return self._move(later(read_moment(expiry_of(token)), offset))

    def start(self) -> FrozenClock:
        """Freeze the time, and return the clock itself.

        Raises:
            ConfigurationError: if this clock runs, or cannot work beside a freeze that is active.
        """
        if self._freezer is not None:
            raise ConfigurationError("this clock runs already: stop() it first, or make a second one")
        freezer = _FREEZERS[self._kind]()
        freezer.start(self._beginning or _visible().replace(microsecond=0))
        self._freezer = freezer
        return self

    def stop(self) -> None:
        """End the freeze, and those begun inside it and left open. Nothing happens if it has ended.

        Raises:
            ConfigurationError: if a freeze around this one was ended first, which leaves the time frozen.
        """
        freezer, self._freezer = self._freezer, None
        if freezer is not None:
            freezer.stop()

    def __enter__(self) -> FrozenClock:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<Clock frozen at {numeric_date.show(self.now)}>" if self._freezer else "<Clock not running>"

    def _running(self) -> _Freezer:
        if self._freezer is None:
            raise ConfigurationError("this clock does not run: call start(), or use it in a with statement")
        return self._freezer

    def _move(self, moment: datetime.datetime) -> float:
        self._running().move(moment)
        # A freeze by the other library inside ours hides the move: an error is better than a test that passes
        # at the wrong time. A second of tolerance, because a freeze of the user's own may tick.
        if abs(_visible() - moment) > datetime.timedelta(seconds=1):
            raise ConfigurationError(
                f"the clock was moved to {shown(moment)} but code sees {shown(_visible())}: another freezer "
                f"hides this one ({self._kind}); use one freezer in a test"
            )
        return numeric_date.current_time()


class SharedFreeze:
    """Keep freezegun's patches in place between neighbouring tests, so that a `FrozenClock` costs 25 µs.

    freezegun's first freeze looks into every loaded module, for milliseconds; one inside another does not.
    Between clocks the real time shows, ``time.monotonic`` included; but ``datetime.datetime`` is freezegun's
    class, naive ``now()`` is UTC, and time-machine cannot start. So stop it before a test without the clock.
    """

    def __init__(self) -> None:
        self._freezers: tuple[_Freezer, ...] = ()

    def start(self) -> None:
        """Patch, and show the real time. Nothing happens if this runs already, or inside another freeze."""
        if self._freezers or _is_frozen_by_freezegun():
            return
        patches, window = _Freezegun(), _Freezegun(shows_real_time=True)
        patches.start(_visible())
        window.start(_visible())
        self._freezers = (window, patches)

    @property
    def is_active(self) -> bool:
        """Whether the patches are in place by this."""
        return bool(self._freezers)

    def stop(self) -> bool:
        """Take the patches away; False if a freeze begun inside (a session fixture's) still needs them."""
        freezers, self._freezers = self._freezers, ()
        if freezers and freezers[0].is_covered():
            self._freezers = freezers
            return False
        with ExitStack() as stopping:  # the patches go also if the window was ended by somebody else
            for freezer in reversed(freezers):
                stopping.callback(freezer.stop)
        return True


class _Freezer(ABC):
    """What both libraries are: a stack of freezes, the innermost of which shows."""

    stack: list[Any]
    depth: int
    freeze: Any

    @abstractmethod
    def start(self, moment: datetime.datetime) -> None:
        """Freeze at *moment*, or raise and leave everything as it was."""

    @abstractmethod
    def move(self, moment: datetime.datetime) -> None:
        """Make the innermost freeze show *moment*."""

    def stop(self) -> None:
        """Take this freeze, and those left above it, off the stack."""
        if 0 < len(self.stack) <= self.depth:
            raise ConfigurationError(
                "a freeze that began before this clock was ended before it, so the time is still frozen: end "
                "freezes in the reverse order"
            )
        self.close()

    def innermost(self) -> Any:
        if len(self.stack) <= self.depth:
            raise ConfigurationError("this clock was ended by the stop() of a freeze around it")
        return self.stack[-1]

    def is_covered(self) -> bool:
        return len(self.stack) > self.depth + 1

    def open(self, stack: list[Any], freeze: Any) -> None:
        self.stack, self.depth, self.freeze = stack, len(stack), freeze
        try:
            freeze.start()
        except BaseException:
            self.close()  # freezegun can fail half-way, with the time already frozen
            raise

    def close(self) -> None:
        # In both libraries stop() ends the innermost freeze, whichever object it is called on.
        while len(self.stack) > self.depth:
            self.freeze.stop()


class _Freezegun(_Freezer):
    def __init__(self, *, shows_real_time: bool = False) -> None:
        self.ticks = shows_real_time
        # Added to freezegun's own list. `_pytest.timing`: pytest times the set-up that begins the freeze, and
        # would report 1.7 billion seconds. "" begins every name: the functions of `time` are real for all.
        self.ignore = [""] if shows_real_time else ["_pytest.timing"]

    def start(self, moment: datetime.datetime) -> None:
        import freezegun
        from freezegun import api

        self.open(api.freeze_factories, freezegun.freeze_time(moment, ignore=self.ignore, tick=self.ticks))
        # Not by real_asyncio=True: it makes an event loop to learn its class, which fails where pytest-socket
        # forbids sockets, and leaves all later tests frozen; and inside another freeze it does nothing.
        self.keep_event_loops_real(api.real_monotonic)

    def move(self, moment: datetime.datetime) -> None:
        self.innermost().move_to(moment)

    def stop(self) -> None:
        for loop_class in self.loop_classes:
            loop_class.time = self.loop_time
        super().stop()

    def keep_event_loops_real(self, real_monotonic: Callable[[], float]) -> None:
        from asyncio import BaseEventLoop  # freezegun has imported asyncio

        def time(_: object) -> float:
            return real_monotonic()

        self.loop_time: Any = BaseEventLoop.time
        # Subclasses too: real_asyncio=True, once used, leaves a copy of the method in the class it found. One
        # that keeps a time of its own is left alone.
        self.loop_classes = [one for one in _family(BaseEventLoop) if vars(one).get("time") is self.loop_time]
        for loop_class in self.loop_classes:
            loop_class.time = time


_EXTRA = 'pip install "pytest-jwtauth[time-machine]"'


class _TimeMachine(_Freezer):
    def start(self, moment: datetime.datetime) -> None:
        try:
            import time_machine
            from time_machine import traveller_stack
        except ImportError:
            # Version 2 stops time.monotonic and with it asyncio; traveller_stack had another name in it.
            raise ConfigurationError(
                f"time-machine 3 is not installed: {_EXTRA}, or use freezegun, the default"
            ) from None
        if _is_frozen_by_freezegun():
            # time-machine itself refuses since 3.2; before, freezegun's time went on showing.
            raise ConfigurationError(
                "freezegun is active (freeze_time, the fixture freezer), and time-machine does not work inside "
                "its freezes: use one freezer in a test"
            )
        self.open(traveller_stack, time_machine.travel(0, tick=False))
        self.move(moment)

    def move(self, moment: datetime.datetime) -> None:
        # Not to the datetime: that sets the time zone of the process to UTC. Not to a float: that is inexact.
        self.innermost().move_to((moment - EPOCH) // datetime.timedelta(seconds=1), tick=False)
        self.innermost().shift(datetime.timedelta(microseconds=moment.microsecond))


_FREEZERS: Mapping[str, type[_Freezer]] = {"freezegun": _Freezegun, "time-machine": _TimeMachine}


def _is_frozen_by_freezegun() -> bool:
    api = sys.modules.get("freezegun.api")
    return api is not None and bool(api.freeze_factories)


def _family(parent: Any) -> list[Any]:
    return [parent, *(member for child in parent.__subclasses__() for member in _family(child))]


def _visible() -> datetime.datetime:
    """The time that code sees, exact to the microsecond, which a float is not."""
    return datetime.datetime.now(datetime.timezone.utc)
