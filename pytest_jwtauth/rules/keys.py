"""The key and the signature (RFC 7518 §3, RFC 8037, RFC 8725 §3.5)."""

from __future__ import annotations

from functools import lru_cache

from pytest_jwtauth.evidence import Evidence
from pytest_jwtauth.jwk import Jwk
from pytest_jwtauth.model import Finding
from pytest_jwtauth.rules.registry import CSJ, PKJ, Room
from pytest_jwtauth.verification import State

room = Room(__name__, error="invalid_client", needs="signature")

_TOY_SECRETS = (
    "secret",
    "changeme",
    "password",
    "client_secret",
    "clientsecret",
    "test",
    "topsecret",
    "s3cr3t",
    "letmein",
)


@room.rule("hmac-key-too-short", spec="RFC 7518 §3.2; OIDC Core §16.19", needs="alg", methods=CSJ)
def hmac_key_too_short(evidence: Evidence) -> Finding | str | None:
    """The client secret has at least as many octets as the hash."""
    secret, algorithm = evidence.client.hmac_key, evidence.algorithm
    if secret is None or algorithm is None or algorithm.octets is None or algorithm.family != "HMAC":
        return None
    if len(secret) >= algorithm.octets:
        return None
    return Finding(f"the secret has {len(secret)} octets", f"at least {algorithm.octets} for {algorithm.name}")


@room.rule("hmac-key-weak", spec="RFC 8725 §3.5", level="warning", needs="alg", methods=CSJ)
def hmac_key_weak(evidence: Evidence) -> Finding | str | None:
    """The client secret is not one that a person could remember."""
    secret = evidence.client.client_secret
    return None if secret is None else _weakness(secret)


@lru_cache(maxsize=64)
def _weakness(secret: str) -> str | None:
    plain = secret.lower().strip("0123456789-_!")
    if any(plain == toy or (plain and set(plain.split(toy)) <= {"", "-", "_", " "}) for toy in _TOY_SECRETS):
        return "the secret is a familiar word"
    return "the secret repeats few characters" if len(set(secret)) < 8 else None


def _state(evidence: Evidence) -> State | None:
    return evidence.verification.state if evidence.verification else None


def _detail(evidence: Evidence) -> str:
    return evidence.verification.detail if evidence.verification else ""


@room.rule("hmac-key-derivation", spec="OIDC Core §9, §10.1; RFC 7518 §3.2", methods=CSJ, when="odd:signature")
def hmac_key_derivation(evidence: Evidence) -> Finding | str | None:
    """The MAC is keyed with the UTF-8 octets of the client secret, nothing made of them."""
    if _state(evidence) != "wrong-derivation":
        return None
    return Finding(f"the MAC is keyed with {_detail(evidence)}", "the octets of the secret as they are")


def _keys(evidence: Evidence, kty: str) -> list[Jwk]:
    """The registered keys of a type that may be the one that signed: those of that ``kid``, or else all for signing."""
    kid = evidence.header.get("kid")
    keys = [key for key in evidence.client.keys if key.kty == kty]
    return [key for key in keys if key.kid == kid and kid is not None] or [key for key in keys if key.use != "enc"]


@room.rule("rsa-key-too-short", spec="RFC 7518 §3.3, §3.5", needs="alg", methods=PKJ)
def rsa_key_too_short(evidence: Evidence) -> Finding | str | None:
    """An RSA key has at least 2048 bits and a sound exponent."""
    if evidence.algorithm is None or evidence.algorithm.kty != "RSA":
        return None
    for key in _keys(evidence, "RSA"):
        if key.rsa_bits is not None and key.rsa_bits < 2048:
            return Finding(f"the key has {key.rsa_bits} bits", "at least 2048")
        if key.rsa_exponent is not None and (key.rsa_exponent < 3 or key.rsa_exponent % 2 == 0):
            bits = key.rsa_exponent.bit_length()
            # Of more digits than Python agrees to write nobody wants to read any.
            shown = str(key.rsa_exponent) if bits <= 64 else f"an even number of {bits} bits"
            return Finding(f"the key's exponent is {shown}", "an odd number of at least 3, usually 65537")
    return None


@room.rule("ec-curve-mismatch", spec="RFC 7518 §3.4", needs="alg", methods=PKJ)
def ec_curve_mismatch(evidence: Evidence) -> Finding | str | None:
    """The key lies on the curve that ``alg`` names."""
    algorithm = evidence.algorithm
    if algorithm is None or algorithm.family != "ECDSA":
        return None
    keys = _keys(evidence, "EC")
    if not keys or any(key.crv in algorithm.curves for key in keys):
        return None
    return Finding(f"{algorithm.name} with a key on {keys[0].crv}", f"a key on {algorithm.curves[0]}")


@room.rule(
    "signature-empty", spec="RFC 7515 §5.2 step 8; RFC 7523 §3 item 9", needs="signature_octets", when="odd:signature"
)
def signature_empty(evidence: Evidence) -> Finding | str | None:
    """The signature is not empty."""
    return "no octets after the second dot" if evidence.jws and evidence.jws.signature == b"" else None


@room.rule("signature-wrong-length", spec="RFC 7518 §3.2–3.5; RFC 8037 §3.1", when="odd:signature")
def signature_wrong_length(evidence: Evidence) -> Finding | str | None:
    """The signature has the length that ``alg`` and the key give."""
    if _state(evidence) != "wrong-length" or evidence.algorithm is None:
        return None
    octets = evidence.algorithm.octets
    return Finding(
        f"the signature has {_detail(evidence)}",
        f"{octets} octets for {evidence.alg}" if octets else "the length of the key's modulus or curve",
    )


@room.rule("signature-der-encoded", spec="RFC 7518 §3.4", methods=PKJ, when="odd:signature")
def signature_der_encoded(evidence: Evidence) -> Finding | str | None:
    """An ECDSA signature is R and S side by side, not DER."""
    if _state(evidence) != "der-encoded":
        return None
    return Finding("the signature is DER, as OpenSSL and key services give it; converted it verifies", "R ‖ S")


@room.rule("signature-ecdsa-range", spec="FIPS 186-5 §6.4.2; CVE-2022-21449", methods=PKJ, when="odd:signature")
def signature_ecdsa_range(evidence: Evidence) -> Finding | str | None:
    """R and S of an ECDSA signature lie between 1 and n−1."""
    return _detail(evidence) if _state(evidence) == "out-of-range" else None


@room.rule("signature-invalid", spec="RFC 7515 §5.2; RFC 7523 §3 item 9", when="odd:signature")
def signature_invalid(evidence: Evidence) -> Finding | str | None:
    """The signature verifies over the text as received with a registered key."""
    if _state(evidence) not in {"invalid", "wrong-length"}:
        return None
    credential = "the client secret" if evidence.client.method == "client_secret_jwt" else "any registered key"
    return Finding(
        f"the signature does not verify with {credential}",
        "a signature by the registered credential over header.payload",
    )
