"""Clients whose assertion has a wrong header, a wrong claim or a wrong signature."""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from typing import Any

import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from .right import Client, PrivateKey
from .row import row


def with_mac(head: str, key: bytes) -> str:
    """A JWS with HS256 that no library would make."""
    signature = hmac.new(key, head.encode(), hashlib.sha256).digest()
    return f"{head}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


class KeepsAssertion(Client):
    kept: str | None = None

    def assertion(self) -> str:
        type(self).kept = self.kept or super().assertion()
        return str(self.kept)


class CountsJti(Client):
    count = 0

    def claims(self) -> dict[str, Any]:
        type(self).count += 1
        return {**super().claims(), "jti": f"request-{self.count:08}"}


class BeginsAgainWithItsStart(Client):
    """Makes jti of a count, so that nobody can guess the next; but the count begins again in each process."""

    count = 0

    def claims(self) -> dict[str, Any]:
        type(self).count += 1
        jti = uuid.uuid5(uuid.NAMESPACE_URL, f"{self.client_id}/{self.count}")
        return {**super().claims(), "jti": str(jti), "request": str(uuid.uuid4())}


class FreezesJti(Client):
    def claims(self) -> dict[str, Any]:
        # The claim that differs keeps two assertions of one second apart.
        return {**super().claims(), "jti": "c2d3a4f0-7b1e-4d6c-9a58-0f1e2d3c4b5a", "request": str(uuid.uuid4())}


class HasNoJti(Client):
    profile = "oidc"

    def claims(self) -> dict[str, Any]:
        claims = super().claims()
        del claims["jti"]
        return claims


class HasEmptyJti(Client):
    def claims(self) -> dict[str, Any]:
        return {**super().claims(), "jti": ""}


class OtherAudience(Client):
    def claims(self) -> dict[str, Any]:
        return {**super().claims(), "aud": "https://auth.pingone.eu/as/token"}


class AimsAtTokenEndpoint(Client):
    profile = "fapi2"


class ListsAudiences(Client):
    profile = "fapi2"

    def claims(self) -> dict[str, Any]:
        return {**super().claims(), "aud": [self.issuer]}


class ListsForeignAudience(Client):
    profile = "fapi2"

    def claims(self) -> dict[str, Any]:
        return {**super().claims(), "aud": [self.issuer, "https://api.example"]}


class ForgetsAudience(Client):
    def claims(self) -> dict[str, Any]:
        claims = super().claims()
        del claims["aud"]
        return claims


class NamesItselfByUrl(Client):
    def claims(self) -> dict[str, Any]:
        return {**super().claims(), "iss": "https://client.example"}


class NamesTheUser(Client):
    def claims(self) -> dict[str, Any]:
        return {**super().claims(), "sub": "alice@example.com"}


class SendsRequestObject(Client):
    def claims(self) -> dict[str, Any]:
        request = {"client_id": self.client_id, "response_type": "code", "scope": "openid", "redirect_uri": "x:/"}
        return {**super().claims(), **request}


class SendsLogoutToken(Client):
    def header(self) -> dict[str, Any]:
        return {"typ": "logout+jwt"}


class HasUnknownTyp(Client):
    def header(self) -> dict[str, Any]:
        return {"typ": "client-assertion"}


class EncodesSecret(Client):
    def key(self) -> bytes:
        return base64.b64encode(self.client_secret.encode())


class TrimsSecret(Client):
    def key(self) -> str:
        return self.client_secret[:-1]


class HasShortSecret(Client):
    secret = "only-20-octets-long-"

    def assertion(self) -> str:
        head = jwt.encode(self.claims(), "x" * 32, algorithm="HS256").rpartition(".")[0]
        return with_mac(head, self.client_secret.encode())


class SignsNothing(Client):
    def assertion(self) -> str:
        return jwt.encode(self.claims(), "", algorithm="none", headers=self.header())


class PadsBase64(Client):
    def assertion(self) -> str:
        return ".".join(part + "=" * (-len(part) % 4) for part in super().assertion().split("."))


class UsesStandardBase64(Client):
    """Writes the header with the alphabet of RFC 4648 §4, and signs what it wrote."""

    def assertion(self) -> str:
        made = super().assertion()
        while not {"-", "_"} & set(made.rpartition(".")[2]):
            made = super().assertion()
        return made.replace("-", "+").replace("_", "/")


class EndsWithNewline(Client):
    def assertion(self) -> str:
        return super().assertion() + "\n"


class ForgetsKid(PrivateKey):
    keys = 2

    def header(self) -> dict[str, Any]:
        return {"typ": "JWT"}


class SignsWithTheOtherKey(PrivateKey):
    """Its registered keys are two, and it names the wrong one."""

    keys = 2
    other_kid = ""

    def header(self) -> dict[str, Any]:
        return {"typ": "JWT", "kid": self.other_kid}


class SignsWithUnregisteredKey(PrivateKey):
    def key(self) -> Any:
        return ec.generate_private_key(ec.SECP256R1())


class SignsDer(PrivateKey):
    """Sends the signature as OpenSSL makes it."""

    def assertion(self) -> str:
        signed = super().assertion().rpartition(".")[0]
        key: Any = load_pem_private_key(self.pem.encode(), None)
        signature = key.sign(signed.encode(), ec.ECDSA(hashes.SHA256()))
        return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


class SignsWithOtherAlgorithm(PrivateKey):
    """Takes the public key for a secret, which everybody knows."""

    def assertion(self) -> str:
        public = load_pem_private_key(self.pem.encode(), None).public_key()
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        head = jwt.encode(self.claims(), "x" * 32, algorithm="HS256", headers=self.header()).rpartition(".")[0]
        return with_mac(head, pem)


GALLERY = [
    row(KeepsAssertion, "fresh-assertion", "multi-assertion-reused", 4),
    row(KeepsAssertion, "fresh-after-an-hour", "multi-assertion-reused multi-assertion-after-exp", 4),
    row(FreezesJti, "fresh-assertion", "multi-jti-reused", 2),
    row(CountsJti, "fresh-assertion", "multi-jti-predictable"),
    row(BeginsAgainWithItsStart, "fresh-after-a-restart", "multi-jti-reused"),
    row(HasNoJti, "assertion-claims", "jti-missing", 3),
    row(HasEmptyJti, "assertion-claims", "jti-empty"),
    row(OtherAudience, "assertion-claims", "aud-mismatch", 6),
    row(AimsAtTokenEndpoint, "assertion-claims", "aud-mismatch aud-not-issuer", 6),
    row(ListsAudiences, "assertion-claims", "aud-array-form", 7),
    row(ListsForeignAudience, "assertion-claims", "aud-multiple aud-foreign-party aud-array-form aud-not-issuer", 7),
    row(ForgetsAudience, "assertion-claims", "aud-missing"),
    row(NamesItselfByUrl, "assertion-claims", "iss-mismatch"),
    row(NamesTheUser, "assertion-claims", "sub-mismatch"),
    row(SendsRequestObject, "assertion-claims", "claims-look-like-other-jwt", 18),
    row(SendsLogoutToken, "assertion-signature", "typ-wrong"),
    row(HasUnknownTyp, "assertion-signature", "typ-wrong", 19),
    row(EncodesSecret, "assertion-signature", "hmac-key-derivation"),
    row(TrimsSecret, "assertion-signature", "signature-invalid"),
    row(HasShortSecret, "assertion-signature", "hmac-key-too-short", 17),
    row(SignsNothing, "assertion-signature", "alg-none signature-empty"),
    row(PadsBase64, "assertion-signature", "jws-b64-padding", 13),
    row(UsesStandardBase64, "assertion-signature", "jws-b64-alphabet", 13),
    row(EndsWithNewline, "assertion-signature", "jws-not-jwt-string"),
    row(ForgetsKid, "assertion-signature", "kid-missing", 12),
    row(SignsWithTheOtherKey, "assertion-signature", "signature-invalid"),
    row(SignsWithUnregisteredKey, "assertion-signature", "signature-invalid"),
    row(SignsDer, "assertion-signature", "signature-der-encoded"),
    row(SignsWithOtherAlgorithm, "assertion-signature", "alg-not-allowed alg-key-confusion"),
]
