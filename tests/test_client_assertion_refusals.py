"""What no assertion can be made of is refused at once, in words that help and tell no secret."""

from __future__ import annotations

from datetime import datetime, timezone
from enum import Enum
from typing import Any

import pytest
from signing_clients import (
    ANOTHER_SECRET,
    SECRET,
    client_for,
    nested,
    rsa_jwk,
    signed,
)

from pytest_jwtauth import crypto
from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.registered_client import RegisteredClient

STRANGER = client_for("ES256")


class Colour(Enum):
    RED = 1


def endless() -> dict[str, Any]:
    value: dict[str, Any] = {}
    value["again"] = value
    return value


REFUSED = {
    "an unknown profile": ({"profile": "pingtwo"}, "unknown profile 'pingtwo'. Did you mean 'pingone'"),
    "an unknown alg": ({"alg": "HS265"}, "unknown alg to sign with"),
    "an unsigned alg": ({"alg": "none"}, 'header={"alg": …} changes the header alone'),
    "HMAC without a secret": ({"client": STRANGER, "alg": "HS256"}, "has none: pass one as key=…"),
    "a key pair's alg without one": ({"alg": "RS256"}, "has no private key to sign with"),
    "public keys only": (
        {"client": RegisteredClient("public", jwks=STRANGER.keys[0].public())},
        "Put private keys into its jwks",
    ),
    "no private key for the alg": ({"client": STRANGER, "alg": "RS256"}, "no private key of"),
    "no private key for signatures": (
        {"client": RegisteredClient("c", jwks={"keys": [{**rsa_jwk(), "use": "enc"}, STRANGER.keys[0].public()]})},
        "is for signatures: pass one as key=…",
    ),
    "a secret for ES256": ({"key": ANOTHER_SECRET, "alg": "ES256"}, "ES256 needs a private"),
    "an RSA key for ES256": ({"key": rsa_jwk(), "alg": "ES256"}, "kty is RSA, ES256 needs EC"),
    "a public JWK": ({"key": STRANGER.keys[0].public()}, "no usable private key: d is missing"),
    "a public key in PEM": ({"key": crypto.public_key_pem(STRANGER.keys[0])}, "no usable private key: d is missing"),
    "no PEM": ({"key": "-----BEGIN HOPE-----"}, "an unencrypted private key"),
    "a broken JWK": ({"key": {"kty": "oct", "k": "="}}, "the JWK passed as key cannot be used: k "),
    "a JWK of an unknown type": ({"key": {"kty": "AKP"}}, "the JWK passed as key cannot be used: kty 'AKP' is unknown"),
    "no JWK": ({"key": {"k": "AP8"}}, "a JWK is a mapping with"),
    "names that are not there": (
        {"without": ("jti", "nbf", "x")},
        "without names 'nbf', 'x', which the assertion does not have. Header members: alg, typ. "
        "Claims: aud, exp, iat, iss, jti, sub.",
    ),
    "an endless lifetime": ({"lifetime": float("inf")}, "lifetime is a number of seconds that a calendar can hold"),
    "no time": ({"now": float("nan")}, "now is a number of seconds that a calendar can hold; got nan"),
    "a time beyond all calendars": ({"now": 10**5000}, "that a calendar can hold; got an integer of 16610 bits"),
    "a datetime": (
        {"claims": {"exp": datetime(2030, 1, 1, tzinfo=timezone.utc)}},
        "claims['exp'] is a datetime; a NumericDate is a number of seconds: int(moment.timestamp())",
    ),
    "octets": ({"claims": {"sub": b"c"}}, "claims['sub'] is, or holds, bytes. A JWT holds JSON: strings"),
    "octets in a list": ({"claims": {"aud": ["a", b"b"]}}, "claims['aud'] is, or holds, bytes"),
    "an ellipsis": ({"claims": {"exp": ...}}, "claims['exp'] is, or holds, ellipsis"),
    "a set in the header": ({"header": {"crit": {"b64"}}}, "header['crit'] is, or holds, set"),
    "an enumeration": ({"claims": {"colour": Colour.RED}}, "claims['colour'] is, or holds, Colour"),
    "not a number": ({"claims": {"exp": float("nan")}}, "claims['exp'] is nan"),
    "infinity": ({"claims": {"exp": {"deep": [float("inf")]}}}, "claims['exp'] is inf"),
    "thousands of digits": ({"claims": {"exp": 10**5000}}, "claims['exp'] has thousands of digits"),
    "a name that is no text": ({"claims": {"a": {1: 2}}}, "claims['a'] has a member name that is int"),
    "too deep": ({"claims": {"a": nested(300)}}, "claims['a'] nests more than 200 levels deep, or holds itself"),
    "endless": ({"claims": {"a": endless()}}, "claims['a'] nests more than 200 levels deep, or holds itself"),
}


@pytest.mark.parametrize(("changes", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused_at_once(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        signed(**changes)
    assert said in str(refusal.value)
    for secret in (SECRET, ANOTHER_SECRET, rsa_jwk()["d"], STRANGER.private_jwk()["d"]):
        assert secret not in str(refusal.value)


WRONG_TYPES = {
    "client": ({"client": "c"}, "client is a RegisteredClient; got str"),
    "server": ({"server": "https://auth.example"}, "server is an AuthorizationServer; got str"),
    "claims": ({"claims": [("iss", "c")]}, "claims is a mapping of names to JSON values; got list"),
    "header": ({"header": None}, "header is a mapping of names to JSON values; got NoneType"),
    "the name of a claim": ({"claims": {1: 2}}, "claims has a name that is no str but int"),
    "one name": ({"without": "jti"}, 'without is a tuple of names, as in without=("jti",); got str'),
    "no names": ({"without": 1}, "got int"),
    "names that are none": ({"without": [1]}, "got list"),
    "lifetime": ({"lifetime": "60"}, "lifetime is a number of seconds; got str"),
    "a lifetime that is true": ({"lifetime": True}, "lifetime is a number of seconds; got bool"),
    "now": ({"now": datetime(2030, 1, 1, tzinfo=timezone.utc)}, "now is a number of seconds; got datetime"),
    "alg": ({"alg": 256}, "alg is a string; got int"),
    "key": ({"key": 256}, "key is a JWK (a mapping), a private key in PEM, or a secret (str or bytes); got int"),
}


@pytest.mark.parametrize(("changes", "said"), WRONG_TYPES.values(), ids=WRONG_TYPES)
def test_a_value_of_the_wrong_type_is_refused_at_once(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(TypeError) as refusal:
        signed(**changes)
    assert said in str(refusal.value)
