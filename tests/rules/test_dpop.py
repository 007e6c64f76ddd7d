"""A DPoP proof: what its rule refuses, and what it lets pass."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from requests_under_test import ABSENT, JTI, NOW, SERVER, a_request, changed, json_octets
from rules.tables import Row, broken, check, each, kept

from pytest_jwtauth import base64url, crypto
from pytest_jwtauth.jwk import PRIVATE_MEMBERS, read_jwk
from pytest_jwtauth.messages import TokenRequest

TOKEN_URL = SERVER.token_endpoint
PROOF_JTI = "e1j3V_bKic8-LAEB"
NONCE = "eyJ7S_zG.eyJH0-Z.HX4w-7v"


@cache
def key_of_proof(alg: str = "ES256") -> Mapping[str, Any]:
    """The key pair that signs proofs."""
    return crypto.generate_jwk(alg)


def public_key(alg: str = "ES256", **changes: Any) -> dict[str, Any]:
    """What of it stands in the header."""
    public = {name: value for name, value in key_of_proof(alg).items() if name not in PRIVATE_MEMBERS}
    return changed(public, changes)


def a_proof(
    *,
    signed_as: str = "ES256",
    header: Mapping[str, Any] = {},
    claims: Mapping[str, Any] = {},
    payload: bytes | None = None,
) -> str:
    """A DPoP proof that is right but for what the caller changes."""
    members = changed({"typ": "dpop+jwt", "alg": signed_as, "jwk": public_key(signed_as)}, header)
    said = changed({"jti": PROOF_JTI, "htm": "POST", "htu": TOKEN_URL, "iat": NOW}, claims)
    first, second = json_octets(members), json_octets(said) if payload is None else payload
    signing_input = f"{base64url.encode(first)}.{base64url.encode(second)}"
    signature = crypto.sign(signed_as, read_jwk(key_of_proof(signed_as)), signing_input.encode("ascii"))
    return f"{signing_input}.{base64url.encode(signature)}"


def sent(*proofs: str) -> dict[str, Any]:
    """A request with these proofs."""
    return {"more_headers": [("DPoP", proof) for proof in proofs]}


def saying(**claims: Any) -> dict[str, Any]:
    """A request with a proof that is right but for these claims."""
    return sent(a_proof(claims=claims))


def headed(**header: Any) -> dict[str, Any]:
    """A request with a proof that is right but for these header members."""
    return sent(a_proof(header=header))


def earlier(*proofs: str) -> list[TokenRequest]:
    """An earlier request with these proofs, and an assertion of its own."""
    return [a_request(fields={"code": "an earlier code"}, claims={"jti": "an earlier one"}, **sent(*proofs))]


TABLES: dict[str, list[Row]] = {
    "dpop-proof": [
        broken("two headers", **sent(a_proof(), a_proof(claims={"jti": "another"})), says="2 DPoP headers"),
        broken("the same twice", **sent(a_proof(), a_proof()), says="2 DPoP headers"),
        broken("two in one header", **sent(f"{a_proof()}, {a_proof()}"), says="cannot be read as a JWT"),
        broken("empty", **sent(""), says="cannot be read as a JWT"),
        broken("no JWT", **sent("x"), says="cannot be read as a JWT"),
        broken("without its signature", **sent(a_proof().rpartition(".")[0]), says="cannot be read"),
        broken("no claims set", **sent(a_proof(payload=b"[]")), says="cannot be read"),
        broken("no JSON header", **sent("eA" + a_proof()[2:]), says="cannot be read"),
        # header
        broken("typ JWT", **headed(typ="JWT"), says="typ is 'JWT', not 'dpop+jwt'"),
        broken("typ in capitals", **headed(typ="DPOP+JWT"), says="typ is 'DPOP+JWT'"),
        broken("typ in full", **headed(typ="application/dpop+jwt"), says="typ is"),
        broken("no typ", **headed(typ=ABSENT), says="typ is 'missing'"),
        broken("typ a number", **headed(typ=1), says="typ is '1'"),
        broken("no alg", **headed(alg=ABSENT), says="alg is 'missing', no asymmetric algorithm"),
        broken("alg none", **headed(alg="none"), says="alg is 'none'"),
        broken("alg of a shared secret", **headed(alg="HS256"), says="alg is 'HS256'"),
        broken("alg a list", **headed(alg=["ES256"]), says="no asymmetric algorithm"),
        broken("no jwk", **headed(jwk=ABSENT), says="no jwk in its header"),
        broken("jwk a text", **headed(jwk="{}"), says="no jwk in its header"),
        broken("jwk empty", **headed(jwk={}), says="its jwk is no JWK"),
        broken("jwk of a kind that is no text", **headed(jwk={"kty": 1}), says="its jwk is no JWK"),
        broken("jwk with the private key", **headed(jwk=dict(key_of_proof())), says="its jwk holds a private key"),
        broken(
            "jwk a shared secret",
            **headed(jwk={"kty": "oct", "k": "c29tZSBzZWNyZXQ"}),
            says=("holds a private key", "kty is oct"),
        ),
        broken("jwk for another algorithm", **headed(alg="RS256"), says="its jwk: kty is EC"),
        broken("jwk for encryption", **headed(jwk=public_key(use="enc")), says="its jwk: use is enc"),
        broken("jwk that is no point", **headed(jwk=public_key(x="A" * 43)), says="its jwk: x and y are no point"),
        broken("jwk that lacks a coordinate", **headed(jwk=public_key(y=ABSENT)), says="its jwk: y is missing"),
        broken("jwk of another key", **headed(jwk=public_key("ES384"), alg="ES384"), says="does not verify"),
        broken("a signature that does not decode", **sent(f"{a_proof().rpartition('.')[0]}.A"), says="does not verify"),
        broken("a signature cut off", **sent(a_proof()[:-4]), says="its signature does not verify with its jwk"),
        broken("no signature", **sent(f"{a_proof().rpartition('.')[0]}."), says="does not verify"),
        # claims
        broken("htm of another method", **saying(htm="GET"), says="htm is 'GET', the method is POST"),
        broken("htm in small letters", **saying(htm="post"), says="htm is 'post'"),
        broken("no htm", **saying(htm=ABSENT), says="htm is 'missing'"),
        broken("htu of another place", **saying(htu="https://other.example/token"), says="not the URL of the request"),
        broken("htu with a slash after it", **saying(htu=f"{TOKEN_URL}/"), says="not the URL of the request"),
        broken("htu by another scheme", **saying(htu=TOKEN_URL.replace("https", "http")), says="not the URL"),
        broken("htu of another endpoint", endpoint="revocation", **saying(htu=TOKEN_URL), says="not the URL"),
        broken("a long htu is cut", **saying(htu=f"/{'x' * 100}"), says=f"htu is '/{'x' * 99}', not"),
        broken("a long htm is cut", **saying(htm="x" * 21), says=f"htm is '{'x' * 20}', the"),
        broken("a long typ is cut", **sent(a_proof(header={"typ": "x" * 41})), says=f"typ is '{'x' * 40}', not"),
        broken("a long alg is cut", **sent(a_proof(header={"alg": "x" * 41})), says=f"alg is '{'x' * 40}', no"),
        broken(
            "a jwk without a point",
            **sent(a_proof(header={"jwk": {"kty": "EC", "crv": "P-256"}})),
            says="its jwk: x is missing, y is missing",
        ),
        broken(
            "a long method is cut",
            method="X" * 21,
            **saying(htu="/"),
            also=["http-method-not-post"],
            says=f"the method is {'X' * 20}; htu",
        ),
        broken("htu a path", **saying(htu="/token"), says="htu is '/token'"),
        broken("htu that is no URL", **saying(htu="http://["), says="htu is 'http://['"),
        broken("no htu", **saying(htu=ABSENT), says="htu is 'missing'"),
        broken("htu a list", **saying(htu=[TOKEN_URL]), says="not the URL of the request"),
        broken("htu with a query", **saying(htu=f"{TOKEN_URL}?x=y"), says="htu has a query or a fragment"),
        broken("htu with a fragment", **saying(htu=f"{TOKEN_URL}#x"), says="htu has a query or a fragment"),
        broken("htu with userinfo", **saying(htu=TOKEN_URL.replace("//", "//u:p@")), says="htu has userinfo"),
        broken("no iat", **saying(iat=ABSENT), says="no iat that is a number"),
        broken("iat a text", **saying(iat=str(NOW)), says="no iat that is a number"),
        broken("iat true", **saying(iat=True), says="no iat that is a number"),
        broken("iat beyond reason", **saying(iat=2**53 + 2), says="no iat that is a number"),
        broken("iat in milliseconds", **saying(iat=NOW * 1000), says="iat is year"),
        broken("iat 301 s ago", **saying(iat=NOW - 301), says="iat is 2025-10-09 08:48:19Z, at 2025-10-09 08:53:20Z"),
        broken("iat 301 s ahead", **saying(iat=NOW + 301), says="iat is 2025-10-09 08:58:21Z"),
        broken("no jti", **saying(jti=ABSENT), says="no jti"),
        broken("jti empty", **saying(jti=""), says="no jti"),
        broken("jti a number", **saying(jti=1), says="no jti"),
        broken("jti of the assertion", **saying(jti=JTI), says="its jti is that of the client assertion"),
        broken("jti of an earlier proof", **sent(a_proof()), history=lambda: earlier(a_proof()), says="sent before"),
        broken(
            "jti of an earlier proof, signed anew",
            **saying(iat=NOW - 1),
            history=lambda: earlier(a_proof()),
            says="its jti was sent before",
        ),
        broken("no nonce", **sent(a_proof()), expected={"dpop_nonce": NONCE}, says="its nonce is not the one"),
        broken("another nonce", **saying(nonce="x"), expected={"dpop_nonce": NONCE}, says="its nonce is not the one"),
        broken(
            "all at once",
            **sent(a_proof(header={"typ": "JWT", "alg": "none"}, claims=dict.fromkeys(("jti", "htm", "iat"), ABSENT))),
            says=("typ is", "alg is", "htm is", "no iat", "no jti"),
        ),
        broken(
            "without an assertion",
            fields=dict.fromkeys(("client_assertion", "client_assertion_type"), ABSENT),
            **saying(htm="GET"),
            also=["client-assertion-missing"],
        ),
        broken("where the body is no form", body=b'{"code":"x"}', **saying(htm="GET"), also=["form-not-urlencoded"]),
        kept("none"),
        kept("a right one", **sent(a_proof())),
        kept("its name in small letters", more_headers=[("dpop", a_proof())]),
        kept("by EdDSA", **sent(a_proof(signed_as="EdDSA"))),
        kept("by ES384", **sent(a_proof(signed_as="ES384"))),
        kept("at another endpoint", endpoint="revocation", **saying(htu=SERVER.endpoints["revocation"])),
        kept("htu with the default port", **saying(htu=TOKEN_URL.replace(".example", ".example:443"))),
        kept("htu with the host in capitals", **saying(htu=TOKEN_URL.replace("auth.example", "AUTH.example"))),
        kept(
            "htu without the endpoint's own query",
            server=dataclasses.replace(SERVER, token_endpoint=f"{TOKEN_URL}?tenant=a@b"),
            **saying(),
        ),
        kept(
            "htu with «@» in its path",
            server=dataclasses.replace(SERVER, token_endpoint="https://auth.example/@a/token"),
            **saying(htu="https://auth.example/@a/token"),
        ),
        kept("iat 300 s ago", **saying(iat=NOW - 300)),
        kept("iat 300 s ahead", **saying(iat=NOW + 300)),
        kept("iat with a fraction", **saying(iat=NOW - 0.5)),
        kept(
            "an earlier proof with another jti",
            **sent(a_proof()),
            history=lambda: earlier(a_proof(claims={"jti": "x"})),
        ),
        kept("an earlier proof that cannot be read", **sent(a_proof()), history=lambda: earlier("x")),
        kept("an earlier request without a proof", **sent(a_proof()), history=earlier),
        kept("the nonce that was given", **saying(nonce=NONCE), expected={"dpop_nonce": NONCE}),
        kept("a nonce that nobody asked for", **saying(nonce=NONCE)),
        kept("no proof, though a nonce was given", expected={"dpop_nonce": NONCE}),
    ],
}


@pytest.mark.parametrize(("rule_id", "row"), each(TABLES))
def test_request(rule_id: str, row: Row) -> None:
    check(rule_id, row)
