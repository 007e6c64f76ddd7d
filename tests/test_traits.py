"""A rule that asks for traits finds nothing where they are absent: looking everywhere comes to the same verdict."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from generated import often
from hypothesis import given
from hypothesis import strategies as st
from requests_under_test import (
    ABSENT,
    CLIENT,
    CLIENT_ID,
    CODE,
    ISSUER,
    JTI,
    NOW,
    ORIGIN,
    REDIRECT_URI,
    SECRET,
    SERVER,
    a_key_client,
    a_request,
    an_answer,
)
from rules.tables import Row, Tables, situation

from pytest_jwtauth.evidence import Evidence, gather, history_of
from pytest_jwtauth.messages import TokenRequest
from pytest_jwtauth.model import Profile, Verdict
from pytest_jwtauth.parameters import GRANT_TYPES, JWT_BEARER_ASSERTION_TYPE, SAML2_BEARER, TOKEN_PARAMETERS
from pytest_jwtauth.profiles import PROFILES
from pytest_jwtauth.registered_client import RegisteredClient
from pytest_jwtauth.rules import RULES, adjust
from pytest_jwtauth.verdict import weigh

HERE = Path(__file__).parent
OF_EVIDENCE = ("client", "server", "now")


def rooms() -> list[str]:
    """The modules that hold tables."""
    return sorted(path.stem for path in (HERE / "rules").glob("test_*.py") if "\nTABLES" in path.read_text("utf-8"))


def tables_of(room: str) -> Tables:
    tables: Tables = importlib.import_module(f"rules.{room}").TABLES
    return tables


ALL_AT_ONCE = adjust(PROFILES["rfc7523"], warn=[rule.id for rule in RULES.values() if rule.level == "off"])
"""No rule is off."""
EVERY_PROFILE = (*PROFILES.values(), ALL_AT_ONCE)
DIFFERENT_IN_NUMBERS = tuple(PROFILES[name] for name in ("pingone", "keycloak", "singpass", "apple", "fapi2"))
"""One profile for each number and list that rules read. The rows of a rule meet them by turns."""


def outcome(verdict: Verdict) -> tuple[object, ...]:
    return verdict.violations, verdict.warnings


def evidence_of(request: TokenRequest, how: dict[str, Any], profile: Profile) -> Evidence:
    """What a rule may look at, with *profile* in the place of the one in *how*."""
    given = {name: how[name] for name in OF_EVIDENCE}
    known = {name: value for name, value in how.items() if name not in {*OF_EVIDENCE, "history", "leeway", "profile"}}
    past = history_of(how.get("history", ()), **given | {"profile": profile})
    return gather(request, **given, profile=profile, leeway=how.get("leeway", 0), history=past, expected=known)


def differs(request: TokenRequest, how: dict[str, Any], profiles: Sequence[Profile]) -> list[str]:
    """The profiles under which the traits hide something, each with what is hidden."""
    found = []
    read: dict[str, Evidence] = {}
    for profile in profiles:
        # Profiles that look for the assertion in the same field read the same evidence, which takes the longest.
        if profile.assertion_field not in read:
            read[profile.assertion_field] = evidence_of(request, how, profile)
        evidence = read[profile.assertion_field]
        evidence.profile = profile
        by_traits, everywhere = weigh(evidence), weigh(evidence, look_everywhere=True)
        if outcome(by_traits) != outcome(everywhere):
            found.append(f"{profile.name}: {sorted({*everywhere.rules} ^ {*by_traits.rules})}")
    return found


RULES_WITH_ROWS = [pytest.param(room, rule_id, id=rule_id) for room in rooms() for rule_id in tables_of(room)]


@pytest.mark.parametrize(("room", "rule_id"), RULES_WITH_ROWS)
def test_no_row_of_any_table_has_a_fault_that_its_traits_hide(room: str, rule_id: str) -> None:
    hidden = {}
    rows: Sequence[Row] = tables_of(room)[rule_id]
    for row, by_turns in zip(rows, cycle(DIFFERENT_IN_NUMBERS)):
        request, how = situation(rule_id, row)
        if found := differs(request, how, [how["profile"], by_turns, ALL_AT_ONCE]):
            hidden[row.sentence] = found
    assert hidden == {}


ENDPOINTS = sorted(SERVER.endpoints)
GRANTS = sorted(GRANT_TYPES - {SAML2_BEARER})
FIELD_NAMES = sorted(TOKEN_PARAMETERS)
HEADER_NAMES = ("Content-Type", "Authorization", "DPoP", "Content-Encoding", "User-Agent", "Accept", "Cookie", "Host")
MEMBERS = (
    *("alg", "typ", "kid", "cty", "crit", "b64", "zip", "enc", "jwk", "jku"),
    *("x5u", "x5c", "x5t", "x5t#S256", "iss", "nonce", "Alg"),
)
CLAIMS = (
    *("iss", "sub", "aud", "exp", "nbf", "iat", "jti", "nonce", "scope", "at_hash", "htm", "htu", "events"),
    *("auth_time", "client_id", "cnf", "Exp", "azp"),
)
PLACES = st.sampled_from((*SERVER.endpoints.values(), ISSUER, f"{ISSUER}/", ORIGIN, "http://localhost/token", "x"))
MOMENTS = st.one_of(
    st.integers(-400, 400).map(lambda seconds: NOW + seconds),
    st.sampled_from((0, -1, 300, NOW * 1000, NOW + 3601, NOW + 86_401, NOW + 0.5, 1e300, 10**30, True, str(NOW), None)),
)
TEXTS = st.one_of(
    st.sampled_from(
        (
            *(
                "",
                " ",
                "x",
                "none",
                "HS256",
                "HS512",
                "ES256",
                "RS256",
                "JWT",
                "jwt",
                "at+jwt",
                "null",
                "S256",
                "plain",
            ),
            *(CLIENT_ID, SECRET, CODE, JTI, REDIRECT_URI, JWT_BEARER_ASSERTION_TYPE, "a b", "a,b", "%41", "ü", "\x00"),
            *(
                "client-authentication+jwt",
                "openid",
                "urn:x:y",
                "eyJhbGciOiJub25lIn0.e30.",
                "-----BEGIN PRIVATE KEY-----",
            ),
            *("application/json", "application/x-www-form-urlencoded; charset=utf-8", "Basic eDp5", "Bearer x", "gzip"),
        )
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=60),
)
VALUES = st.one_of(
    TEXTS,
    MOMENTS,
    PLACES,
    st.just(ABSENT),
    st.sampled_from(([], {}, ["b64"], [ISSUER], [ISSUER, "x"], {"kty": "oct", "k": "AA"}, 7, 0.5, False)),
)
FIELD_VALUES = st.one_of(TEXTS, PLACES, st.just(ABSENT))
EDITS: dict[str, Callable[[str], str]] = {
    "cut": lambda right: right[:-1],
    "lengthened": lambda right: f"{right}A",
    "padded": lambda right: f"{right}=",
    "with a space": lambda right: f" {right}",
    "with a line feed": lambda right: f"{right}\n",
    "quoted": lambda right: f'"{right}"',
    "twice": lambda right: f"{right},{right}",
    "without signature": lambda right: right.rpartition(".")[0] + ".",
    "of two parts": lambda right: right.rpartition(".")[0],
    "of four parts": lambda right: f"{right}.x",
    "in standard base64": lambda right: right.replace("-", "+").replace("_", "/"),
    "in capitals": str.upper,
    "with a bearer scheme": lambda right: f"Bearer {right}",
    "escaped": lambda right: right.replace(".", "%2E"),
    "backwards": lambda right: right[::-1],
}
RETRY_OR_REDIRECT = [("Retry-After", "5"), ("Location", "x")]
CLIENTS: dict[str, Callable[[], RegisteredClient]] = {
    "with a secret": lambda: CLIENT,
    "with an EC key": a_key_client,
    "with an RSA key": lambda: a_key_client("PS256"),
}


def printable(text: str) -> str:
    """*text* as a header can carry it."""
    return text.encode("ascii", "replace").decode("ascii").replace("\r", "").replace("\n", "")


REQUESTS = st.fixed_dictionaries(
    {},
    optional={
        "endpoint": st.sampled_from(ENDPOINTS),
        "grant": st.sampled_from(GRANTS),
        "method": st.sampled_from(("GET", "post", "PUT")),
        "url": st.one_of(PLACES, PLACES.map(lambda place: f"{place}#x"), PLACES.map(str.upper)),
        "query": st.sampled_from(("a=b", "code=x", f"client_secret={SECRET}", "")),
        "more_headers": st.lists(st.tuples(st.sampled_from(HEADER_NAMES), TEXTS.map(printable)), max_size=2),
        "fields": st.dictionaries(st.sampled_from(FIELD_NAMES), FIELD_VALUES, max_size=2),
        "more_fields": st.lists(st.tuples(st.sampled_from(FIELD_NAMES), st.one_of(TEXTS, PLACES)), max_size=1),
        "claims": st.dictionaries(st.sampled_from(CLAIMS), VALUES, max_size=2),
        "header": st.dictionaries(st.sampled_from(MEMBERS), VALUES, max_size=2),
        "text": st.sampled_from(sorted(EDITS)).map(EDITS.__getitem__),
        "body": st.sampled_from((b"", b"{}", b"a=%FF", b"%")),
    },
)
BEFORE = st.lists(
    st.tuples(
        st.fixed_dictionaries(
            {"received_at": st.sampled_from((None, NOW - 60, NOW - 1, NOW, NOW + 9))},
            optional={
                "endpoint": st.sampled_from(ENDPOINTS),
                "grant": st.sampled_from(GRANTS),
                "claims": st.sampled_from(({"jti": "another-jti-1"}, {"jti": "another-jti-2"}, {"iat": NOW - 1})),
                "fields": st.sampled_from(({"code": "another"}, {"scope": "a"})),
            },
        ),
        st.sampled_from((None, 200, 307, 400, 401, 429, 503)),
        st.sampled_from((ABSENT, "invalid_client", "slow_down", "authorization_pending", "use_dpop_nonce")),
    ),
    max_size=3,
)
HOW = st.fixed_dictionaries(
    {"profile": st.sampled_from(EVERY_PROFILE)},
    optional={
        "now": MOMENTS.filter(lambda moment: type(moment) is int and abs(moment) < 10**10),
        "leeway": st.sampled_from((1, 60)),
        "code": st.sampled_from((CODE, "another")),
        "redirect_uri": st.sampled_from((REDIRECT_URI, None, "https://app.example/")),
        "code_challenge": st.sampled_from((None, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")),
        "grant_type": st.sampled_from(GRANTS),
        "granted_scope": st.sampled_from(("openid", "a b")),
        "logged": st.sampled_from(("", SECRET, CODE)),
        "tls_verified": st.booleans(),
    },
)


@often
@given(client=st.sampled_from(sorted(CLIENTS)), changes=REQUESTS, before=BEFORE, how=HOW)
def test_no_changed_request_has_a_fault_that_its_traits_hide(
    client: str, changes: dict[str, Any], before: list[tuple[dict[str, Any], int | None, Any]], how: dict[str, Any]
) -> None:
    who = CLIENTS[client]()
    history = [
        (
            a_request(client=who, **earlier),
            None if status is None else an_answer(status, error=error, headers=RETRY_OR_REDIRECT),
        )
        for earlier, status, error in before
    ]
    known = {"client": who, "server": SERVER, "now": NOW, "history": history, **how}
    assert differs(a_request(client=who, **changes), known, [known["profile"]]) == []


def test_a_trait_that_is_missing_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_jwtauth.verdict.traits", lambda evidence: ())
    how = {"client": CLIENT, "server": SERVER, "now": NOW}
    assert differs(a_request(method="GET"), how, [PROFILES["rfc7523"]]) == ["rfc7523: ['http-method-not-post']"]
