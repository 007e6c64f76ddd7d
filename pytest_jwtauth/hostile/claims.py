"""What the claims may say, and how they may be written, to pass for those of somebody, or of something, else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.evidence import accepted_audiences
from pytest_jwtauth.hostile.case import Case, members, part, planted, refused
from pytest_jwtauth.model import TOKEN_ENDPOINT, Json
from pytest_jwtauth.planted_faults.draft import Draft
from pytest_jwtauth.planted_faults.fault import STRANGER, Edit, claim, claims_json

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold keys.
__tracebackhide__ = True

DEEP = 3000
"""Levels of nesting: more than Python's own reader survives in some versions."""

_JSON = "RFC 7519 §7.2 step 10; RFC 8259"
_UTF8 = "RFC 8725 §2.6, §3.7"
_WHO = "RFC 7523 §3 items 1, 2; RFC 8725 §3.8"
_FOR_WHOM = "RFC 7523 §3 item 3; RFC 8725 §2.7, §3.9"
_FOREIGN = "CVE-2025-27370, CVE-2025-27371; rfc7523bis §1"
_KIND = "RFC 8725 §2.8, §3.12"


def _payload(explanation: str, change: Callable[[bytes], bytes], rule: str, source: str = _JSON) -> Case:
    return refused(explanation, source, claims_json(change), rule)


def _note(value: bytes) -> Callable[[bytes], bytes]:
    """One more claim, with a value in the words of no JSON writer."""
    return lambda octets: octets[:-1] + b',"note":' + value + b"}"


def _of_the_client(name: str, change: Callable[[str], Json]) -> Edit:
    def edit(draft: Draft) -> None:
        draft.claims[name] = change(draft.client.client_id)

    return edit


def _sub(explanation: str, change: Callable[[str], Json]) -> Case:
    return refused(explanation, _WHO, _of_the_client("sub", change), "sub-mismatch", "client-id-mismatch")


def _aud(explanation: str, change: Callable[[str], str]) -> Case:
    """An ``aud`` that is nearly the right one."""

    def edit(draft: Draft) -> None:
        right = str(draft.claims["aud"])
        near = change(right)
        if near == right or near in accepted_audiences(draft.profile, draft.server, TOKEN_ENDPOINT):
            raise ConfigurationError(f"profile {draft.profile.name!r} accepts that aud of this server")
        draft.claims["aud"] = near

    return refused(explanation, _FOR_WHOM, edit, "aud-mismatch")


def _host(change: Callable[[str], str]) -> Callable[[str], str]:
    def changed(url: str) -> str:
        host = urlsplit(url).netloc
        return url.replace(host, change(host), 1)

    return changed


def _a_letter_escaped(url: str) -> str:
    # Of the path where there is one: in the host it would be no URL at all.
    at = next((at for at in range(len(url) - 1, 0, -1) if url[at].isalpha()), 0)
    return f"{url[:at]}%{ord(url[at]):02X}{url[at + 1 :]}"


def _another_tenant(url: str) -> str:
    place = urlsplit(url)
    return f"{place.scheme}://{place.netloc}/another-tenant{place.path}"


def _slash(url: str) -> str:
    return url[:-1] if url.endswith("/") else f"{url}/"


def _audiences(*others: str) -> Edit:
    def edit(draft: Draft) -> None:
        draft.claims["aud"] = [draft.claims["aud"], *others]

    return edit


def _id_token(draft: Draft) -> None:
    draft.claims.update(iss=draft.server.issuer, sub="a-user", aud=draft.client.client_id, nonce="n-0S6_WzA2Mj")


def _request_object(draft: Draft) -> None:
    draft.claims.pop("sub")
    draft.claims.update(client_id=draft.client.client_id, response_type="code", scope="openid")


def _deep(octets: bytes) -> bytes:
    return _note(b"[" * DEEP + b"]" * DEEP)(octets)


CASES: Mapping[str, Case] = MappingProxyType(
    {
        "payload-utf16": _payload(
            "The claims are in UTF-16.", lambda octets: octets.decode().encode("utf-16"), "payload-not-utf8", _UTF8
        ),
        "payload-utf32": _payload(
            "The claims are in UTF-32.", lambda octets: octets.decode().encode("utf-32"), "payload-not-utf8", _UTF8
        ),
        "payload-invalid-utf8": planted("The claims hold an octet that is not UTF-8.", _UTF8, "payload-not-utf8"),
        "payload-byte-order-mark": _payload(
            "A byte order mark stands before the claims.",
            lambda octets: b"\xef\xbb\xbf" + octets,
            "payload-not-json",
            _UTF8,
        ),
        "payload-nan": _payload(
            "A claim is NaN, which Python writes and JSON does not know.", _note(b"NaN"), "payload-not-json"
        ),
        "payload-infinity": _payload("A claim is Infinity.", _note(b"Infinity"), "payload-not-json"),
        "payload-comment": _payload(
            "A comment stands in the claims.", lambda octets: octets.replace(b"{", b"{/* */", 1), "payload-not-json"
        ),
        "payload-trailing-comma": planted("A comma follows the last claim.", _JSON, "payload-not-json"),
        "payload-single-quotes": _payload(
            "The claims have single quotes: it is how Python shows a dict.",
            lambda octets: octets.replace(b'"', b"'"),
            "payload-not-json",
        ),
        "payload-text-behind": _payload(
            "A second object follows the claims.", lambda octets: octets + b"{}", "payload-not-json"
        ),
        "payload-array": planted("The claims are inside an array.", "RFC 7519 §7.2", "payload-not-object"),
        "payload-string": _payload("The payload is a JSON string.", lambda _: b'"admin"', "payload-not-object"),
        "payload-null": _payload("The payload is null.", lambda _: b"null", "payload-not-object"),
        "payload-number": _payload("The payload is a number.", lambda _: b"1", "payload-not-object"),
        "payload-claim-twice": planted(
            "iss is there twice: readers differ in which one counts.", "RFC 7519 §4", "payload-duplicate-claim"
        ),
        "payload-claim-twice-escaped": _payload(
            "sub is there twice, once with an escape in its name.",
            lambda octets: b'{"\\u0073ub":"somebody-else",' + octets[1:],
            *("payload-duplicate-claim", "RFC 7519 §4"),
        ),
        "payload-deep": _payload(
            "A claim nests three thousand levels deep.", _deep, "json-too-deep", "RFC 8259 §9; hygiene"
        ),
        "payload-deep-and-open": _payload(
            "It opens three thousand arrays and closes none.",
            lambda _: b"[" * DEEP,
            "json-too-deep",
            "RFC 8259 §9; hygiene",
        ),
        "payload-changed": refused(
            "A claim was added after signing.",
            "RFC 7515 §5.2",
            part(1, members(lambda claims: claims.update(admin=True))),
            "signature-invalid",
        ),
        "payload-of-another": refused(
            "The claims were replaced by those of another client after signing.",
            "RFC 7515 §5.2",
            part(1, members(lambda claims: claims.update(iss="somebody-else", sub="somebody-else"))),
            *("signature-invalid", "iss-mismatch", "sub-mismatch"),
        ),
        "payload-rewritten": refused(
            "The claims were written anew after signing, all of them the same.",
            "RFC 7515 §5.2",
            part(1, lambda octets: octets.replace(b":", b": ")),
            "signature-invalid",
        ),
        "iss-absent": planted("There is no iss.", _WHO, "iss-missing"),
        "iss-number": planted("iss is a number.", "RFC 7519 §4.1.1", "iss-not-string"),
        "iss-array": refused(
            "iss is an array with the right value in it.",
            "RFC 7519 §4.1.1; CVE-2025-30144",
            _of_the_client("iss", lambda client_id: [client_id]),
            "iss-not-string",
        ),
        "iss-server": planted("iss is the authorization server.", _WHO, "iss-mismatch"),
        "iss-part": refused(
            "iss is a part of the right value.",
            "RFC 7523 §3 item 1; CVE-2024-53861",
            _of_the_client("iss", lambda client_id: client_id[:-1]),
            "iss-mismatch",
        ),
        "sub-absent": planted("There is no sub.", _WHO, "sub-missing"),
        "sub-number": planted("sub is a number.", "RFC 7519 §4.1.2", "sub-not-string"),
        "sub-another": planted("sub is another client than iss.", _WHO, "sub-mismatch", "client-id-mismatch"),
        "sub-with-space": _sub("A space follows the right sub.", lambda client_id: f"{client_id} "),
        "sub-with-nul": _sub("A NUL follows the right sub, where C would stop.", lambda client_id: f"{client_id}\0"),
        "sub-in-full-width": _sub(
            "sub is the right one only after normalisation of Unicode.",
            lambda client_id: client_id[:-1] + chr(ord(client_id[-1]) + 0xFEE0),
        ),
        "sub-lone-surrogate": _sub(
            "Half a character follows the right sub: no UTF-8 can say it.", lambda client_id: f"{client_id}\ud800"
        ),
        "sub-ldap": _sub("sub is a filter that fits everybody.", lambda _: "*)(objectClass=*"),
        "aud-absent": planted("There is no aud.", _FOR_WHOM, "aud-missing"),
        "aud-null": planted("aud is null.", "RFC 7519 §4.1.3", "aud-not-string-or-array"),
        "aud-object": refused(
            "aud is an object.", "RFC 7519 §4.1.3", claim("aud", {"0": "x"}), "aud-not-string-or-array"
        ),
        "aud-empty-array": refused(
            "aud is an empty array.", "RFC 7519 §4.1.3", claim("aud", []), "aud-not-string-or-array"
        ),
        "aud-array-with-number": refused(
            "aud is an array with a number in it.", "RFC 7519 §4.1.3", claim("aud", [1]), "aud-not-string-or-array"
        ),
        "aud-star": refused("aud is a star.", _FOR_WHOM, claim("aud", "*"), "aud-mismatch"),
        "aud-stranger": refused("aud is another server.", _FOR_WHOM, claim("aud", f"{STRANGER}/token"), "aud-mismatch"),
        "aud-client": refused(
            "aud is the client.", _FOR_WHOM, _of_the_client("aud", lambda client_id: client_id), "aud-mismatch"
        ),
        "aud-slash": _aud("aud has a slash at its end too many, or too few.", _slash),
        "aud-host-in-capitals": _aud("aud has its host in capitals.", _host(str.upper)),
        "aud-port": _aud("aud names the usual port.", _host(lambda host: f"{host}:443")),
        "aud-http": _aud("aud is not https.", lambda url: url.replace("https:", "http:", 1)),
        "aud-query": _aud("aud has a query.", lambda url: f"{url}?"),
        "aud-escaped": _aud("A letter of aud is percent-encoded.", _a_letter_escaped),
        "aud-another-tenant": _aud("aud is another tenant of the same host.", _another_tenant),
        "aud-host-alone": _aud("aud is the host alone.", lambda url: urlsplit(url).netloc),
        "aud-longer-host": _aud("aud begins as the right one does.", _host(lambda host: f"{host}.stranger.example")),
        "aud-right-inside": _aud("aud holds the right one in its query.", lambda url: f"{STRANGER}/?{url}"),
        "aud-and-a-stranger": refused(
            "aud names a server besides that could pass the assertion on.",
            _FOREIGN,
            _audiences(f"{STRANGER}/token"),
            *("aud-multiple", "aud-foreign-party", "aud-array-form", "aud-not-issuer"),
        ),
        "aud-and-a-number": refused(
            "aud is an array of the right one and a number.",
            "RFC 7519 §4.1.3",
            lambda draft: draft.claims.update(aud=[draft.claims["aud"], 1]),
            "aud-not-string-or-array",
        ),
        "jti-number": planted("jti is a number.", "RFC 7519 §4.1.7", "jti-not-string"),
        "jti-empty": planted("jti is empty.", "RFC 7519 §4.1.7", "jti-empty"),
        "secret-inside": planted(
            "A claim holds the client's secret, or its private key.", "RFC 8725 §3.5", "secret-leaked"
        ),
        "id-token": refused(
            "It is an ID token of this very client, which a server may sign with the same secret.",
            _KIND,
            _id_token,
            *("iss-mismatch", "sub-mismatch", "aud-mismatch", "client-id-mismatch"),
        ),
        "request-object": refused(
            "It is a request object, which the client signs with the same key.", _KIND, _request_object, "sub-missing"
        ),
    }
)
