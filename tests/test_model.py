"""The nouns: what they refuse, what they derive, and what their texts show."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from requests_under_test import ISSUER, SERVER

from pytest_jwtauth.errors import ConfigurationError, unknown_name
from pytest_jwtauth.model import (
    OTHER_ENDPOINTS,
    TOKEN_ENDPOINT,
    AuthorizationServer,
    DecodedAssertion,
    Finding,
    NotEvaluated,
    Profile,
    names_of,
)
from pytest_jwtauth.profiles import PROFILES
from pytest_jwtauth.rules import RULES, adjust_by_lines
from pytest_jwtauth.urls import is_loopback

TOKEN = SERVER.token_endpoint


# Servers

OTHER_URLS = {f"{name}_endpoint": f"{ISSUER}/{name}" for name in OTHER_ENDPOINTS}


def test_the_endpoints_of_a_server_are_those_it_has() -> None:
    assert dict(AuthorizationServer(ISSUER, TOKEN).endpoints) == {TOKEN_ENDPOINT: TOKEN}
    server = AuthorizationServer(ISSUER, TOKEN, **OTHER_URLS)
    assert list(server.endpoints) == [TOKEN_ENDPOINT, *OTHER_ENDPOINTS]
    assert server.endpoints["revocation"] == f"{ISSUER}/revocation"


@pytest.mark.parametrize(
    "url",
    [
        "https://a",
        "https://a:8443/b?c#d",
        "http://localhost/x",
        "http://127.0.0.1:1/",
        "http://127.9.9.9/",
        "http://[::1]:5/",
        "http://x.localhost",
    ],
)
def test_a_url_of_a_server(url: str) -> None:
    assert AuthorizationServer(url, url).issuer == url


@pytest.mark.parametrize("name", ["issuer", "token_endpoint", "jwks_uri", *OTHER_URLS])
@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://a.example/", "plain http is only for loopback hosts"),
        ("http://0.0.0.0/", "plain http"),
        ("http://localhost.example/", "plain http"),
        ("http://128.0.0.1/", "plain http"),
        ("ftp://a.example/", "an absolute https URL; got 'ftp://a.example/'"),
        ("/as/token", "absolute https URL"),
        ("https://", "absolute https URL"),
        ("a.example/token", "absolute https URL"),
        ("https://[", "absolute https URL"),
        ("https://a:b/", "absolute https URL"),
        ("", "absolute https URL"),
        (1, "an absolute URL; got int"),
        ("https://u:p@a.example/", "a URL without userinfo"),
        (b"https://a", "got bytes"),
    ],
)
def test_what_is_no_url_of_a_server_is_refused(name: str, url: Any, words: str) -> None:
    urls = {"issuer": ISSUER, "token_endpoint": TOKEN, name: url}
    with pytest.raises(ConfigurationError) as caught:
        AuthorizationServer(**urls)
    assert f"AuthorizationServer.{name} is" in str(caught.value)
    assert words in str(caught.value)


@pytest.mark.parametrize("name", ["issuer", "token_endpoint"])
def test_a_server_has_an_issuer_and_a_token_endpoint(name: str) -> None:
    urls: dict[str, Any] = {"issuer": ISSUER, "token_endpoint": TOKEN, name: None}
    with pytest.raises(ConfigurationError, match="got NoneType"):
        AuthorizationServer(**urls)


def test_a_server_can_be_copied_and_sent_elsewhere() -> None:
    for twin in (copy.deepcopy(SERVER), pickle.loads(pickle.dumps(SERVER))):
        assert twin == SERVER
        assert twin.endpoints == SERVER.endpoints


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("a.localhost", True),
        ("127.0.0.1", True),
        ("127.255.255.254", True),
        ("::1", True),
        ("alocalhost", False),
        ("localhost.a", False),
        ("128.0.0.1", False),
        ("::2", False),
        ("", False),
    ],
)
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


# Rules and profiles


@pytest.mark.parametrize(
    ("rule", "method", "endpoint", "grant", "expected"),
    [
        ("http-method-not-post", "private_key_jwt", "revocation", None, True),
        ("kid-missing", "private_key_jwt", "token", None, True),
        ("kid-missing", "client_secret_jwt", "token", None, False),
        ("code-missing", "client_secret_jwt", "token", "authorization_code", True),
        ("code-missing", "client_secret_jwt", "token", "client_credentials", False),
        ("code-missing", "client_secret_jwt", "revocation", "authorization_code", False),
        ("code-missing", "client_secret_jwt", "token", None, False),
    ],
)
def test_where_a_rule_applies(rule: str, method: str, endpoint: str, grant: str | None, expected: bool) -> None:
    assert RULES[rule].applies_to(method, endpoint, grant) is expected


def test_a_profile_of_ones_own_differs_in_what_is_named() -> None:
    pingone = PROFILES["pingone"]
    mine = pingone.but(name="mine", max_lifetime=60, levels={"jti-missing": "error"}, forced={"typ-case": "off"})
    assert (mine.name, mine.max_lifetime, mine.title) == ("mine", 60, pingone.title)
    assert mine.levels == {**pingone.levels, "jti-missing": "error"}
    assert mine.forced == {"typ-case": "off"}
    assert mine.but(forced={"jti-empty": "warning"}).forced == {"typ-case": "off", "jti-empty": "warning"}
    assert "jti-missing" not in pingone.levels


def test_a_value_that_profiles_do_not_have_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"unknown profile value 'max_lifetme'\. Did you mean 'max_lifetime'"):
        PROFILES["pingone"].but(max_lifetme=60)


WRONG_VALUES = [
    ({"max_lifetime": "60"}, TypeError, "profile value max_lifetime is an int or float or None; got str"),
    ({"iat_skew": None}, TypeError, "profile value iat_skew is an int or float; got NoneType"),
    ({"longest_jti": True}, TypeError, "profile value longest_jti is an int or float; got bool"),
    ({"typ_values": "JWT"}, TypeError, "profile value typ_values is a tuple or list or set or frozenset; got str"),
    ({"algorithms": ["RS256"]}, TypeError, "profile value algorithms is a Mapping; got list"),
    ({"name": None}, TypeError, "profile value name is a str; got NoneType"),
    ({"error_shape": "pingon"}, ConfigurationError, r"unknown error_shape 'pingon'\. Did you mean 'pingone'"),
    ({"lifetime_from": "exp"}, ConfigurationError, "unknown lifetime_from 'exp'. Known: iat, now, now without iat"),
    ({"audiences": {"token": ("isuer",)}}, ConfigurationError, r"unknown audience 'isuer'\. Did you mean 'issuer'"),
]


@pytest.mark.parametrize(("changes", "error", "words"), WRONG_VALUES)
def test_a_value_that_a_profile_cannot_have_is_refused(
    changes: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=f"^{words}"):
        PROFILES["pingone"].but(**changes)


def test_profiles_are_compared_by_identity() -> None:
    """They are keys of what is kept per profile."""
    pingone = PROFILES["pingone"]
    assert pingone.but() != pingone
    assert len({pingone, pingone.but()}) == 2


@pytest.mark.parametrize(
    ("lines", "forced"),
    [
        ([], {}),
        (["jti-missing = error"], {"jti-missing": "error"}),
        (["jti-missing=off", " typ-case  =  warning "], {"jti-missing": "off", "typ-case": "warning"}),
    ],
)
def test_a_profile_is_adjusted_by_lines(lines: list[str], forced: dict[str, str]) -> None:
    adjusted: Profile = adjust_by_lines(PROFILES["pingone"], lines)
    assert adjusted.forced == forced


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("jti-missing", "a line is «rule-id = level», with the level off, warning or error; got 'jti-missing'"),
        ("jti-missing = warn", "got 'jti-missing = warn'"),
        ("jti-missing =", "with the level off, warning or error"),
        ("jti-missin = off", "Did you mean 'jti-missing'"),
    ],
)
def test_a_line_that_says_nothing_is_refused(line: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        adjust_by_lines(PROFILES["pingone"], [line])
    assert words in str(caught.value)


# Small things


def test_a_decoded_assertion_is_equal_to_one_that_says_the_same() -> None:
    assert DecodedAssertion({"alg": "x"}, {}) == DecodedAssertion({"alg": "x"}, {})
    assert DecodedAssertion({"alg": "x"}, {}) != DecodedAssertion({"alg": "y"}, {})
    assert DecodedAssertion({}, {}) != {}
    with pytest.raises(TypeError, match="unhashable"):
        hash(DecodedAssertion({}, {}))


def test_findings_and_what_was_not_evaluated_are_plain_values() -> None:
    assert Finding("x") == Finding("x", None, None)
    assert NotEvaluated("x", "y") == NotEvaluated("x", "y")


def test_names_are_listed_in_order() -> None:
    assert names_of({"b": 1, "a": 2}) == "a, b"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("pingon", "unknown thing 'pingon'. Did you mean 'pingone'? Known: okta, pingone."),
        ("zzz", "unknown thing 'zzz'. Known: okta, pingone."),
        (1, "unknown thing 1. Known: okta, pingone."),
    ],
)
def test_an_unknown_name_is_told_with_the_known_ones(name: object, message: str) -> None:
    assert str(unknown_name("thing", name, ["pingone", "okta"])) == message
