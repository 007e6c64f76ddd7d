"""Whatever is handed over, each room reads it or says by an exception of its own why it does not."""

from __future__ import annotations

import contextlib
import io
import math
from typing import Any

import pytest
from any_input import (
    ANY_OBJECT,
    ASSERTIONS_CHANGED,
    CIRCUMSTANCES,
    CLIENTS,
    IN_RANGE,
    JWK_SETS,
    KNOWN,
    NUMBERS,
    NUMERIC_DATES,
    REQUESTS,
    WIRES,
)
from generated import often, patiently, seldom
from hypothesis import example, given
from hypothesis import strategies as st
from requests_under_test import CLIENT, NOW, SECRET, SERVER, a_request, an_assertion

from pytest_jwtauth import crypto, jwk, jws, numeric_date
from pytest_jwtauth.errors import ConfigurationError, InvalidTokenRequest
from pytest_jwtauth.http_message import BrokenOff, read_request
from pytest_jwtauth.jwa import ALGORITHMS
from pytest_jwtauth.messages import TokenRequest
from pytest_jwtauth.model import Verdict
from pytest_jwtauth.registered_client import RegisteredClient
from pytest_jwtauth.verdict import judge


def assert_tells(verdict: Verdict, client: RegisteredClient) -> None:
    """*verdict* can be printed and checked, and gives nothing away."""
    report, shown = str(verdict), repr((verdict, verdict.assertion))
    assert report.replace("\n", "").isprintable()
    secrets = [needle.decode("ascii") for needle in client.secret_needles() if needle.isascii()]
    assert not [secret for secret in (*secrets, SECRET) if secret in report or secret in shown]
    if not verdict.violations:
        verdict.check()
        return
    with pytest.raises(InvalidTokenRequest) as raised:
        verdict.check()
    assert str(raised.value) == report


@seldom
@given(REQUESTS, CIRCUMSTANCES, KNOWN)
@example(
    a_request(), {"client": CLIENT, "now": NOW, "history": [a_request()], "profile": "rfc7523"}, {"code": "\ud800"}
)
def test_any_request_in_any_circumstances_is_judged(
    request: TokenRequest, circumstances: dict[str, Any], known: dict[str, Any]
) -> None:
    verdict = judge(request, server=SERVER, **circumstances, **known)
    assert_tells(verdict, circumstances["client"])


@seldom
@given(CLIENTS, ASSERTIONS_CHANGED, st.sampled_from(["", ".", "=", "\n", "é", "\ud800"]), st.integers(0, 400))
def test_any_assertion_is_taken_apart(client: RegisteredClient, changes: dict[str, Any], piece: str, at: int) -> None:
    right = an_assertion(client=client, **changes)
    read = jws.take_apart(right[:at] + piece + right[at:])
    assert repr(read) == f"<Jws of {len(read.segments)} parts>"
    for part in (read.header_json, read.claims_json):
        assert part is None or (part.value is None) == (part.fault is not None)


@seldom
@given(JWK_SETS)
@example({"kty": "OKP", "crv": "\ud800", "x": "AA"})
@example({"kty": "RSA", "n": "AQ" * 9000, "e": "Ag" + "AA" * 4000})
def test_any_key_is_read_or_refused(given_keys: Any) -> None:
    try:
        keys = jwk.read_jwk_set(given_keys)
    except ConfigurationError:
        return
    for key in keys:
        assert jwk.read_jwk(key.as_dict()) == key
        assert key.members.get("d", "a private member") not in repr(key) or len(key.members["d"]) < 8
        for name, algorithm in ALGORITHMS.items():
            jwk.suits(key, algorithm)
            assert crypto.verify(name, key, b"a.b", b"no signature") is False
        for write in (crypto.thumbprint, crypto.public_key_pem):
            with contextlib.suppress(ConfigurationError):
                write(key.as_dict())


@seldom
@given(JWK_SETS, ASSERTIONS_CHANGED)
@example({"kty": "RSA", "n": "AQ" * 9000, "e": "Ag" + "AA" * 4000}, {"header": {"alg": "RS256"}})
def test_any_key_that_can_be_registered_can_be_judged_by(given_keys: Any, changes: dict[str, Any]) -> None:
    try:
        client = RegisteredClient("a-client", jwks=given_keys)
    except ConfigurationError:
        return
    for alg in ("RS256", "ES256", "Ed25519"):
        request = a_request(**{**changes, "header": {"alg": alg, **changes.get("header", {})}})
        assert_tells(judge(request, client=client, server=SERVER, now=NOW), client)


@often
@given(NUMERIC_DATES)
def test_any_number_is_told_from_a_time(number: Any) -> None:
    assert not numeric_date.not_a_number(number)
    if not numeric_date.is_out_of_range(number):
        assert math.isfinite(number)
        assert numeric_date.looks_like_milliseconds(number) == (number >= 10**11)


@often
@given(NUMBERS, IN_RANGE, IN_RANGE, IN_RANGE)
def test_any_times_can_be_compared_and_any_number_shown(shown: float, moment: float, now: float, leeway: float) -> None:
    assert numeric_date.show(shown).isprintable()
    assert numeric_date.show_span(shown).isprintable()
    assert numeric_date.is_integral(shown) in {True, False}
    outcomes = [
        numeric_date.is_expired(moment, now, leeway),
        numeric_date.is_ahead(moment, now, leeway),
        numeric_date.exceeds(moment, now, leeway),
    ]
    assert all(type(outcome) is bool for outcome in outcomes)


@seldom
@given(ANY_OBJECT)
def test_any_object_is_a_request_or_a_type_error(sent: object) -> None:
    try:
        request = TokenRequest.of(sent)
    except TypeError:
        return
    assert repr(request).isprintable()
    assert all(type(name) is str and type(value) is str for name, value in request.headers)
    assert_tells(judge(request, client=CLIENT, server=SERVER, now=NOW), CLIENT)


@patiently
@given(WIRES)
def test_any_octets_on_a_wire_are_requests_up_to_an_end(octets: bytes) -> None:
    stream, invited = io.BufferedReader(io.BytesIO(octets)), []
    messages = 0
    with contextlib.suppress(BrokenOff):
        while (message := read_request(stream, lambda: invited.append(True))) is not None:
            messages += 1
            assert "<" in repr(message)
            assert messages <= len(octets)
            if not message.keeps_alive:
                break
    assert len(invited) <= messages + 1
