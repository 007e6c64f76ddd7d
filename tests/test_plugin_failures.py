"""A wrong request fails the test: in which phase, how often, with what text, and what if it comes late."""

from __future__ import annotations

import re

# See test_plugin.py: these must be loaded before an inner run.
import cryptography.hazmat.primitives.serialization  # noqa: F401
import freezegun  # noqa: F401
import pytest
import responses  # noqa: F401
from conftest import WRONG, InnerRun

import pytest_jwtauth

for _name in pytest_jwtauth.__all__:
    getattr(pytest_jwtauth, _name)

WRONG_LOGIN = "login(jwtauth_token_endpoint, jwtauth_client_assertion(), auth=PASSWORD)"
TAKES_BOTH = "jwtauth_token_endpoint, jwtauth_client_assertion"


def times(text: str, run: pytest.RunResult) -> int:
    """How many lines of the output begin with *text*."""
    return sum(line.startswith(text) for line in run.outlines)


def the_line_before(text: str, run: pytest.RunResult) -> str:
    """What stands above the one line that begins with *text*."""
    (place,) = (number for number, line in enumerate(run.outlines) if line.startswith(text))
    return run.outlines[place - 1]


class TestAWrongRequest:
    def test_fails_the_test_in_the_call_phase_although_nothing_asserts_it(self, inner: InnerRun) -> None:
        run = inner(f"def test_login({TAKES_BOTH}): {WRONG_LOGIN}")
        run.assert_outcomes(failed=1)
        assert re.fullmatch("_+ test_login _+", the_line_before(WRONG, run))

    def test_shows_the_report_and_no_traceback(self, inner: InnerRun) -> None:
        run = inner(f"def test_login({TAKES_BOTH}): {WRONG_LOGIN}")
        first = run.outlines.index(WRONG)
        last = next(number for number, line in enumerate(run.outlines) if "short test summary" in line)
        printed = run.outlines[first:last]
        assert printed[1].split() == ["auth-multiple-methods", *printed[1].split()[1:]]
        assert printed[-1].startswith("  allow: @pytest.mark.jwtauth(allow=[")
        assert all(line.startswith("  ") for line in printed[1:])

    def test_is_named_by_its_rules_in_a_summary_of_80_columns(
        self, inner: InnerRun, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", "80")
        run = inner(f"def test_login({TAKES_BOTH}): {WRONG_LOGIN}")
        assert times("FAILED test_inner.py::test_login - Failed: auth-multiple-methods, ", run) == 1

    @pytest.mark.parametrize("style", ["auto", "long", "short", "native"])
    def test_shows_the_report_once_in_every_style_of_traceback(self, inner: InnerRun, style: str) -> None:
        run = inner(f"def test_login({TAKES_BOTH}): {WRONG_LOGIN}", f"--tb={style}", "--showlocals")
        run.assert_outcomes(failed=1)
        assert times(WRONG, run) == 1

    @pytest.mark.parametrize("style", ["line", "no"])
    def test_is_named_by_its_rules_where_no_traceback_is_wanted(self, inner: InnerRun, style: str) -> None:
        run = inner(f"def test_login({TAKES_BOTH}): {WRONG_LOGIN}", f"--tb={style}")
        run.assert_outcomes(failed=1)
        assert times(f"FAILED test_inner.py::test_login - Failed: {WRONG}", run) == 1

    def test_fails_the_test_when_the_code_swallows_every_error(self, inner: InnerRun) -> None:
        run = inner(f"""
            def test_login({TAKES_BOTH}):
                try:
                    {WRONG_LOGIN}.raise_for_status()
                except Exception:
                    pass

            def test_expecting_the_error({TAKES_BOTH}):
                with pytest.raises(Exception):
                    {WRONG_LOGIN}.raise_for_status()
        """)
        run.assert_outcomes(failed=2)

    def test_fails_the_test_once_with_all_wrong_requests_in_one_report(self, inner: InnerRun) -> None:
        run = inner(f"""
            def test_login({TAKES_BOTH}):
                {WRONG_LOGIN}
                login(jwtauth_token_endpoint, jwtauth_client_assertion())
                login(jwtauth_token_endpoint, jwtauth_client_assertion(fault="exp-expired"))
        """)
        run.assert_outcomes(failed=1)
        headline = "auth-multiple-methods, auth-basic-present, exp-expired: 3 rules broken by 2 requests"
        assert times(headline, run) == 1
        assert times("request 1 of 2: auth-multiple-methods, auth-basic-present: ", run) == 1
        assert times("request 2 of 2: exp-expired: ", run) == 1

    def test_that_the_test_expects_fails_nothing(self, inner: InnerRun) -> None:
        run = inner(f"""
            def test_login({TAKES_BOTH}):
                with jwtauth_token_endpoint.expect_violation("auth-basic-present", "auth-multiple-methods"):
                    {WRONG_LOGIN}
        """)
        run.assert_outcomes(passed=1)

    def test_of_one_test_does_not_fail_the_next(self, inner: InnerRun) -> None:
        run = inner(f"""
            def test_one({TAKES_BOTH}): {WRONG_LOGIN}
            def test_two({TAKES_BOTH}): login(jwtauth_token_endpoint, jwtauth_client_assertion())
        """)
        run.assert_outcomes(failed=1, passed=1)

    def test_from_a_fixture_that_the_test_takes_fails_the_test(self, inner: InnerRun) -> None:
        run = inner(f"""
            @pytest.fixture
            def logged_in({TAKES_BOTH}):
                return {WRONG_LOGIN}

            def test_profile_page(logged_in): pass
        """)
        run.assert_outcomes(failed=1)

    def test_is_found_when_the_endpoint_is_asked_for_in_the_middle_of_the_test(self, inner: InnerRun) -> None:
        run = inner("""
            def test_login(request, jwtauth_client_assertion):
                endpoint = request.getfixturevalue("jwtauth_token_endpoint")
                login(endpoint, jwtauth_client_assertion(), auth=PASSWORD)
        """)
        run.assert_outcomes(failed=1)

    def test_from_a_thread_that_the_test_waits_for_fails_the_test(self, inner: InnerRun) -> None:
        run = inner(f"""
            from threading import Thread

            def test_login({TAKES_BOTH}):
                thread = Thread(target=lambda: {WRONG_LOGIN})
                thread.start()
                thread.join()
        """)
        run.assert_outcomes(failed=1)

    def test_from_another_plugins_part_of_the_call_phase_fails_the_test(self, inner: InnerRun) -> None:
        run = inner(
            f"def test_login({TAKES_BOTH}): pass",
            conftest="""
            @pytest.hookimpl(wrapper=True)
            def pytest_runtest_call(item):
                result = yield
                endpoint, assertion = item.funcargs["jwtauth_token_endpoint"], item.funcargs["jwtauth_client_assertion"]
                login(endpoint, assertion(), auth=PASSWORD)
                return result
            """,
        )
        run.assert_outcomes(failed=1)

    def test_is_an_expected_failure_where_the_test_is_one(self, inner: InnerRun) -> None:
        run = inner(f"""
            @pytest.mark.xfail(strict=True, reason="see issue 7")
            def test_login({TAKES_BOTH}): {WRONG_LOGIN}
        """)
        run.assert_outcomes(xfailed=1)

    def test_leaves_a_skipped_test_skipped(self, inner: InnerRun) -> None:
        run = inner(f"""
            def test_login({TAKES_BOTH}):
                {WRONG_LOGIN}
                pytest.skip("not today")

            @pytest.fixture
            def unwilling({TAKES_BOTH}):
                {WRONG_LOGIN}
                pytest.skip("nor tomorrow")

            def test_set_up(unwilling): pass
        """)
        run.assert_outcomes(skipped=2)


class TestATestThatFailsAnyway:
    """Fails once, and shows the report beside its own failure: often it is the reason."""

    def test_has_the_report_as_a_section(self, inner: InnerRun) -> None:
        run = inner(f"""
            def test_login({TAKES_BOTH}):
                assert {WRONG_LOGIN}.json()["access_token"]
        """)
        run.assert_outcomes(failed=1)
        assert times("E       KeyError: 'access_token'", run) == 1
        assert times(WRONG, run) == 1
        assert re.fullmatch("-+ jwtauth -+", the_line_before(WRONG, run))

    def test_has_it_also_where_it_fails_in_a_fixture(self, inner: InnerRun) -> None:
        run = inner(f"""
            @pytest.fixture
            def token({TAKES_BOTH}):
                return {WRONG_LOGIN}.json()["access_token"]

            def test_login(token): pass
        """)
        run.assert_outcomes(errors=1)
        assert re.fullmatch("-+ jwtauth -+", the_line_before(WRONG, run))

    def test_has_no_section_where_every_request_was_right(self, inner: InnerRun) -> None:
        run = inner(f"""
            def test_login({TAKES_BOTH}):
                login(jwtauth_token_endpoint, jwtauth_client_assertion())
                raise RuntimeError
        """)
        run.assert_outcomes(failed=1)
        assert not [line for line in run.outlines if re.fullmatch("-+ jwtauth -+", line)]

    def test_has_no_section_where_its_own_failure_is_that_report(self, inner: InnerRun) -> None:
        run = inner(f"""
            def test_login({TAKES_BOTH}):
                {WRONG_LOGIN}
                jwtauth_token_endpoint.verdicts[0].check()
        """)
        run.assert_outcomes(failed=1)
        assert not [line for line in run.outlines if re.fullmatch("-+ jwtauth -+", line)]
        assert sum(line.endswith(WRONG) for line in run.outlines if line.startswith("E  ")) == 1

    def test_has_a_section_even_if_its_exception_cannot_be_shown(self, inner: InnerRun) -> None:
        run = inner(f"""
            class Odd(Exception):
                def __str__(self): raise RuntimeError("no words")

            def test_login({TAKES_BOTH}):
                {WRONG_LOGIN}
                raise Odd
        """)
        run.assert_outcomes(failed=1)
        assert times(WRONG, run) == 1

    def test_by_xfail_is_an_expected_failure_and_says_nothing_more(self, inner: InnerRun) -> None:
        run = inner(f"""
            @pytest.mark.xfail
            def test_marked({TAKES_BOTH}):
                {WRONG_LOGIN}
                raise RuntimeError

            def test_called({TAKES_BOTH}):
                {WRONG_LOGIN}
                pytest.xfail("not yet")
        """)
        run.assert_outcomes(xfailed=2)

    def test_shows_a_failing_helper_at_the_users_line_without_a_frame_of_ours(self, inner: InnerRun) -> None:
        run = inner(
            """
            import requests
            from pytest_jwtauth import assert_form_fields, assert_no_basic_auth, assert_token_request

            SENT = requests.Request("POST", "https://auth.example/token", auth=PASSWORD).prepare()

            def test_fields(): assert_form_fields(SENT, code=...)
            def test_basic(): assert_no_basic_auth(SENT)
            def test_all(jwtauth_client, jwtauth_server):
                assert_token_request(SENT, client=jwtauth_client, server=jwtauth_server)
            """,
            "--showlocals",
        )
        run.assert_outcomes(failed=3)
        places = [line for line in run.outlines if re.match(r"[\w/\\.]+\.py:\d+: ", line)]
        assert [re.sub(r":\d+: ", ": ", place) for place in places] == [
            *["test_inner.py: AssertionError"] * 2,
            "test_inner.py: InvalidTokenRequest",
        ]


class TestALateRequest:
    """One that comes when the call phase is over is an error of the teardown: there is no other place left."""

    LATE = "  sent or logged after the test function had returned, by a fixture's teardown or a thread"

    def test_from_the_teardown_of_a_fixture_is_an_error(self, inner: InnerRun) -> None:
        run = inner(f"""
            @pytest.fixture
            def session({TAKES_BOTH}):
                yield
                {WRONG_LOGIN}

            def test_login(session): pass
        """)
        run.assert_outcomes(passed=1, errors=1)
        assert re.fullmatch("_+ ERROR at teardown of test_login _+", the_line_before(WRONG, run))
        assert times(self.LATE, run) == 1

    def test_is_reported_alone_where_the_test_failed_for_an_earlier_one(self, inner: InnerRun) -> None:
        run = inner(f"""
            @pytest.fixture
            def session({TAKES_BOTH}):
                yield
                login(jwtauth_token_endpoint, jwtauth_client_assertion(fault="exp-expired"))

            def test_login({TAKES_BOTH}, session): {WRONG_LOGIN}
        """)
        run.assert_outcomes(failed=1, errors=1)
        assert times(WRONG, run) == 1
        assert times("exp-expired: 1 rule ", run) == 1

    def test_that_is_right_is_no_error(self, inner: InnerRun) -> None:
        run = inner(f"""
            @pytest.fixture
            def session({TAKES_BOTH}):
                yield
                login(jwtauth_token_endpoint, jwtauth_client_assertion())

            def test_login(session): pass
        """)
        run.assert_outcomes(passed=1)

    def test_does_not_come_where_only_the_set_up_is_run_but_an_early_one_does(self, inner: InnerRun) -> None:
        run = inner(
            f"""
            @pytest.fixture
            def session({TAKES_BOTH}): {WRONG_LOGIN}

            def test_login(session): pass
            """,
            "--setup-only",
        )
        run.assert_outcomes(errors=1)

    def test_does_not_hide_an_error_in_unmounting_the_stub(
        self, inner: InnerRun, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = inner(f"""
            def test_login({TAKES_BOTH}):
                def undo(): raise RuntimeError("cannot unmount")
                jwtauth_token_endpoint.on_close(undo)
        """)
        run.assert_outcomes(passed=1, errors=1)
        run.stdout.fnmatch_lines(["E *RuntimeError: cannot unmount"])


LONG_LIFE = "login(jwtauth_token_endpoint, jwtauth_client_assertion(lifetime=1800))"
WARNING = "TokenRequestWarning: exp-lifetime-hygiene: a life of 1800 s (expected: at most 300 s)"


class TestAWarning:
    def test_is_given_once_per_rule_and_test_at_the_place_of_the_test(self, inner: InnerRun) -> None:
        run = inner(f"""
            def test_login({TAKES_BOTH}):
                {LONG_LIFE}
                {LONG_LIFE}

            def test_again({TAKES_BOTH}):
                {LONG_LIFE}
        """)
        run.assert_outcomes(passed=2, warnings=2)
        places = [line.strip() for line in run.outlines if WARNING in line]
        assert [place.partition(": ")[0] for place in places] == ["test_inner.py:4", "test_inner.py:8"]

    def test_is_given_for_each_rule(self, inner: InnerRun) -> None:
        run = inner(f"""
            @pytest.mark.jwtauth(warn=["auth-basic-present", "auth-multiple-methods"])
            def test_login({TAKES_BOTH}): {WRONG_LOGIN}
        """)
        run.assert_outcomes(passed=1, warnings=2)

    def test_is_given_for_a_late_request_too_and_is_no_error(self, inner: InnerRun) -> None:
        run = inner(f"""
            @pytest.fixture
            def session({TAKES_BOTH}):
                yield
                {LONG_LIFE}

            def test_login(session): pass
        """)
        run.assert_outcomes(passed=1, warnings=1)

    @pytest.mark.parametrize("category", ["pytest_jwtauth.TokenRequestWarning", "UserWarning"])
    def test_that_a_filter_turns_into_an_error_fails_the_test_with_its_text_alone(
        self, inner: InnerRun, category: str
    ) -> None:
        run = inner(f"def test_login({TAKES_BOTH}): {LONG_LIFE}", "-W", f"error::{category}")
        run.assert_outcomes(failed=1)
        text = WARNING.partition(": ")[2]
        assert re.fullmatch("_+ test_login _+", the_line_before(text, run))
        assert times(f"FAILED test_inner.py::test_login - Failed: {text}", run) == 1

    def test_that_is_an_error_stands_beside_the_report_on_a_wrong_request(self, inner: InnerRun) -> None:
        run = inner(
            f"""
            def test_login({TAKES_BOTH}):
                login(jwtauth_token_endpoint, jwtauth_client_assertion(lifetime=1800), auth=PASSWORD)
            """,
            *("-W", "error"),
        )
        run.assert_outcomes(failed=1)
        assert times(WRONG, run) == 1
        assert times(WARNING.partition(": ")[2], run) == 1

    def test_that_is_an_error_is_a_section_of_a_test_that_fails_anyway(self, inner: InnerRun) -> None:
        run = inner(f"def test_login({TAKES_BOTH}):\n    {LONG_LIFE}\n    raise RuntimeError", "-W", "error")
        run.assert_outcomes(failed=1)
        assert re.fullmatch("-+ jwtauth -+", the_line_before(WARNING.partition(": ")[2], run))

    def test_can_be_silenced_for_one_test(self, inner: InnerRun) -> None:
        run = inner(f"""
            @pytest.mark.filterwarnings("ignore::pytest_jwtauth.TokenRequestWarning")
            def test_filtered({TAKES_BOTH}): {LONG_LIFE}

            @pytest.mark.jwtauth(allow=["exp-lifetime-hygiene"])
            def test_allowed({TAKES_BOTH}): {LONG_LIFE}
        """)
        run.assert_outcomes(passed=2, warnings=0)


class TestAComparison:
    """Of what holds credentials is explained by reprs: pytest's own way is to print both sides in full."""

    @pytest.mark.parametrize(
        ("comparison", "explained"),
        [
            ("made == other", "<ClientAssertion *> == <ClientAssertion *>"),
            ("made == other.strip()", "<ClientAssertion *> == ‹eyJ0… * characters›"),
            ("'Bearer' in made", "'Bearer' in <ClientAssertion *>"),
            ("made is None", "<ClientAssertion *> is None"),
        ],
    )
    def test_of_an_assertion_shows_no_signature(self, inner: InnerRun, comparison: str, explained: str) -> None:
        run = inner(
            f"""
            def test_it(jwtauth_client_assertion):
                made, other = jwtauth_client_assertion(), jwtauth_client_assertion()
                assert {comparison}
            """,
            "-vv",
        )
        run.assert_outcomes(failed=1)
        run.stdout.fnmatch_lines([f"E  *{explained}"])
        assert not [line for line in run.outlines if re.match(r"E +[-+] ", line)]

    def test_of_requests_shows_no_body(self, inner: InnerRun) -> None:
        run = inner(
            f"""
            def test_it({TAKES_BOTH}):
                for _ in range(2):
                    login(jwtauth_token_endpoint, jwtauth_client_assertion())
                first, second = jwtauth_token_endpoint.requests
                assert first == second
            """,
            "-vv",
        )
        run.assert_outcomes(failed=1)
        run.stdout.fnmatch_lines(["E *<ReceivedRequest POST *> == <ReceivedRequest POST *>"])
        assert "client_assertion=" not in run.stdout.str()

    def test_of_anything_else_is_explained_by_pytest(self, inner: InnerRun) -> None:
        run = inner("""
            class TokenRequest(str): pass

            def test_it(): assert TokenRequest("one") == "two"
        """)
        run.assert_outcomes(failed=1)
        run.stdout.fnmatch_lines(["E *- two", "E *+ one"])
