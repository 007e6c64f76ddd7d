"""How the client authenticates: what each rule refuses, and what it lets pass."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest
from requests_under_test import (
    ABSENT,
    CLIENT_ID,
    SECRET,
    SERVER,
    a_key_client,
    an_assertion,
)
from rules.tables import Row, broken, check, each, kept

from pytest_jwtauth.parameters import JWT_BEARER, JWT_BEARER_ASSERTION_TYPE, SAML2_BEARER

NO_ASSERTION = {"client_assertion": ABSENT, "client_assertion_type": ABSENT}
OTHER_JWT = an_assertion(claims={"iss": "someone", "sub": "else"})
SAML_TYPE = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"
TYPE = JWT_BEARER_ASSERTION_TYPE
APPLE_AUDIENCE = {"aud": "https://appleid.apple.com"}


def authorization(value: str) -> list[tuple[str, str]]:
    """An Authorization header with this value."""
    return [("Authorization", value)]


def basic(user: str, password: str) -> str:
    """The value of Authorization: Basic for this user."""
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


TWO_JWTS = ["jws-part-count", "jws-b64-alphabet"]
WITH_BASIC = ["auth-basic-present", "auth-multiple-methods"]
WITH_OTHER = ["auth-bearer-present", "auth-multiple-methods"]

TABLES: dict[str, list[Row]] = {
    "client-assertion-missing": [
        broken("neither it nor its type", fields=NO_ASSERTION, says="no client_assertion in the body"),
        broken(
            "an empty one",
            fields={"client_assertion": ""},
            also=["form-param-empty", "client-assertion-type-orphan"],
            says="is empty",
        ),
        broken(
            "in the query",
            fields=NO_ASSERTION,
            query="client_assertion=x.y.z",
            also=["url-credentials-in-query"],
            says="in the query",
        ),
        broken(
            "others in the query", fields=NO_ASSERTION, query="a=1&tenant=1", says="no client_assertion in the body"
        ),
        broken(
            "with a grant of its own",
            grant=JWT_BEARER,
            fields=NO_ASSERTION,
        ),
        broken("at another endpoint", endpoint="revocation", fields=NO_ASSERTION),
        broken("an empty body", body=b"", also=["grant-type-missing"]),
        broken(
            "its name in capitals",
            fields={**NO_ASSERTION, "CLIENT_ASSERTION": "x"},
        ),
        kept("an empty one and another", more_fields=[("client_assertion", "")], also=["form-param-empty"]),
        kept("a right one"),
    ],
    "client-assertion-type-missing": [
        broken("absent", fields={"client_assertion_type": ABSENT}, says="is missing", wants=TYPE),
        broken("empty", fields={"client_assertion_type": ""}, also=["form-param-empty"], says="is empty", wants=TYPE),
        kept("no assertion either", fields=NO_ASSERTION, also=["client-assertion-missing"]),
        kept(
            "the second of two, the first empty",
            fields={"client_assertion_type": ABSENT},
            more_fields=[("client_assertion_type", ""), ("client_assertion_type", TYPE)],
            also=["form-param-empty"],
        ),
    ],
    "client-assertion-type-orphan": [
        broken("a type alone", fields={"client_assertion": ABSENT}, also=["client-assertion-missing"]),
        broken(
            "a wrong type alone",
            fields={"client_assertion": ABSENT, "client_assertion_type": "x"},
            also=["client-assertion-missing", "client-assertion-type-wrong"],
        ),
        kept(
            "an empty type alone",
            fields={"client_assertion": ABSENT, "client_assertion_type": ""},
            also=["client-assertion-missing", "form-param-empty"],
        ),
        kept("both"),
    ],
    "client-assertion-type-wrong": [
        broken(
            "the grant's URN", fields={"client_assertion_type": JWT_BEARER}, says="the grant type's URN", wants=TYPE
        ),
        broken("the type of SAML", fields={"client_assertion_type": SAML_TYPE}, says="SAML"),
        broken("the grant of SAML", fields={"client_assertion_type": SAML2_BEARER}, says="SAML"),
        broken("in capitals", fields={"client_assertion_type": TYPE.upper()}, says="another case"),
        broken("URN in capitals", fields={"client_assertion_type": TYPE.replace("urn", "URN")}, says="another case"),
        broken(
            "a space after it",
            fields={"client_assertion_type": f"{TYPE} "},
            also=["form-value-whitespace"],
            says="white space",
        ),
        broken(
            "encoded twice",
            fields={"client_assertion_type": quote(TYPE, safe="")},
            also=["form-double-encoded"],
            says="twice",
        ),
        broken(
            "something else", fields={"client_assertion_type": "jwt-bearer"}, says=("another value", "'jwt-bearer'")
        ),
        broken("one character less", fields={"client_assertion_type": TYPE[:-1]}, says="another value"),
        broken("one character more", fields={"client_assertion_type": f"{TYPE}s"}, says="another value"),
        broken("a long one is cut", fields={"client_assertion_type": "x" * 101}),
        kept("exactly it", fields={"client_assertion_type": TYPE}),
        kept("none", fields={"client_assertion_type": ABSENT}, also=["client-assertion-type-missing"]),
    ],
    "client-assertion-multiple": [
        broken(
            "the parameter twice",
            more_fields=[("client_assertion", OTHER_JWT)],
            also=["form-param-duplicate"],
            says="sent 2 times",
        ),
        broken(
            "two with a comma", text=lambda right: f"{right},{OTHER_JWT}", also=TWO_JWTS, says="2 JWTs in one value"
        ),
        broken("two with a space", text=lambda right: f"{right} {OTHER_JWT}", also=TWO_JWTS),
        broken(
            "three with line feeds",
            text=lambda right: f"{right}\n{right}\n{right}",
            also=[*TWO_JWTS, "form-value-whitespace"],
            says="3 JWTs",
        ),
        broken("in a JSON array", text=lambda right: f'["{right}","{OTHER_JWT}"]', also=TWO_JWTS),
        kept("one in a JSON array", text=lambda right: f'["{right}"]', also=["jws-b64-alphabet"]),
        kept(
            "one and something else",
            text=lambda right: f"{right} x",
            also=["jws-b64-alphabet", "signature-wrong-length", "signature-invalid"],
        ),
        kept("one and an empty one", more_fields=[("client_assertion", "")], also=["form-param-empty"]),
        kept("two texts with dots that are no JWTs", text="a.b.c,d.e.f", also=[*TWO_JWTS, "jws-b64-length"]),
        kept("two beginnings of a JWT", text="eyJh eyJh", also=TWO_JWTS),
        kept("two texts of four parts", text="eyJh.a.b.c eyJh.a.b.c", also=[*TWO_JWTS, "jws-b64-length"]),
        kept("a comma at the end", text=lambda right: f"{right},", also=["jws-b64-alphabet"]),
        kept(
            "one behind what only ends as one",
            text=lambda right: f"X{OTHER_JWT} {right}",
            also=[*TWO_JWTS, "jws-b64-length"],
        ),
    ],
    "client-id-mismatch": [
        broken("a long one is cut", fields={"client_id": "x" * 101}, also=["client-id-unregistered"]),
        broken(
            "a long sub is cut",
            fields={"client_id": "x"},
            claims={"sub": "y" * 101},
            also=["client-id-unregistered", "sub-mismatch"],
        ),
        broken(
            "another client",
            fields={"client_id": "other"},
            also=["client-id-unregistered"],
            says="'other'",
            wants=f"'{CLIENT_ID}'",
        ),
        broken("another case", fields={"client_id": CLIENT_ID.upper()}, also=["client-id-unregistered"]),
        broken(
            "the right one, with another sub",
            fields={"client_id": CLIENT_ID},
            claims={"sub": "other"},
            also=["sub-mismatch"],
            wants="'other'",
        ),
        kept(
            "both are another's",
            fields={"client_id": "other"},
            claims={"sub": "other"},
            also=["client-id-unregistered", "sub-mismatch"],
        ),
        kept("none"),
        kept("an empty one", fields={"client_id": ""}, also=["form-param-empty"]),
        kept("the sub is no text", fields={"client_id": CLIENT_ID}, claims={"sub": 1}, also=["sub-not-string"]),
        kept("no sub", fields={"client_id": CLIENT_ID}, claims={"sub": ABSENT}, also=["sub-missing"]),
        kept("the right one", fields={"client_id": CLIENT_ID}),
    ],
    "client-id-missing": [
        broken("none"),
        broken("an empty one", fields={"client_id": ""}, also=["form-param-empty"]),
        kept("one", fields={"client_id": CLIENT_ID}),
    ],
    "client-id-unregistered": [
        broken(
            "another client",
            fields={"client_id": "other"},
            also=["client-id-mismatch"],
            says="'other'",
            wants=CLIENT_ID,
        ),
        broken(
            "another, and no assertion",
            fields={**NO_ASSERTION, "client_id": "other"},
            also=["client-assertion-missing"],
        ),
        broken("a long one, cut", fields={"client_id": "x" * 500}, also=["client-id-mismatch"], says="x" * 100),
        kept("the right one", fields={"client_id": CLIENT_ID}),
        kept("none"),
    ],
    "auth-multiple-methods": [
        broken(
            "Basic and the assertion",
            more_headers=authorization(basic("u", "p")),
            also=["auth-basic-present"],
            says="client_assertion and Authorization: Basic in one request",
        ),
        broken(
            "Bearer and the assertion",
            more_headers=authorization("Bearer xyz"),
            also=["auth-bearer-present"],
            says="Bearer",
        ),
        broken(
            "a secret and the assertion",
            fields={"client_secret": "x"},
            also=["auth-client-secret-present"],
            says="client_assertion and client_secret",
        ),
        broken(
            "an empty secret and the assertion",
            fields={"client_secret": ""},
            also=["auth-client-secret-present", "form-param-empty"],
        ),
        broken(
            "userinfo and the assertion",
            url=SERVER.token_endpoint.replace("://", "://u:p@"),
            also=["url-userinfo-present"],
            says="userinfo",
        ),
        broken(
            "Basic twice, no assertion",
            fields=NO_ASSERTION,
            more_headers=[*authorization(basic("u", "p")), *authorization("basic x")],
            also=["auth-basic-present", "client-assertion-missing", "auth-method-not-registered"],
            says="Authorization: Basic and Authorization: basic",
        ),
        broken(
            "Basic and a secret",
            fields={**NO_ASSERTION, "client_secret": "x"},
            more_headers=authorization(basic("u", "p")),
            also=[
                "auth-basic-present",
                "auth-client-secret-present",
                "client-assertion-missing",
                "auth-method-not-registered",
            ],
        ),
        broken(
            "all of them",
            fields={"client_secret": "x"},
            more_headers=authorization("Basic x"),
            also=["auth-basic-present", "auth-client-secret-present"],
            says="client_assertion and client_secret and Authorization: Basic",
        ),
        broken(
            "a header without a scheme",
            more_headers=authorization(SECRET),
            also=["auth-bearer-present", "header-secret-leaked"],
            says="‹",
        ),
        kept(
            "userinfo that became Basic counts once",
            fields=NO_ASSERTION,
            url=SERVER.token_endpoint.replace("://", "://u:p@"),
            more_headers=authorization(basic("u", "p")),
            also=[
                "url-userinfo-present",
                "auth-basic-present",
                "client-assertion-missing",
                "auth-method-not-registered",
            ],
        ),
        kept("the assertion alone"),
        kept(
            "Basic alone",
            fields=NO_ASSERTION,
            more_headers=authorization(basic("u", "p")),
            also=["auth-basic-present", "client-assertion-missing", "auth-method-not-registered"],
        ),
        kept(
            "where the assertion is the secret",
            profile="apple",
            client=lambda: a_key_client("ES256"),
            fields=lambda: {
                **NO_ASSERTION,
                "client_id": CLIENT_ID,
                "client_secret": an_assertion(client=a_key_client("ES256"), claims={**APPLE_AUDIENCE, "iss": "TEAM"}),
            },
        ),
    ],
    "auth-basic-present": [
        broken(
            "a user and a password",
            more_headers=authorization(basic("u", "p")),
            also=["auth-multiple-methods"],
            says=".netrc",
        ),
        broken("in small letters", more_headers=[("authorization", "basic dTpw")], also=["auth-multiple-methods"]),
        broken(
            "in capitals, after white space", more_headers=authorization(" BASIC dTpw"), also=["auth-multiple-methods"]
        ),
        broken(
            "the second of two headers",
            more_headers=[*authorization("Bearer x"), *authorization("Basic dTpw")],
            also=["auth-bearer-present", "auth-multiple-methods"],
        ),
        kept("a scheme that only begins so", more_headers=authorization("BasicX dTpw"), also=WITH_OTHER),
        kept("in the header of a proxy", more_headers=[("Proxy-Authorization", "Basic dTpw")]),
        kept("none"),
    ],
    "auth-bearer-present": [
        *(
            broken(f"{scheme} in capitals", more_headers=authorization(f"{scheme} x"), also=["auth-multiple-methods"])
            for scheme in (
                *("BEARER", "CONCEALED", "DIGEST", "DPOP", "GNAP", "HOBA", "MUTUAL", "NEGOTIATE", "OAUTH", "TOKEN"),
                *("PRIVATETOKEN", "SCRAM-SHA-1", "SCRAM-SHA-256", "VAPID", "APIKEY", "JWT"),
            )
        ),
        broken(
            "a scheme nobody knows, which may be a credential",
            more_headers=authorization("Zq3vT8mK1xW6rB9p x"),
            also=["auth-multiple-methods"],
            says="‹an unknown scheme›",
        ),
        broken(
            "a token",
            more_headers=authorization("Bearer mF_9.B5f-4.1JqM"),
            also=["auth-multiple-methods"],
            says="Bearer was sent",
        ),
        broken(
            "another scheme",
            more_headers=authorization('Digest username="u"'),
            also=["auth-multiple-methods"],
            says="Digest",
        ),
        broken(
            "a scheme alone",
            more_headers=authorization("Negotiate"),
            also=["auth-multiple-methods"],
            says="‹no scheme›",
        ),
        broken("an empty value", more_headers=authorization(""), also=["auth-multiple-methods"]),
        broken("after Basic", more_headers=[*authorization("Basic dTpw"), *authorization("Bearer x")], also=WITH_BASIC),
        broken(
            "the assertion itself",
            more_headers=authorization(f"Bearer {an_assertion()}"),
            level="error",
            also=["auth-multiple-methods", "header-secret-leaked"],
            says="carries the client assertion",
            wants="client_assertion",
        ),
        broken(
            "an assertion of the client, nothing in the body",
            fields=NO_ASSERTION,
            more_headers=authorization(f"Bearer {an_assertion(claims={'jti': 'other'})}"),
            level="error",
            also=["client-assertion-missing"],
        ),
        broken(
            "a JWT of somebody else",
            more_headers=authorization(f"Bearer {OTHER_JWT}"),
            also=["auth-multiple-methods"],
            level="warning",
        ),
        broken(
            "the assertion itself, though of somebody else",
            text=OTHER_JWT,
            more_headers=authorization(f"Bearer {OTHER_JWT}"),
            level="error",
            also=["auth-multiple-methods", "header-secret-leaked", "iss-mismatch", "sub-mismatch"],
            says="carries the client assertion",
        ),
        *(
            broken(
                f"a JWT whose subject is the user {user}",
                more_headers=authorization(f"Bearer {an_assertion(claims={'sub': user})}"),
                also=["auth-multiple-methods"],
                level="warning",
            )
            for user in ("007", "alice")
        ),
        kept("Basic", more_headers=authorization(basic("u", "p")), also=WITH_BASIC),
        kept("none"),
    ],
    "auth-client-secret-present": [
        broken(
            "a wrong one", fields={"client_secret": "x"}, also=["auth-multiple-methods"], says="client_secret was sent"
        ),
        broken("the right one", fields={"client_secret": SECRET}, also=["auth-multiple-methods", "secret-leaked"]),
        broken(
            "an empty one",
            fields={"client_secret": ""},
            also=["auth-multiple-methods", "form-param-empty"],
            says="with no value",
        ),
        broken(
            "in the place of the assertion",
            fields={**NO_ASSERTION, "client_secret": SECRET},
            also=["client-assertion-missing", "auth-method-not-registered", "secret-leaked"],
        ),
        kept("in the query", query="client_secret=x", also=["url-credentials-in-query"]),
        kept("another name", more_fields=[("my_client_secret", "x")]),
        kept(
            "where the assertion is the secret",
            profile="apple",
            client=lambda: a_key_client("ES256"),
            fields=lambda: {
                **NO_ASSERTION,
                "client_id": CLIENT_ID,
                "client_secret": an_assertion(client=a_key_client("ES256"), claims={**APPLE_AUDIENCE, "iss": "TEAM"}),
            },
        ),
    ],
    "auth-method-not-registered": [
        broken(
            "a private key for a secret",
            key=lambda: a_key_client("ES256").private_key(),
            header={"alg": "ES256"},
            also=["alg-not-allowed"],
            says="private_key_jwt",
            wants="client_secret_jwt",
        ),
        broken(
            "a secret for a private key",
            client=lambda: a_key_client("ES256"),
            key=SECRET.encode(),
            header={"alg": "HS256"},
            also=["alg-not-allowed"],
            says="client_secret_jwt",
            wants="private_key_jwt",
        ),
        broken(
            "Basic",
            fields=NO_ASSERTION,
            more_headers=authorization(basic("u", "p")),
            also=["client-assertion-missing", "auth-basic-present"],
            says="client_secret_basic",
        ),
        broken(
            "a secret in the body",
            fields={**NO_ASSERTION, "client_secret": "x"},
            also=["client-assertion-missing", "auth-client-secret-present"],
            says="client_secret_post",
        ),
        kept("nothing at all", fields=NO_ASSERTION, also=["client-assertion-missing"]),
        kept(
            "an empty secret alone",
            fields={**NO_ASSERTION, "client_secret": ""},
            also=["client-assertion-missing", "auth-client-secret-present", "form-param-empty"],
        ),
        kept("the registered one, and Basic", more_headers=authorization(basic("u", "p")), also=WITH_BASIC),
        kept("another of its algorithms", header={"alg": "HS512"}),
        kept("an algorithm nobody knows", header={"alg": "HS1"}, also=["alg-unknown"]),
        kept("a key for a key", client=lambda: a_key_client("ES256")),
        kept(
            "a scheme of somebody's own",
            fields=NO_ASSERTION,
            more_headers=authorization("AWS4-HMAC-SHA256 x"),
            also=["client-assertion-missing", "auth-bearer-present"],
        ),
        kept(
            "a scheme that sorts before Basic",
            fields=NO_ASSERTION,
            more_headers=authorization("ApiKey x"),
            also=["client-assertion-missing", "auth-bearer-present"],
        ),
    ],
    "grant-and-client-assertion-same": [
        broken("one JWT for both", grant=JWT_BEARER, fields={"assertion": an_assertion()}),
        kept("two", grant=JWT_BEARER),
        kept("one, with another grant", more_fields=[("assertion", an_assertion())]),
        kept("no grant", grant=JWT_BEARER, fields={"assertion": ABSENT}, also=["jwt-bearer-assertion-missing"]),
        kept(
            "neither",
            grant=JWT_BEARER,
            fields={**NO_ASSERTION, "assertion": ABSENT},
            also=["jwt-bearer-assertion-missing", "client-assertion-missing"],
        ),
    ],
}


@pytest.mark.parametrize(("rule_id", "row"), each(TABLES))
def test_request(rule_id: str, row: Row) -> None:
    check(rule_id, row)
