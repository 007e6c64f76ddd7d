"""What the authorization server publishes about itself (RFC 8414 §2, OIDC Discovery §3), and at which URLs.

Data only: no request, no history, no key. What the profile refuses is not promised.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import urlsplit

from pytest_jwtauth.jwa import ASYMMETRIC_ALGORITHMS
from pytest_jwtauth.model import AuthorizationServer, Json, Profile
from pytest_jwtauth.parameters import CIBA, DEVICE_CODE
from pytest_jwtauth.rules import RULES, level_of

_DOCUMENTS = ("openid-configuration", "oauth-authorization-server")
_NEEDS_ENDPOINT: Mapping[str, str] = MappingProxyType(
    {DEVICE_CODE: "device_authorization", CIBA: "backchannel_authentication"}
)
"""Grants that begin at an endpoint of their own."""
_AUTHENTICATED = ("token", "introspection", "revocation")
"""Endpoints whose client authentication has metadata of its own (RFC 8414 §2)."""
_METHOD_OF_FIELD: Mapping[str, str] = MappingProxyType({"client_secret": "client_secret_post"})
"""The registered method where the assertion does not travel as ``client_assertion``."""


@lru_cache(maxsize=64)
def metadata_urls(issuer: str) -> tuple[str, ...]:
    """Where clients look for the metadata of *issuer*, the commonest place first.

    OIDC Discovery §4.1 puts the well-known part after the issuer's path, RFC 8414 §3.1 before it, and §5 there tells
    clients to try the other place for either document. A slash at the end of the issuer is taken off.
    """
    parts = urlsplit(issuer)
    origin, path = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
    after = [f"{origin}{path}/.well-known/{document}" for document in _DOCUMENTS]
    before = [f"{origin}/.well-known/{document}{path}" for document in _DOCUMENTS]
    return tuple(dict.fromkeys([after[0], before[1], after[1], before[0]]))


def server_metadata(
    server: AuthorizationServer, profile: Profile, *, grant_types: Iterable[str], id_token_signing_alg: str
) -> dict[str, Json]:
    """The metadata of *server* as *profile* lets clients use it.

    Args:
        grant_types: What the stub can serve.
        id_token_signing_alg: What it signs ID Tokens with.
    """
    members: dict[str, Json] = {"issuer": server.issuer}
    for name, url in (("authorization_endpoint", server.authorization_endpoint), ("jwks_uri", server.jwks_uri)):
        if url is not None:
            members[name] = url
    members |= {f"{name}_endpoint": url for name, url in server.endpoints.items()}
    members |= {
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [grant for grant in grant_types if _is_open(grant, server, profile)],
        "scopes_supported": ["openid"],
        "subject_types_supported": ["public"],
        # RS256 has to be among them (OIDC Discovery §3), and the stub signs with it when it is told to.
        "id_token_signing_alg_values_supported": list(dict.fromkeys([id_token_signing_alg, "RS256"])),
        # Without it a client that could use DPoP does not (RFC 9449 §5.1).
        "dpop_signing_alg_values_supported": sorted(ASYMMETRIC_ALGORITHMS),
        "code_challenge_methods_supported": [
            "S256",
            *(() if level_of(RULES["code-challenge-plain"], profile) == "error" else ("plain",)),
        ],
    }
    for name in _AUTHENTICATED:
        if name in server.endpoints:
            members |= {f"{name}_endpoint_{member}": value for member, value in _authentication(profile).items()}
    if "backchannel_authentication" in server.endpoints:
        members["backchannel_token_delivery_modes_supported"] = ["poll"]
        members["backchannel_user_code_parameter_supported"] = False
    return members


def _is_open(grant: str, server: AuthorizationServer, profile: Profile) -> bool:
    if profile.grant_types and grant not in profile.grant_types:
        return False
    needed = _NEEDS_ENDPOINT.get(grant)
    return needed is None or needed in server.endpoints


def _authentication(profile: Profile) -> dict[str, list[str]]:
    """How clients authenticate, by the last words of the members that say so."""
    method = _METHOD_OF_FIELD.get(profile.assertion_field)
    if method is not None:
        return {"auth_methods_supported": [method]}
    offered = {method: algorithms for method, algorithms in profile.algorithms.items() if algorithms}
    return {
        "auth_methods_supported": list(offered),
        # "none" must not be among them (RFC 8414 §2), and is in no profile.
        "auth_signing_alg_values_supported": sorted(frozenset().union(*offered.values())),
    }
