"""What the JOSE header may say to mislead whoever believes it: the algorithm, the key, the kind, the rules to go by."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType

from pytest_jwtauth import crypto
from pytest_jwtauth.deserved import Found
from pytest_jwtauth.hostile.case import (
    Case,
    Findings,
    both,
    by_a_stranger,
    members,
    part,
    planted,
    refused,
    strangers_key,
)
from pytest_jwtauth.jwk import Jwk
from pytest_jwtauth.model import Json
from pytest_jwtauth.planted_faults.draft import Draft
from pytest_jwtauth.planted_faults.fault import (
    PRIVATE_KEY_JWT,
    STRANGER,
    Edit,
    header,
    header_json,
    no_header,
    signature,
)

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold keys.
__tracebackhide__ = True

_NONE = "RFC 8725 §2.1; RFC 7518 §3.6"
_NAME = "draft-ietf-oauth-rfc8725bis §2.11; RFC 7515 §4.1.1"
_CONFUSION = "RFC 8725 §2.1; CVE-2015-9235"
_KEY_OF_ITS_OWN = "RFC 8725 §3.10; CVE-2018-0114"
_CRIT = "RFC 7515 §4.1.11"
_KID = "RFC 8725 §2.9, §3.10"
_KIND = "RFC 8725 §2.8, §3.11"
_JSON = "RFC 7515 §5.2 step 3; RFC 8259"
_UTF8 = "RFC 8725 §2.6, §3.7"

_no_signature = signature(lambda _octets: b"")


def _unsecured(alg: str) -> Edit:
    return both(header("alg", alg), _no_signature)


def _mac_keyed_with(write: Callable[[Jwk], bytes]) -> Edit:
    """HMAC with a public key as the secret: the header chooses the algorithm, and «the key» is at hand."""

    def edit(draft: Draft) -> None:
        draft.sign_with("HS256", write(next(key for key in draft.client.keys if not key.faults)))

    return edit


def _pem(key: Jwk) -> bytes:
    return crypto.public_key_pem(key).encode("ascii")


def _json(key: Jwk) -> bytes:
    return json.dumps(key.public()).encode("ascii")


def _key_of_its_own(draft: Draft) -> None:
    alg = draft.alg if draft.client.method == "private_key_jwt" else "ES256"
    key = strangers_key(alg)
    draft.sign_with(alg, key)
    draft.header["jwk"] = key.public()


def _keys_elsewhere(name: str, url: str) -> Edit:
    return both(by_a_stranger, header(name, url))


def _unknown_kid(*others: str) -> Findings:
    def found(draft: Draft) -> tuple[Found, ...]:
        rest: tuple[Found, ...] = tuple([(rule, None) for rule in others])
        if draft.client.method == "client_secret_jwt":
            return rest  # there is nothing that a kid could choose
        # A hint, where the client has one key (RFC 7515 §4.1.4).
        lenient = len(draft.client.keys) == 1 and not draft.profile.kid_must_match
        return (("kid-unknown", "warning" if lenient else None), *rest)

    return found


def _no_kid(draft: Draft) -> tuple[Found, ...]:
    needed = len(draft.client.keys) > 1 or draft.profile.kid_required
    return (("kid-missing", None),) if needed else ()


def _kid(explanation: str, value: str) -> Case:
    return Case(explanation, _KID, header("kid", value), _unknown_kid("kid-suspicious"))


def _alg(explanation: str, value: Json, *rules: str) -> Case:
    return refused(explanation, _NAME, header("alg", value), *rules)


def _typ(explanation: str, value: Json) -> Case:
    return refused(explanation, _KIND, header("typ", value), "typ-wrong")


def _crit(explanation: str, value: Json, extensions: Mapping[str, Json] = {}, rule: str = "crit-malformed") -> Case:
    def edit(draft: Draft) -> None:
        draft.header.update({**extensions, "crit": value})

    return refused(explanation, _CRIT, edit, rule)


def _header_text(explanation: str, change: Callable[[bytes], bytes], rule: str, source: str = _JSON) -> Case:
    return refused(explanation, source, header_json(change), rule)


def _compressed(draft: Draft) -> None:
    draft.header["zip"] = "DEF"
    draft.claims_json = lambda octets: zlib.compress(octets + b" " * BOMB, 9)[2:-4]  # raw DEFLATE (RFC 7516 §4.1.3)


BOMB = 4 * 2**20
"""Octets that a compressed payload swells to."""

CASES: Mapping[str, Case] = MappingProxyType(
    {
        "alg-none": refused("alg is none, the signature empty.", _NONE, _unsecured("none"), "alg-none"),
        "alg-none-in-capitals": refused("alg is NONE, the signature empty.", _NAME, _unsecured("NONE"), "alg-none"),
        "alg-none-in-mixed-case": refused("alg is nOnE, the signature empty.", _NAME, _unsecured("nOnE"), "alg-none"),
        "alg-none-with-garbage": refused(
            "alg is none, and octets stand where the signature would be.",
            _NONE,
            both(header("alg", "none"), signature(lambda _octets: b"garbage")),
            "alg-none",
        ),
        "alg-none-but-signed": refused(
            "alg is none, and the signature is right.", _NONE, header("alg", "none"), "alg-none"
        ),
        "alg-absent": refused("There is no alg.", "RFC 7515 §4.1.1", no_header("alg"), "alg-missing"),
        "alg-null": _alg("alg is null.", None, "alg-not-string"),
        "alg-array": planted("alg is an array with the right name in it.", _NAME, "alg-not-string"),
        "alg-number": _alg("alg is a number.", 256, "alg-not-string"),
        "alg-object": _alg("alg is an object.", {"name": "none"}, "alg-not-string"),
        "alg-empty": _alg("alg is the empty text.", "", "alg-unknown"),
        "alg-in-lower-case": planted("alg is in lower case.", _NAME, "alg-unknown"),
        "alg-none-and-space": refused("alg is none and a space.", _NAME, _unsecured("none "), "alg-unknown"),
        "alg-none-and-nul": refused("alg is none and a NUL.", _NAME, _unsecured("none\0"), "alg-unknown"),
        "alg-invented": _alg("alg is HS2048, which nobody registered.", "HS2048", "alg-unknown"),
        "alg-of-encryption": _alg("alg is one that encrypts keys.", "RSA1_5", "alg-unknown"),
        "alg-not-allowed": planted("alg is one that the profile does not allow.", "RFC 8725 §3.1", "alg-not-allowed"),
        "alg-of-the-other-method": planted(
            "alg belongs to the other way of client authentication, and so does the key.",
            "RFC 8725 §3.1; OIDC Core §9",
            "auth-method-not-registered",
            "alg-not-allowed",
        ),
        "mac-with-public-pem": refused(
            "It is an HMAC keyed with the public key in PEM.",
            _CONFUSION,
            _mac_keyed_with(_pem),
            *("alg-key-confusion", "alg-not-allowed"),
            methods=PRIVATE_KEY_JWT,
        ),
        "mac-with-public-der": refused(
            "It is an HMAC keyed with the public key in DER.",
            _CONFUSION,
            _mac_keyed_with(crypto.public_key_der),
            *("alg-key-confusion", "alg-not-allowed"),
            methods=PRIVATE_KEY_JWT,
        ),
        "mac-with-public-jwk": refused(
            "It is an HMAC keyed with the text of the public JWK.",
            _CONFUSION,
            _mac_keyed_with(_json),
            *("alg-key-confusion", "alg-not-allowed"),
            methods=PRIVATE_KEY_JWT,
        ),
        "jwk-of-its-own": refused(
            "The header brings the key that signed.", _KEY_OF_ITS_OWN, _key_of_its_own, "header-embedded-jwk"
        ),
        "jwk-besides": planted(
            "The header brings a key along that nobody needs.", _KEY_OF_ITS_OWN, "header-embedded-jwk"
        ),
        "jwk-private": planted(
            "The header brings a private key along, for everybody to read.", "RFC 7515 §4.1.3", "header-private-key"
        ),
        "jku": refused(
            "The header says where the key is that signed.",
            _KID,
            _keys_elsewhere("jku", f"{STRANGER}/keys"),
            *("header-embedded-jku", "signature-invalid"),
        ),
        "jku-loopback": refused(
            "The header sends the server to itself for the key.",
            _KID,
            _keys_elsewhere("jku", "http://127.0.0.1:9/keys"),
            *("header-embedded-jku", "signature-invalid"),
        ),
        "jku-file": refused(
            "The header sends the server to a file for the key.",
            _KID,
            _keys_elsewhere("jku", "file:///dev/null"),
            *("header-embedded-jku", "signature-invalid"),
        ),
        "jku-besides": planted(
            "The header brings the URL of keys along, and is signed right.", _KID, "header-embedded-jku"
        ),
        "x5u": refused(
            "The header says where the certificate of the key is that signed.",
            _KID,
            _keys_elsewhere("x5u", f"{STRANGER}/certificate"),
            *("header-embedded-x5u", "signature-invalid"),
        ),
        "x5c": refused(
            "The header brings what should be the certificate of the key that signed.",
            _KEY_OF_ITS_OWN,
            both(by_a_stranger, header("x5c", ["Zm9yIHRlc3RzIG9ubHksIG5vdCBhIGNlcnRpZmljYXRl"])),
            "signature-invalid",
        ),
        "kid-unknown": Case("kid names no registered key.", _KID, header("kid", "no-such-key"), _unknown_kid()),
        "kid-absent": Case("There is no kid.", "OIDC Core §10.1", no_header("kid"), _no_kid, PRIVATE_KEY_JWT),
        "kid-number": refused("kid is a number.", "RFC 7515 §4.1.4", header("kid", 16), "kid-not-string"),
        "kid-object": refused("kid is an object.", "RFC 7515 §4.1.4", header("kid", {"$ne": ""}), "kid-not-string"),
        "kid-path": _kid("kid is the path to an empty file.", "../../../../dev/null"),
        "kid-sql": _kid("kid is SQL that would select a known key.", "x' UNION SELECT 'known' --"),
        "kid-shell": _kid("kid is what a shell would run.", "$(true)|true"),
        "crit-empty": _crit("crit is an empty array.", []),
        "crit-string": _crit("crit is a text.", "exp"),
        "crit-registered": _crit("crit names a member that every reader knows.", ["alg"]),
        "crit-absent-member": _crit("crit names a member that is not there.", ["urn:example:absent"]),
        "crit-twice": _crit("crit names a member twice.", ["urn:example:x"] * 2, {"urn:example:x": True}),
        "crit-unknown": planted(
            "crit names an extension that nobody knows.", f"{_CRIT}; CVE-2025-59420", "crit-unknown"
        ),
        "b64-false": planted("b64 is false: the payload would be read as it stands.", "RFC 7797 §7", "b64-false"),
        "b64-false-critical": _crit(
            "b64 is false, and critical as it has to be.",
            ["b64"],
            {"b64": False},
            "b64-false",
        ),
        "typ-access-token": planted("typ is that of an access token.", _KIND, "typ-wrong"),
        "typ-dpop-proof": _typ("typ is that of a DPoP proof.", "dpop+jwt"),
        "typ-logout-token": _typ("typ is that of a logout token.", "logout+jwt"),
        "typ-security-event": _typ("typ is that of a security event.", "secevent+jwt"),
        "typ-request-object": _typ("typ is that of a request object.", "oauth-authz-req+jwt"),
        "typ-number": _typ("typ is a number.", 7),
        "header-utf16": _header_text(
            "The header is in UTF-16.", lambda octets: octets.decode().encode("utf-16"), "header-not-utf8", _UTF8
        ),
        "header-invalid-utf8": planted("The header holds an octet that is not UTF-8.", _UTF8, "header-not-utf8"),
        "header-byte-order-mark": _header_text(
            "A byte order mark stands before the header.",
            lambda octets: b"\xef\xbb\xbf" + octets,
            "header-not-json",
            _UTF8,
        ),
        "header-trailing-comma": planted("A comma follows the last header member.", _JSON, "header-not-json"),
        "header-single-quotes": _header_text(
            "The header has single quotes.", lambda octets: octets.replace(b'"', b"'"), "header-not-json"
        ),
        "header-comment": _header_text(
            "A comment stands in the header.", lambda octets: octets.replace(b"{", b"{/* */", 1), "header-not-json"
        ),
        "header-text-behind": _header_text(
            "A second object follows the header.", lambda octets: octets + b"{}", "header-not-json"
        ),
        "header-array": planted("The header is inside an array.", "RFC 7515 §4", "header-not-object"),
        "header-null": _header_text("The header is null.", lambda _octets: b"null", "header-not-object", "RFC 7515 §4"),
        "header-alg-twice": planted(
            "alg is there twice, first none: readers differ in which one counts.",
            "RFC 7515 §4",
            "header-duplicate-member",
        ),
        "header-alg-twice-escaped": _header_text(
            "alg is there twice, once with an escape in its name.",
            lambda octets: b'{"\\u0061lg":"none",' + octets[1:],
            *("header-duplicate-member", "RFC 7515 §4"),
        ),
        "header-changed": refused(
            "A member was added to the header after signing.",
            "RFC 7515 §5.2",
            part(0, members(lambda header: header.update(note="added"))),
            "signature-invalid",
        ),
        "header-rewritten": refused(
            "The header was written anew after signing, with the same members.",
            "RFC 7515 §5.2",
            part(0, lambda octets: octets.replace(b":", b": ")),
            "signature-invalid",
        ),
        "payload-compressed": refused(
            "The payload is compressed, and swells to four mebibytes.",
            "draft-ietf-oauth-rfc8725bis §2.12",
            _compressed,
            "payload-not-utf8",
        ),
    }
)
