"""Real token requests, kept as they arrived from the libraries that sent them, against the judge.

Each file in ``corpus/`` holds one request, the verdict it deserves, and the codes of an independent check of it. None
of those codes is a rule id: `STANDS_FOR` says which rules mean the same.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from pytest_jwtauth import RULES, AuthorizationServer, Profile, RegisteredClient, TokenRequest, TokenResponse, judge
from pytest_jwtauth.messages import HistoryItem
from pytest_jwtauth.model import Verdict
from pytest_jwtauth.parameters import JWT_BEARER
from pytest_jwtauth.profiles import profile_named
from pytest_jwtauth.rules import adjust

CORPUS = Path(__file__).parent / "corpus"
LEEWAY = 1
"""Seconds. One library rounds ``nbf`` up, to half a second ahead of the moment at which the request arrives."""

OK = TokenResponse(200, [("Content-Type", "application/json")], b'{"access_token":"at-1","token_type":"Bearer"}')


def _in_rooms(*rooms: str) -> frozenset[str]:
    return frozenset(rule.id for rule in RULES.values() if rule.room in rooms)


UNREADABLE = frozenset({"form-not-urlencoded", "form-charset-not-utf8"})
"""A body that is no form has none of the fields: that it cannot be read says so for all of them."""

STANDS_FOR: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "method": frozenset({"http-method-not-post"}),
        "url": frozenset({"url-endpoint-mismatch"}),
        "content_type": frozenset(
            {"header-content-type-missing", "header-content-type-wrong", "header-content-type-repeated"}
        ),
        "content_encoding": UNREADABLE,
        "not_utf8": frozenset({"form-charset-not-utf8"}),
        "fields_in_query": frozenset({"url-credentials-in-query", "url-form-params-in-query"}),
        "authorization_header": frozenset({"auth-basic-present", "auth-bearer-present"}),
        "client_secret": frozenset({"auth-client-secret-present"}),
        "client_id": frozenset({"client-id-mismatch", "client-id-unregistered"}),
        "repeated_field": frozenset({"form-param-duplicate"}),
        "grant_type": frozenset({"grant-type-missing", *UNREADABLE}),
        "code_or_redirect_uri": frozenset({"code-missing", "redirect-uri-missing", *UNREADABLE}),
        # Of two different grant types nobody knows which one would have needed the refresh token.
        "refresh_token": frozenset({"refresh-token-missing", "form-param-duplicate", *UNREADABLE}),
        # Without an assertion no type is asked for (RFC 7521 §4.2): what is missing then is the assertion.
        "client_assertion_type": frozenset(
            {
                *("client-assertion-type-missing", "client-assertion-type-wrong", "client-assertion-missing"),
                *UNREADABLE,
            }
        ),
        "client_assertion": frozenset({"client-assertion-missing", *UNREADABLE}),
        "jwt_format": _in_rooms("serialization")
        | {"header-not-utf8", "header-not-json", "header-not-object", "header-duplicate-member", "json-too-deep"}
        | {"payload-not-utf8", "payload-not-json", "payload-not-object", "payload-duplicate-claim"}
        | {"crit-malformed", "crit-unknown", "b64-false"},
        # «alg fits the credential and the signature is right» is one code there.
        "signature": frozenset(
            {
                *("signature-empty", "signature-wrong-length", "signature-der-encoded", "signature-ecdsa-range"),
                *("signature-invalid", "hmac-key-derivation", "alg-key-confusion"),
                *("alg-missing", "alg-not-string", "alg-none", "alg-unknown", "alg-not-allowed"),
            }
        ),
        "iss_sub": frozenset(
            {
                *("iss-missing", "iss-not-string", "iss-mismatch"),
                *("sub-missing", "sub-not-string", "sub-mismatch"),
            }
        ),
        "aud": frozenset({"aud-missing", "aud-not-string-or-array", "aud-mismatch", "aud-endpoint-specific"}),
        "exp": frozenset({"exp-missing", "claim-time-not-number", "claim-time-out-of-range"}),
        "exp_absurd": frozenset({"claim-time-milliseconds", "claim-time-out-of-range"}),
        "expired": frozenset({"exp-expired"}),
        "nbf": frozenset({"nbf-in-future", "claim-time-not-number", "claim-time-milliseconds"}),
        "iat_future": frozenset({"iat-in-future", "claim-time-milliseconds"}),
        "jti": frozenset({"jti-not-string", "jti-empty"}),
        "replay": frozenset({"multi-assertion-reused", "multi-jti-reused", "multi-retry-same-assertion"}),
    }
)

ISSUER_ONLY = "aud_issuer_only"
"""The one code that is no fault under profile rfc7523: the audience is the issuer, not the token endpoint."""


ENDPOINTS: Mapping[str, str] = MappingProxyType(
    {
        "introspection": "introspection_endpoint",
        "revocation": "revocation_endpoint",
        "par": "pushed_authorization_request_endpoint",
        "device_authorization": "device_authorization_endpoint",
        "ciba_request": "backchannel_authentication_endpoint",
    }
)
"""Where requests went that did not go to the token endpoint."""


def names() -> list[str]:
    return sorted(path.relative_to(CORPUS).with_suffix("").as_posix() for path in CORPUS.rglob("*.json"))


@cache
def case(name: str) -> Mapping[str, Any]:
    found: dict[str, Any] = json.loads(CORPUS.joinpath(f"{name}.json").read_text(encoding="utf-8"))
    return MappingProxyType(found)


def sent(name: str) -> TokenRequest:
    request = case(name)["request"]
    return TokenRequest(
        request["method"],
        request["url"],
        [(header, value) for header, value in request["headers"]],
        base64.b64decode(request["body_base64"]),
        received_at=case(name)["received_at"],
    )


def registered(name: str) -> RegisteredClient:
    client = case(name)["client"]
    jwk = client.get("public_jwk")
    return RegisteredClient(client["client_id"], client.get("client_secret"), {"keys": [jwk]} if jwk else None)


def server(name: str) -> AuthorizationServer:
    """The server that the client was told about; an endpoint other than the token endpoint is where it went."""
    told = case(name)
    url = told["request"]["url"].partition("?")[0]
    other = ENDPOINTS.get(told["endpoint"])
    return AuthorizationServer(told["issuer"], told["token_endpoint"], **({} if other is None else {other: url}))


def problems(name: str) -> list[str]:
    """The codes of the independent check, apart from the type of a body that is not there: nothing has that type."""
    codes: list[str] = case(name)["problems"]
    return codes if sent(name).body else [code for code in codes if code != "content_type"]


def before(name: str) -> list[str]:
    """The earlier requests of the same case, oldest first."""
    sequence = case(name).get("sequence")
    if sequence is None:
        return []
    folder = name.rpartition("/")[0]
    return [f"{folder}/{sequence['of']}__{index}" for index in range(1, sequence["index"])]


def verdict_on(
    name: str,
    *,
    profile: str | Profile = "rfc7523",
    leeway: float = LEEWAY,
    answer: TokenResponse | None = None,
) -> Verdict:
    """Judge one request after those before it, each as having had *answer* if there is one."""
    history: list[HistoryItem] = [
        sent(earlier) if answer is None else (sent(earlier), answer) for earlier in before(name)
    ]
    return judge(
        sent(name),
        client=registered(name),
        server=server(name),
        profile=profile,
        now=case(name)["received_at"],
        leeway=leeway,
        history=history,
    )


def ids(verdict: Verdict) -> set[str]:
    return {violation.rule for violation in verdict.violations}


NAMES = names()
ACCEPTED = [name for name in NAMES if case(name)["expected"]["valid"]]
ONLY_THE_ISSUER = [name for name in NAMES if case(name)["problems"] == [ISSUER_ONLY]]
REFUSED = [name for name in NAMES if name not in ACCEPTED and name not in ONLY_THE_ISSUER]
SECOND = [name for name in NAMES if before(name)]


def test_the_corpus_is_whole() -> None:
    assert (len(NAMES), len(ACCEPTED), len(REFUSED), len(ONLY_THE_ISSUER)) == (210, 102, 101, 7)
    assert len(SECOND) == 5
    assert {code for name in NAMES for code in case(name)["problems"]} == {*STANDS_FOR, ISSUER_ONLY}
    assert set().union(*STANDS_FOR.values()) <= set(RULES)


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_request_that_is_right_breaks_no_rule(name: str) -> None:
    assert ids(verdict_on(name)) == set()


@pytest.mark.parametrize("name", REFUSED)
def test_a_request_that_is_wrong_breaks_the_rule_that_says_why(name: str) -> None:
    broken = ids(verdict_on(name))
    assert broken
    for code in problems(name):
        assert broken & STANDS_FOR[code], f"nothing of {sorted(broken)} stands for {code}"


FOLLOWS_FROM: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "auth-multiple-methods": frozenset({"authorization_header", "client_secret"}),
        "auth-method-not-registered": frozenset({"authorization_header", "client_secret", "signature"}),
        "header-secret-leaked": frozenset({"authorization_header"}),
        "secret-leaked": frozenset({"client_secret"}),
        "form-not-urlencoded": frozenset({"content_type"}),
        "form-value-whitespace": frozenset({"client_assertion_type", "jwt_format"}),
        "client-assertion-type-orphan": frozenset({"client_assertion"}),
        "client-assertion-multiple": frozenset({"repeated_field"}),
        "header-embedded-jwk": frozenset({"signature"}),
        "alg-unknown": frozenset({"jwt_format"}),  # the header of a JWE names no signature algorithm
    }
)
"""Rules that say more than a code does, and the codes that they follow from."""

OF_A_JWT_BEARER_GRANT = frozenset(rule.id for rule in RULES.values() if JWT_BEARER in rule.grants)
"""The independent check does not read the JWT that is the grant, which some libraries make for one vendor alone."""


@pytest.mark.parametrize("name", REFUSED)
def test_a_request_that_is_wrong_breaks_no_rule_without_reason(name: str) -> None:
    codes = set(case(name)["problems"])
    meant = OF_A_JWT_BEARER_GRANT.union(*(STANDS_FOR[code] for code in codes))
    assert [rule for rule in ids(verdict_on(name)) - meant if not codes & FOLLOWS_FROM.get(rule, frozenset())] == []


@pytest.mark.parametrize("name", SECOND)
def test_a_second_exchange_of_a_code_is_wrong_once_the_answer_to_the_first_is_known(name: str) -> None:
    # The server that kept the requests issued no codes: it was sent the same one each time.
    exchanges_a_code = b"code=auth-code-1" in sent(name).body
    known = ids(verdict_on(name, answer=OK))
    assert known == ids(verdict_on(name)) | ({"multi-code-reused"} if exchanges_a_code else set())


TOKEN_ENDPOINT_ONLY = profile_named("rfc7523").but(audiences=MappingProxyType({"token": ("token_endpoint",)}))


@pytest.mark.parametrize("name", ONLY_THE_ISSUER)
def test_the_issuer_is_an_audience_unless_the_profile_wants_the_token_endpoint(name: str) -> None:
    assert case(name)["expected"]["turns_valid_with"] == ["audience_may_be_issuer"]
    assert ids(verdict_on(name)) == set()
    assert ids(verdict_on(name, profile=TOKEN_ENDPOINT_ONLY)) == {"aud-mismatch"}


def test_whoever_names_the_token_endpoint_satisfies_a_profile_that_wants_it() -> None:
    names = [name for name in ACCEPTED if case(name)["endpoint"] == "token"]
    assert [name for name in names if ids(verdict_on(name, profile=TOKEN_ENDPOINT_ONLY))] == []


def stricter(*errors: str, **values: Any) -> Callable[[str], set[str]]:
    """Judge by rfc7523 with these rules as errors and these values of the profile."""
    profile = adjust(profile_named("rfc7523").but(**values), error=errors)
    return lambda name: ids(verdict_on(name, profile=profile))


def max_lifetime(seconds: int) -> Callable[[str], set[str]]:
    """Judge the life alone, to the fraction of a second: the leeway would be added to what is allowed."""
    profile = profile_named("rfc7523").but(max_lifetime=seconds)
    return lambda name: ids(verdict_on(name, profile=profile, leeway=0)) & {"exp-too-far"}


STRICTER: Mapping[str, Callable[[str], set[str]]] = MappingProxyType(
    {
        "require_jti": stricter("jti-missing"),
        "require_iat": stricter("iat-missing"),
        "require_typ": stricter("typ-missing"),
        "typ_exactly_JWT": stricter("typ-case", "typ-wrong"),
        "single_string_aud": stricter("aud-array-form"),
        "single_aud_value": stricter("aud-multiple"),
        "alg_exactly_HS256": stricter(
            algorithms=MappingProxyType(
                {
                    "client_secret_jwt": frozenset({"HS256"}),
                    "private_key_jwt": profile_named("rfc7523").algorithms["private_key_jwt"],
                }
            )
        ),
        "kid_must_match": stricter(kid_required=True, kid_must_match=True),
        "max_lifetime_60": max_lifetime(60),
        "max_lifetime_300": max_lifetime(300),
        "max_lifetime_600": max_lifetime(600),
        "max_lifetime_3600": max_lifetime(3600),
        "integer_times": stricter("claim-time-not-integer"),
        "zero_leeway": lambda name: ids(
            verdict_on(name, profile=adjust(profile_named("rfc7523"), error=["iat-in-future"]), leeway=0)
        ),
    }
)
NO_RULE_OF_OURS = {
    "no_client_id_field": "client_id beside the assertion is allowed (RFC 7521 §4.2); nobody is known to refuse it",
    "no_query_string": "a query of its own is the server's right (RFC 6749 §3.2)",
}


def test_every_option_that_turns_a_verdict_is_tried() -> None:
    named = {option for name in NAMES for option in case(name)["expected"]["turns_invalid_with"]}
    assert named <= {*STRICTER, *NO_RULE_OF_OURS}
    lenient = {option for name in NAMES for option in case(name)["expected"]["turns_valid_with"]}
    assert lenient == {"audience_may_be_issuer", "leeway_60"}


@pytest.mark.parametrize("option", STRICTER)
def test_a_stricter_option_refuses_those_that_it_should_and_no_other(option: str) -> None:
    should = {name for name in ACCEPTED if option in case(name)["expected"]["turns_invalid_with"]}
    assert {name for name in ACCEPTED if STRICTER[option](name)} == should


def test_a_leeway_of_a_minute_accepts_those_that_it_should_and_no_other() -> None:
    should = {name for name in REFUSED if case(name)["expected"]["turns_valid_with"] == ["leeway_60"]}
    assert should
    # Made to expire in the second it was sent. Rounding does not excuse that, a clock that is behind would.
    unlike_the_corpus = {"bad/requests.lifetime_zero"}
    assert {name for name in REFUSED if not ids(verdict_on(name, leeway=60))} == should | unlike_the_corpus


def test_pingone_refuses_of_what_is_right_only_algorithms_that_it_does_not_name() -> None:
    refused = {name: ids(verdict_on(name, profile="pingone")) for name in [*ACCEPTED, *ONLY_THE_ISSUER]}
    assert {name: broken for name, broken in refused.items() if broken} == {
        "clients/authlib-requests.private_key_jwt_eddsa.authorization_code": {"alg-not-allowed"},
        "clients/oauth4webapi.private_key_jwt_ps256.authorization_code_pkce": {"alg-not-allowed"},
    }
