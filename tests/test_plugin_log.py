"""What the code under test logs is judged with its requests: by the fixtures, in every way in which pytest is run."""

from __future__ import annotations

import logging

import pytest
from conftest import InnerRun
from requests_under_test import CLIENT, SERVER, a_request

from pytest_jwtauth import PROFILES, Profile, TokenEndpoint, judge

BOTH = "jwtauth_token_endpoint, jwtauth_client_assertion"
LOGGING = """
import logging
logger = logging.getLogger("app.oauth")
logger.setLevel("DEBUG")
"""
LOGS_THE_CODE = f"""{LOGGING}
def test_login({BOTH}):
    login(jwtauth_token_endpoint, jwtauth_client_assertion())
    logger.info("exchanged %s", jwtauth_token_endpoint.requests[0].form["code"])
"""
WARNS = "*TokenRequestWarning: log-credential-leak: in the log: code (app.oauth, INFO, test_inner.py:*) (expected: *"
FAILS = "*log-credential-leak: 1 rule of profile 'pingone' broken*"


def assert_warned_once(result: pytest.RunResult) -> None:
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines([WARNS])


def test_a_leak_is_a_warning_that_names_logger_level_and_line(inner: InnerRun) -> None:
    assert_warned_once(inner(LOGS_THE_CODE))


@pytest.mark.parametrize(
    ("options", "plugins", "ini"),
    [
        (["-p", "no:logging"], [], ""),
        (["-n", "2"], ["xdist.plugin"], ""),
        (["--log-level=DEBUG", "--log-cli-level=DEBUG"], [], ""),
        ([], [], "log_level = DEBUG"),
        (["-p", "no:warnings", "-s"], [], "jwtauth_rules = log-credential-leak = error"),
    ],
)
def test_it_is_noticed_however_pytest_runs(inner: InnerRun, options: list[str], plugins: list[str], ini: str) -> None:
    result = inner(LOGS_THE_CODE, *options, plugins=plugins, ini=ini, subprocess="-n" in options)
    if ini.endswith("error"):
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines([FAILS, "*in the log: code (app.oauth, INFO, test_inner.py:*)*"])
    else:
        assert_warned_once(result)


@pytest.mark.parametrize(
    ("mark", "outcome"),
    [
        ('error=["log-credential-leak"]', {"failed": 1}),
        ('allow=["log-credential-leak"]', {"passed": 1, "warnings": 0}),
        ('warn=["log-credential-leak"]', {"passed": 1, "warnings": 1}),
    ],
)
def test_the_marker_says_what_a_leak_is(inner: InnerRun, mark: str, outcome: dict[str, int]) -> None:
    source = LOGS_THE_CODE.replace("def test", f"@pytest.mark.jwtauth({mark})\ndef test")
    inner(source).assert_outcomes(**outcome)


def test_the_report_names_the_place_and_not_what_was_logged(inner: InnerRun) -> None:
    result = inner(
        f"""{LOGGING}
        @pytest.mark.jwtauth(error=["log-credential-leak"])
        def test_login({BOTH}):
            assertion = jwtauth_client_assertion()
            tokens = login(jwtauth_token_endpoint, assertion).json()
            logger.debug("%s with %s", str(assertion), jwtauth_token_endpoint.client.client_secret)
            logger.error("failed", exc_info=ValueError(tokens["access_token"]))
        """.replace("\n        ", "\n"),
        "--show-capture=no",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*the client's secret or private key, the client assertion (app.oauth, DEBUG, test_inner.py:*); "
            "access_token (app.oauth, ERROR, test_inner.py:*)*",
            "*expected: Secrets, assertions, codes and tokens are not logged.*",
        ]
    )
    assert "eyJ" not in result.stdout.str()


EVERY_WAY = {
    "before the request": "logger.info(endpoint.client.client_secret); login(endpoint, sign())",
    "after the request": "login(endpoint, sign()); logger.info(endpoint.client.client_secret)",
    "an assertion of another request": (
        "one = sign(); login(endpoint, one); login(endpoint, sign()); logger.info(str(one))"
    ),
    "by a logger that does not propagate": ("login(endpoint, sign()); mute.info(endpoint.client.client_secret)"),
    "by a thread": (
        "login(endpoint, sign()); t = threading.Thread(target=logger.info, args=(endpoint.client.client_secret,)); "
        "t.start(); t.join()"
    ),
    "where caplog is cleared": (
        "login(endpoint, sign()); logger.info(endpoint.client.client_secret); request.getfixturevalue('caplog').clear()"
    ),
    "where caplog lowers the level": (
        "request.getfixturevalue('caplog').set_level(10, 'quiet'); login(endpoint, sign()); "
        "logging.getLogger('quiet').debug(endpoint.client.client_secret)"
    ),
    "a lazy message that cannot be formatted": (
        "logging.raiseExceptions = False; login(endpoint, sign()); logger.info('%d', endpoint.client.client_secret)"
    ),
    "twice": "login(endpoint, sign()); [logger.info(endpoint.client.client_secret) for _ in range(2)]",
}
NO_WAY = {
    "nothing": "login(endpoint, sign())",
    "nothing that proves anything": "login(endpoint, sign()); logger.info(endpoint.url)",
    "the level is too high": "login(endpoint, sign()); logging.getLogger('loud').debug(endpoint.client.client_secret)",
    "logging is off": (
        "login(endpoint, sign()); logging.disable(50); logger.info(endpoint.client.client_secret); logging.disable(0)"
    ),
    "no request": "logger.info(endpoint.client.client_secret)",
    "what urllib3 logs": "logging.getLogger('urllib3').setLevel('DEBUG'); login(endpoint, sign())",
    "what is printed": "login(endpoint, sign()); print(endpoint.client.client_secret)",
}
FIXTURES = f"""{LOGGING}
import threading
mute = logging.getLogger("app.mute")
mute.propagate = False
mute.setLevel("DEBUG")
logging.getLogger("loud").setLevel("WARNING")

def test_it(jwtauth_token_endpoint, jwtauth_client_assertion, request):
    endpoint, sign = jwtauth_token_endpoint, jwtauth_client_assertion
    """


@pytest.mark.parametrize("way", EVERY_WAY)
def test_it_is_found_once_if_it_is_logged(inner: InnerRun, way: str) -> None:
    inner(FIXTURES + EVERY_WAY[way]).assert_outcomes(passed=1, warnings=1)


@pytest.mark.parametrize("way", NO_WAY)
def test_nothing_is_found_if(inner: InnerRun, way: str) -> None:
    inner(FIXTURES + NO_WAY[way]).assert_outcomes(passed=1, warnings=0)


@pytest.mark.parametrize("level", ["warn", "error"])
def test_a_leak_in_the_teardown_of_a_fixture_counts(inner: InnerRun, level: str) -> None:
    result = inner(
        f"""{LOGGING}
@pytest.fixture
def application(jwtauth_token_endpoint, jwtauth_client_assertion):
    login(jwtauth_token_endpoint, jwtauth_client_assertion())
    yield
    logger.info("closing with %s", jwtauth_token_endpoint.client.client_secret)

@pytest.mark.jwtauth({level}=["log-credential-leak"])
def test_it(application): pass
"""
    )
    if level == "warn":
        result.assert_outcomes(passed=1, warnings=1)
    else:
        result.assert_outcomes(passed=1, errors=1)
        result.stdout.fnmatch_lines([FAILS, "*sent or logged after the test function had returned*"])


def test_a_leak_stands_beside_a_failure_of_the_test_itself(inner: InnerRun) -> None:
    result = inner(FIXTURES + "login(endpoint, sign()); logger.info(endpoint.client.client_secret); assert False")
    result.assert_outcomes(failed=1, warnings=1)


def test_nothing_is_collected_when_no_endpoint_is_in_use(inner: InnerRun) -> None:
    result = inner(
        """
        import logging

        def test_with(jwtauth_token_endpoint):
            assert logging.getLogRecordFactory() is not logging.LogRecord

        def test_without(jwtauth_clock):
            assert logging.getLogRecordFactory() is logging.LogRecord
        """
    )
    result.assert_outcomes(passed=2)


def test_a_client_that_logs_what_it_sends_is_found_out(inner: InnerRun) -> None:
    result = inner(
        """
        import logging
        from requests_oauthlib import OAuth2Session

        def test_it(jwtauth_token_endpoint, jwtauth_client_assertion, caplog):
            caplog.set_level("DEBUG", "requests_oauthlib")
            endpoint = jwtauth_token_endpoint
            session = OAuth2Session(endpoint.client.client_id, redirect_uri=CALLBACK)
            session.fetch_token(
                endpoint.url,
                code=endpoint.issue_code(redirect_uri=CALLBACK),
                include_client_id=False,
                auth=lambda request: request,  # or it would add Basic
                client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                client_assertion=str(jwtauth_client_assertion()),
            )
        """
    )
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*log-credential-leak: in the log: *(requests_oauthlib.oauth2_session, DEBUG, *"])


PROFILE: Profile = PROFILES["pingone"].but(name="ours", levels={"log-credential-leak": "error"})


def an_endpoint(profile: Profile = PROFILE) -> TokenEndpoint:
    return TokenEndpoint(client=CLIENT, server=SERVER, profile=profile)


def test_a_leak_does_not_change_an_answer() -> None:
    endpoint = an_endpoint()
    with endpoint.watch_log():
        endpoint.respond(a_request())
        logging.getLogger("app").error(CLIENT.client_secret)
        first, second = endpoint.requests[0].response, endpoint.respond(a_request(claims={"jti": "another"}))
    assert first is not None
    assert second.status == first.status
    assert [verdict.rules for verdict in endpoint.unexpected()][-1] == ("log-credential-leak",)


def test_a_leak_can_be_what_a_block_wants() -> None:
    endpoint = an_endpoint()
    with endpoint.watch_log():
        endpoint.respond(a_request())
        before = len(endpoint.unexpected())
        with endpoint.expect_violation("log-credential-leak") as block:
            logging.getLogger("app").error(CLIENT.client_secret)
        assert [verdict.rules for verdict in block.verdicts] == [("log-credential-leak",)]
        assert len(endpoint.unexpected()) == before


def test_what_was_logged_before_a_block_is_not_what_it_wants() -> None:
    endpoint = an_endpoint()
    with endpoint.watch_log():
        endpoint.respond(a_request())
        logging.getLogger("app").error(CLIENT.client_secret)
        with (
            pytest.raises(AssertionError, match="log-credential-leak: expected inside this block"),
            endpoint.expect_violation("log-credential-leak"),
        ):
            pass
    assert ("log-credential-leak",) in [verdict.rules for verdict in endpoint.unexpected()]


def test_without_a_watch_nothing_that_is_logged_is_judged() -> None:
    endpoint = an_endpoint()
    endpoint.respond(a_request())
    logging.getLogger("app").error(CLIENT.client_secret)
    assert all("log-credential-leak" not in verdict.rules for verdict in endpoint.unexpected())


def test_judge_takes_the_records_of_caplog(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("app").warning("%s", CLIENT.client_secret)
    verdict = judge(a_request(), client=CLIENT, server=SERVER, profile=PROFILE, logged=caplog.records)
    (leak,) = [violation for violation in verdict.violations if violation.rule == "log-credential-leak"]
    assert leak.found.startswith("in the log: the client's secret or private key (app, WARNING, ")
    assert "test_plugin_log.py:" in leak.found
