"""Client assertions as they are built: correct by default, changed as asked, and discreet."""

from __future__ import annotations

import base64
import hmac
import json
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from signing_clients import (
    ANOTHER_SECRET,
    CLIENT,
    SECRET,
    SERVER,
    client_for,
    client_with_two_keys,
    nested,
    rsa_jwk,
    signed,
)

from pytest_jwtauth import crypto, numeric_date
from pytest_jwtauth.client_assertion import ClientAssertion
from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.jwk import read_jwk
from pytest_jwtauth.model import AuthorizationServer, Profile
from pytest_jwtauth.profiles import PROFILES
from pytest_jwtauth.registered_client import RegisteredClient


def parts(assertion: str) -> tuple[Any, Any, bytes]:
    """Header, claims and signature as another program reads them."""
    header, claims, signature = (base64.urlsafe_b64decode(part + "==") for part in assertion.split("."))
    return json.loads(header), json.loads(claims), signature


def mac(assertion: str, secret: bytes, hash_name: str = "sha256") -> bytes:
    return hmac.new(secret, assertion.rpartition(".")[0].encode(), hash_name).digest()


def verifies(assertion: str, alg: str, jwk: Mapping[str, Any]) -> bool:
    return crypto.verify(alg, read_jwk(jwk), assertion.rpartition(".")[0].encode(), parts(assertion)[2])


# By default


def test_header_and_claims_are_those_of_the_client_for_the_server() -> None:
    header, claims, _ = parts(signed())
    jti = claims.pop("jti")
    assert header == {"typ": "JWT", "alg": "HS256"}
    assert claims == {
        "iss": "c11e27ab",
        "sub": "c11e27ab",
        "aud": SERVER.token_endpoint,
        "exp": 1_760_000_060,
        "iat": 1_760_000_000,
    }
    assert uuid.UUID(jti).version == 4


def test_the_secret_signs() -> None:
    assertion = signed()
    assert parts(assertion)[2] == mac(assertion, SECRET.encode())


def test_header_and_claims_are_at_hand() -> None:
    assertion = signed()
    assert (dict(assertion.header), dict(assertion.claims)) == parts(assertion)[:2]


def test_no_two_assertions_have_the_same_jti() -> None:
    assert len({signed().claims["jti"] for _ in range(50)}) == 50


def test_the_profile_is_that_of_pingone_unless_said_otherwise() -> None:
    client = RegisteredClient("c", jwks=client_for("ES256").private_jwk())
    assertion = ClientAssertion.signed(client=client, server=SERVER)
    assert assertion.header["alg"] == "ES256"


def test_the_time_is_the_current_one_unless_said_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numeric_date, "current_time", lambda: 1_234_567_890.9)
    claims = signed(now=None).claims
    assert (claims["iat"], claims["exp"]) == (1_234_567_890, 1_234_567_950)


def test_a_text_is_what_it_is_where_it_is_sent() -> None:
    assertion = signed()
    assert type(str(assertion)) is str
    assert parse_qs(urlencode({"client_assertion": assertion}))["client_assertion"] == [str(assertion)]
    assert assertion == str(assertion)
    assert json.loads(json.dumps([assertion])) == [str(assertion)]


# The algorithm and the key


@pytest.mark.parametrize(
    "alg", ["RS256", "RS512", "PS384", "ES256", "ES384", "ES512", "ES256K", "Ed25519", "Ed448", "EdDSA"]
)
def test_the_registered_algorithm_signs_with_the_private_key(alg: str) -> None:
    client = client_for(alg)
    assertion = signed(client=client)
    assert assertion.header == {"typ": "JWT", "alg": alg, "kid": client.keys[0].kid}
    assert verifies(assertion, alg, client.keys[0].public())


@pytest.mark.parametrize(("alg", "hash_name"), [("HS256", "sha256"), ("HS384", "sha384"), ("HS512", "sha512")])
def test_the_registered_algorithm_signs_with_the_secret(alg: str, hash_name: str) -> None:
    client = RegisteredClient("c", SECRET, token_endpoint_auth_signing_alg=alg)
    assertion = signed(client=client)
    assert assertion.header["alg"] == alg
    assert parts(assertion)[2] == mac(assertion, SECRET.encode(), hash_name)


def without(jwk: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in jwk.items() if name not in names}


FAPI = PROFILES["rfc7523"].but(levels={"alg-rsa-pkcs1": "error"})
ONLY_PS = PROFILES["rfc7523"].but(algorithms={"private_key_jwt": frozenset({"PS512", "EdDSA"})})


@pytest.mark.parametrize(
    ("jwk", "profile", "alg"),
    [
        pytest.param({**rsa_jwk(), "alg": "PS384"}, "rfc7523", "PS384", id="what the key says"),
        pytest.param({**rsa_jwk(), "alg": "RS256"}, FAPI, "RS256", id="what the key says, against the profile"),
        pytest.param(rsa_jwk(), "rfc7523", "RS256", id="the first that suits the key"),
        pytest.param(rsa_jwk(), FAPI, "PS256", id="the first that suits key and profile"),
        pytest.param(rsa_jwk(), ONLY_PS, "PS512", id="the only one that suits key and profile"),
        pytest.param(
            without(client_for("ES384").private_jwk(), "alg"), ONLY_PS, "ES384", id="what suits the key alone"
        ),
        pytest.param(without(client_for("Ed25519").private_jwk(), "alg"), "rfc7523", "Ed25519", id="a full name"),
        pytest.param(
            without(client_for("Ed25519").private_jwk(), "alg"), ONLY_PS, "EdDSA", id="the name the profile knows"
        ),
        pytest.param({**rsa_jwk(), "alg": "of-tomorrow"}, "rfc7523", "RS256", id="what suits a key that says nonsense"),
        pytest.param({**rsa_jwk(), "alg": "ES256"}, "rfc7523", "RS256", id="what suits a key that says the impossible"),
    ],
)
def test_without_a_registered_algorithm_key_and_profile_choose(
    jwk: dict[str, Any], profile: str | Profile, alg: str
) -> None:
    assertion = signed(client=RegisteredClient("c", jwks=jwk), profile=profile)
    assert assertion.header["alg"] == alg
    assert verifies(assertion, alg, jwk)


def test_of_several_private_keys_the_first_that_fits_signs() -> None:
    first, second = client_with_two_keys().keys
    client = client_with_two_keys()
    assert signed(client=client).header["kid"] == first.kid
    assert signed(client=client, alg="ES256").header["kid"] == second.kid


def test_of_several_private_keys_for_an_algorithm_the_one_marked_with_it_signs() -> None:
    keys = [{**rsa_jwk(), "alg": "PS256", "kid": "first"}, {**rsa_jwk(), "alg": "RS256", "kid": "second"}]
    client = RegisteredClient("c", jwks={"keys": keys})
    signers = {alg: signed(client=client, alg=alg).header["kid"] for alg in ("PS256", "RS256", "RS512")}
    assert signers == {"PS256": "first", "RS256": "second", "RS512": "first"}


def test_keys_that_are_not_for_signatures_do_not_sign() -> None:
    for_encryption = {**rsa_jwk(), "use": "enc", "kid": "enc"}
    unknown = {"kty": "AKP", "use": "enc", "k": "c2VjcmV0"}
    agreement = {"kty": "OKP", "crv": "X25519", "use": "enc", "x": "c2VjcmV0", "d": "c2VjcmV0"}
    elliptic = client_for("ES256").private_jwk()
    client = RegisteredClient("c", jwks={"keys": [for_encryption, unknown, agreement, elliptic]})
    assert signed(client=client).header["kid"] == elliptic["kid"]


def test_a_key_without_kid_gives_a_header_without() -> None:
    client = RegisteredClient("c", jwks=without(client_for("ES256").private_jwk(), "kid"))
    assert set(signed(client=client).header) == {"typ", "alg"}


def test_another_algorithm_can_be_asked_for() -> None:
    assertion = signed(alg="HS512")
    assert assertion.header["alg"] == "HS512"
    assert parts(assertion)[2] == mac(assertion, SECRET.encode(), "sha512")


def test_also_one_that_the_key_is_not_meant_for() -> None:
    client = client_for("RS256")
    assertion = signed(client=client, alg="PS256")
    assert (assertion.header["alg"], assertion.header["kid"]) == ("PS256", client.keys[0].kid)
    assert verifies(assertion, "PS256", client.keys[0].public())


STRANGER = client_for("ES256")


@pytest.mark.parametrize(
    ("key", "alg"),
    [
        pytest.param(STRANGER.private_jwk(), None, id="JWK"),
        pytest.param(without(STRANGER.private_jwk(), "alg"), None, id="JWK without alg"),
        pytest.param(STRANGER.private_key_pem(), None, id="PEM"),
        pytest.param(STRANGER.private_key_pem().encode(), "ES256", id="PEM in octets"),
        pytest.param(f"\n{STRANGER.private_key_pem()}", None, id="PEM after a line feed"),
    ],
)
def test_another_private_key_can_sign(key: Any, alg: str | None) -> None:
    assertion = signed(key=key, alg=alg)
    assert assertion.header["alg"] == "ES256"
    assert assertion.header.get("kid") == (key["kid"] if isinstance(key, dict) else None)
    assert verifies(assertion, "ES256", STRANGER.keys[0].public())


@pytest.mark.parametrize(
    ("key", "octets"),
    [
        pytest.param(ANOTHER_SECRET, ANOTHER_SECRET.encode(), id="text"),
        pytest.param("schlüssel", "schlüssel".encode(), id="text beyond ASCII"),
        pytest.param(b"\x00\xff", b"\x00\xff", id="octets"),
        pytest.param({"kty": "oct", "k": "AP8"}, b"\x00\xff", id="JWK"),
    ],
)
def test_another_secret_can_sign(key: Any, octets: bytes) -> None:
    assertion = signed(key=key)
    assert assertion.header == {"typ": "JWT", "alg": "HS256"}
    assert parts(assertion)[2] == mac(assertion, octets)


def test_for_hmac_a_pem_is_a_secret_like_any_other() -> None:
    pem = crypto.public_key_pem(STRANGER.keys[0])
    assertion = signed(client=STRANGER, key=pem, alg="HS256")
    assert parts(assertion)[2] == mac(assertion, pem.encode())


# The profile


def test_the_first_audience_that_the_profile_accepts_is_taken() -> None:
    issuer_first = PROFILES["rfc7523"].but(audiences={"token": ("issuer", "token_endpoint")})
    fixed = PROFILES["rfc7523"].but(fixed_audiences=("https://fixed.example/",))
    assert signed(profile=issuer_first).claims["aud"] == SERVER.issuer
    assert signed(profile=fixed).claims["aud"] == "https://fixed.example/"


@pytest.mark.parametrize(
    ("rule", "where", "name", "value"),
    [
        ("aud-not-issuer", "claims", "aud", SERVER.issuer),
        ("aud-not-token-endpoint", "claims", "aud", SERVER.token_endpoint),
        ("nbf-missing", "claims", "nbf", 1_760_000_000),
        ("typ-not-explicit", "header", "typ", "client-authentication+jwt"),
    ],
)
def test_what_a_profile_demands_beyond_the_usual_is_there(rule: str, where: str, name: str, value: object) -> None:
    demanding = PROFILES["rfc7523"].but(
        levels={rule: "error"}, audiences={"token": ("endpoint", "issuer", "token_endpoint")}
    )
    assert getattr(signed(profile=demanding), where)[name] == value
    assert signed(profile="rfc7523").claims.get("nbf") is None


@pytest.mark.parametrize(("longest", "expected"), [(None, 60), (3600, 60), (30, 30)])
def test_an_assertion_lives_for_a_minute_or_as_long_as_the_profile_lets_it(longest: int | None, expected: int) -> None:
    claims = signed(profile=PROFILES["rfc7523"].but(max_lifetime=longest)).claims
    assert claims["exp"] - claims["iat"] == expected


# What can be changed


@pytest.mark.parametrize(
    ("lifetime", "exp"),
    [(3600, 1_760_003_600), (1, 1_760_000_001), (0, 1_760_000_000), (-1, 1_759_999_999), (0.7, 1_760_000_001)],
)
def test_a_lifetime_counts_from_now_to_the_whole_second_before(lifetime: float, exp: int) -> None:
    assert signed(lifetime=lifetime).claims["exp"] == exp


def test_claims_are_added_and_replaced() -> None:
    claims = parts(signed(claims={"aud": [SERVER.issuer], "exp": 1.5, "nested": {"list": (1, None, True)}}))[1]
    assert (claims["aud"], claims["exp"], claims["nested"]) == ([SERVER.issuer], 1.5, {"list": [1, None, True]})
    assert claims["iss"] == CLIENT.client_id


def test_the_header_is_changed_alone_and_signed_as_it_then_is() -> None:
    assertion = signed(header={"alg": "HS512", "kid": "7", "typ": None})
    assert parts(assertion)[0] == {"typ": None, "alg": "HS512", "kid": "7"}
    assert parts(assertion)[2] == mac(assertion, SECRET.encode())


def test_claims_and_header_members_are_left_out() -> None:
    assertion = signed(header={"kid": "7", "iss": "both"}, without=["typ", "iss", "jti"])
    assert (set(assertion.header), set(assertion.claims)) == ({"alg", "kid"}, {"sub", "aud", "exp", "iat"})


def test_json_may_nest_two_hundred_levels_deep() -> None:
    assert signed(claims={"a": nested(199)}).claims["a"] == nested(199)
    with pytest.raises(ConfigurationError):
        signed(claims={"a": nested(200)})


def test_what_the_caller_passes_stays_as_it_was() -> None:
    claims, header = {"aud": ["a"]}, {"kid": "7"}
    assertion = signed(claims=claims, header=header, fault="crit-unknown")
    assert (claims, header) == ({"aud": ["a"]}, {"kid": "7"})
    with pytest.raises(TypeError):
        assertion.claims["aud"] = "b"  # type: ignore[index]


def test_with_one_time_and_one_jti_the_same_assertion_is_made_twice() -> None:
    assert signed(claims={"jti": "7"}) == signed(claims={"jti": "7"})


def test_a_server_without_other_endpoints_is_enough() -> None:
    server = AuthorizationServer("https://auth.example", "https://auth.example/token")
    assert signed(server=server).claims["aud"] == "https://auth.example/token"
