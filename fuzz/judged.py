"""The judge as a target: circumstances and requests made of octets, and everything that a test does with a verdict."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping
from typing import Any

from requests_under_test import CLIENT, CODE, NOW, REDIRECT_URI, REFRESH_TOKEN, SECRET, SERVER, a_key, a_key_client

from pytest_jwtauth import base64url, crypto
from pytest_jwtauth.errors import InvalidTokenRequest
from pytest_jwtauth.http_message import BrokenOff, RequestMessage, read_request
from pytest_jwtauth.messages import TokenRequest, TokenResponse
from pytest_jwtauth.model import Verdict
from pytest_jwtauth.profiles import PROFILES
from pytest_jwtauth.registered_client import RegisteredClient
from pytest_jwtauth.rules import RULES, adjust
from pytest_jwtauth.verdict import judge

SEPARATOR = b"\n----\n"
"""Stands between the parts of an input that has several."""


def message_of(data: bytes) -> tuple[RequestMessage, bytes]:
    """The HTTP request in *data*, as far as it can be read, and what comes after its head."""
    message = RequestMessage()
    head, _, body = data.partition(b"\r\n\r\n")
    with contextlib.suppress(BrokenOff):
        read = read_request(io.BufferedReader(io.BytesIO(head + b"\r\n\r\n")), lambda: None)
        message = read or message
    return message, body


EVERYTHING = adjust(PROFILES["rfc7523"], warn=[rule.id for rule in RULES.values() if rule.level == "off"])
"""No rule is off."""
SOME_PROFILES = (*PROFILES.values(), EVERYTHING)

KEYS = [a_key(alg, kid) for alg, kid in (("RS256", "r"), ("ES256", "e"), ("Ed25519", "o"), ("ES256K", "k"))]
CLIENTS = (
    CLIENT,
    a_key_client("RS256"),
    a_key_client("ES256"),
    RegisteredClient(CLIENT.client_id, jwks={"keys": KEYS}),
    RegisteredClient(CLIENT.client_id, "short"),
    RegisteredClient(CLIENT.client_id, CLIENT.client_secret, redirect_uris=[REDIRECT_URI]),
)
SECRETS = (SECRET, *(key[name] for key in KEYS for name in ("d",)), CLIENTS[1].private_jwk()["d"])
TIMES: tuple[float, ...] = (NOW, NOW + 0.5, NOW + 3600, NOW - 86400, 0, -1, -62135596801, 2**53 - 1, 1 - 2**53, 1e-300)
EXPECTED: tuple[Mapping[str, Any], ...] = (
    {},
    {"code": CODE, "redirect_uri": REDIRECT_URI, "code_challenge": None},
    {"code": "a+b%2Bc", "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"},
    {"code": "", "redirect_uri": None, "code_challenge": "x", "code_challenge_method": "plain"},
    {"refresh_token": REFRESH_TOKEN, "refresh_grace": 10, "granted_scope": "openid a b"},
    {"refresh_token": "", "refresh_token_state": "it was revoked", "tls_verified": False},
    {"logged": f"a log with {CODE} and {SECRET}", "dpop_nonce": "n-1"},
    {"grant_type": "authorization_code", "code_verifier": "x" * 43, "logged": "\ud800"},
)


def judge_requests(data: bytes) -> None:
    """Some octets that choose the circumstances, then HTTP requests, the last of which is judged.

    In a body `@` stands for an assertion made of the two parts that follow it; a part that begins with ``HTTP/`` is
    the answer to the request before.
    """
    choices, *parts = data.split(SEPARATOR)
    choices = choices.ljust(5, b"\0")
    client = CLIENTS[choices[0] % len(CLIENTS)]
    requests_sent: list[tuple[TokenRequest, TokenResponse | None]] = []
    at = 0
    while at < len(parts):
        message, body = message_of(parts[at])
        if b"@" in body and at + 2 < len(parts):
            made = signed(client, parts[at + 1], parts[at + 2])
            body = body.replace(b"@", made, 1)
            at += 2
        at += 1
        url = message.target if "//" in message.target else f"https://auth.example{message.target}"
        received_at = None if choices[4] % 3 == 0 else NOW + len(requests_sent) * (choices[4] - 128)
        request = TokenRequest(message.method, url, message.fields, body, received_at)
        answer = None
        if at < len(parts) and parts[at].startswith(b"HTTP/"):
            answer = answer_of(parts[at])
            at += 1
        requests_sent.append((request, answer))
    if not requests_sent:
        return
    *history, (last, _) = requests_sent
    verdict = judge(
        last,
        client=client,
        server=SERVER,
        profile=SOME_PROFILES[choices[1] % len(SOME_PROFILES)],
        now=TIMES[choices[2] % len(TIMES)],
        leeway=(choices[2] // len(TIMES)) * 0.25,
        history=[pair if choices[4] % 2 else pair[0] for pair in history],
        **EXPECTED[choices[3] % len(EXPECTED)],
    )
    look_at(verdict)


def signed(client: RegisteredClient, header: bytes, payload: bytes) -> bytes:
    """An assertion of these two parts, signed by the client's first key for whatever it is."""
    signing_input = f"{base64url.encode(header)}.{base64url.encode(payload)}".encode("ascii")
    if client.hmac_key is not None:
        signature = crypto.sign("HS256", client.hmac_key, signing_input)
    else:
        key = client._keys_as_given[-1]
        # To sign by RSA takes as long as to judge ten times.
        signature = b"\0" * 256 if key.kty == "RSA" else crypto.sign(str(key.alg), key, signing_input)
    return signing_input + b"." + base64url.encode(signature).encode("ascii")


def answer_of(part: bytes) -> TokenResponse:
    """An answer written down as HTTP: three digits of status, fields, body."""
    head, _, body = part.partition(b"\r\n\r\n")
    line, *fields = head.decode("latin-1").split("\r\n")
    digits = line[9:12]
    status = int(digits) if digits.isascii() and digits.isdigit() else 200
    pairs = [(name, value.strip()) for name, _, value in (field.partition(":") for field in fields)]
    return TokenResponse(status, pairs, body)


def look_at(verdict: Verdict) -> None:
    """Use *verdict* in every way that a test does."""
    repr((verdict, verdict.assertion))
    try:
        verdict.check()
    except InvalidTokenRequest as raised:
        report = str(raised)
        assert verdict.violations
    else:
        report = str(verdict)
        assert not verdict.violations
    assert report.replace("\n", "").isprintable()
    for violation in (*verdict.violations, *verdict.warnings):
        assert violation.found
        assert violation.expected
        assert f"{violation.found}{violation.expected}".isprintable()
    for secret in SECRETS:
        assert secret not in report


SIGNED = [
    TokenRequest(
        "POST",
        SERVER.token_endpoint,
        (("Content-Type", "application/x-www-form-urlencoded"),),
        b"client_assertion=" + signed(a_key_client(alg), b'{"alg":"%s"}' % alg.encode("ascii"), b'{"exp":1}'),
    )
    for alg in ("RS256", "ES256")
]
