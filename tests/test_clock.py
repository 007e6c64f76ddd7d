"""The frozen clock: where it begins, how it moves, and that real time comes back whatever happens."""

from __future__ import annotations

import asyncio
import base64
import datetime
import importlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import freezegun
import pytest
from freezegun import api

from pytest_jwtauth import numeric_date
from pytest_jwtauth.clock import FrozenClock, SharedFreeze
from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.moment import read_moment

T = 1760000000
"""2025-10-09 08:53:20Z"""
UTC = datetime.timezone.utc
AT_T = datetime.datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC)
REAL_CLASSES = [datetime.datetime]  # in a list, where freezegun does not find it
REAL_LOOP_TIME = asyncio.BaseEventLoop.time


@pytest.fixture(autouse=True)
def _real_time_before_and_after() -> Iterator[None]:
    assert_real_time()
    yield
    assert_real_time()


@pytest.fixture(params=["freezegun", "time-machine"])
def freezer(request: pytest.FixtureRequest) -> str:
    if request.param == "time-machine":
        import_time_machine()
    return str(request.param)


def import_time_machine() -> Any:
    """The module, or skip: it is optional, and version 2 cannot be used."""
    time_machine = pytest.importorskip("time_machine")
    if not hasattr(time_machine, "traveller_stack"):
        pytest.skip("time-machine 3 is not installed")
    return time_machine


def assert_real_time() -> None:
    assert datetime.datetime in REAL_CLASSES
    assert asyncio.BaseEventLoop.time is REAL_LOOP_TIME
    assert time.time() > T + 86400
    assert abs(time.time() - datetime.datetime.now(UTC).timestamp()) < 1


def jwt(claims: str, *, header: str = '{"alg":"none"}') -> str:
    parts = [base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in (header, claims, "signature")]
    return ".".join(parts)


class ClientAssertionLike(str):
    """As `ClientAssertion` is: a text with its claims beside it."""

    claims: dict[str, Any]


def assertion_expiring_at(exp: float) -> ClientAssertionLike:
    made = ClientAssertionLike("not.the.text")
    made.claims = {"iss": "client", "exp": exp}
    return made


def in_a_thread(question: Callable[[], Any]) -> Any:
    """Ask in a new thread, two calls deep; a hang fails the test instead of hanging it."""
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(question()), daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive(), "it hangs"
    return answers[0]


def sleep_in_asyncio() -> str:
    async def nap() -> str:
        await asyncio.sleep(0.01)
        return "woke up"

    return asyncio.run(nap())


# Where it begins


def test_begins_at_the_whole_second_that_is_shown(freezer: str) -> None:
    before = int(time.time())
    with FrozenClock(freezer=freezer) as clock:
        now = clock.now
        assert now == time.time() == datetime.datetime.now(UTC).timestamp() == numeric_date.current_time()
    assert now.is_integer()
    assert before <= now <= time.time()


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (T, T),
        (T + 0.25, T + 0.25),
        (0, 0),
        (-1.5, -1.5),
        (AT_T, T),
        (AT_T.replace(microsecond=123456), T + 0.123456),
        (
            datetime.datetime(2025, 10, 9, 14, 23, 20, tzinfo=datetime.timezone(datetime.timedelta(hours=5.5))),
            T,
        ),
        ("2025-10-09T08:53:20Z", T),
        ("2025-10-09 08:53:20Z", T),
        ("2025-10-09T08:53:20z", T),
        ("2025-10-09T08:53:20+00:00", T),
        ("2025-10-09T14:23:20+05:30", T),
        ("2025-10-09T04:53:20-04:00", T),
        ("2025-10-09T08:53:20.5Z", T + 0.5),
        ("2025-10-09T08:53:20,5Z", T + 0.5),
        ("2025-10-09T08:53:20.123456789Z", T + 0.123456),
        ("9999-12-31T23:59:59Z", 253402300799),
    ],
)
def test_a_moment_may_be_told_in_several_ways(freezer: str, start: Any, expected: float) -> None:
    with FrozenClock(start, freezer=freezer) as clock:
        assert clock.now == expected
        clock.move_to(T - 5)
        assert clock.move_to(start) == clock.now == expected
        assert time.time() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("moment", "message"),
    [
        (datetime.datetime(2025, 10, 9), r"2025-10-09 00:00:00 has no time zone.*add tzinfo"),
        ("2025-10-09T08:53:20", r"no time zone.*or Z at the end"),
        ("2025-10-09", "no time zone"),
        ("yesterday", "'yesterday' is not a moment; write it like 2025-10-09T08:53:20Z"),
        ("Z", "is not a moment"),
        ("2025-02-30T00:00:00Z", "is not a moment"),
        ("0001-01-01T00:00:00+10:00", "the years 1 to 9999, which leaves out 0001-01-01"),
        (T * 1000, r"1760000000000 s since 1970 \(if these are milliseconds: 2025-10-09 08:53:20Z\)"),
        (-(10**12), "the years 1 to 9999"),
        (float("nan"), "not finite"),
        (float("inf"), "not finite"),
        (10**400, r"beyond 2\*\*53"),
        (numeric_date.HugeInteger(5000, False), r"beyond 2\*\*53"),
    ],
)
def test_a_moment_that_cannot_be_shown_is_refused(moment: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        FrozenClock(moment)
    with FrozenClock(T) as clock:
        with pytest.raises(ConfigurationError, match=message):
            clock.move_to(moment)
        assert clock.now == T


@pytest.mark.parametrize("moment", [True, None, datetime.timedelta(1), datetime.date(2025, 10, 9), b"2025", [T]])
def test_something_that_is_no_moment_is_a_type_error(moment: Any) -> None:
    message = rf"number of seconds since 1970, an aware datetime, .*got {type(moment).__name__}"
    with pytest.raises(TypeError, match=message):
        read_moment(moment)


def test_an_unknown_freezer_is_refused_with_those_known() -> None:
    with pytest.raises(
        ConfigurationError, match=r"'timemachine'.*Did you mean 'time-machine'.*freezegun, time-machine"
    ):
        FrozenClock(freezer="timemachine")


def test_text_is_read_without_dateutil(monkeypatch: pytest.MonkeyPatch) -> None:
    parser = importlib.import_module("dateutil.parser")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("dateutil was asked")

    monkeypatch.setattr(parser, "parse", refuse)
    with FrozenClock("2025-10-09T08:53:20Z") as clock:
        assert clock.move_to("2025-10-09T08:53:21Z") == T + 1


# How it moves


def test_ticks_by_one_second_unless_told_otherwise(freezer: str) -> None:
    with FrozenClock(T, freezer=freezer) as clock:
        assert [clock.tick(), clock.tick(0), clock.tick(0.5), clock.tick(3600)] == [
            T + 1,
            T + 1,
            T + 1.5,
            T + 3601.5,
        ]
        assert time.time() == T + 3601.5


def test_ticks_do_not_drift(freezer: str) -> None:
    with FrozenClock(T, freezer=freezer) as clock:
        for _ in range(10):
            clock.tick(0.1)
        assert clock.now == T + 1


@pytest.mark.parametrize("seconds", [-1, -0.001, float("nan"), float("inf")])
def test_time_does_not_tick_backwards(seconds: float) -> None:
    with FrozenClock(T) as clock:
        with pytest.raises(ConfigurationError, match="use move_to"):
            clock.tick(seconds)
        assert clock.now == T


@pytest.mark.parametrize("seconds", ["3600", None, datetime.timedelta(1), True])
def test_a_tick_is_a_number(seconds: Any) -> None:
    with (
        FrozenClock(T) as clock,
        pytest.raises(TypeError, match=f"number of seconds; got {type(seconds).__name__}"),
    ):
        clock.tick(seconds)


def test_a_tick_beyond_the_calendar_is_refused() -> None:
    with (
        FrozenClock(T) as clock,
        pytest.raises(ConfigurationError, match="2025-10-09 08:53:20Z plus 1000000000000 s"),
    ):
        clock.tick(10**12)


def test_moves_to_the_past_and_shows_it_in_its_repr(freezer: str) -> None:
    with FrozenClock(T, freezer=freezer) as clock:
        assert repr(clock) == "<Clock frozen at 2025-10-09 08:53:20Z>"
        clock.move_to(T - 86400)
        assert repr(clock) == "<Clock frozen at 2025-10-08 08:53:20Z>"
        assert time.gmtime().tm_mday == 8


# Expiry


@pytest.mark.parametrize(
    "token",
    [
        jwt(json.dumps({"exp": T})),
        jwt('{"exp":1.76e9}'),
        jwt(json.dumps({"exp": T})) + "\n",
        jwt(json.dumps({"exp": T, "sub": "é" * 100})),
        assertion_expiring_at(T),
        {"exp": T, "iss": "client"},
        {"active": True, "exp": T, "access_token": "kept"},
        types.SimpleNamespace(claims={"exp": T}),
        types.MappingProxyType({"exp": float(T)}),
    ],
)
def test_moves_to_the_expiry_of_a_token(freezer: str, token: object) -> None:
    with FrozenClock(freezer=freezer) as clock:
        seen = []
        for offset in (-1, -0.5, 0, 1):
            assert clock.move_to_expiry_of(token, offset) == T + offset
            seen.append(numeric_date.is_expired(T, clock.now, leeway=0))
        assert clock.move_to_expiry_of(token) == T - 1
    assert seen == [False, False, True, True]


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ({}, "has no exp, it has no claims at all"),
        ({"iss": "secret-value", "aud": "x"}, "has no exp, it has iss, aud$"),
        ({"exp": str(T)}, "exp is a string, not a number"),
        ({"exp": None}, "exp is null"),
        ({"exp": True}, "exp is a boolean"),
        ({"exp": [T]}, "exp is an array"),
        ({"exp": T * 1000}, "milliseconds: 2025-10-09 08:53:20Z"),
        ({"exp": numeric_date.HugeInteger(5000, False)}, r"beyond 2\*\*53"),
        (
            {"access_token": "secret-value", "expires_in": 3600},
            r"how long .* not until when: .*use tick\(response",
        ),
        ({"expires_in": 3600}, "not until when"),
        (jwt('{"sub":"secret-value"}'), "has no exp, it has sub$"),
        (jwt('{"exp":1e400}'), "not finite"),
        (jwt('{"exp":1,"exp":2}'), "exp more than once"),
        (jwt("[1760000000]"), "cannot be read: it is an array"),
        (jwt("secret-value"), "cannot be read: "),
        ("secret-value", "a JWT has 3 parts, this text has 1"),
        ("eyJ.a.b.c.secret-value", "this text has 5"),
    ],
)
def test_a_token_that_names_no_expiry_is_refused(token: object, message: str) -> None:
    with FrozenClock(T) as clock:
        with pytest.raises(ConfigurationError, match=message) as caught:
            clock.move_to_expiry_of(token)
        assert clock.now == T
    assert "secret-value" not in str(caught.value)


@pytest.mark.parametrize("token", [None, T, b"a.b.c", types.SimpleNamespace(claims="exp")])
def test_something_that_is_no_token_is_a_type_error(token: object) -> None:
    with FrozenClock(T) as clock, pytest.raises(TypeError, match=f"a token is .*got {type(token).__name__}"):
        clock.move_to_expiry_of(token)


# Start and stop


def test_can_be_used_again_and_stopped_twice(freezer: str) -> None:
    clock = FrozenClock(T, freezer=freezer)
    clock.stop()
    assert repr(clock) == "<Clock not running>"
    for _ in range(2):
        assert clock.start() is clock
        assert clock.tick() == T + 1
        clock.stop()
        clock.stop()
        assert_real_time()


def test_real_time_returns_after_an_exception(freezer: str) -> None:
    with pytest.raises(KeyboardInterrupt), FrozenClock(T, freezer=freezer):
        raise KeyboardInterrupt
    assert_real_time()


@pytest.mark.parametrize(
    "use",
    [lambda clock: clock.now, lambda clock: clock.tick(), lambda clock: clock.move_to(T)],
    ids=["now", "tick", "move_to"],
)
def test_a_clock_that_does_not_run_says_so(use: Callable[[FrozenClock], object]) -> None:
    clock = FrozenClock(T)
    with pytest.raises(ConfigurationError, match="does not run"):
        use(clock)
    with clock:
        use(clock)
    with pytest.raises(ConfigurationError, match="does not run"):
        use(clock)


def test_cannot_be_started_while_it_runs(freezer: str) -> None:
    with FrozenClock(T, freezer=freezer) as clock:
        with pytest.raises(ConfigurationError, match="runs already"):
            clock.start()
        assert clock.tick() == T + 1


def test_clocks_nest(freezer: str) -> None:
    with FrozenClock(T, freezer=freezer) as outer:
        with FrozenClock(freezer=freezer) as inner:
            assert inner.tick(5) == T + 5
        assert outer.now == T


def test_time_is_real_when_freezegun_fails_half_way(monkeypatch: pytest.MonkeyPatch) -> None:
    start = api._freeze_time.start

    def fail_at_the_end(freeze: Any) -> None:
        start(freeze)
        raise RuntimeError("no loop")

    monkeypatch.setattr(api._freeze_time, "start", fail_at_the_end)
    clock = FrozenClock(T)
    with pytest.raises(RuntimeError, match="no loop"):
        clock.start()
    assert_real_time()
    assert repr(clock) == "<Clock not running>"


# Beside other clocks in the process


def test_every_thread_sees_the_frozen_time(freezer: str) -> None:
    with FrozenClock(T, freezer=freezer) as clock:
        assert numeric_date.current_time() == T
        assert in_a_thread(numeric_date.current_time) == T
        assert in_a_thread(lambda: clock.now) == T
        assert in_a_thread(clock.tick) == T + 1
        assert clock.now == T + 1


def test_monotonic_clocks_follow_freezegun_only(freezer: str) -> None:
    with FrozenClock(T, freezer=freezer) as clock:
        monotonic, counter = time.monotonic(), time.perf_counter()
        clock.tick(3600)
        passed = (time.monotonic() - monotonic, time.perf_counter() - counter)
    assert passed == (3600, 3600) if freezer == "freezegun" else max(passed) < 60


def test_asyncio_sleeps_while_time_stands_still(freezer: str) -> None:
    with FrozenClock(T, freezer=freezer):
        assert in_a_thread(sleep_in_asyncio) == "woke up"


def test_asyncio_sleeps_inside_a_freeze_that_would_stop_it() -> None:
    with freezegun.freeze_time(AT_T), FrozenClock():
        assert in_a_thread(sleep_in_asyncio) == "woke up"


def test_asyncio_sleeps_after_real_asyncio_was_used(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.new_event_loop()
    loop.close()
    loop_class = type(loop)
    monkeypatch.setattr(loop_class, "time", REAL_LOOP_TIME)  # what real_asyncio=True leaves behind
    with FrozenClock(T):
        assert in_a_thread(sleep_in_asyncio) == "woke up"
    assert vars(loop_class)["time"] is REAL_LOOP_TIME


def test_an_event_loop_with_a_time_of_its_own_keeps_it() -> None:
    class OwnTime(asyncio.BaseEventLoop):
        def time(self) -> float:
            return 42

    with FrozenClock(T):
        assert OwnTime.time(object()) == 42  # type: ignore[arg-type]


def test_starts_where_sockets_are_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbid(*_: object, **__: object) -> None:
        raise RuntimeError("a test tried to use socket.socket")  # as pytest-socket does

    monkeypatch.setattr(socket, "socket", forbid)
    with FrozenClock(T) as clock:
        assert clock.now == T


def test_freezegun_ignores_what_it_was_told_to_ignore() -> None:
    with FrozenClock(T):
        assert set(api.ignore_lists[-1]) == {*freezegun.config.settings.default_ignore_list, "_pytest.timing"}


def test_pytest_times_its_set_up_in_real_time(tmp_path: Path) -> None:
    (tmp_path / "test_inner.py").write_text(
        "import pytest, time\n"
        "from pytest_jwtauth.clock import FrozenClock\n"
        "@pytest.fixture\n"
        "def clock():\n"
        "    with FrozenClock(1760000000) as clock:\n"
        "        yield clock\n"
        "def test_inner(clock):\n"
        "    assert time.time() == 1760000000\n"
    )
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-vv",
        "--durations=0",
        "-c",
        os.devnull,
        "--rootdir",
        str(tmp_path),
    ]
    # No other plugin: pytest-freezer alone would hide the fault.
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run(
        [*command, str(tmp_path)], capture_output=True, text=True, env=environment, cwd=tmp_path, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    durations = [float(line.split("s ")[0]) for line in run.stdout.splitlines() if " setup " in line]
    assert len(durations) == 1
    assert 0 <= durations[0] < 60


# Beside the user's own freezers


def test_a_freeze_begun_inside_is_read_and_moved_until_it_ends() -> None:
    with FrozenClock(T) as clock:
        with freezegun.freeze_time("2030-01-01"):
            assert clock.now == 1893456000
            assert clock.tick() == time.time() == 1893456001
        assert clock.now == time.time() == T


def test_a_ticking_freeze_begun_inside_is_moved_too() -> None:
    with FrozenClock(T) as clock, freezegun.freeze_time("2030-01-01", tick=True):
        assert T <= clock.move_to(T) < T + 1


def test_a_decorated_test_can_use_the_clock() -> None:
    with FrozenClock(T) as clock:

        @freezegun.freeze_time(AT_T + datetime.timedelta(days=1))
        def decorated() -> float:
            clock.tick(10)
            return time.time()

        assert decorated() == T + 86410
        assert clock.now == T


def test_begins_at_the_time_of_a_freeze_around_it_and_leaves_that_alone() -> None:
    with freezegun.freeze_time("2030-01-01T00:00:00.5") as outer:
        with FrozenClock() as clock:
            assert clock.now == time.time() == 1893456000
            clock.tick(60)
            assert time.time() == 1893456060
        assert time.time() == 1893456000.5
        outer.tick()
        assert time.time() == 1893456001.5


def test_a_freeze_left_open_inside_is_ended() -> None:
    clock = FrozenClock(T).start()
    freezegun.freeze_time("2030-01-01").start()
    clock.stop()
    assert_real_time()


def test_a_freeze_left_open_inside_does_not_end_the_one_around() -> None:
    with freezegun.freeze_time("2030-01-01"):
        clock = FrozenClock(T).start()
        freezegun.freeze_time("2031-01-01").start()
        clock.stop()
        assert time.time() == 1893456000


def test_ending_freezes_in_the_wrong_order_is_reported() -> None:
    outer = freezegun.freeze_time("2030-01-01")
    outer.start()
    clock = FrozenClock(T).start()
    outer.stop()
    with pytest.raises(ConfigurationError, match="reverse order"):
        clock.stop()
    outer.stop()


def test_an_outer_clock_that_is_stopped_first_takes_the_inner_with_it(freezer: str) -> None:
    outer = FrozenClock(T, freezer=freezer).start()
    inner = FrozenClock(T, freezer=freezer).start()
    outer.stop()
    with pytest.raises(ConfigurationError, match="was ended by the stop"):
        inner.tick()
    inner.stop()
    # The inner clock put back the event loop's method that it had found.
    asyncio.BaseEventLoop.time = REAL_LOOP_TIME  # type: ignore[method-assign]


def test_works_inside_time_machine() -> None:
    time_machine = import_time_machine()
    with time_machine.travel(1893456000, tick=False):
        with FrozenClock() as clock:
            assert clock.now == time.time() == 1893456000
            assert clock.tick(60) == time.time() == 1893456060
        assert time.time() == 1893456000


def test_time_machine_inside_freezegun_is_refused() -> None:
    import_time_machine()
    clock = FrozenClock(T, freezer="time-machine")
    with freezegun.freeze_time("2030-01-01"), pytest.raises(ConfigurationError, match="freezegun is active"):
        clock.start()
    with clock:
        assert time.time() == T


def test_a_freeze_by_the_other_library_inside_is_an_error_when_the_clock_moves() -> None:
    import_time_machine()
    with FrozenClock(T, freezer="time-machine") as clock, freezegun.freeze_time("2030-01-01"):
        message = r"moved to 2025-10-09 08:53:21Z but code sees 2030-01-01 00:00:00Z: .*this one \(time-machine\)"
        with pytest.raises(ConfigurationError, match=message):
            clock.move_to(T + 1)


# time-machine


@pytest.mark.parametrize("module", [None, types.ModuleType("time_machine")], ids=["none", "version 2"])
def test_time_machine_that_is_not_installed_is_a_configuration_error(
    module: types.ModuleType | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FrozenClock(T, freezer="time-machine")
    # For the call alone: time-machine 2, once used, looks its module up whenever anybody asks for the time.
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "time_machine", module)
        with pytest.raises(ConfigurationError, match="time-machine 3 is not installed"):
            clock.start()


def test_a_travel_begun_inside_is_read_and_moved_until_it_ends() -> None:
    time_machine = import_time_machine()
    with FrozenClock(T, freezer="time-machine") as clock:
        with time_machine.travel(5):
            assert 5 <= clock.now < 65
            assert clock.move_to(T + 7) == time.time() == T + 7
        assert clock.now == T
        time_machine.travel(5).start()
    assert_real_time()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the time zone of a process cannot be changed here")
def test_the_machine_keeps_its_time_zone(freezer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        with FrozenClock("2025-10-09T08:53:20Z", freezer=freezer) as clock:
            clock.move_to(AT_T)
            assert os.environ["TZ"] == "Asia/Kolkata"
            assert time.localtime().tm_hour == 14
            naive = datetime.datetime.now()
    finally:
        monkeypatch.undo()
        time.tzset()
    # freezegun's naive now() is UTC wherever the machine stands; the docstring of the room says so.
    assert naive.hour == (8 if freezer == "freezegun" else 14)


# Sharing freezegun's patches


def test_neighbours_share_the_patches_and_see_real_time_between() -> None:
    shared = SharedFreeze()
    shared.start()
    shared.start()
    try:
        assert datetime.datetime not in REAL_CLASSES
        for _ in range(3):
            before = time.monotonic()
            assert time.time() > T + 86400
            assert abs(time.time() - numeric_date.current_time()) < 1
            assert in_a_thread(sleep_in_asyncio) == "woke up"
            assert 0 < time.monotonic() - before < 60
            with FrozenClock(T) as clock:
                assert time.time() == T
                assert in_a_thread(sleep_in_asyncio) == "woke up"
                freezegun.freeze_time("2030-01-01").start()
                assert clock.tick() == 1893456001
    finally:
        assert shared.stop()
    assert shared.stop()


def test_sharing_waits_for_a_freeze_that_was_begun_inside() -> None:
    shared = SharedFreeze()
    shared.start()
    with freezegun.freeze_time(AT_T):
        assert not shared.stop()
        assert time.time() == T
    assert shared.stop()


def test_sharing_leaves_a_freeze_around_it_alone() -> None:
    shared = SharedFreeze()
    with freezegun.freeze_time(AT_T):
        shared.start()
        assert time.time() == T
        assert shared.stop()
        assert time.time() == T


def test_importing_the_room_imports_no_freezer() -> None:
    heavy = "{'freezegun', 'time_machine', 'asyncio', 'pytest', 'cryptography'}"
    check = f"import sys, pytest_jwtauth.clock; print(*{heavy} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""
