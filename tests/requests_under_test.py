"""The one builder of requests under test: right in everything that its caller does not change. Judges nothing.

The client registered by default proves itself with a shared secret. `ABSENT` as the value of a field, a claim or a
header member leaves it out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final
from urllib.parse import quote_plus

from pytest_jwtauth import base64url, crypto
from pytest_jwtauth.jwa import ALGORITHMS, HMAC_ALGORITHMS
from pytest_jwtauth.jwk import Jwk, kind_mismatch
from pytest_jwtauth.messages import TokenRequest, TokenResponse
from pytest_jwtauth.model import AuthorizationServer
from pytest_jwtauth.parameters import (
    CIBA,
    DEVICE_CODE,
    JWT_BEARER,
    JWT_BEARER_ASSERTION_TYPE,
    TOKEN_EXCHANGE,
)
from pytest_jwtauth.registered_client import RegisteredClient

NOW: Final = 1_760_000_000
"""When requests arrive: 2025-10-09 08:53:20Z."""

ORIGIN: Final = "https://auth.example"
ISSUER: Final = f"{ORIGIN}/11111111-2222-4333-8444-555555555555/as"
SERVER: Final = AuthorizationServer(
    issuer=ISSUER,
    token_endpoint=f"{ISSUER}/token",
    introspection_endpoint=f"{ISSUER}/introspect",
    revocation_endpoint=f"{ISSUER}/revoke",
    pushed_authorization_request_endpoint=f"{ISSUER}/par",
    device_authorization_endpoint=f"{ISSUER}/device_authorization",
    backchannel_authentication_endpoint=f"{ISSUER}/bc-authorize",
)

CLIENT_ID: Final = "9b6c1f0e-5a43-4d27-8f31-2c7d90e4ab15"
SECRET: Final = "Zq3~vT8.mK1-xW6_rB9pLd4nHs7jCf2gYt5uEa0iOoXkVbNzMwQeRyUlIhGgFdSc"
CLIENT: Final = RegisteredClient(CLIENT_ID, SECRET)

REDIRECT_URI: Final = "http://localhost:3000/callback"
CODE: Final = "f1c0de5e-77aa-4bb0-9c1d-0123456789ab"
REFRESH_TOKEN: Final = "rt.8f14e45f-ceea-467f-a9d1-0b24d7c6a111"
JTI: Final = "0f8fad5b-d9cb-469f-a165-70867728950e"

FORM: Final = ("Content-Type", "application/x-www-form-urlencoded")
HEADERS: Final = (FORM, ("Accept", "application/json"), ("User-Agent", "a-client/1.0"))


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final[Any] = _Absent()
"""As a value: leave the field, claim or header member out."""

FIELDS_OF_GRANT: Final[Mapping[str, Mapping[str, str]]] = {
    "authorization_code": {"code": CODE, "redirect_uri": REDIRECT_URI},
    "client_credentials": {},
    "refresh_token": {"refresh_token": REFRESH_TOKEN},
    "password": {"username": "alice", "password": "correct horse battery"},
    DEVICE_CODE: {"device_code": "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS"},
    CIBA: {"auth_req_id": "1c266114-a1be-4252-8ad1-04986c5b9ac1"},
    TOKEN_EXCHANGE: {
        "subject_token": "accVkjcJyb4BWCxGsndESCJQbdFMogUC5PbRDqceLTC",
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
    },
}
FIELDS_OF_ENDPOINT: Final[Mapping[str, Mapping[str, str]]] = {
    "introspection": {"token": "mF_9.B5f-4.1JqMv2vXwW"},
    "revocation": {"token": "45ghiukldjahdnhzdauz2x"},
    "pushed_authorization_request": {
        "client_id": CLIENT_ID,
        "response_type": "code",
        "redirect_uri": REDIRECT_URI,
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    },
    "device_authorization": {"client_id": CLIENT_ID},
    "backchannel_authentication": {"scope": "openid", "login_hint": "alice@example.com"},
}


@cache
def _rsa_key() -> dict[str, str]:
    return crypto.generate_jwk("RS256")


def a_key(alg: str, kid: str | None = None) -> dict[str, str]:
    """A private key for *alg*: a new one, but for RSA, where making one takes a tenth of a second."""
    made = {**_rsa_key(), "alg": alg} if ALGORITHMS[alg].kty == "RSA" else crypto.generate_jwk(alg)
    return made if kid is None else {**made, "kid": kid}


@cache
def a_key_client(alg: str = "ES256") -> RegisteredClient:
    """A client that is registered with one key pair for *alg*; the same one for the whole run."""
    return RegisteredClient(CLIENT_ID, jwks={"keys": [a_key(alg)]})


def claims_of(client: RegisteredClient, audience: str) -> dict[str, Any]:
    """The claims of a right assertion."""
    return {
        "iss": client.client_id,
        "sub": client.client_id,
        "aud": audience,
        "iat": NOW,
        "exp": NOW + 300,
        "jti": JTI,
    }


def changed(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """*values* with *changes*, those to `ABSENT` left out."""
    return {name: value for name, value in {**values, **changes}.items() if value is not ABSENT}


def json_octets(value: Any) -> bytes:
    """JSON as most libraries write it into a JWT."""
    return json.dumps(value, separators=(",", ":")).encode("utf-8")


def an_assertion(
    *,
    client: RegisteredClient = CLIENT,
    server: AuthorizationServer = SERVER,
    endpoint: str = "token",
    claims: Mapping[str, Any] = {},
    header: Mapping[str, Any] = {},
    payload: bytes | None = None,
    jose_header: bytes | None = None,
    signed_as: str | None = None,
    key: bytes | Jwk | None = None,
    signature: bytes | Callable[[bytes], bytes] | None = None,
    text: str | Callable[[str], str] | None = None,
) -> str:
    """A client assertion that is right but for what the caller changes.

    Args:
        client, server, endpoint: Whose, for whom, for which of the server's endpoints.
        claims, header: Values that differ; `ABSENT` leaves one out.
        payload, jose_header: The octets of the second and first part, instead of JSON made of the former.
        signed_as: The algorithm of the signature, where it is not the header's.
        key: What signs, where it is not the client's credential.
        signature: The signature's octets, or what becomes of the right ones.
        text: The text, or what becomes of the right one.
    """
    if isinstance(text, str):
        return text
    credential = key
    if credential is None:
        credential = client.private_key() if client.hmac_key is None else client.hmac_key
    members = changed({"alg": _usual_alg(credential), "typ": "JWT"}, header)
    if isinstance(credential, Jwk) and credential.kid is not None and "kid" not in header:
        members["kid"] = credential.kid
    audience = server.endpoints[endpoint]
    first = json_octets(members) if jose_header is None else jose_header
    second = json_octets(changed(claims_of(client, audience), claims)) if payload is None else payload
    signing_input = f"{base64url.encode(first)}.{base64url.encode(second)}"
    made = signature
    if not isinstance(made, bytes):
        alg = signed_as or _alg_for(credential, members.get("alg"))
        made = crypto.sign(alg, credential, signing_input.encode("ascii"))
    if callable(signature):
        made = signature(made)
    right = f"{signing_input}.{base64url.encode(made)}"
    return right if text is None else text(right)


def _usual_alg(credential: bytes | Jwk) -> str:
    return "HS256" if isinstance(credential, bytes) else credential.alg or "ES256"


def _alg_for(credential: bytes | Jwk, named: object) -> str:
    """The algorithm that the header names, if the credential can sign with it."""
    if isinstance(named, str) and named in ALGORITHMS:
        if isinstance(credential, bytes):
            return named if named in HMAC_ALGORITHMS else "HS256"
        if kind_mismatch(credential, ALGORITHMS[named]) is None:
            return named
    return _usual_alg(credential)


def fields_of(grant: str, endpoint: str = "token") -> dict[str, Any]:
    """The form fields of a right request but for the client's authentication."""
    if endpoint != "token":
        return dict(FIELDS_OF_ENDPOINT[endpoint])
    if grant == JWT_BEARER:
        # The subject of a grant is a user, and its jti is its own.
        granted = an_assertion(claims={"sub": "alice@example.com", "jti": "5ab1a4d9-6d42-4b39-9d3f-0de3e0a9e1f4"})
        return {"grant_type": grant, "assertion": granted}
    return {"grant_type": grant, **FIELDS_OF_GRANT.get(grant, {})}


def encode(fields: Iterable[tuple[str, str]]) -> bytes:
    """The octets of a form."""
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in fields).encode("ascii")


def a_request(
    *,
    client: RegisteredClient = CLIENT,
    server: AuthorizationServer = SERVER,
    endpoint: str = "token",
    method: str = "POST",
    url: str | None = None,
    query: str = "",
    headers: Sequence[tuple[str, str]] = HEADERS,
    more_headers: Sequence[tuple[str, str]] = (),
    grant: str = "authorization_code",
    fields: Mapping[str, Any] = {},
    more_fields: Sequence[tuple[str, str]] = (),
    body: bytes | Callable[[bytes], bytes] | None = None,
    received_at: float | None = None,
    **of_the_assertion: Any,
) -> TokenRequest:
    """A request with a client assertion that is right but for what the caller changes.

    Args:
        client, server: Who asks whom.
        endpoint: Which of the server's endpoints is called.
        url: The URL, where it is not that endpoint's.
        query: What stands after the URL's «?».
        headers, more_headers: All header fields, or those that come after the usual ones.
        grant: The grant type.
        fields: Form fields that differ; `ABSENT` leaves one out.
        more_fields: Form fields that come after the usual ones.
        body: The octets of the body, or what becomes of the right ones.
        of_the_assertion: What `an_assertion` takes.
    """
    sent = {
        **fields_of(grant, endpoint),
        "client_assertion_type": JWT_BEARER_ASSERTION_TYPE,
        "client_assertion": an_assertion(client=client, server=server, endpoint=endpoint, **of_the_assertion),
    }
    octets = encode([*changed(sent, fields).items(), *more_fields])
    if body is not None:
        octets = body(octets) if callable(body) else body
    target = server.endpoints[endpoint] if url is None else url
    return TokenRequest(
        method, f"{target}?{query}" if query else target, (*headers, *more_headers), octets, received_at
    )


def an_answer(status: int = 200, *, headers: Sequence[tuple[str, str]] = (), **members: Any) -> TokenResponse:
    """An answer with a JSON body: tokens by default, an error for a status of 400 and more."""
    usual: dict[str, Any] = {"error": "invalid_grant"}
    if status < 400:
        usual = {"access_token": "at.2YotnFZFEjr1zCsicMWpAA", "token_type": "Bearer", "expires_in": 3600}
    return TokenResponse(status, [("Content-Type", "application/json"), *headers], json_octets(changed(usual, members)))
