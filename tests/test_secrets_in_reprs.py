"""Where an object of ours stands among the variables that pytest prints, nothing secret can be seen of it.

Every class of the package is looked at. One without a repr of its own shows the name of its class. One that has one
either is made here out of nothing but credentials, or stands in `WORDS`, with what it holds instead.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import pkgutil
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from pprint import pformat
from reprlib import repr as shortened
from typing import Any
from urllib.parse import quote

import pytest
from _pytest._io.saferepr import saferepr, saferepr_unlimited
from endpoints import NOW
from requests_under_test import ABSENT, a_key, a_request, an_answer, an_assertion
from test_given_away import given_away

import pytest_jwtauth
from pytest_jwtauth import logged
from pytest_jwtauth.adapters import mount
from pytest_jwtauth.child_process import Ended
from pytest_jwtauth.client_assertion import ClientAssertion
from pytest_jwtauth.client_run import ClientRun
from pytest_jwtauth.client_under_test import Attempt
from pytest_jwtauth.errors import ConfigurationError, InvalidTokenRequest
from pytest_jwtauth.evidence import gather
from pytest_jwtauth.expiry import expiry_scenarios
from pytest_jwtauth.form_body import parse
from pytest_jwtauth.history import History
from pytest_jwtauth.hostile import hostile_assertions
from pytest_jwtauth.id_token import signing_key
from pytest_jwtauth.jwk import read_jwk
from pytest_jwtauth.jws import take_apart
from pytest_jwtauth.live_endpoint import LiveTokenEndpoint
from pytest_jwtauth.login import Login
from pytest_jwtauth.masking import masking
from pytest_jwtauth.messages import TokenRequest
from pytest_jwtauth.model import AuthorizationServer
from pytest_jwtauth.planted_faults.draft import Draft
from pytest_jwtauth.profiles import profile_named
from pytest_jwtauth.registered_client import RegisteredClient
from pytest_jwtauth.token_endpoint import TokenEndpoint
from pytest_jwtauth.verdict import judge

SECRET = "q9Zx/\"Grüße\"\\an+alle=100% & <jeden>'~'8Kd72mWvBh5Lt"
SERVER = AuthorizationServer("https://auth.example/as", "https://auth.example/as/token")
CLIENT = RegisteredClient("app-1", SECRET)
KEY = a_key("ES256", "first")
PROFILE = profile_named("pingone")

WORDS = {
    "adapters.Supported": "names of libraries",
    "boundaries.Boundary": "a table's row: words, numbers, functions",
    "clock.FrozenClock": "a moment",
    "error_shapes.Shape": "a table's row: words and functions",
    "error_shapes.Words": "a vendor's words for an error",
    "errors.ConfigurationError": "its message: no refusal repeats a credential, see below",
    "errors.TokenRequestWarning": "one line of a report",
    "faults.Kind": "a table's row: words, and a step without a repr",
    "faults.NoAnswer": "the name of a breakdown",
    "haystack.Needles": "a number",
    "hostile.case.Case": "a table's row: words and functions",
    "http_message.BrokenOff": "nothing",
    "http_message.Malformed": "words of ours, and numbers",
    "jwa.Algorithm": "a table's row: the name of an algorithm and its parameters",
    "jwk.Curve": "the parameters of a curve, which are public",
    "jws._Refused": "the name of a constant that is no JSON",
    "jws._Repeated": "nothing",
    "live_endpoint.ServerClock": "a moment",
    "logged.LogCollector": "a number",
    "model.AuthorizationServer": "URLs without userinfo",
    "model.NotEvaluated": "the id of a rule, and words of ours",
    "model.Profile": "a table's row: words, numbers, names",
    "model.Rule": "a table's row: words and a function",
    "model._Told": "a report",
    "neighbours.Neighbours": "whether a freezer is at work",
    "numeric_date.HugeInteger": "a number of digits, and a sign",
    "planted_faults.fault.Fault": "a table's row: words and functions",
    "promises.promise.Promise": "a sentence, and ids of rules",
    "served_endpoints.Refused": "words of ours for an answer",
    "setting.Setting": "the name of an attribute",
    "verification.Verification": "words of ours, and numbers",
}
"""The classes whose repr shows what is in them, and what that is."""


def modules() -> Iterator[Any]:
    for found in pkgutil.walk_packages(pytest_jwtauth.__path__, "pytest_jwtauth."):
        yield importlib.import_module(found.name)


def place_of(one: type) -> str:
    return f"{one.__module__}.{one.__qualname__}".removeprefix("pytest_jwtauth.")


CLASSES = {
    place_of(one): one
    for module in modules()
    for one in vars(module).values()
    if inspect.isclass(one) and one.__module__.split(".")[0] == "pytest_jwtauth"
}
TALKATIVE = {name for name, one in CLASSES.items() if one.__repr__ is not object.__repr__}
"""Those with a repr of their own, or one that shows their fields, or what they were raised with."""


def a_bad_request() -> TokenRequest:
    return a_request(
        client=CLIENT,
        server=SERVER,
        url=f"https://app:{SECRET}@auth.example/as/token?x={SECRET}#{SECRET}",
        more_headers=[("X-Secret", SECRET), (SECRET, SECRET), ("Authorization", f"Bearer {SECRET}")],
        fields={"code": SECRET, "scope": ABSENT},
        more_fields=[("client_secret", SECRET), (SECRET, "x"), ("scope", SECRET), ("password", SECRET)],
        claims={"note": SECRET, SECRET: SECRET, "iss": SECRET},
        header={"kid": SECRET},
    )


def endpoint_with_a_past(kind: type[TokenEndpoint] = TokenEndpoint, **settings: Any) -> TokenEndpoint:
    endpoint = kind(client=CLIENT, server=SERVER, profile=PROFILE, mounter=mount, **settings)
    endpoint.extra_members, endpoint.dpop_nonce = {"x": SECRET}, SECRET
    endpoint.then(200, headers={"X-Secret": ascii(SECRET)}, body=SECRET)
    endpoint.respond(a_bad_request())
    endpoint.then(503, members={SECRET: SECRET})
    return endpoint


def objects() -> Iterator[object]:
    """Objects of ours that hold nothing but credentials, as far as they hold any text."""
    request = a_bad_request()
    expected = {"code": SECRET}
    history = History()
    evidence = gather(
        request, client=CLIENT, server=SERVER, profile=PROFILE, now=NOW, leeway=0, history=history, expected=expected
    )
    history.remember(evidence.as_past(an_answer(access_token=SECRET), answered=True))
    verdict = judge(request, client=CLIENT, server=SERVER, now=NOW, history=[request], logged=SECRET, code=SECRET)
    yield from (request, evidence, evidence.form, history, verdict, verdict.assertion, parse(SECRET.encode()))
    yield from (*verdict.violations, *verdict.warnings, *verdict.not_evaluated)
    yield InvalidTokenRequest(str(verdict), (verdict,))
    endpoint = endpoint_with_a_past(now=lambda: NOW)
    yield from (endpoint, *endpoint.requests, endpoint.requests[0].response, endpoint.requests[0].form)
    yield endpoint.expect_violation("exp-expired")
    yield endpoint_with_a_past(LiveTokenEndpoint)
    yield from (CLIENT, RegisteredClient("app-1", jwks={"keys": [KEY]}), read_jwk(KEY), signing_key("ES256"))
    taken = take_apart(an_assertion(client=CLIENT, server=SERVER, claims={SECRET: SECRET}, header={"kid": SECRET}))
    yield from (taken, take_apart(SECRET), *taken.segments, taken.header_json, taken.claims_json)
    made = ClientAssertion.signed(client=CLIENT, server=SERVER, now=NOW, claims={"note": SECRET, SECRET: [SECRET]})
    yield from (made, expiry_scenarios(CLIENT, SERVER, now=NOW)[0], hostile_assertions(CLIENT, SERVER, now=NOW)[0])
    yield Draft(CLIENT, SERVER, PROFILE, NOW, {SECRET: 1}, {SECRET: SECRET}, "HS256", SECRET.encode())
    yield Login(SECRET, "https://app.example/callback", SECRET, SECRET)
    yield Attempt(SECRET, ValueError(SECRET), output=SECRET)
    yield logged.Logged(SECRET)
    hide = masking([], CLIENT)
    ended = Ended(1, f"it says {SECRET}", repr(SECRET), timed_out=False)
    run = ClientRun.of(["client", SECRET], ended, 1.0, endpoint.requests, hide)
    yield from (run, run.stdout, run.stderr)


OBJECTS = [*objects()]


def shown(one: object) -> Iterator[str]:
    """Every way in which pytest, or a test, comes to print an object among others."""
    for show in (repr, saferepr, saferepr_unlimited, pformat, shortened, ascii):
        for held in (one, [one], {"name": one}, (one, (one,))):
            yield show(held)
    if not isinstance(one, str):  # a text is what is sent
        yield str(one)
        yield f"{one}"


def test_every_class_of_which_a_repr_shows_anything_is_tried_or_holds_nothing_secret() -> None:
    tried = {place_of(type(one)) for one in OBJECTS}
    assert TALKATIVE - tried - WORDS.keys() == set()
    assert WORDS.keys() - TALKATIVE == set()


def test_classes_made_inside_functions_have_no_repr_of_their_own() -> None:
    for path in Path(pytest_jwtauth.__file__).parent.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        inner = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node not in tree.body]
        assert "__repr__" not in [getattr(node, "name", "") for one in inner for node in one.body]


@pytest.mark.parametrize("one", OBJECTS, ids=[f"{type(one).__name__}-{n}" for n, one in enumerate(OBJECTS)])
def test_no_repr_shows_a_credential(one: object) -> None:
    for text in shown(one):
        assert not given_away((SECRET, KEY["d"]), text)
        assert not (isinstance(one, ClientAssertion) and any(part in text for part in one.split(".")))


def test_the_search_finds_what_a_repr_gives_away() -> None:
    for text in shown({"code": SECRET}):
        if "..." not in text:  # cut off
            assert given_away((SECRET,), text)


SIGNED: dict[str, Any] = {"client": CLIENT, "server": SERVER, "now": NOW}
URL = f"https://u:{quote(SECRET, safe='')}@a.example/t"
REFUSALS: dict[str, Callable[[], object]] = {
    "a client of two kinds": lambda: RegisteredClient("app-1", SECRET, {"keys": [KEY]}),
    "a client with an algorithm that is none": lambda: RegisteredClient("app-1", SECRET, None, None, "RS256"),
    "a secret that is no text": lambda: RegisteredClient("app-1", SECRET.encode()),  # type: ignore[arg-type]
    "a key that is no object": lambda: RegisteredClient("app-1", jwks=json.dumps(KEY)),  # type: ignore[arg-type]
    "a key with a faulty member": lambda: RegisteredClient("app-1", jwks={"keys": [{**KEY, "d": SECRET}]}),
    "a key that is symmetric": lambda: RegisteredClient("app-1", jwks={"keys": [{"kty": "oct", "k": SECRET}]}),
    "a server whose URL holds a password": lambda: AuthorizationServer("https://a.example", URL),
    "a server whose URL is none": lambda: AuthorizationServer("https://a.example", URL.replace("a.example", "[")),
    "a server whose URL is torn": lambda: AuthorizationServer("https://a.example", f"https://u:{SECRET}@a.example/t"),
    "an assertion with a key that is none": lambda: ClientAssertion.signed(
        **SIGNED, alg="ES256", key=f"-----BEGIN PRIVATE KEY-----{SECRET}"
    ),
    "an assertion with a key of another kind": lambda: ClientAssertion.signed(**SIGNED, alg="RS256", key=KEY),
    "an assertion that JSON cannot hold": lambda: ClientAssertion.signed(
        **SIGNED, claims={"x": {SECRET: SECRET.encode()}}
    ),
    "an assertion without what it does not have": lambda: ClientAssertion.signed(**SIGNED, without=("x",), key=SECRET),
    "a value that is not expected": lambda: judge(a_bad_request(), client=CLIENT, server=SERVER, cod=SECRET),
    "what is no request": lambda: TokenRequest.of(SECRET),
    "what is no history": lambda: judge(a_bad_request(), client=CLIENT, server=SERVER, history=[SECRET]),  # type: ignore[list-item]
    "a challenge that is none": lambda: endpoint_with_a_past().issue_code(code_challenge=SECRET),
    "a login that does not wait": lambda: endpoint_with_a_past().approve(SECRET),
    "a pushed request that was not": lambda: endpoint_with_a_past().issue_code(request_uri=SECRET),
    "a body of a wrong type": lambda: endpoint_with_a_past().then(200, body=[SECRET]),  # type: ignore[arg-type]
    "a header that is none": lambda: endpoint_with_a_past().then(200, headers={"X": f"{SECRET}\n"}),
    "members that JSON cannot say": lambda: endpoint_with_a_past().then(200, members={"a": {SECRET.encode()}}),
    "a body that is no bytes": lambda: TokenRequest("POST", SERVER.token_endpoint, (), SECRET),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("refused", REFUSALS.values(), ids=REFUSALS)
def test_no_refusal_repeats_a_credential(refused: Callable[[], object]) -> None:
    with pytest.raises((ConfigurationError, TypeError, InvalidTokenRequest)) as caught:
        refused()
    for text in (str(caught.value), repr(caught.value), *traceback.format_exception(caught.value)):
        assert not given_away((SECRET, KEY["d"]), text.partition("refused()")[2] or text)
