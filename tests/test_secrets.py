"""Nothing that pytest prints gives a credential away, in whichever way a test fails and whatever output is asked for.

The promise is about our objects: what a test copies out of them into plain variables is the test's. So the inner suite
keeps no such copies; what was sent and answered is noted in a file, behind its back. What frames of ours and of other
libraries hold is the business of ``test_shown_variables``.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import cycle
from pathlib import Path
from urllib.parse import quote

# See test_plugin.py: these must be loaded before an inner run.
import cryptography.hazmat.primitives.serialization  # noqa: F401
import freezegun  # noqa: F401
import pytest
import responses  # noqa: F401
from conftest import InnerRun

import pytest_jwtauth
from pytest_jwtauth import RegisteredClient

for _name in pytest_jwtauth.__all__:
    getattr(pytest_jwtauth, _name)

RUN_LENGTH = 20
"""A credential has been given away if this many of its characters stand together; shorter ones by all of them."""

BANK = '''
import json
from pathlib import Path

import requests

CALLBACK = "http://localhost:3000/callback"
NOTES = Path(__file__).with_name("notes.txt")
PASSWORD = ("someone", "a password that nobody should read")


def note(*values):
    with NOTES.open("a") as notes:
        for value in values:
            notes.write(f"{value}\\n")


def login(endpoint, assertion, **how):
    """Exchange a code and swallow whatever comes back; note every credential on the way."""
    code = how.pop("code", None) or endpoint.issue_code(redirect_uri=CALLBACK, scope="openid offline_access")
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": str.__str__(assertion),
        **how.pop("form", {}),
    }
    note(code, form["client_assertion"])
    answer = requests.post(endpoint.url, data=form, timeout=5, **how)
    note(*(answer.json().get(name, "") for name in ("access_token", "refresh_token", "id_token")))
    return answer


def post(url, assertion, **form):
    """Send a form to any endpoint and swallow whatever comes back; note every credential on the way."""
    form["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    form["client_assertion"] = str.__str__(assertion)
    note(form["client_assertion"], *(form[name] for name in ("token", "device_code", "auth_req_id") if name in form))
    requests.post(url, data=form, timeout=5)


def given(endpoint, name):
    """What the last answer said, noted without its beginning if that is the same for all."""
    value = json.loads(endpoint.requests[-1].response.body)[name]
    note(value.rpartition(":")[2])
    return value
'''

CONFTEST = """
import json, logging
from pathlib import Path
from pytest_jwtauth import RegisteredClient

logging.getLogger().setLevel(logging.DEBUG)

def credential():
    return json.loads(Path(__file__).with_name("credential.json").read_text())

@pytest.fixture(scope="session")
def jwtauth_client():
    return RegisteredClient("client-1", **credential())

@pytest.fixture
def of_two_kinds():
    return RegisteredClient("client-1", **{"client_secret": "x" * 40, "jwks": {"keys": []}, **credential()})

@pytest.fixture
def late(jwtauth_token_endpoint, jwtauth_client_assertion):
    yield
    login(jwtauth_token_endpoint, jwtauth_client_assertion(), auth=PASSWORD)
"""

SUITE = """
import logging
import responses
from conftest import credential
from bank import given, note, post
from pytest_jwtauth import *

FAULTS = [
    *("exp-expired", "signature-invalid", "sub-mismatch"),
    *("jws-part-count", "jws-b64-alphabet", "jws-not-jwt-string"),
]


@pytest.mark.parametrize("fault", FAULTS)
def test_violation(jwtauth_token_endpoint, jwtauth_client_assertion, fault):
    login(jwtauth_token_endpoint, jwtauth_client_assertion(fault=fault), auth=PASSWORD)


def test_secret_in_every_place(jwtauth_token_endpoint, jwtauth_client_assertion, jwtauth_client):
    login(
        jwtauth_token_endpoint,
        jwtauth_client_assertion(),
        form={"scope": str(credential()), "nonsense": str(credential()), "client_secret": str(credential())},
        headers={"X-Note": str(credential()["client_secret"]) if "client_secret" in credential() else "x"},
        params=credential(),
    )


def test_secret_in_the_assertion(jwtauth_token_endpoint, jwtauth_client_assertion):
    login(jwtauth_token_endpoint, jwtauth_client_assertion(claims={"note": str(credential()), **credential()}))


def test_wrong_code(jwtauth_token_endpoint, jwtauth_client_assertion):
    login(jwtauth_token_endpoint, jwtauth_client_assertion(), code="a-code-that-nobody-has-issued-to-anyone")


def test_refused_and_failing(jwtauth_token_endpoint, jwtauth_client_assertion, jwtauth_client, jwtauth_clock):
    endpoint = jwtauth_token_endpoint
    assertion = jwtauth_client_assertion()
    answer = login(endpoint, assertion, auth=PASSWORD)
    request = endpoint.requests[0]
    verdict, form, response, decoded = request.verdict, request.form, request.response, request.assertion
    again = TokenRequest.of(request)
    expectation = endpoint.expect_violation()
    logging.debug("%s %r %r %r %r %s", endpoint, assertion, request, response, form, verdict)
    logging.info("%r %r %r", jwtauth_client, decoded, again)
    answer.raise_for_status()


def test_device_denied(jwtauth_token_endpoint, jwtauth_client_assertion):
    post(jwtauth_token_endpoint.device_authorization_url, jwtauth_client_assertion(), client_id="client-1")
    jwtauth_token_endpoint.deny()
    jwtauth_token_endpoint.approve(given(jwtauth_token_endpoint, "device_code"))


def test_device_in_a_hurry(jwtauth_token_endpoint, jwtauth_client_assertion, jwtauth_clock):
    endpoint = jwtauth_token_endpoint
    post(endpoint.device_authorization_url, jwtauth_client_assertion(), client_id="client-1", scope="openid")
    form = {"device_code": given(endpoint, "device_code")}
    form["grant_type"] = "urn:ietf:params:oauth:grant-type:device_code"
    post(endpoint.url, jwtauth_client_assertion(), **form)
    post(endpoint.url, jwtauth_client_assertion(), **form)
    del form
    print(endpoint, endpoint._approvals, list(endpoint._approvals._by_value.values()))


def test_pushed_twice(jwtauth_token_endpoint, jwtauth_client_assertion):
    post(jwtauth_token_endpoint.par_url, jwtauth_client_assertion(), client_id="client-1", redirect_uri=CALLBACK)
    jwtauth_token_endpoint.issue_code(request_uri=given(jwtauth_token_endpoint, "request_uri"))
    jwtauth_token_endpoint.issue_code(request_uri=given(jwtauth_token_endpoint, "request_uri"))


def test_introspection_refused(jwtauth_token_endpoint, jwtauth_client_assertion):
    token = dict(token="an-access-token-that-nobody-should-read")
    post(jwtauth_token_endpoint.introspection_url, jwtauth_client_assertion(fault="exp-expired"), **token)
    post(jwtauth_token_endpoint.revocation_url, jwtauth_client_assertion(fault="exp-expired"), **token)
    del token


def test_warning(jwtauth_token_endpoint, jwtauth_client_assertion):
    login(jwtauth_token_endpoint, jwtauth_client_assertion(lifetime=1800, claims={"nonce": "n"}))
    raise RuntimeError("after a warning")


def test_late(late):
    raise RuntimeError("early")


def test_assertion_compared(jwtauth_client_assertion):
    assertion = jwtauth_client_assertion()
    note(assertion)
    assert assertion == assertion + "x"


def test_assertion_contained(jwtauth_client_assertion):
    assertion = jwtauth_client_assertion()
    note(assertion)
    assert "Bearer" in assertion


def test_assertions_listed(jwtauth_client_assertion):
    assertions = [jwtauth_client_assertion(), jwtauth_client_assertion()]
    note(*assertions)
    assert assertions == assertions[::-1]


def test_requests_compared(jwtauth_token_endpoint, jwtauth_client_assertion):
    login(jwtauth_token_endpoint, jwtauth_client_assertion())
    login(jwtauth_token_endpoint, jwtauth_client_assertion())
    first, second = jwtauth_token_endpoint.requests
    assert first == second


def test_responses_compared(jwtauth_token_endpoint, jwtauth_client_assertion):
    login(jwtauth_token_endpoint, jwtauth_client_assertion())
    login(jwtauth_token_endpoint, jwtauth_client_assertion())
    first, second = jwtauth_token_endpoint.requests
    assert first.response == second.response


def test_expectation_not_met(jwtauth_token_endpoint, jwtauth_client_assertion):
    with jwtauth_token_endpoint.expect_violation("exp-expired"):
        login(jwtauth_token_endpoint, jwtauth_client_assertion())


@pytest.fixture
def sent(jwtauth_server, jwtauth_client_assertion):
    class Endpoint:
        url = jwtauth_server.token_endpoint
        issue_code = staticmethod(lambda **how: "the-code-of-the-suite's-own-stub")

    with responses.RequestsMock() as mock:
        mock.post(jwtauth_server.token_endpoint, json={})
        form = {"client_secret": str(credential())}
        login(Endpoint, jwtauth_client_assertion(fault="exp-expired"), auth=PASSWORD, form=form)
        return mock.calls[0]


def test_helper_for_everything(sent, jwtauth_client, jwtauth_server):
    code = "another-code-of-this-length"
    assert_token_request(sent, client=jwtauth_client, server=jwtauth_server, code=code, scope=...)


def test_helper_for_the_assertion(sent, jwtauth_client, jwtauth_server):
    assert_client_assertion(sent, client=jwtauth_client, server=jwtauth_server)


def test_helper_for_fields(sent):
    assert_form_fields(sent, code="another-code-of-this-length", client_assertion=None, client_secret=None)


def test_helper_for_passwords(sent):
    assert_no_basic_auth(sent)


def test_the_judge(sent, jwtauth_client, jwtauth_server):
    judge(TokenRequest.of(sent), client=jwtauth_client, server=jwtauth_server).check()


def test_client_of_two_kinds(of_two_kinds):
    pass


def test_algorithm_that_does_not_fit(jwtauth_client_assertion, jwtauth_client):
    jwtauth_client_assertion(alg="ES512" if jwtauth_client.client_secret else "HS256")


def test_fault_that_does_not_exist(jwtauth_client_assertion):
    jwtauth_client_assertion(fault="nonsense")


def test_key_that_is_none(jwtauth_client_assertion):
    jwtauth_client_assertion(alg="RS256", key=f"-----BEGIN PRIVATE KEY-----{credential()}")


def test_what_is_no_request(jwtauth_client_assertion, jwtauth_client, jwtauth_server):
    judge(jwtauth_client_assertion(), client=jwtauth_client, server=jwtauth_server)


def test_claim_that_cannot_be_written(jwtauth_client_assertion):
    jwtauth_client_assertion(claims={"x": object()})
"""

TESTS = SUITE.count("\ndef test_") - 1 + 6
"""As many as there are functions, one of them for each of six faults."""

OUTPUTS = [
    [],
    ["-vv", "--showlocals", "--tb=long", "-rA"],
    ["--tb=native"],
    ["-o", "log_cli=true", "-o", "log_cli_level=DEBUG", "-s"],
    ["--junitxml=results.xml", "-o", "junit_logging=all", "--tb=line"],
    ["-W", "error", "--showlocals"],
    ["--assert=plain", "-vv", "--showlocals"],
    ["--jwtauth-report=out", "--junitxml=results.xml"],
    ["--jwtauth-report=out", "-n", "2", "-vv", "--showlocals"],
]
WHOLE_TRACE = ["-vv", "--showlocals", "--tb=short", "--full-trace"]
METHODS = ["client_secret_jwt", "private_key_jwt"]


def combinations() -> Iterator[object]:
    """Each output with a credential, by turns; with the other one where all are tried."""
    all_of_them = pytest.mark.secrets
    for options, method in zip(OUTPUTS, cycle(METHODS)):
        yield pytest.param(method, options, id=" ".join([method, *options]))
    for options, method in zip(OUTPUTS, cycle(METHODS[::-1])):
        yield pytest.param(method, options, marks=all_of_them, id=" ".join([method, *options]))
    for method in METHODS:
        yield pytest.param(method, WHOLE_TRACE, marks=all_of_them, id=" ".join([method, *WHOLE_TRACE]))


def pieces(text: str) -> Iterator[str]:
    """Every run of characters of *text* that would give it away."""
    if 8 <= len(text) <= RUN_LENGTH:
        yield text
    for start in range(len(text) - RUN_LENGTH + 1):
        yield text[start : start + RUN_LENGTH]


def needles(text: str) -> set[str]:
    """Every run that would give the credential *text* away. The header of a JWT tells nothing."""
    first, dot, rest = text.partition(".")
    parts = rest.split(".") if dot and first.startswith("eyJ") else [text]
    return {piece for part in parts for piece in pieces(part)}


def written(secret: str) -> Iterator[str]:
    """The ways in which *secret* may be written."""
    octets = secret.encode()
    yield secret
    yield quote(secret, safe="")
    yield octets.hex()
    yield base64.b64encode(octets).decode()
    yield base64.urlsafe_b64encode(octets).decode()


@pytest.fixture(scope="module")
def credential(request: pytest.FixtureRequest) -> tuple[dict[str, object], set[str]]:
    """What the inner suite makes its client from, and what must not be printed of it."""
    if request.param == "client_secret_jwt":
        secret = "9pX-correct/horse+battery=staple&42-and-more"
        return {"client_secret": secret}, {piece for way in written(secret) for piece in needles(way)}
    client = RegisteredClient.generate("private_key_jwt", alg="RS256")
    key = client.private_jwk()
    private = {value for name, value in key.items() if name in {"d", "p", "q", "dp", "dq", "qi"}}
    lines = {line for line in client.private_key_pem().splitlines() if "-----" not in line}
    return {"jwks": {"keys": [key]}}, {piece for text in private | lines for piece in needles(text)}


def printed(run: pytest.RunResult, folder: Path) -> str:
    """Everything that came out of *run*."""
    written = [folder / "results.xml", *folder.glob("out/*")]
    return run.stdout.str() + run.stderr.str() + "".join(file.read_text("utf-8") for file in written if file.exists())


@pytest.mark.parametrize(("credential", "options"), [*combinations()], indirect=["credential"])
def test_nothing_printed_gives_a_credential_away(
    inner: InnerRun, pytester: pytest.Pytester, credential: tuple[dict[str, object], set[str]], options: list[str]
) -> None:
    if "-n" in options and find_spec("xdist") is None:
        pytest.skip("xdist is not installed")
    secret, forbidden = credential
    pytester.makepyfile(bank=BANK)
    (pytester.path / "credential.json").write_text(json.dumps(secret), "utf-8")
    bank = "from bank import CALLBACK, PASSWORD, login\n"
    run = inner(
        bank + SUITE,
        *options,
        conftest=bank + CONFTEST,
        plugins=["xdist.plugin"] if "-n" in options else [],
        subprocess="-n" in options,
    )
    output = printed(run, pytester.path)
    outcomes = run.parseoutcomes()
    # A suite that does not fail as it should would prove nothing.
    assert outcomes.get("passed", 0) == 0
    assert outcomes["failed"] + outcomes["errors"] == TESTS + 1
    noted = (pytester.path / "notes.txt").read_text("utf-8").splitlines()
    assert len(noted) > 40
    forbidden = forbidden.union(*map(needles, noted), needles("a password that nobody should read"))
    runs = {output[start : start + RUN_LENGTH] for start in range(len(output))}
    found = {piece for piece in forbidden if piece in runs or (len(piece) < RUN_LENGTH and piece in output)}
    if found:  # no assert: pytest would print the pieces
        pytest.fail(f"{len(found)} pieces of credentials, one of them in: {around(output, min(found))}", pytrace=False)


def around(output: str, piece: str) -> str:
    """The line in which *piece* stands, without it."""
    return next(line for line in output.splitlines() if piece in line).replace(piece, "‹here›")[:300]


def test_the_search_finds_what_is_given_away(inner: InnerRun, pytester: pytest.Pytester) -> None:
    run = inner("""
        def test_careless(jwtauth_token_endpoint, jwtauth_client_assertion):
            text = str.__str__(jwtauth_client_assertion())
            open("notes.txt", "w").write(text)
            print(text[60:90])
            assert False
    """)
    text = (pytester.path / "notes.txt").read_text("utf-8")
    assert any(piece in run.stdout.str() for piece in needles(text))
