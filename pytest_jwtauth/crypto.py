"""Make keys, sign, verify. The only room that imports `cryptography`, and only where a key pair is at work.

HMAC is the standard library's, so that ``client_secret_jwt`` never pays for that import. Knows no JWT, no
claims, no rule.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from pytest_jwtauth import base64url, der
from pytest_jwtauth.errors import ConfigurationError, unknown_name
from pytest_jwtauth.jwa import ALGORITHMS, ASYMMETRIC_ALGORITHMS, EDDSA_OCTETS, Algorithm
from pytest_jwtauth.jwk import CURVES, Jwk, kind_mismatch, read_jwk

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold keys.
__tracebackhide__ = True

_RSA_PRIVATE_MEMBERS = ("p", "q", "d", "dp", "dq", "qi")
_RSA_MEMBERS = ("n", "e", *_RSA_PRIVATE_MEMBERS)
_THUMBPRINT_MEMBERS = {
    "RSA": ("kty", "n", "e"),
    "EC": ("kty", "crv", "x", "y"),
    "OKP": ("kty", "crv", "x"),
    "oct": ("kty", "k"),
}


def sign(alg: str, key: bytes | Jwk, signing_input: bytes) -> bytes:
    """Sign as *alg* demands; *key* is the octets of a secret for HMAC, a private `Jwk` otherwise.

    ``use``, ``key_ops`` and ``alg`` of the key are not looked at: a faulty assertion may need a key misused.

    Raises:
        ConfigurationError: for an unknown *alg*, and for a key that cannot make such a signature.
    """
    algorithm = _algorithm(alg)
    if algorithm.family == "HMAC":
        secret = _secret_octets(key, algorithm)
        if secret is None:
            raise ConfigurationError(f"{alg} needs the octets of a secret, or a sound JWK of kty oct")
        return _mac(secret, signing_input, algorithm)
    if not isinstance(key, Jwk):
        raise ConfigurationError(f"{alg} needs a private JWK of kty {algorithm.kty}, not a secret")
    mismatch = kind_mismatch(key, algorithm)
    if mismatch is not None:
        raise ConfigurationError(f"this key cannot sign: {mismatch}")
    private_key = _private_key(key)
    try:
        signature: bytes = private_key.sign(signing_input, *_scheme(alg))
    except ValueError as error:
        # PS512 with 1024 bits: hash and salt do not fit into the modulus (RFC 8017 §9.1.1 step 3).
        raise ConfigurationError(f"this key of {key.rsa_bits} bits is too short for {alg}") from error
    return _raw_from_library(key, signature) if algorithm.family == "ECDSA" else signature


def verify(alg: str, key: bytes | Jwk, signing_input: bytes, signature: bytes) -> bool:
    """Whether *signature* is one of *alg* by *key* over *signing_input*; an unusable key verifies none.

    Nothing that a key or a signature can hold makes it raise. ``use``, ``key_ops`` and ``alg`` of the key are
    for `jwk.suits` and `jwk.declares_other_alg` to judge.
    """
    algorithm = ALGORITHMS.get(alg)
    if algorithm is None:
        return False
    if algorithm.family == "HMAC":
        secret = _secret_octets(key, algorithm)
        return secret is not None and hmac.compare_digest(_mac(secret, signing_input, algorithm), signature)
    if not isinstance(key, Jwk) or key.faults or kind_mismatch(key, algorithm) is not None:
        return False
    if len(signature) != signature_octets(alg, key):
        return False
    if algorithm.family == "ECDSA":
        r, s = _halves(signature)
        order = CURVES[algorithm.curves[0]].order
        if not (0 < r < order and 0 < s < order):
            return False
        from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

        signature = encode_dss_signature(r, s)
    public_key = _public_key(key.public_members)
    if public_key is None:
        return False
    from cryptography.exceptions import InvalidSignature

    try:
        public_key.verify(signature, signing_input, *_scheme(alg))
    except (InvalidSignature, ValueError):  # ValueError: a modulus too short for hash and salt of PSS
        return False
    return True


def signature_octets(alg: str, key: Jwk) -> int | None:
    """The length of every signature of *alg* by *key* (RFC 7518 §3.2–3.5, RFC 8037 §3.1), None if unknown."""
    algorithm = _algorithm(alg)
    if algorithm.octets is not None:
        return algorithm.octets
    if algorithm.family == "EdDSA":
        return EDDSA_OCTETS.get(key.crv or "")
    return None if key.rsa_bits is None else (key.rsa_bits + 7) // 8


def ecdsa_range_fault(alg: str, signature: bytes) -> str | None:
    """Which of R and S lies outside 1 … n-1 (FIPS 186-5 §6.4.2 step 1), or None if both lie inside.

    None too for another *alg* and for a signature of another length, of which nobody can say where S starts.
    """
    algorithm = _algorithm(alg)
    if algorithm.family != "ECDSA" or len(signature) != algorithm.octets:
        return None
    order = CURVES[algorithm.curves[0]].order
    faults = []
    for name, value in zip("rs", _halves(signature), strict=True):
        if value == 0:
            faults.append(f"{name} is 0")
        elif value >= order:
            relation = "equal to" if value == order else "greater than"
            faults.append(f"{name} is {relation} the order of {algorithm.curves[0]}")
    return " and ".join(faults) or None


def _halves(signature: bytes) -> tuple[int, int]:
    middle = len(signature) // 2
    return int.from_bytes(signature[:middle], "big"), int.from_bytes(signature[middle:], "big")


def raw_from_der(alg: str, signature: bytes) -> bytes | None:
    """An ECDSA signature in DER (or BER) as the R ‖ S that JWS wants (RFC 7518 §3.4), or None if it is none.

    Whether R ‖ S then verifies is for the caller to see.
    """
    algorithm = _algorithm(alg)
    if algorithm.family != "ECDSA":
        return None
    return der.read_ecdsa_signature(signature, CURVES[algorithm.curves[0]].octets)


def generate_jwk(alg: str, *, kid: str | None = None, rsa_bits: int = 2048) -> dict[str, str]:
    """Make a private key for *alg*: a JWK with ``use``, ``alg`` and ``kid`` (by default the thumbprint).

    Raises:
        ConfigurationError: for an *alg* that has no key pair, or an RSA size that cannot be made.
    """
    algorithm = _algorithm(alg)
    if alg not in ASYMMETRIC_ALGORITHMS:
        raise ConfigurationError(
            f"{alg} has no key pair but a shared secret; with one: {', '.join(sorted(ASYMMETRIC_ALGORITHMS))}"
        )
    members = _members_of(_generate(algorithm, rsa_bits))
    if algorithm.kty == "RSA":
        _made_here.add(tuple(members[name] for name in _RSA_MEMBERS))
    return {"kid": thumbprint(members) if kid is None else kid, "use": "sig", "alg": alg, **members}


def _generate(algorithm: Algorithm, rsa_bits: int) -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

    if algorithm.kty == "RSA":
        try:
            return rsa.generate_private_key(public_exponent=65537, key_size=rsa_bits)
        except ValueError as error:
            raise ConfigurationError(f"no RSA key of {rsa_bits} bits can be made: {error}") from error
    if algorithm.kty == "EC":
        return ec.generate_private_key(_library_curves()[algorithm.curves[0]])
    return (ed448.Ed448PrivateKey if algorithm.name == "Ed448" else ed25519.Ed25519PrivateKey).generate()


def thumbprint(jwk_members: Mapping[str, Any]) -> str:
    """The SHA-256 thumbprint of a key (RFC 7638 §3, RFC 8037 §2), the same for its private and its public form.

    Raises:
        ConfigurationError: for what is no JWK, or lacks a member that the thumbprint is made of, or has one that UTF-8
            cannot write.
    """
    jwk = read_jwk(jwk_members)
    members = {name: jwk_members.get(name) for name in _THUMBPRINT_MEMBERS.get(jwk.kty, ())}
    if not members or None in members.values():
        raise ConfigurationError(f"no thumbprint without all members of the key: {', '.join(jwk.faults)}")
    canonical = json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    try:
        octets = canonical.encode("utf-8")
    except UnicodeEncodeError:
        raise ConfigurationError("no thumbprint of a key that holds a lone surrogate") from None
    return base64url.encode(hashlib.sha256(octets).digest())


def private_key_pem(jwk: Jwk | Mapping[str, Any]) -> str:
    """The private key as PKCS #8 in PEM, not encrypted.

    Raises:
        ConfigurationError: if *jwk* is no private key, or one whose members contradict each other.
    """
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    private_key = _private_key(jwk if isinstance(jwk, Jwk) else read_jwk(jwk))
    pem: bytes = private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem.decode("ascii")


def public_key_pem(jwk: Jwk | Mapping[str, Any]) -> str:
    """The public key as SubjectPublicKeyInfo in PEM; raises as `public_key_der` does."""
    return der.pem("PUBLIC KEY", public_key_der(jwk))


def public_key_der(jwk: Jwk | Mapping[str, Any]) -> bytes:
    """The public key as SubjectPublicKeyInfo in DER.

    Raises:
        ConfigurationError: for a key that has faults, and for a symmetric one.
    """
    jwk = jwk if isinstance(jwk, Jwk) else read_jwk(jwk)
    if jwk.faults or jwk.kty == "oct":
        raise ConfigurationError(f"no usable public key: {', '.join(jwk.faults) or 'kty is oct'}")
    return der.subject_public_key_info(jwk)


def jwk_from_pem(pem: str | bytes) -> dict[str, str]:
    """Read a public or private key in PEM as a JWK without ``kid``, ``use`` and ``alg``.

    Raises:
        ConfigurationError: for what is no such PEM, is encrypted, or holds a key of another kind.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

    octets = pem.encode("utf-8", "replace") if isinstance(pem, str) else pem
    try:
        if b"PRIVATE KEY-----" in octets:
            return _members_of(load_pem_private_key(octets, password=None))
        return _members_of(load_pem_public_key(octets))
    except (ValueError, TypeError, UnsupportedAlgorithm):  # TypeError: encrypted, and no password given
        raise ConfigurationError(
            "expected an unencrypted private key or a public key in PEM, of type RSA, EC "
            f"({', '.join(CURVES)}), Ed25519 or Ed448"
        ) from None


def _members_of(key: Any) -> dict[str, str]:
    """The JWK members of a key of the library, with private ones if it has them.

    Raises:
        ValueError: for a kind of key that JWS has no use for.
    """
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

    if isinstance(key, (rsa.RSAPrivateKey, rsa.RSAPublicKey)):
        if isinstance(key, rsa.RSAPublicKey):
            public, private = key.public_numbers(), {}
        else:
            numbers = key.private_numbers()
            values = (numbers.p, numbers.q, numbers.d, numbers.dmp1, numbers.dmq1, numbers.iqmp)
            public, private = numbers.public_numbers, dict(zip(_RSA_PRIVATE_MEMBERS, values, strict=True))
        integers = {"n": public.n, "e": public.e, **private}
        return {"kty": "RSA", **{name: _base64url_uint(value) for name, value in integers.items()}}
    if isinstance(key, (ec.EllipticCurvePrivateKey, ec.EllipticCurvePublicKey)):
        names = {curve.name: name for name, curve in _library_curves().items()}
        if key.curve.name not in names:
            raise ValueError("another curve")
        crv = names[key.curve.name]
        if isinstance(key, ec.EllipticCurvePublicKey):
            point, private = key.public_numbers(), {}
        else:
            point, private = key.public_key().public_numbers(), {"d": key.private_numbers().private_value}
        integers = {"x": point.x, "y": point.y, **private}
        size = CURVES[crv].octets
        members = {name: _base64url_uint(value, size) for name, value in integers.items()}
        return {"kty": "EC", "crv": crv, **members}
    if isinstance(key, (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)):
        return {**_members_of(key.public_key()), "d": base64url.encode(key.private_bytes_raw())}
    if isinstance(key, (ed25519.Ed25519PublicKey, ed448.Ed448PublicKey)):
        crv = "Ed25519" if isinstance(key, ed25519.Ed25519PublicKey) else "Ed448"
        return {"kty": "OKP", "crv": crv, "x": base64url.encode(key.public_bytes_raw())}
    raise ValueError("another kind of key")


def _base64url_uint(value: int, size: int | None = None) -> str:
    return base64url.encode(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


def _algorithm(alg: str) -> Algorithm:
    if alg not in ALGORITHMS:
        raise unknown_name("alg", alg, ALGORITHMS)
    return ALGORITHMS[alg]


def _secret_octets(key: bytes | Jwk, algorithm: Algorithm) -> bytes | None:
    if isinstance(key, bytes):
        return key
    return None if key.faults or key.kty != algorithm.kty else key.octets("k")


def _mac(secret: bytes, signing_input: bytes, algorithm: Algorithm) -> bytes:
    computed = _keyed_hmac(secret, algorithm.hash).copy()
    computed.update(signing_input)
    return computed.digest()


# To look up the hash and to key the HMAC with a secret costs as much again as the MAC; a client keeps its secret.
@lru_cache(maxsize=32)
def _keyed_hmac(secret: bytes, hash_name: str) -> hmac.HMAC:
    return hmac.new(secret, None, hash_name)


def _raw_from_library(key: Jwk, signature: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    size = CURVES[key.crv or ""].octets
    return b"".join(value.to_bytes(size, "big") for value in decode_dss_signature(signature))


@cache
def _scheme(alg: str) -> tuple[Any, ...]:
    """What the library's ``sign`` and ``verify`` want after the signing input."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding

    algorithm = ALGORITHMS[alg]
    if algorithm.family == "EdDSA":
        return ()
    digest = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}[algorithm.hash]
    if algorithm.family == "ECDSA":
        return (ec.ECDSA(digest),)
    if algorithm.family == "RSASSA-PSS":
        # RFC 7518 §3.5: the salt is as long as the hash, and MGF1 uses the same hash.
        return padding.PSS(mgf=padding.MGF1(digest), salt_length=digest.digest_size), digest
    return padding.PKCS1v15(), digest


def _library_curves() -> dict[str, Any]:
    from cryptography.hazmat.primitives.asymmetric import ec

    return {
        "P-256": ec.SECP256R1(),
        "P-384": ec.SECP384R1(),
        "P-521": ec.SECP521R1(),
        "secp256k1": ec.SECP256K1(),
    }


# Loading a key costs more than verifying with it. The keys kept here are those of tests.
@lru_cache(maxsize=128)
def _public_key(public_members: tuple[str | None, ...]) -> Any:
    """The library's key for the `Jwk.public_members` of a sound key, or None if the library refuses it."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

    kty, crv, *texts = public_members
    values = [base64url.decode(text or "") for text in texts]
    try:
        if kty == "RSA":
            n, e = (int.from_bytes(value, "big") for value in values)
            return rsa.RSAPublicNumbers(e, n).public_key()
        if kty == "EC":
            x, y = (int.from_bytes(value, "big") for value in values)
            return ec.EllipticCurvePublicNumbers(x, y, _library_curves()[crv or ""]).public_key()
        if crv == "Ed25519":
            return ed25519.Ed25519PublicKey.from_public_bytes(values[0])
        return ed448.Ed448PublicKey.from_public_bytes(values[0]) if crv == "Ed448" else None
    except (ValueError, UnsupportedAlgorithm):
        return None


_made_here: set[tuple[str | None, ...]] = set()
"""The RSA keys from `generate_jwk`. To validate one takes 34 ms, and how these were made is known."""


@lru_cache(maxsize=32)
def _private_key(jwk: Jwk) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm

    if jwk.faults or "d" not in jwk.members:
        raise ConfigurationError(f"no usable private key: {', '.join(jwk.faults) or 'd is missing'}")
    try:
        return _load_private_key(jwk)
    except (ValueError, UnsupportedAlgorithm):
        message = "no usable private key: its private members do not belong to its public ones"
        raise ConfigurationError(message) from None


def _load_private_key(jwk: Jwk) -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

    if jwk.kty == "RSA":
        public = rsa.RSAPublicNumbers(jwk.integer("e"), jwk.integer("n"))
        if all(name in jwk.members for name in _RSA_PRIVATE_MEMBERS):
            p, q, d, dp, dq, qi = (jwk.integer(name) for name in _RSA_PRIVATE_MEMBERS)
        else:  # d alone is enough (RFC 7518 §6.3.2)
            d = jwk.integer("d")
            p, q = rsa.rsa_recover_prime_factors(public.n, public.e, d)
            dp, dq, qi = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
        numbers = rsa.RSAPrivateNumbers(p, q, d, dp, dq, qi, public)
        ours = tuple(jwk.members.get(name) for name in _RSA_MEMBERS) in _made_here
        return numbers.private_key(unsafe_skip_rsa_key_validation=ours)
    if jwk.kty == "EC":
        curve = _library_curves()[jwk.crv or ""]
        point = ec.EllipticCurvePublicNumbers(jwk.integer("x"), jwk.integer("y"), curve)
        return ec.EllipticCurvePrivateNumbers(jwk.integer("d"), point).private_key()
    kind = ed448.Ed448PrivateKey if jwk.crv == "Ed448" else ed25519.Ed25519PrivateKey
    key = kind.from_private_bytes(jwk.octets("d"))
    if key.public_key().public_bytes_raw() != jwk.octets("x"):
        raise ValueError("x is another key's")
    return key
