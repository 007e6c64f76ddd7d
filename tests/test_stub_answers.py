"""What a token endpoint owes its clients: each id of the catalogue has a test, and stands in docs/stub.md."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ed448
from dpop_proofs import a_proof
from endpoints import (
    CALLBACK,
    DESCRIPTION,
    ISSUER,
    NOW,
    WHOLE_SERVER,
    a_request,
    an_assertion,
    an_endpoint,
    exchange,
    header,
    members,
    send,
)
from stub_answers import CATALOGUE, answers, found, login

from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.messages import TokenResponse
from pytest_jwtauth.profiles import PROFILES
from pytest_jwtauth.rules import RULES
from pytest_jwtauth.script import ERRORS
from pytest_jwtauth.token_endpoint import TokenEndpoint

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "stub.md"


def proven(endpoint: TokenEndpoint, *, assertion: str | None = None, **claims: Any) -> TokenResponse:
    """The answer to a request with a DPoP proof."""
    fields = {} if assertion is None else {"client_assertion": assertion}
    proof = a_proof(endpoint.url, now=endpoint.now, **claims)
    return endpoint.respond(a_request(endpoint, headers=[("DPoP", proof)], **fields))


def test_every_id_of_the_catalogue_has_a_test() -> None:
    tests = "\n".join(path.read_text(encoding="utf-8") for path in HERE.glob("test_stub_*.py"))
    assert len(set(CATALOGUE)) == len(CATALOGUE) == 14
    assert set(re.findall(r'^@answers\("(.+)"\)$', tests, re.MULTILINE)) == set(CATALOGUE)


def test_every_id_of_the_catalogue_stands_in_the_docs_with_source_and_switch() -> None:
    rows = re.findall(r"^\| `(stub-[a-z-]+)` \| (.+?) \| (.+?) \| (.+?) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert [row[0] for row in rows] == CATALOGUE
    assert all(re.search(r"RFC \d+ §", source) or "OIDC Core §" in source for _, _, source, _ in rows)
    assert all("`" in switch or switch == "always" for *_, switch in rows)


def test_what_the_docs_switch_exists() -> None:
    named = set(re.findall(r"`endpoint\.([a-z_]+)", PAGE.read_text("utf-8")))
    assert [name for name in sorted(named) if not hasattr(an_endpoint(), name)] == []
    assert len(named) > 10


@answers("stub-success-json")
def test_a_right_request_gets_a_token_as_json() -> None:
    endpoint = an_endpoint()
    response = endpoint.respond(a_request(endpoint, scope="read"))
    assert (response.status, header(response, "Content-Type")) == (200, ["application/json"])
    got = members(response)
    assert {name: type(value) for name, value in got.items()} == {
        "access_token": str,
        "token_type": str,
        "expires_in": int,
    }


@answers("stub-success-json")
@pytest.mark.parametrize(
    ("asked", "granted", "said"),
    [
        ("read write", None, None),
        (None, None, None),
        ("read write", "read", "read"),
        (None, "read", "read"),
        ("read", "read", None),
        ("read", "read write", "read write"),
    ],
)
def test_the_scope_is_named_where_it_is_not_what_was_asked_for(
    asked: str | None, granted: str | None, said: str | None
) -> None:
    endpoint = an_endpoint()
    endpoint.granted_scope = granted
    got = members(endpoint.respond(a_request(endpoint, scope=asked)))
    assert got.get("scope") == said
    issued = endpoint._ledger.find_token(got["access_token"])
    assert issued is not None
    assert issued.scope == (granted or asked)


@answers("stub-success-json")
def test_a_token_without_end_has_no_expires_in() -> None:
    endpoint = an_endpoint()
    endpoint.access_token_lifetime = None
    got = members(endpoint.respond(a_request(endpoint)))
    assert "expires_in" not in got
    endpoint.clock_skew = 10**9
    assert endpoint.is_active(got["access_token"])


@answers("stub-success-json")
def test_a_client_that_acts_for_itself_gets_no_refresh_token() -> None:
    endpoint = an_endpoint()
    assert "refresh_token" not in members(endpoint.respond(a_request(endpoint, scope="openid offline_access")))


@answers("stub-no-store")
@pytest.mark.parametrize("fault", [None, "exp-expired"])
def test_neither_tokens_nor_refusals_are_stored(fault: str | None) -> None:
    endpoint = an_endpoint()
    response = endpoint.respond(a_request(endpoint, fault=fault))
    assert (header(response, "Cache-Control"), header(response, "Pragma")) == (["no-store"], ["no-cache"])


@answers("stub-token-type")
@pytest.mark.parametrize("spelling", ["Bearer", "bearer", "BEARER", "DPoP", "dpop"])
def test_the_token_type_is_spelled_as_the_test_says(spelling: str) -> None:
    endpoint = an_endpoint()
    assert endpoint.token_type == "Bearer"
    endpoint.token_type = spelling
    assert members(endpoint.respond(a_request(endpoint)))["token_type"] == spelling


@answers("stub-token-type")
@pytest.mark.parametrize(("spelling", "said"), [("Bearer", "DPoP"), ("bearer", "DPoP"), ("dpop", "dpop")])
def test_where_a_proof_was_sent_the_token_is_bound_to_it(spelling: str, said: str) -> None:
    endpoint = an_endpoint()
    endpoint.token_type = spelling
    assert members(proven(endpoint))["token_type"] == said
    assert found(endpoint) == []


@answers("stub-token-type")
@pytest.mark.parametrize("spelling", ["mac", "", None, "Bearer "])
def test_another_token_type_is_refused(spelling: Any) -> None:
    with pytest.raises(ConfigurationError, match="Bearer or DPoP"):
        an_endpoint().token_type = spelling


@answers("stub-error-json")
@pytest.mark.parametrize("name", PROFILES)
def test_a_refusal_is_json_of_the_allowed_characters(name: str) -> None:
    endpoint = an_endpoint(name)
    response = endpoint.respond(a_request(endpoint, scope="a  b", grant_type="pass\u2019word"))
    assert header(response, "Content-Type") == ["application/json"]
    got = members(response)
    assert all(DESCRIPTION.fullmatch(got[member]) for member in ("error", "error_description"))


@answers("stub-error-json")
def test_a_rule_names_an_error_that_the_specifications_know() -> None:
    assert {rule.error for rule in RULES.values()} <= set(ERRORS)


@answers("stub-error-json")
@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({"scope": "a&scope=b"}, "invalid_request"),
        ({"fault": "aud-mismatch"}, "invalid_client"),
        ({"grant_type": "refresh_token", "refresh_token": "unknown-to-all"}, "invalid_grant"),
        ({"grant_type": "mind-reading"}, "unsupported_grant_type"),
        ({"scope": 'a"b'}, "invalid_scope"),
        ({"resource": "not-absolute"}, "invalid_target"),
    ],
)
def test_the_error_is_the_one_of_the_table(sent: dict[str, Any], error: str) -> None:
    endpoint = an_endpoint()
    request = a_request(endpoint, **sent)
    body = request.body.replace(b"%26scope%3D", b"&scope=")
    response = endpoint.respond(type(request)("POST", request.url, request.headers, body))
    assert members(response)["error"] == error
    assert response.status == (401 if error == "invalid_client" else 400)


@answers("stub-error-json")
def test_a_proof_that_is_no_proof_is_called_one() -> None:
    endpoint = an_endpoint()
    response = proven(endpoint, htm="GET")
    assert (response.status, members(response)["error"]) == (400, "invalid_dpop_proof")


@answers("stub-error-json")
def test_a_dpop_nonce_is_demanded_and_a_retry_with_it_is_right() -> None:
    endpoint = an_endpoint()
    endpoint.dpop_nonce = "n-1"
    first = proven(endpoint)
    assert (first.status, members(first)["error"]) == (400, "use_dpop_nonce")
    assert header(first, "DPoP-Nonce") == ["n-1"]
    assert members(first)["error_description"] == "the DPoP proof needs the nonce in the header DPoP-Nonce"
    assert found(endpoint) == []
    assert proven(endpoint, nonce="n-1").status == 200
    assert found(endpoint) == []


@answers("stub-error-json")
@pytest.mark.parametrize("claims", [{}, {"nonce": "n-0"}, {"nonce": 1}])
def test_a_client_that_was_told_the_nonce_and_does_not_send_it_is_caught(claims: dict[str, Any]) -> None:
    endpoint = an_endpoint()
    endpoint.dpop_nonce = "n-1"
    proven(endpoint)
    again = proven(endpoint, **claims)
    assert (again.status, members(again)["error"]) == (400, "use_dpop_nonce")
    assert header(again, "DPoP-Nonce") == ["n-1"]
    assert found(endpoint) == ["dpop-proof"]


@answers("stub-error-json")
def test_of_a_new_nonce_a_client_has_to_be_told_anew() -> None:
    endpoint = an_endpoint()
    endpoint.dpop_nonce = "n-1"
    proven(endpoint)
    endpoint.dpop_nonce = "n-2"
    assert header(proven(endpoint, nonce="n-1"), "DPoP-Nonce") == ["n-2"]
    assert found(endpoint) == []
    assert proven(endpoint, nonce="n-2").status == 200


@answers("stub-error-json")
def test_another_fault_goes_before_the_nonce() -> None:
    endpoint = an_endpoint()
    endpoint.dpop_nonce = "n-1"
    response = proven(endpoint, assertion=an_assertion(endpoint, fault="exp-expired"))
    assert members(response)["error"] == "invalid_client"
    assert header(response, "DPoP-Nonce") == []


@answers("stub-error-json")
def test_without_a_proof_there_is_no_nonce_to_demand() -> None:
    endpoint = an_endpoint()
    endpoint.dpop_nonce = "n-1"
    assert endpoint.respond(a_request(endpoint)).status == 200


@answers("stub-error-json")
def test_a_proof_that_cannot_be_read_is_first_of_all_one_without_the_nonce() -> None:
    endpoint = an_endpoint()
    endpoint.dpop_nonce = "n-1"
    response = endpoint.respond(a_request(endpoint, headers=[("DPoP", "x")]))
    assert members(response)["error"] == "use_dpop_nonce"
    assert found(endpoint) == ["dpop-proof"]


@answers("stub-invalid-client-status")
@pytest.mark.parametrize(("name", "status"), [("pingone", 401), ("keycloak", 400), ("govuk", 400), ("rfc7523", 401)])
def test_invalid_client_has_the_status_of_the_server(name: str, status: int) -> None:
    endpoint = an_endpoint(name, allow=["header-user-agent-missing"])
    response = endpoint.respond(a_request(endpoint, fault="exp-expired"))
    assert (response.status, members(response)["error"]) == (status, "invalid_client")
    assert header(response, "WWW-Authenticate") == []


@answers("stub-invalid-client-status")
@pytest.mark.parametrize("name", ["pingone", "keycloak", "govuk"])
def test_whoever_used_the_header_authorization_is_answered_401_with_a_challenge(name: str) -> None:
    endpoint = an_endpoint(name, allow=["header-user-agent-missing"])
    endpoint.then("invalid_client")
    response = endpoint.respond(a_request(endpoint, headers=[("Authorization", "Basic eDp5")]))
    assert response.status == 401
    assert header(response, "WWW-Authenticate") == ['Basic realm="token endpoint"']


@answers("stub-unknown-members")
def test_unknown_members_are_added_and_others_replaced() -> None:
    endpoint = an_endpoint()
    endpoint.extra_members = {"x_tenant": {"id": [1, None]}, "expires_in": "3600", "token_type": "N_A"}
    got = members(endpoint.respond(a_request(endpoint)))
    assert (got["x_tenant"], got["expires_in"], got["token_type"]) == ({"id": [1, None]}, "3600", "N_A")
    assert endpoint.is_active(got["access_token"])


@answers("stub-unknown-members")
def test_a_refusal_has_no_unknown_members() -> None:
    endpoint = an_endpoint()
    endpoint.extra_members = {"x_tenant": 1}
    assert set(members(endpoint.respond(a_request(endpoint, fault="exp-expired")))) == {"error", "error_description"}


@answers("stub-ignore-unknown-params")
def test_unknown_parameters_are_ignored() -> None:
    endpoint = an_endpoint("pingone")
    sent = a_request(endpoint, environment_id="x", acr="", äöü="1")
    assert endpoint.respond(sent).status == 200
    assert found(endpoint) == []


@answers("stub-id-token")
@pytest.mark.parametrize(
    ("scope", "there"), [("openid", True), ("profile openid", True), ("profile", False), (None, False)]
)
def test_there_is_an_id_token_where_openid_was_granted(scope: str | None, there: bool) -> None:
    assert ("id_token" in login(an_endpoint(), scope=scope)) is there


@answers("stub-id-token")
@pytest.mark.parametrize(
    ("said", "claims"),
    [({}, {}), ({"nonce": "n"}, {"nonce": "n"}), ({"max_age": 0}, {"auth_time": int(NOW)}), ({"max_age": None}, {})],
)
def test_an_id_token_answers_what_was_said_at_the_login(said: dict[str, Any], claims: dict[str, Any]) -> None:
    endpoint = an_endpoint()
    code = endpoint.issue_code(redirect_uri=CALLBACK, **said)
    endpoint.clock_skew = 5
    token = members(exchange(endpoint, code))["id_token"]
    read = jwt.decode(token, options={"verify_signature": False})
    assert read.pop("exp") > read.pop("iat") == int(NOW) + 5
    assert len(read.pop("at_hash")) == 22
    assert read == {"iss": ISSUER, "sub": "jwtauth-user", "aud": "client-1", **claims}


@answers("stub-id-token")
@pytest.mark.parametrize(
    ("pushed", "there"), [("300", True), ("0", True), ("-1", False), ("soon", False), (None, False)]
)
def test_a_max_age_may_have_been_pushed(pushed: str | None, there: bool) -> None:
    endpoint = an_endpoint(server=WHOLE_SERVER)
    pushed_request = {"redirect_uri": CALLBACK, "scope": "openid", "max_age": pushed, "client_id": "client-1"}
    request_uri = members(send(endpoint, endpoint.par_url, **pushed_request))["request_uri"]
    token = members(exchange(endpoint, endpoint.issue_code(request_uri=request_uri)))["id_token"]
    assert ("auth_time" in jwt.decode(token, options={"verify_signature": False})) is there


@answers("stub-id-token")
@pytest.mark.parametrize("max_age", [-1, "60", True])
def test_a_max_age_is_a_number_of_seconds(max_age: Any) -> None:
    with pytest.raises(ConfigurationError, match="max_age is a number of seconds"):
        an_endpoint().issue_code(max_age=max_age)


AT_HASHES: dict[str, Callable[[bytes], bytes]] = {
    **{f"{family}256": lambda text: hashlib.sha256(text).digest()[:16] for family in ("RS", "PS", "ES")},
    **{f"{family}384": lambda text: hashlib.sha384(text).digest()[:24] for family in ("RS", "PS", "ES")},
    **{f"{family}512": lambda text: hashlib.sha512(text).digest()[:32] for family in ("RS", "PS", "ES")},
    "ES256K": lambda text: hashlib.sha256(text).digest()[:16],
    "EdDSA": lambda text: hashlib.sha512(text).digest()[:32],
    "Ed25519": lambda text: hashlib.sha512(text).digest()[:32],
    "Ed448": lambda text: hashlib.shake_256(text).digest(114)[:57],
}


@answers("stub-at-hash")
@answers("stub-id-token")
@pytest.mark.parametrize("alg", AT_HASHES)
def test_at_hash_is_half_a_hash_of_the_access_token_and_no_key_travels_in_the_header(alg: str) -> None:
    endpoint = an_endpoint()
    endpoint.id_token_signing_alg = alg
    got = login(endpoint)
    half = base64.urlsafe_b64encode(AT_HASHES[alg](got["access_token"].encode("ascii"))).decode("ascii")
    assert jwt.decode(got["id_token"], options={"verify_signature": False})["at_hash"] == half.rstrip("=")
    (key,) = endpoint.jwks()["keys"]
    assert jwt.get_unverified_header(got["id_token"]) == {"alg": alg, "kid": key["kid"], "typ": "JWT"}


@answers("stub-at-hash")
def test_an_id_token_by_ed448_verifies_elsewhere() -> None:
    endpoint = an_endpoint()
    endpoint.id_token_signing_alg = "Ed448"
    (key,) = endpoint.jwks()["keys"]
    signed, _, signature = login(endpoint)["id_token"].rpartition(".")
    public = jwt.algorithms.OKPAlgorithm.from_jwk(key)
    assert isinstance(public, ed448.Ed448PublicKey)
    public.verify(base64.urlsafe_b64decode(signature + "=="), signed.encode("ascii"))
