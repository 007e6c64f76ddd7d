"""The rule book in the terminal, and levels of rules for a whole suite."""

from __future__ import annotations

# The inner runs happen in this process, and what they import first is forgotten after them. cryptography cannot be
# loaded twice, and a second responses would stub beside the first.
import cryptography.hazmat.primitives.serialization  # noqa: F401
import pytest
import responses  # noqa: F401
from conftest import InnerRun

import pytest_jwtauth
from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.profiles import PROFILES
from pytest_jwtauth.rules import adjust_by_lines

for _name in pytest_jwtauth.__all__:
    getattr(pytest_jwtauth, _name)

NOTHING = "def test_nothing():\n    raise AssertionError('no test is to run')\n"
LONG_LIVED = """
    def test_login(jwtauth_token_endpoint, jwtauth_client_assertion):
        assert login(jwtauth_token_endpoint, jwtauth_client_assertion(lifetime=301)).ok
"""


def test_one_rule_is_explained_and_no_test_runs(inner: InnerRun) -> None:
    run = inner(NOTHING, "--jwtauth-explain", "exp-expired")
    assert run.ret == 0
    run.stdout.fnmatch_lines(["exp-expired (MUST, error by default)", "  source:  RFC 7519 §4.1.4*", "  breaks:  now*"])


@pytest.mark.parametrize("width", [80, 120, 200])
@pytest.mark.parametrize("what", [["--jwtauth-rules"], ["--jwtauth-explain=typ-not-explicit"]])
def test_lines_are_no_longer_than_the_terminal_is_wide(
    inner: InnerRun, monkeypatch: pytest.MonkeyPatch, what: list[str], width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    run = inner(NOTHING, *what)
    assert run.ret == 0
    assert [line for line in run.outlines if len(line) > width] == []


def test_a_requirement_stands_below_its_rule_in_a_narrow_terminal(
    inner: InnerRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    run = inner(NOTHING, "--jwtauth-rules")
    run.stdout.fnmatch_lines(
        ["  error    http-method-not-post", "           The request uses the method POST."], consecutive=True
    )


def test_a_misspelt_rule_is_an_error_that_names_the_nearest(inner: InnerRun) -> None:
    run = inner(NOTHING, "--jwtauth-explain", "exp-expird")
    assert run.ret == pytest.ExitCode.USAGE_ERROR
    run.stderr.fnmatch_lines(["ERROR: --jwtauth-explain: unknown rule id 'exp-expird'. Did you mean 'exp-expired'?*"])


def test_the_rules_of_the_profile_are_listed_with_the_levels_of_the_suite(inner: InnerRun) -> None:
    run = inner(
        NOTHING,
        "--jwtauth-rules",
        "--jwtauth-profile=okta",
        ini="jwtauth_rules =\n  jti-missing = error\n  typ-case=off",
    )
    assert run.ret == 0
    run.stdout.fnmatch_lines(
        ["okta: Okta", "HTTP request:", "  error *http-method-not-post *", "  error *jti-missing *"]
    )
    run.stdout.no_fnmatch_line("*typ-case*")


def test_a_rule_that_warns_fails_where_the_suite_says_so(inner: InnerRun) -> None:
    inner(LONG_LIVED).assert_outcomes(passed=1, warnings=1)
    run = inner(LONG_LIVED, ini="jwtauth_rules = exp-lifetime-hygiene = error")
    run.assert_outcomes(failed=1)
    run.stdout.fnmatch_lines(["*exp-lifetime-hygiene: 1 rule of profile 'pingone' broken*"])


def test_a_rule_that_is_off_says_nothing(inner: InnerRun) -> None:
    inner(LONG_LIVED, ini="jwtauth_rules = exp-lifetime-hygiene = off").assert_outcomes(passed=1, warnings=0)


def test_the_marker_of_a_test_outweighs_the_setting_of_the_suite(inner: InnerRun) -> None:
    marked = '@pytest.mark.jwtauth(allow=["exp-lifetime-hygiene"])' + LONG_LIVED.replace("\n    ", "\n")
    inner(marked, ini="jwtauth_rules = exp-lifetime-hygiene = error").assert_outcomes(passed=1, warnings=0)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("jti-mising = off", "unknown rule id 'jti-mising'. Did you mean 'jti-missing'"),
        (
            "jti-missing = never",
            "a line is «rule-id = level», with the level off, warning or error; got 'jti-missing =",
        ),
        ("jti-missing", "a line is «rule-id = level»"),
    ],
)
def test_a_line_that_cannot_be_is_an_error_at_once(line: str, message: str, inner: InnerRun) -> None:
    run = inner(NOTHING, ini=f"jwtauth_rules = {line}")
    assert run.ret == pytest.ExitCode.USAGE_ERROR
    assert f"ERROR: jwtauth_rules: {message}" in run.stderr.str()


def test_one_rule_cannot_have_two_levels() -> None:
    with pytest.raises(ConfigurationError, match="jti-missing is to be both off and error"):
        adjust_by_lines(PROFILES["rfc7523"], ["jti-missing = off", "jti-missing = error"])
