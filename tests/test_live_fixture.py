"""The fixture ``jwtauth_live_token_endpoint``: one server for a session, a fresh endpoint for each test."""

from __future__ import annotations

from importlib.util import find_spec

import pytest
import trustme  # noqa: F401  brings cryptography: an inner run in this process may not be the first to import it
from conftest import WRONG, InnerRun

LIVE = '''
import threading, time
import requests

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def form(endpoint, assertion, **fields):
    """A right form, for a code if there is one."""
    grant = {"grant_type": "authorization_code", "redirect_uri": CALLBACK} if "code" in fields else {
        "grant_type": "client_credentials"
    }
    signed = assertion(server=endpoint.server, now=endpoint.now)
    return {**grant, "client_assertion_type": ASSERTION_TYPE, "client_assertion": signed, **fields}


def send(endpoint, assertion, **how):
    verify = how.pop("verify", endpoint.ca_file)
    return requests.post(endpoint.url, data=form(endpoint, assertion), timeout=5, verify=verify, **how)
'''


def test_a_right_request_gets_tokens_over_http_and_over_https(inner: InnerRun) -> None:
    inner(
        LIVE
        + """
def test_both(jwtauth_live_token_endpoint, jwtauth_client_assertion):
    live = jwtauth_live_token_endpoint
    assert live.url.startswith("http://127.0.0.1:")
    assert send(live, jwtauth_client_assertion).json()["access_token"]
    assert live.https is live.https is not live
    assert live.https.url.startswith("https://127.0.0.1:")
    assert send(live.https, jwtauth_client_assertion).json()["access_token"]
    assert len(live.requests) == len(live.https.requests) == 1
"""
    ).assert_outcomes(passed=1)


def test_a_wrong_request_fails_the_test_in_its_call_phase(inner: InnerRun) -> None:
    run = inner(
        LIVE
        + """
def test_http(jwtauth_live_token_endpoint, jwtauth_client_assertion):
    send(jwtauth_live_token_endpoint, jwtauth_client_assertion, auth=PASSWORD)

def test_https(jwtauth_live_token_endpoint, jwtauth_client_assertion):
    send(jwtauth_live_token_endpoint.https, jwtauth_client_assertion, auth=PASSWORD)

def test_garbage(jwtauth_live_token_endpoint):
    import socket
    from urllib.parse import urlsplit

    parts = urlsplit(jwtauth_live_token_endpoint.url)
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        connection.sendall(b"nonsense\\r\\n\\r\\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 404")

def test_wanted(jwtauth_live_token_endpoint, jwtauth_client_assertion):
    with jwtauth_live_token_endpoint.expect_violation():
        send(jwtauth_live_token_endpoint, jwtauth_client_assertion, auth=PASSWORD)

@pytest.mark.jwtauth(profile="rfc7523", allow=["auth-multiple-methods", "auth-basic-present"])
def test_allowed(jwtauth_live_token_endpoint, jwtauth_client_assertion):
    assert send(jwtauth_live_token_endpoint, jwtauth_client_assertion, auth=PASSWORD).ok
"""
    )
    run.assert_outcomes(failed=3, passed=2)
    run.stdout.fnmatch_lines([WRONG] * 2)
    run.stdout.fnmatch_lines(["http-method-not-post, *"])


def test_a_suite_may_have_https_everywhere_and_a_server_of_its_own(inner: InnerRun) -> None:
    inner(
        LIVE
        + """
def test_one(jwtauth_live_token_endpoint, jwtauth_client_assertion):
    assert jwtauth_live_token_endpoint.url.startswith("https://127.0.0.1:")
    assert jwtauth_live_token_endpoint.url.endswith("/realms/a/token")
    assert send(jwtauth_live_token_endpoint, jwtauth_client_assertion).ok
""",
        conftest="""
from pytest_jwtauth import AuthorizationServer

@pytest.fixture(scope="session")
def jwtauth_server():
    return AuthorizationServer("https://id.example/realms/a", "https://id.example/realms/a/token")

@pytest.fixture
def jwtauth_live_token_endpoint(jwtauth_live_token_endpoint):
    return jwtauth_live_token_endpoint.https
""",
    ).assert_outcomes(passed=1)


def test_what_an_earlier_test_left_behind_does_not_reach_the_next(inner: InnerRun) -> None:
    run = inner(
        LIVE
        + """
heard = []

def test_first(jwtauth_live_token_endpoint, jwtauth_client_assertion):
    live, go = jwtauth_live_token_endpoint, threading.Event()
    session = requests.Session()
    assert session.post(live.url, data=form(live, jwtauth_client_assertion)).ok
    late = form(live, jwtauth_client_assertion)

    def later(post):
        go.wait(5)
        try:
            heard.append(post(live.url, data=late, auth=PASSWORD, timeout=5))
        except requests.exceptions.ConnectionError:
            heard.append("nobody")

    threads = [threading.Thread(target=later, args=(post,)) for post in (session.post, requests.post)]
    [thread.start() for thread in threads]
    test_first.go, test_first.threads = go, threads

def test_second(jwtauth_live_token_endpoint, jwtauth_client_assertion):
    test_first.go.set()
    [thread.join() for thread in test_first.threads]
    assert heard == ["nobody", "nobody"]
    assert jwtauth_live_token_endpoint.requests == ()
    assert send(jwtauth_live_token_endpoint, jwtauth_client_assertion).ok
"""
    )
    run.assert_outcomes(passed=2)


def test_a_request_from_a_teardown_is_an_error_there(inner: InnerRun) -> None:
    run = inner(
        LIVE
        + """
@pytest.fixture
def app(jwtauth_live_token_endpoint, jwtauth_client_assertion):
    yield
    send(jwtauth_live_token_endpoint, jwtauth_client_assertion, auth=PASSWORD)

def test_one(app):
    pass
"""
    )
    run.assert_outcomes(passed=1, errors=1)
    run.stdout.fnmatch_lines([WRONG, "*after the test function had returned*"])


def test_one_server_serves_a_session_and_stops_at_its_end_even_if_tests_die(inner: InnerRun) -> None:
    run = inner(
        LIVE
        + """
THREADS = []

def servers():
    return [thread for thread in threading.enumerate() if thread.name == "jwtauth-live"]

@pytest.mark.parametrize("number", range(3))
def test_many(jwtauth_live_token_endpoint, jwtauth_client_assertion, number):
    live = jwtauth_live_token_endpoint
    THREADS.extend(servers())
    assert len(servers()) == 1 and len(set(THREADS)) == 1
    live.then("read-timeout")
    try:
        requests.post(live.url, data=form(live, jwtauth_client_assertion), timeout=0.05)
    except requests.exceptions.Timeout:
        pass
    raise KeyboardInterrupt if number == 2 else ValueError
""",
        conftest="""
import threading, time

@pytest.hookimpl(trylast=True)
def pytest_unconfigure():
    print("LEFT", [thread.name for thread in threading.enumerate() if thread.name.startswith("jwtauth")])
""",
        subprocess=True,
    )
    assert "LEFT []" in run.stdout.str()
    assert run.parseoutcomes()["failed"] == 2


PACKAGES = {"pytest_httpserver": ("pytest-httpserver", "live"), "trustme": ("trustme", "live.https")}


@pytest.mark.parametrize("module", PACKAGES)
def test_without_the_extra_it_is_said_what_to_install(inner: InnerRun, module: str) -> None:
    package, used = PACKAGES[module]
    run = inner(
        f"""
def test_one(jwtauth_live_token_endpoint):
    live = jwtauth_live_token_endpoint
    {used}
""",
        conftest=f"""
import sys

sys.modules[{module!r}] = None
""",
    )
    assert run.ret == 1
    run.stdout.fnmatch_lines(
        [f'*the live token endpoint needs {package}, which is not installed: pip install "pytest-jwtauth[[]live]"']
    )


def test_it_moves_with_the_frozen_clock_and_by_its_own(inner: InnerRun) -> None:
    inner(
        LIVE
        + """


@pytest.fixture
def live(jwtauth_live_token_endpoint):
    return jwtauth_live_token_endpoint

def test_a_frozen_clock_is_seen_in_its_threads(live, jwtauth_clock, jwtauth_client_assertion):
    jwtauth_clock.move_to("2031-01-01T00:00:00Z")
    assert live.clock.now == live.now == jwtauth_clock.now
    stale = form(live, jwtauth_client_assertion)
    assert send(live, jwtauth_client_assertion).headers["Date"] == "Wed, 01 Jan 2031 00:00:00 GMT"
    jwtauth_clock.tick(3601)
    with live.expect_violation("exp-expired"):
        requests.post(live.url, data=stale, timeout=5)
    assert send(live, jwtauth_client_assertion).ok
    assert [request.received_at for request in live.requests] == [jwtauth_clock.now - 3601, *[jwtauth_clock.now] * 2]

def test_time_passes_for_the_server_alone(jwtauth_live_token_endpoint, jwtauth_client_assertion):
    live = jwtauth_live_token_endpoint
    before = time.time()
    assert 0 <= live.clock.now - before < 60
    assert 3600 <= live.clock.advance(3600) - before < 3660
    live.clock_skew = 300
    assert 3900 <= live.now - before < 3960
    with live.expect_violation("exp-expired"):
        requests.post(live.url, data=form(live, lambda **how: jwtauth_client_assertion(server=live.server)), timeout=5)
    assert send(live, jwtauth_client_assertion).ok

def test_a_clock_goes_forwards(jwtauth_live_token_endpoint):
    from pytest_jwtauth.errors import ConfigurationError

    for wrong in (-1, float("nan"), float("inf")):
        with pytest.raises(ConfigurationError, match="time passes forwards"):
            jwtauth_live_token_endpoint.clock.advance(wrong)
    with pytest.raises(TypeError, match="a number of seconds; got str"):
        jwtauth_live_token_endpoint.clock.advance("1")
    assert repr(jwtauth_live_token_endpoint.clock).startswith("<ServerClock 2")
"""
    ).assert_outcomes(passed=3)


CONCURRENT = """
import asyncio, json, ssl
from concurrent.futures import ThreadPoolExecutor

MANY = _MANY

@pytest.fixture(params=["http", "https"])
def live(request, jwtauth_live_token_endpoint):
    return jwtauth_live_token_endpoint.https if request.param == "https" else jwtauth_live_token_endpoint

@pytest.fixture
def forms(live, jwtauth_client_assertion):
    codes = [live.issue_code(redirect_uri=CALLBACK) for _ in range(MANY)]
    return [form(live, jwtauth_client_assertion, code=code) for code in codes]

@pytest.fixture
def trust(live):
    return ssl.create_default_context(cafile=live.ca_file)

def check(live, forms, answers):
    got = {one["code"]: answer["access_token"] for one, answer in zip(forms, answers)}
    assert len(set(got.values())) == MANY
    assert got == {one.form["code"]: json.loads(one.response.body)["access_token"] for one in live.requests}

def test_threads(live, forms):
    def exchange(form):
        return requests.post(live.url, data=form, timeout=120, verify=live.ca_file).json()

    with ThreadPoolExecutor(20) as pool:
        check(live, forms, pool.map(exchange, forms))

@pytest.mark.asyncio
async def test_httpx(live, forms, trust):
    import httpx

    async with httpx.AsyncClient(verify=trust, timeout=120) as client:
        answers = await asyncio.gather(*[client.post(live.url, data=form) for form in forms])
    check(live, forms, [answer.json() for answer in answers])

@pytest.mark.asyncio
async def test_aiohttp(live, forms, trust):
    import aiohttp

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trust)) as session:
        async def exchange(form):
            async with session.post(live.url, data=form) as answer:
                return await answer.json()

        check(live, forms, await asyncio.gather(*map(exchange, forms)))
"""


@pytest.mark.parametrize(
    ("options", "many"),
    [pytest.param([], 200, id="one process"), pytest.param(["-n2"], 40, id="two workers, each with a server")],
)
def test_concurrent_exchanges_are_all_counted_once(inner: InnerRun, options: list[str], many: int) -> None:
    if options and find_spec("xdist") is None:
        pytest.skip("xdist is not installed")
    plugins = ["pytest_asyncio.plugin", *(["xdist.plugin"] if options else [])]
    unset = (
        "ignore:The configuration option .asyncio_default_fixture_loop_scope. is unset:pytest.PytestDeprecationWarning"
    )
    ini = f"filterwarnings =\n  error\n  {unset}"
    run = inner(LIVE + CONCURRENT.replace("_MANY", str(many)), *options, plugins=plugins, subprocess=True, ini=ini)
    run.assert_outcomes(passed=6)


def test_a_suite_without_responses_does_not_load_it_for_the_live_endpoint(inner: InnerRun) -> None:
    inner(
        LIVE
        + """
import sys

@pytest.fixture(autouse=True)
def without_responses(monkeypatch):
    monkeypatch.delitem(sys.modules, "responses", raising=False)

def test_it(jwtauth_live_token_endpoint, jwtauth_client_assertion):
    assert send(jwtauth_live_token_endpoint, jwtauth_client_assertion).ok
    assert "responses" not in sys.modules
"""
    ).assert_outcomes(passed=1)
