"""Hostile input of any size, by the room that reads it: each kind is made for about so many octets.

``benchmarks/any_input.py`` shows how long each takes at four sizes, and the tests of the rooms hold them to a bound.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from requests_under_test import CLIENT_ID, FORM, SERVER, a_request, json_octets

from pytest_jwtauth import base64url
from pytest_jwtauth.http_message import BrokenOff, read_request
from pytest_jwtauth.messages import TokenRequest
from pytest_jwtauth.parameters import JWT_BEARER

Octets: TypeAlias = Mapping[str, Callable[[int], bytes]]
Requests: TypeAlias = Mapping[str, Callable[[int], TokenRequest]]

TOKEN = SERVER.token_endpoint

FORMS: Octets = {
    "percent signs": lambda n: b"a=" + b"%" * n,
    "escapes": lambda n: b"a=" + b"%41" * (n // 3),
    "octets that are not UTF-8": lambda n: b"a=" + b"\xff" * n,
    "plus signs": lambda n: b"+" * n,
    "equals signs": lambda n: b"=" * n,
    "ampersands": lambda n: b"&" * n,
    "fields": lambda n: b"a=%41&" * (n // 6),
    "one name": lambda n: b"a" * n,
}

TEXTS: Mapping[str, str] = {
    "dots": ".",
    "parts": "a.",
    "padding": "=",
    "white space": " ",
    "lines": "a\n",
    "double quotes": '"',
    "quotes and white space": '" ',
    "single quotes": "'",
    "angle brackets": ">",
    "plus signs": "+",
    "braces": "{",
    "one long part": "A",
    "dots and white space": ". ",
    "Bearer": "bearer ",
    "not ASCII": "é",
}
"""What a text in the place of an assertion may consist of, again and again."""

JSON_TEXTS: Octets = {
    "brackets": lambda n: b"[" * n,
    "brackets and an open string of escaped quotes": lambda n: b"[" * 40 + b'"' + b'\\"' * (n // 2),
    "brackets and quotes": lambda n: b"[" * 40 + b'"' * n,
    "brackets and backslashes": lambda n: b"[" * 40 + b'"' + b"\\" * n,
    "brackets and an open string": lambda n: b"[" * 40 + b'"' + b"a" * n,
    "digits": lambda n: b'{"a":' + b"9" * n + b"}",
    "numbers of a thousand digits": lambda n: b'{"a":[' + b",".join([b"1" * 999] * (n // 1000)) + b"]}",
    "a fraction": lambda n: b'{"a":0.' + b"1" * n + b"}",
    "an exponent": lambda n: b'{"a":1e' + b"9" * n + b"}",
    "members": lambda n: b"{" + b",".join(b'"m%d":1' % i for i in range(n // 9)) + b"}",
    "repeated members": lambda n: b"{" + b",".join(b'"m":1' for _ in range(n // 6)) + b"}",
    "objects": lambda n: b'{"a":[' + b",".join([b"{}"] * (n // 3)) + b"]}",
    "white space": lambda n: b" " * n,
    "NULs": lambda n: b"\0" * n,
    "escapes": lambda n: b'{"a":"' + b"\\ud800" * (n // 6) + b'"}',
}

LINE = b"POST / HTTP/1.1\r\n"
CHUNKED = LINE + b"Transfer-Encoding: chunked\r\n\r\n"

MESSAGES: Octets = {
    "fields": lambda n: LINE + b"A: b\r\n" * (n // 6) + b"\r\n",
    "a field": lambda n: LINE + b"A: " + b"b" * n + b"\r\n\r\n",
    "a field of many lines": lambda n: LINE + b"A: b\r\n" + b" c\r\n" * (n // 4) + b"\r\n",
    "a field of long lines": lambda n: LINE + b"A: b\r\n" + (b" " + b"c" * 999 + b"\r\n") * (n // 1002) + b"\r\n",
    "a target": lambda n: b"POST /" + b"a" * n + b" HTTP/1.1\r\n\r\n",
    "a first line of spaces": lambda n: b"POST" + b" " * n + b"\r\n\r\n",
    "empty lines": lambda n: b"\r\n" * (n // 2),
    "chunks": lambda n: CHUNKED + b"1\r\na\r\n" * (n // 6) + b"0\r\n\r\n",
    "a size of spaces": lambda n: CHUNKED + b"5" + b" " * n + b"x\r\n",
    "trailer fields": lambda n: CHUNKED + b"0\r\n" + b"A: b\r\n" * (n // 6) + b"\r\n",
    "codings": lambda n: LINE + b"Transfer-Encoding: " + b"chunked," * (n // 8) + b"\r\n\r\n",
    "lengths": lambda n: LINE + b"Content-Length: " + b"1," * (n // 2) + b"\r\n\r\n",
    "requests": lambda n: b"GET / HTTP/1.1\r\n\r\n" * (n // 18),
    "content": lambda n: LINE + b"Content-Length: %d\r\n\r\n" % n + b"a" * n,
}


def read_all(octets: bytes) -> None:
    """Read requests until the stream ends, or one of them ends it."""
    stream = io.BufferedReader(io.BytesIO(octets))
    try:
        while (message := read_request(stream, lambda: None)) is not None and message.keeps_alive:
            pass
    except BrokenOff:
        pass


def utf8(fields: list[tuple[str, str]]) -> bytes:
    """The octets of a form, whatever its text is."""
    return b"&".join(f"{name}={value}".encode("utf-8", "surrogatepass") for name, value in fields)


def fields(*pairs: tuple[str, str]) -> TokenRequest:
    """A request with these fields after the right ones, their values not encoded."""
    return a_request(body=lambda right: right + b"&" + utf8(list(pairs)))


def a_proof(header: Any, claims: Any) -> tuple[str, str]:
    """A DPoP header with these parts, and octets that are no signature of them."""
    parts = (json_octets(header), json_octets(claims), b"x" * 256)
    return "DPoP", ".".join(map(base64url.encode, parts))


REQUESTS: Requests = {
    "scope tokens": lambda n: a_request(grant="client_credentials", fields={"scope": "a " * (n // 2) + "b"}),
    "different scope tokens": lambda n: fields(("scope", "+".join(f"s{i}" for i in range(n // 6)))),
    "scopes with commas": lambda n: fields(("scope", "a," * (n // 2))),
    "unknown names": lambda n: fields(*((f"name{i}", "x") for i in range(n // 80))),
    "nearly known names": lambda n: fields(*((f"code_verifie{i % 10}", "x") for i in range(n // 80))),
    "one long name": lambda n: fields(("x" * n, "1")),
    "brackets": lambda n: fields(("[" * n, "1")),
    "repeated assertions": lambda n: fields(*[("client_assertion", "a.b.c")] * (n // 80)),
    "resources": lambda n: fields(*[("resource", "a:b")] * (n // 80)),
    "escapes in an unknown value": lambda n: fields(("x", "%2541" * (n // 5))),
    "a code of percent signs": lambda n: fields(("code", "%" * n)),
    "a verifier of quotes": lambda n: fields(("code_verifier", "'\"" * (n // 2))),
    "a redirect URI that was encoded twice": lambda n: fields(("redirect_uri", "https%253A" * (n // 10))),
    "an assertion type of escapes": lambda n: fields(("client_assertion_type", "%253A" * (n // 5))),
    "a grant type": lambda n: fields(("grant_type", "a:" + "b" * n)),
    "an assertion of dots": lambda n: a_request(text="." * n),
    "an assertion of white space": lambda n: a_request(text=" " * (n - 1) + "x"),
    "an assertion of quotes": lambda n: a_request(text='"' + '" ' * (n // 2 - 1) + "x"),
    "an assertion of plus signs": lambda n: a_request(text="+" * n),
    "two assertions again and again": lambda n: a_request(text="eyJ.eyJ.x " * (n // 10)),
    "brackets and escaped quotes": lambda n: a_request(payload=b"[" * 40 + b'"' + b'\\"' * (n * 3 // 8)),
    "nesting": lambda n: a_request(payload=b'[{"a":' * (n // 8)),
    "digits": lambda n: a_request(payload=b'{"exp":' + b"9" * (n * 3 // 4 - 99) + b"}"),
    "claims": lambda n: a_request(claims={f"c{i}": i for i in range(n // 20)}),
    "audiences": lambda n: a_request(claims={"aud": [f"a{i}" for i in range(n // 12)]}),
    "audiences that are URLs": lambda n: a_request(
        claims={"aud": [f"https://auth.example/{i}" for i in range(n // 40)]}
    ),
    "an audience of dots": lambda n: a_request(claims={"aud": "https://a" + "/." * (n // 3)}),
    "critical names": lambda n: a_request(header={"crit": [f"c{i}" for i in range(n // 12)]}),
    "a key id of paths": lambda n: a_request(header={"kid": "../" * (n // 5)}),
    "an alg": lambda n: a_request(header={"alg": "H" * (n * 3 // 4 - 99)}),
    "a typ": lambda n: a_request(header={"typ": "application/" * (n // 17)}),
    "a jti of digits": lambda n: a_request(claims={"jti": "1" * (n // 2) + "." + "_" * (n // 8)}),
    "Accept": lambda n: a_request(headers=[FORM, ("Accept", "a;q=0," * (n // 6))]),
    "Content-Type": lambda n: a_request(headers=[("Content-Type", "a;" * (n // 2))]),
    "quotes in Content-Type": lambda n: a_request(headers=[("Content-Type", '"' * n)]),
    "Content-Encoding": lambda n: a_request(more_headers=[("Content-Encoding", "gzip," * (n // 5))]),
    "Authorization": lambda n: a_request(more_headers=[("Authorization", "Bearer " + "." * n)]),
    "Authorization of white space": lambda n: a_request(more_headers=[("Authorization", " " * n + "x")]),
    "a DPoP proof of dots": lambda n: a_request(more_headers=[("DPoP", "." * n)]),
    "headers": lambda n: a_request(more_headers=[(f"X-{i}", "v") for i in range(n // 8)]),
    "Authorization again and again": lambda n: a_request(more_headers=[("Authorization", "Basic x")] * (n // 24)),
    "a path of dots": lambda n: a_request(url=f"{TOKEN}{'/..' * (n // 3)}"),
    "a path of escapes": lambda n: a_request(url=f"{TOKEN}{'/%41' * (n // 4)}"),
    "a query of names": lambda n: a_request(query="a&" * (n // 2)),
    "a query of codes": lambda n: a_request(query="code=1&" * (n // 7)),
    "userinfo": lambda n: a_request(url=f"https://{'a@' * (n // 2)}auth.example/"),
    "a host": lambda n: a_request(url=f"https://{'a.' * (n // 2)}/"),
    "a body of braces": lambda n: a_request(body=b"{" * n),
    "a body of percent signs": lambda n: a_request(body=b"a=" + b"%" * n),
    "a body that is nearly multipart": lambda n: a_request(body=b"--" + b"x" * n),
    "a jti of words": lambda n: a_request(claims={"jti": "a-" * (n // 3)}),
    "a jti of client ids": lambda n: a_request(claims={"jti": CLIENT_ID * (n // 60)}),
    "audiences elsewhere": lambda n: a_request(claims={"aud": [f"https://{i:x}.a" for i in range(n // 24)]}),
    "different codes": lambda n: fields(*(("code", f"c{i}%27%22%5c{'x' * 30}") for i in range(n // 66))),
    "different tokens": lambda n: fields(*(("token", f"{i:08}{'x' * 40}") for i in range(n // 66))),
    "a code that the claims are made of": lambda n: a_request(
        claims={f"c{i}": ["a" * 299] * 8 for i in range(n // 6600)}, fields={"code": "a" * (n // 2)}
    ),
    "codes that begin like the method": lambda n: a_request(
        method="a" * (n // 2), more_fields=[("code", f"{'a' * 40}{i:04}") for i in range(n // 100)]
    ),
    "members that are private keys": lambda n: a_request(
        claims={f"k{i}": "-----BEGIN A PRIVATE KEY-----" * 9 for i in range(n // 380)}
    ),
    "members that look like JWTs": lambda n: a_request(claims={f"k{i}": "eyJ" * 99 for i in range(n // 420)}),
    "critical members": lambda n: a_request(
        header={"crit": [f"c{i}" for i in range(n // 30)], **{f"c{i}": 1 for i in range(n // 30)}}
    ),
    "certificates": lambda n: a_request(header={"x5c": ["MIIB" * 50] * (n // 280)}),
    "the audiences of a grant": lambda n: a_request(
        grant=JWT_BEARER, fields={"assertion": a_proof({"alg": "x"}, {"aud": [f"{i}" for i in range(n // 16)]})[1]}
    ),
    "a DPoP proof by a large RSA key": lambda n: a_request(
        more_headers=[
            a_proof({"alg": "RS256", "jwk": {"kty": "RSA", "e": "AQAB", "n": base64url.encode(b"\xff" * (n // 2))}}, {})
        ]
    ),
    "a DPoP proof by a key of two large numbers": lambda n: a_request(
        more_headers=[
            a_proof(
                {
                    "alg": "RS256",
                    "jwk": {"kty": "RSA", **{name: base64url.encode(b"\xff" * (n // 4)) for name in ("e", "n")}},
                },
                {},
            )
        ]
    ),
    "cookies": lambda n: a_request(more_headers=[("Cookie", "a=b; " * (n // 5))]),
    "different media ranges": lambda n: a_request(
        headers=[FORM, ("Accept", ",".join(f"a/{i};q=0.1" for i in range(n // 14)))]
    ),
    "a weight again and again": lambda n: a_request(headers=[FORM, ("Accept", "a" + ";q=0" * (n // 4))]),
    "Basic": lambda n: a_request(more_headers=[("Authorization", "Basic " + "QUJD" * (n // 4))]),
    "Bearer again and again": lambda n: a_request(more_headers=[("Authorization", "Bearer eyJ.eyJ.")] * (n // 30)),
    "a method": lambda n: a_request(method="P" * n),
    "a query of escapes": lambda n: a_request(query="%" * n),
    "a URL of brackets": lambda n: a_request(url="https://" + "[" * n),
    "a URL of colons": lambda n: a_request(url="https://" + ":" * n + "/"),
    "a host that is not ASCII": lambda n: a_request(url="https://" + "ⅷ" * (n // 3) + "/"),
    "the way to metadata": lambda n: a_request(url=TOKEN + "/.well-known/" * (n // 13)),
}
