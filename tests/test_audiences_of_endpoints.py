"""Which ``aud`` each profile accepts at which endpoint: through the stub, from the assertion to the answer.

What the documents say stands here a second time, in words of its own. A profile without a row fails.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import pytest
from endpoints import WHOLE_SERVER, a_request, an_endpoint, members

from pytest_jwtauth.client_assertion import ClientAssertion
from pytest_jwtauth.messages import TokenResponse
from pytest_jwtauth.model import OTHER_ENDPOINTS, Profile
from pytest_jwtauth.parameters import JWT_BEARER, JWT_BEARER_ASSERTION_TYPE
from pytest_jwtauth.profiles import PROFILES
from pytest_jwtauth.registered_client import RegisteredClient
from pytest_jwtauth.token_endpoint import TokenEndpoint


class Row(NamedTuple):
    """What one profile accepts: at the token endpoint, and at each other one."""

    token: str
    others: str
    literal: tuple[str, ...] = ()


EITHER = Row("issuer, token", "issuer, token, called")
ISSUER_ONLY = Row("issuer", "issuer")
TOKEN_ONLY = Row("token", "token")

ACCEPTED: dict[str, Row] = {
    **dict.fromkeys(("rfc7523", "pingone", "oidc", "fapi1a", "govuk", "of-br", "conformance"), EITHER),
    **dict.fromkeys(("cdr-au", "node-oidc-provider"), EITHER),
    **dict.fromkeys(("oidc3", "rfc7523bis", "fapi2", "auth0", "idporten", "helseid"), ISSUER_ONLY),
    **dict.fromkeys(("singpass", "corppass", "ibm-verify"), ISSUER_ONLY),
    **dict.fromkeys(("pingam", "entra", "smart", "logingov"), TOKEN_ONLY),
    "okta": Row("token", "called"),
    "keycloak": Row("issuer, token, another", "issuer, token, called, another"),
    "apple": Row("", "", ("https://appleid.apple.com",)),
    "google-sa": Row("", "", ("https://oauth2.googleapis.com/token",)),
    "salesforce": Row("issuer", "issuer", ("https://login.salesforce.com", "https://test.salesforce.com")),
    "maskinporten": Row("issuer", "issuer", ("https://maskinporten.no/",)),
}
LITERALS = sorted({literal for row in ACCEPTED.values() for literal in row.literal})
FIELDS: dict[str, dict[str, str]] = {
    "token": {"grant_type": "client_credentials", "scope": "read"},
    "introspection": {"token": "of another server"},
    "revocation": {"token": "of another server"},
    "pushed_authorization_request": {
        "client_id": "client-1",
        "redirect_uri": "https://app.example/callback",
        "response_type": "code",
        "scope": "read",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    },
    "device_authorization": {"client_id": "client-1", "scope": "read"},
    "backchannel_authentication": {"login_hint": "alice", "scope": "openid"},
}
"""What a right request to each endpoint brings."""
HEADERS = {"entra": {"x5t#S256": "A1bC2dE3fG4hI5jK6lM7nO8pQ9rS0tU1vW2xY3zA4bC"}}
"""What has to stand in the JOSE header besides."""


def values(endpoint: str) -> dict[str, str]:
    """Every audience that a client may think of, by name; at the token endpoint the one called is ``token``."""
    urls = WHOLE_SERVER.endpoints
    named = {"issuer": WHOLE_SERVER.issuer, "token": urls["token"], "elsewhere": "https://other.example/token"}
    if endpoint != "token":
        named["called"] = urls[endpoint]
    named["another"] = urls["revocation" if endpoint == "introspection" else "introspection"]
    return {**named, **{literal: literal for literal in LITERALS}}


@cache
def a_client(profile: str) -> RegisteredClient:
    """One that signs as *profile* wants."""
    algorithms = PROFILES[profile].algorithms["private_key_jwt"]
    alg = next(alg for alg in ("ES256", "PS256", "RS256") if alg in algorithms)
    return RegisteredClient.generate("private_key_jwt", alg=alg, client_id="client-1")


def send(profile: Profile, endpoint: str, audience: str) -> tuple[TokenEndpoint, TokenResponse]:
    """Send a request that is right but for its audience, maybe."""
    stub = an_endpoint(profile.name, server=WHOLE_SERVER, client=a_client(profile.name))
    assertion = ClientAssertion.signed(
        client=stub.client,
        server=stub.server,
        profile=profile,
        now=stub.now,
        claims={"aud": audience},
        header=HEADERS.get(profile.name, {}),
    )
    fields: dict[str, Any] = {"grant_type": None, "client_id": "client-1", **FIELDS[endpoint]}
    field = profile.assertion_field
    fields |= {"client_assertion": None, "client_assertion_type": None, field: assertion}
    if field == "client_assertion":
        fields["client_assertion_type"] = JWT_BEARER_ASSERTION_TYPE
    if endpoint == "token" and profile.grant_types:
        fields["grant_type"] = JWT_BEARER
    agent = [("User-Agent", "app/1.0")]
    return stub, stub.respond(a_request(stub, url=WHOLE_SERVER.endpoints[endpoint], headers=agent, **fields))


def test_every_profile_has_a_row() -> None:
    assert sorted(ACCEPTED) == sorted(PROFILES)
    assert sorted(FIELDS) == sorted(("token", *OTHER_ENDPOINTS))


@pytest.mark.parametrize("name", PROFILES)
def test_no_profile_tells_the_other_endpoints_apart(name: str) -> None:
    """The reference has one column for all of them."""
    assert len({PROFILES[name].audiences[endpoint] for endpoint in OTHER_ENDPOINTS}) == 1


@pytest.mark.parametrize("endpoint", FIELDS)
@pytest.mark.parametrize("name", PROFILES)
def test_an_audience_is_accepted_where_the_documents_say_so_and_refused_elsewhere(name: str, endpoint: str) -> None:
    row, profile = ACCEPTED[name], PROFILES[name]
    wanted = {*(row.token if endpoint == "token" else row.others).split(", "), *row.literal} - {""}
    got = {}
    for named, audience in values(endpoint).items():
        stub, response = send(profile, endpoint, audience)
        broken = [violation.rule for violation in stub.verdicts[0].violations]
        assert [rule for rule in broken if not rule.startswith("aud-")] == []
        assert (response.status in {200, 201}) == (not broken)
        if broken:
            assert response.status in {400, 401}
            assert members(response)["error"] == ("invalid_grant" if name == "maskinporten" else "invalid_client")
        else:
            got[named] = audience
    assert set(got) == wanted
