"""Signing and verifying, keys in and out of PEM, and the oddities of ECDSA signatures."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from pytest_jwtauth import base64url, crypto
from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.jwa import ALGORITHMS, ASYMMETRIC_ALGORITHMS, HMAC_ALGORITHMS
from pytest_jwtauth.jwk import CURVES, Jwk, read_jwk

ECDSA = ("ES256", "ES384", "ES512", "ES256K")
INPUT = b"eyJhbGciOiJub25lIn0.e30"
SECRET = b"0123456789abcdef" * 4

_keys: dict[str, Jwk] = {}


def key_for(alg: str) -> Jwk:
    """One private key per key type and curve, for RSA keys are slow to make."""
    algorithm = ALGORITHMS[alg]
    kind = str(algorithm.curves[:1] or algorithm.kty)
    if kind not in _keys:
        _keys[kind] = read_jwk(crypto.generate_jwk(alg, kid=kind))
    return _keys[kind]


def public(key: Jwk) -> Jwk:
    return read_jwk(key.public())


def key_without(key: Jwk, *names: str, **changes: str) -> Jwk:
    jwk = {name: value for name, value in key.as_dict().items() if name not in names}
    return read_jwk({**jwk, **changes})


@pytest.fixture
def empty_caches() -> Iterator[None]:
    crypto._public_key.cache_clear()
    crypto._private_key.cache_clear()
    yield
    crypto._public_key.cache_clear()
    crypto._private_key.cache_clear()


# Sign and verify


@pytest.mark.parametrize("alg", sorted(ASYMMETRIC_ALGORITHMS))
def test_what_a_private_key_signs_its_public_key_verifies(alg: str) -> None:
    key = key_for(alg)
    signature = crypto.sign(alg, key, INPUT)
    assert len(signature) == crypto.signature_octets(alg, key)
    assert crypto.verify(alg, public(key), INPUT, signature)
    assert crypto.verify(alg, key, INPUT, signature)
    assert not crypto.verify(alg, public(key), INPUT + b"A", signature)
    flipped = signature[:-1] + bytes((signature[-1] ^ 1,))
    assert not crypto.verify(alg, public(key), INPUT, flipped)


@pytest.mark.parametrize("alg", sorted(HMAC_ALGORITHMS))
@pytest.mark.parametrize("key", [SECRET, b"", b"k", read_jwk({"kty": "oct", "k": base64url.encode(SECRET)})])
def test_a_mac_verifies_with_its_secret_alone(alg: str, key: bytes | Jwk) -> None:
    mac = crypto.sign(alg, key, INPUT)
    assert ALGORITHMS[alg].octets == len(mac)
    assert crypto.verify(alg, key, INPUT, mac)
    assert not crypto.verify(alg, b"another", INPUT, mac)
    assert not crypto.verify(alg, key, INPUT[:-1], mac)
    assert not crypto.verify(alg, key, INPUT, mac[:-1])
    assert not crypto.verify(alg, key, INPUT, mac + b"\0")


def test_the_secret_octets_are_the_key() -> None:
    jwk = read_jwk({"kty": "oct", "k": base64url.encode(SECRET)})
    assert crypto.sign("HS256", SECRET, INPUT) == crypto.sign("HS256", jwk, INPUT)


def test_ed25519_and_eddsa_are_one_signature() -> None:
    key = key_for("Ed25519")
    assert crypto.sign("Ed25519", key, INPUT) == crypto.sign("EdDSA", key, INPUT)
    ed448_key = key_for("Ed448")
    assert crypto.verify("EdDSA", ed448_key, INPUT, crypto.sign("Ed448", ed448_key, INPUT))


def test_a_key_may_be_misused_for_signing_but_not_for_another_scheme() -> None:
    key = key_without(key_for("ES256"), use="enc", alg="ES384", kid="1")
    assert crypto.verify("ES256", key, INPUT, crypto.sign("ES256", key, INPUT))
    with pytest.raises(ConfigurationError, match="kty is EC, RS256 needs RSA"):
        crypto.sign("RS256", key, INPUT)
    with pytest.raises(ConfigurationError, match="crv is P-256, ES384 needs P-384"):
        crypto.sign("ES384", key, INPUT)


@pytest.mark.parametrize("alg", ["none", "hs256", "ES521", ""])
def test_an_unknown_algorithm_signs_and_verifies_nothing(alg: str) -> None:
    with pytest.raises(ConfigurationError, match=r"unknown alg .* Known: .*ES256"):
        crypto.sign(alg, SECRET, INPUT)
    assert not crypto.verify(alg, SECRET, INPUT, b"")


def test_keys_that_cannot_sign_are_refused_without_being_shown() -> None:
    cases: list[tuple[str, bytes | Jwk, str]] = [
        ("HS256", key_for("ES256"), "HS256 needs the octets of a secret"),
        ("HS256", read_jwk({"kty": "oct"}), "HS256 needs the octets of a secret"),
        ("ES256", SECRET, "ES256 needs a private JWK of kty EC, not a secret"),
        ("ES256", public(key_for("ES256")), "no usable private key: d is missing"),
        ("RS256", public(key_for("RS256")), "no usable private key: d is missing"),
        ("ES256", key_without(key_for("ES256"), "y"), "no usable private key: y is missing"),
        ("ES256", key_without(key_for("ES256"), d=read_jwk(crypto.generate_jwk("ES256")).members["d"]), "belong"),
        ("EdDSA", key_without(key_for("EdDSA"), d=base64url.encode(bytes(32))), "belong"),
        ("RS256", key_without(key_for("RS256"), d="AQAB"), "belong"),
        ("RS256", key_without(key_for("RS256"), "p", d="AQAB"), "belong"),
        ("RS256", key_without(key_for("RS256"), e="AQ"), "belong"),
    ]
    for alg, key, complaint in cases:
        with pytest.raises(ConfigurationError, match=complaint) as refusal:
            crypto.sign(alg, key, INPUT)
        values = key.members.values() if isinstance(key, Jwk) else [SECRET.decode()]
        assert not any(value in str(refusal.value) for value in values if len(value) > 4)


def test_an_rsa_key_is_refused_where_hash_and_salt_do_not_fit_into_it() -> None:
    key = read_jwk(crypto.generate_jwk("PS512", rsa_bits=1024))
    with pytest.raises(ConfigurationError, match="this key of 1024 bits is too short for PS512"):
        crypto.sign("PS512", key, INPUT)
    assert not crypto.verify("PS512", key, INPUT, bytes(128))
    assert crypto.verify("RS512", key, INPUT, crypto.sign("RS512", key, INPUT))


@pytest.mark.parametrize(
    "members",
    [
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "P-256"},
        {"kty": "EC"},
        {"kty": "RSA", "n": "AQ", "e": "AQ"},
        {"kty": "RSA", "n": "_" * 100, "e": "Aw"},
        {"kty": "RSA", "n": "_" * 344, "e": "Ag"},
        {"kty": "RSA", "n": "_" * 344, "e": "_" * 344},
        {"kty": "RSA", "n": "_" * 40000, "e": "_" * 40000},
        {"kty": "RSA", "n": "_" * 344, "e": "AQ"},
        {"kty": "OKP", "crv": "Ed25519", "x": "_" * 42 + "8"},
        {"kty": "OKP", "crv": "Ed448", "x": "_" * 76},
        {"kty": "OKP", "crv": "X25519", "x": "A" * 43},
        {"kty": "oct", "k": ""},
        {"kty": "oct", "k": "A"},
        {"kty": "oct"},
        {"kty": "AKP"},
    ],
    ids=str,
)
def test_a_key_that_cannot_be_used_verifies_nothing_and_never_raises(members: dict[str, str]) -> None:
    key = read_jwk(members)
    for alg in ALGORITHMS:
        for length in {0, 1, 32, 64, 114, 128, 256, crypto.signature_octets(alg, key) or 0}:
            assert not crypto.verify(alg, key, INPUT, b"\x01" * length)
            assert not crypto.verify(alg, key, b"", bytes(length))


@pytest.mark.parametrize("alg", sorted(ASYMMETRIC_ALGORITHMS))
def test_a_signature_of_any_other_octets_verifies_false(alg: str) -> None:
    key = public(key_for(alg))
    size = crypto.signature_octets(alg, key) or 0
    for octets in (
        b"",
        b"\x30",
        *(fill * count for fill in (b"\0", b"\x01", b"\xff") for count in (size - 1, size, size + 1)),
    ):
        assert not crypto.verify(alg, key, INPUT, octets)
    assert not crypto.verify(alg, SECRET, INPUT, bytes(size))


@pytest.mark.parametrize("alg", [*ECDSA, "RS256", "PS256", "EdDSA"])
def test_a_signature_with_octets_before_or_after_it_is_not_one(alg: str) -> None:
    key = key_for(alg)
    signature = crypto.sign(alg, key, INPUT)
    assert not crypto.verify(alg, key, INPUT, b"\0" + signature)
    assert not crypto.verify(alg, key, INPUT, signature + b"\0")


@pytest.mark.parametrize(
    ("alg", "members", "octets"),
    [
        ("HS384", {"kty": "oct", "k": "AA"}, 48),
        ("ES512", {"kty": "EC"}, 132),
        ("RS256", {"kty": "RSA", "n": "_" * 342 + "8", "e": "AQAB"}, 257),
        ("PS256", {"kty": "RSA", "n": "AQ", "e": "AQAB"}, 1),
        ("RS256", {"kty": "RSA"}, None),
        ("EdDSA", {"kty": "OKP", "crv": "Ed25519"}, 64),
        ("EdDSA", {"kty": "OKP", "crv": "Ed448"}, 114),
        ("EdDSA", {"kty": "OKP"}, None),
        ("Ed448", {"kty": "OKP"}, 114),
    ],
)
def test_algorithm_and_key_fix_the_length_of_a_signature(alg: str, members: dict[str, str], octets: int | None) -> None:
    assert octets == crypto.signature_octets(alg, read_jwk(members))


def test_a_salt_of_another_length_than_the_hash_is_refused() -> None:
    key = key_for("PS256")
    loaded: Any = serialization.load_pem_private_key(crypto.private_key_pem(key).encode(), None)
    from cryptography.hazmat.primitives.asymmetric import padding  # the name `padding` is no room's here

    pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=20)
    assert not crypto.verify("PS256", key, INPUT, loaded.sign(INPUT, pss, hashes.SHA256()))


# ECDSA: range, raw and DER


@pytest.mark.parametrize("alg", ECDSA)
def test_r_and_s_outside_their_range_are_named(alg: str) -> None:
    curve = CURVES[ALGORITHMS[alg].curves[0]]
    name = ALGORITHMS[alg].curves[0]
    rows = [
        (1, 1, None),
        (curve.order - 1, curve.order - 1, None),
        (0, 1, "r is 0"),
        (1, 0, "s is 0"),
        (0, 0, "r is 0 and s is 0"),
        (curve.order, 1, f"r is equal to the order of {name}"),
        (1, curve.order + 1, f"s is greater than the order of {name}"),
    ]
    for r, s, fault in rows:
        signature = r.to_bytes(curve.octets, "big") + s.to_bytes(curve.octets, "big")
        assert fault == crypto.ecdsa_range_fault(alg, signature)
        assert not crypto.verify(alg, key_for(alg), INPUT, signature)
    assert crypto.ecdsa_range_fault(alg, bytes(curve.octets * 2 - 1)) is None


def test_no_range_is_known_for_other_schemes() -> None:
    assert crypto.ecdsa_range_fault("EdDSA", bytes(64)) is None


@pytest.mark.parametrize("alg", ECDSA)
def test_the_order_is_the_curve_s_and_the_high_s_twin_verifies(alg: str) -> None:
    key, curve = key_for(alg), CURVES[ALGORITHMS[alg].curves[0]]
    signature = crypto.sign(alg, key, INPUT)
    s = int.from_bytes(signature[curve.octets :], "big")
    twin = signature[: curve.octets] + (curve.order - s).to_bytes(curve.octets, "big")
    assert crypto.verify(alg, key, INPUT, twin)


@pytest.mark.parametrize("alg", ECDSA)
def test_a_der_signature_becomes_the_raw_one(alg: str) -> None:
    key = key_for(alg)
    loaded: Any = serialization.load_pem_private_key(crypto.private_key_pem(key).encode(), None)
    digest = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}[ALGORITHMS[alg].hash]
    for _ in range(20):  # lengths of INTEGERs vary
        in_der = loaded.sign(INPUT, ec.ECDSA(digest))
        raw = crypto.raw_from_der(alg, in_der)
        assert raw is not None
        assert crypto.verify(alg, key, INPUT, raw)
        assert not crypto.verify(alg, key, INPUT, in_der)
        half = len(raw) // 2
        assert decode_dss_signature(in_der) == (int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))


@pytest.mark.parametrize(
    ("hexadecimal", "r_and_s"),
    [
        ("3006 020101 020102", (1, 2)),
        ("308106 020101 020102", (1, 2)),
        ("30820006 020101 020102", (1, 2)),
        ("3080 020101 020102 0000", (1, 2)),
        ("3007 02810101 020102", (1, 2)),
        ("3008 02020001 02020002", (1, 2)),
        ("3006 020100 020100", (0, 0)),
        ("3006 0201ff 0201ff", (255, 255)),
        ("3026 0221" + "00" + "ff" * 32 + "020101", (2**256 - 1, 1)),
        ("", None),
        ("30", None),
        ("3000", None),
        ("3006", None),
        ("3006 0201", None),
        ("3106 020101 020102", None),
        ("3006 030101 020102", None),
        ("3006 020101 030102", None),
        ("3003 020101", None),
        ("3005 020101 0200", None),
        ("3006 020101 02010200", None),
        ("3007 020101 020102 00", None),
        ("3005 020101 020102", None),
        ("3007 020101 020102", None),
        ("3006 020101 020202", None),
        ("3080 020101 020102", None),
        ("3080 020101 020102 00", None),
        ("3080 020101 020102 000000", None),
        ("3008 0280010000 020102", None),
        ("30ff 020101 020102", None),
        ("3080", None),
        ("30800000", None),
        ("3026 022101" + "ff" * 32 + "020101", None),
    ],
)
def test_der_and_its_lenient_forms_are_read_and_nothing_else(hexadecimal: str, r_and_s: tuple[int, int] | None) -> None:
    raw = None if r_and_s is None else b"".join(value.to_bytes(32, "big") for value in r_and_s)
    assert raw == crypto.raw_from_der("ES256", bytes.fromhex(hexadecimal))


def test_der_is_looked_for_in_ecdsa_signatures_only() -> None:
    assert crypto.raw_from_der("EdDSA", encode_dss_signature(1, 2)) is None


# Making keys


@pytest.mark.parametrize("alg", sorted(ASYMMETRIC_ALGORITHMS))
def test_a_generated_key_says_what_it_is_for(alg: str) -> None:
    jwk = crypto.generate_jwk(alg)
    key = read_jwk(jwk)
    assert (alg, "sig", crypto.thumbprint(jwk)) == (jwk["alg"], jwk["use"], jwk["kid"])
    assert key.is_private
    assert key.faults == ()
    assert ALGORITHMS[alg].kty == key.kty
    if key.kty == "RSA":
        assert (key.rsa_bits, key.rsa_exponent) == (2048, 65537)
    assert jwk != crypto.generate_jwk(alg)


def test_a_generated_key_takes_the_kid_and_the_size_asked_for() -> None:
    jwk = crypto.generate_jwk("RS256", kid="mine", rsa_bits=1024)
    assert (jwk["kid"], read_jwk(jwk).rsa_bits) == ("mine", 1024)
    assert crypto.generate_jwk("ES256", kid="")["kid"] == ""


@pytest.mark.parametrize(
    ("alg", "bits", "complaint"),
    [("HS256", 2048, "HS256 has no key pair .* EdDSA"), ("RS256", 8, "8 bits"), ("none", 2048, "unknown alg 'none'")],
)
def test_keys_that_cannot_be_made_are_refused(alg: str, bits: int, complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        crypto.generate_jwk(alg, rsa_bits=bits)


def test_the_thumbprint_is_that_of_the_rfcs() -> None:
    rfc_7638 = {
        "kty": "RSA",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiF"
        "V4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgd"
        "AZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur"
        "-kEgU8awapJzKnqDKgw",
        "e": "AQAB",
        "alg": "RS256",
        "kid": "2011-04-29",
    }
    rfc_8037 = {"crv": "Ed25519", "kty": "OKP", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    assert crypto.thumbprint(rfc_7638) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    assert crypto.thumbprint(rfc_8037) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_a_key_has_the_thumbprint_of_its_public_half() -> None:
    for alg in ("RS256", "ES256", "EdDSA"):
        assert crypto.thumbprint(key_for(alg).public()) == crypto.thumbprint(key_for(alg).as_dict())
    assert crypto.thumbprint({"kty": "oct", "k": "AA"}) != crypto.thumbprint({"kty": "oct", "k": "AQ"})


def test_there_is_no_thumbprint_of_a_key_with_a_lone_surrogate() -> None:
    with pytest.raises(ConfigurationError, match="a lone surrogate"):
        crypto.thumbprint({"kty": "OKP", "crv": "\ud800", "x": "AA"})


@pytest.mark.parametrize(
    "jwk", [{"kty": "RSA", "n": "AQ"}, {"kty": "oct"}, {"kty": "?"}, {"kty": "OKP", "x": "AA"}, {}]
)
def test_there_is_no_thumbprint_of_half_a_key(jwk: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError):
        crypto.thumbprint(jwk)


# PEM


@pytest.mark.parametrize("alg", ["RS256", *ECDSA, "Ed25519", "Ed448"])
def test_a_key_survives_pem_and_back(alg: str) -> None:
    key = key_for(alg)
    members = {name: value for name, value in key.as_dict().items() if name not in {"kid", "use", "alg"}}
    public_members = {name: value for name, value in key.public().items() if name not in {"kid", "use", "alg"}}
    for form in (key, key.as_dict()):
        assert members == crypto.jwk_from_pem(crypto.private_key_pem(form))
        assert public_members == crypto.jwk_from_pem(crypto.public_key_pem(form).encode())
    assert crypto.public_key_pem(key) == crypto.public_key_pem(key.public())


@pytest.mark.parametrize("alg", ["RS256", *ECDSA, "Ed25519", "Ed448"])
def test_our_public_key_der_is_that_of_the_library(alg: str) -> None:
    loaded: Any = serialization.load_pem_private_key(crypto.private_key_pem(key_for(alg)).encode(), None)
    for encoding, ours in (
        (serialization.Encoding.DER, crypto.public_key_der(key_for(alg))),
        (serialization.Encoding.PEM, crypto.public_key_pem(key_for(alg)).encode()),
    ):
        assert ours == loaded.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(("bits", "e"), [(512, 3), (1024, 65537), (4096, 65537)])
def test_public_key_der_of_rsa_is_that_of_the_library_at_any_size(bits: int, e: int) -> None:
    numbers = rsa.RSAPublicNumbers(e, 2**bits - 1 if bits != 1024 else 2**1023 + 1)
    jwk = {"kty": "RSA", "n": crypto._base64url_uint(numbers.n), "e": crypto._base64url_uint(e)}
    try:
        loaded = numbers.public_key()
    except ValueError:
        pytest.skip(f"this cryptography refuses RSA of {bits} bits")
    info = serialization.PublicFormat.SubjectPublicKeyInfo
    assert loaded.public_bytes(serialization.Encoding.DER, info) == crypto.public_key_der(jwk)


def test_a_key_that_the_library_refuses_still_has_a_pem() -> None:
    pem = crypto.public_key_pem({"kty": "RSA", "n": "xw", "e": "AQ"})
    assert pem == "-----BEGIN PUBLIC KEY-----\nMBswDQYJKoZIhvcNAQEBBQADCgAwBwICAMcCAQE=\n-----END PUBLIC KEY-----\n"


@pytest.mark.parametrize(
    ("jwk", "complaint"),
    [
        ({"kty": "oct", "k": "AA"}, "kty is oct"),
        ({"kty": "RSA", "e": "AQAB"}, "n is missing"),
        ({"kty": "?"}, "kty '\\?' is unknown"),
        ({}, "a JWK is a mapping"),
    ],
)
def test_what_is_no_public_key_has_no_pem(jwk: dict[str, str], complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        crypto.public_key_pem(jwk)
    with pytest.raises(ConfigurationError, match=complaint):
        crypto.public_key_der(jwk)
    with pytest.raises(ConfigurationError):
        crypto.private_key_pem(jwk)


@pytest.mark.parametrize("fmt", [serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL])
def test_private_keys_are_read_from_pkcs_8_and_from_the_older_formats(fmt: serialization.PrivateFormat) -> None:
    made = ec.generate_private_key(ec.SECP256R1())
    pem = made.private_bytes(serialization.Encoding.PEM, fmt, serialization.NoEncryption())
    jwk = read_jwk(crypto.jwk_from_pem(pem.decode()))
    assert made.private_numbers().private_value == jwk.integer("d")


def _unusable_pems() -> Iterator[tuple[str, str | bytes]]:
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    spki, plain = serialization.PublicFormat.SubjectPublicKeyInfo, serialization.NoEncryption()
    locked = serialization.BestAvailableEncryption(b"password")
    p256 = ec.generate_private_key(ec.SECP256R1())
    yield "text", "no PEM at all"
    yield "surrogate", "\udc80"
    yield "octets", b"\xff\xfe"
    yield "empty", b""
    yield "damaged", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
    yield "encrypted", p256.private_bytes(pem, pkcs8, locked)
    yield "X25519", x25519.X25519PrivateKey.generate().private_bytes(pem, pkcs8, plain)
    yield "X25519 public", x25519.X25519PrivateKey.generate().public_key().public_bytes(pem, spki)
    brainpool = b"MFowFAYHKoZIzj0CAQYJKyQDAwIIAQEHA0IABA==\n"
    yield "brainpool", b"-----BEGIN PUBLIC KEY-----\n" + brainpool + b"-----END PUBLIC KEY-----\n"
    try:
        yield "P-224", ec.generate_private_key(ec.SECP224R1()).private_bytes(pem, pkcs8, plain)
        yield "DSA", dsa.generate_private_key(1024).private_bytes(pem, pkcs8, plain)
    except (UnsupportedAlgorithm, ValueError):  # pragma: no cover
        return


@pytest.mark.parametrize(("kind", "pem"), [pytest.param(*row, id=row[0]) for row in _unusable_pems()])
def test_what_is_no_usable_pem_is_refused_with_what_was_expected(kind: str, pem: str | bytes) -> None:
    with pytest.raises(ConfigurationError, match="expected an unencrypted private key or a public key in PEM"):
        crypto.jwk_from_pem(pem)


# What it costs


@pytest.mark.usefixtures("empty_caches")
@pytest.mark.parametrize("alg", ["RS256", "ES256", "EdDSA"])
def test_a_second_signature_loads_no_key(alg: str) -> None:
    key = read_jwk(key_for(alg).as_dict())
    for _ in range(3):
        assert crypto.verify(alg, public(key), INPUT, crypto.sign(alg, key, INPUT))
    assert (crypto._public_key.cache_info().hits, crypto._public_key.cache_info().misses) == (2, 1)
    assert (crypto._private_key.cache_info().hits, crypto._private_key.cache_info().misses) == (2, 1)


@pytest.mark.usefixtures("empty_caches")
def test_loaded_keys_are_not_kept_without_bound() -> None:
    assert crypto._public_key.cache_info().maxsize is not None
    assert crypto._private_key.cache_info().maxsize is not None


@pytest.mark.usefixtures("empty_caches")
def test_keys_that_differ_only_in_a_private_member_are_not_mixed_up() -> None:
    good = key_for("ES256")
    crypto.sign("ES256", good, INPUT)
    with pytest.raises(ConfigurationError):
        crypto.sign("ES256", key_without(good, d=read_jwk(crypto.generate_jwk("ES256")).members["d"]), INPUT)


@pytest.mark.usefixtures("empty_caches")
def test_a_foreign_rsa_key_is_validated_and_our_own_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    skipped = []
    real = rsa.RSAPrivateNumbers

    class Numbers:
        def __init__(self, *values: Any) -> None:
            self.numbers = real(*values)

        def private_key(self, *, unsafe_skip_rsa_key_validation: bool) -> Any:
            skipped.append(unsafe_skip_rsa_key_validation)
            return self.numbers.private_key()

    monkeypatch.setattr(rsa, "RSAPrivateNumbers", Numbers)
    foreign = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    pem = foreign.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    crypto.sign("RS256", read_jwk(crypto.generate_jwk("RS256", rsa_bits=1024)), INPUT)
    crypto.sign("RS256", read_jwk(crypto.jwk_from_pem(pem)), INPUT)
    assert skipped == [True, False]


@pytest.mark.parametrize("missing", [("p", "q", "dp", "dq", "qi"), ("qi",), ("p", "q")])
def test_an_rsa_key_signs_with_d_alone(missing: tuple[str, ...]) -> None:
    key = key_for("RS256")
    lean = key_without(key, *missing)
    assert crypto.sign("RS256", key, INPUT) == crypto.sign("RS256", lean, INPUT)


def test_an_algorithm_that_the_library_was_built_without_verifies_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(octets: bytes) -> Any:
        raise UnsupportedAlgorithm("not in this build")

    made = crypto.generate_jwk("Ed448")
    monkeypatch.setattr(ed448.Ed448PublicKey, "from_public_bytes", staticmethod(unsupported))
    monkeypatch.setattr(ed448.Ed448PrivateKey, "from_private_bytes", staticmethod(unsupported))
    assert not crypto.verify("Ed448", read_jwk(made), INPUT, bytes(114))
    with pytest.raises(ConfigurationError):
        crypto.sign("Ed448", read_jwk(made), INPUT)


def test_hmac_imports_no_cryptography() -> None:
    program = (
        "import sys; from pytest_jwtauth import crypto, registered_client as r;"
        "c = r.RegisteredClient('id', 'a secret that is long enough, it has 40+');"
        "c.secret_needles(); repr(c);"
        "assert crypto.verify('HS256', c.hmac_key, b'x', crypto.sign('HS256', c.hmac_key, b'x'));"
        "crypto.raw_from_der('ES256', b'0'); crypto.ecdsa_range_fault('ES256', bytes(64));"
        "k = {'kty': 'RSA', 'n': 'xw', 'e': 'AQ'};"
        "crypto.public_key_pem(k); crypto.thumbprint(k); r.RegisteredClient('id', jwks=k);"
        "print([m for m in ('cryptography', 'asyncio', 'requests', 'responses', 'freezegun') if m in sys.modules])"
    )
    path = os.pathsep.join(sys.path)
    run = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert run.stdout.strip() == "[]"


def test_ed25519_keys_of_the_library_agree_with_ours() -> None:
    made = ed25519.Ed25519PrivateKey.generate()
    pem = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    assert made.sign(INPUT) == crypto.sign("EdDSA", read_jwk(crypto.jwk_from_pem(pem)), INPUT)
