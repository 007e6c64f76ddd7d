"""Profiles against the documents they come from: the vendor's own example passes, a fault only that vendor minds fails.

The figures stand here a second time, as the documents give them, so that a slip in the data does not test itself. Each
profile has rows in every table, or the suite fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import pytest
from requests_under_test import ABSENT, CLIENT, FORM, ISSUER, NOW, SERVER, a_key, a_request, an_assertion

from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.messages import TokenRequest
from pytest_jwtauth.model import AuthorizationServer, Level, Profile, Verdict
from pytest_jwtauth.parameters import JWT_BEARER
from pytest_jwtauth.profiles import PROFILES, profile_named
from pytest_jwtauth.registered_client import RegisteredClient
from pytest_jwtauth.rules import RULES, adjust, adjust_by_lines, level_of
from pytest_jwtauth.verdict import judge

TOKEN = SERVER.token_endpoint
INTROSPECTION = SERVER.endpoints["introspection"]
CC = "client_credentials"
NO_USER_AGENT = (FORM, ("Accept", "application/json"))

AUTH0_TENANT = AuthorizationServer("https://tenant.auth.example/", "https://tenant.auth.example/oauth/token")
ENTRA_TENANT = AuthorizationServer(
    "https://login.microsoftonline.com/11111111-2222-4333-8444-555555555555/v2.0",
    "https://login.microsoftonline.com/11111111-2222-4333-8444-555555555555/oauth2/v2.0/token",
)
APPLE = AuthorizationServer("https://appleid.apple.com", "https://appleid.apple.com/auth/token")
GOOGLE = AuthorizationServer("https://accounts.google.com", "https://oauth2.googleapis.com/token")
SALESFORCE = AuthorizationServer("https://acme.my.site.com", "https://login.salesforce.com/services/oauth2/token")
MASKINPORTEN = AuthorizationServer("https://maskinporten.no/", "https://maskinporten.no/token")
GOVUK = AuthorizationServer("https://oidc.account.example/", "https://oidc.account.example/token")

SERVICE_ACCOUNT = "reports@my-project.iam.gserviceaccount.com"
TEAM_ID = "DEF123GHIJ"

Changes = Mapping[str, Any]


class Fault(NamedTuple):
    """What one vendor refuses: the change to its example, the rules broken, and a profile that does not mind."""

    sentence: str
    rules: frozenset[str]
    accepted_by: str
    changes: Changes


def fault(sentence: str, *rules: str, accepted_by: str, **changes: Any) -> Fault:
    """A row of `FAULTS`."""
    return Fault(sentence, frozenset(rules), accepted_by, changes)


def example(alg: str, **changes: Any) -> dict[str, Any]:
    """A row of `EXAMPLES`: a request that is right for the tests' own server, but for *changes*.

    Besides what `a_request` takes: ``alg`` chooses the client's credential, ``client_id`` its name.
    """
    return {"alg": alg, **changes}


THUMBPRINT = {"x5t#S256": "A1bC2dE3fG4hI5jK6lM7nO8pQ9rS0tU1vW2xY3zA4bC"}
EXPLICIT = {"typ": "client-authentication+jwt"}
SINGLE = {"aud": ISSUER}
GRANT: Changes = {"grant": JWT_BEARER}

EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "rfc7523": [
        example("RS256", claims={"aud": [ISSUER]}),
        example("HS256", claims={"jti": ABSENT, "iat": ABSENT}),
    ],
    "pingone": [
        example("HS256", claims={"jti": ABSENT, "iat": ABSENT}),
        example("HS512", claims={"aud": ISSUER, "jti": "1", "iat": NOW + 299}),
        example("RS256", claims={"exp": NOW + 3600, "nbf": NOW, "extra": "allowed"}),
        example("ES256", endpoint="introspection"),
        example("ES256", endpoint="pushed_authorization_request", claims={"aud": ISSUER}),
    ],
    "pingam": [example("RS256", claims={"jti": ABSENT}), example("HS256")],
    "oidc": [example("HS256"), example("RS256", claims={"iat": ABSENT})],
    "oidc3": [example("RS256", claims=SINGLE), example("HS256", claims=SINGLE)],
    "rfc7523bis": [
        example("ES256", claims=SINGLE, header=EXPLICIT),
        example("ES256", claims={"aud": [ISSUER]}, header=EXPLICIT),
    ],
    "fapi1a": [example("PS256"), example("ES256", claims=SINGLE)],
    "fapi2": [
        example("PS256", claims={**SINGLE, "iat": NOW + 10, "nbf": NOW + 10}),
        example("ES256", claims=SINGLE),
        example("EdDSA", claims=SINGLE),
        example("Ed25519", claims={**SINGLE, "iat": NOW + 60}),
    ],
    "okta": [
        example("HS256", claims={"jti": ABSENT}),
        example("RS256", claims={"exp": NOW + 3600}),
        example("ES512", endpoint="introspection"),
    ],
    "auth0": [
        example("RS256", server=AUTH0_TENANT, claims={"aud": AUTH0_TENANT.issuer}, header={"kid": ABSENT}),
        example("PS256", server=AUTH0_TENANT, claims={"aud": AUTH0_TENANT.issuer}),
    ],
    "entra": [
        example(
            "PS256",
            server=ENTRA_TENANT,
            grant=CC,
            claims={"nbf": NOW, "exp": NOW + 600},
            header={**THUMBPRINT, "kid": ABSENT},
            fields={"client_id": CLIENT.client_id},
        ),
        example("RS256", server=ENTRA_TENANT, grant=CC, header={"x5t": "abcd"}, fields={"client_id": CLIENT.client_id}),
        example("PS256", server=ENTRA_TENANT, header=THUMBPRINT, fields={"client_id": CLIENT.client_id, "scope": "a"}),
    ],
    "keycloak": [
        example("RS256", claims={"aud": ISSUER, "exp": NOW + 60}),
        example("HS256", claims={"aud": TOKEN, "exp": NOW + 60}),
        example("ES256", claims={"aud": INTROSPECTION, "iat": NOW - 60}),
    ],
    "smart": [
        example("RS384", grant=CC, fields={"scope": "system/Patient.rs"}),
        example("ES384", grant=CC, fields={"scope": "system/*.read"}, claims={"iat": ABSENT}),
    ],
    "apple": [
        example(
            "ES256",
            server=APPLE,
            client_id="com.example.client",
            claims={"iss": TEAM_ID, "aud": "https://appleid.apple.com", "exp": NOW + 15_777_000, "jti": ABSENT},
            header={"kid": "ABC123DEFG", "typ": ABSENT},
            fields={"client_id": "com.example.client"},
        ),
    ],
    "google-sa": [
        example(
            "RS256",
            server=GOOGLE,
            **GRANT,
            client_id=SERVICE_ACCOUNT,
            claims={
                "sub": ABSENT,
                "jti": ABSENT,
                "exp": NOW + 3600,
                "scope": "https://www.googleapis.com/auth/devstorage.read_only",
            },
        ),
        example("RS256", server=GOOGLE, **GRANT, client_id=SERVICE_ACCOUNT, claims={"sub": "user@example.com"}),
    ],
    "salesforce": [
        example(
            "RS256",
            server=SALESFORCE,
            **GRANT,
            claims={"sub": "alice@example.com", "aud": audience, "exp": NOW + 180, "jti": ABSENT, "iat": ABSENT},
        )
        for audience in ("https://login.salesforce.com", "https://test.salesforce.com", SALESFORCE.issuer)
    ],
    "maskinporten": [
        example(
            alg,
            server=MASKINPORTEN,
            **GRANT,
            claims={"sub": ABSENT, "aud": "https://maskinporten.no/", "exp": NOW + 120, "scope": "ks:test"},
            header=header,
        )
        for alg, header in (("RS256", {}), ("RS512", {"kid": ABSENT, "x5c": ["MIIC"]}))
    ],
    "idporten": [
        example("RS256", claims={**SINGLE, "exp": NOW + 120}),
        example("RS512", claims={**SINGLE, "exp": NOW + 120, "jti": ABSENT}, header={"kid": ABSENT, "x5c": ["MIIC"]}),
    ],
    "helseid": [
        example("RS256", claims={**SINGLE, "nbf": NOW, "exp": NOW + 60}),
        example("RS256", claims={**SINGLE, "nbf": NOW, "exp": NOW + 30}, header=EXPLICIT),
    ],
    "govuk": [
        example("RS256", server=GOVUK, header={"kid": ABSENT}),
        example("RS256", server=GOVUK, claims={"aud": "https://oidc.account.example/"}),
    ],
    "logingov": [
        example("RS256", header={"kid": ABSENT}),
        example("RS256", claims={"aud": [TOKEN, ISSUER]}),
    ],
    "singpass": [example("ES256", claims={**SINGLE, "exp": NOW + 120})],
    "corppass": [
        example("ES256", claims={**SINGLE, "exp": NOW + 600}),
        example("ES512", claims=SINGLE, header={"typ": ABSENT}),
    ],
    "cdr-au": [
        example("PS256", grant=CC, claims={"aud": aud}, fields={"scope": "cdr:registration"}) for aud in (ISSUER, TOKEN)
    ],
    "of-br": [example("PS256"), example("PS256", claims=SINGLE)],
    "ibm-verify": [
        example("HS256", claims={**SINGLE, "exp": NOW + 86_400}),
        example("PS512", claims={**SINGLE, "iat": NOW - 86_400}),
    ],
    "conformance": [example("RS256", claims={"exp": NOW + 86_400}), example("PS256", claims={**SINGLE, "nbf": NOW})],
    "node-oidc-provider": [
        example("ES256", claims={"aud": [ISSUER, "https://other.example"]}),
        example("HS256"),
        example("ES256", endpoint="introspection"),
    ],
}
"""Requests as the vendor's documents show them; the first of each profile is what `FAULTS` changes."""

FAULTS: dict[str, list[Fault]] = {
    "rfc7523": [
        fault("aud is another endpoint", "aud-mismatch", accepted_by="keycloak", claims={"aud": INTROSPECTION}),
        fault("nbf lies ahead", "nbf-in-future", accepted_by="fapi2", claims={**SINGLE, "nbf": NOW + 5}, alg="ES256"),
    ],
    "pingone": [
        fault("signed by RSASSA-PSS", "alg-not-allowed", accepted_by="rfc7523", alg="PS256"),
        fault("more than an hour to live", "exp-too-far", accepted_by="rfc7523", claims={"exp": NOW + 3601}),
    ],
    "pingam": [fault("aud is the issuer", "aud-mismatch", accepted_by="pingone", claims=SINGLE)],
    "oidc": [fault("no jti", "jti-missing", accepted_by="rfc7523", claims={"jti": ABSENT})],
    "oidc3": [
        fault("aud in an array", "aud-array-form", accepted_by="rfc7523bis", claims={"aud": [ISSUER]}),
        fault("aud is the endpoint", "aud-mismatch", "aud-not-issuer", accepted_by="oidc", claims={"aud": TOKEN}),
    ],
    "rfc7523bis": [
        fault("aud is the endpoint", "aud-mismatch", "aud-not-issuer", accepted_by="rfc7523", claims={"aud": TOKEN}),
        fault(
            "aud is both",
            *("aud-multiple", "aud-not-issuer"),
            accepted_by="rfc7523",
            claims={"aud": [ISSUER, TOKEN]},
        ),
    ],
    "fapi1a": [
        fault("RSA with PKCS #1", "alg-not-allowed", "alg-rsa-pkcs1", accepted_by="oidc", alg="RS256"),
        fault("a shared secret", "alg-not-allowed", accepted_by="oidc", alg="HS256"),
    ],
    "fapi2": [
        fault("aud in an array", "aud-array-form", accepted_by="rfc7523bis", claims={"aud": [ISSUER], "nbf": NOW}),
        fault("iat over a minute ahead", "iat-in-future", accepted_by="rfc7523", claims={"iat": NOW + 61, "nbf": NOW}),
    ],
    "okta": [
        fault("iat ahead", "iat-in-future", accepted_by="pingone", claims={"iat": NOW + 1}),
        fault("aud is the issuer", "aud-mismatch", "aud-not-token-endpoint", accepted_by="pingone", claims=SINGLE),
    ],
    "auth0": [
        fault("signed with RS512", "alg-not-allowed", accepted_by="oidc3", alg="RS512"),
        fault("a life over five minutes", "exp-too-far", accepted_by="oidc3", claims={"exp": NOW + 301}),
    ],
    "entra": [
        fault("no thumbprint", "header-x5t-missing", accepted_by="rfc7523", header={"x5t#S256": ABSENT}),
        fault("no client_id", "client-id-missing", accepted_by="rfc7523", fields={"client_id": ABSENT}),
    ],
    "keycloak": [
        fault("two audiences", "aud-multiple", accepted_by="node-oidc-provider", claims={"aud": [ISSUER, TOKEN]}),
        fault("made over a minute ago", "iat-too-old", accepted_by="node-oidc-provider", claims={"iat": NOW - 61}),
    ],
    "smart": [
        fault("no kid", "kid-missing", accepted_by="oidc", header={"kid": ABSENT}),
        fault("no typ", "typ-missing", accepted_by="oidc", header={"typ": ABSENT}),
        fault("another typ", "typ-wrong", accepted_by="oidc", header=EXPLICIT),
        fault("no scope", "scope-missing", accepted_by="oidc", fields={"scope": ABSENT}),
    ],
    "apple": [
        fault("no client_id", "client-id-missing", accepted_by="rfc7523", fields={"client_id": ABSENT}),
        fault("more than six months", "exp-too-far", accepted_by="rfc7523", claims={"exp": NOW + 15_777_001}),
    ],
    "google-sa": [
        fault("no iat", "iat-missing", accepted_by="salesforce", claims={"iat": ABSENT}),
        fault("signed with RS512", "alg-not-allowed", accepted_by="maskinporten", alg="RS512"),
    ],
    "salesforce": [
        fault("aud is the endpoint", "aud-mismatch", accepted_by="rfc7523", claims={"aud": SALESFORCE.token_endpoint}),
        fault("signed with RS512", "alg-not-allowed", accepted_by="maskinporten", alg="RS512"),
    ],
    "maskinporten": [
        fault("a life over 120 s", "exp-too-far", accepted_by="salesforce", claims={"exp": NOW + 121}),
        fault("no iat", "iat-missing", accepted_by="salesforce", claims={"iat": ABSENT}),
        fault("neither kid nor x5c", "kid-missing", accepted_by="salesforce", header={"kid": ABSENT}),
    ],
    "idporten": [
        fault("no iat", "iat-missing", accepted_by="helseid", claims={"iat": ABSENT, "exp": NOW + 60}),
        fault("a life over 120 s", "exp-too-far", accepted_by="ibm-verify", claims={"exp": NOW + 121}),
        fault("neither kid nor x5c", "kid-missing", accepted_by="ibm-verify", header={"kid": ABSENT}),
    ],
    "helseid": [
        fault("more than a minute", "exp-too-far", accepted_by="idporten", claims={"exp": NOW + 61}),
        fault("aud is the endpoint", "aud-mismatch", "aud-not-issuer", accepted_by="pingone", claims={"aud": TOKEN}),
    ],
    "govuk": [
        fault("no User-Agent", "header-user-agent-missing", accepted_by="oidc", headers=NO_USER_AGENT),
        fault("a fraction of a second", "claim-time-not-integer", accepted_by="oidc", claims={"exp": NOW + 60.5}),
    ],
    "logingov": [
        fault("signed with RS384", "alg-not-allowed", accepted_by="govuk", alg="RS384"),
        fault("iat ahead", "iat-in-future", accepted_by="govuk", claims={"iat": NOW + 1}),
    ],
    "singpass": [
        fault("no typ", "typ-missing", accepted_by="corppass", header={"typ": ABSENT}),
        fault("a life over 120 s", "exp-too-far", accepted_by="corppass", claims={"exp": NOW + 121}),
    ],
    "corppass": [
        fault("another typ", "typ-wrong", accepted_by="oidc3", header=EXPLICIT),
        fault("a life over ten minutes", "exp-too-far", accepted_by="oidc3", claims={"exp": NOW + 601}),
    ],
    "cdr-au": [fault("no scope", "scope-missing", accepted_by="fapi1a", fields={"scope": ABSENT})],
    "of-br": [fault("on an elliptic curve", "alg-not-allowed", accepted_by="fapi1a", alg="ES256")],
    "ibm-verify": [
        fault("over a day old", "iat-too-old", accepted_by="oidc3", claims={"iat": NOW - 86_401}),
        fault("on an elliptic curve", "alg-not-allowed", accepted_by="oidc3", alg="ES256"),
    ],
    "conformance": [
        fault("no iat", "iat-missing", accepted_by="oidc", claims={"iat": ABSENT}),
        fault("over a day", "exp-too-far", accepted_by="oidc", claims={"exp": NOW + 86_401}),
    ],
    "node-oidc-provider": [fault("no jti", "jti-missing", accepted_by="rfc7523", claims={"jti": ABSENT})],
}
"""What a vendor refuses of its own example, and another profile does not mind."""

LONGEST = {
    "pingone": 3600,
    "okta": 3600,
    "auth0": 300,
    "keycloak": 60,
    "smart": 300,
    "apple": 15_777_000,
    "google-sa": 3600,
    "maskinporten": 120,
    "idporten": 120,
    "helseid": 60,
    "singpass": 120,
    "corppass": 600,
    "ibm-verify": 86_400,
    "conformance": 86_400,
}
"""Seconds that an assertion may live."""
FROM_IAT = frozenset({"google-sa", "maskinporten", "idporten", "singpass", "corppass"})
"""Profiles that count them from ``iat``; the others count from now, Keycloak only where there is no ``iat``."""

AHEAD = {
    ("auth0", "iat"): 10,
    ("auth0", "nbf"): 10,
    ("fapi2", "iat"): 10,
    ("fapi2", "nbf"): 10,
    ("keycloak", "iat"): 15,
    ("keycloak", "nbf"): 15,
    ("maskinporten", "iat"): 10,
    ("node-oidc-provider", "iat"): 15,
    ("node-oidc-provider", "nbf"): 15,
    ("conformance", "iat"): 300,
    ("conformance", "nbf"): 300,
}
"""Seconds that a claim may lie ahead of the server's clock."""


ANY = "HS* RS* PS* ES* ES256K EdDSA Ed25519 Ed448"
OFFERED = {
    **dict.fromkeys(("rfc7523", "oidc", "oidc3", "rfc7523bis", "pingam"), ANY),
    **dict.fromkeys(("keycloak", "conformance", "node-oidc-provider"), ANY),
    **dict.fromkeys(("smart", "helseid", "govuk"), ANY.removeprefix("HS* ")),
    **dict.fromkeys(("pingone", "okta"), "HS* RS* ES*"),
    **dict.fromkeys(("maskinporten", "idporten"), "RS*"),
    **dict.fromkeys(("google-sa", "salesforce", "logingov"), "RS256"),
    **dict.fromkeys(("fapi1a", "cdr-au"), "PS256 ES256"),
    "fapi2": "PS256 ES256 EdDSA Ed25519",
    "auth0": "RS256 RS384 PS256",
    "entra": "PS256 RS256",
    "apple": "ES256",
    "singpass": "ES*",
    "corppass": "ES* ES256K",
    "of-br": "PS256",
    "ibm-verify": "HS* RS* PS*",
}
"""Signature algorithms; a star stands for 256, 384 and 512."""

NEEDS_JTI = frozenset(
    {
        *("oidc", "oidc3", "fapi1a", "fapi2", "auth0", "keycloak", "smart", "govuk", "logingov", "cdr-au", "of-br"),
        *("ibm-verify", "conformance", "node-oidc-provider"),
    }
)
"""Profiles that demand a ``jti``."""


@cache
def client_for(alg: str, client_id: str) -> RegisteredClient:
    """A client with one credential, for *alg*; its key, if it is one, has a ``kid``."""
    if alg.startswith("HS"):
        return RegisteredClient(client_id, CLIENT.client_secret)
    return RegisteredClient(client_id, jwks={"keys": [a_key(alg, "ABC123DEFG")]})


def merged(base: Changes, changes: Changes) -> dict[str, Any]:
    """*base* with *changes*; claims, header members and form fields are merged one by one."""
    together = {**base, **changes}
    for name in {"claims", "header", "fields"} & base.keys() & changes.keys():
        together[name] = {**base[name], **changes[name]}
    return together


def ask(row: Changes, profile: Profile) -> Verdict:
    """What *profile* says of the request of *row*, the assertion in the form field that the profile reads."""
    how = dict(row)
    client = client_for(how.pop("alg"), how.pop("client_id", CLIENT.client_id))
    server = how.get("server", SERVER)
    if profile.assertion_field != "client_assertion":
        made = {name: how.pop(name) for name in ("claims", "header") if name in how}
        bare = {"client_assertion": ABSENT, "client_assertion_type": ABSENT}
        sent = an_assertion(client=client, server=server, **made)
        how["fields"] = {**bare, **how.get("fields", {}), profile.assertion_field: sent}
    request: TokenRequest = a_request(client=client, **how)
    return judge(request, client=client, server=server, profile=profile, now=NOW)


def errors(verdict: Verdict) -> set[str]:
    """Ids of the broken rules of level error."""
    return {violation.rule for violation in verdict.violations}


EACH_EXAMPLE = [
    pytest.param(name, row, id=f"{name}: example {number}")
    for name, rows in EXAMPLES.items()
    for number, row in enumerate(rows, 1)
]
EACH_FAULT = [pytest.param(name, row, id=f"{name}: {row.sentence}") for name, rows in FAULTS.items() for row in rows]


@pytest.mark.parametrize("profile", [pytest.param(profile, id=name) for name, profile in PROFILES.items()])
class TestEveryProfile:
    def test_it_says_what_it_is_and_where_it_comes_from(self, profile: Profile) -> None:
        assert PROFILES[profile.name] is profile
        assert profile.title.strip() == profile.title != ""
        assert len(profile.source) > 15

    def test_it_names_rules_that_exist_and_changes_their_level(self, profile: Profile) -> None:
        assert profile.levels.keys() <= RULES.keys()
        assert [id for id, level in profile.levels.items() if RULES[id].level == level] == []
        assert profile.forced == {}

    def test_it_accepts_some_algorithm_and_some_audience(self, profile: Profile) -> None:
        assert any(profile.algorithms.values())
        assert profile.fixed_audiences or all(profile.audiences.values())

    def test_it_has_an_example_and_a_fault(self, profile: Profile) -> None:
        assert EXAMPLES.get(profile.name), f"no example of {profile.name}"
        assert FAULTS.get(profile.name), f"no fault of {profile.name}"


def test_the_tables_know_no_other_profile() -> None:
    assert EXAMPLES.keys() | FAULTS.keys() == PROFILES.keys()


@pytest.mark.parametrize(("name", "row"), EACH_EXAMPLE)
def test_a_vendors_own_example_passes_its_profile(name: str, row: dict[str, Any]) -> None:
    verdict = ask(row, PROFILES[name])
    assert errors(verdict) == set(), verdict
    assert verdict.not_evaluated == ()


@pytest.mark.parametrize(("name", "row"), EACH_FAULT)
def test_what_a_vendor_refuses_breaks_the_rule_that_is_meant(name: str, row: Fault) -> None:
    assert errors(ask(merged(EXAMPLES[name][0], row.changes), PROFILES[name])) == row.rules


@pytest.mark.parametrize(("name", "row"), EACH_FAULT)
def test_what_one_vendor_refuses_another_accepts(name: str, row: Fault) -> None:
    other = PROFILES[row.accepted_by]
    verdict = ask(merged(EXAMPLES[name][0], row.changes), other)
    assert errors(verdict).isdisjoint(row.rules), verdict
    assert verdict.assertion is not None
    # Where the JWT travels in another field the parties are others, too: the rule that is meant says enough there.
    if {PROFILES[name].assertion_field, other.assertion_field} == {"client_assertion"}:
        assert errors(verdict) == set(), verdict


def test_the_longest_lives_are_those_of_the_documents() -> None:
    assert {name: p.max_lifetime for name, p in PROFILES.items() if p.max_lifetime is not None} == LONGEST
    assert {name for name, p in PROFILES.items() if p.lifetime_from == "iat"} == FROM_IAT


def test_the_algorithms_are_those_of_the_documents() -> None:
    families = {name: [f"{name[:2]}{bits}" for bits in (256, 384, 512)] for name in ("HS*", "RS*", "PS*", "ES*")}
    wanted = {
        name: {alg for word in words.split() for alg in families.get(word, [word])} for name, words in OFFERED.items()
    }
    assert {name: set().union(*p.algorithms.values()) for name, p in PROFILES.items()} == wanted


def test_those_that_demand_a_jti_are_those_whose_documents_do() -> None:
    assert {name for name, p in PROFILES.items() if level_of(RULES["jti-missing"], p) == "error"} == NEEDS_JTI


@pytest.mark.parametrize("name", LONGEST)
def test_an_assertion_may_live_as_long_as_the_profile_says_and_no_second_longer(name: str) -> None:
    limit = LONGEST[name]
    iat = ABSENT if name == "keycloak" else NOW - 30
    start = NOW - 30 if name in FROM_IAT else NOW

    def broken(life: int) -> set[str]:
        row = merged(EXAMPLES[name][0], {"claims": {"iat": iat, "exp": start + life}})
        return errors(ask(row, PROFILES[name]))

    assert broken(limit) == set()
    assert broken(limit + 1) == {"exp-too-far"}


def test_keycloak_counts_from_now_only_where_there_is_no_iat() -> None:
    row = merged(EXAMPLES["keycloak"][0], {"claims": {"exp": NOW + 86_400}})
    assert errors(ask(row, PROFILES["keycloak"])) == set()


def test_the_differences_of_clocks_are_those_of_the_documents() -> None:
    found = {(name, claim): getattr(p, f"{claim}_skew") for name, p in PROFILES.items() for claim in ("iat", "nbf")}
    assert {key: seconds for key, seconds in found.items() if seconds} == AHEAD


@pytest.mark.parametrize(("name", "claim"), AHEAD)
def test_a_claim_may_lie_ahead_as_far_as_the_profile_says_and_no_second_further(name: str, claim: str) -> None:
    def found(seconds: int) -> set[str]:
        row = merged(EXAMPLES[name][0], {"claims": {"iat": NOW, "nbf": NOW, claim: NOW + seconds, "exp": NOW + 302}})
        return set(ask(row, PROFILES[name].but(max_lifetime=None)).rules)

    rule = f"{claim}-in-future"
    assert rule not in found(AHEAD[name, claim])
    assert rule in found(AHEAD[name, claim] + 1)


class TestDerivedProfiles:
    def test_it_has_the_new_values_and_keeps_the_others(self) -> None:
        own = PROFILES["okta"].but(name="own", max_lifetime=600)
        assert (own.name, own.max_lifetime, own.audiences) == ("own", 600, PROFILES["okta"].audiences)
        assert PROFILES["okta"].max_lifetime == 3600

    def test_it_judges_by_them(self) -> None:
        row = merged(EXAMPLES["okta"][0], {"claims": {"exp": NOW + 601}})
        assert errors(ask(row, PROFILES["okta"].but(max_lifetime=601))) == set()
        verdict = ask(row, PROFILES["okta"].but(name="own", max_lifetime=600))
        assert (errors(verdict), verdict.profile) == ({"exp-too-far"}, "own")

    def test_levels_are_merged_over_those_it_has(self) -> None:
        own = PROFILES["okta"].but(levels={"jti-missing": "error", "iat-in-future": "warning"})
        assert own.levels == {**PROFILES["okta"].levels, "jti-missing": "error", "iat-in-future": "warning"}
        assert level_of(RULES["claim-time-not-integer"], own) == "error"
        assert level_of(RULES["jti-missing"], PROFILES["okta"]) == "warning"

    def test_what_is_forced_outweighs_the_levels_and_is_merged_too(self) -> None:
        own = PROFILES["okta"].but(forced={"jti-missing": "error"}).but(forced={"iat-in-future": "off"})
        assert own.forced == {"jti-missing": "error", "iat-in-future": "off"}
        assert own.but(levels={"iat-in-future": "error"}).forced == own.forced
        assert level_of(RULES["iat-in-future"], own) == "off"

    def test_a_value_that_no_profile_has_is_an_error_that_names_the_nearest(self) -> None:
        with pytest.raises(ConfigurationError, match=r"profile value 'max_life'.*'max_lifetime'"):
            PROFILES["okta"].but(max_life=600)


class TestTheProfileOfAName:
    def test_a_name_gives_the_profile(self) -> None:
        assert profile_named("fapi2") is PROFILES["fapi2"]

    def test_a_profile_is_returned_as_it_is(self) -> None:
        own = PROFILES["okta"].but(name="own")
        assert profile_named(own) is own

    def test_an_unknown_name_is_an_error_that_names_the_nearest_and_all(self) -> None:
        with pytest.raises(ConfigurationError, match=r"unknown profile 'keycloack'.*'keycloak'.*Known: apple, auth0"):
            profile_named("keycloack")


LEVELS: tuple[tuple[str, str, Level], ...] = (
    ("allow", "off", "off"),
    ("warn", "warning", "warning"),
    ("error", "error", "error"),
)
RULE = "exp-lifetime-hygiene"


@pytest.mark.parametrize(("keyword", "word", "level"), LEVELS)
class TestSteering:
    def test_a_keyword_sets_the_level_of_a_rule(self, keyword: str, word: str, level: Level) -> None:
        steered = adjust(PROFILES["pingone"], **{keyword: [RULE, "jti-missing"]})
        assert steered.forced == {RULE: level, "jti-missing": level}

    def test_a_line_sets_the_level_of_a_rule(self, keyword: str, word: str, level: Level) -> None:
        steered = adjust_by_lines(PROFILES["pingone"], [f"{RULE} = {word}", f" jti-missing={word} "])
        assert steered.forced == {RULE: level, "jti-missing": level}

    def test_a_verdict_is_at_that_level(self, keyword: str, word: str, level: Level) -> None:
        row = merged(EXAMPLES["pingone"][0], {"claims": {"exp": NOW + 301}})
        verdict = ask(row, adjust(PROFILES["pingone"], **{keyword: [RULE]}))
        assert (RULE in errors(verdict), RULE in verdict.rules) == (level == "error", level != "off")

    def test_it_outweighs_the_level_of_the_profile(self, keyword: str, word: str, level: Level) -> None:
        for name in ("apple", "oidc", "pingone"):  # there it is off, an error, a warning
            assert level_of(RULES["jti-missing"], adjust(PROFILES[name], **{keyword: ["jti-missing"]})) == level

    def test_an_unknown_rule_is_an_error_that_names_the_nearest(self, keyword: str, word: str, level: Level) -> None:
        with pytest.raises(ConfigurationError, match=r"rule id 'exp-expire'.*'exp-expired'"):
            adjust(PROFILES["pingone"], **{keyword: ["exp-expire"]})
        with pytest.raises(ConfigurationError, match=r"rule id 'exp-expire'.*'exp-expired'"):
            adjust_by_lines(PROFILES["pingone"], [f"exp-expire = {word}"])


class TestSteeringAtItsLimits:
    def test_nothing_asked_changes_nothing(self) -> None:
        assert adjust(PROFILES["pingone"]) is PROFILES["pingone"]
        assert adjust_by_lines(PROFILES["pingone"], []) is PROFILES["pingone"]

    def test_the_same_twice_is_once(self) -> None:
        assert adjust(PROFILES["pingone"], error=[RULE, RULE]).forced == {RULE: "error"}

    def test_a_later_call_outweighs_an_earlier_one(self) -> None:
        once = adjust(PROFILES["pingone"], allow=[RULE], warn=["jti-missing"])
        assert adjust(once, error=[RULE]).forced == {RULE: "error", "jti-missing": "warning"}

    def test_two_levels_for_one_rule_are_an_error(self) -> None:
        with pytest.raises(ConfigurationError, match=f"rule {RULE} is to be both off and error"):
            adjust(PROFILES["pingone"], allow=[RULE], error=[RULE])
        with pytest.raises(ConfigurationError, match=f"rule {RULE} is to be both off and warning"):
            adjust_by_lines(PROFILES["pingone"], [f"{RULE} = warning", f"{RULE} = off"])

    @pytest.mark.parametrize(
        "line", [RULE, f"{RULE} off", f"{RULE} =", f"{RULE} = Off", f"{RULE} = fatal", "= off", ""]
    )
    def test_a_line_that_is_no_rule_and_level_is_an_error(self, line: str) -> None:
        with pytest.raises(ConfigurationError):
            adjust_by_lines(PROFILES["pingone"], [line])

    def test_the_error_shows_the_line_and_what_lines_look_like(self) -> None:
        with pytest.raises(
            ConfigurationError, match=r"«rule-id = level».*off, warning or error; got 'jti-missing: off'"
        ):
            adjust_by_lines(PROFILES["pingone"], ["jti-missing: off"])


@pytest.mark.parametrize("kind", ["levels", "forced"])
@pytest.mark.parametrize(
    ("levels", "words"),
    [
        ({"exp-expird": "off"}, r"unknown rule id 'exp-expird'\. Did you mean 'exp-expired'"),
        ({"exp-expired": "of"}, r"unknown level of exp-expired 'of'\. Did you mean 'off'"),
    ],
)
def test_a_level_that_would_do_nothing_is_refused_where_the_profile_is_used(
    kind: str, levels: dict[str, Any], words: str
) -> None:
    own = PROFILES["pingone"].but(name="own", **{kind: levels})
    with pytest.raises(ConfigurationError, match=f"^{words}"):
        profile_named(own)
