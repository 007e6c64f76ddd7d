"""What strangers, and tests, may hand over: Hypothesis strategies for it, by the room that reads it.

Most of what they make is nearly right, for what is wrong in every way is refused at the door.
"""

from __future__ import annotations

import io
import json
import math
import urllib.request
from collections.abc import Callable, Mapping
from logging import LogRecord
from typing import Any

import httpx
import requests
from hypothesis import strategies as st
from requests_under_test import (
    CLIENT,
    CLIENT_ID,
    CODE,
    FIELDS_OF_GRANT,
    FORM,
    NOW,
    REDIRECT_URI,
    REFRESH_TOKEN,
    SECRET,
    SERVER,
    a_key,
    a_key_client,
    a_request,
    an_answer,
    an_assertion,
)
from sized_input import utf8

from pytest_jwtauth import base64url
from pytest_jwtauth.jwa import ALGORITHMS, ASYMMETRIC_ALGORITHMS
from pytest_jwtauth.messages import TokenRequest
from pytest_jwtauth.numeric_date import LARGEST, HugeInteger
from pytest_jwtauth.parameters import JWT_BEARER, TOKEN_PARAMETERS
from pytest_jwtauth.profiles import PROFILES
from pytest_jwtauth.registered_client import RegisteredClient
from pytest_jwtauth.rules import RULES, adjust

TOKEN = SERVER.token_endpoint

ANY_TEXT = st.text(max_size=30) | st.sampled_from(["\0", "\ud800", "\r\n", " ", "%zz", "{", "é"])

# Numbers

IN_RANGE = st.integers(-LARGEST, LARGEST) | st.floats(-float(LARGEST), float(LARGEST)) | st.sampled_from([NOW, -0.0])
NUMBERS = (
    IN_RANGE
    | st.integers()
    | st.floats()
    | st.sampled_from([math.inf, -math.inf, math.nan, 10**400, -(10**5000), 5e-324, 2**53, 10**11])
)
NUMERIC_DATES = NUMBERS | st.builds(HugeInteger, st.integers(1001, 10**6), st.booleans())

# JSON, as values and as text

JSON_VALUES: Any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | ANY_TEXT
    | st.sampled_from([NOW, CLIENT_ID, TOKEN, 10**400]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=6,
)
JSON_PIECES = st.sampled_from(
    [
        *("1", "-0", "1e400", "NaN", "-Infinity", "9" * 1001, "0." + "1" * 400, '"\\ud800"', '"é"', "null"),
        *("{}", "[]", '{"a":1,"a":2}', "[" * 31 + "]" * 31, "[" * 40 + "]" * 40, '{"a":' * 33 + "1" + "}" * 33, ""),
    ]
)
"""Values that readers of JSON differ about."""


def json_objects(names: st.SearchStrategy[str]) -> st.SearchStrategy[bytes]:
    """The octets of an object whose members may be repeated, or no JSON at all."""
    members = st.tuples(names, JSON_PIECES | JSON_VALUES.map(json.dumps))
    written = st.lists(members.map(lambda member: f"{json.dumps(member[0])}:{member[1]}"), max_size=6)
    return written.map(lambda parts: f"{{{','.join(parts)}}}".encode("utf-8", "surrogatepass"))


CLAIM_NAMES = st.sampled_from(["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "nonce", "scope"]) | ANY_TEXT
MEMBER_NAMES = st.sampled_from(["alg", "typ", "kid", "crit", "b64", "jwk", "jku", "x5c", "cty", "enc"]) | ANY_TEXT
CLAIMS = st.dictionaries(CLAIM_NAMES, JSON_VALUES, max_size=5)
MEMBERS = st.dictionaries(
    MEMBER_NAMES,
    JSON_VALUES | st.sampled_from(["HS256", "ES256", "none", "JWT", ["exp"], ["b64"], {"d": "x"}]),
    max_size=4,
)

# Keys

KEY_TEXTS = st.binary(max_size=70).map(base64url.encode) | st.sampled_from(["", "AQAB", "AA", "=", "é", "\ud800", "A"])
RIGHT_KEYS = st.deferred(lambda: st.sampled_from([a_key(alg, "a-key") for alg in sorted(ASYMMETRIC_ALGORITHMS)]))
KEY_CHANGES = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("n", "e", "x", "y", "d", "k"), KEY_TEXTS | JSON_VALUES),
        "kty": st.sampled_from(["RSA", "EC", "OKP", "oct"]) | ANY_TEXT,
        "crv": st.sampled_from(["P-256", "P-521", "Ed25519", "Ed448", "secp256k1"]) | JSON_VALUES,
        "alg": st.sampled_from(sorted(ALGORITHMS)) | JSON_VALUES,
        "use": st.sampled_from(["sig", "enc"]) | JSON_VALUES,
        "key_ops": st.lists(st.sampled_from(["sign", "verify"]) | ANY_TEXT, max_size=3) | JSON_VALUES,
        "kid": JSON_VALUES,
    },
)
JWKS = st.builds(lambda right, changes: {**right, **changes}, RIGHT_KEYS, KEY_CHANGES) | KEY_CHANGES
JWK_SETS: st.SearchStrategy[Any] = (
    JWKS
    | st.lists(JWKS | JSON_VALUES, max_size=3).map(lambda keys: {"keys": keys})
    | st.lists(RIGHT_KEYS, max_size=3).map(lambda keys: {"keys": keys})
    | JSON_VALUES
)

# Requests

HEADER_NAMES = st.sampled_from(
    ["Content-Type", "Authorization", "Accept", "Content-Encoding", "Cookie", "DPoP", "X-Y", "content-type"]
)
HEADER_VALUES = ANY_TEXT | st.sampled_from(
    [
        FORM[1],
        "application/json;q=0",
        "Basic dTpw",
        "Bearer",
        f"Bearer {an_assertion()}",
        an_assertion(),
        "gzip",
        ";;,,==",
    ]
)
URLS = st.sampled_from(
    [*SERVER.endpoints.values(), "", "http://[", "//", "https://u:p@auth.example:x/", f"{TOKEN}?code=x#y"]
)
METHODS = st.sampled_from(["POST", "GET", "post", "", "OPTIONS", "\ud800", "P" * 99])
FIELD_NAMES = st.sampled_from(sorted(TOKEN_PARAMETERS)) | ANY_TEXT
FIELD_VALUES = ANY_TEXT | st.sampled_from(
    [CODE, SECRET, an_assertion(), "authorization_code", *FIELDS_OF_GRANT, JWT_BEARER]
)
FORMS = st.lists(st.tuples(FIELD_NAMES, FIELD_VALUES), max_size=12).map(utf8)
GRANTS = st.sampled_from([*FIELDS_OF_GRANT, JWT_BEARER])

CLIENTS = st.sampled_from([CLIENT, a_key_client(), a_key_client("Ed25519")])
SOME_CLIENTS = CLIENTS | st.deferred(
    lambda: st.sampled_from(
        [
            a_key_client("RS256"),
            RegisteredClient(CLIENT_ID, "short"),
            RegisteredClient(CLIENT_ID, SECRET, redirect_uris=[REDIRECT_URI]),
            RegisteredClient(CLIENT_ID, jwks={"keys": [a_key("ES256", "a"), a_key("RS256", "b"), a_key("ES256K")]}),
            RegisteredClient(CLIENT_ID, jwks={"keys": [a_key("ES256"), {"kty": "?", "use": "enc"}]}),
        ]
    )
)
PROFILE_NAMES = st.sampled_from(sorted(PROFILES))
EVERYTHING = adjust(PROFILES["rfc7523"], warn=[rule.id for rule in RULES.values() if rule.level == "off"])
"""A profile in which no rule is off."""

ASSERTIONS_CHANGED = st.fixed_dictionaries(
    {},
    optional={
        "claims": CLAIMS,
        "header": MEMBERS,
        "payload": json_objects(CLAIM_NAMES) | st.binary(max_size=40),
        "jose_header": json_objects(MEMBER_NAMES) | st.binary(max_size=40),
        "signature": st.binary(max_size=80),
    },
)
REQUESTS = st.builds(
    lambda client, grant, of_the_assertion, **how: a_request(client=client, grant=grant, **how, **of_the_assertion),
    CLIENTS,
    GRANTS,
    ASSERTIONS_CHANGED,
    endpoint=st.sampled_from(sorted(SERVER.endpoints)),
    method=st.just("POST") | METHODS,
    url=st.none() | URLS,
    more_headers=st.lists(st.tuples(HEADER_NAMES, HEADER_VALUES), max_size=2),
    fields=st.dictionaries(
        st.sampled_from(["code", "refresh_token", "scope", "redirect_uri"]),
        FIELD_VALUES.filter(str.isprintable),
        max_size=2,
    ),
) | st.builds(
    TokenRequest,
    METHODS | ANY_TEXT,
    URLS | ANY_TEXT,
    st.lists(st.tuples(HEADER_NAMES | ANY_TEXT, HEADER_VALUES), max_size=6),
    FORMS | st.binary(max_size=300),
)

# What the judge is told besides

ANSWERS = st.builds(
    lambda status, members, headers: an_answer(status, headers=headers, **members),
    st.sampled_from([200, 302, 307, 400, 401, 429, 500, 503]),
    st.dictionaries(
        st.sampled_from(["access_token", "expires_in", "refresh_token", "error", "interval", "device_code"]),
        JSON_VALUES,
        max_size=3,
    ),
    st.lists(st.tuples(st.sampled_from(["Retry-After", "Location", "Content-Type"]), ANY_TEXT), max_size=2),
)
EARLIER = st.lists(
    st.tuples(
        st.builds(
            lambda grant, received_at: a_request(grant=grant, received_at=received_at),
            GRANTS,
            st.none() | st.floats(NOW - 100, NOW, allow_nan=False),
        ),
        st.none() | ANSWERS,
    ),
    max_size=4,
)


def a_record(message: str, argument: str) -> LogRecord:
    return LogRecord("app", 20, "app.py", 1, message, (argument,), None)


TEXT_OR_NONE = st.none() | ANY_TEXT
KNOWN = st.fixed_dictionaries(
    {},
    optional={
        "code": TEXT_OR_NONE | st.just(CODE),
        "redirect_uri": TEXT_OR_NONE | st.just(REDIRECT_URI),
        "code_challenge": TEXT_OR_NONE,
        "code_challenge_method": st.sampled_from(["S256", "plain", "", None]),
        "code_verifier": TEXT_OR_NONE,
        "grant_type": st.none() | GRANTS,
        "refresh_token": TEXT_OR_NONE | st.just(REFRESH_TOKEN),
        "refresh_token_state": TEXT_OR_NONE,
        "refresh_grace": st.none() | st.integers(0, 10**6),
        "granted_scope": TEXT_OR_NONE,
        "tls_verified": st.booleans(),
        "dpop_nonce": TEXT_OR_NONE,
        "logged": TEXT_OR_NONE
        | st.just(f"{CODE} {SECRET}")
        | st.lists(st.builds(a_record, ANY_TEXT, ANY_TEXT), max_size=3),
    },
)
CIRCUMSTANCES = st.fixed_dictionaries(
    {
        "client": SOME_CLIENTS,
        "profile": PROFILE_NAMES | st.just(EVERYTHING),
        "now": st.just(NOW) | IN_RANGE,
        "leeway": st.just(0) | IN_RANGE,
        "history": EARLIER,
    }
)

# Requests of other libraries


def of_environ(method: str, target: str, fields: Mapping[str, str], body: bytes) -> object:
    """What a WSGI server hands over, whatever the client has sent."""
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": target,
        "QUERY_STRING": "a=b",
        "SERVER_NAME": "localhost",
        "wsgi.input": io.BytesIO(body),
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in fields.items()},
        "CONTENT_LENGTH": fields.get("Content-Length", str(len(body))),
        "REQUEST_URI": fields.get("X-Target", ""),
    }


def of_requests(method: str, target: str, fields: Mapping[str, str], body: Any) -> object:
    sent = requests.PreparedRequest()
    sent.prepare_headers({})
    sent.method, sent.url, sent.body = method, target, body
    sent.headers.update(fields)
    return sent


def of_httpx(method: str, target: str, fields: Mapping[str, str], body: bytes) -> object:
    """None where httpx itself refuses it."""
    try:
        return httpx.Request(method, target, headers=dict(fields), content=body)
    except (httpx.InvalidURL, UnicodeError, ValueError, TypeError):
        return None


def of_urllib(method: str, target: str, fields: Mapping[str, str], body: Any) -> object:
    """None where urllib itself refuses it."""
    try:
        return urllib.request.Request(target, body, dict(fields), origin_req_host="localhost", method=method)
    except ValueError:
        return None


MAKERS: list[Callable[[str, str, Mapping[str, str], Any], object]] = [of_environ, of_requests, of_httpx, of_urllib]
BODIES = st.binary(max_size=60)
NATIVE_REQUESTS = st.builds(
    lambda make, method, target, fields, body: make(method, target, fields, body),
    st.sampled_from(MAKERS),
    METHODS | ANY_TEXT,
    URLS | ANY_TEXT,
    st.dictionaries(
        st.sampled_from(["Content-Length", "Transfer-Encoding", "Host", "X-Target", "Cookie"]),
        ANY_TEXT | st.sampled_from(["chunked", "9" * 5000, "-1", "2", "²", "http://["]),
        max_size=4,
    ),
    BODIES,
) | st.builds(
    of_requests,
    METHODS,
    URLS,
    st.just({}),
    st.none()
    | ANY_TEXT
    | BODIES
    | BODIES.map(io.BytesIO)
    | st.lists(BODIES | ANY_TEXT, max_size=3)
    | ANY_TEXT.map(io.StringIO),
)
ANY_OBJECT = NATIVE_REQUESTS | JSON_VALUES | REQUESTS

# Octets on a wire

LINES = st.sampled_from(
    [
        *(
            b"POST /as/token HTTP/1.1",
            b"GET / HTTP/1.0",
            b"",
            b"POST",
            b"\x16\x03",
            b" folded",
            b"\t",
            b"A: b",
            b":",
            b"A",
        ),
        *(b"Content-Length: 3", b"Content-Length: 3, 3", b"Content-Length: x", b"Transfer-Encoding: chunked", b"a=b"),
        *(b"Transfer-Encoding: gzip", b"Expect: 100-continue", b"Connection: close", b"0", b"3", b"FFFFFFFF", b"5;x=y"),
        *(b"Origin: http://a", b"Access-Control-Request-Method: POST", b"Host: [", b"A: \xff\r"),
    ]
)
WIRES = st.lists(LINES | st.binary(max_size=20), max_size=12).map(b"\r\n".join) | st.binary(max_size=100)
