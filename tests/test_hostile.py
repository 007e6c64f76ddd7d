"""Hostile assertions: complete, harmless, and three agree on each: the table, the judge, and a second opinion."""

from __future__ import annotations

import ast
import base64
import json
import re
import socket
import zlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import pytest
from second_opinion import accepts
from signing_clients import CLIENT, SERVER, client_for, client_with_two_keys, request_with

import pytest_jwtauth
from pytest_jwtauth import PROFILES, RULES, ConfigurationError, RegisteredClient, TokenEndpoint, judge
from pytest_jwtauth.boundaries import BOUNDARIES
from pytest_jwtauth.expiry import expiry_scenarios
from pytest_jwtauth.hostile import (
    CASES,
    NO_SINGLE_ASSERTION,
    HostileAssertion,
    hostile_assertion,
    hostile_assertions,
    left_out,
)
from pytest_jwtauth.hostile.jose_header import BOMB

NOW = 1_760_000_000

CATALOGUE: Mapping[str, str] = {
    "alg none / NONE / nOnE": "alg-none alg-none-in-capitals alg-none-in-mixed-case alg-none-with-garbage",
    "alg missing, null, array, number": "alg-absent alg-null alg-array alg-number",
    "hs256, none and space, none and NUL, HS2048": (
        "alg-in-lower-case alg-none-and-space alg-none-and-nul alg-invented"
    ),
    "HS256 keyed with the public key": "mac-with-public-pem mac-with-public-der mac-with-public-jwk",
    "the algorithm of the other method": "alg-of-the-other-method alg-not-allowed",
    "header says HS512, MAC is SHA-256": "mac-of-another-hash",
    "signature empty, stripped, truncated, bit flipped": (
        "signature-empty signature-stripped signature-truncated signature-bit-flipped"
    ),
    "payload or header changed, or re-serialised": (
        "payload-changed header-changed payload-rewritten header-rewritten payload-of-another"
    ),
    "ECDSA zeros and order": "ecdsa-zeros ecdsa-r-zero ecdsa-s-zero ecdsa-order",
    "ECDSA in DER; 63 or 65 octets; another curve": (
        "ecdsa-der ecdsa-an-octet-less ecdsa-an-octet-more ecdsa-of-another-curve"
    ),
    "high-s twin": "ecdsa-other-s",
    "HMAC with something made of the secret": (
        "secret-decoded secret-in-hex secret-with-line-feed secret-in-utf16 secret-hashed secret-percent-encoded"
    ),
    "own key in jwk, attacker jku, x5u": "jwk-of-its-own jku x5u",
    "private key in jwk": "jwk-private",
    "kid unknown, missing, number, path, SQL": "kid-unknown kid-absent kid-number kid-path kid-sql",
    "crit empty, string, registered, absent member, duplicate, unknown": (
        "crit-empty crit-string crit-registered crit-absent-member crit-twice crit-unknown"
    ),
    "b64 false": "b64-false b64-false-critical",
    "typ at+jwt, dpop+jwt, number, jwt": "typ-access-token typ-dpop-proof typ-number typ-in-lower-case",
    "nested JWT, JWE": "nested nested-unsaid encrypted",
    "JSON serialisation, JSON that splits on dots": "json-flattened json-general json-polyglot",
    "1, 2, 4 parts, leading, trailing dot, ..": (
        "one-part signature-stripped four-parts leading-dot trailing-dot dots-alone empty-header empty-payload"
    ),
    "padding, alphabet, space, newline, NUL, Cyrillic, full-width dot": (
        "padded standard-alphabet space-inside line-feed-inside nul-inside cyrillic-letter full-width-dot"
    ),
    "unused bits, impossible length": "unused-bits impossible-length",
    "outer newline, quotes, bytes literal, Bearer": "line-feed-after quoted bytes-literal bearer-prefix",
    "%2E left in": "dots-percent-encoded",
    "two JWTs joined": "two-by-space two-by-comma two-in-an-array",
    "BOM, UTF-16, invalid UTF-8, NaN, comment, trailing comma or text, single quotes": (
        "header-byte-order-mark header-utf16 header-invalid-utf8 header-comment header-trailing-comma "
        "header-text-behind header-single-quotes payload-byte-order-mark payload-utf16 payload-invalid-utf8 "
        "payload-nan payload-infinity payload-comment payload-trailing-comma payload-text-behind payload-single-quotes"
    ),
    "payload array, string, null, empty": "payload-array payload-string payload-null empty-payload",
    "duplicate member, also by escape": (
        "header-alg-twice header-alg-twice-escaped payload-claim-twice payload-claim-twice-escaped"
    ),
    "3,000-deep nesting": "payload-deep payload-deep-and-open",
    "lone surrogate in sub": "sub-lone-surrogate",
    "aud near-misses": (
        "aud-slash aud-host-in-capitals aud-port aud-http aud-query aud-escaped aud-another-tenant aud-client "
        "aud-host-alone"
    ),
    "aud array with ours and a foreign AS": "aud-and-a-stranger",
    "secret inside the claims": "secret-inside",
}
"""What is known to be sent (the rows about times apart), and the cases that are it."""

TIMES: Mapping[str, str] = {
    "exp 1e400, 5,000 digits": "exp-1e400 exp-5000-digits",
    "exp string, bool, null, ISO date, array, milliseconds": (
        "exp-string exp-boolean exp-null exp-iso-date exp-array exp-milliseconds"
    ),
    "exp == now, now - 1, 0, -1, relative": ("exactly-at-exp one-second-after-exp exp-zero exp-negative exp-relative"),
    "exp == now + 1": "one-second-left",
    "exp as far as allowed, and a second further": "longest-life one-second-too-long",
}
"""The rows about times, which are expiry scenarios."""

THREATS: Mapping[str, str] = {
    "2.1": "alg-none mac-with-public-pem",
    "2.2": "secret-guessed",
    "2.3": "encrypted-with-the-secret nested",
    "2.5": "encrypted-off-the-curve",
    "2.6": "payload-utf16 payload-utf32 header-utf16",
    "2.7": "aud-stranger aud-and-a-stranger",
    "2.8": "typ-access-token id-token request-object",
    "2.9": "kid-sql kid-path jku-loopback sub-ldap",
    "2.10": "encrypted-by-password",
    "2.11": "alg-none-in-mixed-case",
    "2.12": "encrypted-and-compressed payload-compressed",
    "2.13": "json-polyglot",
}
"""The sections of RFC 8725 on threats, those from 2.10 on of the draft that follows it."""


NAMES = ("HS256", "ES256", "RS256", "PS256", "two")


@cache
def clients() -> Mapping[str, RegisteredClient]:
    """A client for each algorithm, and one with two keys, the first of which is for RS256."""
    return {"HS256": CLIENT, "two": client_with_two_keys(), **{alg: client_for(alg) for alg in NAMES[1:4]}}


@cache
def cases(client: str = "HS256", profile: str = "pingone") -> Mapping[str, HostileAssertion]:
    return {one.name: one for one in hostile_assertions(clients()[client], SERVER, profile, NOW)}


def broken(case: HostileAssertion, client: RegisteredClient, profile: str) -> frozenset[str]:
    """The rules of level error that a request with the text breaks."""
    request = request_with(case.assertion, client, PROFILES[profile])
    verdict = judge(request, client=client, server=SERVER, profile=profile, now=NOW)
    return frozenset(violation.rule for violation in verdict.violations)


def test_every_row_is_there() -> None:
    assert {name for row in (*CATALOGUE.values(), *THREATS.values()) for name in row.split()} - CASES.keys() == set()
    assert {name for row in TIMES.values() for name in row.split()} - BOUNDARIES.keys() == set()


def test_the_threats_are_those_of_the_specification_but_for_those_that_no_assertion_shows() -> None:
    listed = {f"2.{number}" for number in range(1, 14)}
    elsewhere = {found for text in NO_SINGLE_ASSERTION for found in re.findall(r"8725 §(2\.\d+)", text)}
    assert THREATS.keys() | elsewhere == listed
    assert elsewhere - THREATS.keys() == {"2.4"}
    for section, names in THREATS.items():
        assert any(f"§{section}" in CASES[name].source for name in names.split()), section


def fitting(profile: str) -> list[str]:
    """The clients whose assertions *profile* takes."""
    taken = frozenset().union(*PROFILES[profile].algorithms.values())
    return [name for name in NAMES if ("RS256" if name == "two" else name) in taken]


WITH_EVERY_CLIENT = ("rfc7523", "smart")
PAIRS = [
    (profile, client)
    for profile in PROFILES
    for client in fitting(profile)[: None if profile in WITH_EVERY_CLIENT else 1]
]
"""Each profile with a client that it takes, some with each kind of client."""


def test_no_profile_is_left_out() -> None:
    assert {profile for profile, _ in PAIRS} == PROFILES.keys()


@pytest.mark.parametrize(("profile", "client"), PAIRS)
def test_the_judge_agrees(profile: str, client: str) -> None:
    registered = clients()[client]
    # What the request around it lacks in a profile (a scope, a User-Agent) is no business of the assertion.
    of_the_request = broken(cases(client, profile)["right"], registered, profile)
    wrong = []
    for case in cases(client, profile).values():
        found = broken(case, registered, profile) - of_the_request
        if (not found) != case.accepted or not found.issuperset({case.rule} - {None}):
            wrong.append((case, found))
    assert wrong == []


@pytest.mark.parametrize("client", ["HS256", "ES256"])
def test_the_stub_agrees_and_survives(client: str) -> None:
    registered = clients()[client]
    for case in cases(client).values():
        endpoint = TokenEndpoint(client=registered, server=SERVER, profile=PROFILES["pingone"], now=lambda: NOW)
        response = endpoint.respond(request_with(case.assertion, registered, PROFILES["pingone"]))
        assert (response.status == 200) == case.accepted, case
        if case.rule is not None:
            assert case.rule in json.loads(response.body)["error_description"]


@pytest.mark.parametrize("client", ["HS256", "ES256"])
def test_a_second_opinion_agrees(client: str) -> None:
    registered = clients()[client]
    key = registered.client_secret or registered.keys[0].public()
    audiences = {SERVER.issuer, SERVER.token_endpoint}
    wrong = [
        case
        for case in cases(client).values()
        if accepts(case.assertion, key, registered.client_id, audiences, NOW) != case.accepted
    ]
    assert wrong == []


def test_who_refuses_everything_fails_and_who_accepts_everything_too() -> None:
    for client in fitting("pingone"):
        verdicts = [case.accepted for case in cases(client).values()]
        assert verdicts.count(True) >= 25
        assert verdicts.count(False) >= 120


def test_the_cases_differ_and_each_is_told_by_one_sentence_and_a_source() -> None:
    assert len({case.explanation for case in CASES.values()}) == len(CASES)
    for name, case in CASES.items():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
        assert re.fullmatch(r"[^\n]{7,120}\.", case.explanation), name
        assert re.search(r"RFC|rfc|CVE|OIDC|hygiene", case.source), name
    texts = [str(case.assertion) for case in cases("ES256").values()]
    assert len(set(texts)) == len(texts)


def test_the_rules_that_refuse_exist_and_are_many() -> None:
    rules = {case.rule for client in fitting("pingone") for case in cases(client).values()} - {None}
    assert rules <= RULES.keys()
    assert len(rules) > 50


@pytest.mark.parametrize("client", ["HS256", "ES256"])
def test_an_attack_costs_whoever_falls_for_it_little(client: str) -> None:
    for case in cases(client).values():
        assert len(case.assertion) < 100_000
        for member in re.findall(r'"p2c": ?(\d+)', decoded(case.assertion)):
            assert int(member) <= 10_000_000
    payload = cases(client)["payload-compressed"].assertion.split(".")[1]
    compressed = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    swollen = zlib.decompress(compressed, wbits=-15)
    assert len(compressed) < 10_000 < BOMB <= len(swollen) < BOMB + 1000
    assert json.loads(swollen)["iss"] == clients()[client].client_id


def decoded(text: str) -> str:
    part = text.partition(".")[0]
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode("latin-1")
    except ValueError:
        return ""


def test_nothing_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise AssertionError("somebody used the network")

    for name in ("socket", "create_connection", "getaddrinfo", "gethostbyname"):
        monkeypatch.setattr(socket, name, refuse)
    monkeypatch.setattr(Path, "open", refuse)
    for profile in ("pingone", "smart"):
        for case in hostile_assertions(client_for("ES256"), SERVER, profile, NOW):
            broken(case, client_for("ES256"), profile)


def test_every_url_is_of_a_host_that_nobody_has_or_of_this_machine() -> None:
    rooms = Path(pytest_jwtauth.__file__).parent.joinpath("hostile").glob("*.py")
    texts = [
        node.value
        for room in rooms
        for node in ast.walk(ast.parse(room.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    urls = [found for text in texts for found in re.findall(r"[a-z]+://[^\s\"'{]+", text)]
    assert sorted(urls) == ["file:///dev/null", "http://127.0.0.1:9/keys"]


def test_what_a_client_cannot_send_is_left_out_with_the_reason() -> None:
    reasons = left_out(CLIENT, SERVER)
    assert "private_key_jwt" in reasons["mac-with-public-pem"]
    assert set(reasons) == CASES.keys() - cases().keys()
    assert 'alg="ES256"' in left_out(client_for("RS256"), SERVER)["ecdsa-zeros"]
    found = hostile_assertion("ecdsa-der", CLIENT, SERVER, "pingone", NOW)
    assert found == "it is about private_key_jwt, and the client is registered for client_secret_jwt"


@pytest.mark.parametrize(
    ("secret", "missing"),
    [
        ("not base64url: spaces and a colon, forty octets", {"secret-decoded"}),
        ("OnlyLettersAndDigits0123456789OnlyLettersAndDi", {"secret-percent-encoded"}),
        ("OnlyLettersAndDigits0123456789OnlyLettersAndD", {"secret-percent-encoded", "secret-decoded"}),
    ],
)
def test_what_comes_to_the_secret_itself_or_to_nothing_is_left_out(secret: str, missing: set[str]) -> None:
    client = RegisteredClient("a-client", secret)
    reasons = {name: reason for name, reason in left_out(client, SERVER).items() if name.startswith("secret-")}
    assert reasons.keys() == missing


def test_an_aud_that_the_profile_takes_is_left_out() -> None:
    anybody = PROFILES["pingone"].but(fixed_audiences=(f"{SERVER.token_endpoint}/",))
    reasons = left_out(CLIENT, SERVER, anybody)
    assert "accepts that aud" in reasons["aud-slash"]


def test_an_unknown_name_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match=r"'alg-non'. Did you mean 'alg-none'"):
        hostile_assertion("alg-non", CLIENT, SERVER, "pingone", NOW)


def test_a_client_that_the_profile_never_accepts_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match=r"'fapi2' accepts no assertion of .*takes nothing"):
        hostile_assertions(CLIENT, SERVER, "fapi2")


def test_the_moment_is_the_present_one_without_its_fraction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_jwtauth.numeric_date.current_time", lambda: 1_700_000_000.9)
    right = next(iter(hostile_assertions(CLIENT, SERVER)))
    assert (right.name, right.now, right.assertion.claims["iat"]) == ("right", 1_700_000_000, 1_700_000_000)


def test_what_the_user_says_of_a_rule_counts() -> None:
    strict = PROFILES["pingone"].but(forced={"jti-missing": "error", "typ-wrong": "off"})
    changed = {one.name: one for one in hostile_assertions(CLIENT, SERVER, strict, NOW)}
    assert changed["no-jti"].rule == "jti-missing"
    assert changed["typ-number"].accepted


def test_the_repr_tells_the_verdict_and_no_assertion() -> None:
    assert repr(cases()["alg-none"]) == "<HostileAssertion alg-none: refused by alg-none>"
    assert repr(cases()["right"]) == "<HostileAssertion right: accepted>"


@pytest.mark.parametrize("client", ["HS256", "ES256"])
def test_no_repr_shows_a_secret_or_a_private_key(client: str) -> None:
    registered = clients()[client]
    secret = registered.client_secret or registered.private_jwk()["d"]
    for case in cases(client).values():
        assert secret not in repr(case.assertion) + repr(case)
        assert "PRIVATE KEY" not in repr(case.assertion)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"client": "me"}, "client is a RegisteredClient; got str"),
        ({"server": "there"}, "server is an AuthorizationServer; got str"),
        ({"now": "today"}, "now is a number of seconds; got str"),
        ({"now": True}, "now is a number of seconds; got bool"),
    ],
)
def test_an_argument_of_the_wrong_type_is_named(wrong: dict[str, Any], message: str) -> None:
    for function in (hostile_assertions, expiry_scenarios):
        with pytest.raises(TypeError, match=message):
            function(**{"client": CLIENT, "server": SERVER, "now": NOW, **wrong})


def test_a_client_that_cannot_sign_is_an_error_that_says_so() -> None:
    public = RegisteredClient("public", jwks={"keys": [client_for("ES256").keys[0].public()]})
    with pytest.raises(ConfigurationError, match="no private key to sign with"):
        hostile_assertions(public, SERVER)
