"""The form as a form: what each rule refuses, and what it lets pass."""

from __future__ import annotations

import base64
from urllib.parse import quote, quote_plus

import pytest
from requests_under_test import (
    ABSENT,
    CLIENT_ID,
    CODE,
    FORM,
    HEADERS,
    REDIRECT_URI,
    REFRESH_TOKEN,
    SECRET,
    a_key_client,
    an_assertion,
    fields_of,
)
from rules.tables import Row, broken, check, each, kept

from pytest_jwtauth import crypto
from pytest_jwtauth.parameters import CIBA, JWT_BEARER, JWT_BEARER_ASSERTION_TYPE, TOKEN_EXCHANGE
from pytest_jwtauth.registered_client import RegisteredClient
from pytest_jwtauth.rules.form import _distance

NOTHING_READ = ["client-assertion-missing", "grant-type-missing"]
"""What an empty form lacks. A body that is no form lacks nothing: then nobody looks."""


def typed(content_type: str) -> list[tuple[str, str]]:
    """The usual header fields, but for the Content-Type."""
    return [("Content-Type", content_type), *HEADERS[1:]]


def appended(octets: bytes) -> object:
    """A change of the body: these octets after the right ones."""
    return lambda body: body + octets


def encoded_again(*names: str) -> dict[str, str]:
    """Changes of fields: the right values, percent-encoded once before the form encodes them."""
    right = {
        **fields_of("authorization_code"),
        "client_assertion_type": JWT_BEARER_ASSERTION_TYPE,
    }
    return {name: quote(right[name], safe="") for name in names}


def pem() -> str:
    """The key of a client in PEM, another one than is registered."""
    return crypto.private_key_pem(crypto.generate_jwk("ES256"))


SAML2_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"
NON_ASCII = RegisteredClient(CLIENT_ID, "pässwört/with+all=kinds&of characters…")
SHORT_SECRET = RegisteredClient(CLIENT_ID, "sesame1")
EIGHT = RegisteredClient(CLIENT_ID, "sesame12")
TOO_SHORT = ["hmac-key-too-short", "hmac-key-weak"]

TABLES: dict[str, list[Row]] = {
    "form-charset-not-utf8": [
        broken("another charset is named", headers=typed(f"{FORM[1]}; charset=iso-8859-1"), says="'iso-8859-1'"),
        broken("in capitals and quotes", headers=typed(f'{FORM[1]}; CHARSET="Latin1"'), says="Latin1"),
        broken("a long charset is cut", headers=typed(f"{FORM[1]}; charset={'x' * 41}")),
        broken("a letter more than UTF-8", headers=typed(f"{FORM[1]}; charset=utf-8X"), says="'utf-8X'"),
        broken("an empty charset", headers=typed(f"{FORM[1]}; charset="), wants="UTF-8"),
        broken("an octet that is not UTF-8", body=appended(b"&x=%E9"), says="not UTF-8: x"),
        broken("an octet that is not even encoded", body=appended(b"&x=\xe9"), says="x"),
        broken("an overlong form", body=appended(b"&x=%C0%AF"), says="x"),
        broken("an encoded surrogate", body=appended(b"&x=%ED%A0%80"), says="x"),
        broken("a name", body=appended(b"&%FF=x"), says="no name"),
        broken("a body that is neither form nor text", body=b"\xff\xfe", also=["form-not-urlencoded"], says="the body"),
        kept("ASCII"),
        kept("UTF-8", more_fields=[("x", "grüße €")]),
        kept("UTF-8 that is not encoded", body=appended("&x=grüße".encode())),
        kept("the charset UTF-8", headers=typed(f"{FORM[1]};charset=UTF-8")),
        kept("the charset in quotes", headers=typed(f'{FORM[1]}; charset="utf-8"')),
        kept("the charset utf8", headers=typed(f"{FORM[1]}; charset=utf8")),
        kept("another parameter", headers=typed(f"{FORM[1]}; boundary=iso-8859-1")),
        kept("a parameter behind it in the alphabet", headers=typed(f"{FORM[1]}; version=iso-8859-1")),
        kept("in the place of the media type", headers=typed("charset=latin1"), also=["header-content-type-wrong"]),
        kept("a body that is no form but text", body="grüße".encode(), also=["form-not-urlencoded"]),
    ],
    "form-bad-percent": [
        broken("one at the end", body=appended(b"&x=100%"), says="«%» in x"),
        broken("one digit", body=appended(b"&x=%4")),
        broken("no hexadecimal digits", body=appended(b"&x=%zz")),
        broken("in a name", body=appended(b"&%x=1"), says="no name"),
        kept("an encoded one", body=appended(b"&x=100%25")),
        kept("small and capital digits", body=appended(b"&x=%c3%A9")),
    ],
    "form-not-urlencoded": [
        broken("JSON", body=b'{"grant_type": "authorization_code"}', says="JSON"),
        broken("JSON after white space", body=b'\r\n  {"a": "b=c"}', says="JSON"),
        broken("a JSON array", body=b'["a=b"]', says="JSON"),
        broken("a JSON string", body=b'"a=b"', says="JSON"),
        broken("XML", body=b'<?xml version="1.0"?><a/>', says="XML"),
        broken(
            "multipart",
            headers=typed("multipart/form-data; boundary=x"),
            body=b'--x\r\nContent-Disposition: form-data; name="grant_type"\r\n\r\nauthorization_code\r\n--x--',
            also=["header-content-type-wrong"],
            says="multipart",
        ),
        broken("no «=»", body=b"hello", says="no «=»"),
        broken(
            "encoded twice, as one name",
            body=lambda right: quote(right, safe="").encode(),
            says="encoded twice",
        ),
        broken(
            "encoded twice, with an «=» after it",
            body=lambda right: quote(right, safe="").encode() + b"=",
            also=[*NOTHING_READ, "form-param-empty"],
            says="percent-encoded",
        ),
        broken(
            "compressed",
            more_headers=[("Content-Encoding", "gzip")],
            body=b"\x1f\x8b\x08=",
            also=["form-charset-not-utf8"],
            says="compressed",
        ),
        broken(
            "compressed twice", more_headers=[("Content-Encoding", "gzip"), ("Content-Encoding", "br")], says="gzip, br"
        ),
        broken("too large to be read", body=b"a=" + b"x" * (256 * 1024 - 1), says="262145 octets"),
        broken("too many fields to be read", body=b"a=1&" * 1001, says="more than 1000 fields"),
        kept("a form"),
        kept("the coding identity", more_headers=[("Content-Encoding", "identity")]),
        kept("no body", body=b"", also=NOTHING_READ),
        kept("a value that looks like JSON", more_fields=[("x", '{"a": "b"}')]),
        kept("an encoded «=» in a name that has a value", more_fields=[("a=b", "c")]),
        kept("the largest that is read", body=b"a=" + b"x" * (256 * 1024 - 2), also=NOTHING_READ),
        kept("the most fields that are read", body=b"&".join(b"a%d=1" % n for n in range(1000)), also=NOTHING_READ),
        kept("two dashes at the start", body=lambda right: b"--x=1&" + right),
    ],
    "form-param-duplicate": [
        broken(
            "two values",
            more_fields=[("scope", "a"), ("scope", "b")],
            also=["scope-in-code-exchange"],
            says="more than once: scope",
        ),
        broken("two equal values", more_fields=[("x", "1"), ("x", "1")], says="x"),
        broken("three, named once", more_fields=[("x", "1"), ("x", "2"), ("x", "3")], says="more than once: x"),
        broken(
            "the second with its name encoded", body=appended(b"&grant%5Ftype=authorization_code"), says="grant_type"
        ),
        broken(
            "in body and query",
            query="state=1",
            more_fields=[("state", "1")],
            also=["url-form-params-in-query"],
            says="state",
        ),
        broken("audience in a code exchange", more_fields=[("audience", "a"), ("audience", "b")], says="audience"),
        broken("audience in a poll", grant=CIBA, more_fields=[("audience", "a"), ("audience", "b")], says="audience"),
        broken(
            "the scope in a token exchange",
            grant=TOKEN_EXCHANGE,
            more_fields=[("scope", "a"), ("scope", "b"), ("audience", "a"), ("audience", "b")],
            says="more than once: scope",
        ),
        broken("the grant type, another time", more_fields=[("grant_type", "refresh_token")], says="grant_type"),
        broken(
            "a name that is no name", more_fields=[("a b", "1"), ("a b", "2")], says="‹3 characters that are no name›"
        ),
        broken(
            "eight names",
            more_fields=[(f"x{n}", "1") for n in range(8) for _ in "ab"],
            says="x7",
        ),
        broken(
            "nine names, of which eight are shown",
            more_fields=[(f"x{n}", "1") for n in range(9) for _ in "ab"],
            says=("x0, x1, x2, x3, x4, x5, x6, x7, …",),
        ),
        kept(
            "an empty one beside it",
            more_fields=[("scope", ""), ("scope", "a")],
            also=["form-param-empty", "scope-in-code-exchange"],
        ),
        kept("two empty ones", more_fields=[("x", ""), ("x", "")], also=["form-param-empty"]),
        kept(
            "an empty one in the query", query="state=", more_fields=[("state", "1")], also=["url-form-params-in-query"]
        ),
        kept("names in two cases", more_fields=[("x", "1"), ("X", "1")]),
        kept("names of an array", more_fields=[("y[]", "1"), ("y[0]", "2")]),
        kept("resource", more_fields=[("resource", "https://a.example"), ("resource", "https://b.example")]),
        kept(
            "resource and audience in a token exchange",
            grant=TOKEN_EXCHANGE,
            more_fields=[
                ("audience", "a"),
                ("audience", "b"),
                ("resource", "https://a.example"),
                ("resource", "https://b.example"),
            ],
        ),
        kept("an unknown name in body and query", query="p=1", more_fields=[("p", "1")]),
    ],
    "form-param-empty": [
        broken("«=» and nothing", more_fields=[("state", "")], says="without a value: state"),
        broken("a bare name", body=appended(b"&state"), says="state"),
        broken("without a name either", body=appended(b"&="), says="‹0 characters that are no name›"),
        kept("white space is a value", more_fields=[("state", " ")]),
        kept("an encoded NUL is a value", body=appended(b"&state=%00")),
        kept("empty pieces are no parameters", body=appended(b"&&")),
    ],
    "form-param-unrecognized": [
        broken(
            "PingOne's own typing error",
            more_fields=[("code_verfier", "x")],
            says="code_verfier",
            wants="'code_verifier'",
        ),
        broken("redirect_url", more_fields=[("redirect_url", "x")], wants="'redirect_uri'"),
        broken("client_assertation", more_fields=[("client_assertation", "x")], wants="'client_assertion'"),
        broken("brackets", more_fields=[("scope[]", "openid")], wants="'scope'"),
        broken("an index", more_fields=[("resource[0]", "x")], wants="'resource'"),
        broken("two letters too few", more_fields=[("redirect_u", "x")], wants="'redirect_uri'"),
        broken(
            "the tenth name nobody would know",
            more_fields=[*((f"x{n}", "1") for n in range(9)), ("tokens", "1")],
            wants="'token'",
        ),
        broken(
            "one that no specification has, where a profile asks",
            more_fields=[("x-ms-extra", "1"), ("foo", "2")],
            levels={"form-param-unrecognized": "error"},
            says="unknown: x-ms-extra, foo",
        ),
        kept("one that no specification has", more_fields=[("x-ms-extra", "1")]),
        broken("40 letters with brackets", more_fields=[("scope[" + "x" * 33 + "]", "x")], wants="'scope'"),
        kept("41 letters with brackets", more_fields=[("scope[" + "x" * 34 + "]", "x")]),
        kept("the eleventh unknown name", more_fields=[*((f"x{n}", "1") for n in range(10)), ("tokens", "1")]),
        broken("two letters too many at the start", more_fields=[("xxtoken", "x")], wants="'token'"),
        kept("three letters that are others", more_fields=[("cliXYZ_id", "x")]),
        kept("three letters too many", more_fields=[("xxxtoken", "x")]),
        kept("three letters off", more_fields=[("redirect", "x")]),
        kept("five letters, two edits off", more_fields=[("codex", "x")]),
        kept("another case altogether", more_fields=[("CLIENT_ID", "x")]),
        kept("brackets after a word nobody knows", more_fields=[("foo[]", "x")]),
        kept("a long one", more_fields=[("client_id_client_id_client_id_client_id_client_id", "x")]),
        kept("every known one", more_fields=[("login_hint", "x"), ("ui_locales", "en")]),
        kept("turned off", more_fields=[("redirect_url", "x")], levels={"form-param-unrecognized": "off"}),
    ],
    "form-value-whitespace": [
        broken(
            "a line feed after the code",
            fields={"code": CODE + "\n"},
            also=["code-malformed"],
            says="stray white space in code",
        ),
        broken("a carriage return in the refresh token", grant="refresh_token", fields={"refresh_token": "a\rb"}),
        broken("a tab in the grant type", fields={"grant_type": "authorization_code\t"}, also=["grant-type-unknown"]),
        broken("a space before the code", fields={"code": f" {CODE}"}, says="code"),
        broken(
            "a no-break space after the client id",
            fields={"client_id": f"{CLIENT_ID}\u00a0"},
            also=["client-id-mismatch", "client-id-unregistered"],
        ),
        broken(
            "around the type",
            fields={"client_assertion_type": f" {JWT_BEARER_ASSERTION_TYPE}"},
            also=["client-assertion-type-wrong"],
        ),
        broken(
            "a line feed after the assertion",
            text=lambda right: right + "\n",
            also=["jws-not-jwt-string"],
            says="client_assertion",
        ),
        broken("after the redirect URI", fields={"redirect_uri": f"{REDIRECT_URI} "}, says="redirect_uri"),
        broken("a line feed inside a code", fields={"code": "a\nb"}, also=["code-malformed"]),
        broken("a tab inside a verifier", fields={"code_verifier": "a\tb"}, also=["code-verifier-malformed"]),
        kept("a space inside a code", fields={"code": "a b"}),
        kept("a space inside a scope", grant="client_credentials", fields={"scope": "a b"}),
        kept("around a state", more_fields=[("state", " x\n")]),
        kept("a value that is empty", fields={"code": ""}, also=["form-param-empty", "code-missing"]),
    ],
    "form-double-encoded": [
        kept("an escape behind an assertion", text="{}%41".format, also=["jws-b64-alphabet"]),
        broken(
            "dots of the grant's assertion",
            grant=JWT_BEARER,
            fields={"assertion": an_assertion().replace(".", "%2E")},
            also=["jwt-bearer-claims"],
        ),
        broken(
            "the assertion type",
            fields=encoded_again("client_assertion_type"),
            also=["client-assertion-type-wrong"],
            says="client_assertion_type",
        ),
        broken("the redirect URI", fields=encoded_again("redirect_uri"), says="redirect_uri"),
        broken(
            "a redirect URI that the test knows",
            fields={"redirect_uri": "app:/c%2541"},
            expected={"redirect_uri": "app:/c%41"},
            also=["redirect-uri-mismatch"],
        ),
        broken(
            "a redirect URI with a space",
            fields={"redirect_uri": "app:/c%2520d"},
            expected={"redirect_uri": "app:/c%20d"},
            also=["redirect-uri-mismatch"],
        ),
        kept(
            "one dot of what is no assertion",
            text=lambda right: "e30%2Ee30",
            also=["jws-part-count", "jws-b64-alphabet"],
        ),
        kept(
            "three dots of what is no assertion",
            text=lambda right: f"{right}.e30".replace(".", "%2E"),
            also=["jws-part-count", "jws-b64-alphabet"],
        ),
        broken(
            "dots of an assertion in a field where the profile has none",
            profile="apple",
            text=lambda right: right.replace(".", "%2E"),
            also=["client-assertion-missing", "client-id-missing"],
        ),
        broken(
            "dots of the assertion",
            text=lambda right: right.replace(".", "%2E"),
            also=["jws-part-count", "jws-b64-alphabet"],
            says="client_assertion",
        ),
        broken(
            "in small letters",
            text=lambda right: right.replace(".", "%2e"),
            also=["jws-part-count", "jws-b64-alphabet"],
        ),
        broken(
            "an extension grant's URN",
            fields={"grant_type": quote(TOKEN_EXCHANGE, safe="")},
            also=["grant-type-unknown"],
            says="grant_type",
        ),
        broken(
            "the code",
            fields={"code": "a%2Fb"},
            expected={"code": "a/b"},
            also=["code-mismatch"],
            says="percent-encoded twice: code",
        ),
        broken(
            "the refresh token",
            grant="refresh_token",
            fields={"refresh_token": "a%2Bb"},
            expected={"refresh_token": "a+b"},
            also=["refresh-token-mismatch"],
        ),
        kept("a code with a «%» of its own", fields={"code": "a%2Fb"}, expected={"code": "a%2Fb"}),
        kept("a code with a bare «%»", fields={"code": "100%"}, expected={"code": "100%"}),
        kept("a code nobody knows", fields={"code": "a%2Fb"}),
        kept("a code that is another one", fields={"code": "a%2Fb"}, expected={"code": "c"}, also=["code-mismatch"]),
        kept("a redirect URI with an escape", fields={"redirect_uri": "https://a.example/c?x=%2F%3A"}),
        kept("a «%» that escapes nothing", fields={"grant_type": "100%"}, also=["grant-type-unknown"]),
        kept(
            "another type altogether", fields={"client_assertion_type": "a%2Fb"}, also=["client-assertion-type-wrong"]
        ),
        kept(
            "the type of another kind of assertion",
            fields={"client_assertion_type": quote(SAML2_ASSERTION_TYPE, safe="")},
            also=["client-assertion-type-wrong"],
        ),
        kept("another grant altogether", fields={"grant_type": "a%2Fb"}, also=["grant-type-unknown"]),
        kept(
            "an escape in an assertion that is no dot",
            text=lambda right: right.replace(".", "%2F", 1),
            also=["jws-part-count", "jws-b64-alphabet"],
        ),
        kept("a field of no such kind", more_fields=[("state", "a%2Fb")]),
    ],
    "form-plus-not-encoded": [
        broken(
            "in the verifier",
            fields={"code_verifier": "a b" * 20},
            expected={"code_verifier": "a+b" * 20},
            also=["code-verifier-malformed"],
        ),
        broken(
            "in the code",
            fields={"code": "a b="},
            expected={"code": "a+b="},
            also=["code-mismatch"],
            says="code",
            wants="%2B",
        ),
        broken(
            "in the refresh token",
            grant="refresh_token",
            fields={"refresh_token": "a  b"},
            expected={"refresh_token": "a++b"},
            also=["refresh-token-mismatch"],
        ),
        broken(
            "in the redirect URI",
            fields={"redirect_uri": "app:/a b"},
            expected={"redirect_uri": "app:/a+b"},
            also=["redirect-uri-mismatch"],
        ),
        kept("it was encoded", fields={"code": "a+b="}, expected={"code": "a+b="}),
        kept("another difference, too", fields={"code": "a b"}, expected={"code": "a+c"}, also=["code-mismatch"]),
        kept("another one behind it", fields={"code": "a d"}, expected={"code": "a+c"}, also=["code-mismatch"]),
        kept("a space that belongs there", fields={"code": "a b"}, expected={"code": "a b"}),
        kept("no «+» expected", fields={"code": "a b"}, expected={"code": "ab"}, also=["code-mismatch"]),
        kept("none sent", fields={"code": ABSENT}, expected={"code": "a+b"}, also=["code-missing"]),
        kept("nothing known", fields={"code": "a b"}),
    ],
    "form-param-too-long": [
        broken(
            "4001 characters",
            more_fields=[("state", "x" * 4001)],
            says="longer than 4000 characters: state",
            wants="4000",
        ),
        kept("4000 characters", more_fields=[("state", "x" * 4000)]),
        kept("4000 characters of three octets", more_fields=[("state", "€" * 4000)]),
    ],
    "secret-leaked": [
        broken(
            "as client_secret",
            fields={"client_secret": SECRET},
            also=["auth-client-secret-present", "auth-multiple-methods"],
            says="the body",
        ),
        broken("in another field", more_fields=[("state", f"x{SECRET}")], says="the body holds the client's secret"),
        broken("in base64", more_fields=[("state", base64.b64encode(b"id:" + SECRET.encode()).decode())]),
        broken(
            "in base64url after one octet",
            more_fields=[("state", base64.urlsafe_b64encode(b"x" + SECRET.encode()).decode())],
        ),
        broken("in hexadecimal", more_fields=[("state", SECRET.encode().hex())]),
        broken("in capital hexadecimal", more_fields=[("state", SECRET.encode().hex().upper())]),
        broken("in the query", query=f"x={SECRET}", says="the URL"),
        broken("in a query that is no text", query=f"x=\ud800{SECRET}", says="the URL"),
        broken("in the path", url=f"https://auth.example/{SECRET}", also=["url-endpoint-mismatch"], says="the URL"),
        broken("in a claim", claims={"note": SECRET}, says="the assertion"),
        broken("in a claim of a claim", claims={"note": {"a": [SECRET]}}),
        broken("in the header", header={"kid": SECRET}, says="the assertion"),
        broken(
            "in a body that is no form", body=b'{"secret": "' + SECRET.encode() + b'"}', also=["form-not-urlencoded"]
        ),
        broken(
            "percent-encoded once more",
            client=NON_ASCII,
            more_fields=[("state", quote_plus(NON_ASCII.client_secret or ""))],
        ),
        broken("not ASCII", client=NON_ASCII, more_fields=[("state", NON_ASCII.client_secret or "")]),
        broken("in the escapes of JSON", client=NON_ASCII, claims={"note": NON_ASCII.client_secret}),
        broken("eight characters", client=EIGHT, more_fields=[("state", "sesame12")], also=TOO_SHORT),
        broken(
            "the private value of the key",
            client=a_key_client,
            more_fields=lambda: [("x", a_key_client().private_jwk()["d"])],
        ),
        broken(
            "the private key as JSON in a claim",
            client=a_key_client,
            claims=lambda: {"key": a_key_client().private_jwk()},
        ),
        broken("any private key in PEM", more_fields=[("key", pem())], says="a private key"),
        broken("any private key in PEM, in a claim", claims={"key": pem()}, says=("the assertion", "a private key")),
        kept("a right request"),
        kept("half of it", more_fields=[("state", SECRET[:32])]),
        kept(
            "seven characters happen to occur", client=SHORT_SECRET, more_fields=[("state", "sesame1")], also=TOO_SHORT
        ),
        kept("the public key", client=a_key_client, more_fields=lambda: [("x", a_key_client().keys[0].as_dict()["x"])]),
        kept("a public key in PEM", more_fields=[("key", "-----BEGIN PUBLIC KEY-----")]),
        kept("another secret", more_fields=[("state", REFRESH_TOKEN)]),
    ],
}


@pytest.mark.parametrize(("rule_id", "row"), each(TABLES))
def test_request(rule_id: str, row: Row) -> None:
    check(rule_id, row)


@pytest.mark.parametrize(
    ("left", "right", "edits"),
    [
        ("token", "token", 0),
        ("token", "tokens", 1),
        ("token", "oken", 1),
        ("token", "tokne", 2),
        ("flaw", "lawn", 2),
        ("", "ab", 2),
        ("ab", "", 2),
        ("παράμετρος", "παράμετρο", 1),
        ("kitten", "sitting", 3),
        ("intention", "execution", 5),
        ("abcde", "abcdefgh", 9),
        ("abcdefgh", "abcde", 9),
    ],
)
def test_words_are_as_far_apart_as_edits_lie_between_them(left: str, right: str, edits: int) -> None:
    """By Levenshtein's count, and 9 where their lengths alone make it more than two."""
    assert _distance(left, right) == edits
