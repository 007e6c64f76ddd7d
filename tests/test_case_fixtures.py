"""The fixtures that run a test once for each case: ids, choice by the marker, the clock, and what cannot be."""

from __future__ import annotations

import pytest
from conftest import InnerRun

from pytest_jwtauth.boundaries import BOUNDARIES
from pytest_jwtauth.hostile import CASES

FIXTURES = {"jwtauth_expiry_scenario": BOUNDARIES, "jwtauth_hostile_assertion": CASES}


def ids(result: pytest.RunResult) -> list[str]:
    """The names in brackets of the tests that were listed or reported, in order."""
    return [line.partition("[")[2].partition("]")[0] for line in result.outlines if line.startswith("test_inner.py::")]


@pytest.mark.parametrize("fixture", FIXTURES)
def test_a_test_runs_once_for_each_case_named_after_it(fixture: str, inner: InnerRun) -> None:
    result = inner(f"def test_it({fixture}): assert {fixture}.name", "--collect-only", "-q")
    assert ids(result) == list(FIXTURES[fixture])


def test_collecting_signs_nothing_and_loads_no_cryptography(inner: InnerRun) -> None:
    conftest = """
        import sys
        def pytest_collection_finish():
            import pytest_jwtauth.client_assertion as room
            assert "cryptography" not in sys.modules
    """
    source = """
        def test_it(jwtauth_expiry_scenario): pass
        def test_too(jwtauth_hostile_assertion): pass
        def pytest_generate_tests(metafunc):
            import pytest_jwtauth.client_assertion as room
            room.ClientAssertion.edited = None
    """
    result = inner(source, "--collect-only", "-q", conftest=conftest, subprocess=True)
    assert result.ret == 0, result.outlines
    assert len(ids(result)) == len(BOUNDARIES) + len(CASES)


def test_a_suite_with_other_fixtures_loads_no_case(inner: InnerRun) -> None:
    source = """
        import sys
        @pytest.mark.jwtauth(allow=["jti-missing"])
        def test_it(jwtauth_client_assertion):
            assert jwtauth_client_assertion()
            assert not {"pytest_jwtauth.hostile", "pytest_jwtauth.boundaries"} & sys.modules.keys()
    """
    inner(source, subprocess=True).assert_outcomes(passed=1)


def test_every_scenario_carries_what_a_test_needs(inner: InnerRun) -> None:
    source = """
        from pytest_jwtauth import judge, TokenRequest
        from urllib.parse import urlencode

        def test_it(jwtauth_expiry_scenario, jwtauth_client, jwtauth_server):
            case = jwtauth_expiry_scenario
            form = {
                "grant_type": "client_credentials",
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": case.assertion,
            }
            request = TokenRequest(
                "POST",
                jwtauth_server.token_endpoint,
                [("Content-Type", "application/x-www-form-urlencoded")],
                urlencode(form).encode(),
            )
            verdict = judge(request, client=jwtauth_client, server=jwtauth_server, now=case.now, leeway=case.leeway)
            assert (not verdict.violations) == case.accepted
            assert case.rule is None or case.rule in verdict.rules
            assert case.explanation.endswith(".")
    """
    inner(source).assert_outcomes(passed=len(BOUNDARIES))


@pytest.mark.parametrize("freezer", ["freezegun", "time-machine"])
@pytest.mark.parametrize("order", ["jwtauth_clock, jwtauth_expiry_scenario", "jwtauth_expiry_scenario, jwtauth_clock"])
def test_beside_the_clock_the_time_stands_at_the_moment_of_the_scenario(
    order: str, freezer: str, inner: InnerRun
) -> None:
    source = f"""
        import datetime, time
        def test_it({order}):
            now = jwtauth_expiry_scenario.now
            assert time.time() == jwtauth_clock.now == now
            assert datetime.datetime.now(datetime.timezone.utc).timestamp() == now
            jwtauth_clock.tick(1)
            assert time.time() == now + 1
    """
    inner(source, ini=f"jwtauth_clock = {freezer}").assert_outcomes(passed=len(BOUNDARIES))


def test_a_frozen_verifier_that_reads_the_time_itself_sees_each_edge(inner: InnerRun) -> None:
    source = """
        import time
        edges = ["one-second-left", "exactly-at-exp", "one-second-after-exp", "leap-second", "dst-hour-twice"]
        @pytest.mark.jwtauth(scenarios=edges)
        def test_it(jwtauth_expiry_scenario, jwtauth_clock):
            alive = time.time() < jwtauth_expiry_scenario.assertion.claims["exp"]
            assert alive == jwtauth_expiry_scenario.accepted
    """
    inner(source).assert_outcomes(passed=5)


def test_without_the_clock_time_goes_on(inner: InnerRun) -> None:
    source = """
        import time
        @pytest.mark.jwtauth(scenarios=["fresh", "year-2038"])
        def test_it(jwtauth_expiry_scenario):
            assert 0 <= time.time() - START < 600

        START = time.time()
    """
    inner(source).assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("keyword", "fixture", "names"),
    [
        ("scenarios", "jwtauth_expiry_scenario", ["exactly-at-exp", "fresh"]),
        ("hostile", "jwtauth_hostile_assertion", ["alg-none", "right", "json-polyglot"]),
    ],
)
def test_the_marker_chooses_and_orders(keyword: str, fixture: str, names: list[str], inner: InnerRun) -> None:
    source = f"""
        @pytest.mark.jwtauth({keyword}={names!r})
        def test_it({fixture}): assert {fixture}.name in {names!r}
    """
    result = inner(source, "-v")
    result.assert_outcomes(passed=len(names))
    assert ids(result)[: len(names)] == names


def test_the_nearest_marker_chooses(inner: InnerRun) -> None:
    source = """
        pytestmark = pytest.mark.jwtauth(scenarios=["fresh", "no-exp"], profile="rfc7523")

        def test_far(jwtauth_expiry_scenario): pass

        @pytest.mark.jwtauth(scenarios=["exactly-at-exp", "exactly-at-exp"])
        def test_near(jwtauth_expiry_scenario): pass
    """
    assert ids(inner(source, "--collect-only", "-q")) == ["fresh", "no-exp", "exactly-at-exp"]


@pytest.mark.parametrize(
    ("mark", "message"),
    [
        (
            'scenarios=["exactly-at-expiry"]',
            "unknown name in scenarios= 'exactly-at-expiry'. Did you mean 'exactly-at-exp'",
        ),
        ('hostile=["alg-non"]', "unknown name in hostile= 'alg-non'. Did you mean 'alg-none'"),
        ('hostile=["fresh"]', "unknown name in hostile= 'fresh'. *Known: *aud-slash"),
        ("scenarios=[]", "scenarios= takes a list of names, at least one; got []"),
        ('scenarios="fresh"', "scenarios= takes a list of names, at least one; got 'fresh'"),
        ("hostile=[1]", "hostile= takes a list of names, at least one; got [[]1[]]"),
    ],
)
@pytest.mark.parametrize("argument", ["", "jwtauth_expiry_scenario, jwtauth_hostile_assertion"])
def test_a_name_that_does_not_exist_is_an_error_at_once(
    mark: str, message: str, argument: str, inner: InnerRun
) -> None:
    result = inner(f"@pytest.mark.jwtauth({mark})\ndef test_it({argument}): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*@pytest.mark.jwtauth: *{message.replace('got []', 'got [[][]]')}*"])


def test_a_test_may_choose_by_parametrising_itself(inner: InnerRun) -> None:
    source = """
        @pytest.mark.parametrize("jwtauth_expiry_scenario", ["fresh", "no-exp"], indirect=True)
        def test_it(jwtauth_expiry_scenario): pass

        @pytest.mark.parametrize(argnames=("jwtauth_expiry_scenario", "more"), argvalues=[("fresh", 1)],
                                 indirect=["jwtauth_expiry_scenario"])
        def test_too(jwtauth_expiry_scenario, more): pass

        @pytest.mark.parametrize("more, other", [(1, 2)])
        @pytest.mark.jwtauth(scenarios=["fresh"])
        def test_both(jwtauth_expiry_scenario, more, other): pass
    """
    assert ids(inner(source, "--collect-only", "-q")) == ["fresh", "no-exp", "fresh-1", "fresh-1-2"]
    inner(source).assert_outcomes(passed=4)


def test_what_does_not_exist_for_a_profile_or_a_client_is_skipped_with_the_reason(inner: InnerRun) -> None:
    source = """
        @pytest.mark.jwtauth(scenarios=["longest-life"], profile="rfc7523")
        def test_life(jwtauth_expiry_scenario): pass

        @pytest.mark.jwtauth(hostile=["ecdsa-der"])
        def test_der(jwtauth_hostile_assertion): pass
    """
    result = inner(source, "-rs")
    result.assert_outcomes(skipped=2)
    result.stdout.fnmatch_lines_random(
        [
            "SKIPPED*profile 'rfc7523' sets no limit to the life",
            "SKIPPED*it is about private_key_jwt, and the client is*",
        ]
    )


@pytest.mark.parametrize("fixture", FIXTURES)
def test_to_ask_for_it_by_name_while_the_test_runs_is_too_late(fixture: str, inner: InnerRun) -> None:
    result = inner(f"def test_it(request): request.getfixturevalue('{fixture}')")
    result.stdout.fnmatch_lines([f"*{fixture} has a case for each run of a test: take it as an argument*"])


def test_a_fixture_of_the_suite_may_take_it(inner: InnerRun) -> None:
    source = """
        @pytest.fixture
        def told(jwtauth_hostile_assertion): return jwtauth_hostile_assertion.name

        @pytest.mark.jwtauth(hostile=["right", "alg-none"])
        def test_it(told): assert told in {"right", "alg-none"}
    """
    inner(source).assert_outcomes(passed=2)


def test_hostile_assertions_begin_at_the_frozen_time(inner: InnerRun) -> None:
    source = """
        @pytest.mark.jwtauth(hostile=["right"])
        def test_it(jwtauth_hostile_assertion, jwtauth_clock):
            assert jwtauth_hostile_assertion.now == jwtauth_clock.now
            assert jwtauth_hostile_assertion.assertion.claims["iat"] == jwtauth_clock.now
    """
    inner(source).assert_outcomes(passed=1)


def test_workers_agree_about_the_cases(inner: InnerRun) -> None:
    source = """
        def test_it(jwtauth_expiry_scenario): pass
        @pytest.mark.jwtauth(hostile=["right", "alg-none"])
        def test_too(jwtauth_hostile_assertion): pass
    """
    result = inner(source, "-n2", plugins=["xdist"], subprocess=True)
    result.assert_outcomes(passed=len(BOUNDARIES) + 2)


def test_the_profile_of_the_test_decides_what_is_accepted(inner: InnerRun) -> None:
    source = """
        @pytest.mark.jwtauth(hostile=["no-jti"])
        def test_pingone(jwtauth_hostile_assertion): assert jwtauth_hostile_assertion.accepted

        @pytest.mark.jwtauth(hostile=["no-jti"], profile="oidc")
        def test_oidc(jwtauth_hostile_assertion): assert jwtauth_hostile_assertion.rule == "jti-missing"

        @pytest.mark.jwtauth(scenarios=["exactly-at-exp"], allow=["exp-expired"])
        def test_allowed(jwtauth_expiry_scenario): assert jwtauth_expiry_scenario.accepted
    """
    inner(source).assert_outcomes(passed=3)
