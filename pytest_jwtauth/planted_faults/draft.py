"""A client assertion before it is signed, and the places where one edit can spoil it.

No table of faults, no defaults, no judging: this room writes down what it is given (RFC 7515 §5.1).
"""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from pytest_jwtauth import base64url, crypto
from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.evidence import accepted_audiences
from pytest_jwtauth.jwa import ALGORITHMS, HMAC_ALGORITHMS
from pytest_jwtauth.jwk import Jwk, kind_mismatch
from pytest_jwtauth.model import AuthorizationServer, Json, Profile
from pytest_jwtauth.registered_client import RegisteredClient

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold keys.
__tracebackhide__ = True

Key: TypeAlias = "bytes | Jwk"
"""What signs: the octets of a shared secret, or a private key."""

DEEPEST = 200
"""Levels of nesting that are written; far above what the judge reads, so that the fault can be planted."""
LARGEST_INTEGER_BITS = 8192


def unchanged(value: Any) -> Any:
    """The edit that edits nothing."""
    return value


@dataclass(slots=True, repr=False)
class Draft:
    """Everything that goes into one assertion, each stage with the edit that a fault may set.

    The signature is made over header and payload as they stand after their edits, so it is right unless the fault is
    about signing.

    Attributes:
        client, server, profile, now: What the assertion is made for, and when (a NumericDate).
        header, claims: The members, still to be changed freely.
        alg, key: What signs; the header says what is signed with only as long as nobody edits it.
        header_json, claims_json: Edit of the JSON text, in octets.
        payload_part: Edit of the middle part, in base64url.
        signature: Edit of the signature's octets.
        signature_part: Edit of the last part, in base64url.
        text: Edit of the finished text.
    """

    client: RegisteredClient
    server: AuthorizationServer
    profile: Profile
    now: float
    header: dict[str, Json]
    claims: dict[str, Json]
    alg: str
    key: Key
    header_json: Callable[[bytes], bytes] = unchanged
    claims_json: Callable[[bytes], bytes] = unchanged
    payload_part: Callable[[str], str] = unchanged
    signature: Callable[[bytes], bytes] = unchanged
    signature_part: Callable[[str], str] = unchanged
    text: Callable[[str], str] = unchanged

    def __repr__(self) -> str:
        # Names, too, are what a test says; a secret in the wrong place may be one.
        return f"<Draft of {len(self.header)} header members and {len(self.claims)} claims>"

    def write(self) -> str:
        """The assertion in JWS Compact Serialization (RFC 7515 §7.1), every edit applied.

        Raises:
            ConfigurationError: if JSON cannot hold a member.
        """
        header = base64url.encode(self.header_json(to_json("header", self.header)))
        payload = self.payload_part(base64url.encode(self.claims_json(to_json("claims", self.claims))))
        signature = self.signature(self.sign(f"{header}.{payload}"))
        return self.text(f"{header}.{payload}.{self.signature_part(base64url.encode(signature))}")

    def sign_with(self, alg: str, key: Key) -> None:
        """Let *key* sign, and the header name *alg*; a ``kid`` stays what it is."""
        self.alg, self.key = alg, key
        self.header["alg"] = alg

    def sign(self, signing_input: str) -> bytes:
        """The signature over *signing_input*, which is ASCII as every part is base64url."""
        return crypto.sign(self.alg, self.key, signing_input.encode("ascii"))


def suitable_algorithms(key: Key) -> tuple[str, ...]:
    """The algorithms that *key* can sign with, fully-specified names before the polymorphic one (RFC 9864 §4)."""
    if isinstance(key, bytes):
        return tuple(sorted(HMAC_ALGORITHMS))
    names = [name for name, algorithm in ALGORITHMS.items() if kind_mismatch(key, algorithm) is None]
    return tuple(sorted(names, key=lambda name: name == "EdDSA"))


def demands(profile: Profile, rule: str) -> bool:
    """Whether *profile*, or the user, turns on *rule*, which is off by default."""
    return (profile.forced.get(rule) or profile.levels.get(rule, "off")) != "off"


def liked_algorithms(profile: Profile, client: RegisteredClient) -> frozenset[str]:
    """The algorithms that *profile* takes from *client* without a word."""
    allowed = profile.algorithms.get(client.method, frozenset())
    if not demands(profile, "alg-rsa-pkcs1"):
        return allowed
    return frozenset(name for name in allowed if ALGORITHMS[name].family != "RSASSA-PKCS1-v1_5")


def default_audience(profile: Profile, server: AuthorizationServer) -> str:
    """The ``aud`` that *profile* likes best at the token endpoint."""
    # A profile that one derived with `but` may demand one of several audiences that it still lists.
    if demands(profile, "aud-not-issuer"):
        return server.issuer
    if demands(profile, "aud-not-token-endpoint"):
        return server.token_endpoint
    return next(iter(accepted_audiences(profile, server, "token")), server.token_endpoint)


def to_json(name: str, members: Mapping[str, Json]) -> bytes:
    """*members* as JSON without white space, ASCII only, so that no two readers disagree about the encoding.

    Raises:
        ConfigurationError: if there is a value in it that is not JSON; says where and of what type, never its value.
    """
    _check_json(name, members, 0)
    return json.dumps(members, separators=(",", ":")).encode("ascii")


def _check_json(place: str, value: object, depth: int) -> None:
    if value is None or isinstance(value, str):
        return
    if isinstance(value, int):
        # CPython refuses to write integers of more than 4,300 digits.
        fault = "has thousands of digits" if value.bit_length() > LARGEST_INTEGER_BITS else ""
    elif isinstance(value, float):
        fault = "" if math.isfinite(value) else f"is {value}"
    elif depth > DEEPEST:
        fault = f"nests more than {DEEPEST} levels deep, or holds itself"
    elif isinstance(value, dict):
        names = [name for name in value if not isinstance(name, str)]
        fault = f"has a member name that is {type(names[0]).__name__}" if names else ""
        for name, inner in value.items():
            _check_json(f"{place}[{name!r}]" if depth == 0 else place, inner, depth + 1)
    elif isinstance(value, (list, tuple)):
        fault = ""
        for inner in value:
            _check_json(place, inner, depth + 1)
    elif isinstance(value, datetime.datetime):
        fault = "is a datetime; a NumericDate is a number of seconds: int(moment.timestamp())"
    else:
        fault = f"is, or holds, {type(value).__name__}"
    if fault:
        raise ConfigurationError(
            f"{place} {fault}. A JWT holds JSON: strings, finite numbers, True, False, None, lists and dicts."
        )
