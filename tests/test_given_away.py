"""Whatever a credential is like, wherever it stands and however it is written: nothing that is shown gives it away.

What is known to be secret is what the client is registered with, what a test expects, and what a request has in a field
for it. A credential has been given away if `RUN_LENGTH` of its characters stand together, in any form in which somebody
may write it; a shorter one by all of them.
"""

from __future__ import annotations

import base64
import html
import json
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pprint import pformat
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from generated import patiently
from hypothesis import assume, given
from hypothesis import strategies as st
from places_of_secrets import PLACES, texts_of
from requests_under_test import NOW, a_key, a_request

from pytest_jwtauth import suite_record
from pytest_jwtauth.child_process import Ended
from pytest_jwtauth.client_assertion import ClientAssertion
from pytest_jwtauth.client_run import ClientRun
from pytest_jwtauth.masking import masking
from pytest_jwtauth.model import AuthorizationServer
from pytest_jwtauth.parameters import CREDENTIALS
from pytest_jwtauth.profiles import profile_named
from pytest_jwtauth.registered_client import RegisteredClient
from pytest_jwtauth.suite_report.markdown import markdown
from pytest_jwtauth.suite_report.page import page
from pytest_jwtauth.suite_report.summary import document
from pytest_jwtauth.token_endpoint import TokenEndpoint
from pytest_jwtauth.verdict import judge
from pytest_jwtauth.watch import Watch

RUN_LENGTH = 20

SERVER = AuthorizationServer("https://auth.example/as", "https://auth.example/as/token")
KEY_CLIENTS = {alg: RegisteredClient("app-1", jwks={"keys": [a_key(alg)]}) for alg in ("ES256", "RS256", "Ed25519")}

Way = Callable[[str], str]


def basic(password: str) -> str:
    return base64.b64encode(f"app-1:{password}".encode()).decode()


def strict(text: str) -> str:
    return quote(text, safe="")


WAYS: dict[str, Way] = {
    "as it is": lambda s: s,
    "inside other text": lambda s: f"before {s} after",
    "in a URL": strict,
    "in a path": quote,
    "as encodeURIComponent has it": lambda s: quote(s, safe="!'()*~"),
    "in a form": quote_plus,
    "twice encoded": lambda s: strict(strict(s)),
    "in JSON": lambda s: json.dumps(s)[1:-1],
    "in JSON beyond ASCII": lambda s: json.dumps(s, ensure_ascii=False)[1:-1],
    "in JSON as PHP writes it": lambda s: json.dumps(s)[1:-1].replace("/", "\\/"),
    "as a str": lambda s: repr(s)[1:-1],
    "as a str in ASCII": lambda s: ascii(s)[1:-1],
    "as bytes": lambda s: repr(s.encode())[2:-1],
    "in base64": lambda s: base64.b64encode(s.encode()).decode(),
    "in base64url": lambda s: base64.urlsafe_b64encode(s.encode()).decode().rstrip("="),
    "in base64 in a URL": lambda s: strict(base64.b64encode(s.encode()).decode()),
    "in hexadecimal": lambda s: s.encode().hex(),
    "in hexadecimal, in capitals": lambda s: s.encode().hex().upper(),
    "in HTML": html.escape,
    "in HTML, quotation marks left": lambda s: html.escape(s, quote=False),
    "as a password": basic,
    "as a password by RFC 6749": lambda s: basic(strict(s)),
}


@lru_cache(maxsize=64)
def needles(secret: str) -> set[str]:
    """What must not be seen of *secret*: of its forms every run of so many characters, and of short ones the whole."""
    return {
        form[start : start + RUN_LENGTH]
        for way in WAYS.values()
        for form in [way(secret)]
        for start in range(max(1, len(form) - RUN_LENGTH + 1))
    }


@cache
def public() -> str:
    """What is shown of a request that is no business of the credentials looked for."""
    return "\n".join(shown_of(of_client("Zq3~vT8.mK1-xW6_rB9pLd4nHs7jCf2g"), "", "nowhere else", "pingone"))


def given_away(secrets: tuple[str, ...], text: str) -> list[str]:
    """The pieces of *secrets* that stand in *text*, but for those that are public, too."""
    runs = {text[start : start + RUN_LENGTH] for start in range(len(text))}
    sought = {piece for secret in secrets for piece in needles(secret)}
    found = [piece for piece in sought if (piece in runs if len(piece) == RUN_LENGTH else piece in text)]
    return sorted(piece for piece in found if piece not in public())


@dataclass
class Holder:
    """Who has a credential: how a request comes to be one of theirs, and who is registered.

    Attributes:
        written: What of the credential stands somewhere.
        pieces: What must not be seen of it.
    """

    written: str
    client: RegisteredClient
    pieces: tuple[str, ...]
    changes: dict[str, Any] = field(default_factory=dict)
    expected: dict[str, Any] = field(default_factory=dict)


def of_client(secret: str) -> Holder:
    return Holder(secret, RegisteredClient("app-1", secret), (secret,))


def of_key(alg: str, member: str) -> Holder:
    client = KEY_CLIENTS[alg]
    key = client.private_jwk()
    if member == "PEM":
        pem = client.private_key_pem()
        return Holder(pem, client, tuple(line for line in pem.splitlines() if len(line) > 40 and "-----" not in line))
    return Holder(
        json.dumps(key) if member == "JWK" else key[member], client, (key["d" if member == "JWK" else member],)
    )


GRANTS = {
    "refresh_token": "refresh_token",
    "password": "password",
    "assertion": "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "subject_token": "urn:ietf:params:oauth:grant-type:token-exchange",
    "device_code": "urn:ietf:params:oauth:grant-type:device_code",
    "auth_req_id": "urn:openid:params:grant-type:ciba",
}
CLIENT = RegisteredClient("app-1", "a-secret-that-is-of-no-interest-in-these-tests-at-all")


def sent_as(parameter: str, value: str) -> Holder:
    changes = {"grant": GRANTS.get(parameter, "authorization_code"), "fields": {parameter: value}}
    return Holder(value, CLIENT, (value,), changes)


def expected_as(parameter: str, value: str) -> Holder:
    changes = {"grant": GRANTS.get(parameter, "authorization_code"), "fields": {parameter: "another-value"}}
    return Holder(value, CLIENT, (value,), changes, {parameter: value})


ALPHABETS = ("abcdefghjkLMNPQRS23456789-_.~", "\"'\\`", "äßéЖ漢字😀", "%+&=;/?#@: ", "<>&", "()[]{}.*^$|\\+?", ",!%4a")
"""What may stand in a credential (RFC 6749 A: VSCHAR, and for a password any character but controls)."""


@st.composite
def values(draw: st.DrawFn) -> str:
    alphabet = "".join(draw(st.lists(st.sampled_from(ALPHABETS), min_size=1, max_size=3, unique=True)))
    # Runs of one and the same character turn up by accident, and fillers of the tests are such.
    value = draw(st.text(alphabet + ALPHABETS[0], min_size=8, max_size=70))
    value += draw(st.sampled_from(["", "", "auth.example", "app-1", value[::-1] * 12]))
    assume(len(set(value)) >= 6)
    return value


SENT = sorted(CREDENTIALS - {"client_assertion", "client_secret", "token", "actor_token"})
HOLDERS = st.one_of(
    values().map(of_client),
    st.builds(sent_as, st.sampled_from(SENT), values()),
    st.builds(expected_as, st.sampled_from(["code", "refresh_token", "code_verifier"]), values()),
    st.sampled_from([("ES256", "d"), ("ES256", "JWK"), ("ES256", "PEM"), ("Ed25519", "d"), ("RS256", "PEM")]).map(
        lambda which: of_key(*which)
    ),
    st.sampled_from(["d", "p", "q", "dp", "dq", "qi", "JWK"]).map(lambda member: of_key("RS256", member)),
)


def shown_of(holder: Holder, written: str, place: str, profile: str) -> Iterator[str]:
    """Everything that is made of a request in which the credential stands at *place*, *written* in some way."""
    changes = {**holder.changes, **PLACES[place](written)}
    request = a_request(client=holder.client, server=SERVER, **changes)
    known: dict[str, Any] = {"client": holder.client, "server": SERVER, "profile": profile_named(profile)}
    verdict = judge(request, now=NOW, logged=f"sent {written} there", **known, **holder.expected)
    yield from texts_of(verdict)
    if holder.expected:
        return  # what the test told the judge, no endpoint knows
    endpoint = TokenEndpoint(now=lambda: NOW, **known)
    response = endpoint.respond(request)
    if response.status >= 400:
        yield response.body.decode()
    yield repr([response, holder.client, endpoint, *endpoint.verdicts])
    if place != "the host" and not (place.startswith("the path") and len(written) < RUN_LENGTH):
        # Without anybody who knows what is secret it shows where it went, but for what is long.
        yield repr([request, *endpoint.requests])
    yield from report_of_suite(endpoint, f"test_a.py::test_b[{written}]")
    hide = masking(endpoint.requests, holder.client)
    ended = Ended(1, f"got {written}", f"'{written}'", timed_out=False)
    run = ClientRun.of(["client", written], ended, 1.0, endpoint.requests, hide)
    yield from (run._report(), repr(run), repr(run.stdout), repr([run.stderr]))


def report_of_suite(endpoint: TokenEndpoint, test: str) -> Iterator[str]:
    """The report that ``--jwtauth-report`` writes, and what goes there from a worker of pytest-xdist."""
    watch = Watch(is_recorded=True)
    watch.seen.append(suite_record.seen_by(endpoint))
    report: Any = SimpleNamespace(passed=True, when="teardown", outcome="passed", user_properties=[])
    item: Any = SimpleNamespace(nodeid=test)
    suite_record.add(item, watch, report, None)
    text = report.__dict__[suite_record.ATTRIBUTE]
    # In JSON the four characters that a mask shows may be twenty.
    yield json.dumps(json.loads(text), ensure_ascii=False)
    yield str(report.user_properties)
    told = document([text])
    told["rules"] = []  # words of ours, and most of the text
    yield from (json.dumps(told, indent=1, ensure_ascii=False), page(told), markdown(told))


def is_known(holder: Holder, place: str) -> bool:
    """Whether the judge can know what is secret: not if a body that takes the place of the form holds it alone."""
    instead = ("a body that is no form", "a body in JSON", "the only name of a body", "a body that is encoded twice")
    return place not in instead or not holder.changes or bool(holder.expected)


ENCODED = frozenset({"twice encoded", "in base64 in a URL"})


def can_stand(written: str, way: str, place: str) -> bool:
    """Whether a URL can hold it there: what ends a host or a path would tear it in two.

    And what was encoded for a URL already is not encoded again.
    """
    if way in ENCODED and "encoded" in place:
        return False
    ends = {
        "the host": "/?#@[]:\\",
        "the scheme": "/?#@[]:\\",
        "the userinfo": "/?#",
        "the path": "?#[]",
        "an array of aud": "",
    }
    return not set(ends.get(place, "")) & set(written)


@patiently
@given(
    holder=HOLDERS,
    place=st.sampled_from(sorted(PLACES)),
    way=st.sampled_from(sorted(WAYS)),
    profile=st.sampled_from(["pingone", "rfc7523", "rfc7523bis", "fapi2", "conformance"]),
)
def test_nothing_gives_a_credential_away(holder: Holder, place: str, way: str, profile: str) -> None:
    written = WAYS[way](holder.written)
    assume(is_known(holder, place) and can_stand(written, way, place))
    for text in shown_of(holder, written, place, profile):
        found = given_away(holder.pieces, text)
        assert not found, text


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("place", ["a claim", "scope", "Accept"])
def test_a_code_is_masked_however_it_is_written(way: str, place: str) -> None:
    holder = sent_as("code", 'aZ3+/=% &<"9xQ~Kd72.mW-vB_h5Lt8')
    written = WAYS[way](holder.written)
    for text in shown_of(holder, written, place, "pingone"):
        assert not given_away(holder.pieces, text)


@patiently
@given(
    holder=HOLDERS, way=st.sampled_from(sorted(WAYS)), place=st.sampled_from(["claim", "header member", "name", "deep"])
)
def test_no_repr_of_an_assertion_gives_the_credential_away_that_it_was_made_with(
    holder: Holder, way: str, place: str
) -> None:
    assume(not holder.changes)
    written = WAYS[way](holder.written)
    changes: dict[str, Any] = {
        "claim": {"claims": {"note": written}},
        "header member": {"header": {"kid": written}},
        "name": {"claims": {written: 1}},
        "deep": {"claims": {"note": [{"x": {written: [written]}}]}},
    }
    made = ClientAssertion.signed(client=holder.client, server=SERVER, now=NOW, **changes[place])
    for shown in (repr(made), repr([made]), f"{made!r}", pformat({"a": made}), repr(pickle.loads(pickle.dumps(made)))):
        assert not given_away(holder.pieces, shown)
        assert not any(part in shown for part in made.split("."))
