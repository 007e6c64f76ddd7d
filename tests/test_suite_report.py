"""The report of a suite: its files, the section at the terminal, and what JUnit's XML carries."""

from __future__ import annotations

import json
from typing import Any

import pytest

# See test_plugin.py: these must be loaded before an inner run.
import requests  # noqa: F401
import responses  # noqa: F401
from conftest import InnerRun

from pytest_jwtauth.promises import PROMISES, bench
from pytest_jwtauth.rules import RULES
from pytest_jwtauth.suite_record import NEITHER

SUITE = """
def test_right(jwtauth_token_endpoint, jwtauth_client_assertion):
    login(jwtauth_token_endpoint, jwtauth_client_assertion())

def test_wrong(jwtauth_token_endpoint, jwtauth_client_assertion):
    login(jwtauth_token_endpoint, jwtauth_client_assertion(), auth=PASSWORD)

def test_wanted(jwtauth_token_endpoint, jwtauth_client_assertion):
    with jwtauth_token_endpoint.expect_violation():
        login(jwtauth_token_endpoint, jwtauth_client_assertion(), auth=PASSWORD)

def test_without_endpoint():
    pass
"""

CONTRACT = """
import logging
import pytest
import requests
from pytest_jwtauth import ClientAssertion
from pytest_jwtauth.contract import TokenRequestContract

class TestContract(TokenRequestContract):
    stub = "responses"
    password = None

    def exchange(self, endpoint):
        assertion = ClientAssertion.signed(client=endpoint.client, server=endpoint.server, profile=endpoint.profile)
        answer = login(endpoint, str.__str__(assertion), auth=self.password, allow_redirects=False)
        answer.raise_for_status()
        assert answer.json()["access_token"]
        return answer.json()

class TestBroken(TestContract):
    password = PASSWORD
"""


def report_of(pytester: pytest.Pytester, folder: str = "out") -> dict[str, Any]:
    told: dict[str, Any] = json.loads((pytester.path / folder / "contract.json").read_text("utf-8"))
    return told


def by_name(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {test["test"].partition("::")[2]: test for test in told["tests"]}


def test_an_ordinary_suite_is_told_which_rules_it_exercised(inner: InnerRun, pytester: pytest.Pytester) -> None:
    run = inner(SUITE, "--jwtauth-report=some/out")
    told = report_of(pytester, "some/out")
    tests = by_name(told)
    assert {name: test["outcome"] for name, test in tests.items()} == {
        "test_right": "passed",
        "test_wrong": "failed",
        "test_wanted": "passed",
    }
    assert tests["test_wrong"]["broken"] == ["auth-multiple-methods", "auth-basic-present"]
    assert tests["test_wanted"]["broken"] == []
    assert [one["rule"] for one in tests["test_wanted"]["requests"][0]["violations"]] == tests["test_wrong"]["broken"]
    assert tests["test_right"]["requests"][0]["assertion"]["signature"] == "valid"
    rules = {rule["id"]: rule for rule in told["rules"]}
    assert rules.keys() == RULES.keys()
    assert rules["auth-basic-present"]["requests"] == 3
    assert rules["auth-basic-present"]["broken_in"] == ["test_inner.py::test_wrong"]
    assert rules[next(rule for rule in RULES if "refresh" in rule)]["requests"] == 0
    exercised = sum(bool(rule["requests"]) for rule in rules.values())
    run.stdout.fnmatch_lines(
        [
            "*= token requests =*",
            f"rules: of {len(RULES)} rules, the suite exercised {exercised} and broke 2; "
            f"{len(RULES) - exercised} never exercised",
            "broken: auth-multiple-methods, auth-basic-present",
            "each request, and the list of the rules: *some?out?contract*",
        ]
    )
    run.stdout.no_fnmatch_line("promises:*")


def test_without_the_option_there_is_nothing_new(inner: InnerRun, pytester: pytest.Pytester) -> None:
    run = inner(SUITE, "--junitxml=junit.xml")
    run.stdout.no_fnmatch_line("*token requests*")
    assert "jwtauth_rules" not in (pytester.path / "junit.xml").read_text("utf-8")


def test_a_contract_is_summed_up_without_the_option(inner: InnerRun) -> None:
    run = inner(
        CONTRACT,
        "-k",
        "invalid or refresh_token or form_fields or other_credentials",
        "--jwtauth-skip=invalid-client=so be it",
    )
    run.stdout.fnmatch_lines(
        [
            "promises: * broken, * kept, * not applicable, * not judged, 2 skipped",
            "rules: of *",
            "each request, and the list of the rules: --jwtauth-report DIR",
        ]
    )


def test_the_promises_of_each_client_come_with_verdict_and_reason(inner: InnerRun, pytester: pytest.Pytester) -> None:
    inner(CONTRACT, "--jwtauth-report=out", "--jwtauth-skip=html=so be it", "--junitxml=junit.xml")
    told = report_of(pytester)
    assert sum(told["summary"]["promises"].values()) == 2 * len(PROMISES)
    promised = {name: test["promise"] for name, test in by_name(told).items()}
    kept, broken = promised["TestContract::test_form_fields"], promised["TestBroken::test_no_other_credentials"]
    assert (kept["verdict"], kept["reason"]) == ("kept", "")
    assert kept["sentence"] == PROMISES["form-fields"].sentence
    assert broken["verdict"] == "broken"
    assert "auth-basic-present" in broken["reason"]
    assert promised["TestContract::test_html"]["verdict"] == "skipped"
    assert promised["TestContract::test_html"]["reason"] == "so be it"
    assert promised["TestContract::test_expires_in"]["verdict"] == "not applicable"
    assert promised["TestBroken::test_unknown_members"]["verdict"] == "not judged"
    junit = (pytester.path / "junit.xml").read_text("utf-8")
    assert '<property name="jwtauth_promise" value="no-other-credentials: broken"' in junit
    assert '<property name="jwtauth_rules" value="auth-multiple-methods, auth-basic-present"' in junit
    summary = (pytester.path / "out" / "contract.md").read_text("utf-8")
    assert "## test&#95;inner.py::TestBroken" in summary
    assert (
        "| html: An HTML page in the place of the token response makes the client raise. | skipped | so be it |"
        in summary
    )
    assert "| **broken** | " in summary
    assert "| auth-basic-present | " in summary


def test_the_reasons_begin_as_the_bench_has_them() -> None:
    assert tuple(f"{word}: " for word in NEITHER[:2]) == (bench.NOT_APPLICABLE, bench.NOT_JUDGED)


def test_workers_of_xdist_tell_the_same(inner: InnerRun, pytester: pytest.Pytester) -> None:
    pytester.makeconftest("")
    inner(SUITE, "--jwtauth-report=alone", subprocess=True)
    inner(SUITE, "--jwtauth-report=shared", "-n2", plugins=["xdist.plugin"], subprocess=True)
    alone, shared = report_of(pytester, "alone"), report_of(pytester, "shared")
    assert shared["summary"] == alone["summary"]
    assert [test["test"] for test in shared["tests"]] == [test["test"] for test in alone["tests"]]
    assert shared["summary"]["requests"] == 3


@pytest.mark.parametrize("options", [(), ("-pno:terminal",)], ids=["with terminal", "without"])
def test_a_suite_without_requests_has_an_empty_report(
    inner: InnerRun, pytester: pytest.Pytester, options: tuple[str, ...]
) -> None:
    inner("def test_nothing(): pass", "--jwtauth-report=out", *options)
    told = report_of(pytester)
    assert told["tests"] == []
    assert told["summary"]["promises"]["kept"] == 0


def test_a_folder_that_cannot_be_made_is_refused_before_anything_runs(
    inner: InnerRun, pytester: pytest.Pytester
) -> None:
    (pytester.path / "occupied").write_text("", "utf-8")
    run = inner(SUITE, "--jwtauth-report=occupied")
    assert run.ret == pytest.ExitCode.USAGE_ERROR
    run.stderr.fnmatch_lines(["*--jwtauth-report: no folder can be made at *occupied (File exists); name another"])


ODD = """
from pytest_jwtauth import ClientAssertion

@pytest.mark.parametrize("claims", [
    {"jti": "\\ud800|`<b>"}, {"jti": 10 ** 400}, {"extra": [1.5, True, None, {"a": 1}]},
])
def test_claims(jwtauth_token_endpoint, jwtauth_client_assertion, claims):
    with jwtauth_token_endpoint.expect_violation():
        login(jwtauth_token_endpoint, jwtauth_client_assertion(claims=claims), auth=PASSWORD)

def test_infinite(jwtauth_token_endpoint):
    login(jwtauth_token_endpoint, "e30.eyJpYXQiOjFlOTk5fQ.AAAA")  # {"iat":1e999}

def test_raises(jwtauth_token_endpoint, jwtauth_client_assertion):
    jwtauth_token_endpoint.then("read-timeout")
    login(jwtauth_token_endpoint, "no JWT")

@pytest.mark.xfail(reason="known: bad")
def test_expected_to_fail(jwtauth_token_endpoint):
    pytest.fail("known")

@pytest.fixture
def late(jwtauth_token_endpoint, jwtauth_client_assertion):
    yield
    login(jwtauth_token_endpoint, jwtauth_client_assertion(), auth=PASSWORD)

def test_late(late):
    pass
"""


def test_odd_claims_and_odd_endings_are_told_too(inner: InnerRun, pytester: pytest.Pytester) -> None:
    inner(ODD, "--jwtauth-report=out")
    tests = by_name(report_of(pytester))
    shown = [test["requests"][0]["assertion"]["claims"] for name, test in tests.items() if "claims" in name]
    assert shown[0]["jti"] == "\\xd800|`<b>"
    assert shown[1]["jti"] == 10**400
    assert shown[2]["extra"] == [1.5, True, None, {"a": 1}]
    assert tests["test_infinite"]["requests"][0]["assertion"]["claims"] == {"iat": "inf"}
    assert tests["test_raises"]["outcome"] == "failed"
    (request,) = tests["test_raises"]["requests"]
    assert (request["status"], request["assertion"]) == (None, None)
    assert tests["test_expected_to_fail"]["outcome"] == "skipped"
    assert tests["test_late"]["outcome"] == "failed"
    assert tests["test_late"]["broken"] == ["auth-multiple-methods", "auth-basic-present"]


ENDINGS = """
from pytest_jwtauth.promises.promise import PROMISES

@pytest.fixture(autouse=True)
def held(request, jwtauth_token_endpoint):
    from pytest_jwtauth.fixtures import WATCH
    request.node.stash[WATCH].promise = PROMISES["form-fields"]

@pytest.mark.parametrize("reason", ["not applicable: no such thing", "because"])
def test_skipped(reason):
    pytest.skip(reason)

def test_raises():
    raise ValueError("a long story")
"""


def test_whatever_ends_the_test_of_a_promise_is_a_verdict(inner: InnerRun, pytester: pytest.Pytester) -> None:
    inner(ENDINGS, "--jwtauth-report=out")
    promises = [test["promise"] for test in report_of(pytester)["tests"]]
    assert {(promise["verdict"], promise["reason"]) for promise in promises} == {
        ("broken", "ValueError"),
        ("not applicable", "no such thing"),
        ("skipped", "because"),
    }
