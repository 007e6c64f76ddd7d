"""The variables that pytest shows: of frames of ours none, of other libraries' none that gives a credential away.

What stands in the variables of the test and of the code under test is theirs, so the suite here keeps no copies.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

# See test_plugin.py: these must be loaded before an inner run.
import cryptography.hazmat.primitives.serialization  # noqa: F401
import pytest
import pytest_httpserver  # noqa: F401
import requests  # noqa: F401
import responses  # noqa: F401
import trustme  # noqa: F401
from conftest import InnerRun
from endpoints import CALLBACK, a_request, an_endpoint
from test_secrets import around, needles, written

from pytest_jwtauth import shown_variables
from pytest_jwtauth.shown_variables import make_discreet

SECRET = "9pX-correct/horse+battery=staple&42-and-more"

CONFTEST = f"""
from pytest_jwtauth import RegisteredClient

@pytest.fixture(scope="session")
def jwtauth_client():
    return RegisteredClient("client-1", {SECRET!r})
"""

BANK = '''
from pathlib import Path
import requests
from pytest_jwtauth import ClientAssertion

NOTES = Path(__file__).with_name("notes.txt")


def form_for(endpoint):
    """A right form; what is secret of it is noted in a file."""
    assertion = ClientAssertion.signed(client=endpoint.client, server=endpoint.server, profile=endpoint.profile)
    code = endpoint.issue_code(redirect_uri="http://localhost:3000/callback")
    with NOTES.open("a") as notes:
        notes.write(f"{code}\\n{assertion}\\n")
    return {
        "grant_type": "authorization_code",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": str.__str__(assertion),
        "code": code,
        "redirect_uri": "http://localhost:3000/callback",
    }


def send(endpoint, url=None, **how):
    return requests.post(url or endpoint.url, data=form_for(endpoint), timeout=0.3, **how)
'''

SUITE = """
import logging, sys
from bank import form_for, send
from pytest_jwtauth.contract import TokenRequestContract

KINDS = ["read-timeout", "connection-reset", "slow-body", "truncated-body", "truncated-json"]
STUBBED, LIVE = "jwtauth_token_endpoint", "jwtauth_live_token_endpoint"

@pytest.mark.parametrize("where", [STUBBED, LIVE])
@pytest.mark.parametrize("kind", KINDS)
def test_no_answer(request, where, kind):
    send(request.getfixturevalue(where).then(kind)).json()

def test_refused_connection(jwtauth_token_endpoint):
    send(jwtauth_token_endpoint.then("connection-refused"))

def test_refused(jwtauth_token_endpoint):
    send(jwtauth_token_endpoint, auth=("someone", jwtauth_token_endpoint.client.client_secret)).raise_for_status()

def test_unknown_url(jwtauth_token_endpoint):
    send(jwtauth_token_endpoint)
    send(jwtauth_token_endpoint, "https://nowhere.example/token")

def test_argument_of_ours(jwtauth_token_endpoint, jwtauth_client, jwtauth_server):
    send(jwtauth_token_endpoint)
    from pytest_jwtauth import judge
    endpoint = jwtauth_token_endpoint
    judge(endpoint.requests[0], client=jwtauth_client, server=jwtauth_server, cod=form_for(endpoint)["code"])

def test_key_of_ours(jwtauth_client_assertion, jwtauth_client):
    jwtauth_client_assertion(alg="HS256", key=jwtauth_client.client_secret, claims={"x": object()})

def test_child(jwtauth_live_token_endpoint, jwtauth_client):
    told = "import os; print({name: os.environ[name] for name in os.environ if 'JWTAUTH_' in name}); 1/0"
    jwtauth_live_token_endpoint.run([sys.executable, "-c", told], env={"PASSWORD": jwtauth_client.client_secret})

@pytest.mark.jwtauth(error=["log-credential-leak"])
def test_log(jwtauth_token_endpoint):
    send(jwtauth_token_endpoint)
    logging.getLogger("app").error("used %s", jwtauth_token_endpoint.requests[0].form["code"])

@pytest.fixture
def late(jwtauth_token_endpoint):
    yield
    send(jwtauth_token_endpoint.then("read-timeout"))

def test_late(late):
    pass

@pytest.fixture
def early(jwtauth_token_endpoint):
    return send(jwtauth_token_endpoint.then("read-timeout"))

def test_early(early):
    pass

class TestContract(TokenRequestContract):
    stub = "responses"

    def exchange(self, endpoint):
        answer = send(endpoint, auth=("someone", endpoint.client.client_secret), allow_redirects=False)
        answer.raise_for_status()
        return answer.json()
"""

# Of the contract a promise that is broken. What a test logs is the test's.
ALL = "not TestContract or test_no_other_credentials"
FEW = "read-timeout or unknown_url or of_ours or late"
OUTPUTS = [
    pytest.param([], ALL, id="by default"),
    pytest.param(["-l", "--tb=long", "--full-trace"], FEW, id="full trace, cut"),
    pytest.param(
        ["-l", "-vv", "--full-trace", "-n", "2"], FEW, id="full trace, whole, by workers", marks=pytest.mark.secrets
    ),
    *(
        pytest.param([*locals_, *trace, *style, *where], ALL, marks=pytest.mark.secrets)
        for locals_ in ([], ["-l"], ["-l", "-vv"])
        for trace in ([], ["--full-trace"])
        for style in ([], ["--tb=long", "-rA"], ["--tb=short"], ["--tb=native"], ["--tb=line"], ["--assert=plain"])
        for where in (["-s"], ["-n", "2", "--junitxml=out/results.xml", "--jwtauth-report=out"])
    ),
]


@pytest.mark.parametrize(("options", "chosen"), OUTPUTS)
def test_no_variable_that_is_not_the_tests_gives_a_credential_away(
    inner: InnerRun, pytester: pytest.Pytester, options: list[str], chosen: str
) -> None:
    if "-n" in options and find_spec("xdist") is None:
        pytest.skip("xdist is not installed")
    pytester.makepyfile(bank=BANK)
    subprocess = "-n" in options
    choice = ["-k", chosen, "--show-capture=no", *options]
    workers = ["xdist.plugin"] if subprocess else []
    run = inner(SUITE, *choice, conftest=CONFTEST, plugins=workers, subprocess=subprocess)
    outcomes = run.parseoutcomes()
    # A suite that does not fail as it should would prove nothing.
    assert outcomes["failed"] >= (16 if chosen == ALL else 5)
    assert outcomes["errors"] == (2 if chosen == ALL else 1)
    files = [file.read_text("utf-8") for file in pytester.path.glob("out/*")]
    output = "".join([run.stdout.str(), run.stderr.str(), *files])
    assert "urllib3" in output or "responses" in output
    noted = (pytester.path / "notes.txt").read_text("utf-8").splitlines()
    assert len(noted) > (30 if chosen == ALL else 8)
    forbidden = {piece for one in (*noted, *written(SECRET)) for piece in needles(one)}
    found = {output[at : at + 20] for at in range(len(output))} & forbidden
    if found:  # no assert: pytest would print the pieces
        pytest.fail(f"{len(found)} pieces of credentials, one of them in: {around(output, min(found))}", pytrace=False)


def test_variables_of_the_test_and_of_the_code_under_test_are_shown_as_they_are(inner: InnerRun) -> None:
    run = inner(
        """
        def test_mine(jwtauth_token_endpoint):
            code = jwtauth_token_endpoint.issue_code()
            print("code is", code)
            assert False
        """,
        "--showlocals",
    )
    (said,) = [line for line in run.outlines if line.startswith("code is")]
    run.stdout.fnmatch_lines([f"code * = '{said.removeprefix('code is ')}'"])


def test_without_an_endpoint_nothing_of_ours_is_shown_either(inner: InnerRun) -> None:
    run = inner(
        """
        from pytest_jwtauth import judge, RegisteredClient

        def test_mine(jwtauth_server):
            judge(None, client=RegisteredClient("id", "s" * 40), server=jwtauth_server, cod="a-code-of-somebody-else")
        """,
        "--showlocals",
        "--full-trace",
    )
    run.assert_outcomes(failed=1)
    run.stdout.fnmatch_lines(["*pytest_jwtauth?verdict.py:*"])
    run.stdout.no_fnmatch_line("*expected *a-code*'}*")


def test_pytest_names_no_case_by_an_assertion(inner: InnerRun) -> None:
    run = inner(
        """
        from pytest_jwtauth import AuthorizationServer, ClientAssertion, RegisteredClient

        SERVER = AuthorizationServer("https://auth.example", "https://auth.example/token")
        MADE = [ClientAssertion.signed(client=RegisteredClient("id", "s" * 40), server=SERVER) for _ in range(2)]

        @pytest.mark.parametrize("assertion", MADE)
        @pytest.mark.parametrize("text", ["a text"])
        def test_mine(assertion, text):
            assert False
        """,
        "-v",
    )
    run.stdout.fnmatch_lines(["*::test_mine[[]a text-assertion0] FAILED*", "*::test_mine[[]a text-assertion1] FAILED*"])
    assert "eyJ" not in run.stdout.str()


def test_where_pytest_breaks_down_nothing_of_ours_is_shown(inner: InnerRun) -> None:
    run = inner(
        "def test_mine(): pass",
        "--showlocals",
        "--full-trace",
        conftest="""
        def pytest_runtest_logfinish():
            from pytest_jwtauth import judge
            judge(None, client=None, server=None, cod="a-code-of-somebody-else")
        """,
    )
    run.stdout.fnmatch_lines(["INTERNALERROR>*unknown expected value*"])
    run.stdout.no_fnmatch_line("*expected *= {*a-code*")


# What is done to a traceback


def an_entry(path: str) -> Any:
    arguments = SimpleNamespace(args=[("x", f"'{SECRET}'")])
    return SimpleNamespace(
        reprfileloc=SimpleNamespace(path=path), reprfuncargs=arguments, reprlocals=SimpleNamespace(lines=[SECRET])
    )


@pytest.mark.parametrize(
    ("path", "is_masked"),
    [
        ("tests/test_mine.py", False),
        ("/home/me/src/app.py", False),
        ("/home/me/.venv/lib/python3.12/site-packages/urllib3/connectionpool.py", True),
        ("/usr/lib/python3/dist-packages/requests/api.py", True),
        (pytest.__file__, True),
        (f"{shown_variables.STANDARD_LIBRARY}http/client.py", True),
    ],
)
def test_what_is_secret_is_masked_in_frames_of_libraries(path: str, is_masked: bool) -> None:
    endpoint = an_endpoint()
    code = endpoint.issue_code(redirect_uri=CALLBACK)
    endpoint.respond(a_request(endpoint, client_secret=SECRET))
    entry = an_entry(path)
    entry.reprlocals.lines.append(f"body = 'x=1&code={code[:10]}...{code[-25:]}&secret={SECRET[:21]}'")
    make_discreet(SimpleNamespace(reprtraceback=SimpleNamespace(reprentries=[entry])), [endpoint])
    shown = f"{entry.reprfuncargs.args} {entry.reprlocals.lines}"
    assert (SECRET not in shown) == is_masked
    assert (code[-25:] not in shown) == is_masked
    assert (SECRET[:21] not in shown) == is_masked


def test_of_frames_of_ours_nothing_is_left() -> None:
    entry = an_entry(shown_variables.__file__)
    make_discreet(SimpleNamespace(chain=[(SimpleNamespace(reprentries=[entry]), None, None)]))
    assert (entry.reprfuncargs, entry.reprlocals) == (None, None)


def test_of_what_a_dataclass_of_ours_is_made_with_nothing_is_left() -> None:
    made, below, another = an_entry("<string>"), an_entry(shown_variables.__file__), an_entry("<string>")
    make_discreet(SimpleNamespace(chain=[(SimpleNamespace(reprentries=[made, below, another]), None, None)]))
    assert (made.reprfuncargs, made.reprlocals) == (None, None)
    assert another.reprlocals.lines == [SECRET]


def test_a_frame_may_show_no_variables_and_a_failure_no_frames() -> None:
    entry = SimpleNamespace(reprfileloc=SimpleNamespace(path=pytest.__file__), reprfuncargs=None, reprlocals=None)
    native = SimpleNamespace(lines=["a line"])
    make_discreet(SimpleNamespace(reprtraceback=SimpleNamespace(reprentries=[entry, native])), [an_endpoint()])
    make_discreet("a text")
    make_discreet(None)
    assert sys.exc_info() == (None, None, None)
