"""What was logged is kept and read as it was meant, and nothing that a program does with its logs can disturb that."""

from __future__ import annotations

import logging
import logging.config
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_jwtauth.logged import MOST_EXCEPTIONS, MOST_RECORDS, LogCollector, read


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    """A logger of its own that logs everything."""
    made = logging.getLogger(f"{__name__}.{os.urandom(4).hex()}")
    made.setLevel(logging.DEBUG)
    yield made
    made.handlers.clear()
    made.filters.clear()


@pytest.fixture(autouse=True)
def the_factory_is_put_back() -> Iterator[None]:
    before = logging.getLogRecordFactory()
    yield
    assert logging.getLogRecordFactory() is before


def texts(collector: LogCollector) -> list[str]:
    return [entry.text for entry in read(collector.take())]


def a_record(msg: object = "text", /, *args: object, **members: Any) -> logging.LogRecord:
    record = logging.LogRecord("app.oauth", logging.INFO, "oauth.py", 7, msg, args, None)
    vars(record).update(members)
    return record


class CannotBeShown:
    def __str__(self) -> str:
        raise RuntimeError("working outside of application context")

    __repr__ = __str__


def test_what_is_logged_is_kept_until_it_is_taken(logger: logging.Logger) -> None:
    with LogCollector() as collector:
        logger.info("one %s", 1)
        assert collector
        assert texts(collector) == ["one 1"]
        assert not collector
        logger.info("two")
        assert texts(collector) == ["two"]


def test_what_the_level_keeps_out_is_not_logged(logger: logging.Logger) -> None:
    logger.setLevel(logging.WARNING)
    with LogCollector() as collector:
        logger.info("too low")
        assert not collector


def test_what_logging_disable_keeps_out_is_not_logged(logger: logging.Logger) -> None:
    with LogCollector() as collector:
        logging.disable(logging.CRITICAL)
        try:
            logger.critical("switched off")
        finally:
            logging.disable(logging.NOTSET)
        assert not collector


def test_a_logger_that_does_not_propagate_counts(logger: logging.Logger) -> None:
    logger.propagate = False
    with LogCollector() as collector:
        logger.warning("to itself")
        assert texts(collector) == ["to itself"]


def test_a_configuration_that_throws_out_every_handler_does_not_end_it(logger: logging.Logger) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    with LogCollector() as collector:
        try:
            logging.config.dictConfig(
                {"version": 1, "disable_existing_loggers": False, "root": {"handlers": [], "level": "INFO"}}
            )
            logger.info("after")
        finally:
            root.handlers[:], root.level = handlers, level
        assert texts(collector) == ["after"]


def test_no_handler_and_no_level_is_changed(logger: logging.Logger) -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level, logger.handlers[:], logger.level
    with LogCollector():
        assert (root.handlers[:], root.level, logger.handlers[:], logger.level) == before


def test_other_threads_count(logger: logging.Logger) -> None:
    with LogCollector() as collector:
        threads = [threading.Thread(target=logger.info, args=("from %d", number)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(texts(collector)) == [f"from {number}" for number in range(8)]


def test_only_the_latest_are_kept(logger: logging.Logger) -> None:
    with LogCollector() as collector:
        for number in range(MOST_RECORDS + 1):
            logger.debug("%d", number)
        kept = texts(collector)
    assert (len(kept), kept[0], kept[-1]) == (MOST_RECORDS, "1", str(MOST_RECORDS))


def test_one_inside_another_takes_nothing_away(logger: logging.Logger) -> None:
    with LogCollector() as outer:
        with LogCollector() as inner:
            logger.info("both")
            assert texts(inner) == ["both"]
        logger.info("outer")
        assert texts(outer) == ["both", "outer"]


def test_a_factory_that_somebody_put_around_it_goes_on_and_it_keeps_nothing_more(logger: logging.Logger) -> None:
    before = logging.getLogRecordFactory()
    with LogCollector() as collector:
        ours = logging.getLogRecordFactory()

        def theirs(*args: object, **kwargs: object) -> logging.LogRecord:
            record: logging.LogRecord = ours(*args, **kwargs)
            return record

        logging.setLogRecordFactory(theirs)
        logger.info("inside")
        assert texts(collector) == ["inside"]
    try:
        assert logging.getLogRecordFactory() is theirs
        logger.info("afterwards")
        assert not collector
    finally:
        logging.setLogRecordFactory(before)


def test_the_collector_shows_no_message(logger: logging.Logger) -> None:
    with LogCollector() as collector:
        logger.info("a secret")
        assert repr(collector) == "<LogCollector with 1 records>"


def test_a_text_is_one_entry_without_a_place() -> None:
    (entry,) = read("text")
    assert (entry.text, entry.place, repr(entry)) == ("text", "", "<Logged by somebody>")


@pytest.mark.parametrize("nothing", ["", None, []])
def test_nothing_is_no_entry(nothing: Any) -> None:
    assert read(nothing) == []


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (os.path.join("lib", "site-packages", "urllib3", "pool.py"), "urllib3/pool.py"),
        (str(Path.cwd() / "app" / "oauth.py"), "app/oauth.py"),
        (os.path.join("elsewhere", "oauth.py"), "elsewhere/oauth.py"),
    ],
)
def test_an_entry_tells_logger_level_file_and_line_and_not_its_text(path: str, shown: str) -> None:
    (entry,) = read([a_record("a secret", pathname=path)])
    assert entry.place == f"app.oauth, INFO, {shown}:7"
    assert repr(entry) == f"<Logged by {entry.place}>"


def test_what_was_changed_after_it_was_logged_is_read_as_it_was_logged(logger: logging.Logger) -> None:
    handler = logging.StreamHandler(open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  closed below
    logger.addHandler(handler)
    form = {"client_assertion": "a.b.c"}
    with LogCollector() as collector:
        logger.info("sending %s", form)
        form.clear()
        assert texts(collector) == ["sending {'client_assertion': 'a.b.c'}"]
    handler.stream.close()


@pytest.mark.parametrize(
    ("record", "text"),
    [
        (a_record("%d of %d", "one"), "%d of %d ('one',)"),
        (a_record("%s", CannotBeShown()), "%s "),
        (a_record(CannotBeShown()), " ()"),
        (a_record("x" * 20_000), "x" * 10_000),
        (a_record("%s", "formatted", message="by a handler"), "by a handler"),
        (a_record("%s", "formatted", message=7), "formatted"),
        (a_record(name=object(), message="of a record made by hand"), "of a record made by hand"),
        (a_record(name=object()), "text"),
        (a_record(exc_info=True), "text"),
        (a_record(exc_info=(None, None, None)), "text"),
    ],
)
def test_a_record_is_read_whatever_is_wrong_with_it(record: logging.LogRecord, text: str) -> None:
    (entry,) = read([record])
    assert entry.text == text


def with_exception(exception: BaseException) -> logging.LogRecord:
    return a_record("failed", exc_info=(type(exception), exception, None))


def test_an_exception_is_read_with_all_that_led_to_it() -> None:
    cause, context, outer = ValueError("cause"), KeyError("context"), RuntimeError("outer")
    outer.__cause__, cause.__context__, context.__context__ = cause, context, outer
    outer.__notes__ = ["note"]  # type: ignore[attr-defined,unused-ignore]  # since Python 3.11
    (entry,) = read([with_exception(outer)])
    assert sorted(entry.text.splitlines()) == ["'context'", "cause", "failed", "note", "outer"]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="there are no exception groups")
def test_the_members_of_an_exception_group_are_read() -> None:
    group: Any = vars(__import__("builtins"))["ExceptionGroup"]("two", [ValueError("left"), ValueError("right")])
    (entry,) = read([with_exception(group)])
    assert {"left", "right"} <= set(entry.text.splitlines())


def test_a_long_chain_of_exceptions_is_cut() -> None:
    last = ValueError("0")
    for number in range(1, 2 * MOST_EXCEPTIONS):
        after = ValueError(str(number))
        after.__cause__, last = last, after
    (entry,) = read([with_exception(last)])
    assert len(entry.text.splitlines()) == 1 + MOST_EXCEPTIONS


def test_what_a_filter_of_the_logger_drops_was_not_logged(logger: logging.Logger) -> None:
    logger.addFilter(lambda record: "secret" not in record.getMessage())
    with LogCollector() as collector:
        logger.info("a secret")
        logger.info("something else")
        assert texts(collector) == ["something else"]


def test_what_a_filter_redacts_was_logged_redacted(logger: logging.Logger) -> None:
    def redact(record: logging.LogRecord) -> bool:
        record.msg, record.args = record.getMessage().replace("secret", "***"), ()
        return True

    logger.addFilter(redact)
    with LogCollector() as collector:
        logger.info("a %s", "secret")
        assert texts(collector) == ["a ***"]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="a filter cannot replace a record")
def test_what_a_filter_replaces_was_logged_replaced(logger: logging.Logger) -> None:
    replaces: Any = lambda record: a_record("another")  # noqa: E731  before 3.12 its type would be a wrong one
    logger.addFilter(replaces)
    with LogCollector() as collector:
        logger.info("a secret")
        assert texts(collector) == ["another"]


def test_a_filter_that_raises_changes_nothing(logger: logging.Logger) -> None:
    with LogCollector() as collector:
        logger.info("text")
        logger.addFilter(lambda record: bool(record.there_is_no_such_member))  # type: ignore[attr-defined]
        assert texts(collector) == ["text"]
