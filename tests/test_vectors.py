"""Published test vectors against `crypto`, `jwk` and `base64url`: Wycheproof, RFC 7515, RFC 7520, RFC 8037.

The vectors are other people's data and not in this repository: ``JWTAUTH_VECTORS`` names the folder that holds them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_jwtauth import base64url, crypto
from pytest_jwtauth.jwa import ALGORITHMS
from pytest_jwtauth.jwk import Jwk, candidates, declares_other_alg, read_jwk, read_jwk_set, suits

FOLDER = os.environ.get("JWTAUTH_VECTORS", "")

pytestmark = [
    pytest.mark.vectors,
    pytest.mark.skipif(not FOLDER, reason="JWTAUTH_VECTORS names no folder with test vectors"),
]


def load(*path: str) -> Any:
    return json.loads(Path(FOLDER, *path).read_text(encoding="utf-8"))


def groups(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = load("wycheproof", f"{name}_test.json")["testGroups"]
    return found


def disagreements(rows: Iterator[tuple[dict[str, Any], bool]]) -> list[str]:
    """Cases whose published result is not ours; «acceptable» leaves the choice."""
    return [
        f"{test['tcId']} is {test['result']}: {test['comment']}"
        for test, verified in rows
        if test["result"] != "acceptable" and verified != (test["result"] == "valid")
    ]


def sound(jwk: dict[str, Any]) -> Jwk:
    key = read_jwk(jwk)
    assert key.faults == ()
    return key


def key_of(group: dict[str, Any]) -> Jwk:
    """The group's key: its JWK where it has one, and else, and always the same, the one in its PEM."""
    from_pem = sound(crypto.jwk_from_pem(group["publicKeyPem"]))
    assert crypto.public_key_der(from_pem).hex() == group["publicKeyDer"]
    jwk = group.get("publicKeyJwk") or group.get("keyJwk")
    if jwk is not None:
        assert sound(jwk).public_members == from_pem.public_members
    return from_pem


@pytest.mark.parametrize(
    ("name", "alg", "count"),
    [
        ("ecdsa_secp256r1_sha256_p1363", "ES256", 262),
        ("ecdsa_secp384r1_sha384_p1363", "ES384", 280),
        ("ecdsa_secp521r1_sha512_p1363", "ES512", 318),
        ("ed25519", "Ed25519", 151),
        ("ed25519", "EdDSA", 151),
        ("ed448", "Ed448", 87),
        ("ed448", "EdDSA", 87),
        ("rsa_signature_2048_sha256", "RS256", 259),
        ("rsa_signature_2048_sha384", "RS384", 258),
        ("rsa_signature_2048_sha512", "RS512", 259),
        ("rsa_pss_2048_sha256_mgf1_32", "PS256", 108),
        ("rsa_pss_2048_sha384_mgf1_48", "PS384", 141),
        ("rsa_pss_4096_sha512_mgf1_64", "PS512", 179),
    ],
)
def test_wycheproof_signatures_are_judged_as_published(name: str, alg: str, count: int) -> None:
    def rows() -> Iterator[tuple[dict[str, Any], bool]]:
        for group in groups(name):
            key = key_of(group)
            for test in group["tests"]:
                message, signature = bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"])
                yield test, crypto.verify(alg, key, message, signature)

    judged = list(rows())
    assert disagreements(iter(judged)) == []
    assert len(judged) == count


@pytest.mark.parametrize(
    ("name", "alg"),
    [
        ("ecdsa_secp256r1_sha256_p1363", "ES256"),
        ("ecdsa_secp384r1_sha384_p1363", "ES384"),
        ("ecdsa_secp521r1_sha512_p1363", "ES512"),
    ],
)
def test_no_valid_ecdsa_signature_is_called_out_of_range(name: str, alg: str) -> None:
    faults = set()
    for group in groups(name):
        for test in group["tests"]:
            fault = crypto.ecdsa_range_fault(alg, bytes.fromhex(test["sig"]))
            assert fault is None or test["result"] == "invalid"
            faults.add(fault)
    assert {"r is 0", "s is 0", "r is 0 and s is 0"} < faults


@pytest.mark.parametrize("bits", [256, 384, 512])
def test_wycheproof_macs_are_judged_as_published_and_truncated_ones_refused(bits: int) -> None:
    whole = []
    for group in groups(f"hmac_sha{bits}"):
        for test in group["tests"]:
            key, message, tag = (bytes.fromhex(test[name]) for name in ("key", "msg", "tag"))
            verified = crypto.verify(f"HS{bits}", key, message, tag)
            if group["tagSize"] == bits:
                whole.append((test, verified))
            else:  # valid as a truncated MAC (RFC 2104 §5), which JWS has not (RFC 7518 §3.2)
                assert not verified
    assert disagreements(iter(whole)) == []
    assert len([test for test, _ in whole if len(test["key"]) >= bits // 4]) == 84


NOT_FOUND_BY_KEYS_ALONE = {
    1: "«ambiguous»: a set of a secret and of a public key, whose keys cannot be confused here as kty decides",
    4: "«ambiguous»: two secrets of one kid, of which one verifies (FAPI 2.0 §5.4.3 allows that)",
    7: "the modulus has the ROCA weakness, which takes a fingerprint test to see",
    8: "RSA of 1024 bits: rule rsa-key-too-short",
    10: "a short secret: rule hmac-key-too-short",
    11: "a short secret: rule hmac-key-too-short",
    12: "a short secret: rule hmac-key-too-short",
}


def test_wycheproof_keys_are_judged_as_published() -> None:
    def rows() -> Iterator[tuple[dict[str, Any], bool]]:
        for group in groups("json_web_key"):
            keys = read_jwk_set(group.get("public") or group["private"])
            for test in group["tests"]:
                if test["tcId"] not in NOT_FOUND_BY_KEYS_ALONE:
                    yield test, verifies(test["jws"], keys)

    judged = list(rows())
    assert disagreements(iter(judged)) == []
    assert len(judged) == 26 - len(NOT_FOUND_BY_KEYS_ALONE)


def test_what_keys_alone_do_not_show_is_visible_to_rules() -> None:
    by_id = {
        test["tcId"]: read_jwk_set(group.get("public") or group["private"])
        for group in groups("json_web_key")
        for test in group["tests"]
    }
    assert [key.kty for key in by_id[1]] == ["oct", "EC"]
    assert len({key.kid for key in by_id[4]}) < len(by_id[4])
    assert by_id[8][0].rsa_bits == 1024
    assert by_id[9][0].rsa_exponent == 1
    assert [len(by_id[case][0].octets("k")) for case in (10, 11, 12)] == [31, 47, 63]


def verifies(jws: str, keys: tuple[Jwk, ...]) -> bool:
    signing_input, _, signature = jws.rpartition(".")
    header = json.loads(base64url.decode(signing_input.partition(".")[0]))
    algorithm = ALGORITHMS[header["alg"]]
    return any(
        suits(key, algorithm) is None
        and not declares_other_alg(key, algorithm.name)
        and crypto.verify(algorithm.name, key, signing_input.encode("ascii"), base64url.decode(signature))
        for key in candidates(keys, header.get("kid"), algorithm)
    )


def test_the_examples_of_rfc_7515_and_rfc_8037_verify() -> None:
    vectors = [vector for vector in load("rfc", "rfc7515_appendix_a_and_rfc8037.json")["vectors"] if vector["jwk"]]
    assert {vector["alg"] for vector in vectors} == {"HS256", "RS256", "ES256", "ES512", "EdDSA"}
    for vector in vectors:
        key = sound(vector["jwk"])
        assert verifies(vector["jws"], (key,)), vector["id"]
        assert not verifies(vector["jws"].replace(".", ".A", 1), (key,)), vector["id"]


COOKBOOK = [
    ("jws", "4_1.rsa_v15_signature.json"),
    ("jws", "4_2.rsa-pss_signature.json"),
    ("jws", "4_3.ecdsa_signature.json"),
    ("jws", "4_4.hmac-sha2_integrity_protection.json"),
    ("curve25519", "jws.json"),
]


@pytest.mark.parametrize("path", COOKBOOK, ids=[name for _, name in COOKBOOK])
def test_the_examples_of_rfc_7520_verify_and_are_made_again(path: tuple[str, str]) -> None:
    example = load("jose-cookbook", *path)
    key, alg = sound(example["input"]["key"]), example["input"]["alg"]
    assert verifies(example["output"]["compact"], (key,))
    signing_input, signature = example["signing"]["sig-input"].encode(), example["signing"]["sig"]
    made = crypto.sign(alg, key, signing_input)
    assert crypto.verify(alg, key, signing_input, made)
    if ALGORITHMS[alg].family not in {"ECDSA", "RSASSA-PSS"}:  # these two draw random numbers
        assert base64url.encode(made) == signature


def test_the_keys_of_rfc_7520_are_read_without_fault_and_their_halves_belong_together() -> None:
    keys = {
        path.name: sound(load("jose-cookbook", "jwk", path.name))
        for path in Path(FOLDER, "jose-cookbook", "jwk").iterdir()
    }
    assert len(keys) == 6
    for public, private in [
        ("3_1.ec_public_key.json", "3_2.ec_private_key.json"),
        ("3_3.rsa_public_key.json", "3_4.rsa_private_key.json"),
    ]:
        assert keys[private].is_private
        assert keys[private].public() == keys[public].as_dict()
        assert crypto.public_key_pem(
            crypto.jwk_from_pem(crypto.private_key_pem(keys[private]))
        ) == crypto.public_key_pem(keys[public])
