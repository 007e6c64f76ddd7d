"""What the server publishes about itself, where, and what becomes of a client that reads something else there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from endpoints import (
    ISSUER,
    WHOLE_SERVER,
    a_request,
    a_request_for_metadata,
    an_endpoint,
    header,
    members,
    send,
)

from pytest_jwtauth.messages import TokenRequest
from pytest_jwtauth.model import OTHER_ENDPOINTS, AuthorizationServer
from pytest_jwtauth.parameters import CIBA, DEVICE_CODE, GRANT_TYPES, JWT_BEARER, TOKEN_EXCHANGE
from pytest_jwtauth.profiles import PROFILES
from pytest_jwtauth.server_metadata import metadata_urls
from pytest_jwtauth.token_endpoint import TokenEndpoint

ORIGIN, PATH = "https://auth.example", "/4f0c2d6e/as"


def metadata(profile: str = "rfc7523", server: AuthorizationServer = WHOLE_SERVER) -> dict[str, Any]:
    """What a client reads that asks for the metadata."""
    endpoint = an_endpoint(profile, server=server)
    return members(endpoint.respond(a_request_for_metadata(endpoint)))


def test_the_metadata_stand_after_the_issuers_path_and_before_it() -> None:
    assert ISSUER == ORIGIN + PATH
    assert metadata_urls(ISSUER) == (
        f"{ORIGIN}{PATH}/.well-known/openid-configuration",
        f"{ORIGIN}/.well-known/oauth-authorization-server{PATH}",
        f"{ORIGIN}{PATH}/.well-known/oauth-authorization-server",
        f"{ORIGIN}/.well-known/openid-configuration{PATH}",
    )


@pytest.mark.parametrize("issuer", ["https://auth.example", "https://auth.example/"])
def test_an_issuer_without_a_path_has_two_places(issuer: str) -> None:
    assert metadata_urls(issuer) == (
        f"{ORIGIN}/.well-known/openid-configuration",
        f"{ORIGIN}/.well-known/oauth-authorization-server",
    )


def test_a_slash_at_the_end_of_the_issuer_is_not_doubled() -> None:
    assert metadata_urls(f"{ISSUER}/") == metadata_urls(ISSUER)


@pytest.mark.parametrize("place", range(4))
def test_every_place_has_the_same_metadata(place: int) -> None:
    endpoint = an_endpoint(server=WHOLE_SERVER)
    assert endpoint.metadata_url == metadata_urls(ISSUER)[0]
    url = metadata_urls(ISSUER)[place]
    assert endpoint.answers_for(url)
    response = endpoint.respond(a_request_for_metadata(endpoint, url))
    assert response.status == 200
    assert header(response, "Content-Type") == ["application/json"]
    assert members(response) == endpoint.metadata
    assert endpoint.requests == ()


@pytest.mark.parametrize(
    ("jwks_uri", "url", "found"),
    [
        (f"{ISSUER}/jwks", f"{ISSUER}/.well-known/openid-configuration?appid=1", True),
        (f"{ISSUER}/jwks", f"https://AUTH.example:443{PATH}/jwks", True),
        ("https://keys.example/keys?p=one", "https://keys.example/keys?p=one", True),
        ("https://keys.example/keys?p=one", "https://keys.example/keys", True),
        ("https://keys.example/keys", "https://keys.example/keys/", False),
    ],
)
def test_a_document_is_found_whatever_the_query(jwks_uri: str, url: str, found: bool) -> None:
    endpoint = an_endpoint(server=replace(WHOLE_SERVER, jwks_uri=jwks_uri))
    assert endpoint.answers_for(url) is found
    assert (endpoint.respond(a_request_for_metadata(endpoint, url)).status == 200) is found


def test_metadata_in_the_wrong_place_are_not_found_and_the_right_one_is_named() -> None:
    endpoint = an_endpoint()
    response = endpoint.respond(a_request_for_metadata(endpoint, f"{ORIGIN}/.well-known/openid-configuration"))
    assert (response.status, endpoint.verdicts[0].rules) == (404, ())
    assert members(response)["error_description"] == (
        f"no metadata of this server: they are at {ISSUER}/.well-known/openid-configuration"
    )


def test_metadata_at_another_host_than_the_endpoints_are_answered_for() -> None:
    endpoint = an_endpoint(server=AuthorizationServer("https://accounts.example", "https://oauth.example/token"))
    assert endpoint.answers_for("https://accounts.example/.well-known/openid-configuration")
    assert not endpoint.answers_for("https://accounts.example/login")


def test_metadata_are_got_and_not_posted() -> None:
    endpoint = an_endpoint()
    response = endpoint.respond(TokenRequest("POST", endpoint.metadata_url, (), b""))
    assert (response.status, len(endpoint.requests)) == (404, 1)


def test_of_a_whole_server_everything_is_published() -> None:
    assert metadata() == {
        "issuer": ISSUER,
        "authorization_endpoint": f"{ISSUER}/authorize",
        "jwks_uri": f"{ISSUER}/jwks",
        "token_endpoint": f"{ISSUER}/token",
        "introspection_endpoint": f"{ISSUER}/introspect",
        "revocation_endpoint": f"{ISSUER}/revoke",
        "pushed_authorization_request_endpoint": f"{ISSUER}/par",
        "device_authorization_endpoint": f"{ISSUER}/device_authorization",
        "backchannel_authentication_endpoint": f"{ISSUER}/bc-authorize",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [
            *("authorization_code", "refresh_token", "client_credentials"),
            *(JWT_BEARER, TOKEN_EXCHANGE, DEVICE_CODE, CIBA),
        ],
        "scopes_supported": ["openid"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256", "RS256"],
        "dpop_signing_alg_values_supported": [alg for alg in ALL_ALGORITHMS if not alg.startswith("HS")],
        "code_challenge_methods_supported": ["S256", "plain"],
        **{
            f"{endpoint}_endpoint_{member}": values
            for endpoint in ("token", "introspection", "revocation")
            for member, values in (
                ("auth_methods_supported", ["client_secret_jwt", "private_key_jwt"]),
                ("auth_signing_alg_values_supported", ALL_ALGORITHMS),
            )
        },
        "backchannel_token_delivery_modes_supported": ["poll"],
        "backchannel_user_code_parameter_supported": False,
    }


ALL_ALGORITHMS = [
    *("ES256", "ES256K", "ES384", "ES512", "Ed25519", "Ed448", "EdDSA"),
    *("HS256", "HS384", "HS512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"),
]


def test_what_a_server_does_not_have_is_not_published() -> None:
    names = metadata(server=AuthorizationServer(ISSUER, f"{ISSUER}/token"))
    assert sorted(name for name in names if name.endswith(("_endpoint", "_uri"))) == ["token_endpoint"]
    assert not [name for name in names if name.startswith(("introspection", "revocation", "backchannel"))]
    assert not {DEVICE_CODE, CIBA} & set(names["grant_types_supported"])


@pytest.mark.parametrize("name", PROFILES)
def test_what_a_profile_refuses_is_not_promised(name: str) -> None:
    profile, got = PROFILES[name], metadata(name)
    methods = got["token_endpoint_auth_methods_supported"]
    if name == "apple":
        assert methods == ["client_secret_post"]
        assert "token_endpoint_auth_signing_alg_values_supported" not in got
    else:
        assert set(methods) == {method for method, algorithms in profile.algorithms.items() if algorithms}
        algorithms = got["token_endpoint_auth_signing_alg_values_supported"]
        assert set(algorithms) == set().union(*profile.algorithms.values())
        assert "none" not in algorithms
    if profile.grant_types:
        assert got["grant_types_supported"] == [JWT_BEARER]


@pytest.mark.parametrize(("profile", "plain"), [("oidc", True), ("fapi2", False), ("of-br", False)])
def test_a_profile_without_plain_challenges_does_not_publish_them(profile: str, plain: bool) -> None:
    assert metadata(profile)["code_challenge_methods_supported"] == ["S256", "plain"][: 1 + plain]


@pytest.mark.parametrize(("alg", "published"), [("ES384", ["ES384", "RS256"]), ("RS256", ["RS256"])])
def test_the_algorithm_of_id_tokens_is_published_and_rs256_always(alg: str, published: list[str]) -> None:
    endpoint = an_endpoint()
    endpoint.id_token_signing_alg = alg
    assert endpoint.metadata["id_token_signing_alg_values_supported"] == published


def test_every_grant_that_is_published_is_served() -> None:
    for grant in metadata()["grant_types_supported"]:
        assert grant in GRANT_TYPES
        endpoint = an_endpoint(server=WHOLE_SERVER, allow=["grant-type-unknown"])
        answer = members(endpoint.respond(a_request(endpoint, grant_type=grant)))
        assert answer.get("error") != "unsupported_grant_type"


def test_every_endpoint_that_is_published_is_served() -> None:
    for name in OTHER_ENDPOINTS:
        endpoint = an_endpoint(server=WHOLE_SERVER)
        response = send(endpoint, metadata()[f"{name}_endpoint"], token="t", client_id="client-1", login_hint="a")
        assert response.status in {200, 201, 400}, name


def test_the_metadata_are_a_copy_for_each_endpoint() -> None:
    one, other = an_endpoint(), an_endpoint()
    one.metadata["issuer"] = "https://other.example"
    assert other.metadata["issuer"] == ISSUER


def _no_change(_: TokenEndpoint) -> None: ...


def _another_issuer(endpoint: TokenEndpoint) -> None:
    endpoint.metadata["issuer"] = "https://evil.example"


def _a_slash_more(endpoint: TokenEndpoint) -> None:
    endpoint.metadata["issuer"] += "/"


def _no_issuer(endpoint: TokenEndpoint) -> None:
    del endpoint.metadata["issuer"]


@pytest.mark.parametrize("where", metadata_urls(ISSUER))
@pytest.mark.parametrize(
    ("change", "broken"),
    [
        (_no_change, ()),
        (_another_issuer, ("multi-issuer-metadata-mismatch",)),
        (_a_slash_more, ("multi-issuer-metadata-mismatch",)),
        (_no_issuer, ("multi-issuer-metadata-mismatch",)),
    ],
)
def test_a_client_that_goes_on_with_the_metadata_of_another_issuer_is_caught(
    change: Callable[[TokenEndpoint], None], broken: tuple[str, ...], where: str
) -> None:
    endpoint = an_endpoint()
    change(endpoint)
    endpoint.respond(a_request_for_metadata(endpoint, where))
    assert len(endpoint.requests) == 0
    response = endpoint.respond(a_request(endpoint))
    assert endpoint.verdicts[0].rules == broken
    assert response.status == (400 if broken else 200)


def test_a_client_that_reads_again_and_finds_the_right_issuer_may_go_on() -> None:
    endpoint = an_endpoint()
    right = endpoint.metadata["issuer"]
    for issuer in ("https://evil.example", right):
        endpoint.metadata["issuer"] = issuer
        endpoint.respond(a_request_for_metadata(endpoint))
    assert endpoint.respond(a_request(endpoint)).status == 200


def test_the_jwk_set_is_no_metadata() -> None:
    endpoint = an_endpoint()
    endpoint.respond(a_request_for_metadata(endpoint, f"{ISSUER}/jwks"))
    assert (endpoint._history.metadata, endpoint._history.items) == ([], [])


def test_a_server_has_an_authorization_endpoint_only_if_it_was_given_one() -> None:
    assert "authorization_endpoint" not in metadata(server=replace(WHOLE_SERVER, authorization_endpoint=None))
