"""The JOSE header: what each rule refuses, and what it lets pass."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from requests_under_test import ABSENT, CLIENT_ID, ISSUER, NOW, SECRET, a_key, a_key_client, json_octets
from rules.tables import Row, broken, check, each, kept

from pytest_jwtauth import crypto
from pytest_jwtauth.jwk import Jwk
from pytest_jwtauth.registered_client import RegisteredClient

SIGNED_OTHERWISE = ["signature-invalid"]
MAC_OF_A_KEY_CLIENT = ["alg-not-allowed", "auth-method-not-registered"]
NO_KEY = ["alg-not-allowed", "auth-method-not-registered"]


@cache
def two_keys() -> RegisteredClient:
    """A client with two keys for ES256, «one» and «two»."""
    return RegisteredClient(CLIENT_ID, jwks={"keys": [a_key("ES256", kid) for kid in ("one", "two")]})


@cache
def key(**changes: Any) -> dict[str, Any]:
    """A private key for ES256 with some members changed, `ABSENT` ones left out."""
    made = {**a_key("ES256", "one"), **changes}
    return {name: value for name, value in made.items() if value is not ABSENT}


@cache
def client_with(*alg_and_kid: tuple[str, str | None], **changes: Any) -> RegisteredClient:
    """A client with keys for these algorithms and of these names, changed alike."""
    keys = [{**a_key(alg, kid or ""), **changes} for alg, kid in alg_and_kid]
    keys = [{name: value for name, value in jwk.items() if value not in (ABSENT, "")} for jwk in keys]
    return RegisteredClient(CLIENT_ID, jwks={"keys": keys})


def one() -> Jwk:
    """The first key of the client with two."""
    return two_keys().private_key("one")


def public_text(form: str) -> bytes:
    """A text of the public key, which somebody may take for an HMAC key."""
    public = a_key_client().keys[0].as_dict()
    return {
        "pem": crypto.public_key_pem(public).encode(),
        "der": crypto.public_key_der(public),
        "json": json_octets(public),
        "set": json_octets({"keys": [public]}),
    }[form]


def confused(form: str, *, alg: str = "HS256", strip: bool = False) -> dict[str, Any]:
    """Changes that sign with a MAC keyed with a text of the public key."""

    def make() -> bytes:
        text = public_text(form)
        return text.rstrip() if strip else text

    return {"client": a_key_client, "key": make, "header": {"alg": alg}}


def no_signature(text: str) -> str:
    """The text without its signature."""
    return f"{text.rpartition('.')[0]}."


ENC_WITH_FAULTS = {"kty": "OKP", "crv": "X25519", "use": "enc", "x": "hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo"}


@cache
def client_with_an_encryption_key() -> RegisteredClient:
    """A client whose key set holds a key of a kind that signs nothing."""
    return RegisteredClient(CLIENT_ID, jwks={"keys": [a_key("ES256", "one"), ENC_WITH_FAULTS]})


@cache
def one_of_them_for_encryption() -> RegisteredClient:
    """A client with a key «a» for signatures and a key «b» for encryption."""
    keys = [a_key("ES256", "a"), {**a_key("ES256", "b"), "use": "enc"}]
    return RegisteredClient(CLIENT_ID, jwks={"keys": keys})


@cache
def two_unfit_of_one_name() -> RegisteredClient:
    """A client with two keys «one» that suit no RS256: one is of another kind, one for encryption."""
    keys = [a_key("ES256", "one"), {**a_key("RS256", "one"), "use": "enc"}]
    return RegisteredClient(CLIENT_ID, jwks={"keys": keys})


def es256(**changes: Any) -> dict[str, Any]:
    """Changes for a request of the client with one key for ES256."""
    return {"client": a_key_client, **changes}


TABLES: dict[str, list[Row]] = {
    "header-not-utf8": [
        broken("an octet that is not UTF-8", jose_header=b'{"alg":"HS256","x":"\xe9"}', says="octet 20"),
        broken("an encoded surrogate", jose_header=b'{"x":"\xed\xa0\x80"}'),
        broken("UTF-16", jose_header='{"alg":"HS256"}'.encode("utf-16"), says="UTF-16"),
        broken("UTF-16 without a mark", jose_header='{"alg":"HS256"}'.encode("utf-16-be"), says="UTF-16"),
        broken("UTF-32", jose_header='{"alg":"HS256"}'.encode("utf-32-le")),
        kept("UTF-8", jose_header='{"alg":"HS256","x":"é€𝄞"}'.encode()),
        kept("a byte order mark is UTF-8", jose_header=b'\xef\xbb\xbf{"alg":"HS256"}', also=["header-not-json"]),
    ],
    "header-not-json": [
        broken("text", jose_header=b"hello", says="expecting value"),
        broken("nothing", jose_header=b" ", says="empty"),
        broken("a byte order mark", jose_header=b'\xef\xbb\xbf{"alg":"HS256"}', says="byte order mark"),
        broken("NaN", jose_header=b'{"alg":"HS256","x":NaN}', says="NaN is not JSON"),
        broken("Infinity", jose_header=b'{"alg":"HS256","x":-Infinity}', says="-Infinity"),
        broken("single quotes", jose_header=b"{'alg':'HS256'}"),
        broken("a comment", jose_header=b'{"alg":"HS256"/* */}'),
        broken("a trailing comma", jose_header=b'{"alg":"HS256",}'),
        broken("text after it", jose_header=b'{"alg":"HS256"}}', says="extra data"),
        broken("a control character in a string", jose_header=b'{"alg":"HS\n256"}'),
        kept("white space around it", jose_header=b' \r\n\t{"alg":"HS256"}\n'),
        kept("the escape of a lone surrogate", jose_header=b'{"alg":"HS256","x":"\\ud800"}'),
        kept("a number that is too large for a float", jose_header=b'{"alg":"HS256","x":1e999}'),
    ],
    "header-not-object": [
        broken("an array", jose_header=b'[{"alg":"HS256"}]', says="an array"),
        broken("a string", jose_header=b'"HS256"', says="a string"),
        broken("a number", jose_header=b"1", says="a number"),
        broken("null", jose_header=b"null", says="null"),
        broken("true", jose_header=b"true", says="a boolean"),
        kept("an empty object", jose_header=b"{}", also=["alg-missing"]),
    ],
    "header-duplicate-member": [
        broken("two of them", jose_header=b'{"alg":"HS256","x":1,"x":1,"y":1,"y":1}', says="'x', 'y'"),
        broken(
            "more than are shown",
            jose_header=b'{"alg":"HS256",' + b",".join(b'"x%d":1,"x%d":1' % (n, n) for n in range(60)) + b"}",
        ),
        broken("alg twice", jose_header=b'{"alg":"HS256","alg":"HS256"}', says="'alg'"),
        broken("one of them escaped", jose_header=b'{"alg":"HS256","\\u0061lg":"HS256"}', says="'alg'"),
        broken("inside another member", jose_header=b'{"alg":"HS256","x":{"a":1,"a":2}}', says="'a'"),
        kept("in two cases", jose_header=b'{"alg":"HS256","Alg":"none"}'),
        kept("at two depths", jose_header=b'{"alg":"HS256","x":{"alg":1}}'),
    ],
    "json-too-deep": [
        broken(
            "33 levels in the header",
            jose_header=b'{"alg":"HS256","x":' + b"[" * 32 + b"]" * 32 + b"}",
            says=("header", "33"),
        ),
        broken("33 levels in the payload", payload=b'{"x":' * 33 + b"1" + b"}" * 33, says="payload"),
        broken("3,000 levels", jose_header=b"[" * 3000 + b"]" * 3000, also=["jws-too-large"], says="3000"),
        broken("never closed", payload=b'{"a":[' * 3000, also=["jws-too-large"], says="6000"),
        broken("after a string with brackets", payload=b'["]]]\\"]",' + b"[" * 32, says="33"),
        kept("32 levels", payload=b"[" * 32 + b"]" * 32, also=["payload-not-object"]),
        kept("brackets in strings", claims={"x": "[" * 100}),
        kept("brackets in a string that does not end", payload=b'{"x":"' + b"[" * 100, also=["payload-not-json"]),
        kept("an escaped quote at the very end", payload=b'{"x":"' + b"[" * 100 + b"\\", also=["payload-not-json"]),
        kept("many, one after the other", claims={"x": [[]] * 100}),
    ],
    "alg-missing": [
        broken("no alg", header={"alg": ABSENT}),
        broken("in capitals", header={"alg": ABSENT, "ALG": "HS256"}),
        kept("null is there", header={"alg": None}, also=["alg-not-string"]),
    ],
    "alg-not-string": [
        broken("null", header={"alg": None}, says="null"),
        broken("a number", header={"alg": 256}, says="a number"),
        broken("an array", header={"alg": ["HS256"]}, says="an array"),
        broken("a boolean", header={"alg": True}, says="a boolean"),
        broken("an object", header={"alg": {}}, says="an object"),
        kept("the empty text is text", header={"alg": ""}, also=["alg-unknown"]),
    ],
    "alg-none": [
        broken(
            "none, without a signature",
            header={"alg": "none"},
            text=no_signature,
            also=["signature-empty"],
            says="'none'",
        ),
        broken("none, with one", header={"alg": "none"}),
        broken("NONE", header={"alg": "NONE"}, says="'NONE'"),
        broken("nOnE", header={"alg": "nOnE"}),
        kept("none and a space", header={"alg": "none "}, also=["alg-unknown"]),
        kept("none and a NUL", header={"alg": "none\0"}, also=["alg-unknown"]),
        kept("the number 0", header={"alg": 0}, also=["alg-not-string"]),
    ],
    "alg-unknown": [
        broken("small letters", header={"alg": "hs256"}, says="'hs256'", wants="'HS256'"),
        broken("a space after it", header={"alg": "HS256 "}, wants="'HS256'"),
        broken("a strength that nobody defined", header={"alg": "HS2048"}, says="'HS2048'", wants="ES256K, ES384"),
        broken("an algorithm of encryption", header={"alg": "RSA-OAEP"}),
        broken("the empty text", header={"alg": ""}),
        broken("a long one is cut", header={"alg": "x" * 99}, says=f"'{'x' * 40}'"),
        kept("ES256K is known", header={"alg": "ES256K"}, also=NO_KEY),
        kept("none has a rule of its own", header={"alg": "none"}, also=["alg-none"]),
    ],
    "alg-not-allowed": [
        broken(
            "ES256 for a client with a secret",
            header={"alg": "ES256"},
            also=["auth-method-not-registered"],
            says="ES256 for client_secret_jwt",
            wants="HS256, HS384, HS512",
        ),
        broken(
            "HS256 for a client with a key",
            **es256(header={"alg": "HS256"}, key=SECRET.encode()),
            also=["auth-method-not-registered"],
            says="private_key_jwt",
        ),
        broken(
            "EdDSA at PingOne",
            profile="pingone",
            client=lambda: a_key_client("Ed25519"),
            wants="ES256, ES384, ES512, RS256",
        ),
        broken("PS256 at PingOne", profile="pingone", client=lambda: a_key_client("PS256")),
        broken(
            "an algorithm that FAPI forbids",
            profile="fapi2",
            client=lambda: a_key_client("ES384"),
            claims={"aud": ISSUER},
        ),
        broken("a secret where only keys are taken", profile="fapi1a", wants="one of"),
        *(kept(f"{alg} with a secret", header={"alg": alg}, profile="pingone") for alg in ("HS256", "HS384", "HS512")),
        *(
            kept(f"{alg} at PingOne", client=lambda alg=alg: a_key_client(alg), profile="pingone")
            for alg in ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512")
        ),
        *(
            kept(f"{alg} by the specifications", client=lambda alg=alg: a_key_client(alg))
            for alg in ("PS256", "PS384", "PS512", "ES256K", "Ed25519", "Ed448")
        ),
    ],
    "alg-registered-mismatch": [
        broken(
            "a long one is cut",
            client=lambda: RegisteredClient(CLIENT_ID, SECRET, token_endpoint_auth_signing_alg="HS512"),
            header={"alg": "x" * 41},
            also=["alg-unknown"],
        ),
        broken(
            "another strength",
            client=lambda: RegisteredClient(CLIENT_ID, SECRET, token_endpoint_auth_signing_alg="HS512"),
            says="'HS256'",
            wants="HS512",
        ),
        broken(
            "none",
            client=lambda: RegisteredClient(CLIENT_ID, SECRET, token_endpoint_auth_signing_alg="HS256"),
            header={"alg": "none"},
            also=["alg-none"],
        ),
        broken(
            "EdDSA where Ed25519 is registered",
            client=lambda: RegisteredClient(
                CLIENT_ID, jwks=a_key_client("Ed25519").jwks, token_endpoint_auth_signing_alg="Ed25519"
            ),
            header={"alg": "EdDSA"},
            also=["alg-deprecated-polymorphic"],
        ),
        kept(
            "the registered one",
            client=lambda: RegisteredClient(CLIENT_ID, SECRET, token_endpoint_auth_signing_alg="HS256"),
        ),
        kept("none registered"),
    ],
    "alg-key-confusion": [
        broken("keyed with the PEM", **confused("pem"), also=MAC_OF_A_KEY_CLIENT, says="its PEM"),
        broken(
            "with the PEM without the line feed",
            **confused("pem", strip=True),
            also=MAC_OF_A_KEY_CLIENT,
            says="without the final line feed",
        ),
        broken("with the DER", **confused("der"), also=MAC_OF_A_KEY_CLIENT, says="its DER"),
        broken("with the JWK", **confused("json"), also=MAC_OF_A_KEY_CLIENT, says="its JWK"),
        broken("with the JWK Set", **confused("set"), also=MAC_OF_A_KEY_CLIENT, says="JWK Set"),
        broken("HS512 as well", **confused("pem", alg="HS512"), also=MAC_OF_A_KEY_CLIENT),
        kept("with a secret", **es256(header={"alg": "HS256"}, key=SECRET.encode()), also=MAC_OF_A_KEY_CLIENT),
        kept(
            "with a key that is not registered",
            **es256(header={"alg": "HS256"}, key=lambda: crypto.public_key_pem(key(use="sig")).encode()),
            also=MAC_OF_A_KEY_CLIENT,
        ),
        kept(
            "without a signature",
            **es256(header={"alg": "HS256"}, key=SECRET.encode(), text=no_signature),
            also=[*MAC_OF_A_KEY_CLIENT, "signature-empty"],
        ),
        kept(
            "in a set with a key that has no PEM",
            client=client_with_an_encryption_key,
            key=SECRET.encode(),
            header={"alg": "HS256", "kid": "one"},
            also=MAC_OF_A_KEY_CLIENT,
        ),
        kept("a signature by the key"),
    ],
    "alg-deprecated-polymorphic": [
        broken(
            "EdDSA",
            client=lambda: client_with(("Ed25519", "one"), alg="EdDSA"),
            header={"alg": "EdDSA"},
            wants="Ed25519",
        ),
        kept("Ed25519", client=lambda: a_key_client("Ed25519")),
        kept("another one", client=a_key_client),
    ],
    "alg-rsa-pkcs1": [
        broken("RS256", client=lambda: a_key_client("RS256"), says="RS256", wants="PS256"),
        broken("RS512", client=lambda: a_key_client("RS512")),
        kept("PS256", client=lambda: a_key_client("PS256")),
        kept("ES256", client=a_key_client),
        kept("a name nobody knows", client=a_key_client, header={"alg": "RS1"}, also=["alg-unknown"]),
    ],
    "typ-wrong": [
        broken(
            "an access token",
            header={"typ": "at+jwt"},
            says=("'at+jwt'", "RFC 9068"),
            wants="JWT or client-authentication+jwt",
        ),
        broken("a DPoP proof", header={"typ": "dpop+jwt"}, says="DPoP"),
        broken("a logout token", header={"typ": "logout+jwt"}),
        broken("a security event token, in full", header={"typ": "application/secevent+jwt"}, says="security event"),
        broken("a request object", header={"typ": "oauth-authz-req+jwt"}, says="RFC 9101"),
        broken("an introspection response", header={"typ": "token-introspection+jwt"}, says="RFC 9701"),
        broken("a long one is cut", header={"typ": "x" * 81}),
        broken("anything else", header={"typ": "JWS"}),
        broken("a number", header={"typ": 1}, says="a number"),
        broken("null", header={"typ": None}, says="null"),
        broken("an array", header={"typ": ["JWT"]}, says="an array"),
        broken("an object", header={"typ": {}}, says="an object"),
        broken("JOSE", header={"typ": "JOSE"}, level="warning"),
        broken(
            "the new name where JWT is fixed",
            profile="singpass",
            client=a_key_client,
            header={"typ": "client-authentication+jwt"},
            claims={"aud": ISSUER, "exp": NOW + 120},
            wants="JWT",
        ),
        kept("JWT", header={"typ": "JWT"}),
        kept("in small letters", header={"typ": "jwt"}, also=["typ-case"]),
        kept("in full", header={"typ": "application/JWT"}),
        kept("the new name", header={"typ": "client-authentication+jwt"}),
        kept("the new name in full, in capitals", header={"typ": "APPLICATION/Client-Authentication+JWT"}),
        kept("none", header={"typ": ABSENT}),
    ],
    "typ-case": [
        broken("jwt", header={"typ": "jwt"}, says="'jwt'", wants="'JWT'"),
        broken("Jwt", header={"typ": "Jwt"}),
        kept("JWT"),
        kept("none", header={"typ": ABSENT}),
        kept("no text", header={"typ": 1}, also=["typ-wrong"]),
        kept("in full", header={"typ": "application/jwt"}),
    ],
    "typ-missing": [
        broken("no typ", header={"typ": ABSENT}),
        kept("any", header={"typ": "x"}, also=["typ-wrong"]),
    ],
    "typ-not-explicit": [
        broken("a long one is cut", header={"typ": "x" * 81}, also=["typ-wrong"]),
        broken("JWT", says="'JWT'", wants="client-authentication+jwt"),
        broken("none", header={"typ": ABSENT}, says="'missing'"),
        broken("no text", header={"typ": 1}, also=["typ-wrong"]),
        kept("it is", header={"typ": "client-authentication+jwt"}),
        kept("in full", header={"typ": "application/client-authentication+jwt"}),
    ],
    "crit-malformed": [
        broken("a string", header={"crit": "exp"}, says="a string"),
        broken("null", header={"crit": None}, says="null"),
        broken("empty", header={"crit": []}, says="empty"),
        broken("a number in it", header={"crit": [1]}, says="no string"),
        broken("a list in it", header={"crit": [["x"]]}, says="no string"),
        broken("one name twice", header={"crit": ["x", "x"], "x": 1}, also=["crit-unknown"], says="twice"),
        broken("a registered name", header={"crit": ["alg"]}, says="no extension: alg"),
        *(
            broken(f"the registered name {name}", header={"crit": [name]}, says=f"no extension: {name}")
            for name in (
                *("jku", "jwk", "kid", "x5u", "x5c", "x5t", "x5t#S256", "typ", "cty", "crit"),
                *("enc", "zip", "epk", "apu", "apv", "iv", "tag", "p2s"),
            )
        ),
        broken("two registered names", header={"crit": ["typ", "alg"]}, says="alg, typ"),
        broken("two names that are not there", header={"crit": ["x", "y"]}, says="'x', 'y'"),
        broken("more names than are shown", header={"crit": [f"x{n}" for n in range(300)]}, says="'x0', 'x1'"),
        broken("a name of RFC 7518", header={"crit": ["p2c"], "p2c": 1}, also=["header-unexpected-param"], says="p2c"),
        broken("a name that is not there", header={"crit": ["x"]}, says="'x'"),
        kept("an extension", header={"crit": ["x"], "x": 1}, also=["crit-unknown"]),
        kept("none"),
    ],
    "crit-unknown": [
        broken("an extension", header={"crit": ["x"], "x": 1}, says="'x'"),
        broken("b64, though it says true", header={"crit": ["b64"], "b64": True}, says="b64"),
        broken("two", header={"crit": ["x", "y"], "x": 1, "y": 1}, says="'x', 'y'"),
        broken("more than are shown", header={"crit": [f"x{n}" for n in range(99)], **{f"x{n}": 1 for n in range(99)}}),
        broken("two, of which one is absent", header={"crit": ["x", "y"], "y": 1}, also=["crit-malformed"], says="'y'"),
        kept("a registered name", header={"crit": ["typ"]}, also=["crit-malformed"]),
        kept("no list", header={"crit": "x", "x": 1}, also=["crit-malformed"]),
    ],
    "b64-false": [
        broken("with crit", header={"b64": False, "crit": ["b64"]}, also=["crit-unknown"]),
        broken("without", header={"b64": False}),
        kept("true", header={"b64": True}),
        kept("null", header={"b64": None}),
        kept("0", header={"b64": 0}),
    ],
    "kid-missing": [
        broken("two keys", client=two_keys, key=one, header={"kid": ABSENT}, says="2 registered keys"),
        broken(
            "three keys",
            client=lambda: client_with(("ES256", "a"), ("ES256", "b"), ("ES256", "c")),
            key=lambda: client_with(("ES256", "a"), ("ES256", "b"), ("ES256", "c")).private_key("a"),
            header={"kid": ABSENT},
            says="3 registered keys",
        ),
        broken(
            "one key, where it is always required",
            profile="smart",
            client=lambda: a_key_client("ES384"),
            header={"kid": ABSENT},
            says="1 registered key",
            levels={"scope-missing": "off"},
        ),
        kept("one key", client=a_key_client, header={"kid": ABSENT}),
        kept("two keys, named", client=two_keys, key=one),
        kept("null is there", client=two_keys, key=one, header={"kid": None}, also=["kid-not-string"]),
        kept("a secret", header={"kid": ABSENT}),
        kept(
            "a warning is wanted of it, one key",
            client=a_key_client,
            header={"kid": ABSENT},
            levels={"kid-missing": "warning"},
        ),
        kept(
            "a certificate in its place",
            profile="idporten",
            client=lambda: a_key_client("RS256"),
            header={"kid": ABSENT, "x5c": ["MII"]},
            claims={"aud": ISSUER, "exp": NOW + 120},
        ),
        broken(
            "a certificate where none is expected",
            client=two_keys,
            key=one,
            header={"kid": ABSENT, "x5c": ["MII"]},
            also=["header-x5c-unexpected"],
        ),
    ],
    "kid-not-string": [
        broken("a number", header={"kid": 16}, says="a number"),
        broken("null", header={"kid": None}, says="null"),
        broken("a list, for a client with keys", client=two_keys, key=one, header={"kid": ["one"]}, says="an array"),
        kept("digits", header={"kid": "16"}),
        kept("none"),
    ],
    "kid-unknown": [
        broken("a long one is cut", client=two_keys, key=one, header={"kid": "x" * 81}),
        broken(
            "one of two keys",
            client=two_keys,
            key=one,
            header={"kid": "three"},
            level="error",
            says="'three'",
            wants="one of 'one', 'two'",
        ),
        broken("another case", client=two_keys, key=one, header={"kid": "ONE"}),
        broken("the only key verifies", client=a_key_client, header={"kid": "x"}, level="warning"),
        broken(
            "the only key has no name",
            client=lambda: client_with(("ES256", None)),
            header={"kid": "x"},
            level="warning",
        ),
        broken(
            "one key, where it must match",
            profile="smart",
            client=lambda: a_key_client("ES384"),
            header={"kid": "x"},
            level="error",
            levels={"scope-missing": "off"},
        ),
        kept("the right one", client=two_keys, key=one),
        kept("a secret has none", header={"kid": "x"}),
        kept("a number", client=a_key_client, header={"kid": 1}, also=["kid-not-string"]),
    ],
    "kid-key-mismatch": [
        broken(
            "a key of another kind",
            client=lambda: client_with(("ES256", "ec"), ("RS256", "rsa")),
            key=lambda: client_with(("ES256", "ec"), ("RS256", "rsa")).private_key("rsa"),
            header={"alg": "RS256", "kid": "ec"},
            also=SIGNED_OTHERWISE,
            says="kty is EC",
            level="error",
        ),
        broken(
            "a key on another curve",
            client=lambda: client_with(("ES256", "a"), ("ES384", "b")),
            key=lambda: client_with(("ES256", "a"), ("ES384", "b")).private_key("b"),
            header={"alg": "ES384", "kid": "a"},
            also=["ec-curve-mismatch", "signature-invalid"],
            says="crv is P-256",
        ),
        broken(
            "a key for encryption",
            client=one_of_them_for_encryption,
            key=lambda: one_of_them_for_encryption().private_key("b"),
            says="use is enc",
        ),
        broken(
            "marked for another algorithm",
            client=lambda: client_with(("RS256", "one")),
            header={"alg": "PS256"},
            level="warning",
            says="marked RS256",
            wants="RS256",
        ),
        broken(
            "two of one name, each marked for another",
            client=lambda: client_with(("RS256", "one"), ("RS384", "one")),
            key=lambda: client_with(("RS256", "one"), ("RS384", "one"))._keys_as_given[0],
            header={"alg": "PS256", "kid": "one"},
            level="warning",
            says="marked RS256",
            wants="RS256",
        ),
        broken(
            "two of one name, each unfit for another reason",
            client=two_unfit_of_one_name,
            key=lambda: two_unfit_of_one_name()._keys_as_given[1],
            header={"alg": "RS256", "kid": "one"},
            level="error",
            says="kty is EC",
        ),
        kept(
            "two of one name, of which one suits",
            client=lambda: client_with(("ES256", "one"), ("RS256", "one")),
            key=lambda: next(
                k for k in client_with(("ES256", "one"), ("RS256", "one"))._keys_as_given if k.kty == "EC"
            ),
        ),
        kept(
            "Ed25519 marked EdDSA",
            client=lambda: client_with(("Ed25519", "one"), alg="EdDSA"),
            header={"alg": "Ed25519"},
        ),
        kept(
            "a MAC",
            client=two_keys,
            key=SECRET.encode(),
            header={"alg": "HS256", "kid": "one"},
            also=MAC_OF_A_KEY_CLIENT,
        ),
        kept("an algorithm nobody knows", client=two_keys, key=one, header={"alg": "ES1"}, also=["alg-unknown"]),
        kept("the right key", client=two_keys, key=one),
    ],
    "kid-suspicious": [
        broken("a long one is cut", header={"kid": "../" + "x" * 78}),
        broken("256 characters, among them a path", header={"kid": "../" + "x" * 253}),
        broken("a path", header={"kid": "../../etc/passwd"}, says="'../../etc/passwd'"),
        broken("an SQL text", header={"kid": "x' OR 1=1"}),
        broken("a double quote", header={"kid": 'a"b'}),
        broken("a semicolon", header={"kid": "a;b"}),
        broken("a NUL", header={"kid": "a\0"}, says="\\x00"),
        broken("a line feed", header={"kid": "a\nb"}),
        broken("a command", header={"kid": "$(id)"}),
        broken("a pipe", header={"kid": "a|b"}),
        broken("257 characters", header={"kid": "x" * 257}, says="257 characters"),
        kept("256 characters", header={"kid": "x" * 256}),
        kept("two hyphens, as a thumbprint may have", header={"kid": "NzbLsXh8uDCcd--6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"}),
        kept("a path without dots", header={"kid": "keys/2026/a"}),
        kept("an e-mail address", header={"kid": "a+b@c.example"}),
        kept("no text", header={"kid": 1}, also=["kid-not-string"]),
    ],
    "header-embedded-jwk": [
        broken("a public key", header={"jwk": {"kty": "EC", "crv": "P-256", "x": "x", "y": "y"}}),
        broken("null", header={"jwk": None}),
        kept("a claim of that name", claims={"jwk": {}}),
    ],
    "header-embedded-jku": [
        broken("a URL", header={"jku": "https://attacker.example/jwks"}, says="not fetched", level="error"),
        broken(
            "at SMART, where it may be right",
            profile="smart",
            client=lambda: a_key_client("ES384"),
            header={"jku": "https://auth.example/jwks"},
            level="warning",
            levels={"scope-missing": "off"},
        ),
        kept("none"),
    ],
    "header-embedded-x5u": [
        broken("a URL", header={"x5u": "https://attacker.example/cert"}, says="not fetched"),
        kept("none"),
    ],
    "header-x5c-unexpected": [
        broken("a chain", header={"x5c": ["MII"]}),
        kept(
            "where the profile expects it",
            profile="entra",
            client=lambda: a_key_client("PS256"),
            header={"x5c": ["MII"], "x5t#S256": "x"},
            fields={"client_id": CLIENT_ID},
        ),
        kept("a thumbprint is none", header={"x5t#S256": "x"}),
    ],
    "header-x5t-missing": [
        broken("none", says="no x5t#S256"),
        broken("the SHA-1 one", header={"x5t": "x"}, says="SHA-1"),
        broken(
            "the SHA-1 one, where older documentation asks for it",
            profile="entra",
            client=lambda: a_key_client("PS256"),
            header={"x5t": "x"},
            fields={"client_id": CLIENT_ID},
            level="warning",
        ),
        kept("it is there", header={"x5t#S256": "x"}),
        kept("both", header={"x5t": "x", "x5t#S256": "x"}),
    ],
    "header-private-key": [
        broken(
            "d in the jwk",
            header={"jwk": {"kty": "EC", "d": "x"}},
            also=["header-embedded-jwk"],
            says="private members: d",
        ),
        broken("k in the jwk", header={"jwk": {"kty": "oct", "k": "x"}}, also=["header-embedded-jwk"], says="k"),
        *(
            broken(f"{name} in the jwk", header={"jwk": {name: "x"}}, also=["header-embedded-jwk"], says=f": {name}")
            for name in ("p", "q", "dp", "dq", "qi", "oth")
        ),
        broken("in the header itself", header={"p": "x", "q": "y"}, says="p, q"),
        broken(
            "the client's own key",
            client=a_key_client,
            header=lambda: {"jwk": a_key_client().private_jwk()},
            also=["header-embedded-jwk", "secret-leaked"],
        ),
        kept("a public jwk", header={"jwk": {"kty": "EC", "x": "x"}}, also=["header-embedded-jwk"]),
        kept("a jwk that is no object", header={"jwk": "d"}, also=["header-embedded-jwk"]),
    ],
    "header-unexpected-param": [
        broken("zip", header={"zip": "DEF"}, says="of no use here: zip"),
        broken("several", header={"nonce": "x", "cty": "x"}, says="cty, nonce"),
        *(
            broken(f"{name}", header={name: "x"}, says=f"here: {name}")
            for name in ("epk", "apu", "apv", "iv", "tag", "p2s", "p2c", "url", "exp", "sub", "aud")
        ),
        broken("enc", header={"enc": "x"}, also=["jws-is-jwe"]),
        broken("claims in the header", header={"iss": "x"}),
        kept("one that nobody defined", header={"x-ours": 1}),
        kept("a nonce among the claims", claims={"x": 1}),
    ],
}


@pytest.mark.parametrize(("rule_id", "row"), each(TABLES))
def test_request(rule_id: str, row: Row) -> None:
    check(rule_id, row)
