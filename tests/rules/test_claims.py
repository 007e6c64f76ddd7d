"""The claims set: what each rule refuses, and what it lets pass. Times have a file of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from requests_under_test import (
    ABSENT,
    CLIENT,
    CLIENT_ID,
    ISSUER,
    JTI,
    NOW,
    ORIGIN,
    SERVER,
    a_key_client,
    an_assertion,
    claims_of,
    json_octets,
)
from rules.tables import Row, broken, check, each, kept

from pytest_jwtauth.parameters import JWT_BEARER

TOKEN = SERVER.token_endpoint
REVOCATION = SERVER.revocation_endpoint
CLAIMS = claims_of(CLIENT, TOKEN)
NOTHING_NAMED = ["iss-missing", "sub-missing", "aud-missing", "exp-missing", "jti-missing"]


def aud(sentence: str, value: object, near: str, **more: Any) -> Row:
    """A row with a wrong audience, of which the message says *near*."""
    return broken(sentence, claims={"aud": value}, says=(near,) if near else (), wants=(TOKEN, ISSUER), **more)


def payload(more: bytes) -> bytes:
    """The right claims as JSON with *more* members after them."""
    return json_octets(CLAIMS)[:-1] + more + b"}"


def instead(field: str, alg: str, **claims: Any) -> dict[str, Any]:
    """Changes that put the assertion, with these claims, into another form field."""

    def fields() -> dict[str, Any]:
        assertion = an_assertion(client=a_key_client(alg), claims=claims)
        return {field: assertion, "client_assertion": ABSENT, "client_assertion_type": ABSENT, "client_id": CLIENT_ID}

    return {"client": lambda: a_key_client(alg), "fields": fields}


def apple(**claims: Any) -> dict[str, Any]:
    """A right request at Apple's but for these claims: the assertion is the client secret."""
    return {"profile": "apple", **instead("client_secret", "ES256", aud="https://appleid.apple.com", **claims)}


def granted(profile: str, **claims: Any) -> dict[str, Any]:
    """A right request under a profile where the assertion is the grant, but for these claims."""
    return {"profile": profile, "grant": JWT_BEARER, **instead("assertion", "RS256", **claims)}


MANY = {f"c{n}": n for n in range(44)}

TABLES: dict[str, list[Row]] = {
    "payload-not-utf8": [
        broken("an octet that is not UTF-8", payload=b'{"x":"\xe9"}', says="octet 6"),
        broken("UTF-16", payload='{"iss":"x"}'.encode("utf-16"), says="UTF-16"),
        broken("UTF-32", payload='{"iss":"x"}'.encode("utf-32-be"), says="UTF-32"),
        kept("UTF-8", claims={"name": "é€𝄞"}),
        kept("UTF-8 that is not escaped", payload=payload(',"x":"é€𝄞"'.encode())),
        kept("escapes of a surrogate pair", payload=payload(b',"x":"\\ud834\\udd1e"')),
    ],
    "payload-not-json": [
        broken("text", payload=b"hello", says="expecting value at character 0"),
        broken("nothing but white space", payload=b"\r\n", says="empty"),
        broken("a byte order mark", payload=b"\xef\xbb\xbf{}", says="byte order mark"),
        broken("NaN", payload=b'{"exp":NaN}', says="NaN"),
        broken("Infinity", payload=b'{"exp":Infinity}', says="Infinity"),
        broken("a plus sign", payload=b'{"exp":+1}'),
        broken("a zero in front", payload=b'{"exp":01}'),
        broken("a point without digits", payload=b'{"exp":1.}'),
        broken("single quotes", payload=b"{'iss':'x'}"),
        broken("a trailing comma", payload=b'{"iss":"x",}'),
        broken("text after it", payload=b"{} {}", says="extra data"),
        broken("a comment", payload=b'{"iss":"x"} // me'),
        broken("Python's own", payload=b"{'exp': None}"),
        broken("unquoted names", payload=b"{exp:1}"),
        kept("white space everywhere", payload=json_octets(CLAIMS).replace(b",", b" ,\r\n\t")),
        kept("an exponent", payload=payload(b',"x":1.5e3')),
        kept("an integer of a thousand digits", payload=payload(b',"x":' + b"9" * 1000)),
        kept("an integer of five thousand digits", payload=payload(b',"x":' + b"9" * 5000)),
    ],
    "payload-not-object": [
        broken("an array", payload=b"[]", says="an array"),
        broken("JSON inside a string", payload=b'"{\\"iss\\":\\"x\\"}"', says="a string"),
        broken("null", payload=b"null", says="null"),
        broken("a number", payload=b"1760000300", says="a number"),
        broken("a number of five thousand digits", payload=b"1" * 5000, says="a number"),
        broken("false", payload=b"false", says="a boolean"),
        kept("an empty object", payload=b"{}", also=NOTHING_NAMED),
    ],
    "payload-duplicate-claim": [
        broken("two of them", payload=payload(b',"x":1,"x":1,"y":1,"y":1'), says="'x', 'y'"),
        broken("more than are shown", payload=payload(b"".join(b',"x%d":1,"x%d":1' % (n, n) for n in range(60)))),
        broken("aud twice", payload=payload(b',"aud":"x"'), also=["aud-mismatch"], says="'aud'"),
        broken("equal values", payload=payload(f',"iss":"{CLIENT_ID}"'.encode()), says="'iss'"),
        broken("one of them escaped", payload=payload(f',"i\\u0073s":"{CLIENT_ID}"'.encode()), says="'iss'"),
        broken("inside a claim", payload=payload(b',"x":{"y":1,"y":1}'), says="'y'"),
        broken("three times, named once", payload=payload(b',"x":1,"x":2,"x":3'), says="more than once: 'x'"),
        broken("the empty name", payload=payload(b',"":1,"":1'), says="''"),
        broken("a lone surrogate", payload=payload(b',"\\ud800":1,"\\ud800":1'), says="'\\ud800'"),
        broken(
            "a number of five thousand digits beside it",
            payload=payload(b',"x":1,"x":1,"n":' + b"1" * 5000),
            says="'x'",
        ),
        kept("in two cases", payload=payload(b',"ISS":"x"')),
        kept("at two depths", claims={"x": {"iss": 1}, "y": {"iss": 1}}),
    ],
    "iss-missing": [
        broken("no iss", claims={"iss": ABSENT}),
        kept("null is there", claims={"iss": None}, also=["iss-not-string"]),
    ],
    "iss-not-string": [
        broken("null", claims={"iss": None}, says="null"),
        broken("a number", claims={"iss": 1}, says="a number"),
        broken("an array", claims={"iss": [CLIENT_ID]}, says="an array"),
        broken("a boolean", claims={"iss": True}, says="a boolean"),
        kept("the empty text is text", claims={"iss": ""}, also=["iss-mismatch"]),
    ],
    "iss-mismatch": [
        broken("another client", claims={"iss": "other"}, says="iss is 'other'", wants=CLIENT_ID),
        broken("the server", claims={"iss": ISSUER}, says="the server's own URL"),
        broken("the token endpoint", claims={"iss": TOKEN}, says="the server's own URL"),
        broken("another case", claims={"iss": CLIENT_ID.upper()}, says="another case"),
        broken("a space after it", claims={"iss": f"{CLIENT_ID} "}, says="white space"),
        broken("a placeholder", claims={"iss": "{{<client_id}}"}, says="placeholder"),
        broken("the empty text", claims={"iss": ""}),
        broken("a lone surrogate", claims={"iss": "\ud800"}, says="'\\ud800'"),
        broken("a long text is cut", claims={"iss": "x" * 1000}, says="'" + "x" * 100 + "'"),
        kept("the client id"),
        kept("where another party is named", **apple(iss="TEAM")),
    ],
    "sub-missing": [
        broken("no sub", claims={"sub": ABSENT}),
        kept("null is there", claims={"sub": None}, also=["sub-not-string"]),
    ],
    "sub-not-string": [
        broken("null", claims={"sub": None}, says="null"),
        broken("an object", claims={"sub": {"id": CLIENT_ID}}, says="an object"),
        kept("text", claims={"sub": CLIENT_ID}),
    ],
    "sub-mismatch": [
        broken("a user", claims={"sub": "alice"}, says="sub is 'alice'", wants=CLIENT_ID),
        broken("a lone surrogate", claims={"sub": "\udfff"}, says="\\udfff"),
        broken("one character less", claims={"sub": CLIENT_ID[:-1]}),
        kept("the client id"),
    ],
    "aud-missing": [
        broken("no aud", claims={"aud": ABSENT}),
        kept("null is there", claims={"aud": None}, also=["aud-not-string-or-array"]),
    ],
    "aud-not-string-or-array": [
        broken("null", claims={"aud": None}, says="null"),
        broken("a number", claims={"aud": 1}, says="a number"),
        broken("an object", claims={"aud": {"url": TOKEN}}, says="an object"),
        broken("an empty array", claims={"aud": []}, says="empty array"),
        broken("a number in the array", claims={"aud": [TOKEN, 1]}, says="no string"),
        broken("an array in the array", claims={"aud": [[TOKEN]]}, says="no string"),
        kept("an array of one", claims={"aud": [TOKEN]}),
        kept("the empty text is text", claims={"aud": ""}, also=["aud-mismatch"]),
    ],
    "aud-mismatch": [
        aud("a slash too many", f"{TOKEN}/", "trailing slash"),
        aud("a letter too many", f"{TOKEN}X", "another path at the same host"),
        aud("a slash too many after the issuer", f"{ISSUER}/", "trailing slash"),
        aud("the host in another case", TOKEN.replace("auth", "AUTH"), "case"),
        aud("the path in another case", TOKEN.replace("token", "Token"), "case"),
        aud("the port that is meant anyhow", TOKEN.replace("example/", "example:443/"), "equivalent spelling"),
        aud("another port", TOKEN.replace("example/", "example:8443/"), "another port"),
        aud("http", TOKEN.replace("https", "http"), "another scheme"),
        aud("a query", f"{TOKEN}?x=1", "query or fragment"),
        broken(
            "no query where there is one",
            server=replace(SERVER, token_endpoint=f"{TOKEN}?x=1"),
            claims={"aud": TOKEN},
            says="query or fragment",
        ),
        aud("a fragment", f"{ISSUER}#x", "query or fragment"),
        aud("an escape of what needs none", TOKEN.replace("token", "%74oken"), "equivalent spelling"),
        aud("another environment", TOKEN.replace("1111", "2222"), "another path at the same host"),
        aud("the host alone", "auth.example", "host alone"),
        aud("the origin alone", ORIGIN, "host alone"),
        aud("the origin and a slash", f"{ORIGIN}/", "host alone"),
        aud("a space after it", f"{TOKEN} ", "white space"),
        aud("a placeholder", "https://auth.example/{envID}/as/token", "placeholder"),
        aud("the client id", CLIENT_ID, "the client_id"),
        aud("another endpoint of the server", REVOCATION, "a URL of the server"),
        aud("another server", "https://other.example/as/token", ""),
        aud("the origin of another server", "https://other.example", ""),
        aud("no URL", "https://[", ""),
        aud("the empty text", "", ""),
        aud("a long one is cut", "x" * 201, ""),
        aud(
            "the fifth is not compared",
            ["a", "b", "c", "d", f"{TOKEN}/"],
            "'d'",
            also=["aud-multiple", "aud-foreign-party"],
        ),
        aud(
            "the fourth is compared",
            ["a", "b", "c", f"{TOKEN}/"],
            "trailing slash",
            also=["aud-multiple", "aud-foreign-party"],
        ),
        broken(
            "a letter too few",
            server=replace(SERVER, token_endpoint=f"{TOKEN}X"),
            claims={"aud": TOKEN},
            says="another path at the same host",
        ),
        aud("a lone surrogate", "\ud800", "'\\ud800'"),
        aud(
            "another path of the host in an array, with the issuer and a slash",
            [f"{ORIGIN}/x", f"{ISSUER}/"],
            "trailing slash",
            also=["aud-multiple"],
        ),
        aud(
            "five of them, of which four are shown",
            [f"https://a{n}.example" for n in range(5)],
            "a3.example'",
            also=["aud-multiple", "aud-foreign-party"],
        ),
        broken(
            "the issuer where only the endpoint is taken",
            profile="okta",
            claims={"aud": ISSUER},
            also=["aud-not-token-endpoint"],
            says="URL of the server",
            wants=TOKEN,
        ),
        kept("the token endpoint"),
        kept("the issuer", claims={"aud": ISSUER}),
        kept("one of two", claims={"aud": ["https://auth.example/x", TOKEN]}, also=["aud-multiple"]),
        kept(
            "at another endpoint another rule looks",
            endpoint="revocation",
            claims={"aud": "x"},
            also=["aud-endpoint-specific"],
        ),
        kept(
            "any endpoint, where the profile takes any", profile="keycloak", claims={"aud": REVOCATION, "exp": NOW + 60}
        ),
        broken("the token endpoint, where a URL is known by heart", **granted("salesforce"), says="URL of the server"),
        kept("that URL", **granted("salesforce", aud="https://login.salesforce.com")),
    ],
    "aud-endpoint-specific": [
        broken("another server", endpoint="introspection", claims={"aud": "x"}, says="'x'", wants=ISSUER),
        broken("another endpoint", endpoint="introspection", claims={"aud": REVOCATION}, says="URL of the server"),
        broken("the token endpoint at Okta's revocation", profile="okta", endpoint="revocation", claims={"aud": TOKEN}),
        broken(
            "the endpoint in the update of the RFC",
            profile="rfc7523bis",
            endpoint="introspection",
            also=["aud-not-issuer", "typ-not-explicit"],
            wants=ISSUER,
        ),
        *(
            kept(f"{name}: {words}", endpoint=name, claims={"aud": value})
            for name, url in SERVER.endpoints.items()
            if name != "token"
            for words, value in (("its URL", url), ("the issuer", ISSUER), ("the token endpoint", TOKEN))
        ),
        kept("at the token endpoint another rule looks", claims={"aud": "x"}, also=["aud-mismatch"]),
    ],
    "aud-multiple": [
        broken("two of the server", claims={"aud": [TOKEN, ISSUER]}, level="warning", says="2 values"),
        broken("the same twice", claims={"aud": [TOKEN, TOKEN]}),
        broken(
            "two in the update of the RFC",
            profile="rfc7523bis",
            claims={"aud": [ISSUER, TOKEN]},
            level="error",
            also=["aud-not-issuer", "typ-not-explicit"],
        ),
        kept("an array of one", claims={"aud": [TOKEN]}),
        kept("a string"),
    ],
    "aud-foreign-party": [
        broken(
            "five others, of which four are shown, a long one cut",
            claims={"aud": [TOKEN, "x" * 101, "b", "c", "d", "e"]},
            also=["aud-multiple"],
            says="'b', 'c', 'd', who",
        ),
        broken(
            "another server",
            claims={"aud": [TOKEN, "https://other.example/as"]},
            also=["aud-multiple"],
            level="warning",
            says="https://other.example/as",
        ),
        broken("the same host at another port", claims={"aud": [TOKEN, f"{ORIGIN}:8443"]}, also=["aud-multiple"]),
        broken("the same host by http", claims={"aud": [TOKEN, "http://auth.example"]}, also=["aud-multiple"]),
        broken("a word", claims={"aud": [TOKEN, "api"]}, also=["aud-multiple"], says="'api'"),
        broken(
            "an error in FAPI 2.0",
            profile="fapi2",
            client=a_key_client,
            claims={"aud": [ISSUER, "https://x.example"]},
            level="error",
            also=["aud-multiple", "aud-array-form", "aud-not-issuer"],
        ),
        kept("another path of the server", claims={"aud": [TOKEN, f"{ORIGIN}/x"]}, also=["aud-multiple"]),
        kept(
            "another spelling of its host and another path",
            claims={"aud": [TOKEN, "https://AUTH.example:443/x"]},
            also=["aud-multiple"],
        ),
        kept(
            "a URL known by heart, and the issuer",
            **granted("salesforce", aud=["https://login.salesforce.com", ISSUER]),
            also=["aud-multiple"],
        ),
        kept("one foreign value alone is a mismatch", claims={"aud": ["https://x.example"]}, also=["aud-mismatch"]),
    ],
    "aud-array-form": [
        broken("an array of one", claims={"aud": [TOKEN]}),
        broken("an array of two", claims={"aud": [TOKEN, ISSUER]}, also=["aud-multiple"]),
        kept("a string"),
    ],
    "aud-not-issuer": [
        broken("a long one is cut", claims={"aud": "x" * 201}, also=["aud-mismatch"]),
        broken("the token endpoint", says=TOKEN, wants=f"'{ISSUER}'"),
        broken("both", claims={"aud": [ISSUER, TOKEN]}, also=["aud-multiple"], says=TOKEN),
        broken(
            "two others, of which the first is shown",
            claims={"aud": [TOKEN, REVOCATION]},
            also=["aud-multiple"],
            says=TOKEN,
        ),
        kept("the issuer", claims={"aud": ISSUER}),
        kept("the issuer in an array", claims={"aud": [ISSUER]}),
        broken("what sorts before it", claims={"aud": "https://a.example"}, also=["aud-mismatch"]),
    ],
    "aud-not-token-endpoint": [
        broken("a long one is cut", claims={"aud": "x" * 201}, also=["aud-mismatch"]),
        broken("the issuer", claims={"aud": ISSUER}, says=ISSUER, wants=f"'{TOKEN}'"),
        kept("the token endpoint"),
        kept("both", claims={"aud": [ISSUER, TOKEN]}, also=["aud-multiple"]),
        kept("at another endpoint", endpoint="revocation", claims={"aud": ISSUER}),
        broken("two others", claims={"aud": [ISSUER, REVOCATION]}, also=["aud-multiple"], says=f"aud is '{ISSUER}'"),
    ],
    "jti-missing": [
        broken("no jti", claims={"jti": ABSENT}, level="warning"),
        broken("an error in OpenID Connect", claims={"jti": ABSENT}, profile="oidc", level="error"),
        kept("null is there", claims={"jti": None}, also=["jti-not-string"]),
    ],
    "jti-not-string": [
        broken("a number", claims={"jti": 12345678901234567890}, says="a number"),
        broken("null", claims={"jti": None}, says="null"),
        kept("digits", claims={"jti": "123456789012345678901234"}),
    ],
    "jti-empty": [
        broken("the empty text", claims={"jti": ""}),
        kept("a space", claims={"jti": " "}, also=["jti-low-entropy"]),
        kept("none", claims={"jti": ABSENT}, also=["jti-missing"]),
    ],
    "jti-low-entropy": [
        broken("15 characters", claims={"jti": "a1b2c3d4e5f6g7h"}, says="15 characters", wants="UUID"),
        broken("a counter", claims={"jti": "1"}, says="1 characters"),
        broken("a time in nanoseconds", claims={"jti": "1760000000123456789"}, says="counter or a time"),
        broken("a time with a fraction", claims={"jti": "1760000000.1234567"}, says="counter"),
        broken("a date", claims={"jti": "2025-10-09T08:53:20Z"}, says="counter or a time"),
        broken("a date of Python", claims={"jti": "2025-10-09 08:53:20.123456+00:00"}, says="counter or a time"),
        broken("a counter behind a word", claims={"jti": "assertion-000000000000000001"}, says="counter or a time"),
        broken("the client id and a time", claims={"jti": f"{CLIENT_ID}-1760000000"}, says="counter or a time"),
        broken("a time and the client id", claims={"jti": f"1760000000.{CLIENT_ID}"}, says="counter or a time"),
        broken("the client id", claims={"jti": CLIENT_ID}, says="the client_id"),
        broken("21 digits between hyphens", claims={"jti": "-1234567890123456789-"}, says="counter"),
        broken("five characters again and again", claims={"jti": "abcde" * 8}, says="repeats few"),
        kept("16 characters", claims={"jti": "a1b2c3d4e5f6g7h8"}),
        kept("22 digits", claims={"jti": "1234567890123456789012"}),
        kept("six characters again and again", claims={"jti": "abcdef" * 8}),
        kept("a UUID", claims={"jti": JTI}),
        broken("words alone and a number", claims={"jti": "client-assertion-1"}, says="counter or a time"),
        kept("words", claims={"jti": "correct-horse-battery-staple"}),
        kept("a UUID as a URN", claims={"jti": f"urn:uuid:{JTI}"}),
        kept("a word and 22 digits", claims={"jti": "jti-1234567890123456789012"}),
        kept("the client id and a random text", claims={"jti": f"{CLIENT_ID}-a1b2c3d4e5f6g7h8"}),
        kept("16 hexadecimal digits, letters first", claims={"jti": "abcdef1234567890"}),
        kept("the empty text has a rule of its own", claims={"jti": ""}, also=["jti-empty"]),
        broken("21 digits", claims={"jti": "314159265358979323846"}, says="counter"),
        kept("22 digits of pi", claims={"jti": "3141592653589793238462"}),
    ],
    "jti-too-long": [
        broken("256 characters", claims={"jti": "0123456789abcdef" * 16}, says="256", wants="255"),
        kept("255 characters", claims={"jti": ("0123456789abcdef" * 16)[:255]}),
        kept("the usual one"),
    ],
    "claims-look-like-other-jwt": [
        broken("a nonce", claims={"nonce": "x"}, says="nonce"),
        broken("at_hash", claims={"at_hash": "x"}, says="an ID token"),
        broken("auth_time", claims={"auth_time": 1}, says="an ID token"),
        broken("events", claims={"events": {}}, says="security event"),
        broken("htm and htu", claims={"htm": "POST", "htu": "x"}, says="htm and htu"),
        broken("response_type", claims={"response_type": "code"}, says="request object"),
        broken("redirect_uri", claims={"redirect_uri": "x"}, says="request object"),
        broken("scope", claims={"scope": "openid"}, says="access token"),
        kept("htm alone", claims={"htm": "POST"}),
        kept("htu alone", claims={"htu": "x"}),
        kept("scope where it belongs into the JWT", **granted("maskinporten", aud=ISSUER, exp=NOW + 60, scope="a")),
        kept("what nobody knows", claims={"org": "x"}),
    ],
    "claims-too-many": [
        broken("51", claims={**MANY, "last": 1}, says="51 claims", wants="50"),
        kept("50", claims=MANY),
        kept("the usual six"),
    ],
}


@pytest.mark.parametrize(("rule_id", "row"), each(TABLES))
def test_request(rule_id: str, row: Row) -> None:
    check(rule_id, row)
