"""The key and the signature: what each rule refuses, and what it lets pass."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from requests_under_test import ABSENT, CLIENT_ID, SECRET, a_key, a_key_client
from rules.tables import Row, broken, check, each, kept

from pytest_jwtauth import base64url, crypto
from pytest_jwtauth.jwk import CURVES, Jwk, read_jwk_set
from pytest_jwtauth.registered_client import RegisteredClient

INVALID = ["signature-invalid"]
ORDER = CURVES["P-256"].order


def with_secret(secret: str) -> RegisteredClient:
    """A client with this secret."""
    return RegisteredClient(CLIENT_ID, secret)


SPECIAL = with_secret("Grüße/an+alle~=Welt & mehr, 0123456789-zyx")
BASE64 = with_secret(base64.b64encode(hashlib.sha256(b"any").digest()).decode())
BASE64URL = with_secret(base64.urlsafe_b64encode(bytes(range(200, 248))).decode())
UNPADDED = with_secret(base64url.encode(bytes(range(180, 220))))
HEXADECIMAL = with_secret(hashlib.sha256(b"any").hexdigest())
MIXED = with_secret("AbCdEfGhIjKlMnOpQrStUvWxYz0123456789")
SIGNS = with_secret("Grüße an alle~~~??? 0123456789-zyxw")
SPACED = with_secret(" AbCdEfGhIjKlMnOpQrStUvWxYz0123456789 ")


def derived(words: str, change: Callable[[str], bytes], client: RegisteredClient = SPECIAL) -> Row:
    """A row in which *change* makes the key out of the secret, and *words* name what it did."""
    return broken(words, client=client, key=change(client.client_secret or ""), says=words)


@cache
def rsa_client(bits: int) -> RegisteredClient:
    """A client with an RSA key of so many bits."""
    return RegisteredClient(CLIENT_ID, jwks=crypto.generate_jwk("RS256", kid="rsa", rsa_bits=bits))


@cache
def read_from_json() -> RegisteredClient:
    """A client whose short key comes from a text."""
    keys = json.dumps(crypto.generate_jwk("RS256", kid="rsa", rsa_bits=1024))
    return RegisteredClient(CLIENT_ID, jwks=json.loads(keys))


@cache
def client_with_public(bits: int = 2048, e: int = 65537) -> RegisteredClient:
    """A client with a public RSA key that nobody made: a modulus of so many bits, and this exponent."""
    n = (1 << (bits - 1)) + 0x1234567
    members = {"n": n, "e": e}
    encoded = {
        name: base64url.encode(value.to_bytes((value.bit_length() + 7) // 8, "big")) for name, value in members.items()
    }
    return RegisteredClient(CLIENT_ID, jwks={"kty": "RSA", "kid": "rsa", **encoded})


@cache
def two_rsa_keys() -> RegisteredClient:
    """A client with a short key and one that is long enough."""
    keys = [crypto.generate_jwk("RS256", kid="short", rsa_bits=1024), a_key("RS256", "long")]
    return RegisteredClient(CLIENT_ID, jwks={"keys": keys})


@cache
def ec_and_short_rsa() -> RegisteredClient:
    """A client with a key on P-256 and a short RSA key."""
    keys = [a_key("ES256", "ec"), crypto.generate_jwk("RS256", kid="short", rsa_bits=1024)]
    return RegisteredClient(CLIENT_ID, jwks={"keys": keys})


@cache
def short_one_for_encryption() -> RegisteredClient:
    """A client with a key that is long enough, and a short one that signs nothing."""
    short = {**crypto.generate_jwk("RS256", rsa_bits=1024), "use": "enc"}
    del short["alg"]
    return RegisteredClient(CLIENT_ID, jwks={"keys": [short, {**a_key("RS256"), "use": "sig"}]})


@cache
def other_curve_for_encryption() -> RegisteredClient:
    """A client with a key on P-256, and one on P-384 that signs nothing."""
    other = {**a_key("ES384"), "use": "enc"}
    return RegisteredClient(CLIENT_ID, jwks={"keys": [other, a_key("ES256")]})


@cache
def two_curves() -> RegisteredClient:
    """A client with a key on P-256 and one on P-384."""
    return RegisteredClient(CLIENT_ID, jwks={"keys": [a_key("ES256", "p256"), a_key("ES384", "p384")]})


def private(client: Callable[[], RegisteredClient], kid: str | None = None) -> Callable[[], Jwk]:
    """The private key of a client, made when it is needed."""
    return lambda: client().private_key(kid)


def for_signatures(client: RegisteredClient) -> Jwk:
    """The private key of a client that is not for encryption."""
    (key,) = [key for key in read_jwk_set(client.jwks) if key.use != "enc"]
    return key


def as_der(raw: bytes) -> bytes:
    """R ‖ S as OpenSSL writes it."""
    half = len(raw) // 2
    return encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))


def raw(r: int, s: int) -> bytes:
    """R ‖ S for P-256."""
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def high_s(signature: bytes) -> bytes:
    """The other signature that verifies, which anybody can make."""
    return raw(int.from_bytes(signature[:32], "big"), ORDER - int.from_bytes(signature[32:], "big"))


def flipped(octets: bytes) -> bytes:
    """One bit changed."""
    return bytes([octets[0] ^ 1]) + octets[1:]


ES: dict[str, Any] = {"client": a_key_client}

TABLES: dict[str, list[Row]] = {
    "hmac-key-too-short": [
        broken(
            "31 octets for HS256",
            client=with_secret(SECRET[:31]),
            says="31 octets",
            wants="at least 32 for HS256",
        ),
        broken("47 octets for HS384", client=with_secret(SECRET[:47]), header={"alg": "HS384"}, wants="48 for HS384"),
        broken("63 octets for HS512", client=with_secret(SECRET[:63]), header={"alg": "HS512"}, wants="64 for HS512"),
        broken("32 octets for HS512", client=with_secret(SECRET[:32]), header={"alg": "HS512"}),
        broken("the signature is empty", client=with_secret(SECRET[:31]), signature=b"", also=["signature-empty"]),
        kept("32 octets for HS256", client=with_secret(SECRET[:32])),
        kept("48 octets for HS384", client=with_secret(SECRET[:48]), header={"alg": "HS384"}),
        kept("64 octets for HS512", client=with_secret(SECRET[:64]), header={"alg": "HS512"}),
        kept("16 characters of two octets", client=with_secret("äöüßéèêëàâôûîïçñ")),
        kept(
            "another family",
            client=with_secret(SECRET[:32]),
            header={"alg": "ES256"},
            also=["alg-not-allowed", "auth-method-not-registered"],
        ),
    ],
    "hmac-key-weak": [
        *(
            broken(f"{word} and a number", client=with_secret(f"{word}-2026!"), also=["hmac-key-too-short"])
            for word in ("password", "client_secret", "ClientSecret", "test", "topsecret", "s3cr3t", "letmein")
        ),
        broken("a word and words alike", client=with_secret("secret_secret secret"), also=["hmac-key-too-short"]),
        kept("a word with letters of its own", client=with_secret("secretabcdefgh" * 3)),
        broken("secret", client=with_secret("secret"), also=["hmac-key-too-short"], says="familiar word"),
        broken(
            "changeme, in capitals, with a number", client=with_secret("CHANGEME-2026!"), also=["hmac-key-too-short"]
        ),
        broken(
            "a word and all between", client=with_secret("secret-secret_secret secret"), also=["hmac-key-too-short"]
        ),
        broken("a word again and again", client=with_secret("secret-secret-secret-secret-secret"), says="familiar"),
        broken("one character", client=with_secret("x" * 64), says="repeats few characters"),
        broken("seven characters", client=with_secret("abcdefg" * 8), says="few"),
        broken(
            "it verified nothing",
            client=with_secret("secret"),
            signature=b"",
            also=["hmac-key-too-short", "signature-empty"],
        ),
        kept("eight characters", client=with_secret("abcdefgh" * 8)),
        kept("a word within a random text", client=with_secret(f"secret-{SECRET}")),
        kept("digits alone", client=with_secret("31415926535897932384626433832795")),
        kept("hexadecimal digits", client=HEXADECIMAL),
    ],
    "hmac-key-derivation": [
        derived("the secret with a line feed after it", lambda s: s.encode() + b"\n"),
        derived("the secret with CR LF after it", lambda s: s.encode() + b"\r\n"),
        derived("the secret with a space after it", lambda s: s.encode() + b" "),
        derived("the secret without its surrounding white space", lambda s: s.strip().encode(), SPACED),
        derived("the base64 text of the secret", lambda s: base64.b64encode(s.encode())),
        derived("the base64url text of the secret", lambda s: base64.urlsafe_b64encode(s.encode()), SIGNS),
        derived(
            "the base64 text of the secret, without padding",
            lambda s: base64.b64encode(s.encode()).rstrip(b"="),
            SIGNS,
        ),
        derived("the hexadecimal text of the secret", lambda s: s.encode().hex().encode()),
        derived("the hexadecimal text of the secret, in capitals", lambda s: s.encode().hex().upper().encode()),
        derived("the percent-encoded secret", lambda s: quote(s, safe="").encode()),
        derived("the percent-encoded secret, «~» too", lambda s: quote(s, safe="").replace("~", "%7E").encode()),
        derived("the percent-encoded secret, «/» kept", lambda s: quote(s).encode()),
        derived("the form-encoded secret", lambda s: quote_plus(s).encode()),
        derived("the secret in double quotes", lambda s: f'"{s}"'.encode()),
        derived("the secret in UTF-16 with a byte order mark", lambda s: s.encode("utf-16")),
        derived("the secret in UTF-16, little-endian", lambda s: s.encode("utf-16-le")),
        derived("the secret in UTF-16, big-endian", lambda s: s.encode("utf-16-be")),
        derived("the secret in lower case", lambda s: s.lower().encode(), MIXED),
        derived("the empty text", lambda s: b""),
        derived("the md5 digest of the secret", lambda s: hashlib.md5(s.encode(), usedforsecurity=False).digest()),
        derived("the sha1 digest of the secret", lambda s: hashlib.sha1(s.encode(), usedforsecurity=False).digest()),
        derived("the sha256 digest of the secret", lambda s: hashlib.sha256(s.encode()).digest()),
        derived(
            "the hexadecimal sha512 digest of the secret", lambda s: hashlib.sha512(s.encode()).hexdigest().encode()
        ),
        derived("the secret decoded from base64", base64.b64decode, BASE64),
        derived("the secret decoded from base64url", base64.urlsafe_b64decode, BASE64URL),
        broken(
            "the secret decoded from base64, though it has no padding",
            client=UNPADDED,
            key=base64url.decode(UNPADDED.client_secret or ""),
            says="the secret decoded from base64",
        ),
        derived("the secret decoded from hexadecimal", bytes.fromhex, HEXADECIMAL),
        broken(
            "with HS512, too",
            client=BASE64,
            header={"alg": "HS512"},
            key=base64.b64decode(BASE64.client_secret or ""),
            also=["hmac-key-too-short"],
        ),
        kept("the secret as it is", client=SPECIAL),
        kept("another secret", client=SPECIAL, key=SECRET.encode(), also=INVALID),
        kept("half of the secret", client=SPECIAL, key=(SPECIAL.client_secret or "")[:20].encode(), also=INVALID),
    ],
    "rsa-key-too-short": [
        broken("1024 bits", client=lambda: rsa_client(1024), says="1024 bits", wants="2048"),
        broken(
            "2047 bits",
            client=lambda: client_with_public(2047),
            key=private(lambda: a_key_client("RS256")),
            header={"kid": "rsa"},
            also=INVALID,
            says="2047",
        ),
        broken(
            "2047 bits of a key that has no use and is not named",
            client=lambda: client_with_public(2047),
            key=private(lambda: a_key_client("RS256")),
            header={"kid": ABSENT},
            also=INVALID,
            says="2047",
        ),
        broken(
            "the exponent 1",
            client=lambda: client_with_public(e=1),
            key=private(lambda: a_key_client("RS256")),
            header={"kid": "rsa"},
            also=INVALID,
            says="exponent is 1",
            wants="65537",
        ),
        broken(
            "an even exponent",
            client=lambda: client_with_public(e=65538),
            key=private(lambda: a_key_client("RS256")),
            header={"kid": "rsa"},
            also=INVALID,
            says="65538",
        ),
        *(
            broken(
                f"an even exponent of {length} bits",
                client=lambda length=length: client_with_public(e=1 << (length - 1)),
                key=private(lambda: a_key_client("RS256")),
                header={"kid": "rsa"},
                also=INVALID,
                says=f"exponent is {shown}",
            )
            for length, shown in ((64, "9223372036854775808"), (65, "an even number of 65 bits"))
        ),
        broken(
            "an even exponent of more digits than Python writes",
            client=lambda: client_with_public(20_000, e=1 << 19_000),
            key=private(lambda: a_key_client("RS256")),
            header={"kid": "rsa"},
            also=[*INVALID, "signature-wrong-length"],
            says="exponent is an even number of 19001 bits",
        ),
        broken(
            "none of that name is an RSA key",
            client=ec_and_short_rsa,
            key=private(ec_and_short_rsa, "short"),
            header={"kid": "ec"},
            also=["kid-key-mismatch", *INVALID],
            says="1024",
        ),
        broken(
            "1024 bits, of a key set that was read from JSON",
            client=read_from_json,
            key=lambda: read_from_json().private_key("rsa"),
            says="1024 bits",
        ),
        broken("the short one of two is named", client=two_rsa_keys, key=private(two_rsa_keys, "short"), says="1024"),
        broken(
            "none of two is named",
            client=two_rsa_keys,
            key=private(two_rsa_keys, "long"),
            header={"kid": ABSENT},
            also=["kid-missing"],
        ),
        kept("the long one of two is named", client=two_rsa_keys, key=private(two_rsa_keys, "long")),
        broken(
            "the signature cannot be read",
            client=lambda: rsa_client(1024),
            text=lambda right: f"{right}!",
            also=["jws-b64-alphabet"],
        ),
        kept(
            "a short one that is for encryption",
            client=short_one_for_encryption,
            key=lambda: for_signatures(short_one_for_encryption()),
            header={"kid": ABSENT},
            also=["kid-missing"],
        ),
        kept("2048 bits", client=lambda: a_key_client("RS256")),
        kept(
            "the exponent 3",
            client=lambda: client_with_public(e=3),
            key=private(lambda: a_key_client("RS256")),
            header={"kid": "rsa"},
            also=INVALID,
        ),
        kept("an elliptic curve", client=a_key_client),
        kept(
            "a MAC, though the client has a short key",
            client=lambda: rsa_client(1024),
            key=SECRET.encode(),
            header={"alg": "HS256"},
            also=["alg-not-allowed", "auth-method-not-registered"],
        ),
        kept("a short one beside the EC key that signs", client=ec_and_short_rsa, key=private(ec_and_short_rsa, "ec")),
    ],
    "ec-curve-mismatch": [
        broken(
            "ES384 by a key on P-256",
            **ES,
            header={"alg": "ES384"},
            signed_as="ES256",
            also=["kid-key-mismatch", "signature-invalid", "signature-wrong-length"],
            says="ES384 with a key on P-256",
            wants="P-384",
        ),
        broken(
            "ES256K by a key on P-256",
            **ES,
            header={"alg": "ES256K"},
            signed_as="ES256",
            also=["kid-key-mismatch", "signature-invalid"],
            wants="secp256k1",
        ),
        broken(
            "the other key is named",
            client=two_curves,
            key=private(two_curves, "p256"),
            header={"alg": "ES256", "kid": "p384"},
            also=["kid-key-mismatch", "signature-invalid"],
            says="P-384",
        ),
        broken(
            "the only key on that curve is for encryption",
            client=other_curve_for_encryption,
            key=lambda: for_signatures(other_curve_for_encryption()),
            header={"alg": "ES384", "kid": ABSENT},
            signed_as="ES256",
            also=["kid-missing", "signature-invalid"],
            says="ES384 with a key on P-256",
        ),
        broken(
            "two keys on other curves",
            client=two_curves,
            key=private(two_curves, "p256"),
            header={"alg": "ES512", "kid": ABSENT},
            signed_as="ES256",
            also=["kid-missing", "signature-invalid"],
            says="ES512 with a key on P-256",
        ),
        kept("the right one is named", client=two_curves, key=private(two_curves, "p384")),
        kept(
            "none is named, one fits",
            client=two_curves,
            key=private(two_curves, "p384"),
            header={"kid": ABSENT},
            also=["kid-missing"],
        ),
        kept(
            "no such key at all",
            client=lambda: a_key_client("RS256"),
            header={"alg": "ES256"},
            also=["kid-key-mismatch", "signature-invalid", "signature-wrong-length"],
        ),
    ],
    "signature-empty": [
        broken("no octets", signature=b"", says="second dot"),
        broken("of a key pair", **ES, signature=b""),
        broken("of an algorithm nobody knows", header={"alg": "x"}, signature=b"", also=["alg-unknown"]),
        broken("of none", header={"alg": "none"}, signature=b"", also=["alg-none"]),
        kept("one octet", signature=b"x", also=["signature-wrong-length", "signature-invalid"]),
    ],
    "signature-wrong-length": [
        broken(
            "31 octets of a MAC",
            signature=lambda right: right[:31],
            also=INVALID,
            says="31 octets",
            wants="32 octets for HS256",
        ),
        broken("33 octets", signature=lambda right: right + b"\0", also=INVALID, says="33"),
        broken(
            "the MAC of another algorithm",
            header={"alg": "HS512"},
            signed_as="HS256",
            also=INVALID,
            says="it is the HS256 MAC",
            wants="64",
        ),
        broken("63 octets of ECDSA", **ES, signature=lambda right: right[:63], also=INVALID, says="63", wants="64"),
        broken("65 octets of ECDSA", **ES, signature=lambda right: b"\0" + right, also=INVALID),
        broken(
            "one octet less than the modulus",
            client=lambda: a_key_client("RS256"),
            signature=lambda right: right[:255],
            also=INVALID,
            says="255",
            wants="modulus",
        ),
        broken(
            "one octet more than the modulus",
            client=lambda: a_key_client("PS256"),
            signature=lambda right: b"\0" + right,
            also=INVALID,
            says="257",
        ),
        broken(
            "63 octets of Ed25519",
            client=lambda: a_key_client("Ed25519"),
            signature=lambda right: right[:63],
            also=INVALID,
            wants="64",
        ),
        broken(
            "64 octets of Ed448",
            client=lambda: a_key_client("Ed448"),
            signature=lambda right: right[:64],
            also=INVALID,
            wants="114",
        ),
        kept("right lengths", client=lambda: a_key_client("Ed448")),
        kept("a MAC of the right length", signature=flipped, also=INVALID),
    ],
    "signature-der-encoded": [
        broken("DER of the right signature", **ES, signature=as_der, says="OpenSSL", wants="R ‖ S"),
        broken("for ES384", client=lambda: a_key_client("ES384"), signature=as_der),
        broken("for ES512", client=lambda: a_key_client("ES512"), signature=as_der),
        kept(
            "DER of another signature",
            **ES,
            signature=lambda right: as_der(flipped(right)),
            also=["signature-wrong-length", "signature-invalid"],
        ),
        kept("an octet 0x30 at the start", **ES, signature=lambda right: b"\x30" + right[1:], also=INVALID),
        kept(
            "something else of 70 octets",
            **ES,
            signature=b"\x30" * 70,
            also=["signature-wrong-length", "signature-invalid"],
        ),
    ],
    "signature-ecdsa-range": [
        broken("both are 0", **ES, signature=raw(0, 0), says=("r is 0", "s is 0")),
        broken("r is 0", **ES, signature=raw(0, 1), says="r is 0"),
        broken("s is 0", **ES, signature=raw(1, 0), says="s is 0"),
        broken("r is the order", **ES, signature=raw(ORDER, 1), says="equal to the order"),
        broken("s is above the order", **ES, signature=raw(1, ORDER + 1), says="greater than the order"),
        kept("1 and the order less 1", **ES, signature=raw(1, ORDER - 1), also=INVALID),
        kept("the high twin of the right one", **ES, signature=high_s),
    ],
    "signature-invalid": [
        broken("a bit of the MAC", signature=flipped, says="with the client secret"),
        broken("a bit of an ECDSA signature", **ES, signature=flipped, says="any registered key"),
        broken("a bit of an RSA signature", client=lambda: a_key_client("RS256"), signature=flipped),
        broken("a bit of an Ed25519 signature", client=lambda: a_key_client("Ed25519"), signature=flipped),
        broken("another secret", key=b"another secret that is long enough for this"),
        broken(
            "another key",
            **ES,
            key=lambda: RegisteredClient(CLIENT_ID, jwks=a_key("ES256")).private_key(),
            header=lambda: {"kid": a_key_client().keys[0].kid},
        ),
        broken("PS256 said, RS256 done", client=lambda: a_key_client("PS256"), signed_as="RS256"),
        broken("the payload was changed", text=lambda right: right.replace(".ey", ".eyAg", 1), also=["jws-b64-length"]),
        broken("SHA-512 in the place of SHA-256, cut", signature=lambda right: hashlib.sha512(right).digest()[:32]),
        kept("right", **ES),
        kept(
            "white space in the payload's JSON",
            payload=b'{ "iss" : "x",\r\n "exp":1760000300, "jti":"0f8fad5b-d9cb-469f-a165" }',
            also=["iss-mismatch", "sub-missing", "aud-missing"],
        ),
        kept("empty", signature=b"", also=["signature-empty"]),
    ],
}


@pytest.mark.parametrize(("rule_id", "row"), each(TABLES))
def test_request(rule_id: str, row: Row) -> None:
    check(rule_id, row)
