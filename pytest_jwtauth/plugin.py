"""What pytest sees: options, marker, fixtures and hooks. It knows no rule, no key and no wording of a report.

At import it takes pytest and one variable; everything else of ours is imported inside the fixture or hook that needs
it, because pytest loads this file at every start, also for suites that never ask for a token.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jwtauth import profile_in_force

if TYPE_CHECKING:
    from pytest_jwtauth.client_assertion import ClientAssertion
    from pytest_jwtauth.clock import FrozenClock
    from pytest_jwtauth.model import AuthorizationServer, Profile, Verdict
    from pytest_jwtauth.registered_client import RegisteredClient
    from pytest_jwtauth.token_endpoint import TokenEndpoint

MARKER = "jwtauth"
RULE_KEYWORDS = ("allow", "warn", "error")
KEYWORDS = ("profile", *RULE_KEYWORDS)


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
        f"{MARKER}(profile=name, allow=[rule ids], warn=[rule ids], error=[rule ids]): how the requests of this test "
        "are judged: by which profile, and which rules are off, only warn, or fail the test",
    )
    source, name = _configured_profile(config)
    if name != profile_in_force.DEFAULT or config.getini("jwtauth_rules"):
        from pytest_jwtauth.errors import ConfigurationError

        try:
            _adjusted(name, [])
            source = "jwtauth_rules"
            _adjusted(name, [], config.getini("jwtauth_rules"))
        except ConfigurationError as error:
            raise pytest.UsageError(f"{source}: {error}") from error


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Print the rule book instead of running tests, if that is asked for."""
    explain: str | None = config.getoption("--jwtauth-explain")
    if not explain and not config.getoption("--jwtauth-rules"):
        return None
    from pytest_jwtauth import rule_book
    from pytest_jwtauth.errors import ConfigurationError

    try:
        print(rule_book.explain(explain) if explain else rule_book.listing(_profile_of_session(config)))
    except ConfigurationError as error:
        raise pytest.UsageError(f"--jwtauth-explain: {error}") from error
    return 0


def _configured_profile(config: pytest.Config) -> tuple[str, str]:
    """Where the profile's name stands, and the name."""
    option: str | None = config.getoption("--jwtauth-profile")
    return ("--jwtauth-profile", option) if option else ("jwtauth_profile", config.getini("jwtauth_profile"))


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
    if marks and (wrong := _faults_of(marks.values())):
        report.outcome, report.longrepr, report.result = "failed", "\n".join(wrong), []
    return report


def _faults_of(marks: Iterable[tuple[pytest.Mark, str]]) -> list[str]:
    from pytest_jwtauth.errors import ConfigurationError

    wrong = []
    for mark, nodeid in marks:
        try:
            _adjusted(profile_in_force.DEFAULT, [mark])
        except ConfigurationError as error:
            wrong.append(f"{nodeid}: @pytest.mark.{MARKER}: {error}")
    return wrong


def _adjusted(profile: str | Profile, marks: Iterable[pytest.Mark], lines: Iterable[str] = ()) -> Profile:
    """*profile* as the *lines* of the setting jwtauth_rules change it, and then *marks*, the nearest mark first.

    Raises:
        ConfigurationError: for a line or a mark that cannot be.
    """
    from pytest_jwtauth.errors import ConfigurationError, unknown_name
    from pytest_jwtauth.model import Profile
    from pytest_jwtauth.profiles import profile_named
    from pytest_jwtauth.rules import adjust, adjust_by_lines

    settings = []
    for mark in marks:
        if mark.args:
            raise ConfigurationError(
                f"takes keywords only ({', '.join(KEYWORDS)}); got {', '.join(map(repr, mark.args))}"
            )
        for keyword, value in mark.kwargs.items():
            if keyword not in KEYWORDS:
                raise unknown_name("keyword", keyword, KEYWORDS)
            if keyword in RULE_KEYWORDS and not _is_list_of_ids(value):
                raise ConfigurationError(f"{keyword}= takes a list of rule ids; got {value!r}")
        settings.append(mark.kwargs)
    named = [setting["profile"] for setting in settings if "profile" in setting]
    chosen: object = named[0] if named else profile
    if not isinstance(chosen, (str, Profile)):
        raise ConfigurationError(f"a profile is a name or a pytest_jwtauth.Profile; got {chosen!r}")
    adjusted = adjust_by_lines(profile_named(chosen), lines)
    for setting in reversed(settings):
        adjusted = adjust(adjusted, **{key: tuple(setting.get(key, ())) for key in RULE_KEYWORDS})
    return adjusted


def _is_list_of_ids(value: object) -> bool:
    return isinstance(value, (list, tuple, set, frozenset)) and all(isinstance(rule, str) for rule in value)


@pytest.fixture(scope="session")
def jwtauth_client() -> RegisteredClient:
    """The client as the authorization server knows it, made anew for each session; override it in conftest.py.
    ``MyApp(jwtauth_client.client_id, jwtauth_client.client_secret)``
    """
    from pytest_jwtauth.registered_client import RegisteredClient

    return RegisteredClient.generate()


@pytest.fixture(scope="session")
def jwtauth_server() -> AuthorizationServer:
    """The authorization server that is stubbed, with addresses like PingOne's; override it in conftest.py.
    ``MyApp(token_endpoint=jwtauth_server.token_endpoint)``
    """
    from pytest_jwtauth.model import AuthorizationServer

    issuer = "https://auth.pingone.example/4f0c2d6e-58a1-4b7e-9a3d-0c61f7be2d95/as"
    return AuthorizationServer(
        issuer=issuer,
        token_endpoint=f"{issuer}/token",
        jwks_uri=f"{issuer}/jwks",
        introspection_endpoint=f"{issuer}/introspect",
        revocation_endpoint=f"{issuer}/revoke",
        pushed_authorization_request_endpoint=f"{issuer}/par",
        device_authorization_endpoint=f"{issuer}/device_authorization",
        backchannel_authentication_endpoint=f"{issuer}/bc-authorize",
        authorization_endpoint=f"{issuer}/authorize",
    )


@pytest.fixture(scope="session")
def jwtauth_profile(pytestconfig: pytest.Config) -> str | Profile:
    """The profile by which requests are judged: its name, or a `Profile`; override it in conftest.py.
    ``assert_token_request(sent, profile=jwtauth_profile, …)``
    """
    return _configured_profile(pytestconfig)[1]


@pytest.fixture
def jwtauth_client_assertion(
    request: pytest.FixtureRequest,
    jwtauth_client: RegisteredClient,
    jwtauth_server: AuthorizationServer,
    jwtauth_profile: str | Profile,
) -> Callable[..., ClientAssertion]:
    """Make signed client assertions: a correct one, or one with the fault that a rule is named after.
    ``jwtauth_client_assertion(lifetime=60, fault="exp-expired")``; lifetime and now are in seconds.
    """
    from pytest_jwtauth.client_assertion import ClientAssertion

    profile = _profile_of_test(request, jwtauth_profile)
    return partial(ClientAssertion.signed, client=jwtauth_client, server=jwtauth_server, profile=profile)


@pytest.fixture
def jwtauth_clock(pytestconfig: pytest.Config) -> Iterator[FrozenClock]:
    """A clock that stands still, for the code under test, the stub and the judge alike.
    ``jwtauth_clock.tick(3601)``; in seconds, as is ``jwtauth_clock.now`` since 1970.
    """
    from pytest_jwtauth.clock import FrozenClock

    with FrozenClock(freezer=pytestconfig.getini("jwtauth_clock")) as clock:
        yield clock


@pytest.fixture
def jwtauth_token_endpoint(
    request: pytest.FixtureRequest,
    jwtauth_client: RegisteredClient,
    jwtauth_server: AuthorizationServer,
    jwtauth_profile: str | Profile,
) -> Iterator[TokenEndpoint]:
    """A strict stub of the token endpoint, mounted on responses: a wrong request fails the test with every reason.
    ``login(jwtauth_token_endpoint.url)``; ``jwtauth_token_endpoint.clock_skew = 300`` is in seconds.
    """
    from pytest_jwtauth.adapters import for_responses, mount
    from pytest_jwtauth.token_endpoint import TokenEndpoint

    profile = _profile_of_test(request, jwtauth_profile)
    endpoint = TokenEndpoint(client=jwtauth_client, server=jwtauth_server, profile=profile, mounter=mount)
    with _watched(endpoint, request.node), for_responses.mounted(endpoint):
        yield endpoint


def _profile_of_test(request: pytest.FixtureRequest, profile: str | Profile) -> Profile:
    from pytest_jwtauth.errors import ConfigurationError

    try:
        return _adjusted(profile, request.node.iter_markers(MARKER), request.config.getini("jwtauth_rules"))
    except ConfigurationError as error:
        pytest.fail(f"fixture jwtauth_profile, or the marker of this test: {error}", pytrace=False)


class _Watch:
    """The endpoints of one test, and what they saw that has not been reported yet."""

    def __init__(self) -> None:
        self.taken: dict[TokenEndpoint, int] = {}
        self.failure: BaseException | None = None
        self.unread = ""
        self._warned: set[str] = set()

    def take_report(self, item: pytest.Item) -> str:
        """Give the warnings that are new, and return the report of what is new and has to fail *item*, or nothing."""
        from pytest_jwtauth import report

        verdicts: list[Verdict] = []
        for endpoint, taken in self.taken.items():
            unexpected = endpoint.unexpected()
            verdicts += unexpected[taken:]
            self.taken[endpoint] = len(unexpected)
        texts = [report.describe_failures(verdicts)] if verdicts else []
        return "\n".join([*texts, *self._give_warnings(item)])

    def _give_warnings(self, item: pytest.Item) -> Iterator[str]:
        """Warn once per rule; yield the texts of those that the user's filters turn into errors."""
        from pytest_jwtauth.errors import TokenRequestWarning
        from pytest_jwtauth.report import describe_warning

        for endpoint in self.taken:
            for violation in endpoint.warnings():
                if violation.rule not in self._warned:
                    self._warned.add(violation.rule)
                    try:
                        item.warn(TokenRequestWarning(describe_warning(violation)))
                    except TokenRequestWarning as raised:
                        yield str(raised)


_WATCH = pytest.StashKey[_Watch]()


@contextmanager
def _watched(endpoint: TokenEndpoint, item: pytest.Item) -> Iterator[None]:
    """Let what *endpoint* saw count for *item*; a request that comes after the call phase is an error at teardown."""
    watch = item.stash.setdefault(_WATCH, _Watch())
    watch.taken[endpoint] = 0
    try:
        yield
        late = watch.take_report(item)
    finally:
        del watch.taken[endpoint]
        watch.unread = ""  # a plugin may run the test again
    if late:
        pytest.fail(
            f"{late}\n  sent after the test function had returned: by the teardown of a fixture, or by a thread",
            pytrace=False,
        )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Let helpers that are called without a profile judge by that of this test."""
    before = profile_in_force.find
    profile_in_force.find = partial(_profile_without_fixtures, item)
    try:
        return (yield)
    finally:
        profile_in_force.find = before


def _profile_without_fixtures(item: pytest.Item) -> Profile:
    return _profile_of_session(item.config, item.iter_markers(MARKER))


def _profile_of_session(config: pytest.Config, marks: Iterable[pytest.Mark] = ()) -> Profile:
    return _adjusted(_configured_profile(config)[1], marks, config.getini("jwtauth_rules"))


@pytest.hookimpl(wrapper=True, tryfirst=True)  # around all others, so that nothing of the phase comes after it
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail the test for what its endpoints saw, unless it fails by itself."""
    watch = None
    try:
        result = yield
    finally:
        watch = item.stash.get(_WATCH, None)
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
    """Show beside a failure of the test's own what its endpoints saw: often it is the reason."""
    report = yield
    watch = item.stash.get(_WATCH, None)
    if watch is None or call.excinfo is None:
        return report
    if call.excinfo.value is not watch.failure:
        # A unittest.TestCase keeps its failure to itself until now, when ours has been raised already.
        text = watch.unread or watch.take_report(item)
        told = isinstance(call.excinfo.value, AssertionError) and text in str(call.excinfo.value)
        if report.failed and text and not told:
            report.sections.append((MARKER, text))
    return report


HOLD_CREDENTIALS = frozenset({"ClientAssertion", "TokenRequest", "ReceivedRequest", "TokenResponse"})


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
