"""Every plantable fault, with every kind of client: the judge names its rule, and nothing that does not follow."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import cycle
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from signing_clients import (
    NOW,
    SERVER,
    client_for,
    client_with_a_short_secret,
    client_with_two_keys,
    request_with,
    rsa_jwk,
)

from pytest_jwtauth import base64url
from pytest_jwtauth.client_assertion import ClientAssertion
from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.model import Level, Profile
from pytest_jwtauth.planted_faults import NOT_PLANTABLE, PLANTABLE
from pytest_jwtauth.planted_faults.keys import to_der
from pytest_jwtauth.profiles import PROFILES
from pytest_jwtauth.registered_client import RegisteredClient
from pytest_jwtauth.rules import RULES, level_of
from pytest_jwtauth.verdict import judge

ROOMS = ("serialization", "jose_header", "keys", "claims", "lifetimes")

UNDUE: Mapping[str, frozenset[str]] = {
    # Where the two meet, the end of one and the start of the other are measured as if they were one part.
    "client-assertion-multiple": frozenset({"jws-b64-length"}),
}
"""Rules that the judge need not name, and sometimes does."""


@cache
def clients() -> Mapping[str, RegisteredClient]:
    registered = ("HS256", "HS512", "RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
    return {
        **{alg: client_for(alg) for alg in registered},
        "two keys": client_with_two_keys(),
        "short secret": client_with_a_short_secret(),
        "no alg": RegisteredClient("no-alg", jwks=rsa_jwk()),
    }


CSJ = frozenset({"HS256", "HS512", "short secret"})
ECDSA = frozenset({"ES256", "ES384", "ES512"})
EDDSA = frozenset({"EdDSA", "Ed25519"})
RSA = frozenset({"RS256", "PS256", "no alg", "two keys"})
PKJ = ECDSA | EDDSA | RSA

IMPOSSIBLE: Mapping[str, frozenset[str]] = {
    "alg-registered-mismatch": ECDSA | {"no alg", "two keys", "short secret"},
    "alg-key-confusion": CSJ,
    "alg-deprecated-polymorphic": CSJ | ECDSA | RSA,
    "alg-rsa-pkcs1": CSJ | ECDSA | EDDSA,
    "kid-missing": CSJ | PKJ - {"two keys"},
    "kid-unknown": CSJ,
    "kid-key-mismatch": CSJ | ECDSA | EDDSA | {"no alg"},
    "hmac-key-too-short": PKJ | {"HS256", "HS512"},
    "hmac-key-derivation": PKJ,
    "ec-curve-mismatch": CSJ | EDDSA | RSA,
    "signature-der-encoded": CSJ | EDDSA | RSA,
    "signature-ecdsa-range": CSJ | EDDSA | RSA,
}
"""The clients whose assertions cannot have a fault; where nothing stands here, all can."""


def with_everything_on(name: str, *off: str) -> Profile:
    """A profile that has every rule on but *off*, with limits as narrow as the narrowest deployments have."""
    levels: dict[str, Level] = {
        rule.id: "error" for rule in RULES.values() if rule.level == "off" and rule.id not in off
    }
    return PROFILES["rfc7523"].but(
        name=name, levels=levels, max_lifetime=120, lifetime_from="iat", iat_skew=10, iat_max_age=300
    )


# The rules that demand one audience, or one typ, exclude each other.
AUDIENCE_IS_THE_ISSUER = with_everything_on("issuer", "aud-not-token-endpoint")
AUDIENCE_IS_THE_TOKEN_ENDPOINT = with_everything_on("token endpoint", "aud-not-issuer", "typ-not-explicit")
THOROUGH = (PROFILES["rfc7523"], PROFILES["pingone"], AUDIENCE_IS_THE_ISSUER, AUDIENCE_IS_THE_TOKEN_ENDPOINT)
"""The profiles that are tried with every client; the others with one of some, by turns."""
SOME_CLIENTS = ("HS256", "PS256", "ES256")


@cache
def combinations() -> tuple[tuple[Profile, str, RegisteredClient], ...]:
    """Each profile with clients and their names."""
    thorough = [(profile, name, client) for profile in THOROUGH for name, client in clients().items()]
    others = zip((profile for profile in PROFILES.values() if profile not in THOROUGH), cycle(SOME_CLIENTS))
    return (*thorough, *((profile, name, clients()[name]) for profile, name in others))


def broken_rules(
    assertion: str, client: RegisteredClient, profile: Profile, *, url: str = SERVER.token_endpoint, leeway: float = 0
) -> set[str]:
    request = request_with(assertion, client, profile, url=url)
    return set(judge(request, client=client, server=SERVER, profile=profile, now=NOW, leeway=leeway).rules)


def planted(rule: str, client: RegisteredClient, profile: Profile) -> ClientAssertion | None:
    """An assertion with the fault, or None where the client cannot have it."""
    try:
        return ClientAssertion.signed(client=client, server=SERVER, profile=profile, now=NOW, fault=rule)
    except ConfigurationError:
        return None


@cache
def broken_without_fault(client: str, profile: Profile, url: str) -> set[str]:
    """What the client's right assertion breaks: rules about the client, or about the rest of the request."""
    assertion = ClientAssertion.signed(client=clients()[client], server=SERVER, profile=profile, now=NOW)
    return broken_rules(assertion, clients()[client], profile, url=url)


@pytest.mark.parametrize("rule", PLANTABLE)
def test_a_planted_fault_breaks_its_rule_and_no_other_that_does_not_follow(rule: str) -> None:
    # One rule is about every endpoint but the token endpoint.
    url = SERVER.token_endpoint if rule != "aud-endpoint-specific" else str(SERVER.introspection_endpoint)
    missed, others = [], set()
    for profile, name, client in combinations():
        assertion = planted(rule, client, profile)
        if assertion is None:
            continue
        broken = broken_rules(assertion, client, profile, url=url)
        on = level_of(RULES[rule], profile) != "off"
        if on and rule not in broken:
            missed.append((profile.name, name))
        others |= broken - broken_without_fault(name, profile, url) - {rule}
    assert missed == []
    # Also the other way: nothing is said to follow that never does.
    assert others - UNDUE.get(rule, frozenset()) == PLANTABLE[rule].follows


@pytest.mark.parametrize("rule", PLANTABLE)
@pytest.mark.parametrize("profile", [PROFILES["rfc7523"], PROFILES["pingone"]], ids=lambda profile: profile.name)
def test_a_fault_can_be_planted_for_every_client_but_the_listed_ones(rule: str, profile: Profile) -> None:
    refused = {name for name, client in clients().items() if planted(rule, client, profile) is None}
    assert refused == IMPOSSIBLE.get(rule, frozenset())


@pytest.mark.parametrize(
    "profile", {profile.name: profile for profile, *_ in combinations()}.values(), ids=lambda profile: profile.name
)
def test_without_a_fault_nothing_about_the_assertion_is_broken(profile: Profile) -> None:
    excused = {
        # Which certificate the client has, nobody can know.
        "header-x5t-missing",
        # A client that has registered an algorithm uses it, whatever the profile says.
        "alg-rsa-pkcs1",
        "alg-deprecated-polymorphic",
        "alg-not-allowed",
    }
    for name in clients():
        broken = broken_without_fault(name, profile, SERVER.token_endpoint)
        assert {rule for rule in broken if RULES[rule].room in ROOMS} <= excused


def test_every_rule_about_the_assertion_is_plantable_or_listed_with_the_reason_why_not() -> None:
    about_assertions = {rule.id for rule in RULES.values() if rule.room in ROOMS}
    assert about_assertions - set(PLANTABLE) - set(NOT_PLANTABLE) == set()


def test_every_row_names_a_rule_of_the_book_once() -> None:
    assert (set(PLANTABLE) | set(NOT_PLANTABLE)) - set(RULES) == set()
    assert set(PLANTABLE) & set(NOT_PLANTABLE) == set()
    assert all(fault.rule == rule for rule, fault in PLANTABLE.items())
    assert {rule for fault in PLANTABLE.values() for rule in fault.follows} - set(RULES) == set()


def test_every_fault_is_described_in_words() -> None:
    described = [fault.what for fault in PLANTABLE.values()]
    assert all(what and not what.endswith(".") for what in described)
    assert len(set(described)) == len(described)


@pytest.mark.parametrize(
    ("rule", "leeway"),
    [
        ("exp-expired", 300),
        ("iat-in-future", 60),
        ("nbf-in-future", 30),
        ("exp-too-far", 300),
        ("iat-too-old", 30),
    ],
)
def test_a_usual_leeway_does_not_hide_a_fault(rule: str, leeway: int) -> None:
    client = client_for("HS256")
    for profile in (PROFILES["rfc7523"], PROFILES["pingone"]):
        assertion = ClientAssertion.signed(client=client, server=SERVER, profile=profile, now=NOW, fault=rule)
        assert rule in broken_rules(assertion, client, profile, leeway=leeway)


@pytest.mark.parametrize("level", ["iat-in-future", "exp-too-far"])
def test_a_fault_in_time_is_planted_where_the_profile_is_generous(level: str) -> None:
    generous = PROFILES["rfc7523"].but(max_lifetime=86_400, iat_skew=300)
    assertion = ClientAssertion.signed(
        client=client_for("HS256"), server=SERVER, profile=generous, now=NOW, fault=level
    )
    assert level in broken_rules(assertion, client_for("HS256"), generous)


def test_a_fault_is_planted_over_all_other_arguments() -> None:
    assertion = ClientAssertion.signed(
        client=client_for("HS256"),
        server=SERVER,
        now=NOW,
        claims={"iss": "kept", "sub": "replaced", "aud": ["kept"]},
        without=("iat",),
        fault="sub-mismatch",
    )
    assert tuple(assertion.claims[name] for name in ("iss", "sub", "aud")) == ("kept", "another-client", ["kept"])
    assert "iat" not in assertion.claims


def test_an_expired_assertion_gets_no_claim_that_was_left_out() -> None:
    assertion = ClientAssertion.signed(
        client=client_for("HS256"), server=SERVER, now=NOW, without=("iat",), fault="exp-expired"
    )
    assert {"iss", "sub", "aud", "exp", "jti"} == set(assertion.claims)


def test_the_same_fault_can_be_planted_again_and_again() -> None:
    first, second = (
        ClientAssertion.signed(client=client_for("HS256"), server=SERVER, now=NOW, fault=fault)
        for fault in ("crit-malformed", "crit-unknown")
    )
    assert (first.header["crit"], second.header["crit"]) == ([], ["urn:example:extension"])


def test_a_near_miss_of_the_audience_is_none_that_the_server_accepts() -> None:
    accepting = PROFILES["rfc7523"].but(fixed_audiences=(f"{SERVER.token_endpoint}/",))
    assertion = ClientAssertion.signed(
        client=client_for("HS256"), server=SERVER, profile=accepting, now=NOW, fault="aud-mismatch"
    )
    assert assertion.claims["aud"] == f"{SERVER.token_endpoint}/other"


@pytest.mark.parametrize("key", ["a secret", client_for("ES384").private_jwk()], ids=["a secret", "another key"])
def test_the_key_that_is_confused_with_a_secret_is_the_registered_one_also_when_another_signs(key: Any) -> None:
    client = client_for("ES256")
    assertion = ClientAssertion.signed(client=client, server=SERVER, now=NOW, key=key, fault="alg-key-confusion")
    assert "alg-key-confusion" in broken_rules(assertion, client, PROFILES["rfc7523"])


@pytest.mark.parametrize("signing", ["HS256", "ES256"])
def test_an_embedded_key_is_public_and_the_one_that_signs_if_one_does(signing: str) -> None:
    client = client_for(signing)
    jwk = ClientAssertion.signed(client=client, server=SERVER, now=NOW, fault="header-embedded-jwk").header["jwk"]
    assert "d" not in jwk
    assert (jwk in [key.public() for key in client.keys]) == (signing == "ES256")


@pytest.mark.parametrize(
    ("rule", "part", "octets"),
    [
        ("header-not-json", 0, b'{"typ":"JWT","alg":"HS256",}'),
        ("header-not-utf8", 0, b'{"typ":"JWT","alg":"HS256","caf\xe9":true}'),
        ("header-not-object", 0, b'[{"typ":"JWT","alg":"HS256"}]'),
        ("header-duplicate-member", 0, b'{"alg":"none","typ":"JWT","alg":"HS256"}'),
        ("payload-not-json", 1, b'{"iss":"c",}'),
        ("payload-not-utf8", 1, b'{"iss":"c","caf\xe9":true}'),
        ("payload-not-object", 1, b'[{"iss":"c"}]'),
        ("payload-duplicate-claim", 1, b'{"iss":"somebody-else","iss":"c"}'),
    ],
)
def test_an_edit_of_the_json_text_changes_that_one_thing(rule: str, part: int, octets: bytes) -> None:
    assertion = ClientAssertion.signed(
        client=client_for("HS256"),
        server=SERVER,
        claims={"iss": "c"},
        without=("sub", "aud", "exp", "iat", "jti"),
        fault=rule,
    )
    assert base64url.decode(assertion.split(".")[part]) == octets


@pytest.mark.parametrize("size", [32, 48, 62, 63, 64, 66])
@pytest.mark.parametrize("first", [0x00, 0x01, 0x7F, 0x80, 0xFF])
def test_a_signature_in_der_is_what_every_other_program_writes(size: int, first: int) -> None:
    raw = (bytes([first]) + b"\x80" * (size - 1)) + (b"\x00" * (size - 1) + bytes([first or 1]))
    r, s = (int.from_bytes(half, "big") for half in (raw[:size], raw[size:]))
    assert to_der(raw) == encode_dss_signature(r, s)


def test_a_secret_just_long_enough_for_another_algorithm_will_do() -> None:
    client = RegisteredClient("c", "x" * 48, token_endpoint_auth_signing_alg="HS256")
    assertion = ClientAssertion.signed(client=client, server=SERVER, fault="alg-registered-mismatch")
    assert assertion.header["alg"] == "HS384"


REFUSALS = {
    "a misspelt id": ("exp-expird", "HS256", "unknown fault 'exp-expird'. Did you mean 'exp-expired'"),
    "a rule about the request": (
        "header-content-type-wrong",
        "HS256",
        "lies in the request around the assertion, not in the assertion: send that request differently. Faults of an "
        "assertion: alg-deprecated-polymorphic, ",
    ),
    "a rule about the secret": ("hmac-key-weak", "HS256", "Use a RegisteredClient with a weak client_secret"),
    "a rule about the key": ("rsa-key-too-short", "RS256", "fewer than 2,048 bits in its jwks"),
    "a fault of the other method": (
        "alg-key-confusion",
        "HS256",
        "for a client registered for private_key_jwt; this one is registered for client_secret_jwt. "
        "Use RegisteredClient.generate('private_key_jwt')",
    ),
    "a fault of secrets": ("hmac-key-derivation", "ES256", "Use RegisteredClient.generate('client_secret_jwt')"),
    "a long secret": ("hmac-key-too-short", "HS256", "Use a client with a secret of fewer than 64 octets"),
    "one key": ("kid-missing", "RS256", "Register a second key in its jwks"),
    "one key that suits": ("kid-key-mismatch", "ES256", "Register a second key of another type"),
    "no registered alg": ("alg-registered-mismatch", "no alg", "token_endpoint_auth_signing_alg"),
    "a key with one alg": ("alg-registered-mismatch", "ES256", "can sign with ES256 alone"),
    "no EdDSA": (
        "alg-deprecated-polymorphic",
        "ES256",
        'Use RegisteredClient.generate("private_key_jwt", alg="Ed25519")',
    ),
    "no RSA": ("alg-rsa-pkcs1", "ES256", 'Use RegisteredClient.generate("private_key_jwt", alg="PS256")'),
    "no ECDSA": ("signature-der-encoded", "RS256", 'Use RegisteredClient.generate("private_key_jwt", alg="ES256")'),
}


@pytest.mark.parametrize(("rule", "client", "said"), REFUSALS.values(), ids=REFUSALS)
def test_a_fault_that_cannot_be_is_refused_and_the_message_says_what_to_do(rule: str, client: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        ClientAssertion.signed(client=clients()[client], server=SERVER, profile="rfc7523", fault=rule)
    assert said in str(refusal.value)
    assert repr(rule) in str(refusal.value)


@pytest.mark.parametrize(
    ("client", "key", "rule"),
    [
        ("HS256", client_for("ES256").private_jwk(), "hmac-key-derivation"),
        ("ES256", "a secret", "kid-key-mismatch"),
    ],
)
def test_a_fault_of_the_clients_credential_cannot_be_one_of_another_kind_of_key(
    client: str, key: Any, rule: str
) -> None:
    with pytest.raises(ConfigurationError, match="Leave alg= and key= to the client's own"):
        ClientAssertion.signed(client=client_for(client), server=SERVER, key=key, fault=rule)


@pytest.mark.parametrize(
    "client",
    [
        RegisteredClient("short", "short"),
        RegisteredClient("public", jwks={"keys": [client_for("ES256").keys[0].public()]}),
    ],
    ids=lambda client: client.client_id,
)
def test_nothing_can_leak_of_a_client_that_has_nothing_to_hide(client: RegisteredClient) -> None:
    key = client_for("ES256").private_jwk()
    with pytest.raises(ConfigurationError, match="a client_secret of 8 characters or more"):
        ClientAssertion.signed(client=client, server=SERVER, key=key, fault="secret-leaked")
