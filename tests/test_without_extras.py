"""What a suite is told where the extra that it needs is not installed: what to install, and nothing of our insides.

`tox -e beside-…` asks the same where the extra really is not there.
"""

from __future__ import annotations

# See test_plugin.py: these must be loaded before an inner run.
import cryptography.hazmat.primitives.serialization  # noqa: F401
import freezegun  # noqa: F401
import pytest
import responses  # noqa: F401
from conftest import InnerRun

import pytest_jwtauth

for _name in pytest_jwtauth.__all__:
    getattr(pytest_jwtauth, _name)

LIVE = 'pip install "pytest-jwtauth[live]"'
TIME_MACHINE = 'pip install "pytest-jwtauth[time-machine]"'


def without(*modules: str) -> str:
    """A conftest.py in whose run *modules* cannot be imported."""
    return "import sys\n" + "".join(f"sys.modules[{name!r}] = None\n" for name in modules)


def told(run: pytest.RunResult) -> list[str]:
    """The lines between the heading of the one failure, or error, and the summary."""
    lines = run.outlines
    begin = next(number for number, line in enumerate(lines) if line.startswith("___"))
    end = next(number for number, line in enumerate(lines) if "short test summary" in line)
    return [line for line in lines[begin + 1 : end] if line.strip()]


def test_the_live_endpoint_needs_its_extra(inner: InnerRun) -> None:
    run = inner("def test_it(jwtauth_live_token_endpoint): pass", "-rfE", conftest=without("pytest_httpserver"))
    run.assert_outcomes(errors=1)
    assert told(run) == [f"the live token endpoint needs pytest-httpserver, which is not installed: {LIVE}"]


def test_https_needs_the_extra_of_the_live_endpoint(inner: InnerRun) -> None:
    source = "def test_it(jwtauth_live_token_endpoint):\n    jwtauth_live_token_endpoint.https\n"
    run = inner(source, "-rfE", "--tb=short", "-vv", conftest=without("trustme"))
    run.assert_outcomes(failed=1)
    message = f"the live token endpoint needs trustme, which is not installed: {LIVE}"
    assert told(run) == [
        "test_inner.py:4: in test_it",
        "    jwtauth_live_token_endpoint.https",
        f"E   pytest_jwtauth.errors.ConfigurationError: {message}",
    ]


def test_the_clock_of_time_machine_needs_its_extra(inner: InnerRun) -> None:
    run = inner(
        "def test_it(jwtauth_clock): pass",
        "-rfE",
        conftest=without("time_machine"),
        ini="jwtauth_clock = time-machine",
    )
    run.assert_outcomes(errors=1)
    assert told(run) == [
        f"fixture jwtauth_clock: time-machine 3 is not installed: {TIME_MACHINE}, or use freezegun, the default"
    ]


def test_a_clock_that_does_not_exist_is_told_without_our_insides(inner: InnerRun) -> None:
    run = inner("def test_it(jwtauth_clock): pass", "-rfE", ini="jwtauth_clock = freezgun")
    run.assert_outcomes(errors=1)
    (line,) = told(run)
    assert line.startswith("fixture jwtauth_clock: unknown ")
    assert "Did you mean 'freezegun'?" in line


APPLICATION = """
import urllib.request

def exchange(token_endpoint):
    return urllib.request.urlopen(token_endpoint, data=b"").read()
"""


def contract(inner: InnerRun, pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    """Hold a client that does not use requests to the contract, where the extra is missing."""
    pytester.makepyfile(myapp=APPLICATION)
    pytester.syspathinsert()
    return inner(
        "", "--pyargs", "pytest_jwtauth.contract", *options, conftest=without("pytest_httpserver"), subprocess=True
    )


def test_the_contract_says_which_clients_it_hears(inner: InnerRun, pytester: pytest.Pytester) -> None:
    run = contract(inner, pytester, "--jwtauth-client=myapp:exchange", "-k", "form_fields")
    run.assert_outcomes(failed=1)
    run.stdout.fnmatch_lines([f"*here only clients that use requests are heard*{LIVE.replace('[', '[[]')}"])


def test_the_contract_does_not_start_a_client_anew_where_it_cannot_hear_it(
    inner: InnerRun, pytester: pytest.Pytester
) -> None:
    run = contract(inner, pytester, "--jwtauth-client=myapp:exchange", "-k", "after_a_restart", "-rs")
    run.assert_outcomes(skipped=1)
    run.stdout.fnmatch_lines(["*not applicable: the contract has no method exchange_in_new_process()*"])


def test_the_contract_needs_the_extra_for_a_program(inner: InnerRun, pytester: pytest.Pytester) -> None:
    run = contract(inner, pytester, "--jwtauth-command=client", "-k", "form_fields", "-rfE")
    run.assert_outcomes(errors=1)
    assert told(run) == [f"the live token endpoint needs pytest-httpserver, which is not installed: {LIVE}"]
