"""Faults in what the claims say, times apart (RFC 7523 §3). Knows no signature."""

from __future__ import annotations

from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.evidence import accepted_audiences
from pytest_jwtauth.jwk import read_jwk_set
from pytest_jwtauth.planted_faults.draft import Draft, default_audience
from pytest_jwtauth.planted_faults.fault import (
    STRANGER,
    Fault,
    claim,
    claims_json,
    follows,
    in_an_array,
    invalid_utf8,
    no_claim,
    repeated,
    trailing_comma,
)

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold keys.
__tracebackhide__ = True


def _repeat_iss(draft: Draft) -> None:
    draft.claims_json = lambda octets: repeated(octets, "iss", b'"somebody-else"')


def _issuer_of_the_server(draft: Draft) -> None:
    draft.claims["iss"] = draft.server.issuer


def _near_miss(draft: Draft) -> None:
    profile, server = draft.profile, draft.server
    accepted = {url for endpoint in server.endpoints for url in accepted_audiences(profile, server, endpoint)}
    draft.claims["aud"] = next(
        near for ending in ("/", "/other") if (near := server.token_endpoint + ending) not in accepted
    )


def _two_audiences(draft: Draft) -> None:
    best = default_audience(draft.profile, draft.server)
    draft.claims["aud"] = [best, *(url for url in (draft.server.token_endpoint, draft.server.issuer) if url != best)]


def _audience_of_a_stranger(draft: Draft) -> None:
    draft.claims["aud"] = [default_audience(draft.profile, draft.server), f"{STRANGER}/token"]


def _audience_in_an_array(draft: Draft) -> None:
    draft.claims["aud"] = [default_audience(draft.profile, draft.server)]


def _token_endpoint_as_audience(draft: Draft) -> None:
    draft.claims["aud"] = draft.server.token_endpoint


def _issuer_as_audience(draft: Draft) -> None:
    draft.claims["aud"] = draft.server.issuer


def _leak(draft: Draft) -> None:
    if not draft.client.secret_needles():
        raise ConfigurationError(
            "the client has no private key, or a secret too short to be told from other text. Use a client with either "
            "a private key in its jwks or a client_secret of 8 characters or more"
        )
    secret = draft.client.client_secret
    if secret is None:
        private = next(key for key in read_jwk_set(draft.client.jwks or {}) if key.is_private)
        draft.claims["credential"] = private.as_dict()
    else:
        draft.claims["credential"] = secret


def _long_jti(draft: Draft) -> None:
    length = draft.profile.longest_jti + 1
    draft.claims["jti"] = ("0123456789abcdef" * length)[:length]


def _many(draft: Draft) -> None:
    draft.claims.update({f"claim_{number}": True for number in range(51)})


FAULTS = (
    Fault("payload-not-utf8", "the claims hold an octet that is not UTF-8", claims_json(invalid_utf8)),
    Fault("payload-not-json", "a comma follows the last claim", claims_json(trailing_comma)),
    Fault("payload-not-object", "the claims are inside a JSON array", claims_json(in_an_array)),
    Fault("payload-duplicate-claim", "iss occurs twice, with two values", _repeat_iss),
    Fault("iss-missing", "there is no iss", no_claim("iss")),
    Fault("iss-not-string", "iss is a number", claim("iss", 42)),
    Fault("iss-mismatch", "iss is the authorization server, not the client", _issuer_of_the_server),
    Fault("sub-missing", "there is no sub", no_claim("sub")),
    Fault("sub-not-string", "sub is a number", claim("sub", 42)),
    Fault(
        "sub-mismatch",
        "sub is another client",
        claim("sub", "another-client"),
        follows=follows("client-id-mismatch"),
    ),
    Fault("aud-missing", "there is no aud", no_claim("aud")),
    Fault("aud-not-string-or-array", "aud is null", claim("aud", None)),
    Fault(
        "aud-mismatch",
        "aud is almost a URL of the server",
        _near_miss,
        follows=follows("aud-not-issuer", "aud-not-token-endpoint"),
    ),
    Fault(
        "aud-endpoint-specific",
        "aud is almost a URL of the server, and no endpoint of it accepts that",
        _near_miss,
        follows=follows("aud-not-issuer"),
    ),
    Fault(
        "aud-multiple",
        "aud has two values or more, all of them the server's",
        _two_audiences,
        follows=follows("aud-array-form", "aud-not-issuer"),
    ),
    Fault(
        "aud-foreign-party",
        "aud also names a server of another origin",
        _audience_of_a_stranger,
        follows=follows("aud-multiple", "aud-array-form", "aud-not-issuer"),
    ),
    Fault("aud-array-form", "aud is an array of one", _audience_in_an_array),
    Fault("aud-not-issuer", "aud is the token endpoint", _token_endpoint_as_audience, follows=follows("aud-mismatch")),
    Fault("aud-not-token-endpoint", "aud is the issuer", _issuer_as_audience, follows=follows("aud-mismatch")),
    Fault("jti-missing", "there is no jti", no_claim("jti")),
    Fault("jti-not-string", "jti is a number", claim("jti", 7)),
    Fault("jti-empty", "jti is empty", claim("jti", "")),
    Fault("jti-low-entropy", "jti is a small number as text", claim("jti", "1")),
    Fault("jti-too-long", "jti is a character longer than the profile allows", _long_jti),
    Fault("claims-look-like-other-jwt", "it has the nonce of an ID token", claim("nonce", "n-0S6_WzA2Mj")),
    Fault("claims-too-many", "there are more than 50 claims", _many),
    Fault("secret-leaked", "a claim holds the client secret, or the private key", _leak),
)
