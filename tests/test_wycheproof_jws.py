"""Published JWS vectors (Wycheproof, RFC 7515, RFC 8037, RFC 7520, RFC 7797) against the judge as a whole.

Their payloads are seldom claims, so only the rules on the serialization, the JOSE header and the keys are looked at.
The vectors are other people's data and not in this repository: ``JWTAUTH_VECTORS`` names the folder that holds them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from pytest_jwtauth import (
    RULES,
    AuthorizationServer,
    ConfigurationError,
    RegisteredClient,
    TokenRequest,
    base64url,
    judge,
    verification,
)
from pytest_jwtauth.parameters import JWT_BEARER_ASSERTION_TYPE

FOLDER = os.environ.get("JWTAUTH_VECTORS", "")

pytestmark = [
    pytest.mark.vectors,
    pytest.mark.skipif(not FOLDER, reason="JWTAUTH_VECTORS names no folder with test vectors"),
]

ROOMS = {"serialization", "jose_header", "keys"}
SERVER = AuthorizationServer("https://auth.example/as", "https://auth.example/as/token")
NOW = 1_760_000_000
NO_ASSERTION = "client-assertion-missing"


@pytest.fixture(autouse=True)
def _keys_that_are_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """The MAC keys here are octets that no client_secret can have, so nothing can be said of what was made of it."""
    monkeypatch.setattr(verification, "_derivations", lambda secret: iter(()))


@dataclass(frozen=True)
class Outcome:
    """What the rules looked at say of one JWS."""

    errors: frozenset[str]
    warnings: frozenset[str]
    verified: bool


NO_SUCH_CLIENT = Outcome(frozenset({"‹no client can be registered with such keys›"}), frozenset(), verified=False)


def load(*path: str) -> Any:
    return json.loads(Path(FOLDER, *path).read_text(encoding="utf-8"))


def client_with(jwk: dict[str, Any]) -> RegisteredClient:
    keys = jwk.get("keys", [jwk])
    if any(key["kty"] != "oct" for key in keys):
        return RegisteredClient("client", jwks={"keys": keys})
    client = RegisteredClient("client", "5Vq-ZrT0~nUw8KxQ2mLb7YcHd4Gf1JsPoE9iAa6RvW3XtBzNkCyMhSgDuFlIjOpe")
    object.__setattr__(client, "hmac_key", base64url.decode(keys[0]["k"]))
    return client


def look_at(jws: object, client: RegisteredClient) -> Outcome:
    fields = {
        "grant_type": "client_credentials",
        "client_assertion_type": JWT_BEARER_ASSERTION_TYPE,
        "client_assertion": jws if isinstance(jws, str) else json.dumps(jws),
    }
    headers = [("Content-Type", "application/x-www-form-urlencoded")]
    request = TokenRequest("POST", SERVER.token_endpoint, headers, urlencode(fields).encode("ascii"))
    verdict = judge(request, client=client, server=SERVER, profile="rfc7523", now=NOW)
    errors = {found.rule for found in verdict.violations if RULES[found.rule].room in ROOMS}
    if NO_ASSERTION in verdict.rules:
        errors.add(NO_ASSERTION)
    warnings = {found.rule for found in verdict.warnings if RULES[found.rule].room in ROOMS}
    tried = "signature-invalid" not in {skipped.rule for skipped in verdict.not_evaluated}
    in_keys = {rule for rule in errors if RULES[rule].room == "keys"}
    return Outcome(frozenset(errors), frozenset(warnings), verified=tried and not in_keys)


def cases(name: str) -> Iterator[tuple[dict[str, Any], Outcome]]:
    """Every case of a Wycheproof file that has a JWS, and what we say of it."""
    for group in load("wycheproof", f"{name}_test.json")["testGroups"]:
        tests = [test for test in group["tests"] if "jws" in test]
        client = registered(group.get("public") or group["private"]) if tests else None
        for test in tests:
            yield test, NO_SUCH_CLIENT if client is None else look_at(test["jws"], client)


def registered(jwk: dict[str, Any]) -> RegisteredClient | None:
    """The client, or None where none can be registered: keys for encryption alone, secrets mixed with public keys."""
    try:
        return client_with(jwk)
    except ConfigurationError:
        return None


EMPTY_PAYLOAD = Outcome(frozenset({"jws-empty-segment"}), frozenset(), verified=True)
ACCEPTED = Outcome(frozenset(), frozenset(), verified=True)
MARKED_FOR_ANOTHER = Outcome(frozenset(), frozenset({"kid-key-mismatch"}), verified=True)

UNLIKE_THE_LABEL = {
    # Valid as a JWS; a JWT has claims (RFC 7519 §7.2), so an empty payload is a fault here.
    **dict.fromkeys((259, 264, 268, 272, 320, 325), EMPTY_PAYLOAD),
    # Invalid there because the JWK says alg PS512 and the header another. The signature itself is right, and «intended
    # for use with» (RFC 7517 §4.4) forbids nothing: a warning.
    **dict.fromkeys((332, 334, 336, 338, 340), MARKED_FOR_ANOTHER),
    # Faults of the vectors: these two are to the letter the valid case 357, and labelled invalid.
    367: ACCEPTED,
    370: ACCEPTED,
    # Faults of the vectors: a «?» inside the base64url text, and labelled valid.
    372: Outcome(frozenset({"jws-b64-alphabet"}), frozenset(), verified=False),
    373: Outcome(frozenset({"jws-b64-alphabet", "signature-invalid"}), frozenset(), verified=False),
}
LIKE_THE_LABEL_WITH_A_WARNING = {
    # Faults of the vectors: the JWK says PS256 and the header PS384; the JWK says «ES521», which does not exist.
    **dict.fromkeys((346, 350, 347, 351), MARKED_FOR_ANOTHER),
}


def test_wycheproof_signatures_are_judged_as_labelled_apart_from_what_is_listed() -> None:
    judged = {test["tcId"]: (test, outcome) for test, outcome in cases("json_web_signature")}
    assert len(judged) == 401
    unlike = {
        number: outcome
        for number, (test, outcome) in judged.items()
        if (test["result"] == "valid") != (not outcome.errors)
    }
    assert unlike == UNLIKE_THE_LABEL
    with_a_warning = {
        number: outcome
        for number, (test, outcome) in judged.items()
        if test["result"] == "valid" and outcome.warnings and number not in unlike
    }
    assert with_a_warning == LIKE_THE_LABEL_WITH_A_WARNING
    assert {test["jws"] for number, (test, _) in judged.items() if number in {357, 367, 370}} == {judged[357][0]["jws"]}


NOT_VISIBLE = {46: "the modulus has the ROCA weakness, which takes a fingerprint test to see"}


def test_wycheproof_crypto_is_judged_as_labelled_apart_from_what_is_listed() -> None:
    judged = list(cases("json_web_crypto"))
    assert len(judged) == 49
    unlike = {test["tcId"] for test, outcome in judged if (test["result"] == "valid") != (not outcome.errors)}
    assert unlike == set(NOT_VISIBLE)


@pytest.mark.parametrize("name", ["json_web_signature", "json_web_crypto"])
def test_what_is_accepted_was_verified_and_what_was_not_verified_is_refused(name: str) -> None:
    for test, outcome in cases(name):
        assert outcome.errors or outcome.verified, test["tcId"]
        assert test["result"] == "invalid" or outcome.verified or test["tcId"] in UNLIKE_THE_LABEL, test["tcId"]


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6])
def test_the_examples_of_rfc_7515_and_rfc_8037_verify_and_the_unsecured_one_is_refused(number: int) -> None:
    vector = load("rfc", "rfc7515_appendix_a_and_rfc8037.json")["vectors"][number - 1]
    if vector["jwk"] is None:
        outcome = look_at(vector["jws"], client_with({"kty": "oct", "k": "c2VjcmV0"}))
        assert outcome.errors >= {"alg-none", "signature-empty"}
        return
    client = client_with(vector["jwk"])
    assert look_at(vector["jws"], client).verified
    assert look_at(vector["jws"], client).errors == set()
    assert not look_at(vector["jws"].replace(".", ".A", 1), client).verified


COMPACT = [
    ("jws", "4_1.rsa_v15_signature.json"),
    ("jws", "4_2.rsa-pss_signature.json"),
    ("jws", "4_3.ecdsa_signature.json"),
    ("jws", "4_4.hmac-sha2_integrity_protection.json"),
    ("curve25519", "jws.json"),
]


@pytest.mark.parametrize("path", COMPACT, ids=[name for _, name in COMPACT])
def test_the_compact_examples_of_rfc_7520_and_rfc_8037_verify(path: tuple[str, str]) -> None:
    example = load("jose-cookbook", *path)
    outcome = look_at(example["output"]["compact"], client_with(example["input"]["key"]))
    assert outcome.verified
    assert not outcome.errors


NOT_COMPACT = [
    ("4_6.protecting_specific_header_fields.json", "json"),
    ("4_6.protecting_specific_header_fields.json", "json_flat"),
    ("4_7.protecting_content_only.json", "json"),
    ("4_7.protecting_content_only.json", "json_flat"),
    ("4_8.multiple_signatures.json", "json"),
]


@pytest.mark.parametrize(("name", "form"), NOT_COMPACT)
def test_the_json_examples_of_rfc_7520_are_refused(name: str, form: str) -> None:
    example = load("jose-cookbook", "jws", name)
    key = example["input"]["key"]
    outcome = look_at(example["output"][form], client_with(key[0] if isinstance(key, list) else key))
    assert "jws-json-serialization" in outcome.errors


def test_detached_content_is_refused() -> None:
    example = load("jose-cookbook", "jws", "4_5.signature_with_detached_content.json")
    outcome = look_at(example["output"]["compact"], client_with(example["input"]["key"]))
    assert "jws-empty-segment" in outcome.errors


def test_an_unencoded_payload_is_refused_though_its_signature_may_verify() -> None:
    example = load("jose-cookbook", "rfc7797", "hmac-sha2_b64_false.json")
    client = client_with(example["input"]["key"])
    compact = look_at(example["output"]["compact"], client)
    assert compact.errors >= {"b64-false", "crit-unknown", "jws-b64-alphabet"}
    for form in ("json", "json_flat"):
        assert "jws-json-serialization" in look_at(example["output"][form], client).errors
    dotted = load("jose-cookbook", "rfc7797", "4.2.hmac-sha2_b64_false.json")["signing"]
    assert "jws-part-count" in look_at(f"{dotted['sig-input']}.{dotted['sig']}", client).errors
