"""What stands in the place of a compact JWS: broken texts, other serializations, JWE, and too much of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType

from pytest_jwtauth import base64url
from pytest_jwtauth.hostile.case import Case, both, by_a_stranger, planted, refused
from pytest_jwtauth.model import Json
from pytest_jwtauth.planted_faults.draft import Draft
from pytest_jwtauth.planted_faults.fault import Edit, text

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold keys.
__tracebackhide__ = True

TOO_LARGE = 70_000
"""Characters of a claim: more than the 64 KiB that anybody needs to read."""
MANY_DOTS = 10_000
PBES2_COUNT = 10_000_000
"""Rounds of SHA-256, seconds of work: it shows whether somebody does it, and does not hang who does."""

_JWS = "RFC 7515 §7.1, §5.2"
_BASE64URL = "RFC 7515 §2"
_ONE_JWT = "RFC 7523 §2.2"
_FORMAT = "draft-ietf-oauth-rfc8725bis §2.13; RFC 7519 §1"
_JWE = "RFC 7523 §3 item 9; RFC 8725 §2.3"


def _middle(compact: str, character: str) -> str:
    at = compact.index(".") + 5
    return compact[:at] + character + compact[at:]


def _general(compact: str) -> str:
    protected, payload, signature = compact.split(".")
    unsigned = base64url.encode(b'{"alg":"none"}')
    signatures = [{"protected": unsigned, "signature": ""}, {"protected": protected, "signature": signature}]
    return json.dumps({"payload": payload, "signatures": signatures})


def _polyglot(draft: Draft) -> None:
    forged = base64url.encode(json.dumps({**draft.claims, "sub": "somebody-else"}).encode("ascii"))

    def written(compact: str) -> str:
        protected, payload, signature = compact.split(".")
        note = f".{forged}."
        return json.dumps({"note": note, "payload": payload, "protected": protected, "signature": signature})

    draft.text = written


def _encrypted(members: Mapping[str, Json], *sizes: int) -> Edit:
    """The shape of a JWE (RFC 7516 §7.1) that nobody can decrypt: who refuses it by its shape need not try."""

    def edit(draft: Draft) -> None:
        parts = [json.dumps(members).encode("ascii"), *(b"x" * size for size in sizes)]
        draft.text = lambda _compact: ".".join([base64url.encode(octets) for octets in parts])

    return edit


def _large_claim(draft: Draft) -> None:
    draft.claims["note"] = "x" * TOO_LARGE


def _jwt_in_the_payload(draft: Draft) -> None:
    compact = draft.write()
    draft.claims_json = lambda _octets: compact.encode("ascii")


CASES: Mapping[str, Case] = MappingProxyType(
    {
        "empty": refused("There is none.", "RFC 7521 §4.2", text(lambda _: ""), "client-assertion-missing"),
        "white-space": refused("It is a space.", _JWS, text(lambda _: " "), "jws-part-count"),
        "one-part": refused("It is the header alone.", _JWS, text(lambda jws: jws.split(".")[0]), "jws-part-count"),
        "signature-stripped": refused(
            "The signature and its dot are gone.", _JWS, text(lambda jws: jws.rpartition(".")[0]), "jws-part-count"
        ),
        "four-parts": planted("A fourth part follows the signature.", _JWS, "jws-part-count"),
        "leading-dot": refused("A dot stands before it.", _JWS, text(lambda jws: f".{jws}"), "jws-part-count"),
        "trailing-dot": refused("A dot stands behind it.", _JWS, text(lambda jws: f"{jws}."), "jws-part-count"),
        "dots-alone": refused("All three parts are empty.", _JWS, text(lambda _: ".."), "jws-empty-segment"),
        "empty-header": refused(
            "The header part is empty.", _JWS, text(lambda jws: jws[jws.index(".") :]), "jws-empty-segment"
        ),
        "empty-payload": planted("The payload part is empty, and signed so.", _JWS, "jws-empty-segment"),
        "many-dots": refused(
            "Ten thousand dots follow: who splits it at all of them works for the attacker.",
            "CVE-2025-30204",
            text(lambda jws: jws + "." * MANY_DOTS),
            "jws-part-count",
        ),
        "padded": planted("The payload part ends in =, and is signed so.", _BASE64URL, "jws-b64-padding"),
        "standard-alphabet": planted("The payload part is in base64 with + or /.", _BASE64URL, "jws-b64-alphabet"),
        "space-inside": refused(
            "A space stands inside the payload part, where it can come from a + that was not encoded.",
            _BASE64URL,
            text(lambda jws: _middle(jws, " ")),
            "jws-b64-alphabet",
        ),
        "line-feed-inside": refused(
            "The payload part is broken into lines, as in MIME.",
            _BASE64URL,
            text(lambda jws: _middle(jws, "\n")),
            "jws-b64-alphabet",
        ),
        "nul-inside": refused(
            "A NUL stands inside, where C would stop.",
            _BASE64URL,
            text(lambda jws: _middle(jws, "\0")),
            "jws-b64-alphabet",
        ),
        "cyrillic-letter": refused(
            "A Cyrillic letter that looks like an A stands in the payload part.",
            _BASE64URL,
            text(lambda jws: _middle(jws, "\u0410")),
            "jws-b64-alphabet",
        ),
        "full-width-dot": refused(
            "The first dot is U+FF0E, which becomes a dot where Unicode is normalised.",
            _JWS,
            text(lambda jws: jws.replace(".", "\uff0e", 1)),
            "jws-part-count",
        ),
        "unused-bits": planted(
            "Bits that carry no octet are set: two texts with one content.", "RFC 4648 §3.5", "jws-b64-noncanonical"
        ),
        "impossible-length": planted(
            "The signature part has a length that base64url never has.", "RFC 4648 §4", "jws-b64-length"
        ),
        "line-feed-after": refused(
            "A line feed follows it.", _JWS, text(lambda jws: f"{jws}\n"), "jws-not-jwt-string", "form-value-whitespace"
        ),
        "quoted": planted("Double quotes stand around it: it was written as JSON.", _JWS, "jws-not-jwt-string"),
        "bytes-literal": refused(
            "It was written as Python writes bytes.", _JWS, text(lambda jws: f"b'{jws}'"), "jws-not-jwt-string"
        ),
        "bearer-prefix": refused(
            "It begins with Bearer.", _JWS, text(lambda jws: f"Bearer {jws}"), "jws-not-jwt-string"
        ),
        "dots-percent-encoded": planted(
            "It was percent-encoded once more than the form.", "RFC 6749 App. B", "form-double-encoded"
        ),
        "two-by-space": planted("It is there twice, with a space between.", _ONE_JWT, "client-assertion-multiple"),
        "two-by-comma": refused(
            "It is there twice, with a comma between.",
            _ONE_JWT,
            text(lambda jws: f"{jws},{jws}"),
            "client-assertion-multiple",
        ),
        "two-in-an-array": refused(
            "It is there twice, in a JSON array.",
            _ONE_JWT,
            text(lambda jws: json.dumps([jws, jws])),
            "client-assertion-multiple",
        ),
        "json-flattened": planted("It is in the flattened JSON serialization.", _FORMAT, "jws-json-serialization"),
        "json-general": refused(
            "It is in the general JSON serialization, and one of its two signatures is none.",
            _FORMAT,
            text(_general),
            "jws-json-serialization",
        ),
        "json-polyglot": refused(
            "As JSON its signature is right; split at its two dots it holds the claims of somebody else.",
            _FORMAT,
            _polyglot,
            "jws-json-serialization",
        ),
        "encrypted": planted("It has the header and the five parts of a JWE.", _JWE, "jws-is-jwe"),
        "encrypted-with-the-secret": refused(
            "It is a JWE for the key that both sides have, as if to decrypt were to authenticate.",
            "RFC 8725 §2.3; CVE-2023-51774",
            _encrypted({"alg": "dir", "enc": "A256GCM", "cty": "JWT"}, 0, 12, 90, 16),
            "jws-is-jwe",
        ),
        "encrypted-off-the-curve": refused(
            "It is a JWE whose ephemeral key is no point of its curve.",
            "RFC 8725 §2.5",
            _encrypted(
                {
                    "alg": "ECDH-ES",
                    "enc": "A256GCM",
                    "epk": {"kty": "EC", "crv": "P-256", "x": "A" * 42 + "E", "y": "A" * 42 + "E"},
                },
                *(0, 12, 90, 16),
            ),
            "jws-is-jwe",
        ),
        "encrypted-by-password": refused(
            "It is a JWE that asks for ten million rounds of a hash before anything is known about it.",
            "draft-ietf-oauth-rfc8725bis §2.10",
            _encrypted(
                {"alg": "PBES2-HS256+A128KW", "enc": "A128CBC-HS256", "p2s": "c2FsdHNhbHQ", "p2c": PBES2_COUNT},
                *(40, 16, 96, 16),
            ),
            "jws-is-jwe",
        ),
        "encrypted-and-compressed": refused(
            "It is a JWE whose plaintext is said to be compressed.",
            "draft-ietf-oauth-rfc8725bis §2.12",
            _encrypted({"alg": "dir", "enc": "A256GCM", "zip": "DEF"}, 0, 12, 1000, 16),
            "jws-is-jwe",
        ),
        "nested": planted(
            "The header says that the payload is another JWT.", "RFC 7519 §5.2; RFC 8725 §2.3", "jws-nested"
        ),
        "nested-unsaid": refused(
            "The payload is another JWT, which the header does not say.",
            "RFC 7519 §5.2",
            _jwt_in_the_payload,
            "jws-nested",
            "payload-not-json",
        ),
        "too-large": Case(
            "It has more than 64 KiB.",
            "RFC 8725 §3.10; hygiene",
            _large_claim,
            lambda _draft: (("jws-too-large", "error"),),
        ),
        "too-large-and-forged": Case(
            "It has more than 64 KiB, and a signature by nobody that is known.",
            "hygiene",
            both(_large_claim, by_a_stranger),
            lambda _draft: (("jws-too-large", "error"),),
        ),
    }
)
