"""What code logged: kept while somebody collects it, and read as texts with their places. No rule, no request.

Records are kept where they are made (`logging.setLogRecordFactory`), not by a handler: so loggers count that do not
propagate, a ``dictConfig`` in the middle of a test throws nothing out, and code that asks whether there are handlers
(``basicConfig``, the handler of last resort) finds what it would find without us. No level is changed, so what would
not be logged is not logged. They are read later, when filters have redacted and handlers have formatted them.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from logging import LogRecord

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold what was logged.
__tracebackhide__ = True

MOST_RECORDS = 2000
"""Records that are kept; of more, the latest."""
LONGEST_TEXT = 10_000
"""Characters of one message, or one exception, that are looked at."""
MOST_EXCEPTIONS = 20
"""Exceptions of one record, with their causes, that are looked at."""


class Logged:
    """One message, with the texts of the exceptions that were logged with it."""

    __slots__ = ("_record", "text")

    def __init__(self, text: str, record: LogRecord | None = None) -> None:
        self.text = text
        self._record = record

    @property
    def place(self) -> str:
        """Logger, level, file and line; empty if they are not known."""
        record = self._record
        if record is None:
            return ""
        return f"{record.name}, {record.levelname}, {_shortened(str(record.pathname))}:{record.lineno}"

    def __repr__(self) -> str:
        return f"<Logged by {self.place or 'somebody'}>"


class LogCollector:
    """Keeps the log records that are made while it runs, in all threads. To be used in a ``with`` statement."""

    def __init__(self) -> None:
        self._records: deque[LogRecord] = deque(maxlen=MOST_RECORDS)
        self._runs = False

    def take(self) -> Sequence[LogRecord]:
        """The records made since the last time, oldest first."""
        records = self._records
        # One by one: other threads may log meanwhile.
        return [records.popleft() for _ in range(len(records))]

    def __bool__(self) -> bool:
        return bool(self._records)

    def __enter__(self) -> LogCollector:
        import logging

        self._before = before = logging.getLogRecordFactory()
        keep = self._records.append

        def factory(*args: object, **kwargs: object) -> LogRecord:
            record: LogRecord = before(*args, **kwargs)
            if self._runs:
                keep(record)
            return record

        self._factory = factory
        self._runs = True
        logging.setLogRecordFactory(factory)
        return self

    def __exit__(self, *_: object) -> None:
        import logging

        self._runs = False
        # Somebody may have put a factory around ours, and calls it for ever: then it keeps nothing any more.
        if logging.getLogRecordFactory() is self._factory:
            logging.setLogRecordFactory(self._before)

    def __repr__(self) -> str:
        return f"<LogCollector with {len(self._records)} records>"


def read(logged: str | Iterable[LogRecord] | None) -> list[Logged]:
    """What was logged: a text, or records such as those of ``caplog``. Never raises for a record.

    Raises:
        TypeError: for anything else.
    """
    if logged is None or isinstance(logged, str):
        return [Logged(logged)] if logged else []
    given: Any = logged
    records: list[LogRecord] = [*given] if isinstance(given, Iterable) else [given]
    for one in records:
        if not hasattr(one, "getMessage"):
            raise TypeError(f"logged is a text, or log records such as caplog.records; got {type(one).__name__}")
    return [Logged(_text(record), record) for made in records if (record := _as_emitted(made)) is not None]


def _as_emitted(record: LogRecord) -> LogRecord | None:
    """The record as its logger's filters left it; None if they dropped it."""
    import logging

    if "message" in vars(record):  # a handler has formatted it, so it got past the filters
        return record
    try:
        filtered: object = logging.getLogger(record.name).filter(record)
    except Exception:  # whatever a filter of the user's raises: it is asked a second time here
        return record
    if not filtered:
        return None
    return filtered if isinstance(filtered, logging.LogRecord) else record


def _text(record: LogRecord) -> str:
    # Formatted already: what was logged may have been changed since, as a form whose assertion is popped afterwards.
    message = vars(record).get("message")
    texts = [message if isinstance(message, str) else _formatted(record), *_exception_texts(record.exc_info)]
    return "\n".join([text[:LONGEST_TEXT] for text in texts])


def _formatted(record: LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # logging prints both of them then
        return f"{_shown(record.msg)} {_shown(record.args)}"


def _shown(value: object) -> str:
    try:
        return str(value)
    except Exception:
        return ""


def _exception_texts(exc_info: object) -> Iterator[str]:
    """The messages and notes of an exception and of all that led to it."""
    pending = [exc_info[1]] if isinstance(exc_info, tuple) and len(exc_info) == 3 else []
    seen: set[int] = set()
    while pending and len(seen) < MOST_EXCEPTIONS:
        exception = pending.pop()
        if not isinstance(exception, BaseException) or id(exception) in seen:
            continue
        seen.add(id(exception))
        yield _shown(exception)
        yield from map(_shown, getattr(exception, "__notes__", ()))
        pending += [exception.__cause__, exception.__context__, *getattr(exception, "exceptions", ())]


_INSTALLED = f"site-packages{os.sep}"


def _shortened(path: str) -> str:
    """*path* without what differs from machine to machine, if that can be told."""
    if _INSTALLED in path:
        path = path.rpartition(_INSTALLED)[2]
    elif path.startswith(here := os.getcwd() + os.sep):
        path = path[len(here) :]
    return path.replace(os.sep, "/")
