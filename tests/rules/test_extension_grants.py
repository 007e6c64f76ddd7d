"""The grants of the extensions: what each rule refuses, and what it lets pass."""

from __future__ import annotations

from typing import Any

import pytest
from requests_under_test import ABSENT, ISSUER, NOW, SERVER, a_key_client, an_assertion
from rules.tables import Row, broken, check, each, kept

from pytest_jwtauth.parameters import JWT_BEARER, TOKEN_EXCHANGE

ALICE = {"sub": "alice@example.com", "jti": "5ab1a4d9-6d42-4b39-9d3f-0de3e0a9e1f4"}
TOKEN_TYPE = "urn:ietf:params:oauth:token-type"
NO_CLIENT_ASSERTION = {"client_assertion": ABSENT, "client_assertion_type": ABSENT}
OTHER_JWT = an_assertion(claims=ALICE, header={"typ": ABSENT})
ENCRYPTED = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..c29tZSBvY3RldHM.Y2lwaGVydGV4dA.YSB0YWcgb2YgMTY"


def granted(**claims: Any) -> dict[str, Any]:
    """A request with a JWT as its grant, right but for these claims."""
    return as_grant(an_assertion(claims={**ALICE, **claims}))


def as_grant(assertion: str, **fields: Any) -> dict[str, Any]:
    """A request with this text as its grant."""
    return {"grant": JWT_BEARER, "fields": {"assertion": assertion, **fields}}


def exchanged(**fields: Any) -> dict[str, Any]:
    """A token exchange, right but for these fields."""
    return {"grant": TOKEN_EXCHANGE, "fields": fields}


def resource(*values: str) -> dict[str, Any]:
    """A request for these resources."""
    return {"grant": "client_credentials", "more_fields": [("resource", value) for value in values]}


TABLES: dict[str, list[Row]] = {
    "jwt-bearer-assertion-missing": [
        broken(
            "sent as the client's",
            grant=JWT_BEARER,
            fields={"assertion": ABSENT},
            says="client_assertion authenticates the client",
        ),
        broken("empty", **as_grant(""), also=["form-param-empty"], says="no assertion in the body"),
        broken(
            "nothing at all",
            grant=JWT_BEARER,
            fields={"assertion": ABSENT, **NO_CLIENT_ASSERTION},
            also=["client-assertion-missing"],
        ),
        broken("its name in capitals", grant=JWT_BEARER, fields={"assertion": ABSENT, "ASSERTION": OTHER_JWT}),
        kept("there", grant=JWT_BEARER),
        kept(
            "an empty one, then another",
            grant=JWT_BEARER,
            body=lambda right: b"assertion=&" + right,
            also=["form-param-empty"],
        ),
        kept("another grant"),
        kept(
            "where it is the client's",
            profile="google-sa",
            client=lambda: a_key_client("RS256"),
            grant=JWT_BEARER,
            fields={"assertion": ABSENT, **NO_CLIENT_ASSERTION},
            also=["client-assertion-missing"],
        ),
    ],
    "jwt-bearer-assertion-multiple": [
        broken(
            "the parameter twice",
            grant=JWT_BEARER,
            more_fields=[("assertion", OTHER_JWT)],
            also=["form-param-duplicate"],
            says="sent 2 times",
        ),
        broken("two with a space", **as_grant(f"{OTHER_JWT} {OTHER_JWT}"), also=["jwt-bearer-claims"], says="2 JWTs"),
        broken("two with a comma", **as_grant(f"{OTHER_JWT},{OTHER_JWT}"), also=["jwt-bearer-claims"]),
        broken("in a JSON array", **as_grant(f'["{OTHER_JWT}","{OTHER_JWT}"]'), also=["jwt-bearer-claims"]),
        broken(
            "three with line feeds",
            **as_grant("\n".join([OTHER_JWT] * 3)),
            also=["jwt-bearer-claims", "form-value-whitespace"],
            says="3 JWTs",
        ),
        broken("one that is encrypted, too", **as_grant(f"{OTHER_JWT},{ENCRYPTED}"), also=["jwt-bearer-claims"]),
        kept("one and an empty one", grant=JWT_BEARER, more_fields=[("assertion", "")], also=["form-param-empty"]),
        kept("a comma after it", **as_grant(f"{OTHER_JWT},")),
        kept("one", grant=JWT_BEARER),
        kept("none", **as_grant(""), also=["jwt-bearer-assertion-missing", "form-param-empty"]),
        kept("another grant", fields={"assertion": f"{OTHER_JWT} {OTHER_JWT}"}),
    ],
    "jwt-bearer-claims": [
        broken("no JWT", **as_grant("x"), says="cannot be read as a JWT"),
        broken("two parts", **as_grant(OTHER_JWT.rpartition(".")[0]), says="cannot be read"),
        broken("four parts", **as_grant(f"{OTHER_JWT}.x"), says="cannot be read"),
        broken("with quotes around it", **as_grant(f'"{OTHER_JWT}"'), says="comes with double quotes"),
        broken("no JSON", **as_grant("eyJhbGciOiJub25lIn0.eA.x"), says="cannot be read"),
        broken("no claims", **as_grant("eyJhbGciOiJub25lIn0.e30.x"), says="no iss; no sub; no aud; no exp"),
        *[
            broken(f"no {name}", **granted(**{name: ABSENT}), says=f": no {name}")
            for name in ("iss", "sub", "aud", "exp")
        ],
        broken("iss a number", **granted(iss=1), says="iss is"),
        broken("sub null", **granted(sub=None), says="sub is"),
        broken("sub an array", **granted(sub=["alice"]), says="sub is"),
        broken("aud of another server", **granted(aud="https://other.example"), says="aud is 'https://other.example'"),
        broken("aud with a slash after it", **granted(aud=f"{ISSUER}/"), says="aud is"),
        broken("aud in another case", **granted(aud=ISSUER.upper())),
        broken("aud a number", **granted(aud=1), says="aud is no string or array of strings"),
        broken("aud null", **granted(aud=None), says="aud is no string"),
        broken("aud empty", **granted(aud=[]), says="aud is no string"),
        broken("aud with a number in it", **granted(aud=[ISSUER, 1]), says="aud is no string"),
        broken("aud that is long", **granted(aud="x" * 201), says=f"aud is '{'x' * 200}'"),
        broken("aud of several others", **granted(aud=["a", "b"]), says="aud is 'a'"),
        broken("exp text", **granted(exp=str(NOW + 300)), says="exp is"),
        broken("exp null", **granted(exp=None), says="exp is"),
        broken("exp true", **granted(exp=True), says="exp is"),
        broken("exp in milliseconds", **granted(exp=(NOW + 300) * 1000), says="exp is no number of seconds"),
        broken("exp beyond reason", **granted(exp=2**53 + 2), says="exp is no number of seconds"),
        broken("exp with a thousand digits", **granted(exp=10**999), says="exp is no number of seconds"),
        broken("exp now", **granted(exp=NOW), says="exp is 2025-10-09 08:53:20Z, at 2025-10-09 08:53:20Z"),
        broken("exp a second ago", **granted(exp=NOW - 1), says="exp is 2025-10-09 08:53:19Z"),
        broken("exp at the leeway's end", **granted(exp=NOW - 60), leeway=60),
        broken("several faults", **granted(sub=ABSENT, exp=NOW), says="no sub; exp is"),
        kept("exp in a second", **granted(exp=NOW + 1)),
        kept("exp within the leeway", **granted(exp=NOW - 59), leeway=60),
        kept("aud the issuer", **granted(aud=ISSUER)),
        kept("aud the token endpoint", **granted(aud=SERVER.token_endpoint)),
        kept("aud with others", **granted(aud=["https://other.example", ISSUER])),
        kept(
            "aud the token endpoint, where client assertions name the issuer",
            **granted(aud=SERVER.token_endpoint),
            profile="oidc3",
            claims={"aud": ISSUER},
        ),
        kept("of another issuer", **granted(iss="https://idp.example")),
        kept("encrypted", **as_grant(ENCRYPTED)),
        kept("none", **as_grant(""), also=["jwt-bearer-assertion-missing", "form-param-empty"]),
        kept("another grant", fields={"assertion": "x"}),
        kept(
            "where it is the client's",
            profile="google-sa",
            client=lambda: a_key_client("RS256"),
            levels={"jwt-bearer-claims": "error"},
            grant=JWT_BEARER,
            fields=lambda: {
                **NO_CLIENT_ASSERTION,
                "assertion": an_assertion(
                    client=a_key_client("RS256"), claims={"sub": ABSENT, "aud": "https://oauth2.googleapis.com/token"}
                ),
            },
        ),
    ],
    "token-exchange-subject-token-missing": [
        broken("no token", **exchanged(subject_token=ABSENT), says="no subject_token in the body"),
        broken("no type", **exchanged(subject_token_type=ABSENT), says="no subject_token_type in the body"),
        broken(
            "neither",
            **exchanged(subject_token=ABSENT, subject_token_type=ABSENT),
            says="no subject_token and no subject_token_type",
        ),
        broken("an empty token", **exchanged(subject_token=""), also=["form-param-empty"]),
        kept("both", **exchanged()),
        kept("another grant"),
    ],
    "token-exchange-actor-type": [
        broken("a token alone", **exchanged(actor_token="x"), says="actor_token without actor_token_type"),
        broken(
            "a type alone",
            **exchanged(actor_token_type=f"{TOKEN_TYPE}:jwt"),
            says="actor_token_type without actor_token",
        ),
        broken("an empty type", **exchanged(actor_token="x", actor_token_type=""), also=["form-param-empty"]),
        kept("both", **exchanged(actor_token="x", actor_token_type=f"{TOKEN_TYPE}:jwt")),
        kept("both empty", **exchanged(actor_token="", actor_token_type=""), also=["form-param-empty"]),
        kept("neither", **exchanged()),
        kept("another grant", fields={"actor_token": "x"}),
    ],
    "token-exchange-type-not-uri": [
        broken(
            "a registered name alone",
            **exchanged(subject_token_type="access_token"),
            says="subject_token_type is 'access_token'",
            wants=f"{TOKEN_TYPE}:access_token",
        ),
        broken("of the actor", **exchanged(actor_token="x", actor_token_type="jwt"), wants=f"{TOKEN_TYPE}:jwt"),
        broken("that is requested", **exchanged(requested_token_type="saml2"), wants=f"{TOKEN_TYPE}:saml2"),
        *[
            broken(f"{name} alone", **exchanged(requested_token_type=name), wants=f"{TOKEN_TYPE}:{name}")
            for name in ("access_token", "refresh_token", "id_token", "saml1")
        ],
        broken("a name of nothing", **exchanged(requested_token_type="Bearer"), wants="absolute URIs"),
        broken("a path", **exchanged(subject_token_type="/access_token")),
        broken("a scheme alone", **exchanged(subject_token_type="urn:")),
        broken("no scheme before the colon", **exchanged(subject_token_type=":access_token")),
        broken("a digit before the colon", **exchanged(subject_token_type="1:access_token")),
        broken("an underscore before the colon", **exchanged(subject_token_type="a_token:x")),
        broken("a space within", **exchanged(subject_token_type=f"{TOKEN_TYPE}: jwt")),
        broken("long, and cut", **exchanged(subject_token_type="x" * 300), says=f"'{'x' * 80}'"),
        kept("another URN", **exchanged(subject_token_type="urn:example:token")),
        kept("a URL", **exchanged(requested_token_type="https://example.com/token")),
        kept("empty", **exchanged(requested_token_type=""), also=["form-param-empty"]),
        kept("another grant", fields={"subject_token_type": "access_token"}),
    ],
    "resource-malformed": [
        broken("a path", **resource("/api"), says="resource is '/api'"),
        broken("a host", **resource("api.example")),
        broken("a host and a path", **resource("//api.example/x")),
        broken("a fragment", **resource("https://api.example/#x")),
        broken("an empty fragment", **resource("https://api.example/#")),
        broken("a scheme alone", **resource("https:")),
        broken("a space within", **resource("https://api.example/a b")),
        broken("a port that is no number", **resource("https://api.example:x/")),
        broken("the second of two", **resource("https://api.example", "api")),
        broken("long, and cut", **resource("x" * 300), says=f"'{'x' * 100}'"),
        broken("in token exchange", **exchanged(resource="api")),
        broken("pushed", endpoint="pushed_authorization_request", fields={"resource": "api"}),
        kept("one", **resource("https://api.example")),
        kept("two", **resource("https://api.example", "https://other.example/x?y=z")),
        kept("a URN", **resource("urn:example:api")),
        kept("empty", **resource(""), also=["form-param-empty"]),
        kept("none"),
    ],
}


@pytest.mark.parametrize(("rule_id", "row"), each(TABLES))
def test_request(rule_id: str, row: Row) -> None:
    check(rule_id, row)
