"""Our assertions verify in four JOSE libraries, and theirs are judged right: for every algorithm that each supports."""

from __future__ import annotations

import importlib.util
import json
import time
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from signing_clients import SERVER, client_for, request_with

from pytest_jwtauth import base64url
from pytest_jwtauth.client_assertion import ClientAssertion
from pytest_jwtauth.jwa import ALGORITHMS
from pytest_jwtauth.profiles import PROFILES
from pytest_jwtauth.registered_client import RegisteredClient
from pytest_jwtauth.verdict import judge

Claims = Mapping[str, Any]
Sign = Callable[[RegisteredClient, str, dict[str, Any], dict[str, Any]], str]
Verify = Callable[[str, RegisteredClient, str], Claims]

PROFILE = PROFILES["rfc7523"]

OF_RFC_7518 = frozenset(f"{family}{bits}" for family in ("HS", "RS", "PS", "ES") for bits in (256, 384, 512))
POLYMORPHIC = frozenset({"ES256K", "EdDSA"})
FULLY_SPECIFIED = frozenset({"Ed25519", "Ed448"})

AUTHLIB_SIGNS_BY_JOSERFC = importlib.util.find_spec("authlib._joserfc_helpers") is not None


# PyJWT


def verify_with_pyjwt(assertion: str, client: RegisteredClient, alg: str) -> Claims:
    import jwt

    key = client.client_secret or jwt.PyJWK.from_dict(client.keys[0].public(), algorithm=alg).key
    claims: Claims = jwt.decode(
        assertion, key, [alg], audience=SERVER.token_endpoint, issuer=client.client_id, subject=client.client_id
    )
    return claims


def sign_with_pyjwt(client: RegisteredClient, alg: str, header: dict[str, Any], claims: dict[str, Any]) -> str:
    import jwt

    return jwt.encode(claims, client.client_secret or client.private_key_pem(), alg, headers=header)


# joserfc


def verify_with_joserfc(assertion: str, client: RegisteredClient, alg: str) -> Claims:
    from joserfc import jwk, jwt

    key = (
        jwk.OctKey.import_key(client.client_secret) if client.client_secret else jwk.import_key(client.keys[0].public())
    )
    return jwt.decode(assertion, key, algorithms=[alg]).claims


def sign_with_joserfc(client: RegisteredClient, alg: str, header: dict[str, Any], claims: dict[str, Any]) -> str:
    from joserfc import jwk, jwt

    key = jwk.OctKey.import_key(client.client_secret) if client.client_secret else jwk.import_key(client.private_jwk())
    return jwt.encode({**header, "alg": alg}, claims, key, algorithms=[alg])


# Authlib


def verify_with_authlib(assertion: str, client: RegisteredClient, alg: str) -> Claims:
    from authlib.jose import JsonWebKey, JsonWebToken

    key: Any = client.client_secret or JsonWebKey.import_key(client.keys[0].public())
    claims = JsonWebToken([alg]).decode(assertion, key)
    claims.validate()
    return dict(claims)


def sign_with_authlib(client: RegisteredClient, alg: str, header: dict[str, Any], claims: dict[str, Any]) -> str:
    from authlib.jose import JsonWebKey, JsonWebToken

    key = client.client_secret or JsonWebKey.import_key(client.private_jwk())
    signed: bytes = JsonWebToken([alg]).encode({**header, "alg": alg}, claims, key)
    return signed.decode("ascii")


def sign_with_authlibs_client(
    client: RegisteredClient, alg: str, header: dict[str, Any], claims: dict[str, Any]
) -> str:
    from authlib.oauth2.rfc7523 import client_secret_jwt_sign, private_key_jwt_sign

    sign = client_secret_jwt_sign if client.client_secret else private_key_jwt_sign
    key = client.client_secret or client.private_key_pem()
    lifetime = claims["exp"] - claims["iat"]
    signed: str = sign(key, client.client_id, claims["aud"], alg, header=dict(header), expires_in=lifetime)
    return signed


# jwcrypto


def jwcrypto_key(client: RegisteredClient, *, private: bool) -> Any:
    from jwcrypto import jwk

    if client.hmac_key is not None:
        return jwk.JWK(kty="oct", k=base64url.encode(client.hmac_key))
    return jwk.JWK(**(client.private_jwk() if private else client.keys[0].public()))


def verify_with_jwcrypto(assertion: str, client: RegisteredClient, alg: str) -> Claims:
    from jwcrypto import jwt

    token = jwt.JWT(algs=[alg], expected_type="JWS")
    token.deserialize(assertion, jwcrypto_key(client, private=False))
    claims: Claims = json.loads(token.claims)
    return claims


def sign_with_jwcrypto(client: RegisteredClient, alg: str, header: dict[str, Any], claims: dict[str, Any]) -> str:
    from jwcrypto import jwt

    token = jwt.JWT(header={**header, "alg": alg}, claims=claims, algs=[alg])
    token.make_signed_token(jwcrypto_key(client, private=True))
    compact: str = token.serialize()
    return compact


@dataclass(frozen=True)
class Library:
    """What reads and writes JWTs, and the algorithms it knows in the release that stands beside it.

    Attributes:
        unknown: Names of the exceptions by which it says that it does not know an algorithm.
    """

    name: str
    verify: Verify | None
    sign: Sign
    algorithms: frozenset[str]
    unknown: tuple[str, ...] = ()


LIBRARIES = (
    # 2.15.1
    Library(
        "PyJWT",
        verify_with_pyjwt,
        sign_with_pyjwt,
        OF_RFC_7518 | POLYMORPHIC,
        ("PyJWKError", "NotImplementedError"),
    ),
    # 1.8.0
    Library("joserfc", verify_with_joserfc, sign_with_joserfc, OF_RFC_7518 | POLYMORPHIC | FULLY_SPECIFIED),
    # 1.9.9; the module authlib.jose is deprecated, and code that uses it is many years' worth.
    Library(
        "Authlib",
        verify_with_authlib,
        sign_with_authlib,
        OF_RFC_7518 | POLYMORPHIC,
        ("UnsupportedAlgorithmError",),
    ),
    # 1.9.9, which signs by joserfc; 1.6.12, the last for cryptography 42, signs by authlib.jose.
    Library(
        "Authlib's client",
        None,
        sign_with_authlibs_client,
        OF_RFC_7518 | POLYMORPHIC | (FULLY_SPECIFIED if AUTHLIB_SIGNS_BY_JOSERFC else frozenset()),
        ("UnsupportedAlgorithmError",),
    ),
    # 1.6.1
    Library("jwcrypto", verify_with_jwcrypto, sign_with_jwcrypto, OF_RFC_7518 | POLYMORPHIC | FULLY_SPECIFIED),
)


@pytest.fixture(autouse=True)
def their_own_deprecations_are_no_news() -> Iterator[None]:
    # Authlib says that authlib.jose goes away, joserfc that EdDSA is a deprecated name.
    with warnings.catch_warnings():
        import authlib.deprecate  # noqa: F401  puts its own warnings before all filters

        warnings.simplefilter("ignore")
        yield


def pairs(of: str) -> list[Any]:
    """Every library that can do what the attribute *of* does, with every algorithm."""
    return [
        pytest.param(library, alg, id=f"{library.name}-{alg}")
        for library in LIBRARIES
        if getattr(library, of) is not None
        for alg in ALGORITHMS
    ]


def our_assertion(alg: str, **changes: Any) -> ClientAssertion:
    return ClientAssertion.signed(client=client_for(alg), server=SERVER, profile=PROFILE, **changes)


def their_assertion(library: Library, alg: str) -> str:
    client, now = client_for(alg), int(time.time())
    claims = {
        "iss": client.client_id,
        "sub": client.client_id,
        "aud": SERVER.token_endpoint,
        "iat": now,
        "exp": now + 60,
        "jti": str(uuid.uuid4()),
    }
    header = {"typ": "JWT"}
    if client.keys:
        header["kid"] = str(client.keys[0].kid)
    return library.sign(client, alg, header, claims)


@pytest.mark.parametrize(("library", "alg"), pairs("verify"))
def test_a_library_verifies_our_assertion_if_it_knows_the_algorithm(library: Library, alg: str) -> None:
    assert library.verify is not None
    assertion = our_assertion(alg)
    if alg in library.algorithms:
        assert library.verify(assertion, client_for(alg), alg) == assertion.claims
    else:
        with pytest.raises(Exception) as refusal:  # noqa: PT011  which one, the next line says
            library.verify(assertion, client_for(alg), alg)
        assert type(refusal.value).__name__ in library.unknown


@pytest.mark.parametrize(("library", "alg"), pairs("sign"))
def test_what_a_library_signs_is_judged_right_if_it_knows_the_algorithm(library: Library, alg: str) -> None:
    if alg not in library.algorithms:
        with pytest.raises(Exception) as refusal:  # noqa: PT011  which one, the next line says
            their_assertion(library, alg)
        assert type(refusal.value).__name__ in library.unknown
        return
    client = client_for(alg)
    request = request_with(their_assertion(library, alg), client, PROFILE)
    verdict = judge(request, client=client, server=SERVER, profile=PROFILE)
    assert verdict.violations == ()
    assert {warning.rule for warning in verdict.warnings} <= {"alg-deprecated-polymorphic"}
    assert [skipped.rule for skipped in verdict.not_evaluated if skipped.rule.startswith("signature")] == []


@pytest.mark.parametrize(("library", "alg"), pairs("verify"))
def test_a_library_refuses_our_assertion_with_a_wrong_signature(library: Library, alg: str) -> None:
    # Else the first test would say nothing.
    assert library.verify is not None
    with pytest.raises(Exception) as refusal:  # noqa: PT011  each library has its own
        library.verify(our_assertion(alg, fault="signature-invalid"), client_for(alg), alg)
    named = type(refusal.value).__name__
    assert named in library.unknown if alg not in library.algorithms else "Signature" in named
