"""JWK and JWK Set: reading, faults, and the choice of a key. Keys are those of RFC 7517 appendix A and RFC 8037 A."""

from __future__ import annotations

import copy
import pickle
from types import MappingProxyType
from typing import Any

import pytest

from pytest_jwtauth import base64url
from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.jwa import ALGORITHMS
from pytest_jwtauth.jwk import (
    CURVES,
    Jwk,
    candidates,
    declares_other_alg,
    kind_mismatch,
    read_jwk,
    read_jwk_set,
    suits,
)

N = (
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknj"
    "hMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQ"
    "vRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzK"
    "nqDKgw"
)
RSA = {"kty": "RSA", "n": N, "e": "AQAB"}
EC = {
    "kty": "EC",
    "crv": "P-256",
    "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
}
EC_PRIVATE = {**EC, "d": "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"}
OKP = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
OCT = {"kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}


def without(jwk: dict[str, Any], name: str) -> dict[str, Any]:
    return {member: value for member, value in jwk.items() if member != name}


# Reading


def test_a_key_is_read_with_all_that_signatures_need() -> None:
    read = read_jwk({**EC_PRIVATE, "kid": "1", "alg": "ES256", "use": "sig", "key_ops": ["sign"], "ext": True})
    assert (
        read.kid,
        read.kty,
        read.crv,
        read.alg,
        read.use,
        read.key_ops,
    ) == ("1", "EC", "P-256", "ES256", "sig", ("sign",))
    assert {"x": EC["x"], "y": EC["y"], "d": EC_PRIVATE["d"]} == dict(read.members)
    assert read.faults == ()
    assert read.rsa_bits is None
    assert read.rsa_exponent is None


def test_rsa_size_and_exponent_are_visible() -> None:
    read = read_jwk(RSA)
    assert (read.rsa_bits, read.rsa_exponent) == (2048, 65537)
    assert read.faults == ()


def test_a_short_or_odd_rsa_key_is_no_fault_of_the_jwk() -> None:
    read = read_jwk({"kty": "RSA", "n": "xw", "e": "AQ"})
    assert (read.rsa_bits, read.rsa_exponent, read.faults) == (8, 1, ())


def test_numbers_of_other_key_types_are_not_taken_for_rsa() -> None:
    read = read_jwk({**EC, "n": N, "e": "AQAB"})
    assert (read.rsa_bits, read.rsa_exponent) == (None, None)


@pytest.mark.parametrize(
    "obj", [EC, {"keys": [EC]}, {"keys": (EC,)}, MappingProxyType(EC), MappingProxyType({"keys": [EC]})]
)
def test_a_set_and_a_bare_key_are_both_read(obj: Any) -> None:
    assert (read_jwk(EC),) == read_jwk_set(obj)


def test_a_set_keeps_its_order_and_its_duplicates() -> None:
    assert [
        key.kid for key in read_jwk_set({"keys": [{**EC, "kid": "b"}, {**RSA, "kid": "a"}, {**OKP, "kid": "b"}]})
    ] == ["b", "a", "b"]


@pytest.mark.parametrize(
    ("obj", "complaint"),
    [
        ("text", "got str"),
        ([EC], "got list"),
        (None, "got NoneType"),
        ({}, "a mapping with neither"),
        ({"keys": "text"}, "got str"),
        ({"keys": {"kid": EC}}, "got dict"),
        ({"keys": [EC, "text"]}, "got str"),
        ({"keys": [{"x": "AA"}]}, "got one without"),
    ],
)
def test_what_is_no_jwk_set_is_refused_with_what_was_expected(obj: Any, complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint) as refusal:
        read_jwk_set(obj)
    assert "RFC 7517" in str(refusal.value)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"kty": 1}, "kty of a JWK is a string .* got int"),
        ({"kty": None}, "kty of a JWK is a string .* got NoneType"),
        ({"kid": 16}, "kid of a JWK is a string .* got int"),
        ({"alg": ["ES256"]}, "alg of a JWK is a string .* got list"),
        ({"use": True}, "use of a JWK is a string .* got bool"),
        ({"crv": 256}, "crv of a JWK is a string .* got int"),
        ({"x": b"AA"}, "x of a JWK is a string .* got bytes"),
        ({"d": None}, "d of a JWK is a string .* got NoneType"),
        ({"key_ops": "verify"}, "key_ops of a JWK is a list of strings"),
        ({"key_ops": ["verify", 1]}, "key_ops of a JWK is a list of strings"),
    ],
)
def test_a_member_of_the_wrong_json_type_makes_it_no_jwk(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        read_jwk({**EC, **change})


# Faults


@pytest.mark.parametrize(
    ("jwk", "fault"),
    [
        ({**EC, "kty": "ec"}, "kty 'ec' is unknown; known: RSA, EC, OKP, oct"),
        (without(RSA, "n"), "n is missing"),
        (without(RSA, "e"), "e is missing"),
        (without(EC, "x"), "x is missing"),
        (without(EC, "y"), "y is missing"),
        (without(OKP, "x"), "x is missing"),
        (without(OCT, "k"), "k is missing"),
        (without(EC, "crv"), "crv is missing"),
        (without(OKP, "crv"), "crv is missing"),
        ({**EC, "crv": "P-192"}, "crv 'P-192' is no curve for signatures of kty EC"),
        ({**OKP, "crv": "X25519"}, "crv 'X25519' is no curve for signatures of kty OKP; known: Ed25519, Ed448"),
        ({**RSA, "e": "AQAB="}, "e is padded with '='"),
        ({**RSA, "n": N.replace("_", "/")}, "n has a character foreign to base64url"),
        ({**RSA, "e": "AQABA"}, "e has a length that no octets give"),
        ({**RSA, "n": ""}, "n is empty"),
        ({**OCT, "k": ""}, "k is empty"),
        ({**EC, "x": ""}, "x is empty"),
        ({**RSA, "e": "AAEAAQ"}, "e starts with a zero octet"),
        ({**EC, "x": base64url.encode(bytes(31))}, "length of x is 31, P-256 needs 32 octets"),
        ({**EC, "crv": "P-384"}, "length of y is 32, P-384 needs 48 octets"),
        ({**OKP, "crv": "Ed448"}, "length of x is 32, Ed448 needs 57 octets"),
        ({**EC, "y": EC["x"]}, "x and y are no point of P-256"),
        ({**EC, "crv": "secp256k1"}, "x and y are no point of secp256k1"),
        ({**EC, "x": "_" * 42 + "8"}, "x and y are no point of P-256"),
        ({**EC, "d": "AQ"}, "length of d is 1, P-256 needs 32 octets"),
        ({**EC, "d": EC_PRIVATE["d"] + "="}, "d is padded with '='"),
    ],
)
def test_a_fault_is_named(jwk: dict[str, Any], fault: str) -> None:
    assert any(fault in found for found in read_jwk(jwk).faults), read_jwk(jwk).faults


def test_all_faults_are_named_at_once() -> None:
    assert read_jwk({"kty": "RSA", "e": ""}).faults == ("e is empty", "n is missing")


def test_a_fault_in_a_private_member_does_not_taint_the_public_key() -> None:
    read = read_jwk({**EC, "d": "="})
    assert read.faults == ("d is padded with '='",)
    assert read_jwk(read.public()).faults == ()


@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES.keys())
def test_a_coordinate_at_or_above_the_modulus_is_no_point(curve: Any) -> None:
    # The curve has a point with x = 0 where b is a square: then x = p would pass a check that reduces first.
    root = pow(curve.b, (curve.p + 1) // 4, curve.p)
    if root * root % curve.p == curve.b:
        assert curve.has_point(0, root)
        assert not curve.has_point(curve.p, root)
        assert not curve.has_point(0, root + curve.p)
    assert not curve.has_point(0, 0)


# Private and public


@pytest.mark.parametrize(
    ("jwk", "private"),
    [(RSA, False), (EC, False), (OKP, False), (EC_PRIVATE, True), (OCT, True), ({**RSA, "p": "AQ"}, True)],
)
def test_a_key_knows_whether_it_is_private(jwk: dict[str, Any], private: bool) -> None:
    assert private is read_jwk(jwk).is_private


def test_the_public_key_has_all_but_the_private_members() -> None:
    full = {**EC_PRIVATE, "kid": "1", "alg": "ES256", "use": "sig"}
    assert read_jwk(full).public() == {**EC, "kid": "1", "alg": "ES256", "use": "sig"}
    assert read_jwk(OCT).public() == {"kty": "oct"}
    secret = dict.fromkeys(("d", "p", "q", "dp", "dq", "qi", "k"), "AQ")
    assert read_jwk({**RSA, **secret}).public() == RSA


@pytest.mark.parametrize(
    ("private", "public"),
    [(["sign"], ["verify"]), (["verify", "sign"], ["verify"]), (["decrypt"], ["decrypt"]), ([], [])],
)
def test_the_public_half_of_a_key_that_signs_verifies(private: list[str], public: list[str]) -> None:
    assert public == read_jwk({**EC_PRIVATE, "key_ops": private}).public()["key_ops"]


def test_key_ops_of_a_public_key_stay_as_they_are() -> None:
    assert read_jwk({**EC, "key_ops": ["sign"]}).public()["key_ops"] == ["sign"]


def test_a_private_key_shows_nothing_private() -> None:
    shown = repr(read_jwk({**EC_PRIVATE, "kid": "k1", "alg": "ES256"}))
    assert shown == "<Jwk kty='EC' crv='P-256' kid='k1' alg='ES256'>"
    assert repr(read_jwk(OCT)) == "<Jwk kty='oct'>"


def test_keys_are_equal_by_value_and_survive_pickling_and_copying() -> None:
    full = {**EC_PRIVATE, "kid": "1", "key_ops": ["sign"]}
    key = read_jwk(full)
    for twin in (read_jwk(full), pickle.loads(pickle.dumps(key)), copy.copy(key), copy.deepcopy(key)):
        assert key == twin
        assert hash(key) == hash(twin)
    assert key != read_jwk({**full, "kid": "2"})
    assert key != read_jwk({**full, "d": EC["x"]})
    assert key != full


def test_a_key_cannot_be_changed() -> None:
    members = {"n": N, "e": "AQAB"}
    key = Jwk(kid=None, kty="RSA", crv=None, alg=None, use=None, key_ops=None, members=members)
    members["e"] = "Aw"
    assert key.members["e"] == "AQAB"
    with pytest.raises(TypeError):
        key.members["e"] = "Aw"  # type: ignore[index]
    with pytest.raises(AttributeError):
        key.kid = "1"  # type: ignore[misc]


def test_octets_and_numbers_of_members_are_decoded() -> None:
    key = read_jwk(RSA)
    assert key.octets("e") == b"\x01\x00\x01"
    assert key.integer("e") == 65537


# Which key for which algorithm


@pytest.mark.parametrize(
    ("jwk", "alg", "reason"),
    [
        (RSA, "RS256", None),
        (RSA, "PS512", None),
        (EC, "ES256", None),
        (OKP, "EdDSA", None),
        (OKP, "Ed25519", None),
        (OCT, "HS512", None),
        (RSA, "ES256", "kty is RSA, ES256 needs EC"),
        (EC, "RS256", "kty is EC, RS256 needs RSA"),
        (RSA, "HS256", "kty is RSA, HS256 needs oct"),
        (EC, "ES384", "crv is P-256, ES384 needs P-384"),
        (EC, "ES256K", "crv is P-256, ES256K needs secp256k1"),
        (OKP, "Ed448", "crv is Ed25519, Ed448 needs Ed448"),
        ({**OKP, "crv": "X25519"}, "EdDSA", "crv is X25519, EdDSA needs Ed25519 or Ed448"),
        ({**EC, "use": "sig"}, "ES256", None),
        ({**EC, "use": "enc"}, "ES256", "use is enc"),
        ({**EC, "key_ops": ["verify"]}, "ES256", None),
        ({**EC, "key_ops": ["deriveKey", "verify"]}, "ES256", None),
        ({**EC, "key_ops": []}, "ES256", "key_ops lacks verify"),
        ({**EC, "key_ops": ["sign"]}, "ES256", "key_ops lacks verify"),
        ({**EC_PRIVATE, "key_ops": ["sign"]}, "ES256", None),
        ({**EC_PRIVATE, "key_ops": ["encrypt"]}, "ES256", "key_ops lacks verify"),
        ({**EC, "alg": "RS256"}, "ES256", None),
    ],
)
def test_a_key_suits_an_algorithm_or_says_why_not(jwk: dict[str, Any], alg: str, reason: str | None) -> None:
    assert reason == suits(read_jwk(jwk), ALGORITHMS[alg])


def test_the_kind_of_a_key_is_a_question_apart_from_its_use() -> None:
    assert kind_mismatch(read_jwk({**EC, "use": "enc", "key_ops": []}), ALGORITHMS["ES256"]) is None


@pytest.mark.parametrize(
    ("jwk", "alg", "other"),
    [
        (EC, "ES256", False),
        ({**EC, "alg": "ES256"}, "ES256", False),
        ({**RSA, "alg": "RS256"}, "PS256", True),
        ({**RSA, "alg": "RSA-OAEP"}, "RS256", True),
        ({**OKP, "alg": "EdDSA"}, "Ed25519", False),
        ({**OKP, "alg": "Ed25519"}, "EdDSA", False),
        ({**OKP, "alg": "Ed448"}, "EdDSA", True),
        ({**OKP, "alg": "Ed25519"}, "Ed448", True),
        ({**OKP, "crv": "Ed448", "alg": "EdDSA"}, "Ed448", False),
        ({**OKP, "crv": "Ed448", "alg": "EdDSA"}, "Ed25519", True),
        ({**EC, "alg": "EdDSA"}, "P-256", True),
        ({**RSA, "alg": "rs256"}, "RS256", True),
    ],
)
def test_the_alg_of_a_key_excludes_every_other(jwk: dict[str, Any], alg: str, other: bool) -> None:
    assert other is declares_other_alg(read_jwk(jwk), alg)


@pytest.mark.parametrize(
    ("kid", "alg", "chosen"),
    [
        ("rsa", "RS256", [0]),
        ("ec", "ES256", [1]),
        (None, "ES256", [1, 3]),
        (None, "RS256", [0, 2, 5]),
        (None, "ES384", []),
        ("unknown", "ES256", [1, 3]),
        ("RSA", "RS256", [0, 2, 5]),
        (16, "RS256", [0, 2, 5]),
        ("rsa", "ES256", [0]),
        ("enc", "RS256", [4]),
        ("twin", "RS256", [2, 5]),
        ("twin", "ES256", [3]),
        ("twin", "PS256", [2]),
        ("twin", "EdDSA", [2, 3, 5]),
    ],
)
def test_keys_are_chosen_by_kid_and_by_what_suits(kid: object, alg: str, chosen: list[int]) -> None:
    keys = read_jwk_set(
        {
            "keys": [
                {**RSA, "kid": "rsa"},
                {**EC, "kid": "ec"},
                {**RSA, "kid": "twin"},
                {**EC, "kid": "twin"},
                {**RSA, "kid": "enc", "use": "enc"},
                {**RSA, "kid": "twin", "alg": "RS256"},
            ]
        }
    )
    assert chosen == [keys.index(key) for key in candidates(keys, kid, ALGORITHMS[alg])]


def test_a_kid_that_is_none_names_no_key() -> None:
    keys = read_jwk_set({"keys": [EC, {**EC, "kid": "1"}]})
    assert keys == candidates(keys, None, ALGORITHMS["ES256"])


def test_the_alg_of_twins_decides_only_if_it_leaves_one() -> None:
    keys = read_jwk_set({"keys": [{**RSA, "kid": "1", "alg": "RS256"}, {**RSA, "kid": "1", "alg": "RS384"}]})
    assert keys[1:] == candidates(keys, "1", ALGORITHMS["RS384"])
    assert keys == candidates(keys, "1", ALGORITHMS["PS256"])
