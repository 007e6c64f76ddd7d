"""A client that runs as a process is told what it has to know, ends in time, and gives no secret away."""

from __future__ import annotations

import os
import stat
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from conftest import InnerRun
from endpoints import CALLBACK
from live import a_live_endpoint, threads_of_ours

from pytest_jwtauth import child_process
from pytest_jwtauth.adapters.for_httpserver import LiveServer
from pytest_jwtauth.client_run import ClientOutput, ClientRun
from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.live_endpoint import LiveTokenEndpoint
from pytest_jwtauth.registered_client import RegisteredClient

CLIENT = """
import json, os, sys, time, uuid, urllib.error, urllib.parse, urllib.request
import jwt

known = {
    name.removeprefix("JWTAUTH_").lower(): value for name, value in os.environ.items() if name.startswith("JWTAUTH_")
}
now = int(time.time())
url, client_id = known["token_endpoint"], known["client_id"]
claims = {"iss": client_id, "sub": client_id, "aud": url, "iat": now, "exp": now + 60, "jti": str(uuid.uuid4())}
if "client_secret" in known:
    assertion = jwt.encode(claims, known["client_secret"])
else:
    key = open(known["private_key_file"]).read()
    assertion = jwt.encode(claims, key, "ES256", headers={"kid": known.get("key_id")})
form = {
    "grant_type": "authorization_code",
    "code": known["code"],
    "redirect_uri": known["redirect_uri"],
    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    "client_assertion": assertion,
}
if "code_verifier" in known:
    form["code_verifier"] = known["code_verifier"]
headers = {"Authorization": "Basic " + os.environ["PASSWORD"]} if "PASSWORD" in os.environ else {}
request = urllib.request.Request(url, urllib.parse.urlencode(form).encode(), headers)
try:
    tokens = json.load(urllib.request.urlopen(request, timeout=20))
except urllib.error.HTTPError as error:
    tokens = None
where = sys.stderr if "PASSWORD" in os.environ else sys.stdout
print("sent", urllib.parse.urlencode(form), "got", tokens, "with", known, file=where)
sys.exit(0 if tokens else 3)
"""

LEAK = """
import os, urllib.parse
key = open(os.environ["JWTAUTH_PRIVATE_KEY_FILE"]).read()
print(key, key.splitlines()[1], urllib.parse.quote(key, safe=""))
"""


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    server = LiveServer()
    yield server
    server.stop()


@pytest.fixture
def live(server: LiveServer) -> Iterator[LiveTokenEndpoint]:
    with a_live_endpoint(server) as endpoint:
        yield endpoint
    assert threads_of_ours() == []


def report_on(run: ClientRun) -> str:
    """What the test fails with."""
    with pytest.raises(AssertionError) as failed:
        run.check()
    return str(failed.value)


def python(source: str) -> Sequence[str]:
    return [sys.executable, "-c", dedent(source)]


# What it is told


def test_a_client_is_told_everything_it_needs_for_an_exchange(live: LiveTokenEndpoint) -> None:
    told = {name: value for name, value in live.environment().items() if name.startswith("JWTAUTH_")}
    assert set(told) == {
        *("JWTAUTH_TOKEN_ENDPOINT", "JWTAUTH_ISSUER", "JWTAUTH_CLIENT_ID", "JWTAUTH_CLIENT_SECRET", "JWTAUTH_CODE"),
        *("JWTAUTH_REDIRECT_URI", "JWTAUTH_SCOPE", "JWTAUTH_NONCE"),
    }
    assert told["JWTAUTH_TOKEN_ENDPOINT"] == live.url
    assert told["JWTAUTH_ISSUER"] == live.server.issuer
    assert (told["JWTAUTH_CLIENT_ID"], told["JWTAUTH_CLIENT_SECRET"]) == (
        live.client.client_id,
        live.client.client_secret,
    )
    assert told["JWTAUTH_REDIRECT_URI"] == "http://localhost:3000/callback"
    assert live.environment()["JWTAUTH_CODE"] != told["JWTAUTH_CODE"]


def test_it_is_told_what_the_test_wants(live: LiveTokenEndpoint) -> None:
    code = live.issue_code(redirect_uri=CALLBACK)
    told = live.environment(code=code, redirect_uri=CALLBACK, scope="openid email")
    assert (told["JWTAUTH_CODE"], told["JWTAUTH_REDIRECT_URI"], told["JWTAUTH_SCOPE"]) == (
        code,
        CALLBACK,
        "openid email",
    )
    assert "JWTAUTH_NONCE" not in told
    assert len(live.environment(pkce=True)["JWTAUTH_CODE_VERIFIER"]) == 43
    with pytest.raises(ConfigurationError, match="the challenge belongs to the code"):
        live.environment(code=code, pkce=True)


def test_the_first_redirect_uri_that_is_registered_is_taken(server: LiveServer) -> None:
    with a_live_endpoint(
        server, client=RegisteredClient("c", "s" * 40, redirect_uris=["http://a", "http://b"])
    ) as live:
        assert live.environment()["JWTAUTH_REDIRECT_URI"] == "http://a"


def test_no_proxy_stands_between(live: LiveTokenEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTPS_PROXY", "All_Proxy", "NO_PROXY", "JWTAUTH_CODE_VERIFIER"):
        monkeypatch.setenv(name, "http://proxy.example")
    monkeypatch.setenv("KEPT", "1")
    told = live.environment()
    assert "http://proxy.example" not in told.values()
    assert told["NO_PROXY"] == told["no_proxy"] == "127.0.0.1,localhost,::1"
    assert told["KEPT"] == "1"


def test_a_private_key_is_in_a_file_for_nobody_else_that_goes_with_the_endpoint(server: LiveServer) -> None:
    client = RegisteredClient.generate("private_key_jwt")
    with a_live_endpoint(server, client=client) as live:
        told = live.environment()
        path = Path(told["JWTAUTH_PRIVATE_KEY_FILE"])
        assert live.environment()["JWTAUTH_PRIVATE_KEY_FILE"] == str(path)
        assert "JWTAUTH_CLIENT_SECRET" not in told
        assert path.read_text("ascii") == client.private_key_pem()
        assert told["JWTAUTH_KEY_ID"] == client.private_key().kid
        if os.name == "posix":
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not path.parent.exists()


def test_a_key_without_an_id_has_none(server: LiveServer) -> None:
    jwk = RegisteredClient.generate("private_key_jwt").private_jwk()
    del jwk["kid"]
    with a_live_endpoint(server, client=RegisteredClient("c", jwks=jwk)) as live:
        assert "JWTAUTH_KEY_ID" not in live.environment()


def test_with_tls_the_authority_to_trust_is_named_as_each_library_wants_it(server: LiveServer) -> None:
    with a_live_endpoint(server, tls=True) as live:
        told = live.environment()
        names = ["JWTAUTH_CA_FILE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]
        assert {told[name] for name in names} == {str(live.ca_file)}


# What becomes of it


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("method", ["client_secret_jwt", "private_key_jwt"])
def test_a_client_in_a_process_of_its_own_gets_tokens(server: LiveServer, method: str, tls: bool) -> None:
    with a_live_endpoint(server, tls=tls, client=RegisteredClient.generate(method)) as live:
        run = live.run(python(CLIENT), env=live.environment(pkce=True))
        assert (run.status, run.timed_out, run.stderr) == (0, False, "")
        assert run.check() is run
        assert [verdict.violations for verdict in run.verdicts] == [()]
        assert run.requests == live.requests
        assert run.requests[0].form["code_verifier"]


def test_a_client_that_fails_fails_the_test_with_the_verdicts_and_without_secrets(live: LiveTokenEndpoint) -> None:
    password = "someone:a+password/of=mine"
    run = live.run(python(CLIENT), env={"PASSWORD": password}, check=False)
    assert (run.status, len(run.requests)) == (3, 1)
    report = report_on(run)
    assert report.startswith("auth-multiple-methods, auth-basic-present")
    assert " ended with status 3; 1 request, answered 400\n  stdout: empty\n  stderr:\n    sent grant_type=" in report
    (request,) = run.requests
    form = request.form
    secrets = [live.client.client_secret, form["code"], form["client_assertion"], password]
    for shown in (report, repr(run), repr(run.stderr), str(run.verdicts[0])):
        assert [secret for secret in secrets if secret and secret in shown] == []
    assert form["client_assertion"] in run.stderr
    with pytest.raises(AssertionError, match=r"^auth-multiple-methods"):
        live.run(python(CLIENT), env={"PASSWORD": password})


def test_tokens_and_keys_are_masked_in_whatever_form(server: LiveServer) -> None:
    with a_live_endpoint(server, client=RegisteredClient.generate("private_key_jwt")) as live:
        run = live.run(python(f"{LEAK}{CLIENT}"), check=False)
        shown = repr(run.stdout)
        tokens = [value for name, value in live.requests[0].form.items() if name in {"code", "client_assertion"}]
        key = live.client.private_key_pem().splitlines()[1]
        assert len(run.stdout) > len(shown)
        assert [text for text in (*tokens, key, key[:20]) if text in shown] == []
        assert "‹private key›" in shown


def test_a_client_that_does_not_end_is_killed_with_all_it_started(live: LiveTokenEndpoint, tmp_path: Path) -> None:
    source = """
        import os, subprocess, sys, time
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        open("pids", "w").write(f"{os.getpid()} {child.pid}")
        print("begun", flush=True)
        time.sleep(60)
    """
    # The second try is for a machine so busy that a second is not enough to begin.
    tries = (live.run(python(source), timeout=seconds, check=False, cwd=tmp_path) for seconds in (1, 15))
    run = next(one for one in tries if one.stdout)
    assert (run.timed_out, run.stdout, run.requests) == (True, "begun\n", ())
    assert f"was killed after {run.timeout} s; it sent no request to the endpoint" in report_on(run)
    assert repr(run).endswith(f"was killed after {run.timeout} s, 0 requests>")
    for pid in (tmp_path / "pids").read_text().split():
        assert is_gone(int(pid))


def is_gone(pid: int) -> bool:
    """Whether the process ends within five seconds, or has ended; nobody may have asked how."""
    never = threading.Event()
    return any(_is_gone(pid) or never.wait(0.01) for _ in range(500))


def _is_gone(pid: int) -> bool:
    try:
        return "(zombie)" in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_what_a_client_left_running_ends_with_it(live: LiveTokenEndpoint) -> None:
    source = """
        import subprocess, sys
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        print(child.pid)
    """
    assert is_gone(int(live.run(python(source)).stdout))


def test_a_frozen_clock_does_not_stop_the_time_out(inner: InnerRun) -> None:
    inner(
        """
import sys

def test_one(jwtauth_live_token_endpoint, jwtauth_clock):
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    run = jwtauth_live_token_endpoint.run(command, timeout=0.2, check=False)
    assert run.timed_out
"""
    ).assert_outcomes(passed=1)


def test_output_is_kept_up_to_a_limit(live: LiveTokenEndpoint) -> None:
    run = live.run(
        python("import sys; sys.stdout.write('a' * 3_000_000); sys.stderr.buffer.write(b'\\xff')"),
    )
    assert len(run.stdout) < child_process.MOST_OUTPUT + 100
    assert run.stdout.endswith("\n[1951424 octets more]")
    assert run.stderr == "\N{REPLACEMENT CHARACTER}"


def test_a_report_shows_the_last_lines(live: LiveTokenEndpoint) -> None:
    run = live.run(python("import sys; print(*range(100), sep='\\n'); sys.exit(1)"), check=False)
    report = report_on(run)
    assert "  stdout (the last 40 of 100 lines):\n    60\n" in report
    assert "  stderr: empty" in report


def test_a_client_may_read_and_a_signal_may_end_it(live: LiveTokenEndpoint) -> None:
    assert live.run(python("print(input())"), stdin="ümlaut\n", env={"PYTHONUTF8": "1"}).stdout.strip() == "ümlaut"
    assert live.run(python("pass"), stdin="x" * 1_000_000).status == 0
    if os.name == "posix":
        run = live.run(python("import os; os.kill(os.getpid(), 9)"), check=False)
        assert " was ended by signal 9; " in report_on(run)


def test_arguments_that_are_long_or_secret_are_not_shown(live: LiveTokenEndpoint) -> None:
    secret = live.client.client_secret
    assert secret is not None
    run = live.run([*python("import sys; sys.exit(1)"), secret, "x" * 100, "a\nb"], check=False)
    assert repr(run).startswith(f"<ClientRun {Path(sys.executable).name} -c import sys; sys.exit(1) ‹")
    assert "‹100 characters› ‹3 characters› ended with status 1" in repr(run)
    assert secret not in repr(run)


def test_a_program_that_is_not_there_is_a_mistake_of_the_tests(live: LiveTokenEndpoint) -> None:
    with pytest.raises(ConfigurationError, match="'no-such-program' cannot be started: No such file or directory"):
        live.run(["no-such-program"])


def test_an_environment_of_the_tests_own_is_taken_as_it_is(live: LiveTokenEndpoint) -> None:
    env = {**live.environment(), "ONLY": "1"}
    del env["JWTAUTH_SCOPE"]
    run = live.run(python("import os; print(os.environ.get('JWTAUTH_SCOPE'), os.environ['ONLY'])"), env=env)
    assert run.stdout.strip() == "None 1"


def test_answers_that_got_lost_are_counted(live: LiveTokenEndpoint) -> None:
    live.then("connection-reset")
    run = live.run(python(CLIENT), check=False)
    assert "1 request, answered nothing" in report_on(run)


def test_pytest_compares_output_without_showing_it(inner: InnerRun) -> None:
    run = inner(
        """
import sys

def test_one(jwtauth_live_token_endpoint):
    live = jwtauth_live_token_endpoint
    run = live.run([sys.executable, "-c", "import os; print(os.environ['JWTAUTH_CLIENT_SECRET'])"])
    open("secret", "w").write(run.stdout.strip())
    assert run.stdout == "something else of this length"
""",
        "-vv",
    )
    secret = Path("secret").read_text()
    assert len(secret) > 40
    assert secret[8:] not in run.stdout.str()
    run.assert_outcomes(failed=1)


def test_output_is_text(live: LiveTokenEndpoint) -> None:
    output: Any = live.run(python("print('a')")).stdout
    assert isinstance(output, ClientOutput)
    assert isinstance(output, str)
    assert isinstance(live.run(python("pass")), ClientRun)


def test_without_process_groups_the_process_itself_is_killed(
    live: LiveTokenEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "killpg", raising=False)
    assert live.run(python("import time; time.sleep(60)"), timeout=0.1, check=False).timed_out
