"""Faults in how an assertion is signed (RFC 7515 §5.1, RFC 7518 §3). Header and claims stay right."""

from __future__ import annotations

from collections.abc import Callable

from pytest_jwtauth import crypto
from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.jwa import ALGORITHMS, HMAC_ALGORITHMS
from pytest_jwtauth.jwk import read_jwk
from pytest_jwtauth.planted_faults.draft import Draft
from pytest_jwtauth.planted_faults.fault import (
    CLIENT_SECRET_JWT,
    PRIVATE_KEY_JWT,
    Edit,
    Fault,
    follows,
    signature,
)

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold keys.
__tracebackhide__ = True


def _needs_more_octets(draft: Draft) -> None:
    secret = draft.key
    for alg in sorted(HMAC_ALGORITHMS):
        if isinstance(secret, bytes) and len(secret) < (ALGORITHMS[alg].octets or 0):
            draft.sign_with(alg, secret)
            return
    raise ConfigurationError(
        "the client secret is long enough for every HMAC algorithm. Use a client with a secret of fewer than 64 octets"
    )


def _secret_with_line_feed(draft: Draft) -> None:
    if not isinstance(draft.key, bytes):
        raise ConfigurationError("the key that signs is no shared secret. Leave alg= and key= to the client's own")
    draft.key += b"\n"


def _another_curve(draft: Draft) -> None:
    _needs_ecdsa(draft)
    alg = "ES256" if draft.alg != "ES256" else "ES384"
    draft.sign_with(alg, read_jwk(crypto.generate_jwk(alg)))


def _ecdsa(change: Callable[[bytes], bytes]) -> Edit:
    def edit(draft: Draft) -> None:
        _needs_ecdsa(draft)
        draft.signature = change

    return edit


def _needs_ecdsa(draft: Draft) -> None:
    if ALGORITHMS[draft.alg].family != "ECDSA":
        raise ConfigurationError(
            f"it is a fault of ECDSA signatures, and this one is {draft.alg}. Use "
            'RegisteredClient.generate("private_key_jwt", alg="ES256")'
        )


def to_der(raw: bytes) -> bytes:
    """The R ‖ S of JWS as an ECDSA-Sig-Value (RFC 3279 §2.2.3), the form that OpenSSL and most key stores return."""
    middle = len(raw) // 2
    content = b"".join(_der(0x02, _signed(half)) for half in (raw[:middle], raw[middle:]))
    return _der(0x30, content)


def _signed(unsigned: bytes) -> bytes:
    value = int.from_bytes(unsigned, "big")
    return value.to_bytes(value.bit_length() // 8 + 1, "big")


def _der(tag: int, content: bytes) -> bytes:
    length = len(content)
    # X.690 §8.1.3: from 128 on the length has a length; the two numbers of P-521 take 138 octets.
    return bytes([tag, length] if length < 0x80 else [tag, 0x81, length]) + content


def _flip_a_bit(octets: bytes) -> bytes:
    return octets[:-1] + bytes([octets[-1] ^ 1])


FAULTS = (
    Fault(
        "hmac-key-too-short",
        "the secret is shorter than the algorithm's hash",
        _needs_more_octets,
        CLIENT_SECRET_JWT,
        follows("alg-registered-mismatch"),
    ),
    Fault(
        "hmac-key-derivation",
        "it is signed with the secret and a line feed",
        _secret_with_line_feed,
        CLIENT_SECRET_JWT,
    ),
    Fault(
        "ec-curve-mismatch",
        "alg belongs to another curve than the key",
        _another_curve,
        PRIVATE_KEY_JWT,
        follows("kid-key-mismatch", "signature-invalid", "alg-registered-mismatch", "alg-not-allowed"),
    ),
    Fault("signature-empty", "the signature part is empty", signature(lambda _octets: b"")),
    Fault(
        "signature-wrong-length",
        "the last octet of the signature is missing",
        signature(lambda octets: octets[:-1]),
        follows=follows("signature-invalid"),
    ),
    Fault("signature-der-encoded", "the signature is in DER", _ecdsa(to_der), PRIVATE_KEY_JWT),
    Fault(
        "signature-ecdsa-range",
        "both numbers of the signature are 0",
        _ecdsa(lambda octets: bytes(len(octets))),
        PRIVATE_KEY_JWT,
    ),
    Fault("signature-invalid", "one bit of the signature is another", signature(_flip_a_bit)),
)
