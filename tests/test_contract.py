"""The contract as users meet it: inherited, for a callable by its name, for a command."""

from __future__ import annotations

import sys

import pytest
import trustme  # noqa: F401  brings cryptography: an inner run in this process may not be the first to import it
from conftest import InnerRun

from pytest_jwtauth.promises import PROMISES

MYAPP = """
import logging, os, random, sys, time, uuid
import jwt, requests

REDIRECT_URI = "http://localhost:3000/callback"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def form(token_endpoint, client_id, client_secret, **grant):
    now = int(time.time())
    claims = {"iss": client_id, "sub": client_id, "aud": token_endpoint, "iat": now, "exp": now + 60}
    assertion = jwt.encode({**claims, "jti": str(uuid.uuid4())}, client_secret, "HS256")
    return {**grant, "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}


def exchange(token_endpoint, client_id, client_secret, code, redirect_uri=REDIRECT_URI, code_verifier=None, **how):
    token_endpoint = token_endpoint.partition("//")[0] + "//" + token_endpoint.partition("//")[2].rpartition("@")[2]
    with requests.Session() as session:
        session.trust_env = False
        sent = form(
            token_endpoint, client_id, client_secret,
            grant_type="authorization_code", code=code, redirect_uri=redirect_uri,
            **({"code_verifier": code_verifier} if code_verifier else {}),
        )
        answer = session.post(token_endpoint, data=sent, timeout=1, allow_redirects=False, **how)
    if answer.status_code != 200:
        raise ValueError(f"refused with {answer.status_code}")
    tokens = answer.json()
    if "access_token" not in tokens:
        raise ValueError("no token")
    return tokens


def logging_it(token_endpoint, client_id, client_secret, code):
    logging.getLogger("myapp").warning("the secret is %s", client_secret)
    return exchange(token_endpoint, client_id, client_secret, code)


def seeded(token_endpoint, client_id, client_secret, code):
    uuid.uuid4 = lambda: uuid.UUID(int=GENERATOR.getrandbits(128))
    return exchange(token_endpoint, client_id, client_secret, code)


GENERATOR = random.Random(7)


def with_password(token_endpoint, client_id, client_secret, code):
    return exchange(token_endpoint, client_id, client_secret, code, auth=("somebody", "something"))


def failing(code):
    return 1 / 0


async def awaited(token_endpoint, client_id, client_secret, code):
    return exchange(token_endpoint, client_id, client_secret, code)


def wants_more(token_endpoint, cleint_id):
    pass


def told_everything(**known):
    names = "token_endpoint client_id client_secret code redirect_uri code_verifier"
    assert known.keys() > set(names.split())
    return exchange(**{name: known[name] for name in names.split()})


class Holder:
    number = 1

    @staticmethod
    def exchange(token_endpoint, client_id, client_secret, code):
        return exchange(token_endpoint, client_id, client_secret, code)


if __name__ == "__main__":
    known = {name.removeprefix("JWTAUTH_").lower(): value for name, value in os.environ.items()}
    if "hang" in sys.argv:
        time.sleep(100)
    if "talk" in sys.argv:
        print("I know", known["client_secret"], file=sys.stderr)
        sys.exit(3)
    exchange(known["token_endpoint"], known["client_id"], known["client_secret"], known["code"], known["redirect_uri"])
"""

INHERITED = """
from pytest_jwtauth.contract import TokenRequestContract
import myapp

class TestContract(TokenRequestContract):
    stub = "responses"

    def exchange(self, endpoint):
        code = endpoint.issue_code(redirect_uri=myapp.REDIRECT_URI)
        return myapp.exchange(endpoint.url, endpoint.client.client_id, endpoint.client.client_secret, code)
"""


@pytest.fixture
def contract(inner: InnerRun, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> InnerRun:
    """Run the contract that a suite, or the options, name."""
    pytester.makepyfile(myapp=MYAPP)
    pytester.syspathinsert()
    monkeypatch.delitem(sys.modules, "myapp", raising=False)

    def run(source: str = "", *options: str, **how: object) -> pytest.RunResult:
        chosen = () if source else ("--pyargs", "pytest_jwtauth.contract")
        return inner(source, *chosen, *options, **how)

    return run


def not_applicable(run: pytest.RunResult) -> set[str]:
    """The reasons for which promises were not looked at."""
    return {line.partition(": ")[2] for line in run.outlines if line.startswith("SKIPPED")}


def test_a_right_client_keeps_every_promise_that_applies_to_it(contract: InnerRun) -> None:
    run = contract(INHERITED, "-rs")
    outcomes = run.parseoutcomes()
    assert outcomes.keys() <= {"passed", "skipped"}, run.stdout.str()
    assert sum(outcomes.values()) == len(PROMISES)
    assert not_applicable(run) == {
        "not applicable: the contract has no method refresh()",
        "not applicable: the contract has no method client_credentials()",
        "not applicable: the contract has no method revoke()",
        "not applicable: the contract has no method exchange_in_new_process()",
        "not applicable: the client does not claim to check that (checks_id_token is not set)",
        "not applicable: the client does not claim to check that (checks_nonce is not set)",
        "not applicable: the client does not retry by itself",
        "not applicable: the client uses no PKCE",
    }


@pytest.mark.parametrize(
    "option",
    [
        "--jwtauth-client=myapp:exchange",
        "--jwtauth-client=myapp:awaited",
        "--jwtauth-client=myapp:Holder.exchange",
        "--jwtauth-client=myapp:told_everything",
    ],
)
def test_a_client_is_named_on_the_command_line(contract: InnerRun, option: str) -> None:
    run = contract("", option, "--jwtauth-stub=responses")
    outcomes = run.parseoutcomes()
    assert outcomes.keys() <= {"passed", "skipped"}, run.stdout.str()
    assert sum(outcomes.values()) == len(PROMISES)


def test_a_broken_promise_fails_by_its_name_and_its_rules(contract: InnerRun) -> None:
    run = contract(
        "", "--jwtauth-client=myapp:with_password", "--jwtauth-stub=responses", "-k", "credentials or claims", "-rs"
    )
    run.assert_outcomes(failed=1, skipped=1)
    run.stdout.fnmatch_lines(
        [
            "*test_no_other_credentials*",
            "auth-multiple-methods, auth-basic-present: 2 rules of profile 'pingone' broken",
            "SKIPPED*not judged: its request is refused for auth-multiple-methods, auth-basic-present; "
            "see no-other-credentials, *",
        ]
    )
    run.stdout.no_fnmatch_line("*another exception*")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "name the client in one way: --jwtauth-client module:callable, or --jwtauth-command «a command»"),
        (["--jwtauth-client=myapp:exchange", "--jwtauth-command=x"], "name the client in one way: *"),
        (["--jwtauth-client=myapp"], "a client is named module:callable, as in myapp.oauth:exchange; got 'myapp'"),
        (["--jwtauth-client=my_app:exchange"], "the module 'my_app' cannot be imported: *"),
        (["--jwtauth-client=myapp:exchagne"], "unknown name in myapp 'exchagne'. Did you mean 'exchange'?*"),
        (["--jwtauth-client=myapp:REDIRECT_URI"], "myapp:REDIRECT_URI cannot be called: it is an object of str"),
        (
            ["--jwtauth-client=myapp:wants_more"],
            "myapp:wants_more: unknown parameter 'cleint_id'. Did you mean 'client_id'*",
        ),
        (["--jwtauth-command=  "], "--jwtauth-command is empty; it takes a command such as «node client.js»"),
        (["--jwtauth-command='"], "--jwtauth-command cannot be read: No closing quotation"),
        (["--jwtauth-command=no-such-program-here"], "'no-such-program-here' cannot be started: *"),
        (
            ["--jwtauth-client=myapp:exchange", "--jwtauth-skip=pckse=no"],
            "--jwtauth-skip: unknown promise 'pckse'. Did you mean 'pkce'?*",
        ),
        (
            ["--jwtauth-client=myapp:exchange", "--jwtauth-skip=pkce"],
            '--jwtauth-skip pkce: say why, as in --jwtauth-skip pkce="the vendor wants it"',
        ),
    ],
)
def test_bad_use_is_told_in_one_sentence(contract: InnerRun, options: list[str], message: str) -> None:
    run = contract("", *options, "-k", "form_fields", "--tb=short")
    assert run.ret != 0
    run.stdout.fnmatch_lines([f"*{message}"])
    run.stdout.no_fnmatch_line("*Traceback*")


def test_a_promise_is_skipped_with_the_reason_given(contract: InnerRun) -> None:
    reason = "--jwtauth-skip=form-fields=the vendor wants it so"
    run = contract(
        "", "--jwtauth-client=myapp:exchange", "--jwtauth-stub=responses", reason, "-k", "form_fields", "-rs"
    )
    run.assert_outcomes(skipped=1)
    run.stdout.fnmatch_lines(["*skipped: the vendor wants it so"])


def test_what_a_client_logs_is_not_shown(contract: InnerRun) -> None:
    run = contract("", "--jwtauth-client=myapp:logging_it", "--jwtauth-stub=responses", "-k", "logs")
    run.assert_outcomes(failed=1)
    run.stdout.fnmatch_lines(["*a credential was logged: myapp, WARNING, *"])
    assert "the secret is" not in run.stdout.str().replace('"the secret is %s"', "")


@pytest.mark.parametrize(("name", "kept"), [("exchange", True), ("seeded", False)])
def test_a_callable_is_started_anew_in_another_process(contract: InnerRun, name: str, kept: bool) -> None:
    run = contract("", f"--jwtauth-client=myapp:{name}", "-k", "restart")
    run.assert_outcomes(**{"passed" if kept else "failed": 1})
    if not kept:
        # Within one second the whole assertion is the same.
        run.stdout.fnmatch_lines(["multi-*-reused: *"])


def test_a_callable_that_fails_in_another_process_says_how(contract: InnerRun) -> None:
    run = contract("", "--jwtauth-client=myapp:failing", "-k", "restart")
    run.assert_outcomes(failed=1)
    run.stdout.fnmatch_lines(["*stderr: myapp:failing raised ZeroDivisionError"])


def test_a_command_is_started_anew_by_itself(contract: InnerRun) -> None:
    contract("", command(), "-k", "restart").assert_outcomes(passed=1)


def test_a_callable_cannot_be_started_anew_where_there_is_no_address(contract: InnerRun) -> None:
    run = contract("", "--jwtauth-client=myapp:exchange", "--jwtauth-stub=responses", "-k", "restart", "-rs")
    assert not_applicable(run) == {"not applicable: the contract has no method exchange_in_new_process()"}


def test_a_class_without_exchange_is_told_what_it_lacks(contract: InnerRun) -> None:
    run = contract(
        "from pytest_jwtauth.contract import TokenRequestContract\nclass TestEmpty(TokenRequestContract): pass"
    )
    assert "failed" in run.parseoutcomes() or "errors" in run.parseoutcomes()
    run.stdout.fnmatch_lines(["*TestEmpty inherits TokenRequestContract: give it exchange(self, endpoint)*"])


def command(*arguments: str) -> str:
    return " ".join([f"--jwtauth-command={sys.executable} myapp.py", *arguments])


def test_a_command_is_held_to_what_does_not_need_its_clock(contract: InnerRun) -> None:
    chosen = "form_fields or basic or in_new_york or userinfo or before_and_after or secret"
    run = contract("", command(), "-k", chosen, "-rs")
    run.assert_outcomes(passed=4, skipped=3)
    assert not_applicable(run) == {
        "not applicable: the client runs in a process of its own, and its clock cannot be set",
        "not applicable: the client runs in a process of its own, whose log is not known",
        "not applicable: the client runs in a process of its own and raises nothing here",
    }


def test_a_command_that_hangs_ends_in_a_clear_failure(contract: InnerRun) -> None:
    run = contract("", command("hang"), "--jwtauth-timeout=0.5", "-k", "form_fields or timeout")
    run.assert_outcomes(failed=2)
    run.stdout.fnmatch_lines(["*the client was still busy when its time was up and sent nothing to http://127.0.0.1:*"])


def test_what_a_command_prints_is_shown_masked(contract: InnerRun) -> None:
    run = contract("", command("talk"), "-k", "form_fields")
    run.assert_outcomes(failed=1)
    run.stdout.fnmatch_lines(["*the client ended with status 3 and sent nothing to*", "*stderr: I know ‹*"])


def test_a_client_with_a_private_key_is_given_it_as_pem(contract: InnerRun, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        keyapp="""
import time, uuid
import jwt, myapp

def exchange(token_endpoint, client_id, private_key_pem, kid, code):
    def signed(*_):
        now = int(time.time())
        claims = {"iss": client_id, "sub": client_id, "aud": token_endpoint, "iat": now, "exp": now + 60}
        return ENCODE({**claims, "jti": str(uuid.uuid4())}, private_key_pem, "ES256", headers={"kid": kid})
    myapp.jwt.encode = signed
    try:
        return myapp.exchange(token_endpoint, client_id, None, code)
    finally:
        myapp.jwt.encode = ENCODE

ENCODE = jwt.encode
"""
    )
    run = contract(
        "",
        *("--jwtauth-client=keyapp:exchange", "--jwtauth-stub=responses", "-k", "form_fields or signature"),
        conftest="""
        from pytest_jwtauth import RegisteredClient

        @pytest.fixture(scope="session")
        def jwtauth_client():
            return RegisteredClient.generate("private_key_jwt", alg="ES256")
        """,
    )
    run.assert_outcomes(passed=2)


def test_the_endpoint_is_mounted_on_the_mock_that_a_fixture_holds(contract: InnerRun) -> None:
    run = contract(
        INHERITED.replace('stub = "responses"', 'stub = "our_mock"'),
        *("-k", "form_fields"),
        conftest="""
        import responses

        @pytest.fixture
        def our_mock():
            with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
                yield mock
        """,
    )
    run.assert_outcomes(passed=1)


WITHOUT_EXTRA = "import sys\nsys.modules['pytest_httpserver'] = None\n"


def test_without_the_extra_clients_that_use_requests_are_held_to_it(contract: InnerRun) -> None:
    run = contract("", "--jwtauth-client=myapp:exchange", "-k", "form_fields", conftest=WITHOUT_EXTRA, subprocess=True)
    run.assert_outcomes(passed=1)


def test_without_the_extra_a_client_that_is_not_heard_is_told_why(
    contract: InnerRun, pytester: pytest.Pytester
) -> None:
    pytester.makepyfile(silent="def exchange(token_endpoint):\n    raise OSError('nobody there')\n")
    run = contract("", "--jwtauth-client=silent:exchange", "-k", "form_fields", conftest=WITHOUT_EXTRA, subprocess=True)
    run.assert_outcomes(failed=1)
    run.stdout.fnmatch_lines(
        ["*expected: a token request; here only clients that use requests are heard, *[[]live[]]*"]
    )


def test_without_the_extra_a_command_says_what_to_install(contract: InnerRun) -> None:
    run = contract("", command(), "-k", "form_fields", conftest=WITHOUT_EXTRA, subprocess=True)
    assert run.ret == 1
    run.stdout.fnmatch_lines(["*the live token endpoint needs pytest-httpserver, which is not installed: *"])
