"""The HTTP request around the form: what each rule refuses, and what it lets pass."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote_plus

import pytest
from requests_under_test import (
    ABSENT,
    CLIENT,
    CLIENT_ID,
    FORM,
    HEADERS,
    ISSUER,
    SECRET,
    SERVER,
    a_key_client,
    an_assertion,
    claims_of,
    json_octets,
)
from rules.tables import Row, broken, check, each, kept

from pytest_jwtauth.model import AuthorizationServer
from pytest_jwtauth.registered_client import RegisteredClient

TOKEN = SERVER.token_endpoint
LOCAL = AuthorizationServer("http://127.0.0.1:8080/as", "http://127.0.0.1:8080/as/token")
WITH_QUERY = AuthorizationServer(ISSUER, f"{TOKEN}?p=policy&tenant=a%20b")
WITH_TWICE = AuthorizationServer(ISSUER, f"{TOKEN}?p=1&p=1")
WITH_SURROGATE = AuthorizationServer(ISSUER, f"{TOKEN}?p=\ud800")
WITH_FRAGMENT = AuthorizationServer(ISSUER, f"{TOKEN}#frag")
WITH_DEFAULT_PORT = AuthorizationServer(ISSUER, "https://auth.example:443/as/token")
WITH_ESCAPES = AuthorizationServer(ISSUER, "https://auth.example/%7Eas/a%2fb/token")
WITH_CLIENT_ID = AuthorizationServer(ISSUER, f"{TOKEN}?client_id={CLIENT_ID}")
PREFLIGHT = ("Access-Control-Request-Method", "POST")
BASIC = ("Authorization", "Basic " + base64.b64encode(f"{CLIENT_ID}:{SECRET}".encode()).decode())
SPECIAL = RegisteredClient(CLIENT_ID, "Grüße/an+alle~=Welt & mehr, 0123456789-zyx")


def base64_of(user: str, client: RegisteredClient) -> str:
    """User and secret as a form has them, in base64 without padding."""
    return base64.b64encode(f"{user}:{quote_plus(client.client_secret or '')}".encode()).decode().rstrip("=")


BASIC_OF_SPECIAL = ("Authorization", f"Basic {base64_of(CLIENT_ID, SPECIAL)}")
SPACED: dict[str, Any] = {
    "jose_header": b'{ "alg": "HS256"}',
    "payload": json_octets(claims_of(CLIENT, TOKEN)).replace(b"{", b"{ ", 1),
}
NO_ASSERTION = {"client_assertion": ABSENT, "client_assertion_type": ABSENT}


def content_type(*values: str) -> list[tuple[str, str]]:
    """The usual header fields with these values as Content-Type."""
    return [*HEADERS[1:], *(("Content-Type", value) for value in values)]


def accept(value: str) -> list[tuple[str, str]]:
    """The usual header fields with this Accept."""
    return [FORM, ("Accept", value)]


TABLES: dict[str, list[Row]] = {
    "http-method-not-post": [
        broken("GET", method="GET", says="the method is GET"),
        broken("PUT", method="PUT", says="PUT"),
        broken("POST in lower case", method="post", says=("'post'", "case-sensitive")),
        broken("white space after POST", method="POST "),
        broken("an empty method", method=""),
        broken("OPTIONS that is no preflight", method="OPTIONS"),
        broken("GET that asks as a preflight does", method="GET", more_headers=[PREFLIGHT]),
        broken("PUT that asks as a preflight does", method="PUT", more_headers=[PREFLIGHT]),
        broken(
            "an override in a header does not help", method="GET", more_headers=[("X-HTTP-Method-Override", "POST")]
        ),
        kept("POST"),
        kept("a CORS preflight is the browser's", method="OPTIONS", more_headers=[PREFLIGHT]),
        kept("POST with an override to something else", more_headers=[("X-HTTP-Method-Override", "DELETE")]),
    ],
    "url-scheme-not-https": [
        broken("http", url=TOKEN.replace("https", "http"), also=["url-endpoint-mismatch"], says="the scheme is http"),
        broken("HTTP in capitals", url=TOKEN.replace("https", "HTTP"), also=["url-endpoint-mismatch"]),
        broken("no scheme", url=TOKEN.replace("https:", ""), also=["url-endpoint-mismatch"], says="missing"),
        broken(
            "http to a host that only begins like loopback",
            url="http://localhost.example/as/token",
            also=["url-endpoint-mismatch"],
        ),
        broken("http to 0.0.0.0", url="http://0.0.0.0/as/token", also=["url-endpoint-mismatch"]),
        *(
            broken(
                f"{scheme} to 127.0.0.1",
                url=f"{scheme}://127.0.0.1/as/token",
                also=["url-endpoint-mismatch"],
                says=f"the scheme is {scheme}",
            )
            for scheme in ("ftp", "ws")
        ),
        kept("https"),
        kept("HTTPS in capitals", url=TOKEN.replace("https", "HTTPS")),
        kept("http to 127.0.0.1", server=LOCAL),
        kept("http to localhost", server=AuthorizationServer("http://localhost/as", "http://localhost/as/token")),
        kept("http to ::1", server=AuthorizationServer("http://[::1]/as", "http://[::1]/as/token")),
        kept(
            "http to a name below localhost", server=AuthorizationServer("http://a.localhost/", "http://a.localhost/t")
        ),
    ],
    "tls-verification-off": [
        broken("verification was switched off", expected={"tls_verified": False}, wants="CA file"),
        kept("verification was on", expected={"tls_verified": True}),
        kept("nobody can tell"),
    ],
    "url-fragment-present": [
        broken("the configured URL has one", server=WITH_FRAGMENT, url=TOKEN, says="configured"),
        broken("the request's URL has one", url=f"{TOKEN}#x", says="of the request"),
        broken("an empty one", url=f"{TOKEN}#", says="of the request"),
        kept("a number sign that is encoded", url=f"{TOKEN}%23", also=["url-endpoint-mismatch"]),
    ],
    "url-userinfo-present": [
        broken("user and password", url=TOKEN.replace("://", "://user:pass@"), also=["auth-multiple-methods"]),
        broken("a user alone", url=TOKEN.replace("://", "://user@"), also=["auth-multiple-methods"], says="requests"),
        broken("an empty user", url=TOKEN.replace("://", "://@"), also=["auth-multiple-methods"]),
        kept("an @ in the path", url=f"{TOKEN}/@", also=["url-endpoint-mismatch"]),
        kept("an @ in the query", query="user@host"),
    ],
    "url-credentials-in-query": [
        *(
            broken(f"{name} in the query", query=f"{name}=x", says=f"in the query: {name}")
            for name in ("client_secret", "assertion", "code_verifier", "refresh_token", "subject_token", "actor_token")
        ),
        *(
            broken(f"{name} in the query", query=f"{name}=x", says=name)
            for name in ("device_code", "auth_req_id", "token", "password")
        ),
        broken("the code in query and body", query="code=x", also=["form-param-duplicate"], says="code"),
        broken("the assertion in the query, too", query="client_assertion=x", also=["form-param-duplicate"]),
        broken(
            "the assertion in the query instead",
            query=f"client_assertion={an_assertion()}",
            fields={"client_assertion": ABSENT},
            also=["client-assertion-missing", "client-assertion-type-orphan"],
        ),
        broken("without a value", query="code=", says="code"),
        broken("its name encoded", query="client%5Fsecret=x", says="client_secret"),
        broken("two, each named once", query="token=a&token=b&password=c", says="token, password"),
        kept("another name", query="p=policy"),
        kept("another case", query="Code=x"),
        kept("a name that ends alike", query="my_code=x"),
        kept("no query at all"),
    ],
    "url-form-params-in-query": [
        broken(
            "the grant type", query="grant_type=authorization_code", also=["form-param-duplicate"], says="grant_type"
        ),
        broken("a scope", query="scope=openid", says="scope", wants="in the body"),
        broken("the redirect URI", query="redirect_uri=x", also=["form-param-duplicate"]),
        broken("the client id", query="client_id=x", says="client_id"),
        broken(
            "the client id in query and body",
            query="client_id=x",
            fields={"client_id": CLIENT_ID},
            also=["form-param-duplicate"],
        ),
        broken(
            "one beside that of the endpoint",
            server=WITH_CLIENT_ID,
            query=f"client_id={CLIENT_ID}&scope=a",
            url=TOKEN,
            says="scope",
        ),
        kept("a parameter nobody defines", query="p=policy"),
        kept("one that is part of the endpoint's URL", server=WITH_CLIENT_ID),
    ],
    "url-endpoint-query-dropped": [
        broken("all of it", server=WITH_QUERY, url=TOKEN, says="p, tenant"),
        broken("half of it", server=WITH_QUERY, url=TOKEN, query="tenant=a+b", says="missing in the query: p"),
        broken("another value", server=WITH_QUERY, url=TOKEN, query="p=Policy&tenant=a+b", says="p"),
        broken("one of two that are equal", server=WITH_TWICE, url=TOKEN, query="p=1", says="p"),
        broken("one that UTF-8 cannot write", server=WITH_SURROGATE, url=TOKEN, says="p"),
        kept("it is there", server=WITH_QUERY),
        kept("in another order and spelling", server=WITH_QUERY, url=TOKEN, query="tenant=a+b&p=%70olicy"),
        kept("with more beside it", server=WITH_QUERY, url=TOKEN, query="p=policy&tenant=a+b&x=1"),
        kept("both that are equal", server=WITH_TWICE),
        kept("one that UTF-8 cannot write is there", server=WITH_SURROGATE),
        kept("the endpoint has none", query="x=1"),
    ],
    "url-endpoint-mismatch": [
        broken("another path", url=f"{ISSUER}/authorize", says="path", wants=TOKEN),
        broken("a trailing slash", url=f"{TOKEN}/", says="trailing slash"),
        broken("a letter after it", url=f"{TOKEN}X", says="path '"),
        broken("a letter less", server=AuthorizationServer(ISSUER, f"{TOKEN}X"), url=TOKEN, says="X'"),
        broken("the path in another case", url=TOKEN.replace("token", "Token"), says="case of the path"),
        broken("a doubled slash", url=TOKEN.replace("/as/", "/as//"), says="doubled slash"),
        broken("a placeholder", url="https://auth.example/{envID}/as/token", says="placeholder"),
        broken("a placeholder that was encoded", url="https://auth.example/%7BenvID%7D/as/token", says="placeholder"),
        broken("another scheme", url=TOKEN.replace("https", "http"), also=["url-scheme-not-https"]),
        broken("another host and port", url="https://other.example:1/as", says="'; port 1"[1:]),
        broken("another host", url=TOKEN.replace("auth", "other"), says=("host 'other.example'", "'auth.example'")),
        broken("another port", url=TOKEN.replace("example/", "example:8443/"), says="port 8443 instead of 443"),
        broken("port 0", url=TOKEN.replace("example/", "example:0/"), says="port 0"),
        broken("a port that is no number", url=TOKEN.replace("example/", "example:x/"), says="cannot be read"),
        broken("no URL at all", url="http://[", says="cannot be read"),
        broken(
            "the path's escapes decoded that must stay", server=WITH_ESCAPES, url="https://auth.example/~as/a/b/token"
        ),
        kept("host and scheme in capitals", url=TOKEN.replace("https://auth.example", "HTTPS://AUTH.Example")),
        kept("the default port", url=TOKEN.replace("example/", "example:443/")),
        kept("an empty port", url=TOKEN.replace("example/", "example:/")),
        kept("the default port left out", server=WITH_DEFAULT_PORT, url="https://auth.example/as/token"),
        kept("dot segments", url=TOKEN.replace("/as/", "/x/../as/./")),
        kept("a dot segment above the root", url=TOKEN.replace("example/", "example/../")),
        kept("dots at the end of the path", server=AuthorizationServer(ISSUER, f"{ISSUER}/"), url=f"{ISSUER}/token/.."),
        kept("a segment of three dots", server=AuthorizationServer(ISSUER, f"{ISSUER}/...")),
        kept(
            "no path is the path «/»",
            server=AuthorizationServer(ISSUER, "https://auth.example"),
            url="https://auth.example/",
        ),
        kept("hexadecimal digits in another case", server=WITH_ESCAPES, url="https://auth.example/%7eas/a%2Fb/token"),
        kept("an escape of what needs none, decoded", server=WITH_ESCAPES, url="https://auth.example/~as/a%2Fb/token"),
        kept("a query of its own", query="x=1"),
    ],
    "header-content-type-missing": [
        broken("none", headers=HEADERS[1:], wants="application/x-www-form-urlencoded"),
        kept("one, in capitals", headers=[("CONTENT-TYPE", FORM[1])]),
        kept(
            "none, and no body",
            headers=HEADERS[1:],
            body=b"",
            also=["client-assertion-missing", "grant-type-missing"],
        ),
    ],
    "header-content-type-wrong": [
        broken("JSON", headers=content_type("application/json"), says="'application/json'"),
        broken("multipart", headers=content_type("multipart/form-data; boundary=x")),
        broken("plain text", headers=content_type("text/plain")),
        broken("the empty text", headers=content_type("")),
        broken("without the x-", headers=content_type("application/www-form-urlencoded")),
        broken("a comma list", headers=content_type(f"{FORM[1]}, application/json")),
        broken(
            "a comma list after a parameter",
            headers=content_type(f"{FORM[1]};charset=utf-8, text/plain"),
            also=["form-charset-not-utf8"],
        ),
        broken("the second of two", headers=content_type(FORM[1], "text/plain"), also=["header-content-type-repeated"]),
        broken("a long one is cut", headers=content_type("x" * 81)),
        broken("a comma after the second quotation", headers=content_type(f'{FORM[1]}; x="a"; y="b", text/plain')),
        broken("a comma between two quotations", headers=content_type(f'{FORM[1]}; x="a", y="b"')),
        kept("in capitals", headers=content_type(FORM[1].upper())),
        kept("commas inside two quotations", headers=content_type(f'{FORM[1]}; x="a,b"; y="c,d"')),
        kept("with a charset", headers=content_type(f"{FORM[1]}; charset=UTF-8")),
        kept("with space around it", headers=content_type(f" {FORM[1]} ;charset=utf-8")),
        kept("a comma inside quotes", headers=content_type(f'{FORM[1]}; x="a,b"')),
    ],
    "header-content-type-repeated": [
        broken("two equal ones", headers=content_type(FORM[1], FORM[1]), says="2 Content-Type fields"),
        broken("in two cases", headers=[FORM, ("content-type", FORM[1]), ("CONTENT-TYPE", FORM[1])], says="3"),
        kept("one"),
        kept("another header twice", more_headers=[("X-A", "1"), ("X-A", "2")]),
    ],
    "header-accept-excludes-json": [
        broken("HTML", headers=accept("text/html"), says="'text/html'", wants="application/json"),
        broken("a JSON of another kind", headers=accept("application/jwt")),
        broken("what only ends like anything", headers=accept("x*/*")),
        broken("JSON with weight 0", headers=accept("application/json;q=0"), says="refuses JSON"),
        broken("JSON with weight 0.000", headers=accept("application/json; q=0.000, */*")),
        broken("a long one is cut", headers=accept("x" * 81)),
        broken("a long one that refuses JSON is cut", headers=accept("application/json;q=0, " + "x" * 99)),
        broken("everything but JSON, in capitals", headers=accept("APPLICATION/JSON;Q=0, */*")),
        broken("everything with weight 0", headers=accept("*/*;q=0"), says="refuses"),
        broken("application/* with weight 0", headers=accept("application/*; q=0.0, */*")),
        broken("two fields, neither of them", headers=[FORM, ("Accept", "text/html"), ("Accept", "image/png")]),
        kept("none", headers=[FORM]),
        kept("an empty one", headers=accept("")),
        kept("JSON", headers=accept("application/json")),
        kept("JSON in capitals", headers=accept("Application/JSON")),
        kept("JSON with little weight", headers=accept("text/html, application/json;q=0.001")),
        kept("JSON with a parameter", headers=accept("application/json; charset=utf-8")),
        kept("application/*", headers=accept("application/*")),
        kept("anything", headers=accept("*/*")),
        kept("anything, as Java says it", headers=accept("text/html, image/gif, image/jpeg, */*; q=.2, */*; q=.2")),
        kept("anything but HTML", headers=accept("text/html;q=0, */*")),
        kept("JSON though the rest is refused", headers=accept("application/json, */*;q=0")),
        kept("in the second field", headers=[FORM, ("Accept", "text/html"), ("Accept", "*/*")]),
        kept("JSON in the second field", headers=[FORM, ("Accept", "text/html;q=1"), ("Accept", "application/json")]),
        kept("an empty weight", headers=accept("application/json;q=")),
    ],
    "header-cookie-present": [
        broken("a cookie", more_headers=[("Cookie", "session=1")], says="session", wants="of its own"),
        broken("an empty one, in lower case", more_headers=[("cookie", "")]),
        kept("Set-Cookie is none", more_headers=[("Set-Cookie", "a=b")]),
    ],
    "header-user-agent-missing": [
        broken("none", headers=[FORM]),
        broken("an empty one", headers=[FORM, ("User-Agent", "")]),
        broken("a blank one", headers=[FORM, ("User-Agent", "  ")]),
        kept("one", headers=[FORM, ("user-agent", "curl/8")]),
    ],
    "header-secret-leaked": [
        broken("the secret as it is", more_headers=[("X-Debug", SECRET)], says="the x-debug header"),
        broken("within other text", more_headers=[("X-Debug", f"key={SECRET};")]),
        broken("in base64", more_headers=[("X-Debug", base64.b64encode(SECRET.encode()).decode())]),
        broken("in hexadecimal", more_headers=[("X-Debug", SECRET.encode().hex())]),
        broken(
            "in Authorization: Basic",
            more_headers=[BASIC],
            also=["auth-basic-present", "auth-multiple-methods"],
            says="authorization",
        ),
        broken(
            "in Authorization, beside another header that repeats it",
            client=SPECIAL,
            more_headers=[("Accept", BASIC_OF_SPECIAL[1]), BASIC_OF_SPECIAL],
            also=["auth-basic-present", "auth-multiple-methods"],
            says="the authorization header",
        ),
        broken(
            "in Authorization, behind another header that repeats it",
            client=SPECIAL,
            more_headers=[("X-Debug", BASIC_OF_SPECIAL[1]), BASIC_OF_SPECIAL],
            also=["auth-basic-present", "auth-multiple-methods"],
            says="the authorization header",
        ),
        *(
            broken(
                f"in Authorization, behind another scheme and the user «{user}»",
                client=SPECIAL,
                more_headers=[("Authorization", f"ApiKey {base64_of(user, SPECIAL)}")],
                also=["auth-bearer-present", "auth-multiple-methods"],
            )
            for user in ("a", "ab", "abc")
        ),
        broken(
            "as Authorization: Bearer",
            more_headers=[("Authorization", f"Bearer {SECRET}")],
            also=["auth-bearer-present", "auth-multiple-methods"],
        ),
        broken(
            "in Authorization: Basic, encoded as a form is",
            client=SPECIAL,
            more_headers=[BASIC_OF_SPECIAL],
            also=["auth-basic-present", "auth-multiple-methods"],
        ),
        broken(
            "an assertion whose parts begin with a space",
            **SPACED,
            more_headers=[("X-Debug", an_assertion(**SPACED))],
            says="the client assertion",
        ),
        broken("beside what UTF-8 cannot write", more_headers=[("X-Debug", f"{SECRET}\ud800")]),
        broken(
            "a value of 41 characters in the place of an assertion",
            text="eyJ" + "x" * 38,
            more_headers=[("X-A", "eyJ" + "x" * 38)],
            also=["jws-part-count", "jws-b64-length"],
        ),
        kept(
            "a value of 40 characters in the place of an assertion",
            text="eyJ" + "x" * 37,
            more_headers=[("X-A", "eyJ" + "x" * 37)],
            also=["jws-part-count"],
        ),
        broken("the assertion", more_headers=[("X-Debug", an_assertion())], says="holds the client assertion"),
        broken(
            "a private key in PEM",
            more_headers=[("X-Debug", "-----BEGIN PRIVATE KEY-----")],
            says="a private key",
        ),
        broken(
            "the private value of the client's key",
            client=a_key_client,
            more_headers=[("X-Debug", a_key_client().private_jwk()["d"])],
        ),
        kept("the client id", more_headers=[("X-Client", CLIENT_ID)]),
        kept("half of the secret", more_headers=[("X-Debug", SECRET[:32])]),
        kept(
            "an assertion too short to be one",
            fields={"client_assertion": "shor"},
            more_headers=[("X-A", "shorter")],
            also=["jws-part-count"],
        ),
        kept(
            "another user's Basic",
            more_headers=[("Authorization", "Basic dXNlcjpwYXNz")],
            also=["auth-basic-present", "auth-multiple-methods"],
        ),
        kept(
            "Basic that is no base64",
            more_headers=[("Authorization", "Basic \u00fc")],
            also=["auth-basic-present", "auth-multiple-methods"],
        ),
    ],
}


@pytest.mark.parametrize(("rule_id", "row"), each(TABLES))
def test_request(rule_id: str, row: Row) -> None:
    check(rule_id, row)
