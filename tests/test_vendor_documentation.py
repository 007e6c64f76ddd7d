"""Faulty examples in published documentation, as requests: whoever copies one is told the rule that it breaks.

Each row names *every* rule that its request breaks, with the level, so that a second fault in the copy is seen as well.
One fault is no request: a text that promises non-repudiation by HS256, which no shared secret gives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pytest
from requests_under_test import (
    ABSENT,
    CLIENT,
    CODE,
    NOW,
    SECRET,
    SERVER,
    a_key,
    a_key_client,
    a_request,
    an_assertion,
)
from rules.earlier import earlier

from pytest_jwtauth.messages import TokenResponse
from pytest_jwtauth.model import AuthorizationServer, Level, Verdict
from pytest_jwtauth.parameters import JWT_BEARER, JWT_BEARER_ASSERTION_TYPE
from pytest_jwtauth.profiles import profile_named
from pytest_jwtauth.registered_client import RegisteredClient
from pytest_jwtauth.rules import RULES, level_of
from pytest_jwtauth.verdict import judge

ELSEWHERE = "https://elsewhere.example/token"
SALESFORCE = AuthorizationServer("https://acme.my.site.com", "https://login.salesforce.com/services/oauth2/token")
OF_THE_JUDGE = frozenset({"profile", "history", "expected"})
WARNING: Level = "warning"
ERROR: Level = "error"


def key_client() -> RegisteredClient:
    """A client with one RSA key that has a ``kid``."""
    return RegisteredClient(CLIENT.client_id, jwks={"keys": [a_key("RS256", "key-1")]})


class Copied(NamedTuple):
    """One published example: where, the rules that a copy breaks with their levels, and what makes the copy."""

    where: str
    breaks: Mapping[str, Level]
    make: Callable[[], dict[str, Any]]


def as_published_by_salesforce(claims: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """The JWT that is the grant, with *claims* changed."""
    client = key_client()
    right = {"sub": "alice@example.com", "aud": "https://login.salesforce.com", "exp": NOW + 180, "jti": ABSENT}
    sent = an_assertion(client=client, server=SALESFORCE, claims={**right, "iat": ABSENT, **claims})
    fields = {"assertion": sent, "client_assertion": ABSENT, "client_assertion_type": ABSENT}
    how = {"client": client, "server": SALESFORCE, "profile": "salesforce", "grant": JWT_BEARER, **changes}
    if "query" in how:
        return {**how, "fields": fields, "query": f"assertion={sent}"}
    return {**how, "fields": fields}


def unencoded(right: bytes) -> bytes:
    """The body as string concatenation makes it: the URN and the redirect URI as they are, and a code with a «+»."""
    assertion = right.decode("ascii").rpartition("client_assertion=")[2]
    return (
        "grant_type=authorization_code&code=a+b=&redirect_uri=http://localhost:3000/callback"
        f"&client_assertion_type={JWT_BEARER_ASSERTION_TYPE}&client_assertion={assertion}"
    ).encode("ascii")


def followed() -> dict[str, Any]:
    """A request that follows a redirect, as ``curl --location`` sends it."""
    answer = TokenResponse(307, [("Location", ELSEWHERE)])
    return {
        "grant": "client_credentials",
        "url": ELSEWHERE,
        "history": [earlier(answer, grant="client_credentials")],
    }


COPIED = [
    Copied(
        "PingOne, code exchange: a placeholder with a brace missing",
        {"iss-mismatch": ERROR},
        lambda: {"claims": {"iss": "{{<client_id}}"}},
    ),
    Copied(
        "PingOne, code exchange: neither jti nor iat, client_id or PKCE",
        {"jti-missing": WARNING},
        lambda: {"claims": {"jti": ABSENT, "iat": ABSENT}},
    ),
    Copied(
        "PingOne, code exchange: a scope in the list of parameters",
        {"scope-in-code-exchange": level_of(RULES["scope-in-code-exchange"], profile_named("pingone"))},
        lambda: {"fields": {"scope": "openid profile"}},
    ),
    Copied(
        "PingOne, code exchange: curl --location and PHP's follow_redirects",
        {"url-endpoint-mismatch": ERROR, "multi-redirect-followed": ERROR},
        followed,
    ),
    Copied(
        "PingOne, code exchange in Java: a body that is not encoded, and a code with a plus sign",
        {"form-plus-not-encoded": ERROR, "code-mismatch": ERROR},
        lambda: {"body": unencoded, "expected": {"code": "a+b="}},
    ),
    Copied(
        "PingOne, table of the token request: client_secret is required beside the assertion",
        {"auth-multiple-methods": ERROR, "auth-client-secret-present": ERROR, "secret-leaked": ERROR},
        lambda: {"fields": {"client_secret": SECRET}},
    ),
    Copied(
        "PingOne, PKCE: code_verfier",
        {"form-param-unrecognized": WARNING, "code-verifier-missing": ERROR},
        lambda: {
            "fields": {"code_verfier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"},
            "expected": {"code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"},
        },
    ),
    Copied(
        "PingOne, pushed authorization request: response_type token, no client_id",
        {"par-client-id-missing": WARNING},
        lambda: {
            "client": key_client(),
            "endpoint": "pushed_authorization_request",
            "fields": {
                "client_id": ABSENT,
                "response_type": "token",
                "code_challenge": ABSENT,
                "code_challenge_method": ABSENT,
            },
        },
    ),
    Copied(
        "Consumer Data Right: iss is not sub, and a UUID is the code_verifier",
        {"sub-mismatch": ERROR, "code-verifier-malformed": ERROR},
        lambda: {
            "client": RegisteredClient(CLIENT.client_id, jwks={"keys": [a_key("PS256", "key-1")]}),
            "profile": "cdr-au",
            "claims": {"sub": "12345"},
            "fields": {"code_verifier": "3b8a4c1e-58f2-4a1b-a7d5-90c1c9d3f0aa"},
        },
    ),
    Copied(
        "GOV.UK One Login: a header for HS256, and no claims",
        {
            "alg-not-allowed": ERROR,
            "auth-method-not-registered": ERROR,
            **dict.fromkeys(("iss-missing", "sub-missing", "aud-missing", "exp-missing", "jti-missing"), ERROR),
        },
        lambda: {
            "client": a_key_client("RS256"),
            "profile": "govuk",
            "header": {"alg": "HS256"},
            "key": b"a secret that is long enough for HS256, but nobody's",
            "payload": b"{}",
        },
    ),
    Copied(
        "HelseID: iat is a string",
        {"claim-time-not-number": ERROR},
        lambda: {
            "client": key_client(),
            "profile": "helseid",
            "header": {"typ": "client-authentication+jwt"},
            "claims": {"aud": SERVER.issuer, "exp": NOW + 60, "nbf": NOW, "iat": str(NOW)},
        },
    ),
    Copied(
        "Salesforce help: exp is a string",
        {"claim-time-not-number": ERROR},
        lambda: as_published_by_salesforce({"exp": str(NOW + 180)}),
    ),
    Copied(
        "A public example for Salesforce: exp in milliseconds, the assertion in the query, too",
        {"url-credentials-in-query": ERROR, "form-param-duplicate": ERROR, "claim-time-milliseconds": ERROR},
        lambda: as_published_by_salesforce({"exp": (NOW + 180) * 1000}, query=True),
    ),
    Copied(
        "IBM Verify: aud is the token endpoint, where the table says the issuer",
        {"aud-mismatch": ERROR},
        lambda: {"profile": "ibm-verify", "claims": {"aud": SERVER.token_endpoint}},
    ),
    Copied(
        "The update of RFC 7523: an explicit typ is both a SHOULD and required; it stays advice",
        {"typ-missing": WARNING, "typ-not-explicit": WARNING},
        lambda: {"profile": "rfc7523bis", "claims": {"aud": SERVER.issuer}, "header": {"typ": ABSENT}},
    ),
]


def verdict_on(changes: Mapping[str, Any]) -> Verdict:
    """What the judge says of the request that *changes* make, by PingOne's profile unless they name another."""
    how = {name: changes[name] for name in OF_THE_JUDGE & changes.keys()}
    request = {name: value for name, value in changes.items() if name not in OF_THE_JUDGE}
    who = {"client": changes.get("client", CLIENT), "server": changes.get("server", SERVER)}
    told = {"profile": how.get("profile", "pingone"), "history": how.get("history", ()), **how.get("expected", {})}
    return judge(a_request(**request), **who, now=NOW, **told)


@pytest.mark.parametrize("row", [pytest.param(row, id=row.where) for row in COPIED])
def test_a_copy_of_a_faulty_example_breaks(row: Copied) -> None:
    verdict = verdict_on(row.make())
    assert {violation.rule: violation.level for violation in (*verdict.violations, *verdict.warnings)} == row.breaks


def test_colons_and_slashes_that_are_not_encoded_are_harmless() -> None:
    """Java's body is right as long as no value needs encoding."""

    def sent(right: bytes) -> bytes:
        return unencoded(right).replace(b"a+b=", CODE.encode("ascii"))

    assert verdict_on({"body": sent, "expected": {"code": CODE}}).rules == ()
