"""Faults in the JOSE header (RFC 7515 §4). Knows no claim; the signature stays right for the header as it is sent."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_jwtauth import crypto
from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.jwa import ALGORITHMS
from pytest_jwtauth.jwk import Jwk, declares_other_alg, read_jwk, suits
from pytest_jwtauth.planted_faults.draft import Draft, demands, liked_algorithms, suitable_algorithms
from pytest_jwtauth.planted_faults.fault import (
    PRIVATE_KEY_JWT,
    STRANGERS_KEYS,
    Fault,
    follows,
    header,
    header_json,
    in_an_array,
    invalid_utf8,
    no_header,
    repeated,
    trailing_comma,
)

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold keys.
__tracebackhide__ = True


def _repeat_alg(draft: Draft) -> None:
    draft.header_json = lambda octets: repeated(octets, "alg", b'"none"')


def _deep(draft: Draft) -> None:
    nested: list[object] = []
    for _ in range(40):
        nested = [nested]
    draft.claims["note"] = nested


def _alg_in_an_array(draft: Draft) -> None:
    draft.header["alg"] = [draft.header.get("alg")]


def _unsecured(draft: Draft) -> None:
    draft.header["alg"] = "none"
    draft.signature = lambda _octets: b""


def _alg_in_lower_case(draft: Draft) -> None:
    draft.header["alg"] = draft.alg.lower()


def _alg_not_allowed(draft: Draft) -> None:
    allowed = draft.profile.algorithms.get(draft.client.method, frozenset())
    for alg in _best_first(draft, suitable_algorithms(draft.key)):
        if alg not in allowed and alg != "EdDSA":
            draft.sign_with(alg, draft.key)
            return
    _alg_of_the_other_method(draft)


def _best_first(draft: Draft, algs: Iterable[str]) -> list[str]:
    """*algs*, those first that the profile has nothing against."""
    liked = liked_algorithms(draft.profile, draft.client)
    allowed = draft.profile.algorithms.get(draft.client.method, frozenset())
    no_pkcs1 = demands(draft.profile, "alg-rsa-pkcs1")
    return sorted(algs, key=lambda alg: (alg not in liked, alg not in allowed, no_pkcs1 and alg.startswith("RS")))


def _alg_of_the_other_method(draft: Draft) -> None:
    if draft.client.method == "client_secret_jwt":
        draft.sign_with("ES256", read_jwk(crypto.generate_jwk("ES256")))
        return
    draft.sign_with("HS256", b"a secret that this client was never given")


def _alg_not_registered(draft: Draft) -> None:
    registered = draft.client.token_endpoint_auth_signing_alg
    if registered is None:
        raise ConfigurationError(
            "the client has registered no alg. Give its RegisteredClient a token_endpoint_auth_signing_alg"
        )
    others = [alg for alg in suitable_algorithms(draft.key) if alg != registered and not _too_short(draft.key, alg)]
    if not others:
        raise ConfigurationError(
            f"the client's key can sign with {registered} alone. Use a client with an RSA or Ed25519 key, or one with "
            "a secret of 48 octets or more"
        )
    draft.sign_with(_best_first(draft, others)[0], draft.key)


def _too_short(key: object, alg: str) -> bool:
    return isinstance(key, bytes) and len(key) < (ALGORITHMS[alg].octets or 0)


def _confuse(draft: Draft) -> None:
    # RFC 8725 §2.1: a verifier that takes «the key» and lets the header choose HMAC accepts this from anybody.
    registered = next(key for key in draft.client.keys if not key.faults)
    draft.sign_with("HS256", crypto.public_key_pem(registered).encode("ascii"))


def _polymorphic(draft: Draft) -> None:
    key = draft.key
    if not isinstance(key, Jwk) or key.kty != "OKP":
        raise ConfigurationError(
            'the client has no Ed25519 key. Use RegisteredClient.generate("private_key_jwt", alg="Ed25519")'
        )
    draft.sign_with("EdDSA", key)


def _rsa_pkcs1(draft: Draft) -> None:
    key = draft.key
    if not isinstance(key, Jwk) or key.kty != "RSA":
        raise ConfigurationError(
            'the client has no RSA key. Use RegisteredClient.generate("private_key_jwt", alg="PS256")'
        )
    draft.sign_with("RS256", key)


def _critical_extension(draft: Draft) -> None:
    draft.header["crit"] = ["urn:example:extension"]
    draft.header["urn:example:extension"] = True


def _empty_crit(draft: Draft) -> None:
    draft.header["crit"] = []


def _no_kid(draft: Draft) -> None:
    if len(draft.client.keys) < 2 and not draft.profile.kid_required:
        raise ConfigurationError("the client has one key only, and needs no kid. Register a second key in its jwks")
    draft.header.pop("kid", None)


def _kid_of_another_key(draft: Draft) -> None:
    key, algorithm = draft.key, ALGORITHMS[draft.alg]
    if not isinstance(key, Jwk):
        raise ConfigurationError("a secret signs, which no kid names. Leave alg= and key= to the client's own")
    for other in draft.client.keys:
        if other.kid is not None and suits(other, algorithm) is not None:
            draft.header["kid"] = other.kid
            return
    for alg in _best_first(draft, suitable_algorithms(key)):
        if key.kid is not None and declares_other_alg(key, alg):
            draft.sign_with(alg, key)
            return
    raise ConfigurationError(
        "every key of the client that has a kid suits the signature. Register a second key of another type, or one RSA "
        "key with a kid and an alg"
    )


def _embedded_key(draft: Draft) -> None:
    key = draft.key if isinstance(draft.key, Jwk) else read_jwk(crypto.generate_jwk("ES256"))
    draft.header["jwk"] = key.public()


def _embedded_private_key(draft: Draft) -> None:
    # A key made for this one header: what is planted here ends up in logs and reports of servers.
    draft.header["jwk"] = crypto.generate_jwk("ES256")


def _certificate(draft: Draft) -> None:
    if draft.profile.x5c_expected:
        raise ConfigurationError(f"profile {draft.profile.name!r} expects certificates. Use another profile")
    draft.header["x5c"] = ["MIIBszCCAVmgAwIBAgIUZm9yLXRlc3RzLW9ubHktbm90LWEtY2VydA=="]


FAULTS = (
    Fault("header-not-utf8", "the header holds an octet that is not UTF-8", header_json(invalid_utf8)),
    Fault("header-not-json", "a comma follows the last header member", header_json(trailing_comma)),
    Fault("header-not-object", "the header is inside a JSON array", header_json(in_an_array)),
    Fault("header-duplicate-member", "alg occurs twice, with two values", _repeat_alg),
    Fault("json-too-deep", "a claim nests 40 levels deep", _deep),
    Fault("alg-missing", "there is no alg", no_header("alg")),
    Fault("alg-not-string", "alg is an array of one", _alg_in_an_array),
    Fault(
        "alg-none",
        "it is unsecured: alg is none, the signature empty",
        _unsecured,
        follows=follows("signature-empty", "alg-registered-mismatch"),
    ),
    Fault("alg-unknown", "alg is in lower case", _alg_in_lower_case, follows=follows("alg-registered-mismatch")),
    Fault(
        "alg-not-allowed",
        "alg is none of the algorithms that the profile allows",
        _alg_not_allowed,
        follows=follows("alg-registered-mismatch", "auth-method-not-registered", "kid-key-mismatch"),
    ),
    Fault(
        "auth-method-not-registered",
        "alg belongs to the other authentication method",
        _alg_of_the_other_method,
        follows=follows("alg-registered-mismatch", "alg-not-allowed"),
    ),
    Fault(
        "alg-registered-mismatch",
        "alg is another than the registered one",
        _alg_not_registered,
        follows=follows("kid-key-mismatch", "alg-deprecated-polymorphic", "alg-not-allowed"),
    ),
    Fault(
        "alg-key-confusion",
        "it is an HMAC keyed with the public key's PEM",
        _confuse,
        PRIVATE_KEY_JWT,
        follows("alg-registered-mismatch", "auth-method-not-registered", "alg-not-allowed"),
    ),
    Fault(
        "alg-deprecated-polymorphic",
        "alg is EdDSA, which leaves the curve open",
        _polymorphic,
        PRIVATE_KEY_JWT,
        follows("alg-registered-mismatch"),
    ),
    Fault(
        "alg-rsa-pkcs1",
        "alg is RS256",
        _rsa_pkcs1,
        PRIVATE_KEY_JWT,
        follows("alg-registered-mismatch", "kid-key-mismatch", "alg-not-allowed"),
    ),
    Fault("typ-wrong", "typ is that of an access token", header("typ", "at+jwt"), follows=follows("typ-not-explicit")),
    Fault("typ-case", "typ is in lower case", header("typ", "jwt"), follows=follows("typ-not-explicit")),
    Fault("typ-missing", "there is no typ", no_header("typ"), follows=follows("typ-not-explicit")),
    Fault("typ-not-explicit", "typ is JWT, which every kind of JWT may have", header("typ", "JWT")),
    Fault("crit-malformed", "crit is empty", _empty_crit),
    Fault("crit-unknown", "crit names an extension that nobody knows", _critical_extension),
    Fault("b64-false", "b64 is false", header("b64", False)),
    Fault("kid-missing", "there is no kid", _no_kid, PRIVATE_KEY_JWT),
    Fault("kid-not-string", "kid is a number", header("kid", 16)),
    Fault("kid-unknown", "kid names no registered key", header("kid", "no-such-key"), PRIVATE_KEY_JWT),
    Fault(
        "kid-key-mismatch",
        "kid names a key that does not suit alg",
        _kid_of_another_key,
        PRIVATE_KEY_JWT,
        # A verifier that goes by kid alone has no key with which the signature could be right.
        follows("signature-invalid", "alg-registered-mismatch", "alg-not-allowed"),
    ),
    Fault(
        "kid-suspicious",
        "kid is a path out of its folder",
        header("kid", "../../dev/null"),
        follows=follows("kid-unknown"),
    ),
    Fault("header-embedded-jwk", "the header brings a public key along", _embedded_key),
    Fault("header-embedded-jku", "the header brings the URL of keys along", header("jku", STRANGERS_KEYS)),
    Fault("header-embedded-x5u", "the header brings the URL of a certificate along", header("x5u", STRANGERS_KEYS)),
    Fault("header-x5c-unexpected", "the header brings a certificate along", _certificate),
    Fault("header-x5t-missing", "the header does not name the certificate", no_header("x5t#S256")),
    Fault(
        "header-private-key",
        "the header brings a private key along",
        _embedded_private_key,
        follows=follows("header-embedded-jwk"),
    ),
    Fault("header-unexpected-param", "the header says that the payload is compressed", header("zip", "DEF")),
)
