"""Deployments and specifications as frozen values, each with its source. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pytest_jwtauth.errors import unknown_name
from pytest_jwtauth.jwa import ASYMMETRIC_ALGORITHMS, HMAC_ALGORITHMS
from pytest_jwtauth.model import Audience, EndpointName, Profile

_CSJ, _PKJ = "client_secret_jwt", "private_key_jwt"


def _algorithms(csj: frozenset[str], pkj: frozenset[str]) -> Mapping[str, frozenset[str]]:
    return MappingProxyType({_CSJ: csj, _PKJ: pkj})


_OTHER_ENDPOINTS: tuple[EndpointName, ...] = (
    "introspection",
    "revocation",
    "pushed_authorization_request",
    "device_authorization",
    "backchannel_authentication",
)


def _audiences(token: tuple[Audience, ...], others: tuple[Audience, ...]) -> Mapping[EndpointName, tuple[Audience, ...]]:
    return MappingProxyType({"token": token, **dict.fromkeys(_OTHER_ENDPOINTS, others)})


_ANY_OF_THE_SERVER = _audiences(("token_endpoint", "issuer"), ("token_endpoint", "endpoint", "issuer"))

RFC7523 = Profile(
    name="rfc7523",
    title="The specifications alone: RFC 6749, 7515, 7519, 7521, 7523",
    source="RFC 7523 (May 2015) with RFC 9126 §2 for the audiences at other endpoints",
    algorithms=_algorithms(HMAC_ALGORITHMS, ASYMMETRIC_ALGORITHMS),
    audiences=_ANY_OF_THE_SERVER,
)

PINGONE = Profile(
    name="pingone",
    title="PingOne",
    source="PingOne «Create a client secret JWT», «Create a private key JWT», «Token endpoint authentication methods» (February 2025)",
    # The two sites of the vendor disagree on ES*; what either allows is allowed here.
    algorithms=_algorithms(HMAC_ALGORITHMS, frozenset({"RS256", "RS384", "RS512", "ES256", "ES384", "ES512"})),
    audiences=_ANY_OF_THE_SERVER,
    max_lifetime=3600,
    # «iat» and «jti» are «not validated» there, so what only replay protection would refuse works.
    levels=MappingProxyType(
        {"multi-assertion-reused": "warning", "iat-in-future": "warning", "par-client-id-missing": "warning"}
    ),
    error_shape="pingone",
)

PROFILES: Mapping[str, Profile] = MappingProxyType({profile.name: profile for profile in (PINGONE, RFC7523)})


def profile_named(profile: str | Profile) -> Profile:
    """The profile of that name; a `Profile` is returned as it is.

    Raises:
        ConfigurationError: for a name that no profile has; the message lists them.
    """
    if isinstance(profile, Profile):
        return profile
    if profile not in PROFILES:
        raise unknown_name("profile", profile, PROFILES)
    return PROFILES[profile]
