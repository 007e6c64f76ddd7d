"""The plugin beside others that many suites have, and under the options that change how pytest runs a test."""

from __future__ import annotations

import re
from importlib.util import find_spec

# See test_plugin.py: these must be loaded before an inner run.
import cryptography.hazmat.primitives.serialization  # noqa: F401
import freezegun  # noqa: F401
import pytest
import responses  # noqa: F401
from conftest import WRONG, InnerRun

import pytest_jwtauth

for _name in pytest_jwtauth.__all__:
    getattr(pytest_jwtauth, _name)

TAKES_BOTH = "jwtauth_token_endpoint, jwtauth_client_assertion"
WRONG_LOGIN = "login(jwtauth_token_endpoint, jwtauth_client_assertion(), auth=PASSWORD)"
RIGHT_LOGIN = "login(jwtauth_token_endpoint, jwtauth_client_assertion())"


def needs(module: str) -> pytest.MarkDecorator:
    """Skip where another plugin is not installed."""
    return pytest.mark.skipif(find_spec(module) is None, reason=f"{module} is not installed")


def times(text: str, run: pytest.RunResult) -> int:
    """How many lines of the output begin with *text*."""
    return sum(line.startswith(text) for line in run.outlines)


def sections(run: pytest.RunResult) -> int:
    """How many failures have the report beside them."""
    return sum(re.fullmatch("-+ jwtauth -+", line) is not None for line in run.outlines)


class TestUnittest:
    CASE = f"""
        import unittest

        @pytest.mark.usefixtures("jwtauth_token_endpoint")
        class LoginTest(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def take(self, {TAKES_BOTH}):
                self.endpoint, self.assertion = {TAKES_BOTH}

            def wrong(self):
                login(self.endpoint, self.assertion(), auth=PASSWORD)
    """

    def test_a_test_case_fails_for_a_wrong_request(self, inner: InnerRun) -> None:
        run = inner(f"{self.CASE}\n            def test_login(self): self.wrong()\n")
        run.assert_outcomes(failed=1)
        assert times(WRONG, run) == 1
        assert sections(run) == 0

    def test_a_test_case_that_fails_anyway_shows_the_report_beside_its_failure(self, inner: InnerRun) -> None:
        run = inner(f"""{self.CASE}
            def test_login(self):
                self.wrong()
                self.fail("on its own")
        """)
        run.assert_outcomes(failed=1)
        assert times("E       AssertionError: on its own", run) == 1
        assert (times(WRONG, run), sections(run)) == (1, 1)

    def test_a_test_case_that_skips_itself_stays_skipped(self, inner: InnerRun) -> None:
        run = inner(f"""{self.CASE}
            def test_login(self):
                self.wrong()
                self.skipTest("not today")
        """)
        run.assert_outcomes(skipped=1)

    def test_a_test_case_without_wrong_requests_passes(self, inner: InnerRun) -> None:
        run = inner(f"{self.CASE}\n            def test_login(self): login(self.endpoint, self.assertion())\n")
        run.assert_outcomes(passed=1)


class TestAsynchronousTests:
    SUITE = f"""
        @pytest.mark.{{marker}}
        async def test_wrong({TAKES_BOTH}): {WRONG_LOGIN}

        @pytest.mark.{{marker}}
        async def test_right({TAKES_BOTH}): assert {RIGHT_LOGIN}.ok

        @pytest.mark.{{marker}}
        async def test_frozen({TAKES_BOTH}, jwtauth_clock):
            import asyncio
            await asyncio.sleep(0.001)
            assert {RIGHT_LOGIN}.ok
    """

    @needs("pytest_asyncio")
    def test_of_pytest_asyncio_fail_for_a_wrong_request(self, inner: InnerRun) -> None:
        run = inner(self.SUITE.format(marker="asyncio"), plugins=["pytest_asyncio.plugin"], subprocess=True)
        run.assert_outcomes(passed=2, failed=1)
        assert times(WRONG, run) == 1

    @needs("anyio")
    def test_of_anyio_fail_for_a_wrong_request(self, inner: InnerRun) -> None:
        run = inner(
            self.SUITE.format(marker="anyio"),
            plugins=["anyio.pytest_plugin"],
            conftest="""
            @pytest.fixture
            def anyio_backend(): return "asyncio"
            """,
            subprocess=True,
        )
        run.assert_outcomes(passed=2, failed=1)
        assert times(WRONG, run) == 1


@needs("xdist")
class TestXdist:
    def test_brings_failures_sections_warnings_and_late_errors_to_the_controller(self, inner: InnerRun) -> None:
        run = inner(
            f"""
            def test_wrong({TAKES_BOTH}): {WRONG_LOGIN}

            def test_wrong_and_failing({TAKES_BOTH}):
                {WRONG_LOGIN}
                raise RuntimeError

            def test_warned({TAKES_BOTH}):
                login(jwtauth_token_endpoint, jwtauth_client_assertion(lifetime=1800))

            @pytest.fixture
            def late({TAKES_BOTH}):
                yield
                {WRONG_LOGIN}

            def test_late(late): pass
            """,
            *("-n", "2"),
            plugins=["xdist.plugin"],
            subprocess=True,
        )
        run.assert_outcomes(passed=2, failed=2, errors=1, warnings=1)
        assert (times(WRONG, run), sections(run)) == (3, 1)

    def test_shows_what_is_wrong_with_a_marker(self, inner: InnerRun) -> None:
        """An exception at collection in a worker would be an internal error of the controller, without the message."""
        run = inner(
            """
            @pytest.mark.jwtauth(alow=[])
            def test_it(): pass
            """,
            *("-n", "2"),
            plugins=["xdist.plugin"],
            subprocess=True,
        )
        assert run.ret not in {pytest.ExitCode.OK, pytest.ExitCode.INTERNAL_ERROR}
        run.assert_outcomes(errors=1)
        run.stdout.fnmatch_lines(["test_inner.py::test_it: @pytest.mark.jwtauth: unknown keyword 'alow'.*"])


@needs("pytest_rerunfailures")
def test_a_test_that_is_run_again_is_judged_by_its_last_run_alone(inner: InnerRun) -> None:
    run = inner(
        f"""
        tries = []

        def test_login({TAKES_BOTH}):
            tries.append(1)
            {WRONG_LOGIN} if len(tries) == 1 else {RIGHT_LOGIN}

        def test_never({TAKES_BOTH}): {WRONG_LOGIN}
        """,
        *("--reruns", "1"),
        plugins=["pytest_rerunfailures"],
        subprocess=True,
    )
    run.assert_outcomes(passed=1, failed=1)
    assert times(WRONG, run) == 1


@needs("pytest_rerunfailures")
def test_a_test_that_is_run_again_shows_nothing_of_its_first_run(inner: InnerRun) -> None:
    run = inner(
        f"""
        tries = []

        @pytest.fixture
        def flaky():
            tries.append(1)
            assert len(tries) == 1, "the second time"

        def test_login(flaky, {TAKES_BOTH}):
            {WRONG_LOGIN}
            raise RuntimeError
        """,
        *("--reruns", "1"),
        plugins=["pytest_rerunfailures"],
        subprocess=True,
    )
    run.assert_outcomes(errors=1)
    assert sections(run) == 0


@needs("pytest_responses")
def test_a_wrong_request_is_found_where_pytest_responses_stubs_every_test(inner: InnerRun) -> None:
    run = inner(
        f"""
        def test_wrong({TAKES_BOTH}): {WRONG_LOGIN}
        def test_right({TAKES_BOTH}): assert {RIGHT_LOGIN}.ok
        """,
        plugins=["pytest_responses"],
        subprocess=True,
    )
    run.assert_outcomes(passed=1, failed=1)


class TestTheOption:
    TWO = f"""
        def test_wrong({TAKES_BOTH}): {WRONG_LOGIN}
        def test_right({TAKES_BOTH}): assert {RIGHT_LOGIN}.ok
    """

    def test_x_stops_at_a_wrong_request(self, inner: InnerRun) -> None:
        inner(self.TWO, "-x").assert_outcomes(failed=1)

    def test_lf_runs_the_test_with_the_wrong_request_again(self, inner: InnerRun) -> None:
        inner(self.TWO).assert_outcomes(failed=1, passed=1)
        inner(self.TWO, "--lf").assert_outcomes(failed=1)

    def test_pdb_opens_at_a_wrong_request(self, inner: InnerRun) -> None:
        run = inner(
            self.TWO,
            "--pdb",
            conftest="""
            import pdb
            pdb.Pdb.interaction = lambda self, *arguments: print("DEBUGGER OPENED")
            """,
        )
        run.assert_outcomes(failed=1, passed=1)
        assert times("DEBUGGER OPENED", run) == 1

    def test_junitxml_records_the_report_once(self, inner: InnerRun, pytester: pytest.Pytester) -> None:
        inner(self.TWO, "--junitxml=results.xml")
        recorded = (pytester.path / "results.xml").read_text("utf-8")
        assert recorded.count("<failure ") == 1
        assert f'message="Failed: {WRONG[:40]}' in recorded


@pytest.mark.parametrize("statement", ["raise KeyboardInterrupt", 'pytest.exit("enough")'])
def test_a_run_that_is_broken_off_ends_as_it_would_without_us(inner: InnerRun, statement: str) -> None:
    """An error at the teardown would come when nobody is left to catch it."""
    run = inner(
        f"""
        def test_login({TAKES_BOTH}):
            {WRONG_LOGIN}
            {statement}
        """,
        subprocess=True,
    )
    assert run.ret == pytest.ExitCode.INTERRUPTED
    assert "Traceback" not in run.stdout.str() + run.stderr.str()
    assert "auth-basic-present" not in run.stdout.str() + run.stderr.str()


SUBTESTS = [] if hasattr(pytest, "Subtests") else ["pytest_subtests.plugin"]
"""What brings the fixture `subtests`: pytest itself since 9.0."""


class TestSubtests:
    @pytest.fixture(autouse=True)
    def are_there(self) -> None:
        for plugin in SUBTESTS:
            pytest.importorskip(plugin.partition(".")[0])

    def test_a_subtest_that_fails_shows_the_report_once(self, inner: InnerRun) -> None:
        run = inner(
            f"""
            def test_logins({TAKES_BOTH}, subtests):
                with subtests.test("first"):
                    {WRONG_LOGIN}
                    raise RuntimeError
            """,
            plugins=SUBTESTS,
        )
        assert run.ret == pytest.ExitCode.TESTS_FAILED
        assert (times(WRONG, run), sections(run)) == (1, 1)

    def test_a_wrong_request_in_a_subtest_that_passes_fails_the_test(self, inner: InnerRun) -> None:
        run = inner(
            f"""
            def test_logins({TAKES_BOTH}, subtests):
                with subtests.test("first"):
                    {WRONG_LOGIN}
                with subtests.test("second"):
                    assert {RIGHT_LOGIN}.ok
            """,
            plugins=SUBTESTS,
        )
        assert run.ret == pytest.ExitCode.TESTS_FAILED
        assert times(WRONG, run) == 1

    def test_a_wrong_request_in_a_subtest_of_a_test_case_fails_it(self, inner: InnerRun) -> None:
        run = inner(
            f"""{TestUnittest.CASE}
            def test_login(self):
                with self.subTest("first"):
                    self.wrong()
                with self.subTest("second"):
                    login(self.endpoint, self.assertion())
            """,
            plugins=SUBTESTS,
        )
        assert run.ret == pytest.ExitCode.TESTS_FAILED
        assert times(WRONG, run) == 1
