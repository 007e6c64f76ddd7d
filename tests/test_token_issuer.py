"""Codes, refresh tokens and ID Tokens: what is issued, to whom, how often, and whether others can verify it."""

from __future__ import annotations

import base64
import hashlib
import json
import string
from typing import Any

import jwt
import pytest
from endpoints import CALLBACK, CLIENT, ISSUER, NOW, a_request, an_endpoint, exchange, members, refresh
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import KeySet

from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.id_token import signing_key
from pytest_jwtauth.messages import TokenResponse
from pytest_jwtauth.token_endpoint import TokenEndpoint

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
"""RFC 7636 appendix B."""


def rules(endpoint: TokenEndpoint) -> list[str]:
    return [violation.rule for violation in endpoint.verdicts[-1].violations]


def id_token_claims(endpoint: TokenEndpoint, response: TokenResponse) -> dict[str, Any]:
    """The claims of the ID Token, verified by PyJWT with the published key."""
    token = members(response)["id_token"]
    (key,) = jwt.PyJWKSet.from_dict(endpoint.jwks()).keys
    assert jwt.get_unverified_header(token) == {
        "alg": endpoint.id_token_signing_alg,
        "kid": key.key_id,
        "typ": "JWT",
    }
    claims: dict[str, Any] = jwt.decode(
        token, key, [endpoint.id_token_signing_alg], audience="client-1", issuer=ISSUER, options={"verify_exp": False}
    )
    return claims


def test_a_code_brings_access_token_refresh_token_scope_and_id_token() -> None:
    endpoint = an_endpoint()
    code = endpoint.issue_code(redirect_uri=CALLBACK, scope="openid profile")
    got = members(exchange(endpoint, code))
    assert list(got) == ["access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"]
    assert got["scope"] == "openid profile"


def test_an_id_token_says_who_logged_in_where_when_and_for_whom() -> None:
    endpoint = an_endpoint()
    endpoint.subject = "alice"
    code = endpoint.issue_code(redirect_uri=CALLBACK, nonce="n-0S6_WzA2Mj", max_age=300)
    endpoint.clock_skew = 20
    claims = id_token_claims(endpoint, exchange(endpoint, code))
    claims.pop("at_hash")
    assert claims == {
        "iss": ISSUER,
        "sub": "alice",
        "aud": "client-1",
        "iat": int(NOW) + 20,
        "exp": int(NOW) + 20 + 3600,
        "auth_time": int(NOW),
        "nonce": "n-0S6_WzA2Mj",
    }


def test_without_nonce_in_the_login_there_is_none_in_the_id_token() -> None:
    endpoint = an_endpoint()
    assert "nonce" not in id_token_claims(endpoint, exchange(endpoint, endpoint.issue_code(redirect_uri=CALLBACK)))


@pytest.mark.parametrize(
    ("alg", "digest"),
    [
        ("ES256", hashlib.sha256),
        ("RS256", hashlib.sha256),
        ("ES384", hashlib.sha384),
        ("ES512", hashlib.sha512),
        ("Ed25519", hashlib.sha512),
    ],
)
def test_an_id_token_verifies_elsewhere_and_its_at_hash_is_half_a_hash(alg: str, digest: Any) -> None:
    endpoint = an_endpoint()
    endpoint.id_token_signing_alg = alg
    got = members(exchange(endpoint, endpoint.issue_code(redirect_uri=CALLBACK)))
    whole = digest(got["access_token"].encode("ascii")).digest()
    half = base64.urlsafe_b64encode(whole[: len(whole) // 2]).decode("ascii").rstrip("=")
    read = joserfc_jwt.decode(got["id_token"], KeySet.import_key_set(endpoint.jwks()), [alg])  # type: ignore[arg-type]
    assert read.claims["at_hash"] == half
    assert read.header["alg"] == alg


def test_under_its_old_name_ed25519_hashes_alike() -> None:
    """RFC 9864 deprecates ``EdDSA``, so that joserfc warns of it."""
    endpoint = an_endpoint()
    endpoint.id_token_signing_alg = "EdDSA"
    response = exchange(endpoint, endpoint.issue_code(redirect_uri=CALLBACK))
    half = hashlib.sha512(members(response)["access_token"].encode("ascii")).digest()[:32]
    at_hash = base64.urlsafe_b64encode(half).decode("ascii").rstrip("=")
    assert id_token_claims(endpoint, response)["at_hash"] == at_hash


@pytest.mark.parametrize("alg", ["HS256", "none", "RS25", "Ed44"])
def test_other_algorithms_sign_no_id_tokens(alg: str) -> None:
    endpoint = an_endpoint()
    with pytest.raises(ConfigurationError, match="id_token_signing_alg"):
        endpoint.id_token_signing_alg = alg
    with pytest.raises(ConfigurationError, match="id_token_signing_alg"):
        signing_key(alg)
    assert endpoint.id_token_signing_alg == "ES256"


def test_the_jwk_set_holds_public_keys_alone_of_all_algorithms_used() -> None:
    endpoint = an_endpoint()
    endpoint.jwks()
    endpoint.id_token_signing_alg = "RS256"
    keys = endpoint.jwks()["keys"]
    assert [key["alg"] for key in keys] == ["ES256", "RS256"]
    assert all(key["use"] == "sig" and key["kid"] for key in keys)
    assert not {"d", "p", "q", "dp", "dq", "qi", "k"}.intersection(*keys, {})
    assert [name for key in keys for name in key if name in {"d", "p", "q", "dp", "dq", "qi"}] == []


def test_a_process_has_one_key_for_each_algorithm() -> None:
    assert an_endpoint().jwks() == an_endpoint().jwks()


def test_without_openid_there_is_no_id_token() -> None:
    endpoint = an_endpoint()
    for scope in ("openidx profile", None):
        got = members(exchange(endpoint, endpoint.issue_code(redirect_uri=CALLBACK, scope=scope)))
        assert "id_token" not in got
        assert got.get("scope") == scope


def test_a_code_can_be_exchanged_once() -> None:
    endpoint = an_endpoint()
    code = endpoint.issue_code(redirect_uri=CALLBACK)
    assert exchange(endpoint, code).status == 200
    again = exchange(endpoint, code)
    assert (again.status, members(again)["error"]) == (400, "invalid_grant")
    assert "multi-code-reused" in rules(endpoint)


def test_a_refused_client_leaves_the_code_as_it_was() -> None:
    endpoint = an_endpoint()
    code = endpoint.issue_code(redirect_uri=CALLBACK)
    assert exchange(endpoint, code, fault="exp-expired").status == 401
    assert exchange(endpoint, code).status == 200


def test_each_code_stands_for_its_own_login() -> None:
    endpoint = an_endpoint()
    codes = {nonce: endpoint.issue_code(redirect_uri=CALLBACK, nonce=nonce) for nonce in "abc"}
    for nonce in "bca":
        assert id_token_claims(endpoint, exchange(endpoint, codes[nonce]))["nonce"] == nonce


def test_a_code_that_nobody_issued_is_refused() -> None:
    endpoint = an_endpoint()
    assert members(exchange(endpoint, "made-up-by-the-client"))["error"] == "invalid_grant"
    (violation,) = endpoint.verdicts[0].violations
    assert violation.rule == "code-mismatch"
    assert "no code was issued" in violation.found


def test_an_unknown_code_is_compared_with_the_newest_that_is_not_spent() -> None:
    endpoint = an_endpoint()
    code = endpoint.issue_code(redirect_uri=CALLBACK)
    exchange(endpoint, endpoint.issue_code(redirect_uri=CALLBACK))
    exchange(endpoint, code[:-3])
    (violation,) = endpoint.verdicts[-1].violations
    assert violation.rule == "code-mismatch"
    assert "cut off" in violation.found


def test_when_all_codes_are_spent_an_unknown_one_is_compared_with_the_newest() -> None:
    endpoint = an_endpoint()
    code = endpoint.issue_code(redirect_uri=CALLBACK)
    exchange(endpoint, code)
    exchange(endpoint, code[:-3])
    assert "cut off" in endpoint.verdicts[-1].violations[0].found


def test_where_the_profile_allows_any_code_one_needs_not_be_issued() -> None:
    endpoint = an_endpoint(allow=["code-mismatch"])
    assert "id_token" in members(exchange(endpoint, "a-fixed-code"))


@pytest.mark.parametrize(
    ("issued", "sent", "broken"),
    [
        (CALLBACK, CALLBACK, []),
        (CALLBACK, None, ["redirect-uri-missing"]),
        (CALLBACK, f"{CALLBACK}/", ["redirect-uri-mismatch"]),
        (None, None, []),
    ],
)
def test_the_redirect_uri_of_the_login_comes_again(issued: str | None, sent: str | None, broken: list[str]) -> None:
    endpoint = an_endpoint()
    exchange(endpoint, endpoint.issue_code(redirect_uri=issued), redirect_uri=sent)
    assert rules(endpoint) == broken


@pytest.mark.parametrize(
    ("issued", "sent", "broken"),
    [
        ({"code_challenge": CHALLENGE, "code_challenge_method": "S256"}, VERIFIER, []),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "S256"}, None, ["code-verifier-missing"]),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "S256"}, "v" * 43, ["code-verifier-mismatch"]),
        ({"code_challenge": VERIFIER, "code_challenge_method": "plain"}, VERIFIER, []),
        ({"code_challenge": VERIFIER}, VERIFIER, []),
        ({"code_challenge": CHALLENGE}, VERIFIER, ["code-verifier-mismatch"]),
        ({}, VERIFIER, ["code-verifier-unexpected"]),
    ],
)
def test_the_verifier_fits_the_challenge_of_the_login(
    issued: dict[str, Any], sent: str | None, broken: list[str]
) -> None:
    endpoint = an_endpoint()
    exchange(endpoint, endpoint.issue_code(redirect_uri=CALLBACK, **issued), code_verifier=sent)
    assert rules(endpoint) == broken


IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    ({"code_challenge": CHALLENGE[:-1], "code_challenge_method": "S256"}, "S256 has to be 43 .* got 42 characters"),
    ({"code_challenge": CHALLENGE + "=", "code_challenge_method": "S256"}, "got 44 characters"),
    ({"code_challenge": CHALLENGE[:-1] + "~", "code_challenge_method": "S256"}, "base64url"),
    ({"code_challenge": "x" * 42, "code_challenge_method": "plain"}, "plain has to be 43 to 128"),
    ({"code_challenge": "x" * 129, "code_challenge_method": "plain"}, "got 129"),
    ({"code_challenge": "short"}, "none was given, which means plain"),
    ({"code_challenge": CHALLENGE, "code_challenge_method": "s256"}, "Did you mean 'S256'"),
    ({"code_challenge_method": "S256"}, "without a code_challenge"),
    ({"redirect_uri": b"https://app.example/"}, "redirect_uri is a str or None; got bytes"),
    ({"scope": ["openid"]}, "scope is a str or None; got list"),
    ({"nonce": 5}, "nonce is a str or None; got int"),
    ({"code_challenge": 5}, "code_challenge is a str"),
    ({"code_challenge": CHALLENGE, "code_challenge_method": 5}, "code_challenge_method is a str"),
]


@pytest.mark.parametrize(("how", "message"), IMPOSSIBLE)
def test_a_login_that_cannot_have_been_is_refused_at_once(how: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as raised:
        an_endpoint().issue_code(**how)
    assert CHALLENGE[:-1] not in str(raised.value)


@pytest.mark.parametrize("length", [43, 128])
def test_a_plain_challenge_has_43_to_128_characters(length: int) -> None:
    an_endpoint().issue_code(code_challenge="x" * length, code_challenge_method="plain")


def test_codes_are_unguessable_and_need_no_encoding() -> None:
    endpoint = an_endpoint()
    codes = {endpoint.issue_code() for _ in range(50)}
    assert len(codes) == 50
    assert all(len(code) >= 32 and set(code) <= set(string.ascii_letters + string.digits + "-_") for code in codes)


def test_an_awkward_code_survives_encoding_and_nothing_else() -> None:
    endpoint = an_endpoint()
    code = endpoint.issue_code(redirect_uri=CALLBACK, awkward=True)
    assert set("+/=%&") <= set(code)
    request = a_request(endpoint, grant_type="authorization_code", code="CODE", redirect_uri=CALLBACK)
    careless = type(request)("POST", endpoint.url, request.headers, request.body.replace(b"CODE", code.encode("ascii")))
    assert endpoint.respond(careless).status == 400
    assert exchange(endpoint, code).status == 200


def test_a_refresh_token_brings_the_next_one_and_is_spent() -> None:
    endpoint = an_endpoint()
    first = members(exchange(endpoint, endpoint.issue_code(redirect_uri=CALLBACK)))["refresh_token"]
    second = members(refresh(endpoint, first))["refresh_token"]
    assert second != first
    assert refresh(endpoint, second).status == 200
    again = refresh(endpoint, first)
    assert (again.status, members(again)["error"]) == (400, "invalid_grant")
    violation = next(v for v in endpoint.verdicts[-1].violations if v.rule == "refresh-token-mismatch")
    assert "replaced" in violation.found


def test_without_rotation_a_refresh_token_stays_good() -> None:
    endpoint = an_endpoint()
    endpoint.refresh_rotation = "off"
    token = endpoint.issue_refresh_token()
    answers = [members(refresh(endpoint, token)) for _ in range(2)]
    assert ["refresh_token" in answer for answer in answers] == [False, False]
    assert ["id_token" in answer for answer in answers] == [True, True]
    assert endpoint.refresh_rotation == "off"


def test_an_unknown_rotation_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="Known: detect-reuse, off, rotate"):
        an_endpoint().refresh_rotation = "rotating"  # type: ignore[assignment]


def test_an_unknown_refresh_token_is_refused() -> None:
    endpoint = an_endpoint()
    refresh(endpoint, "made-up-by-the-client")
    assert rules(endpoint) == ["refresh-token-mismatch"]
    assert "none was issued" in endpoint.verdicts[-1].violations[0].found
    issued = endpoint.issue_refresh_token()
    refresh(endpoint, issued[:-3])
    assert "cut off" in endpoint.verdicts[-1].violations[0].found


@pytest.mark.parametrize("rotation", ["off", "rotate"])
def test_where_the_profile_allows_any_refresh_token_one_needs_not_be_issued(rotation: Any) -> None:
    endpoint = an_endpoint(allow=["refresh-token-mismatch"])
    endpoint.refresh_rotation = rotation
    assert "id_token" in members(refresh(endpoint, "a-fixed-token"))


@pytest.mark.parametrize(
    ("asked", "said", "broken"),
    [
        (None, "openid read write", []),
        ("openid read", None, []),
        ("read", None, []),
        ("openid admin", None, ["refresh-scope-widened"]),
    ],
)
def test_a_refresh_may_narrow_the_scope(asked: str | None, said: str | None, broken: list[str]) -> None:
    endpoint = an_endpoint()
    token = endpoint.issue_refresh_token(scope="openid read write")
    response = refresh(endpoint, token, scope=asked)
    assert rules(endpoint) == broken
    if not broken:
        got = members(response)
        assert got.get("scope") == said
        assert ("id_token" in got) == ("openid" in (asked or "openid"))


def test_a_narrowed_refresh_does_not_narrow_the_next() -> None:
    endpoint = an_endpoint()
    narrow = members(refresh(endpoint, endpoint.issue_refresh_token(scope="openid read"), scope="read"))
    wide = members(refresh(endpoint, narrow["refresh_token"]))
    assert wide["scope"] == "openid read"


def test_the_id_token_of_a_refresh_has_the_login_time_and_no_nonce() -> None:
    endpoint = an_endpoint()
    tokens = members(exchange(endpoint, endpoint.issue_code(redirect_uri=CALLBACK, nonce="once", max_age=0)))
    endpoint.clock_skew = 1000
    claims = id_token_claims(endpoint, refresh(endpoint, tokens["refresh_token"]))
    assert "nonce" not in claims
    assert (claims["auth_time"], claims["iat"]) == (int(NOW), int(NOW) + 1000)


def test_a_refresh_token_without_scope_stands_for_none() -> None:
    endpoint = an_endpoint()
    got = members(refresh(endpoint, endpoint.issue_refresh_token(scope=None)))
    assert "scope" not in got
    assert "id_token" not in got


def test_answers_are_plain_json_in_ascii() -> None:
    endpoint = an_endpoint()
    endpoint.subject = "Zoë"
    response = exchange(endpoint, endpoint.issue_code(redirect_uri=CALLBACK))
    assert response.body.isascii()
    assert json.loads(response.body)
    assert id_token_claims(endpoint, response)["sub"] == "Zoë"
    assert CLIENT.client_id == "client-1"
