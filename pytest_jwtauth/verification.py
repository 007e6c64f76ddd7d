"""Does the signature of an assertion verify with a registered key, and if not, what went wrong?

No claim, no clock, no request: only a `Jws`, an algorithm and the client's keys.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, quote_plus

from pytest_jwtauth import crypto
from pytest_jwtauth.jwa import HMAC_ALGORITHMS, Algorithm
from pytest_jwtauth.jwk import Jwk, candidates
from pytest_jwtauth.jws import Jws
from pytest_jwtauth.registered_client import RegisteredClient

State = Literal["valid", "empty", "wrong-length", "der-encoded", "out-of-range", "wrong-derivation", "invalid"]


@dataclass(frozen=True, slots=True)
class Verification:
    """The outcome for one signature; *detail* says what was found."""

    state: State
    detail: str = ""


_VALID = Verification("valid")


def verify(jws: Jws, algorithm: Algorithm, client: RegisteredClient, kid: str | None) -> Verification | None:
    """Verify *jws* as *algorithm* demands with the credential of *client*.

    None if no client with that kind of credential can have a key for it: that the algorithm is the wrong one says all.
    """
    signature = jws.signature
    assert signature is not None, "the caller looked"
    keys: tuple[bytes | Jwk, ...]
    if algorithm.family == "HMAC":
        keys = () if client.hmac_key is None else (client.hmac_key,)
    else:
        keys = candidates(client.keys, kid, algorithm)
    if not keys:
        if algorithm.family == "HMAC" or client.hmac_key is not None:
            return None
        # Of the right kind, but by none of the keys registered: a server has nothing that it could verify it with.
        return Verification("invalid" if signature else "empty")
    for key in keys:
        if verifies(jws, algorithm.name, key):
            return _VALID
    if not signature:
        return Verification("empty")
    if client.hmac_key is not None:
        return _diagnose_mac(jws, algorithm, client.hmac_key, signature)
    return _diagnose_signature(jws, algorithm, [key for key in keys if isinstance(key, Jwk)], signature)


def _diagnose_mac(jws: Jws, algorithm: Algorithm, secret: bytes, signature: bytes) -> Verification:
    for words, derived in _derivations(secret):
        if verifies(jws, algorithm.name, derived):
            return Verification("wrong-derivation", words)
    for other in sorted(HMAC_ALGORITHMS - {algorithm.name}):
        if verifies(jws, other, secret):
            return Verification("wrong-length", f"{len(signature)} octets: it is the {other} MAC")
    return Verification("invalid") if len(signature) == algorithm.octets else _wrong_length(signature)


def _wrong_length(signature: bytes) -> Verification:
    return Verification("wrong-length", f"{len(signature)} octets")


def _diagnose_signature(jws: Jws, algorithm: Algorithm, keys: list[Jwk], signature: bytes) -> Verification:
    if algorithm.family == "ECDSA":
        raw = crypto.raw_from_der(algorithm.name, signature)
        if raw is not None:
            converted = dataclasses.replace(jws, signature=raw)
            if any(verifies(converted, algorithm.name, key) for key in keys):
                return Verification("der-encoded")
    lengths = {crypto.signature_octets(algorithm.name, key) for key in keys}
    if None not in lengths and len(signature) not in lengths:  # None: a key of another kind has no length
        return _wrong_length(signature)
    if algorithm.family == "ECDSA" and (fault := crypto.ecdsa_range_fault(algorithm.name, signature)):
        return Verification("out-of-range", fault)
    return Verification("invalid")


def verifies(jws: Jws, alg: str, key: bytes | Jwk) -> bool:
    """Whether the signature of *jws* is one by *key*, over the text as received or with its oddities removed."""
    signature = jws.signature
    if signature is None:
        return False
    for signing_input in jws.signing_inputs:  # noqa: SIM110  any() costs as much again as an HMAC
        if crypto.verify(alg, key, signing_input, signature):
            return True
    return False


def _derivations(secret: bytes) -> Iterator[tuple[str, bytes]]:
    """What people make of a secret before they use it as the key, though its UTF-8 octets *are* the key."""
    text = secret.decode("utf-8")
    yield "the secret with a line feed after it", secret + b"\n"
    yield "the secret with CR LF after it", secret + b"\r\n"
    yield "the secret with a space after it", secret + b" "
    yield "the secret without its surrounding white space", secret.strip()
    yield "the base64 text of the secret", base64.b64encode(secret)
    yield "the base64 text of the secret, with a line feed", base64.encodebytes(secret)
    yield "the base64url text of the secret", base64.urlsafe_b64encode(secret)
    yield "the base64 text of the secret, without padding", base64.b64encode(secret).rstrip(b"=")
    yield "the base64url text of the secret, without padding", base64.urlsafe_b64encode(secret).rstrip(b"=")
    yield "the hexadecimal text of the secret", secret.hex().encode()
    yield "the hexadecimal text of the secret, in capitals", secret.hex().upper().encode()
    encoded = quote(text, safe="")
    yield "the percent-encoded secret", encoded.encode()
    yield "the percent-encoded secret, «~» too", encoded.replace("~", "%7E").encode()  # RFC 2396 and HTML forms
    yield "the percent-encoded secret, «/» kept", quote(text).encode()
    yield "the form-encoded secret", quote_plus(text).encode()
    yield "the form-encoded secret, «~» too", quote_plus(text).replace("~", "%7E").encode()
    yield "the secret in double quotes", b'"' + secret + b'"'
    yield "the secret in UTF-16 with a byte order mark", text.encode("utf-16")
    yield "the secret in UTF-16, little-endian", text.encode("utf-16-le")
    yield "the secret in UTF-16, big-endian", text.encode("utf-16-be")
    yield "the secret in lower case", text.lower().encode()
    yield "the empty text", b""
    for name in ("md5", "sha1", "sha256", "sha384", "sha512"):
        digest = hashlib.new(name, secret, usedforsecurity=False)
        yield f"the {name} digest of the secret", digest.digest()
        yield f"the hexadecimal {name} digest of the secret", digest.hexdigest().encode()
    padded = secret + b"=" * (-len(secret) % 4)
    for words, decode in (
        ("the secret decoded from base64", base64.b64decode),
        ("the secret decoded from base64url", base64.urlsafe_b64decode),
        ("the secret decoded from hexadecimal", lambda octets: bytes.fromhex(octets.decode("ascii").rstrip("="))),
    ):
        try:
            yield words, decode(padded)
        except ValueError:
            continue


def confused_key(jws: Jws, alg: str, client: RegisteredClient) -> str | None:
    """Which text of a registered *public* key, taken as an HMAC secret, gives this MAC; None if none does.

    The attack of RFC 8725 §2.1: who verifies with «the key» and lets the header choose HMAC accepts it.
    """
    if alg not in HMAC_ALGORITHMS or not jws.signature:
        return None
    for words, octets in _public_texts(client):
        if verifies(jws, alg, octets):
            return words
    return None


def _public_texts(client: RegisteredClient) -> Iterator[tuple[str, bytes]]:
    registered = client.jwks or {}
    for key, given in zip(client.keys, registered.get("keys", [registered]), strict=True):
        members = key.public()
        as_given = {name: given[name] for name in given if name in members}
        required = {name: members[name] for name in sorted(members) if name in _REQUIRED_MEMBERS}
        for order in (as_given, members, dict(sorted(members.items())), required):
            yield "its JWK as JSON", json.dumps(order).encode()
            yield "its JWK as JSON without spaces", json.dumps(order, separators=(",", ":")).encode()
        if key.faults:
            continue  # a key for encryption, of a kind that cannot be written as PEM here
        pem = crypto.public_key_pem(members).encode()
        yield "its PEM", pem
        yield "its PEM without the final line feed", pem.rstrip(b"\n")
        yield "its PEM with CR LF", pem.replace(b"\n", b"\r\n")
        yield "its PEM with line feeds written \\n", pem.replace(b"\n", b"\\n")
        yield "its DER", crypto.public_key_der(members)
    for key_set in (registered, {"keys": [key.public() for key in client.keys]}):
        yield "the JWK Set as JSON", json.dumps(key_set).encode()
        yield "the JWK Set as JSON without spaces", json.dumps(key_set, separators=(",", ":")).encode()


_REQUIRED_MEMBERS = frozenset({"kty", "crv", "e", "n", "x", "y"})
"""What a thumbprint is made of (RFC 7638 §3.2)."""
