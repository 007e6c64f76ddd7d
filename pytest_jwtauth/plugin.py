"""What pytest sees: options, settings, marker and hooks. It knows no rule, no key and no wording of a report.

At import it takes pytest, one variable and the fixtures; everything else of ours is imported inside the hook that
needs it, because pytest loads this file at every start, also for suites that never ask for a token.
"""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jwtauth import current_item, profile_in_force
from pytest_jwtauth.current_item import WATCH
from pytest_jwtauth.fixtures import (  # noqa: F401  pytest finds a plugin's fixtures among its names
    HAVE_CASES,
    _jwtauth_live_server,
    jwtauth_client,
    jwtauth_client_assertion,
    jwtauth_clock,
    jwtauth_expiry_scenario,
    jwtauth_hostile_assertion,
    jwtauth_live_token_endpoint,
    jwtauth_profile,
    jwtauth_server,
    jwtauth_token_endpoint,
)
from pytest_jwtauth.profile_in_force import MARKER

if TYPE_CHECKING:
    from pytest_jwtauth.model import Profile


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the option and the settings."""
    group = parser.getgroup("jwtauth", "judging OAuth 2.0 client assertions")
    group.addoption(
        "--jwtauth-profile",
        metavar="NAME",
        help="judge requests by this profile instead of the one that the setting jwtauth_profile names",
    )
    group.addoption("--jwtauth-rules", action="store_true", help="print the rules of the profile, and run no test")
    group.addoption("--jwtauth-explain", metavar="RULE", help="print one rule, with examples, and run no test")
    group.addoption("--jwtauth-client", metavar="MODULE:CALLABLE", help="the client for pytest_jwtauth.contract")
    group.addoption("--jwtauth-command", metavar="COMMAND", help="the same, as a program in any language")
    group.addoption(
        "--jwtauth-skip",
        metavar="PROMISE=REASON",
        action="append",
        default=[],
        help="do not hold the client of pytest_jwtauth.contract to this promise",
    )
    group.addoption(
        "--jwtauth-stub",
        metavar="STUB",
        default="live",
        help="where that client finds the endpoint: live (default), responses, or a fixture such as httpx_mock",
    )
    group.addoption(
        "--jwtauth-timeout", metavar="SECONDS", type=float, default=10.0, help="what that client may take for a call"
    )
    group.addoption(
        "--jwtauth-report",
        metavar="DIR",
        help="write contract.json, contract.html and contract.md: what was sent, which rules were exercised and broken",
    )
    parser.addini(
        "jwtauth_profile",
        f"judge requests by this profile (default: {profile_in_force.DEFAULT})",
        default=profile_in_force.DEFAULT,
    )
    parser.addini(
        "jwtauth_rules",
        "levels of rules for all tests, a line each: «exp-lifetime-hygiene = off» (or warning, or error)",
        type="linelist",
        default=[],
    )
    parser.addini("jwtauth_clock", "what freezes the time: freezegun (default) or time-machine", default="freezegun")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and refuse a profile that does not exist before anything is collected."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(profile=name, allow=[rule ids], warn=[rule ids], error=[rule ids], scenarios=[names], "
        "hostile=[names]): how the requests of this test are judged: by which profile, and which rules are off, only "
        "warn, or fail the test; and with which cases of jwtauth_expiry_scenario and jwtauth_hostile_assertion it runs",
    )
    if (
        config.getoption("--jwtauth-profile")
        or config.getini("jwtauth_profile") != profile_in_force.DEFAULT
        or config.getini("jwtauth_rules")
    ):
        from pytest_jwtauth.steering import refuse_bad_settings

        refuse_bad_settings(config)
    records = _Records(config)
    if records.is_report_wanted:
        from pytest_jwtauth.suite_report import make_folder

        make_folder(config)
    config.pluginmanager.register(records, "jwtauth-records")


class _Records:
    """What the tests of a session told of themselves, until all of it is reported."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.texts: list[str] = []
        # A worker of pytest-xdist tells the controller, which writes.
        is_worker = hasattr(config, "workerinput")
        self.is_report_wanted = bool(config.getoption("--jwtauth-report")) and not is_worker

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if text := report.__dict__.get("jwtauth_record"):
            self.texts.append(text)

    def pytest_sessionfinish(self) -> None:
        if self.is_report_wanted:
            from pytest_jwtauth.suite_report import write

            write(self.config, self.texts)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.texts or self.is_report_wanted:
            from pytest_jwtauth.suite_report import tell

            tell(self.config, self.texts, terminalreporter)


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Print the rule book instead of running tests, if that is asked for."""
    explain: str | None = config.getoption("--jwtauth-explain")
    if not explain and not config.getoption("--jwtauth-rules"):
        return None
    from shutil import get_terminal_size

    from pytest_jwtauth import rule_book, steering
    from pytest_jwtauth.errors import ConfigurationError

    try:
        width = get_terminal_size().columns
        profile = steering.profile_of_session
        print(rule_book.explain(explain, width) if explain else rule_book.listing(profile(config), width))
    except ConfigurationError as error:
        raise pytest.UsageError(f"--jwtauth-explain: {error}") from error
    return 0


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test once for each case where it takes a fixture that has cases."""
    for fixture in HAVE_CASES:
        if fixture in metafunc.fixturenames:
            from pytest_jwtauth.case_choice import parametrize

            parametrize(metafunc, fixture)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Refuse markers that cannot be, also those of tests that take no fixture of ours or are deselected."""
    # Not a UsageError in pytest_collection_modifyitems: under pytest-xdist that happens in a worker, whose
    # controller then reports an internal error and no message.
    report = yield
    marks: dict[int, tuple[pytest.Mark, str]] = {}
    for node in (collector, *report.result):
        for mark in node.own_markers:
            if mark.name == MARKER:
                marks.setdefault(id(mark), (mark, node.nodeid))
    if marks:
        from pytest_jwtauth.steering import faults_of

        if wrong := faults_of(marks.values()):
            report.outcome, report.longrepr, report.result = "failed", "\n".join(wrong), []
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Say which test runs, and let helpers that are called without a profile judge by that of this test."""
    before = current_item.running, profile_in_force.find
    current_item.running, profile_in_force.find = item, partial(_profile_without_fixtures, item)
    try:
        return (yield)
    finally:
        current_item.running, profile_in_force.find = before
        if WATCH in item.stash:  # pytest keeps all items to the end of the session
            del item.stash[WATCH]


def _profile_without_fixtures(item: pytest.Item) -> Profile:
    from pytest_jwtauth.steering import profile_of_session

    return profile_of_session(item.config, item.iter_markers(MARKER))


@pytest.hookimpl(wrapper=True, tryfirst=True)  # around all others, so that nothing of the phase comes after it
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail the test for what its endpoints saw, unless it fails by itself."""
    watch = None
    try:
        result = yield
    finally:
        watch = item.stash.get(WATCH, None)
        if watch is not None:
            watch.unread = watch.take_report(item)
    if watch is not None and watch.unread:
        watch.failure = pytest.fail.Exception(watch.unread, pytrace=False)
        raise watch.failure
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show beside a failure of the test's own what its endpoints saw: often it is the reason.

    Of the frames above it, show no variable that would give a credential away.
    """
    report = yield
    watch = item.stash.get(WATCH, None)
    if call.excinfo is not None:
        from pytest_jwtauth.shown_variables import make_discreet

        make_discreet(report.longrepr, () if watch is None else watch.endpoints)
    if watch is None:
        return report
    if call.when == "teardown":
        watch.endpoints = []  # a session keeps its items to its end
    if watch.is_recorded:
        from pytest_jwtauth.suite_record import add

        add(item, watch, report, call.excinfo)
    if call.excinfo is not None and call.excinfo.value is not watch.failure:
        # A unittest.TestCase keeps its failure to itself until now, when ours has been raised already.
        text = watch.unread or watch.take_report(item)
        told = isinstance(call.excinfo.value, AssertionError) and text in str(call.excinfo.value)
        if report.failed and text and not told:
            report.sections.append((MARKER, text))
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_internalerror(excrepr: object) -> None:
    """Show none of our variables where pytest, or a plugin, breaks down."""
    from pytest_jwtauth.shown_variables import make_discreet

    make_discreet(excrepr)


HOLD_CREDENTIALS = frozenset({"ClientAssertion", "TokenRequest", "ReceivedRequest", "TokenResponse", "ClientOutput"})


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a case by its argument where pytest would name it by a text that is a credential."""
    return argname if isinstance(val, str) and _holds_credentials(val) else None


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Show what holds credentials by its repr: of texts and dataclasses pytest prints everything that differs."""
    if _holds_credentials(left) or _holds_credentials(right):
        return [f"{_without_credentials(left)} {op} {_without_credentials(right)}"]
    return None


def _holds_credentials(value: object) -> bool:
    return type(value).__name__ in HOLD_CREDENTIALS and type(value).__module__.startswith("pytest_jwtauth.")


def _without_credentials(value: object) -> str:
    from reprlib import repr as shortened

    from pytest_jwtauth.report_words import mask

    if _holds_credentials(value):
        return repr(value)
    # What is compared with an assertion is likely to be one.
    return mask(value) if isinstance(value, str) and len(value) >= 20 else shortened(value)
