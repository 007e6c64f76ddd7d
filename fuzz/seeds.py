"""Where fuzzing starts: real requests and assertions of `tests/`, and the words that matter in each room."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from judged import SEPARATOR
from requests_under_test import CLIENT, NOW, SERVER, a_key, a_request, claims_of, json_octets

from pytest_jwtauth import base64url
from pytest_jwtauth.parameters import GRANT_TYPES, JWT_BEARER_ASSERTION_TYPE, TOKEN_PARAMETERS

TESTS = Path(__file__).resolve().parent.parent / "tests"


def corpus() -> Iterator[tuple[bytes, bytes]]:
    """Head and body of the requests that real clients sent."""
    for path in sorted((TESTS / "corpus").rglob("*.json")):
        request = json.loads(path.read_text("utf-8"))["request"]
        url = urlsplit(request["url"])
        target = url.path + (f"?{url.query}" if url.query else "")
        lines = [f"{request['method']} {target} HTTP/1.1", *(": ".join(field) for field in request["headers"]), "", ""]
        yield "\r\n".join(lines).encode("latin-1", "replace"), base64.b64decode(request["body_base64"])


def assertions() -> list[str]:
    cases = json.loads((TESTS / "assertions" / "client_assertions.json").read_text("utf-8"))["cases"]
    return [case["assertion"] for case in cases]


def forms() -> Iterator[bytes]:
    yield from (body for _, body in corpus())
    yield from (b"a=%41&b=+&c", b"%", b"=&=", b"a=%ff", b"a=%C3%A9")


def texts() -> Iterator[bytes]:
    for text in assertions():
        yield text.encode("utf-8", "surrogatepass")
        parts = text.split(".")
        with contextlib.suppress(ValueError):
            yield SEPARATOR.join([base64url.decode(part) for part in parts])
    yield from (b'"e30.e30."', b"b'e30.e30.'", b"Bearer e30.e30.", b"<e30.e30.>", b"....", b" e30 . e30 . \n")


def keys() -> Iterator[bytes]:
    made = [a_key(alg, "a-key") for alg in ("RS256", "ES256", "ES384", "ES512", "ES256K", "Ed25519", "Ed448")]
    for key in made:
        yield json_octets(key)
        yield json_octets(
            {**{name: key[name] for name in key if name in {"kty", "crv", "x", "y", "n", "e"}}, "use": "enc"}
        )
    yield json_octets({"keys": made, "kid": "a-key"})
    yield json_octets({"kty": "oct", "k": "AAAA"})
    yield json_octets({"keys": [{**made[1], "key_ops": ["sign"]}, {"kty": "RSA", "n": "AQ", "e": "Ag"}]})


def numbers() -> Iterator[bytes]:
    texts = (f"{NOW}", f"{NOW}.5", "1e400", "-0", "1e11", "99999999999", f"{2**53}", "9" * 1001, "-1e-9", "true", '"1"')
    yield from (text.encode("ascii") for text in texts)
    yield ",".join(texts[:3]).encode("ascii") + SEPARATOR + bytes(range(32))


def cases() -> Iterator[bytes]:
    """For the judge: circumstances, requests, and parts of which assertions are made."""
    header, payload = json_octets({"alg": "HS256", "typ": "JWT"}), json_octets(claims_of(CLIENT, SERVER.token_endpoint))
    fields = (b"Content-Type: application/x-www-form-urlencoded", b"Accept: application/json")
    answers = (
        b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"access_token":"a-token","token_type":"Bearer"}',
        b'HTTP/1.1 400 Bad Request\r\n\r\n{"error":"invalid_grant","interval":5,"device_code":"d"}',
        b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: Thu, 09 Oct 2025 08:53:30 GMT\r\n\r\n",
        b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /x\r\n\r\n",
    )
    for number, grant in enumerate(sorted(GRANT_TYPES)):
        right = a_request(grant=grant) if "saml" not in grant else a_request(grant="client_credentials")
        body = b"&".join(
            b"client_assertion=@" if f.startswith(b"client_assertion=") else f for f in right.body.split(b"&")
        )
        head = b"\r\n".join([b"POST " + urlsplit(right.url).path.encode("ascii") + b" HTTP/1.1", *fields, b"", b""])
        request = SEPARATOR.join([head + body, header, payload])
        choices = bytes([0, number, 0, number % 8, 0])
        yield SEPARATOR.join([choices, request])
        yield SEPARATOR.join([choices, request, answers[number % 4], request])
        yield SEPARATOR.join(
            [bytes([number, number, number, number, 127]), request, answers[1], request, answers[0], request]
        )
    for number, (head, body) in enumerate(corpus()):
        yield SEPARATOR.join([bytes([number % 6, number % 30, 0, number % 8, 0]), head + body])
    basic = b"Authorization: Basic dTpw\r\nDPoP: e30.e30.AA\r\nCookie: a=b"
    yield SEPARATOR.join([b"\0" * 5, b"GET https://u:p@auth.example/x?code=1#f HTTP/1.1\r\n" + basic + b"\r\n\r\n"])


def messages() -> Iterator[bytes]:
    for number, (head, body) in enumerate(corpus()):
        yield bytes([number % 6]) + head + body
        yield head + body
    yield b"@@@@"
    yield b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\nTrailer: x\r\n\r\n"
    yield b"OPTIONS / HTTP/1.1\r\nOrigin: http://a\r\nAccess-Control-Request-Method: POST\r\n\r\n"
    yield b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\na=b"
    yield b"GET / HTTP/1.0\r\nA: b\r\n c\r\nConnection: keep-alive\r\n\r\n\x16\x03\x01"


_MEMBERS = ("alg", "typ", "kid", "crit", "jwk", "iss", "sub", "aud", "exp", "nbf", "iat", "jti", "nonce", "htm", "htu")
_KEY_WORDS = ("kty", "crv", "use", "key_ops", "keys", "sign", "verify", "oct", "RSA", "EC", "OKP", "P-256", "Ed25519")
_FIELDS = (
    *("Content-Type: ", "Content-Length: ", "Transfer-Encoding: chunked", "Authorization: Basic ", "Bearer ", "DPoP: "),
    *("Expect: 100-continue", "Connection: close", "HTTP/1.1", "Content-Encoding: gzip", "Retry-After: ", "Host: "),
    *("\r\n", "\r\n\r\n", "POST ", "OPTIONS ", "Origin: ", "X-URI: ", "X-Terminated: 1", "Location: "),
)
_JSON = ('{"', '":', "[[", "]]", "\\ud800", "\\u0000", "1e400", "NaN", "9" * 30, "null", "true", '""')

WORDS: Mapping[str, Iterable[str]] = {
    "forms": (*sorted(TOKEN_PARAMETERS), "%", "%2", "%25", "%FF", "+", "&", "="),
    "assertions": (*_MEMBERS, *_JSON, ".", "=", "eyJ", "b'", "Bearer ", SEPARATOR.decode()),
    "keys": (*_KEY_WORDS, *_JSON, "AQAB", "n", "e", "d", "x", "y", "k"),
    "numbers": ("e", "e400", "-", ".", "9" * 20, "0" * 10, "NaN", "Infinity", SEPARATOR.decode()),
    "cases": (
        *_MEMBERS,
        *_JSON,
        *_FIELDS,
        *sorted(GRANT_TYPES),
        *sorted(TOKEN_PARAMETERS),
        JWT_BEARER_ASSERTION_TYPE,
        SEPARATOR.decode(),
        "@",
    ),
    "messages": (*_FIELDS, "0\r\n", "@@", "?", "#", "http://", "[", "%"),
}
"""What a dictionary tells the fuzzer, by what a target reads."""

SEEDS = {"forms": forms, "assertions": texts, "keys": keys, "numbers": numbers, "cases": cases, "messages": messages}


def lay_out(reads: str, folder: Path) -> Path:
    """Write the seeds into *folder*, and the dictionary beside it; returns where that is."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(SEEDS[reads]()):
        (folder / f"seed-{number:03}").write_bytes(seed)
    dictionary = folder.with_suffix(".dict")
    words = ["".join(f"\\x{octet:02x}" for octet in word.encode("utf-8")) for word in WORDS[reads]]
    dictionary.write_text("".join(f'"{word}"\n' for word in words), "ascii")
    return dictionary
