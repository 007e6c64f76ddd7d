"""Signatures that are none, are another's, or are right in a way that somebody else calls wrong."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from urllib.parse import quote

from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.hostile.case import Case, by_a_stranger, planted, refused, strangers_key
from pytest_jwtauth.jwa import ALGORITHMS, HMAC_ALGORITHMS
from pytest_jwtauth.jwk import CURVES, Jwk
from pytest_jwtauth.planted_faults.draft import Draft
from pytest_jwtauth.planted_faults.fault import CLIENT_SECRET_JWT, PRIVATE_KEY_JWT, Edit, signature

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold keys.
__tracebackhide__ = True

_VERIFY = "RFC 7515 §5.2 step 8"
_PSYCHIC = "CVE-2022-21449; FIPS 186-5 §6.4.2"
_ECDSA = "RFC 7518 §3.4"
_SECRET = "OIDC Core §10.1; RFC 7518 §3.2"


def _order(draft: Draft) -> int:
    if ALGORITHMS[draft.alg].family != "ECDSA":
        raise ConfigurationError(
            f"it is about ECDSA signatures, and this client's are {draft.alg}. Use "
            'RegisteredClient.generate("private_key_jwt", alg="ES256")'
        )
    return CURVES[ALGORITHMS[draft.alg].curves[0]].order


def _ecdsa(change: Callable[[int, int, int], tuple[int, int]]) -> Edit:
    """Put other numbers in the place of R and S; the third argument is the order of the curve."""

    def edit(draft: Draft) -> None:
        order = _order(draft)

        def changed(octets: bytes) -> bytes:
            half = len(octets) // 2
            r, s = int.from_bytes(octets[:half], "big"), int.from_bytes(octets[half:], "big")
            return b"".join(value.to_bytes(half, "big") for value in change(r, s, order))

        draft.signature = changed

    return edit


def _ecdsa_octets(change: Callable[[bytes], bytes]) -> Edit:
    def edit(draft: Draft) -> None:
        _order(draft)
        draft.signature = change

    return edit


def _of_another_curve(draft: Draft) -> None:
    _order(draft)
    # The header goes on naming the client's algorithm.
    other = "ES384" if draft.alg != "ES384" else "ES256"
    draft.alg, draft.key = other, strangers_key(other)


def _of_another_hash(draft: Draft) -> None:
    draft.header["alg"] = next(alg for alg in sorted(HMAC_ALGORITHMS, reverse=True) if alg != draft.alg)


def _keyed_with(derive: Callable[[bytes], bytes]) -> Edit:
    """Key the MAC with something made of the secret."""

    def edit(draft: Draft) -> None:
        secret = draft.key
        assert isinstance(secret, bytes), "a case of client_secret_jwt"
        try:
            derived = derive(secret)
        except ValueError:
            raise ConfigurationError(
                "the client's secret cannot be decoded so. Use RegisteredClient.generate()"
            ) from None
        if derived == secret:
            raise ConfigurationError("the client's secret is the same in that form") from None
        draft.key = derived

    return edit


def _derived(explanation: str, derive: Callable[[bytes], bytes]) -> Case:
    return refused(explanation, _SECRET, _keyed_with(derive), "hmac-key-derivation", methods=CLIENT_SECRET_JWT)


def _decoded(secret: bytes) -> bytes:
    return base64.b64decode(secret + b"=" * (-len(secret) % 4), altchars=b"-_", validate=True)


def _percent_encoded(secret: bytes) -> bytes:
    # «~» too, as older libraries and HTML forms do, so that a secret of letters and digits alone is what is left out.
    return quote(secret.decode("utf-8"), safe="").replace("~", "%7E").encode("ascii")


def _signature(explanation: str, change: Callable[[bytes], bytes], *rules: str) -> Case:
    return refused(explanation, _VERIFY, signature(change), *rules)


def _psychic(explanation: str, change: Callable[[int, int, int], tuple[int, int]]) -> Case:
    return refused(explanation, _PSYCHIC, _ecdsa(change), "signature-ecdsa-range", methods=PRIVATE_KEY_JWT)


def _guessed(draft: Draft) -> None:
    assert not isinstance(draft.key, Jwk), "a case of client_secret_jwt"
    draft.key = b"secret"


CASES: Mapping[str, Case] = MappingProxyType(
    {
        "signature-empty": planted("The signature part is empty.", _VERIFY, "signature-empty"),
        "signature-bit-flipped": planted("One bit of the signature is another.", _VERIFY, "signature-invalid"),
        "signature-truncated": planted(
            "The last octet of the signature is missing.", _VERIFY, "signature-wrong-length"
        ),
        "signature-halved": _signature(
            "The second half of the signature is missing.",
            lambda octets: octets[: len(octets) // 2],
            *("signature-wrong-length", "signature-invalid"),
        ),
        "signature-extended": _signature(
            "An octet follows the signature.",
            lambda octets: octets + b"\0",
            *("signature-wrong-length", "signature-invalid"),
        ),
        "signature-garbage": _signature(
            "The signature is garbage.", lambda _octets: b"garbage", "signature-wrong-length"
        ),
        "signature-of-a-stranger": refused(
            "All is right but the key, which belongs to somebody else.", _VERIFY, by_a_stranger, "signature-invalid"
        ),
        "mac-of-another-hash": refused(
            "The header names another hash than the MAC is made with.",
            "RFC 7518 §3.2",
            _of_another_hash,
            "signature-wrong-length",
            methods=CLIENT_SECRET_JWT,
        ),
        "secret-with-line-feed": _derived("The key is the secret and a line feed.", lambda secret: secret + b"\n"),
        "secret-decoded": _derived("The key is the secret, decoded from base64url.", _decoded),
        "secret-in-hex": _derived("The key is the secret in hexadecimal.", lambda secret: secret.hex().encode()),
        "secret-in-base64": _derived("The key is the secret in base64.", base64.b64encode),
        "secret-in-utf16": _derived(
            "The key is the secret in UTF-16.", lambda secret: secret.decode("utf-8").encode("utf-16-le")
        ),
        "secret-hashed": _derived("The key is a hash of the secret.", lambda secret: hashlib.sha256(secret).digest()),
        "secret-percent-encoded": _derived("The key is the percent-encoded secret.", _percent_encoded),
        "secret-empty": _derived("The key is empty: the secret was not configured.", lambda _secret: b""),
        "secret-guessed": refused(
            "The key is the word that is tried first.",
            "RFC 8725 §2.2",
            _guessed,
            "signature-invalid",
            methods=CLIENT_SECRET_JWT,
        ),
        "ecdsa-zeros": _psychic("R and S of the signature are 0.", lambda _r, _s, _order: (0, 0)),
        "ecdsa-r-zero": _psychic("R of the signature is 0.", lambda _r, s, _order: (0, s)),
        "ecdsa-s-zero": _psychic("S of the signature is 0.", lambda r, _s, _order: (r, 0)),
        "ecdsa-order": _psychic("R and S are the order of the curve.", lambda _r, _s, order: (order, order)),
        "ecdsa-der": planted("The signature is in DER.", _ECDSA, "signature-der-encoded"),
        "ecdsa-an-octet-less": refused(
            "R and S have an octet less between them.",
            _ECDSA,
            _ecdsa_octets(lambda octets: octets[1:]),
            *("signature-wrong-length", "signature-invalid"),
            methods=PRIVATE_KEY_JWT,
        ),
        "ecdsa-an-octet-more": refused(
            "A zero stands before R.",
            _ECDSA,
            _ecdsa_octets(lambda octets: b"\0" + octets),
            *("signature-wrong-length", "signature-invalid"),
            methods=PRIVATE_KEY_JWT,
        ),
        "ecdsa-of-another-curve": refused(
            "The signature is one of another curve.",
            _ECDSA,
            _of_another_curve,
            *("signature-wrong-length", "signature-invalid"),
            methods=PRIVATE_KEY_JWT,
        ),
        "ecdsa-other-s": refused(
            "S is replaced by its negative, which verifies as well: a second text with the same claims.",
            "RFC 7518 §3.4; FIPS 186-5 §6.4.2",
            _ecdsa(lambda r, s, order: (r, order - s)),
            methods=PRIVATE_KEY_JWT,
        ),
    }
)
