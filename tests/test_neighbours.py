"""Neighbouring tests that use the clock share freezegun's patches, and nothing else can tell."""

from __future__ import annotations

import freezegun  # noqa: F401  see test_plugin.py: it must be loaded before an inner run
import pytest
from conftest import InnerRun

from pytest_jwtauth.neighbours import Neighbours

CONFTEST = """
import asyncio
import datetime
import time

def shown():
    return [datetime.datetime, time.time, asyncio.BaseEventLoop.time]

REAL = shown()  # in a list, where freezegun does not find them
seen = []

def is_real():
    return shown() == REAL

def pytest_runtest_logstart(nodeid):
    seen.append("real" if is_real() else "patched")
    assert abs(time.time() - REAL[1]()) < 5

def pytest_terminal_summary(terminalreporter):
    assert is_real()
    terminalreporter.write_line("SEEN " + " ".join(seen))

@pytest.fixture
def real_time():
    assert is_real()
    yield
    assert is_real()

@pytest.fixture(scope="session")
def session_fixture():
    assert is_real()
    yield
    assert is_real()

@pytest.fixture
def after_the_clock(jwtauth_clock):
    assert jwtauth_clock.tick() == time.time()
"""
"""Notes before each test whether freezegun's patches are in place."""

HEAD = """
import datetime, time, pytest
import conftest

def assert_frozen(clock):
    assert clock.tick(1000) == time.time()
    assert not conftest.is_real()
"""


def seen(run: pytest.RunResult) -> str:
    """What was in place before each test, in order."""
    (line,) = [line for line in run.outlines if line.startswith("SEEN ")]
    return line.removeprefix("SEEN ")


FROZEN = "def test_{}({}jwtauth_clock{}): assert_frozen(jwtauth_clock)\n"


def frozen(count: int = 4, before: str = "", after: str = "") -> str:
    return "".join(FROZEN.format(number, before, after) for number in range(count))


PLAIN = "def test_plain(): assert conftest.is_real()\n"

SUITES = {
    "neighbours share, from the second on": (frozen(), "real real patched patched"),
    "fixtures of ours and pytest's may come before": (
        frozen(before="jwtauth_token_endpoint, tmp_path, monkeypatch, "),
        "real real patched patched",
    ),
    "what is set up under the clock does not matter": (frozen(after=", after_the_clock"), "real real patched patched"),
    "a fixture of somebody else's before the clock": (frozen(before="real_time, "), "real real real real"),
    "a test between": (frozen(3) + PLAIN + frozen(2).replace("test_", "test_x"), "real real patched real real patched"),
    "a session fixture in the middle": (
        frozen(3) + FROZEN.format("session", "session_fixture, ", "") + frozen(2).replace("test_", "test_x"),
        "real real patched patched real patched",
    ),
    "a class after another": (
        "".join(
            f"class Test{name}:\n"
            + "".join(f"    def test_{n}(self, jwtauth_clock): assert_frozen(jwtauth_clock)\n" for n in range(3))
            for name in "AB"
        ),
        "real real patched real patched patched",
    ),
    "set-up methods": (
        "class TestIt:\n    def setup_method(self): assert conftest.is_real()\n"
        "    def teardown_method(self): assert conftest.is_real()\n"
        "    def test_a(self, jwtauth_clock): assert_frozen(jwtauth_clock)\n"
        "    def test_b(self, jwtauth_clock): assert_frozen(jwtauth_clock)\n"
        "    def test_c(self, jwtauth_clock): assert_frozen(jwtauth_clock)\n",
        "real real real",
    ),
    "parameters of the test": (
        "@pytest.mark.parametrize('n', range(4))\ndef test_it(n, jwtauth_clock): assert_frozen(jwtauth_clock)\n",
        "real real patched patched",
    ),
    "parameters of a wider fixture": (
        "@pytest.fixture(scope='module', params=range(4))\ndef wide(request):\n"
        "    assert conftest.is_real()\n    yield\n    assert conftest.is_real()\n"
        "def test_it(wide, jwtauth_clock): assert_frozen(jwtauth_clock)\n",
        "real real real real",
    ),
    "the clock is asked for in the test": (
        frozen(3)
        + "def test_dynamic(request):\n    assert conftest.is_real()\n"
        + "    assert_frozen(request.getfixturevalue('jwtauth_clock'))\n"
        + PLAIN,
        "real real patched real real",
    ),
    "a doctest": (frozen(3) + "def documented():\n    '''\n    >>> conftest.is_real()\n    True\n    '''\n", None),
    "a module is imported between": (
        frozen(3)
        + "@pytest.fixture\ndef imports():\n    import imported_late\n    return imported_late\n"
        + "def test_import(imports, jwtauth_clock): assert imports.BOUND == [conftest.REAL[0]]\n",
        "real real patched patched",
    ),
}


@pytest.mark.parametrize("name", SUITES)
def test_patches_stay_only_where_nothing_of_the_users_can_see_them(
    inner: InnerRun, pytester: pytest.Pytester, name: str
) -> None:
    source, expected = SUITES[name]
    pytester.makepyfile(imported_late="import datetime\nBOUND = [datetime.datetime]\n")
    run = inner(HEAD + source, "--doctest-modules", conftest=CONFTEST)
    assert run.ret == 0, run.stdout.str()
    if expected is not None:
        assert seen(run) == expected


ENDINGS = {
    "fails": "def test_it(jwtauth_clock): assert_frozen(jwtauth_clock); assert False\n",
    "is skipped": "def test_it(jwtauth_clock): pytest.skip('now')\n",
    "is skipped by a mark": "@pytest.mark.skip\ndef test_it(jwtauth_clock): pass\n",
    "has an error at set-up": "@pytest.fixture\ndef broken(jwtauth_clock): assert 0\ndef test_it(broken): pass\n",
    "has an error before the clock": (
        "@pytest.fixture\ndef broken(): assert 0\ndef test_it(broken, jwtauth_clock): pass\n"
    ),
    "asks for what does not exist": "def test_it(there_is_none, jwtauth_clock): pass\n",
    "has an error at teardown": (
        "@pytest.fixture\ndef broken(jwtauth_clock):\n    yield\n    assert 0\ndef test_it(broken): pass\n"
    ),
    "leaves a freeze open": (
        "def test_it(jwtauth_clock):\n    import freezegun\n    freezegun.freeze_time('2030-01-01').start()\n"
    ),
    "ends the freezes around it, too": (
        "def test_it(jwtauth_clock):\n    import freezegun\n    from freezegun import api\n"
        "    while len(api.freeze_factories) > 1:\n        freezegun.freeze_time('2030-01-01').stop()\n"
    ),
    "replaces the clock's functions": (
        "def test_it(monkeypatch, jwtauth_clock):\n    monkeypatch.setattr('time.sleep', jwtauth_clock.tick)\n"
    ),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_time_is_real_after_a_neighbour_that(inner: InnerRun, ending: str) -> None:
    run = inner(HEAD + frozen(3) + ENDINGS[ending] + PLAIN + frozen(3).replace("test_", "test_x"), conftest=CONFTEST)
    outcomes = run.parseoutcomes()
    assert outcomes["passed"] >= 7, run.stdout.str()
    assert outcomes.get("errors", 0) <= 1, run.stdout.str()
    assert "real" in seen(run).split()[4:5]


@pytest.mark.parametrize("options", [["-x"], ["--maxfail=1"], ["--stepwise"]])
def test_time_is_real_when_a_session_that_ends_early_is_torn_down(inner: InnerRun, options: list[str]) -> None:
    source = f"{frozen(3, before='session_fixture, ')}def test_it(jwtauth_clock): assert False\n{frozen(2)}"
    run = inner(HEAD + source.replace("test_0", "test_first", 1), *options, conftest=CONFTEST)
    outcomes = run.parseoutcomes()
    assert (outcomes.get("failed"), outcomes.get("errors")) == (1, None)
    assert outcomes["passed"] == 3


@pytest.mark.parametrize("how", ["raise KeyboardInterrupt", "pytest.exit('enough')"])
def test_time_is_real_when_an_interrupted_session_is_torn_down(inner: InnerRun, how: str) -> None:
    """The clock of the test runs still when the session ends."""
    run = inner(
        f"{HEAD}{frozen(3, before='session_fixture, ')}def test_it(jwtauth_clock): {how}\n",
        conftest=CONFTEST,
        subprocess=True,
    )
    assert run.ret == pytest.ExitCode.INTERRUPTED
    assert "SEEN" in run.stdout.str()
    assert "AssertionError" not in run.stdout.str() + run.stderr.str()


MIXED = HEAD + "".join(
    f"def test_plain_{number}(): assert conftest.is_real()\n"
    f"def test_plain_with_{number}(real_time, session_fixture): assert conftest.is_real()\n"
    f"def test_frozen_{number}(jwtauth_clock): assert_frozen(jwtauth_clock)\n"
    f"def test_frozen_late_{number}(real_time, jwtauth_clock): assert_frozen(jwtauth_clock)\n"
    f"def test_frozen_too_{number}(jwtauth_clock, after_the_clock): assert_frozen(jwtauth_clock)\n"
    for number in range(6)
)


@pytest.mark.parametrize("seed", range(3))
def test_no_order_makes_a_difference(inner: InnerRun, seed: int) -> None:
    run = inner(MIXED, f"--randomly-seed={seed}", plugins=["pytest_randomly"], conftest=CONFTEST)
    run.assert_outcomes(passed=30)


def test_under_xdist(inner: InnerRun) -> None:
    run = inner(MIXED, "-n2", plugins=["xdist.plugin"], conftest=CONFTEST, subprocess=True)
    run.assert_outcomes(passed=30)


def test_a_test_that_is_run_again(inner: InnerRun) -> None:
    source = (
        "runs = []\ndef test_it(jwtauth_clock):\n    assert_frozen(jwtauth_clock)\n    runs.append(1)\n"
        "    assert len(runs) > 2\n"
    )
    run = inner(HEAD + frozen(3) + source + PLAIN, "--reruns=3", plugins=["pytest_rerunfailures"], conftest=CONFTEST)
    assert run.ret == 0
    assert run.parseoutcomes()["passed"] == 5


def test_time_machine_needs_no_sharing(inner: InnerRun) -> None:
    pytest.importorskip("time_machine")
    source = "def test_{}(jwtauth_clock): assert jwtauth_clock.tick() > 0\n"
    run = inner("".join(map(source.format, "abc")), conftest=CONFTEST, ini="jwtauth_clock = time-machine")
    run.assert_outcomes(passed=3)
    assert seen(run) == "real real real"


def test_a_suite_without_the_clock_has_none_of_these_hooks(inner: InnerRun) -> None:
    run = inner(
        """
        def test_before(pytestconfig): assert not pytestconfig.pluginmanager.has_plugin("jwtauth_neighbours")
        def test_clock(jwtauth_clock): pass
        def test_after(pytestconfig): assert pytestconfig.pluginmanager.has_plugin("jwtauth_neighbours")
        """
    )
    run.assert_outcomes(passed=3)


def test_its_repr_tells_whether_patches_are_in_place() -> None:
    neighbours = Neighbours()
    assert repr(neighbours) == "<Neighbours, without patches in place>"
    with neighbours.clock():
        assert repr(neighbours) == "<Neighbours, with patches in place>"
    assert repr(neighbours) == "<Neighbours, without patches in place>"
