"""Which signatures count as verified: those by a key that the client registered, and no others."""

from __future__ import annotations

import pytest

from pytest_jwtauth import base64url, crypto, jws
from pytest_jwtauth.jwa import ALGORITHMS
from pytest_jwtauth.jwk import Jwk, read_jwk
from pytest_jwtauth.registered_client import RegisteredClient
from pytest_jwtauth.verification import Verification, verify

ELLIPTIC = read_jwk(crypto.generate_jwk("ES256", kid="one"))
EDWARDS = read_jwk(crypto.generate_jwk("Ed25519", kid="two"))


def signed_by(jwk: Jwk, alg: str) -> jws.Jws:
    text = f"{base64url.encode(b'{}')}.{base64url.encode(b'{}')}"
    return jws.take_apart(f"{text}.{base64url.encode(crypto.sign(alg, jwk, text.encode('ascii')))}")


def registered(*keys: Jwk) -> RegisteredClient:
    return RegisteredClient("client", jwks={"keys": [key.public() for key in keys]})


@pytest.mark.parametrize("kid", [None, "one", "unknown"])
def test_a_signature_by_a_registered_key_is_valid_whatever_the_header_calls_it(kid: str | None) -> None:
    assert verify(signed_by(ELLIPTIC, "ES256"), ALGORITHMS["ES256"], registered(ELLIPTIC, EDWARDS), kid) == (
        Verification("valid")
    )


@pytest.mark.parametrize("kid", [None, "one", "unknown"])
def test_a_signature_that_no_registered_key_is_of_the_kind_to_verify_is_invalid(kid: str | None) -> None:
    outcome = verify(signed_by(ELLIPTIC, "ES256"), ALGORITHMS["ES256"], registered(EDWARDS), kid)
    assert outcome == Verification("invalid")


def test_an_empty_signature_is_empty_also_where_no_key_could_verify_it() -> None:
    unsigned = jws.take_apart(f"{base64url.encode(b'{}')}.{base64url.encode(b'{}')}.")
    assert verify(unsigned, ALGORITHMS["ES256"], registered(EDWARDS), None) == Verification("empty")


def test_of_an_algorithm_that_is_not_the_clients_kind_nothing_is_known() -> None:
    secret = RegisteredClient.generate()
    assert verify(signed_by(ELLIPTIC, "ES256"), ALGORITHMS["ES256"], secret, None) is None
    assert verify(signed_by(ELLIPTIC, "ES256"), ALGORITHMS["HS256"], registered(ELLIPTIC), None) is None
