"""The plugin beside others that stub HTTP, freeze the time, close the network or watch the clock: in both orders."""

from __future__ import annotations

# See test_plugin.py: these must be loaded before an inner run.
import cryptography.hazmat.primitives.serialization  # noqa: F401
import freezegun  # noqa: F401
import httpx  # noqa: F401
import pytest
import responses  # noqa: F401
from conftest import WRONG, InnerRun
from test_plugin_beside_others import RIGHT_LOGIN, TAKES_BOTH, WRONG_LOGIN, needs, times

import pytest_jwtauth

for _name in pytest_jwtauth.__all__:
    getattr(pytest_jwtauth, _name)


def in_both_orders(other: str, body: str) -> str:
    """A suite in which *other*, a fixture, comes after ours and before; its tests run *body* and a right login."""
    lines = "\n".join(f"    {line}" for line in [*body.strip().splitlines(), f"assert {RIGHT_LOGIN}.ok"])
    return f"""
import datetime, time, httpx, requests

def test_ours_first({TAKES_BOTH}, {other}):
{lines}

def test_ours_last({other}, {TAKES_BOTH}):
{lines}

def test_wrong_ours_first({TAKES_BOTH}, {other}):
    {WRONG_LOGIN}

def test_wrong_ours_last({other}, {TAKES_BOTH}):
    {WRONG_LOGIN}
"""


STUBS = {
    "pytest_httpx": (
        "httpx_mock",
        """
httpx_mock.add_response(url="https://api.example/", text="theirs", is_optional=True)
assert httpx.get("https://api.example/").text == "theirs"
""",
    ),
    "respx.plugin": (
        "respx_mock",
        """
respx_mock.get("https://api.example/").respond(text="theirs")
assert httpx.get("https://api.example/").text == "theirs"
""",
    ),
    "pytest_responses": (
        "responses",
        """
responses.get("https://api.example/", body="theirs")
assert requests.get("https://api.example/", timeout=5).text == "theirs"
""",
    ),
}


@pytest.mark.parametrize("plugin", STUBS)
class TestBesideAStubOf:
    def test_each_answers_for_its_own(self, inner: InnerRun, plugin: str) -> None:
        pytest.importorskip(plugin.partition(".")[0])
        run = inner(in_both_orders(*STUBS[plugin]), plugins=[plugin], subprocess=True)
        run.assert_outcomes(passed=2, failed=2)
        assert times(WRONG, run) == 2


@needs("pytest_responses")
def test_what_is_sent_at_teardown_is_judged_although_pytest_responses_has_stopped(inner: InnerRun) -> None:
    """It stops before the fixtures of a test are torn down, and the request would go to the network."""
    run = inner(
        f"""
        import requests
        from requests.adapters import HTTPAdapter

        SEND = HTTPAdapter.send

        @pytest.fixture
        def late({TAKES_BOTH}):
            yield
            assert {RIGHT_LOGIN}.ok
            with pytest.raises(requests.ConnectionError, match="refused"):
                requests.get("https://api.example/", timeout=5)

        @pytest.fixture
        def late_and_wrong({TAKES_BOTH}):
            yield
            {WRONG_LOGIN}

        def test_right(late): pass
        def test_wrong(late_and_wrong): pass

        @pytest.mark.withoutresponses
        def test_nothing_is_left_behind(): assert HTTPAdapter.send is SEND
        """,
        plugins=["pytest_responses"],
        subprocess=True,
    )
    run.assert_outcomes(passed=3, errors=1)
    assert times(WRONG, run) == 1


@needs("pytest_responses")
def test_the_live_endpoint_is_reached_where_pytest_responses_stubs_every_test(inner: InnerRun) -> None:
    run = inner(
        """
        import requests

        def form(live, assertion):
            return {
                "grant_type": "client_credentials",
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": assertion(server=live.server),
            }

        def test_ours_first(jwtauth_live_token_endpoint, responses, jwtauth_client_assertion):
            live = jwtauth_live_token_endpoint
            assert requests.post(live.url, data=form(live, jwtauth_client_assertion), timeout=5).ok

        def test_ours_last(responses, jwtauth_live_token_endpoint, jwtauth_client_assertion):
            live = jwtauth_live_token_endpoint
            assert requests.post(live.url, data=form(live, jwtauth_client_assertion), timeout=5).ok
        """,
        plugins=["pytest_responses"],
        subprocess=True,
    )
    run.assert_outcomes(passed=2)


FREEZERS = {
    "pytest_freezer": ("freezer", "freezer.move_to('2030-01-01')"),
    "time_machine": (
        "time_machine",
        "time_machine.move_to(datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc), tick=False)",
    ),
}
IN_2030 = 1_893_456_000


@pytest.mark.parametrize("plugin", FREEZERS)
class TestBesideAFreezerOf:
    def test_the_endpoint_lives_in_the_time_that_is_shown(self, inner: InnerRun, plugin: str) -> None:
        pytest.importorskip(plugin)
        fixture, move = FREEZERS[plugin]
        body = f"{move}\nassert jwtauth_token_endpoint.now == time.time() == {IN_2030}"
        run = inner(in_both_orders(fixture, body), plugins=[plugin], subprocess=True)
        run.assert_outcomes(passed=2, failed=2)
        assert times(WRONG, run) == 2

    def test_our_clock_moves_the_time_that_the_other_has_stopped(self, inner: InnerRun, plugin: str) -> None:
        pytest.importorskip(plugin)
        fixture, move = FREEZERS[plugin]
        run = inner(
            f"""
            import datetime, time

            def test_ours_last({fixture}, jwtauth_clock, {TAKES_BOTH}):
                jwtauth_clock.move_to({IN_2030})
                assert jwtauth_token_endpoint.now == time.time() == {IN_2030}
                assert {RIGHT_LOGIN}.ok

            def test_theirs_is_as_it_was({fixture}):
                {move}
                assert time.time() == {IN_2030}

            def test_the_time_is_real_again():
                assert time.time() < {IN_2030}
            """,
            ini="jwtauth_clock = time-machine" if plugin == "time_machine" else "",
            plugins=[plugin],
            subprocess=True,
        )
        run.assert_outcomes(passed=3)


@needs("pytest_socket")
class TestWherePytestSocketClosesTheNetwork:
    def test_the_stub_needs_no_socket(self, inner: InnerRun) -> None:
        run = inner(in_both_orders("socket_disabled", "pass"), plugins=["pytest_socket"], subprocess=True)
        run.assert_outcomes(passed=2, failed=2)
        assert times(WRONG, run) == 2

    def test_the_live_endpoint_needs_loopback_alone(self, inner: InnerRun) -> None:
        run = inner(
            """
            import socket

            def test_right(jwtauth_live_token_endpoint, jwtauth_client_assertion):
                live = jwtauth_live_token_endpoint
                assert login(live, jwtauth_client_assertion(server=live.server)).ok
                with pytest.raises(RuntimeError, match="A test tried to use socket.socket.connect"):
                    socket.create_connection(("192.0.2.1", 80), timeout=1)

            def test_wrong(jwtauth_live_token_endpoint, jwtauth_client_assertion):
                live = jwtauth_live_token_endpoint
                login(live, jwtauth_client_assertion(server=live.server), auth=PASSWORD)
            """,
            *("--disable-socket", "--allow-hosts=127.0.0.1"),
            plugins=["pytest_socket"],
            subprocess=True,
        )
        run.assert_outcomes(passed=1, failed=1)
        assert times(WRONG, run) == 1


@needs("pytest_randomly")
def test_what_is_made_is_new_in_each_run_although_pytest_randomly_seeds_them_alike(
    inner: InnerRun, pytester: pytest.Pytester
) -> None:
    suite = f"""
        import random

        def test_login({TAKES_BOTH}):
            assert {RIGHT_LOGIN}.ok
            sent = jwtauth_token_endpoint.requests[0]
            made = [sent.form["code"], sent.assertion.claims["jti"], jwtauth_token_endpoint.issue_refresh_token()]
            with open("made.txt", "a") as file:
                print(random.random(), *made, file=file)
    """
    for _ in range(2):
        inner(suite, "-p", "pytest_randomly", "--randomly-seed=1", subprocess=True).assert_outcomes(passed=1)
    first, second = (pytester.path / "made.txt").read_text("utf-8").splitlines()
    # The first is a number at random.
    assert [one == other for one, other in zip(first.split(), second.split(), strict=True)] == [True, *[False] * 3]


@needs("pytest_timeout")
@pytest.mark.parametrize("method", ["signal", "thread"])
def test_a_clock_that_is_moved_by_years_sets_off_no_time_out_of_pytest_timeout(inner: InnerRun, method: str) -> None:
    run = inner(
        f"""
        def test_right({TAKES_BOTH}, jwtauth_clock):
            jwtauth_clock.tick(10**8)
            assert login(jwtauth_token_endpoint, jwtauth_client_assertion(now=jwtauth_clock.now)).ok

        def test_wrong({TAKES_BOTH}): {WRONG_LOGIN}
        """,
        *("--timeout=60", f"--timeout-method={method}", "--session-timeout=600"),
        plugins=["pytest_timeout"],
        subprocess=True,
    )
    run.assert_outcomes(passed=1, failed=1)
    assert times(WRONG, run) == 1


class TestDoctests:
    def test_that_use_nothing_of_ours_pass(self, inner: InnerRun) -> None:
        run = inner(
            """
            def double(number):
                \"\"\"Twice as much.

                >>> double(2)
                4
                \"\"\"
                return 2 * number
            """,
            "--doctest-modules",
        )
        run.assert_outcomes(passed=1)

    def test_that_use_the_stub_fail_for_a_wrong_request(self, inner: InnerRun) -> None:
        document = """
def {name}():
    \'\'\'
    >>> endpoint, assertion = getfixture("jwtauth_token_endpoint"), getfixture("jwtauth_client_assertion")
    >>> login(endpoint, assertion(), **{how}).ok
    {ok}
    \'\'\'
"""
        right = document.format(name="right", how={}, ok=True)
        wrong = document.format(name="wrong", how={"auth": ("someone", "something")}, ok=False)
        run = inner(right + wrong, "--doctest-modules")
        run.assert_outcomes(passed=1, failed=1)
        assert times(WRONG, run) == 1


ASYNCHRONOUS = """
import asyncio

import httpx

FORM = {"grant_type": "client_credentials"}
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


async def fetch(endpoint, assertion, **how):
    form = {"grant_type": "client_credentials", "client_assertion_type": TYPE, "client_assertion": assertion}
    async with httpx.AsyncClient(**how) as client:
        return await asyncio.wait_for(client.post(endpoint.url, data=form), 5)
"""
ASYNCHRONOUS_TESTS = """
@MARK
async def test_a_frozen_clock_lets_time_outs_and_sleeps_pass(
    jwtauth_token_endpoint, httpx_mock, jwtauth_client_assertion, jwtauth_clock
):
    jwtauth_token_endpoint.mount(httpx_mock)
    assert (await fetch(jwtauth_token_endpoint, jwtauth_client_assertion(now=jwtauth_clock.now))).is_success
    jwtauth_clock.tick(3601)
    await asyncio.sleep(0.001)
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(asyncio.sleep(60), 0.01)
    answers = await asyncio.gather(
        *(fetch(jwtauth_token_endpoint, jwtauth_client_assertion(now=jwtauth_clock.now)) for _ in range(5))
    )
    assert all(answer.is_success for answer in answers)

@MARK
async def test_wrong(httpx_mock, jwtauth_token_endpoint, jwtauth_client_assertion):
    jwtauth_token_endpoint.mount(httpx_mock)
    await fetch(jwtauth_token_endpoint, jwtauth_client_assertion(), auth=PASSWORD)
"""
ASYNCHRONOUS_LIVE = """
import aiohttp

async def fetch_by_aiohttp(endpoint, assertion, seconds):
    form = {"grant_type": "client_credentials", "client_assertion_type": TYPE, "client_assertion": assertion}
    timeout = aiohttp.ClientTimeout(total=seconds)
    async with aiohttp.ClientSession(timeout=timeout) as session, session.post(endpoint.url, data=form) as answer:
        return answer.status

@MARK
async def test_a_frozen_clock_lets_the_time_outs_of_aiohttp_pass(
    jwtauth_live_token_endpoint, jwtauth_client_assertion, jwtauth_clock
):
    live = jwtauth_live_token_endpoint
    sign = lambda: jwtauth_client_assertion(server=live.server, now=live.now)
    assert await fetch_by_aiohttp(live, sign(), 5) == 200
    jwtauth_clock.tick(3601)
    live.then("read-timeout")
    with pytest.raises(asyncio.TimeoutError):
        await fetch_by_aiohttp(live, sign(), 0.05)
    assert await asyncio.gather(*(fetch_by_aiohttp(live, sign(), 5) for _ in range(5))) == [200] * 5

@MARK
async def test_wrong_by_aiohttp(jwtauth_live_token_endpoint, jwtauth_client_assertion):
    live = jwtauth_live_token_endpoint
    assert await fetch_by_aiohttp(live, jwtauth_client_assertion(server=live.server, fault="exp-expired"), 5) == 401
"""
LOOPS = {
    "pytest-asyncio, strict": ("pytest_asyncio.plugin", "pytest.mark.asyncio", "asyncio_mode = strict"),
    "pytest-asyncio, auto": ("pytest_asyncio.plugin", "pytest.mark.filterwarnings()", "asyncio_mode = auto"),
    "anyio": ("anyio.pytest_plugin", "pytest.mark.anyio", ""),
}
ANYIO = """
@pytest.fixture
def anyio_backend():
    return "asyncio"
"""


@needs("pytest_httpx")
@needs("aiohttp")
@pytest.mark.parametrize("loop", LOOPS)
def test_asynchronous_tests_are_judged_through_a_mount_and_at_a_port_and_a_frozen_clock_does_not_hang_them(
    inner: InnerRun, loop: str
) -> None:
    plugin, mark, ini = LOOPS[loop]
    pytest.importorskip(plugin.partition(".")[0])
    run = inner(
        ASYNCHRONOUS + (ASYNCHRONOUS_TESTS + ASYNCHRONOUS_LIVE).replace("MARK", mark),
        plugins=[plugin, "pytest_httpx"],
        conftest=ANYIO,
        ini=ini,
        subprocess=True,
    )
    run.assert_outcomes(passed=2, failed=2)
    assert (times(WRONG, run), times("exp-expired: 1 rule of profile", run)) == (1, 1)
