"""What users write, for the type checker alone: every public name with its types, and what is to be refused.

mypy runs over this file in strict mode, where an unused ``type: ignore`` is an error: so each of them states a mistake
that is found.
"""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Mapping
from datetime import timedelta

from typing_extensions import assert_type

import pytest_jwtauth
from pytest_jwtauth import (
    PROFILES,
    RULES,
    AuthorizationServer,
    ClientAssertion,
    ConfigurationError,
    ExpiryScenario,
    HostileAssertion,
    InvalidTokenRequest,
    Profile,
    RegisteredClient,
    Rule,
    TokenEndpoint,
    TokenRequest,
    TokenRequestWarning,
    TokenResponse,
    Verdict,
    Violation,
    __version__,
    assert_client_assertion,
    assert_form_fields,
    assert_no_basic_auth,
    assert_token_request,
    expiry_scenarios,
    hostile_assertions,
    judge,
)

CLIENT = RegisteredClient("client-1", client_secret="a secret that is long enough for HS256")
SERVER = AuthorizationServer("https://auth.example/as", "https://auth.example/as/token")


def name_what_is_public() -> None:
    assert_type(__version__, str)
    assert_type(PROFILES["pingone"], Profile)
    assert_type(RULES["exp-expired"], Rule)
    errors: tuple[type[Exception], ...] = (ConfigurationError, InvalidTokenRequest)
    warning: type[UserWarning] = TokenRequestWarning
    print(errors, warning, pytest_jwtauth.nonsense)  # type: ignore[attr-defined]


def describe_a_client_and_a_server() -> None:
    made = RegisteredClient.generate("private_key_jwt", alg="ES256", redirect_uris=["https://app.example/callback"])
    assert_type(made, RegisteredClient)
    assert_type(made.client_id, str)
    assert_type(made.private_key_pem(), str)
    RegisteredClient("client-1", jwks={"keys": []}, token_endpoint_auth_method="private_key_jwt")
    AuthorizationServer(
        issuer="https://auth.example", token_endpoint="https://auth.example/token", jwks_uri="https://auth.example/jwks"
    )
    CLIENT.client_id = "another"  # type: ignore[misc]
    RegisteredClient(client_secret="a secret without a client")  # type: ignore[call-arg]


def judge_a_request() -> None:
    request = TokenRequest("POST", SERVER.token_endpoint, [("Accept", "*/*")], b"grant_type=client_credentials")
    verdict = judge(request, client=CLIENT, server=SERVER, profile="rfc7523", now=1_760_000_000, leeway=1.5, code="x")
    assert_type(verdict, Verdict)
    assert_type(verdict.violations, tuple[Violation, ...])
    assert_type(verdict.warnings[0].rule, str)
    verdict.check()
    answered = TokenResponse(200, [("Content-Type", "application/json")], b"{}")
    judge(request, client=CLIENT, server=SERVER, profile=PROFILES["rfc7523"], history=[request, (request, answered)])
    if verdict.assertion is not None:
        print(verdict.assertion.claims["jti"], verdict.assertion.header)
    judge(request, CLIENT, SERVER)  # type: ignore[call-arg]
    judge(request, client="client-1", server=SERVER)  # type: ignore[arg-type]


def check_what_was_sent() -> None:
    sent = urllib.request.Request(SERVER.token_endpoint, data=b"a=b")
    assert_type(TokenRequest.of(sent), TokenRequest)
    assert_token_request(sent, client=CLIENT, server=SERVER, grant_type="authorization_code", code=..., scope=None)
    assert_token_request(sent, client=CLIENT, server=SERVER, profile="okta", now=1.5, leeway=1)
    assert_client_assertion(sent, client=CLIENT, server=SERVER)
    assert_form_fields(sent, grant_type="authorization_code", code=..., client_secret=None)
    assert_no_basic_auth(sent)
    assert_form_fields(sent, expires_in=3600)  # type: ignore[arg-type]
    assert_token_request(sent, client=CLIENT)  # type: ignore[call-arg]


def make_an_assertion() -> None:
    made = ClientAssertion.signed(client=CLIENT, server=SERVER, claims={"jti": "x"}, lifetime=60, fault="exp-expired")
    assert_type(made, ClientAssertion)
    text: str = made
    claims: Mapping[str, object] = made.claims
    print(len(text), claims)


# The fixtures, as tests annotate them.


def test_login(jwtauth_token_endpoint: TokenEndpoint) -> None:
    endpoint = jwtauth_token_endpoint
    code = endpoint.issue_code(redirect_uri="https://app.example/callback", scope="openid", nonce="n")
    assert_type(code, str)
    assert_type(endpoint.url, str)
    assert_type(endpoint.client, RegisteredClient)
    endpoint.clock_skew = 300
    with endpoint.expect_violation("exp-expired") as expectation:
        print(expectation.verdicts)
    endpoint.then(503, retry_after=2).then("invalid_client").then_ok()
    first = endpoint.requests[0]
    if first.assertion is not None:
        print(first.assertion.claims["jti"], first.form["code"])
    endpoint.issue_code("https://app.example/callback")  # type: ignore[call-arg]


def test_trouble(jwtauth_token_endpoint: TokenEndpoint) -> None:
    endpoint = jwtauth_token_endpoint.then("read-timeout").then(503, retry_after=timedelta(seconds=2))
    assert_type(endpoint, TokenEndpoint)
    endpoint.then(200, members={"expires_in": None}, without=["scope"], headers={"X": "y"}).then_ok()
    endpoint.then(200, body=1)  # type: ignore[arg-type]
    assert_type(endpoint.requests[0].response, TokenResponse | None)
    endpoint.mount(object())


def test_other_endpoints(jwtauth_token_endpoint: TokenEndpoint) -> None:
    endpoint = jwtauth_token_endpoint
    assert_type(endpoint.par_url, str)
    assert_type(endpoint.metadata_url, str)
    endpoint.metadata["issuer"] = "https://other.example"
    del endpoint.metadata["jwks_uri"]
    assert_type(endpoint.issue_code(request_uri="urn:example:1"), str)
    endpoint.approve()
    endpoint.deny("WDJB-MJHT")
    endpoint.approve(1)  # type: ignore[arg-type]
    endpoint.request_uri_lifetime, endpoint.approval_lifetime, endpoint.polling_interval = 30, 120, None
    endpoint.introspection_url = "https://other.example"  # type: ignore[misc]


def test_assertion(
    jwtauth_client_assertion: Callable[..., ClientAssertion],
    jwtauth_client: RegisteredClient,
    jwtauth_server: AuthorizationServer,
    jwtauth_profile: str | Profile,
) -> None:
    made = jwtauth_client_assertion(fault="aud-mismatch")
    assert_type(made, ClientAssertion)
    ClientAssertion.signed(client=jwtauth_client, server=jwtauth_server, profile=jwtauth_profile)


def test_cases(jwtauth_expiry_scenario: ExpiryScenario, jwtauth_hostile_assertion: HostileAssertion) -> None:
    assert_type(jwtauth_expiry_scenario.assertion, ClientAssertion)
    assert_type(jwtauth_expiry_scenario.leeway, int)
    assert_type(jwtauth_hostile_assertion.rule, str | None)
    assert_type(jwtauth_hostile_assertion.source, str)
    jwtauth_hostile_assertion.accepted = True  # type: ignore[misc]


def test_cases_as_data(jwtauth_client: RegisteredClient, jwtauth_server: AuthorizationServer) -> None:
    assert_type(expiry_scenarios(jwtauth_client, jwtauth_server), tuple[ExpiryScenario, ...])
    assert_type(hostile_assertions(jwtauth_client, jwtauth_server, "oidc", 1.5), tuple[HostileAssertion, ...])
