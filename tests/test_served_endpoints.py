"""The endpoints beside the token endpoint, and the grants of the extensions: who is answered what."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
from dpop_proofs import a_proof
from endpoints import (
    CALLBACK,
    ISSUER,
    NOW,
    WHOLE_SERVER,
    Clock,
    a_request,
    an_assertion,
    an_endpoint,
    exchange,
    header,
    members,
    refresh,
    send,
)

from pytest_jwtauth.client_assertion import ClientAssertion
from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.messages import TokenResponse
from pytest_jwtauth.model import OTHER_ENDPOINTS, AuthorizationServer
from pytest_jwtauth.parameters import JWT_BEARER, TOKEN_EXCHANGE
from pytest_jwtauth.registered_client import RegisteredClient
from pytest_jwtauth.token_endpoint import TokenEndpoint

URLS = {
    "par_url": "pushed_authorization_request_endpoint",
    "introspection_url": "introspection_endpoint",
    "revocation_url": "revocation_endpoint",
    "device_authorization_url": "device_authorization_endpoint",
    "backchannel_authentication_url": "backchannel_authentication_endpoint",
}


def a_server(clock: Clock | None = None) -> TokenEndpoint:
    return an_endpoint(server=WHOLE_SERVER, now=clock or Clock())


def test_every_endpoint_has_its_url() -> None:
    assert sorted(URLS.values()) == sorted(f"{name}_endpoint" for name in OTHER_ENDPOINTS)
    endpoint = a_server()
    assert {name: getattr(endpoint, name) for name in URLS} == {
        name: getattr(WHOLE_SERVER, member) for name, member in URLS.items()
    }


@pytest.mark.parametrize("name", URLS)
def test_an_endpoint_that_the_server_does_not_have_is_refused_with_a_word_on_what_to_do(name: str) -> None:
    endpoint = an_endpoint(server=AuthorizationServer(ISSUER, f"{ISSUER}/token"))
    with pytest.raises(ConfigurationError) as raised:
        getattr(endpoint, name)
    assert str(raised.value) == (
        f"this authorization server has no {URLS[name]}; it has token. Give AuthorizationServer({URLS[name]}=…) one, "
        "for instance in a fixture jwtauth_server of your own"
    )


# Introspection (RFC 7662) and revocation (RFC 7009).


def login(endpoint: TokenEndpoint, scope: str | None = "openid profile") -> dict[str, Any]:
    """The tokens of a user's login."""
    return members(exchange(endpoint, endpoint.issue_code(redirect_uri=CALLBACK, scope=scope)))


def introspect(endpoint: TokenEndpoint, token: str) -> dict[str, Any]:
    """What the introspection endpoint says of *token*."""
    response = send(endpoint, endpoint.introspection_url, token=token)
    assert endpoint.verdicts[-1].rules == ()
    assert response.status == 200
    return members(response)


def revoke(endpoint: TokenEndpoint, token: str) -> TokenResponse:
    """Revoke *token* at the revocation endpoint."""
    response = send(endpoint, endpoint.revocation_url, token=token)
    assert endpoint.verdicts[-1].rules == ()
    return response


def test_of_an_access_token_introspection_says_whose_it_is_and_until_when() -> None:
    endpoint = a_server()
    endpoint.subject = "alice"
    assert introspect(endpoint, login(endpoint)["access_token"]) == {
        "active": True,
        "client_id": "client-1",
        "iss": ISSUER,
        "sub": "alice",
        "iat": int(NOW),
        "scope": "openid profile",
        "exp": int(NOW) + 3600,
        "token_type": "Bearer",
    }


def test_of_a_refresh_token_introspection_says_no_type_and_no_end() -> None:
    endpoint = a_server()
    assert introspect(endpoint, login(endpoint)["refresh_token"]) == {
        "active": True,
        "client_id": "client-1",
        "iss": ISSUER,
        "sub": "jwtauth-user",
        "iat": int(NOW),
        "scope": "openid profile",
    }


def test_of_a_clients_own_token_the_client_is_the_subject() -> None:
    endpoint = a_server()
    token = members(endpoint.respond(a_request(endpoint)))["access_token"]
    got = introspect(endpoint, token)
    assert got["sub"] == "client-1"
    assert "scope" not in got


@pytest.mark.parametrize(("proof", "spelling", "said"), [(True, "Bearer", "DPoP"), (False, "bearer", "bearer")])
def test_introspection_says_how_a_token_is_used(proof: bool, spelling: str, said: str) -> None:
    endpoint = a_server()
    endpoint.token_type = spelling
    headers = [("DPoP", a_proof(endpoint.url))] if proof else []
    got = members(endpoint.respond(a_request(endpoint, headers=headers)))
    assert got["token_type"] == introspect(endpoint, got["access_token"])["token_type"] == said


def test_of_what_is_not_active_nothing_else_is_said() -> None:
    clock = Clock()
    endpoint = a_server(clock)
    tokens = login(endpoint)
    rotated = tokens["refresh_token"]
    refresh(endpoint, rotated)
    for token in ("never issued", rotated):
        assert introspect(endpoint, token) == {"active": False}
    clock.tick(3599)
    assert introspect(endpoint, tokens["access_token"])["active"] is True
    clock.tick(1)
    assert introspect(endpoint, tokens["access_token"]) == {"active": False}


@pytest.mark.parametrize("token", ["access_token", "refresh_token"])
def test_a_token_revoked_is_active_no_more(token: str) -> None:
    endpoint = a_server()
    tokens = login(endpoint)
    response = revoke(endpoint, tokens[token])
    assert (response.status, response.body) == (200, b"")
    assert header(response, "Cache-Control") == ["no-store"]
    assert header(response, "Content-Type") == []
    assert introspect(endpoint, tokens[token]) == {"active": False}


def test_with_a_refresh_token_go_the_access_tokens_of_its_login_and_no_others() -> None:
    endpoint = a_server()
    first, other = login(endpoint), login(endpoint)
    second = members(refresh(endpoint, first["refresh_token"]))
    revoke(endpoint, second["refresh_token"])
    active = [introspect(endpoint, tokens["access_token"])["active"] for tokens in (first, second, other)]
    assert active == [False, False, True]
    response = refresh(endpoint, second["refresh_token"])
    assert (response.status, members(response)["error"]) == (400, "invalid_grant")
    assert "refresh-token-mismatch" in endpoint.verdicts[-1].rules


def test_an_access_token_goes_alone() -> None:
    endpoint = a_server()
    tokens = login(endpoint)
    revoke(endpoint, tokens["access_token"])
    assert refresh(endpoint, tokens["refresh_token"]).status == 200
    assert endpoint.unexpected() == ()


def test_a_token_that_nobody_knows_is_as_good_as_revoked() -> None:
    assert revoke(a_server(), "never issued").status == 200


@pytest.mark.parametrize("url", ["introspection_url", "revocation_url"])
def test_without_a_token_there_is_nothing_to_do(url: str) -> None:
    endpoint = a_server()
    response = send(endpoint, getattr(endpoint, url))
    assert (response.status, members(response)["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("url", ["introspection_url", "revocation_url"])
def test_a_client_that_fails_to_authenticate_learns_and_does_nothing(url: str) -> None:
    endpoint = a_server()
    token = login(endpoint)["access_token"]
    response = send(endpoint, getattr(endpoint, url), token=token, fault="signature-invalid")
    assert (response.status, members(response)["error"]) == (401, "invalid_client")
    assert introspect(endpoint, token)["active"] is True


# A JWT as the grant (RFC 7523 §2.1).

ISSUED_ELSEWHERE = RegisteredClient.generate("private_key_jwt", client_id="https://idp.example")


def a_grant(endpoint: TokenEndpoint, **claims: Any) -> str:
    """A JWT of another issuer that says who the user is."""
    made = ClientAssertion.signed(
        client=ISSUED_ELSEWHERE, server=endpoint.server, now=endpoint.now, claims={"sub": "bob", **claims}
    )
    return str.__str__(made)


def test_a_jwt_brings_an_access_token_for_its_subject_and_no_refresh_token() -> None:
    endpoint = a_server()
    sent = a_request(endpoint, grant_type=JWT_BEARER, assertion=a_grant(endpoint), scope="read")
    got = members(endpoint.respond(sent))
    assert endpoint.verdicts[0].rules == ()
    assert list(got) == ["access_token", "token_type", "expires_in"]
    said = introspect(endpoint, got["access_token"])
    assert (said["sub"], said["scope"]) == ("bob", "read")


@pytest.mark.parametrize(("claim", "scope"), [("read write", "read write"), (None, None), (["read"], None)])
def test_where_no_scope_is_asked_for_it_may_stand_in_the_jwt(claim: object, scope: str | None) -> None:
    endpoint = a_server()
    sent = a_request(endpoint, grant_type=JWT_BEARER, assertion=a_grant(endpoint, scope=claim))
    assert members(endpoint.respond(sent)).get("scope") == scope


def test_a_jwt_that_is_no_grant_is_refused() -> None:
    endpoint = a_server()
    sent = a_request(endpoint, grant_type=JWT_BEARER, assertion=a_grant(endpoint, exp=int(NOW) - 1))
    response = endpoint.respond(sent)
    assert (response.status, members(response)["error"]) == (400, "invalid_grant")
    assert [violation.rule for violation in endpoint.verdicts[0].violations] == ["jwt-bearer-claims"]


def test_where_the_assertion_is_the_grant_its_issuer_is_the_subject_if_it_names_none() -> None:
    endpoint = an_endpoint("google-sa", server=WHOLE_SERVER, client=ISSUED_ELSEWHERE, allow=["alg-not-allowed"])
    assertion = an_assertion(endpoint, without=["sub"], claims={"aud": "https://oauth2.googleapis.com/token"})
    sent = a_request(
        endpoint, grant_type=JWT_BEARER, assertion=assertion, client_assertion=None, client_assertion_type=None
    )
    got = members(endpoint.respond(sent))
    assert endpoint.unexpected() == ()
    token = endpoint._ledger.find_token(got["access_token"])
    assert token is not None
    assert token.family.grant.subject == "https://idp.example"


# Token exchange (RFC 8693).

TYPE = "urn:ietf:params:oauth:token-type:"


def trade(endpoint: TokenEndpoint, subject_token: str = "of another server", **fields: Any) -> TokenResponse:
    """Exchange a token."""
    sent = {
        "grant_type": TOKEN_EXCHANGE,
        "subject_token": subject_token,
        "subject_token_type": f"{TYPE}access_token",
        **fields,
    }
    response = endpoint.respond(a_request(endpoint, **sent))
    assert endpoint.verdicts[-1].rules == ()
    return response


@pytest.mark.parametrize("requested", [None, f"{TYPE}access_token"])
def test_a_token_is_exchanged_for_an_access_token(requested: str | None) -> None:
    endpoint = a_server()
    got = members(trade(endpoint, requested_token_type=requested, scope="read"))
    assert list(got) == ["access_token", "token_type", "expires_in", "issued_token_type"]
    assert (got["token_type"], got["issued_token_type"]) == ("Bearer", f"{TYPE}access_token")
    assert introspect(endpoint, got["access_token"])["scope"] == "read"


def test_a_token_is_exchanged_for_a_refresh_token_that_is_no_access_token() -> None:
    endpoint = a_server()
    got = members(trade(endpoint, requested_token_type=f"{TYPE}refresh_token"))
    assert (got["token_type"], got["issued_token_type"]) == ("N_A", f"{TYPE}refresh_token")
    assert "expires_in" not in got
    endpoint.extra_members = {"tenant": "x"}
    assert members(trade(endpoint, requested_token_type=f"{TYPE}refresh_token"))["tenant"] == "x"
    assert refresh(endpoint, got["access_token"]).status == 200


@pytest.mark.parametrize("kind", ["id_token", "jwt"])
def test_a_token_is_exchanged_for_a_jwt(kind: str) -> None:
    endpoint = a_server()
    got = members(trade(endpoint, requested_token_type=TYPE + kind))
    assert (got["token_type"], got["issued_token_type"], got["expires_in"]) == ("N_A", TYPE + kind, 3600)
    (key,) = jwt.PyJWKSet.from_dict(endpoint.jwks()).keys
    claims = jwt.decode(got["access_token"], key, ["ES256"], audience="client-1", options={"verify_exp": False})
    assert claims["sub"] == "jwtauth-user"
    assert "at_hash" not in claims


@pytest.mark.parametrize("kind", [f"{TYPE}saml2", "urn:example:token"])
def test_what_cannot_be_issued_is_refused(kind: str) -> None:
    response = trade(a_server(), requested_token_type=kind)
    assert (response.status, members(response)["error"]) == (400, "invalid_request")


def test_the_subject_of_a_token_issued_here_stays_the_subject() -> None:
    endpoint = a_server()
    own = members(endpoint.respond(a_request(endpoint)))["access_token"]
    got = members(trade(endpoint, own))
    assert introspect(endpoint, got["access_token"])["sub"] == "client-1"


@pytest.mark.parametrize("name", ["subject_token", "actor_token"])
def test_a_token_issued_here_has_to_be_active(name: str) -> None:
    endpoint = a_server()
    token = login(endpoint)["access_token"]
    fields = {"actor_token": token, "actor_token_type": f"{TYPE}access_token"} if name == "actor_token" else {}
    subject_token = token if name == "subject_token" else "of another server"
    assert trade(endpoint, subject_token, **fields).status == 200
    endpoint.revoke(token)
    response = trade(endpoint, subject_token, **fields)
    assert (response.status, members(response)["error"]) == (400, "invalid_request")
    assert name in members(response)["error_description"]


def test_an_exchanged_token_outlives_the_login_it_came_from() -> None:
    endpoint = a_server()
    tokens = login(endpoint)
    got = members(trade(endpoint, tokens["access_token"]))
    revoke(endpoint, tokens["refresh_token"])
    assert introspect(endpoint, got["access_token"])["active"] is True


def test_refusals_of_what_breaks_no_rule_have_the_shape_of_the_profile() -> None:
    endpoint = an_endpoint("pingone", server=WHOLE_SERVER)
    description = members(trade(endpoint, requested_token_type="urn:example:token"))["error_description"]
    assert description.startswith("Request denied: requested_token_type")
