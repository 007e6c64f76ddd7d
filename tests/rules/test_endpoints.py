"""The endpoints besides the token endpoint: what each rule refuses, and what it lets pass."""

from __future__ import annotations

import pytest
from requests_under_test import ABSENT, CLIENT_ID, FIELDS_OF_ENDPOINT, ISSUER, a_key_client
from rules.tables import Row, broken, check, each, kept

from pytest_jwtauth.model import OTHER_ENDPOINTS

PAR = "pushed_authorization_request"
INTROSPECTION = "introspection"
REVOCATION = "revocation"
DEVICE = "device_authorization"
BACKCHANNEL = "backchannel_authentication"

REQUEST_OBJECT = "eyJhbGciOiJub25lIn0.e30."
PUSHED_OBJECT = {**dict.fromkeys(FIELDS_OF_ENDPOINT[PAR], ABSENT), "request": REQUEST_OBJECT}
NO_ASSERTION = {"client_assertion": ABSENT, "client_assertion_type": ABSENT}

TABLES: dict[str, list[Row]] = {
    "grant-type-unexpected": [
        *[
            broken(
                f"at the {endpoint} endpoint",
                endpoint=endpoint,
                fields={"grant_type": "client_credentials"},
                says=endpoint,
            )
            for endpoint in OTHER_ENDPOINTS
        ],
        broken("empty", endpoint=REVOCATION, fields={"grant_type": ""}, also=["form-param-empty"]),
        broken("one that nobody knows", endpoint=REVOCATION, fields={"grant_type": "x"}),
        kept("its name in capitals", endpoint=REVOCATION, fields={"GRANT_TYPE": "x"}),
        kept("at the token endpoint"),
        *[kept(f"none, at the {endpoint} endpoint", endpoint=endpoint) for endpoint in OTHER_ENDPOINTS],
    ],
    "par-client-id-missing": [
        broken("absent", endpoint=PAR, fields={"client_id": ABSENT}, says="no client_id in the body"),
        broken("empty", endpoint=PAR, fields={"client_id": ""}, also=["form-param-empty"]),
        broken("a warning to PingOne", endpoint=PAR, profile="pingone", fields={"client_id": ABSENT}, level="warning"),
        broken(
            "an empty request object",
            endpoint=PAR,
            fields={**PUSHED_OBJECT, "request": ""},
            also=["form-param-empty"],
        ),
        kept("in a request object", endpoint=PAR, fields=PUSHED_OBJECT),
        kept("there", endpoint=PAR),
        kept("at another endpoint", endpoint=REVOCATION),
    ],
    "par-request-uri-present": [
        broken("one", endpoint=PAR, fields={"request_uri": "urn:example:x"}, says="request_uri was sent"),
        broken("an empty one", endpoint=PAR, fields={"request_uri": ""}, also=["form-param-empty"]),
        broken(
            "with a request object",
            endpoint=PAR,
            fields={**PUSHED_OBJECT, "request_uri": "urn:example:x"},
            also=["par-params-outside-request-object"],
        ),
        kept("none", endpoint=PAR),
        kept("a request object", endpoint=PAR, fields=PUSHED_OBJECT),
        kept("at the token endpoint", fields={"request_uri": "urn:example:x"}),
    ],
    "par-params-outside-request-object": [
        broken(
            "all of them",
            endpoint=PAR,
            fields={"request": REQUEST_OBJECT},
            says="response_type, redirect_uri, code_challenge, code_challenge_method",
        ),
        broken("a scope", endpoint=PAR, fields={**PUSHED_OBJECT, "scope": "openid"}, says="beside request: scope"),
        broken("an unknown one", endpoint=PAR, fields={**PUSHED_OBJECT, "my_own": "x"}, says="my_own"),
        broken(
            "each once", endpoint=PAR, fields=PUSHED_OBJECT, more_fields=[("x", "1")] * 2, also=["form-param-duplicate"]
        ),
        broken(
            "eight of nine",
            endpoint=PAR,
            fields=PUSHED_OBJECT,
            more_fields=[(f"x{number}", "1") for number in range(9)],
            says="x0, x1, x2, x3, x4, x5, x6, x7",
        ),
        broken(
            "what is no name",
            endpoint=PAR,
            fields=PUSHED_OBJECT,
            more_fields=[("client secret is x", "1")],
            says="‹18 characters that are no name›",
        ),
        kept("the request object alone", endpoint=PAR, fields=PUSHED_OBJECT),
        kept("the client beside it", endpoint=PAR, fields={**PUSHED_OBJECT, "client_id": CLIENT_ID}),
        kept(
            "a secret beside it",
            endpoint=PAR,
            fields={**PUSHED_OBJECT, "client_secret": "x"},
            also=["auth-client-secret-present", "auth-multiple-methods"],
        ),
        kept("an empty one", endpoint=PAR, fields={**PUSHED_OBJECT, "scope": ""}, also=["form-param-empty"]),
        kept("no request object", endpoint=PAR),
        kept("an empty request object", endpoint=PAR, fields={"request": ""}, also=["form-param-empty"]),
        kept("at another endpoint", endpoint=BACKCHANNEL, fields={"request": REQUEST_OBJECT}),
    ],
    "par-redirect-uri-missing": [
        broken("absent", endpoint=PAR, fields={"redirect_uri": ABSENT}, says="no redirect_uri"),
        broken("empty", endpoint=PAR, fields={"redirect_uri": ""}, also=["form-param-empty"]),
        broken(
            "an error to FAPI 2.0",
            endpoint=PAR,
            profile="fapi2",
            client=lambda: a_key_client("ES256"),
            claims={"aud": ISSUER},
            fields={"redirect_uri": ABSENT},
        ),
        kept("in a request object", endpoint=PAR, fields=PUSHED_OBJECT),
        kept("there", endpoint=PAR),
        kept("at the token endpoint", grant="client_credentials"),
    ],
    "introspection-token-missing": [
        broken("absent", endpoint=INTROSPECTION, fields={"token": ABSENT}, says="no token in the body"),
        broken("empty", endpoint=INTROSPECTION, fields={"token": ""}, also=["form-param-empty"]),
        broken("its name in capitals", endpoint=INTROSPECTION, fields={"token": ABSENT, "Token": "x"}),
        broken(
            "in the query",
            endpoint=INTROSPECTION,
            fields={"token": ABSENT},
            query="token=x",
            also=["url-credentials-in-query"],
        ),
        kept("there", endpoint=INTROSPECTION),
        kept("at the token endpoint"),
    ],
    "revocation-token-missing": [
        broken("absent", endpoint=REVOCATION, fields={"token": ABSENT}, says="no token in the body"),
        broken("empty", endpoint=REVOCATION, fields={"token": ""}, also=["form-param-empty"]),
        kept("there", endpoint=REVOCATION),
        kept("at the token endpoint"),
    ],
    "token-type-hint-unknown": [
        broken(
            "another kind",
            endpoint=REVOCATION,
            fields={"token_type_hint": "id_token"},
            says="'id_token'",
            wants="access_token or refresh_token",
        ),
        broken("in capitals", endpoint=INTROSPECTION, fields={"token_type_hint": "ACCESS_TOKEN"}),
        broken("a hyphen in it", endpoint=INTROSPECTION, fields={"token_type_hint": "access-token"}),
        broken("a space after it", endpoint=REVOCATION, fields={"token_type_hint": "access_token "}),
        broken("long, and cut", endpoint=REVOCATION, fields={"token_type_hint": "x" * 300}, says=f"'{'x' * 60}'"),
        kept("an access token", endpoint=INTROSPECTION, fields={"token_type_hint": "access_token"}),
        kept("a refresh token", endpoint=REVOCATION, fields={"token_type_hint": "refresh_token"}),
        kept("empty", endpoint=REVOCATION, fields={"token_type_hint": ""}, also=["form-param-empty"]),
        kept("none", endpoint=REVOCATION),
        kept("at the token endpoint", fields={"token_type_hint": "x"}),
    ],
    "device-authz-client-id": [
        broken(
            "neither",
            endpoint=DEVICE,
            fields={**NO_ASSERTION, "client_id": ABSENT},
            also=["client-assertion-missing"],
            says="neither client_id nor an assertion",
        ),
        broken(
            "both empty",
            endpoint=DEVICE,
            fields={"client_assertion": "", "client_id": ""},
            also=["client-assertion-missing", "client-assertion-type-orphan", "form-param-empty"],
        ),
        kept("an assertion", endpoint=DEVICE, fields={"client_id": ABSENT}),
        kept("the client", endpoint=DEVICE, fields=NO_ASSERTION, also=["client-assertion-missing"]),
        kept("both", endpoint=DEVICE),
        kept("at the token endpoint", fields=NO_ASSERTION, also=["client-assertion-missing"]),
    ],
    "ciba-hint-count": [
        broken("none", endpoint=BACKCHANNEL, fields={"login_hint": ABSENT}, says="no hint", wants="one of"),
        broken(
            "an empty one", endpoint=BACKCHANNEL, fields={"login_hint": ""}, also=["form-param-empty"], says="no hint"
        ),
        broken("two", endpoint=BACKCHANNEL, fields={"id_token_hint": "x.y.z"}, says="id_token_hint and login_hint"),
        broken(
            "three",
            endpoint=BACKCHANNEL,
            fields={"id_token_hint": "x.y.z", "login_hint_token": "x.y.z"},
            says="login_hint_token and id_token_hint and login_hint",
        ),
        broken("a hint of another name", endpoint=BACKCHANNEL, fields={"login_hint": ABSENT, "hint": "x"}),
        *[
            kept(f"one {name}", endpoint=BACKCHANNEL, fields={"login_hint": ABSENT, name: "x"})
            for name in ("login_hint_token", "id_token_hint", "login_hint")
        ],
        kept("another, empty", endpoint=BACKCHANNEL, fields={"id_token_hint": ""}, also=["form-param-empty"]),
        kept("in a request object", endpoint=BACKCHANNEL, fields={"request": REQUEST_OBJECT, "login_hint": ABSENT}),
        kept("at the token endpoint", fields={"login_hint": "x", "id_token_hint": "y"}),
    ],
    "ciba-scope-openid": [
        broken("none", endpoint=BACKCHANNEL, fields={"scope": ABSENT}, says="no scope in the body"),
        broken("empty", endpoint=BACKCHANNEL, fields={"scope": ""}, also=["form-param-empty"], says="no scope"),
        broken("others", endpoint=BACKCHANNEL, fields={"scope": "profile email"}, says="scope lacks openid"),
        broken("another case", endpoint=BACKCHANNEL, fields={"scope": "OpenID"}),
        broken("within another", endpoint=BACKCHANNEL, fields={"scope": "openid2 x:openid"}),
        broken("by a comma", endpoint=BACKCHANNEL, fields={"scope": "openid,x"}, also=["scope-comma-separated"]),
        kept("among others", endpoint=BACKCHANNEL, fields={"scope": "profile openid email"}),
        kept("alone", endpoint=BACKCHANNEL),
        kept("in a request object", endpoint=BACKCHANNEL, fields={"request": REQUEST_OBJECT, "scope": ABSENT}),
        kept("at the token endpoint", grant="client_credentials", fields={"scope": "profile"}),
    ],
}


@pytest.mark.parametrize(("rule_id", "row"), each(TABLES))
def test_request(rule_id: str, row: Row) -> None:
    check(rule_id, row)
