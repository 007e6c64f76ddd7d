"""What is gathered of a request before any rule looks at it, and what is said of what cannot be read."""

from __future__ import annotations

from typing import Any

import pytest
from requests_under_test import (
    ABSENT,
    CLIENT,
    CODE,
    HEADERS,
    ISSUER,
    JTI,
    NOW,
    ORIGIN,
    REDIRECT_URI,
    SERVER,
    a_key_client,
    a_request,
    an_answer,
    an_assertion,
    claims_of,
)

from pytest_jwtauth.evidence import Evidence, accepted_audiences, gather, history_of
from pytest_jwtauth.history import DPOP_JTI, METADATA, RESOURCE, History
from pytest_jwtauth.messages import TokenRequest
from pytest_jwtauth.model import AuthorizationServer
from pytest_jwtauth.parameters import JWT_BEARER_ASSERTION_TYPE
from pytest_jwtauth.profiles import PROFILES
from pytest_jwtauth.registered_client import RegisteredClient

TOKEN = SERVER.token_endpoint
RFC7523 = PROFILES["rfc7523"]


def evidence_of(
    request: TokenRequest,
    *,
    client: RegisteredClient = CLIENT,
    server: AuthorizationServer = SERVER,
    profile: str = "rfc7523",
    history: History | None = None,
    **more: Any,
) -> Evidence:
    """Everything about *request*."""
    return gather(
        request,
        client=client,
        server=server,
        profile=PROFILES[profile],
        now=NOW,
        leeway=0,
        history=History() if history is None else history,
        expected={},
        **more,
    )


def remembered(*items: Any) -> History:
    """A history of these items."""
    return history_of(items, client=CLIENT, server=SERVER, profile=RFC7523, now=NOW)


def test_a_right_request_is_read_in_full() -> None:
    evidence = evidence_of(a_request(query="a=1"))
    assert evidence.unread == {"nbf": ""}
    assert (evidence.endpoint, evidence.endpoint_url, evidence.at_endpoint) == ("token", TOKEN, True)
    assert evidence.query == (("a", "1"),)
    assert evidence.header_value("content-type") == "application/x-www-form-urlencoded"
    assert (evidence.grant, evidence.form.get("code"), evidence.not_a_form) == ("authorization_code", CODE, None)
    assert evidence.assertion == an_assertion()
    assert evidence.signed == an_assertion().rpartition(".")[0]
    assert evidence.header == {"alg": "HS256", "typ": "JWT"}
    assert evidence.claims == claims_of(CLIENT, TOKEN)
    assert (evidence.alg, evidence.algorithm and evidence.algorithm.name) == ("HS256", "HS256")
    assert evidence.verification is not None
    assert evidence.verification.state == "valid"
    assert (evidence.exp, evidence.nbf, evidence.iat) == (NOW + 300, None, NOW)
    assert evidence.audiences == (TOKEN,)
    assert evidence.jti == (CLIENT.client_id, JTI)
    assert repr(evidence) == f"<Evidence of {evidence.request!r}>"


# Where it went

PLACES: list[tuple[str, str, str, str, bool]] = [
    # what, URL, endpoint, its URL, at it
    *((name, url, name, url, True) for name, url in SERVER.endpoints.items()),
    ("with a query", f"{TOKEN}?a=1", "token", TOKEN, True),
    ("with a fragment", f"{TOKEN}#a", "token", TOKEN, True),
    ("in another spelling", TOKEN.replace("https", "HTTPS").replace("example/", "example:443/"), "token", TOKEN, True),
    (
        "another host, the path of an endpoint",
        f"{SERVER.revocation_endpoint}".replace("auth.", "a."),
        "revocation",
        f"{SERVER.revocation_endpoint}",
        False,
    ),
    ("another port", TOKEN.replace("example/", "example:8443/"), "token", TOKEN, False),
    ("nowhere", "https://other.example/", "token", TOKEN, False),
    ("no URL", "http://[", "token", TOKEN, False),
    ("the empty text", "", "token", TOKEN, False),
    ("metadata", f"{ISSUER}/.well-known/openid-configuration", METADATA, TOKEN, False),
    ("metadata of OAuth", f"{ORIGIN}/.well-known/oauth-authorization-server/as", METADATA, TOKEN, False),
    ("nearly metadata", f"{ISSUER}/.well-known/openid-configurations", "token", TOKEN, False),
]


@pytest.mark.parametrize(
    ("url", "endpoint", "endpoint_url", "at_it"), [pytest.param(*row[1:], id=row[0]) for row in PLACES]
)
def test_the_url_tells_the_endpoint(url: str, endpoint: str, endpoint_url: str, at_it: bool) -> None:
    evidence = evidence_of(a_request(url=url))
    assert (evidence.endpoint, evidence.endpoint_url, evidence.at_endpoint) == (endpoint, endpoint_url, at_it)
    assert ("url" in evidence.unread) == (url == "http://[")


def test_an_endpoint_that_is_not_configured_is_none() -> None:
    server = AuthorizationServer(ISSUER, TOKEN)
    assert evidence_of(a_request(url=f"{ISSUER}/revoke"), server=server).endpoint == "token"


def resource_request(authorization: str) -> TokenRequest:
    """A request to some API."""
    return TokenRequest("GET", "https://api.example/", [("Authorization", authorization)], b"")


@pytest.mark.parametrize(
    ("authorization", "endpoint"),
    [
        ("Bearer at.2YotnFZFEjr1zCsicMWpAA", RESOURCE),
        ("DPoP  at.2YotnFZFEjr1zCsicMWpAA", RESOURCE),
        ("Bearer another", "token"),
        ("Bearer", "token"),
        ("Basic at.2YotnFZFEjr1zCsicMWpAA", "token"),
        ("", "token"),
    ],
)
def test_where_an_issued_access_token_is_used_is_a_resource(authorization: str, endpoint: str) -> None:
    history = remembered((a_request(), an_answer()))
    evidence = evidence_of(resource_request(authorization), history=history)
    assert evidence.endpoint == endpoint
    assert (evidence.form.fields, evidence.assertion) == ((), None)


def test_an_access_token_at_an_endpoint_makes_it_no_resource() -> None:
    history = remembered((a_request(), an_answer()))
    request = a_request(more_headers=[("Authorization", "Bearer at.2YotnFZFEjr1zCsicMWpAA")])
    assert evidence_of(request, history=history).endpoint == "token"


# Header fields


def test_header_fields_are_kept_by_name_in_order() -> None:
    evidence = evidence_of(a_request(headers=[("A", "1"), ("b", "2"), ("a", "3")]))
    assert evidence.headers == {"a": ["1", "3"], "b": ["2"]}
    assert (evidence.header_value("a"), evidence.header_value("c")) == ("1", None)


@pytest.mark.parametrize(
    ("value", "token"),
    [
        ("Bearer x", "x"),
        ("bearer  x ", "x"),
        ("DPoP x", "x"),
        ("Bearer ", None),
        ("Basic x", None),
        ("x", None),
    ],
)
def test_a_bearer_token(value: str, token: str | None) -> None:
    assert evidence_of(a_request(more_headers=[("Authorization", value)])).bearer_token() == token


def test_no_bearer_token() -> None:
    assert evidence_of(a_request()).bearer_token() is None


# The form

NO_FORMS: list[tuple[str, bytes, list[tuple[str, str]], str]] = [
    ("JSON", b'{"a": "b=c"}', [], "the body is JSON"),
    ("JSON after white space", b" \r\n[1]", [], "the body is JSON"),
    ("a JSON string", b'"a=b"', [], "the body is JSON"),
    ("XML", b"<a b='c'/>", [], "the body is XML or HTML"),
    ("multipart", b'--x\r\ncontent-disposition: FORM-DATA; name="a=b"', [], "the body is multipart/form-data"),
    ("text", b"hello", [], "the body has no «=»"),
    ("encoded twice", b"a%3Db", [], "the body has no «=», but «%3D»: it was encoded twice"),
    ("encoded twice in small letters", b"a%3db", [], "the body has no «=», but «%3D»: it was encoded twice"),
    ("compressed", b"a=b", [("Content-Encoding", "gzip")], "the body is compressed (Content-Encoding: gzip)"),
    (
        "compressed in capitals",
        b"a=b",
        [("Content-Encoding", " GZIP ")],
        "the body is compressed (Content-Encoding: gzip)",
    ),
    (
        "compressed twice",
        b"a=b",
        [("Content-Encoding", "identity, br"), ("content-encoding", "zstd")],
        "the body is compressed (Content-Encoding: br, zstd)",
    ),
    (
        "compressed somehow",
        b"a=b",
        [("Content-Encoding", "my-secret")],
        "the body is compressed (Content-Encoding: an unknown coding)",
    ),
    ("too large", b"a=" + b"x" * 2**18, [], "the body has 262146 octets, more than the 262144 that are read"),
    ("too many fields", b"a=1&" * 1001, [], "the body has more than 1000 fields"),
]


@pytest.mark.parametrize(("body", "headers", "why"), [pytest.param(*row[1:], id=row[0]) for row in NO_FORMS])
def test_a_body_that_is_no_form(body: bytes, headers: list[tuple[str, str]], why: str) -> None:
    evidence = evidence_of(a_request(body=body, more_headers=headers))
    assert (evidence.not_a_form, evidence.unread["form"], evidence.unread["assertion"]) == (why, why, why)
    assert (evidence.form.fields, evidence.grant, evidence.assertion, evidence.jws) == ((), None, None, None)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", []),
        (b"a=b", [("Content-Encoding", "identity")]),
        (b"a=b", [("Content-Encoding", "")]),
        (b"--a=b", []),
        (b"a={}", []),
        (b" =", []),
    ],
)
def test_a_body_that_is_one(body: bytes, headers: list[tuple[str, str]]) -> None:
    assert evidence_of(a_request(body=body, more_headers=headers)).not_a_form is None


def test_the_profile_names_the_field_of_the_assertion() -> None:
    client = a_key_client()
    fields = {"client_secret": an_assertion(client=client), "client_assertion": "other"}
    evidence = evidence_of(a_request(client=client, fields=fields), client=client, profile="apple")
    assert evidence.assertion == fields["client_secret"]


# The assertion


def unread(**changes: Any) -> dict[str, str]:
    """What of the evidence is missing, and why."""
    return {name: reason for name, reason in evidence_of(a_request(**changes)).unread.items() if reason}


ALL = {
    "parts",
    "header_octets",
    "payload_octets",
    "signature_octets",
    "header",
    "alg",
    "signature",
    "claims",
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
}
CLAIMS = {"claims", "iss", "sub", "aud", "exp", "nbf", "iat", "jti"}

MISSING: list[tuple[str, dict[str, Any], set[str]]] = [
    ("nothing", {}, set()),
    ("an assertion", {"fields": {"client_assertion": ABSENT}}, {"assertion", *ALL}),
    ("an assertion that is not empty", {"fields": {"client_assertion": ""}}, {"assertion", *ALL}),
    ("an assertion of a size that is read", {"text": "x" * 65537}, ALL),
    ("dots", {"text": "abcd"}, ALL),
    ("a signature", {"text": lambda right: right.rpartition(".")[0]}, ALL - CLAIMS - {"header", "alg"}),
    ("what follows the header", {"text": lambda right: right.partition(".")[0]}, ALL - {"header", "alg"}),
    (
        "a header that decodes",
        {"text": lambda right: "A" + right[right.index(".") :]},
        {"header_octets", "header", "alg", "signature"},
    ),
    ("a header", {"jose_header": b"[]"}, {"header", "alg", "signature"}),
    ("an alg", {"header": {"alg": ABSENT}}, {"alg", "signature"}),
    ("an alg that is text", {"header": {"alg": ["HS256"]}}, {"alg", "signature"}),
    ("an alg that is known", {"header": {"alg": "x"}}, {"signature"}),
    ("a key for the alg", {"header": {"alg": "ES256"}}, {"signature"}),
    (
        "a signature that decodes",
        {"text": lambda right: right.rpartition(".")[0] + ".A"},
        {"signature_octets", "signature"},
    ),
    ("claims", {"payload": b"[]"}, CLAIMS),
    ("claims and a header", {"payload": b"[]", "jose_header": b"[]"}, CLAIMS | {"header", "alg", "signature"}),
    ("an iss", {"claims": {"iss": ABSENT}}, {"iss"}),
    ("a sub that is text", {"claims": {"sub": 1}}, {"sub"}),
    ("an aud", {"claims": {"aud": ABSENT}}, {"aud"}),
    ("an aud with a member", {"claims": {"aud": []}}, {"aud"}),
    ("an aud of texts", {"claims": {"aud": [TOKEN, 1]}}, {"aud"}),
    ("an exp", {"claims": {"exp": ABSENT}}, {"exp"}),
    ("an exp that is a number", {"claims": {"exp": True}}, {"exp"}),
    ("an exp in range", {"claims": {"exp": 2**53 + 1}}, {"exp"}),
    ("an exp in seconds", {"claims": {"exp": 10**11}}, {"exp"}),
    ("an iat that is a number", {"claims": {"iat": None}}, {"iat"}),
    ("an iat", {"claims": {"iat": ABSENT}}, set()),
    ("a jti", {"claims": {"jti": ABSENT}}, set()),
    ("a jti that is text", {"claims": {"jti": None}}, {"jti"}),
]


@pytest.mark.parametrize(("changes", "names"), [pytest.param(*row[1:], id=row[0]) for row in MISSING])
def test_what_is_missing_is_named(changes: dict[str, Any], names: set[str]) -> None:
    assert set(unread(**changes)) == names


def test_what_is_missing_is_not_there() -> None:
    evidence = evidence_of(a_request(claims={"exp": "1", "iat": None, "aud": 1, "iss": 1}, header={"alg": "x"}))
    assert (evidence.exp, evidence.iat, evidence.audiences, evidence.jti) == (None, None, None, None)
    assert (evidence.alg, evidence.algorithm, evidence.verification) == ("x", None, None)


def test_only_three_parts_have_an_identity() -> None:
    assert evidence_of(a_request(text="a.b")).signed is None
    assert evidence_of(a_request(text="a.b.c")).signed == "a.b"


@pytest.mark.parametrize(
    ("changes", "decoded"),
    [
        ({}, True),
        ({"payload": b"[]"}, False),
        ({"jose_header": b"[]"}, False),
        ({"text": "x"}, False),
        ({"key": b"x" * 32}, True),
    ],
)
def test_header_and_claims_are_decoded_together_or_not_at_all(changes: dict[str, Any], decoded: bool) -> None:
    assert (evidence_of(a_request(**changes)).decoded_assertion() is not None) is decoded


# Audiences


@pytest.mark.parametrize(
    ("profile", "endpoint", "accepted"),
    [
        ("rfc7523", "token", (TOKEN, ISSUER)),
        ("rfc7523", "revocation", (TOKEN, SERVER.revocation_endpoint, ISSUER)),
        ("oidc3", "token", (ISSUER,)),
        ("okta", "token", (TOKEN,)),
        ("okta", "introspection", (SERVER.introspection_endpoint,)),
        ("apple", "token", ("https://appleid.apple.com",)),
        ("keycloak", "token", (ISSUER, *SERVER.endpoints.values())),
        ("rfc7523", "resource", (TOKEN, ISSUER)),
    ],
)
def test_accepted_audiences(profile: str, endpoint: str, accepted: tuple[str, ...]) -> None:
    assert accepted_audiences(PROFILES[profile], SERVER, endpoint) == accepted


def test_an_audience_is_accepted_once() -> None:
    server = AuthorizationServer(TOKEN, TOKEN)
    assert accepted_audiences(RFC7523, server, "token") == (TOKEN,)


def test_the_endpoint_called_has_its_audiences() -> None:
    evidence = evidence_of(a_request(endpoint="revocation"))
    assert evidence.accepted_audiences() == (TOKEN, SERVER.revocation_endpoint, ISSUER)


# As later requests remember it


def test_a_request_is_remembered_by_what_must_not_come_again() -> None:
    evidence = evidence_of(a_request(), arrived=7)
    past = evidence.as_past(an_answer(), answered=True, left=9)
    assert past.fields == {"code": CODE}
    assert (past.signed, past.jti, past.endpoint, past.grant) == (
        evidence.signed,
        evidence.jti,
        "token",
        evidence.grant,
    )
    assert (past.at, past.arrived, past.left, past.answered) == (NOW, 7, 9, True)
    assert (past.request, past.response) == (evidence.request, an_answer())


def test_it_left_when_it_arrived_if_nothing_else_is_known() -> None:
    past = evidence_of(a_request()).as_past(None, answered=False)
    assert (past.arrived, past.left, past.answered) == (NOW, NOW, False)


def test_a_field_without_a_value_is_not_remembered_and_the_last_of_several_is() -> None:
    request = a_request(fields={"code": ""}, more_fields=[("device_code", "a"), ("device_code", "b"), ("x", "y")])
    assert evidence_of(request).as_past(None, answered=False).fields == {"device_code": "b"}


@pytest.mark.parametrize(
    ("proof", "fields"),
    [(an_assertion(), {DPOP_JTI: JTI}), (an_assertion(claims={"jti": 1}), {}), ("x", {}), ("", {})],
)
def test_the_jti_of_a_dpop_proof_is_remembered(proof: str, fields: dict[str, str]) -> None:
    request = a_request(grant="client_credentials", more_headers=[("DPoP", proof)])
    assert evidence_of(request).as_past(None, answered=False).fields == fields


def test_earlier_requests_are_read_as_a_test_lists_them() -> None:
    first = a_request(received_at=NOW - 5)
    second = a_request(claims={"jti": "x" * 20})
    history = remembered(first, (second, an_answer(500)), (second, None))
    assert [past.at for past in history.items] == [NOW - 5, NOW, NOW]
    assert [past.answered for past in history.items] == [False, True, True]
    assert [past.response and past.response.status for past in history.items] == [None, 500, None]


def test_a_history_that_is_kept_is_used_as_it_is() -> None:
    history = History()
    assert history_of(history, client=CLIENT, server=SERVER, profile=RFC7523, now=NOW) is history


def test_the_builder_builds_what_it_says() -> None:
    """The tests of rules rely on it."""
    assert dict(evidence_of(a_request()).form.fields) == {
        "grant_type": "authorization_code",
        "code": CODE,
        "redirect_uri": REDIRECT_URI,
        "client_assertion_type": JWT_BEARER_ASSERTION_TYPE,
        "client_assertion": an_assertion(),
    }
    assert a_request().headers == HEADERS
