"""Deployments and specifications as frozen values, each with its source.

Data only, and what a source does not say is not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pytest_jwtauth.errors import unknown_name
from pytest_jwtauth.jwa import ASYMMETRIC_ALGORITHMS, HMAC_ALGORITHMS
from pytest_jwtauth.model import OTHER_ENDPOINTS, TOKEN_ENDPOINT, Audience, Level, Profile
from pytest_jwtauth.parameters import JWT_BEARER
from pytest_jwtauth.rules import check_levels

RS = frozenset({"RS256", "RS384", "RS512"})
PS = frozenset({"PS256", "PS384", "PS512"})
ES = frozenset({"ES256", "ES384", "ES512"})


def _algorithms(
    *, csj: frozenset[str] = frozenset(), pkj: frozenset[str] = frozenset()
) -> Mapping[str, frozenset[str]]:
    return MappingProxyType({"client_secret_jwt": csj, "private_key_jwt": pkj})


def _audiences(
    token: tuple[Audience, ...], others: tuple[Audience, ...] | None = None
) -> Mapping[str, tuple[Audience, ...]]:
    rest = token if others is None else others
    return MappingProxyType({TOKEN_ENDPOINT: token, **dict.fromkeys(OTHER_ENDPOINTS, rest)})


def _levels(
    *, error: tuple[str, ...] = (), warning: tuple[str, ...] = (), off: tuple[str, ...] = ()
) -> Mapping[str, Level]:
    wanted: tuple[tuple[Level, tuple[str, ...]], ...] = (("error", error), ("warning", warning), ("off", off))
    return MappingProxyType({rule: level for level, rules in wanted for rule in rules})


_ANY_ALGORITHM = _algorithms(csj=HMAC_ALGORITHMS, pkj=ASYMMETRIC_ALGORITHMS)
_OF_THE_SERVER = _audiences(("token_endpoint", "issuer"), ("token_endpoint", "endpoint", "issuer"))
_ISSUER = _audiences(("issuer",))
_ONE_ISSUER_STRING = ("aud-multiple", "aud-foreign-party", "aud-array-form", "aud-not-issuer")
_ASSERTION_IS_THE_GRANT = (
    *("client-assertion-type-missing", "client-assertion-type-orphan", "auth-method-not-registered"),
    *("claims-look-like-other-jwt", "jwt-bearer-assertion-missing", "jwt-bearer-claims"),
)
_SENT_AGAIN = ("multi-assertion-reused", "multi-jti-reused", "multi-retry-same-assertion")

RFC7523 = Profile(
    name="rfc7523",
    title="The specifications alone: RFC 6749, 7515, 7519, 7521, 7523",
    source="RFC 7523 (May 2015); RFC 9126 §2 (September 2021) for the audiences at other endpoints",
    algorithms=_ANY_ALGORITHM,
    audiences=_OF_THE_SERVER,
)
PINGONE = Profile(
    name="pingone",
    title="PingOne",
    source="PingOne «Create a client secret JWT», «Create a private key JWT», «Token endpoint authentication methods» "
    "(February 2025)",
    # The two sites of the vendor disagree on ES*; what either allows is allowed here.
    algorithms=_algorithms(csj=HMAC_ALGORITHMS, pkj=RS | ES),
    audiences=_OF_THE_SERVER,
    max_lifetime=3600,
    # «iat» and «jti» are «not validated» there, so what only replay protection would refuse works.
    iat_far=float("inf"),
    levels=_levels(warning=("multi-assertion-reused", "par-client-id-missing")),
    error_shape="pingone",
)
PINGAM = Profile(
    name="pingam",
    title="PingAM, PingOne Advanced Identity Cloud",
    source="PingAM 7.2 and 8 «client-auth-jwt»; further audiences are a setting there: profile.but(fixed_audiences=…)",
    algorithms=_ANY_ALGORITHM,
    audiences=_audiences(("token_endpoint",)),
)
OIDC = Profile(
    name="oidc",
    title="OpenID Connect Core 1.0, errata set 2",
    source="OpenID Connect Core 1.0 incorporating errata set 2 §9 (15 December 2023)",
    algorithms=_ANY_ALGORITHM,
    audiences=_OF_THE_SERVER,
    levels=_levels(error=("jti-missing",)),
)
OIDC3 = Profile(
    name="oidc3",
    title="OpenID Connect Core 1.0, draft of errata set 3",
    source="OpenID Connect Core 1.0 draft 36 incorporating errata set 3 (2 July 2026)",
    algorithms=_ANY_ALGORITHM,
    audiences=_ISSUER,
    levels=_levels(error=("jti-missing", *_ONE_ISSUER_STRING)),
)
RFC7523BIS = Profile(
    name="rfc7523bis",
    title="The update of RFC 7523",
    source="draft-ietf-oauth-rfc7523bis-10 §4–5",
    algorithms=_ANY_ALGORITHM,
    audiences=_ISSUER,
    levels=_levels(
        error=("aud-multiple", "aud-foreign-party", "aud-not-issuer"), warning=("typ-missing", "typ-not-explicit")
    ),
)
FAPI1A = Profile(
    name="fapi1a",
    title="FAPI 1.0 Advanced",
    source="Financial-grade API Security Profile 1.0 Part 2: Advanced §5.2.2-14, §8.6 (12 March 2021)",
    algorithms=_algorithms(pkj=frozenset({"PS256", "ES256"})),
    audiences=_OF_THE_SERVER,
    levels=_levels(error=("jti-missing", "alg-rsa-pkcs1", "code-challenge-plain")),
)
FAPI2 = Profile(
    name="fapi2",
    title="FAPI 2.0 Security Profile",
    source="FAPI 2.0 Security Profile, final, §5.3.2.1, §5.3.3.1, §5.4 (22 February 2025)",
    algorithms=_algorithms(pkj=frozenset({"PS256", "ES256", "EdDSA", "Ed25519"})),
    audiences=_ISSUER,
    # Servers must take times up to 10 s ahead and must refuse those more than 60 s ahead.
    iat_skew=10,
    nbf_skew=10,
    iat_far=60,
    levels=_levels(
        error=(
            *("jti-missing", "alg-rsa-pkcs1", "code-challenge-plain", "par-redirect-uri-missing"),
            *_ONE_ISSUER_STRING,
        )
    ),
)
OKTA = Profile(
    name="okta",
    title="Okta",
    source="Okta «Build a JWT for Client Authentication» (August 2026)",
    algorithms=_algorithms(csj=HMAC_ALGORITHMS, pkj=RS | ES),
    audiences=_audiences(("token_endpoint",), ("endpoint",)),
    max_lifetime=3600,
    levels=_levels(error=("iat-in-future", "claim-time-not-integer", "aud-not-token-endpoint")),
)
AUTH0 = Profile(
    name="auth0",
    title="Auth0",
    source="Auth0 «Authenticate with Private Key JWT» (August 2026); the issuer ends in a slash there",
    algorithms=_algorithms(pkj=frozenset({"RS256", "RS384", "PS256"})),
    audiences=_ISSUER,
    max_lifetime=300,
    iat_skew=10,
    nbf_skew=10,
    levels=_levels(error=("jti-missing", "iat-in-future", "aud-not-issuer")),
)
ENTRA = Profile(
    name="entra",
    title="Microsoft Entra ID, certificate credentials",
    source="Microsoft identity platform «Application authentication certificate credentials», which advises 5 to 10 "
    "minutes, «OAuth 2.0 authorization code flow»; its MSAL 1.39.0 sends one assertion for nine minutes",
    algorithms=_algorithms(pkj=frozenset({"PS256", "RS256"})),
    audiences=_audiences(("token_endpoint",)),
    advised_lifetime=600,
    x5c_expected=True,
    levels=_levels(
        error=("client-id-missing", "header-x5t-missing", "aud-not-token-endpoint"),
        off=("scope-in-code-exchange", *_SENT_AGAIN),  # a code is exchanged with an optional scope there
    ),
    error_shape="entra",
)
KEYCLOAK = Profile(
    name="keycloak",
    title="Keycloak 26.2 and later",
    source="Keycloak source (AbstractBaseJWTValidator), release notes 26.2.15, issue 38576 for the default of 60 s",
    algorithms=_ANY_ALGORITHM,
    audiences=_audiences(("issuer", "token_endpoint", "any_endpoint")),
    max_lifetime=60,
    lifetime_from="now without iat",
    iat_skew=15,
    nbf_skew=15,
    iat_max_age=60,
    levels=_levels(
        error=("jti-missing", "aud-multiple", "iat-too-old", "iat-in-future", "form-param-too-long"),
    ),
    error_shape="keycloak",
)
SMART = Profile(
    name="smart",
    title="SMART App Launch, asymmetric client authentication",
    source="HL7 SMART App Launch «client-confidential-asymmetric», «backend-services» (May 2024)",
    algorithms=_algorithms(pkj=ASYMMETRIC_ALGORITHMS),
    audiences=_audiences(("token_endpoint",)),
    max_lifetime=300,
    kid_required=True,
    kid_must_match=True,
    typ_values=("JWT",),
    levels=_levels(
        error=("jti-missing", "typ-missing", "claim-time-not-integer", "scope-missing", "aud-not-token-endpoint"),
        # A jku is legal there if it is the registered URL, which only the server knows.
        warning=("header-embedded-jku",),
    ),
)
APPLE = Profile(
    name="apple",
    title="Sign in with Apple: the JWT is the client_secret",
    source="Apple «Creating a client secret»; iss is the Team ID, the JWT may be used again",
    algorithms=_algorithms(pkj=frozenset({"ES256"})),
    audiences=_audiences(()),
    fixed_audiences=("https://appleid.apple.com",),
    max_lifetime=15_777_000,
    iat_max_age=15_777_000,
    kid_required=True,
    assertion_field="client_secret",
    levels=_levels(
        error=("client-id-missing",),
        off=(
            *("client-assertion-type-missing", "client-assertion-type-orphan", "iss-mismatch", "jti-missing"),
            *("exp-lifetime-hygiene", "multi-dpop-nonce-retry-same-assertion", *_SENT_AGAIN),
        ),
    ),
)
GOOGLE_SA = Profile(
    name="google-sa",
    title="Google service accounts: the JWT is the grant",
    source="Google «Using OAuth 2.0 for Server to Server Applications»; iss is the service account's e-mail address; "
    "its google-auth 2.62.2 retries with the same assertion",
    algorithms=_algorithms(pkj=frozenset({"RS256"})),
    audiences=_audiences(()),
    fixed_audiences=("https://oauth2.googleapis.com/token",),
    max_lifetime=3600,
    lifetime_from="iat",
    grant_types=frozenset({JWT_BEARER}),
    assertion_field="assertion",
    levels=_levels(
        error=("iat-missing",),
        off=(
            *_ASSERTION_IS_THE_GRANT,
            "sub-missing",
            "sub-mismatch",
            "client-id-mismatch",
            "jti-missing",
            "exp-lifetime-hygiene",
            *_SENT_AGAIN,
        ),
    ),
)
SALESFORCE = Profile(
    name="salesforce",
    title="Salesforce: the JWT is the grant",
    source="Salesforce Help «OAuth 2.0 JWT Bearer Flow»; sub is the username, the issuer stands for a community URL",
    algorithms=_algorithms(pkj=frozenset({"RS256"})),
    audiences=_audiences(("issuer",)),
    fixed_audiences=("https://login.salesforce.com", "https://test.salesforce.com"),
    grant_types=frozenset({JWT_BEARER}),
    assertion_field="assertion",
    levels=_levels(off=(*_ASSERTION_IS_THE_GRANT, "sub-mismatch", "client-id-mismatch", "jti-missing")),
)
MASKINPORTEN = Profile(
    name="maskinporten",
    title="Maskinporten: the JWT is the grant",
    source="felleslosninger documentation (October 2024); scope is a claim, kid or x5c names the key",
    algorithms=_algorithms(pkj=RS),
    audiences=_ISSUER,
    fixed_audiences=("https://maskinporten.no/",),
    max_lifetime=120,
    lifetime_from="iat",
    iat_skew=10,
    kid_required=True,
    x5c_expected=True,
    grant_types=frozenset({JWT_BEARER}),
    assertion_field="assertion",
    levels=_levels(
        error=("iat-missing", "iat-in-future"),
        off=(*_ASSERTION_IS_THE_GRANT, "sub-missing", "sub-mismatch", "client-id-mismatch"),
    ),
    error_shape="maskinporten",
)
IDPORTEN = Profile(
    name="idporten",
    title="ID-porten",
    source="felleslosninger documentation (October 2024)",
    algorithms=_algorithms(pkj=RS),
    audiences=_ISSUER,
    max_lifetime=120,
    lifetime_from="iat",
    kid_required=True,
    x5c_expected=True,
    levels=_levels(error=("iat-missing", "aud-not-issuer")),
)
HELSEID = Profile(
    name="helseid",
    title="HelseID",
    source="HelseID wiki (2023) and HelseID.Samples (December 2025); the two differ on typ",
    algorithms=_algorithms(pkj=ASYMMETRIC_ALGORITHMS),
    audiences=_ISSUER,
    max_lifetime=60,
    kid_required=True,
    levels=_levels(error=("aud-not-issuer",), warning=("typ-not-explicit", "nbf-missing")),
)
GOVUK = Profile(
    name="govuk",
    title="GOV.UK One Login",
    source="GOV.UK One Login technical documentation (August 2026)",
    algorithms=_algorithms(pkj=ASYMMETRIC_ALGORITHMS),
    audiences=_OF_THE_SERVER,
    levels=_levels(error=("jti-missing", "claim-time-not-integer", "header-user-agent-missing")),
    error_shape="govuk",
)
LOGINGOV = Profile(
    name="logingov",
    title="Login.gov",
    source="developers.login.gov «Token» (August 2026)",
    algorithms=_algorithms(pkj=frozenset({"RS256"})),
    audiences=_audiences(("token_endpoint",)),
    levels=_levels(error=("jti-missing", "iat-in-future", "aud-not-token-endpoint")),
)
SINGPASS = Profile(
    name="singpass",
    title="Singpass",
    source="Singpass developer documentation",
    algorithms=_algorithms(pkj=ES),
    audiences=_ISSUER,
    max_lifetime=120,
    lifetime_from="iat",
    typ_values=("JWT",),
    levels=_levels(error=("typ-missing", "aud-not-issuer")),
)
CORPPASS = Profile(
    name="corppass",
    title="Corppass",
    source="Corppass documentation",
    algorithms=_algorithms(pkj=ES | {"ES256K"}),
    audiences=_ISSUER,
    max_lifetime=600,
    lifetime_from="iat",
    typ_values=("JWT",),
    levels=_levels(error=("aud-not-issuer",)),
)
CDR_AU = Profile(
    name="cdr-au",
    title="Consumer Data Right, Australia",
    source="Consumer Data Standards «Client Authentication» (December 2025), on FAPI 1.0 Advanced",
    algorithms=_algorithms(pkj=frozenset({"PS256", "ES256"})),
    audiences=_audiences(("issuer", "token_endpoint", "endpoint")),
    levels=_levels(error=("jti-missing", "alg-rsa-pkcs1", "scope-missing", "code-challenge-plain")),
)
OF_BR = Profile(
    name="of-br",
    title="Open Finance Brasil",
    source="Open Finance Brasil FAPI Security Profile 1.0 Implementers Draft 3 (April 2024)",
    algorithms=_algorithms(pkj=frozenset({"PS256"})),
    audiences=_OF_THE_SERVER,
    levels=_levels(error=("jti-missing", "alg-rsa-pkcs1", "code-challenge-plain")),
)
IBM_VERIFY = Profile(
    name="ibm-verify",
    title="IBM Verify",
    source="IBM «Create the client secret JWT and private key JWT»; its table says issuer, its example the token URL",
    algorithms=_algorithms(csj=HMAC_ALGORITHMS, pkj=RS | PS),
    audiences=_ISSUER,
    max_lifetime=86_400,
    iat_max_age=86_400,
    levels=_levels(error=("jti-missing", "iat-too-old")),
)
CONFORMANCE = Profile(
    name="conformance",
    title="OpenID Foundation conformance suite, client tests",
    source="conformance suite 5.2.3, ValidateClientAssertionClaims",
    algorithms=_ANY_ALGORITHM,
    audiences=_OF_THE_SERVER,
    max_lifetime=86_400,
    iat_skew=300,
    nbf_skew=300,
    iat_far=86_400,
    levels=_levels(error=("jti-missing", "iat-missing")),
)
NODE_OIDC_PROVIDER = Profile(
    name="node-oidc-provider",
    title="oidc-provider for Node",
    source="panva/node-oidc-provider (August 2026)",
    algorithms=_ANY_ALGORITHM,
    audiences=_audiences(("issuer", "token_endpoint", "endpoint")),
    iat_skew=15,
    nbf_skew=15,
    levels=_levels(error=("jti-missing",)),
)

_ALL = (
    *(PINGONE, RFC7523, OIDC, OIDC3, RFC7523BIS, FAPI1A, FAPI2, PINGAM, OKTA, AUTH0, ENTRA, KEYCLOAK, SMART, APPLE),
    *(GOOGLE_SA, SALESFORCE, MASKINPORTEN, IDPORTEN, HELSEID, GOVUK, LOGINGOV, SINGPASS, CORPPASS, CDR_AU, OF_BR),
    *(IBM_VERIFY, CONFORMANCE, NODE_OIDC_PROVIDER),
)
PROFILES: Mapping[str, Profile] = MappingProxyType({profile.name: profile for profile in _ALL})


def profile_named(profile: str | Profile) -> Profile:
    """The profile of that name; a `Profile` is returned as it is.

    Raises:
        ConfigurationError: for a name that no profile has, or a rule id that no rule has; the message lists them.
    """
    if isinstance(profile, Profile):
        check_levels(profile)
        return profile
    if profile not in PROFILES:
        raise unknown_name("profile", profile, PROFILES)
    return PROFILES[profile]
