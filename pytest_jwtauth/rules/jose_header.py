"""The JOSE header: ``alg``, ``typ``, ``crit``, ``kid`` and what must not be there (RFC 7515 §4, RFC 8725)."""

from __future__ import annotations

import re

from pytest_jwtauth import jwk, verification
from pytest_jwtauth.evidence import Evidence
from pytest_jwtauth.jwa import ALGORITHMS
from pytest_jwtauth.jws import JsonText, kind_of
from pytest_jwtauth.model import Finding
from pytest_jwtauth.rules.registry import PKJ, Room

room = Room(__name__, error="invalid_client", needs="header")

REGISTERED_MEMBERS = frozenset(
    {
        *("alg", "jku", "jwk", "kid", "x5u", "x5c", "x5t", "x5t#S256", "typ", "cty", "crit"),
        *("enc", "zip", "epk", "apu", "apv", "iv", "tag", "p2s", "p2c"),
    }
)
"""Members that RFC 7515 §4.1, RFC 7516 §4.1 and RFC 7518 define: they cannot be critical *extensions*."""

_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_SUSPICIOUS = re.compile(r"""\.\./|[\x00-\x1f\x7f'"`;|<>]|\$\(""")
_OTHER_KINDS = {
    "at+jwt": "an access token (RFC 9068)",
    "dpop+jwt": "a DPoP proof (RFC 9449)",
    "logout+jwt": "a logout token",
    "secevent+jwt": "a security event token (RFC 8417)",
    "oauth-authz-req+jwt": "a request object (RFC 9101)",
    "token-introspection+jwt": "an introspection response (RFC 9701)",
}


_USELESS = (
    "zip",
    "enc",
    "epk",
    "apu",
    "apv",
    "iv",
    "tag",
    "p2s",
    "p2c",
    "cty",
    "nonce",
    "url",
    "exp",
    "iss",
    "sub",
    "aud",
)


def _fault(part: JsonText | None, fault: str) -> str | None:
    return part.detail if part is not None and part.fault == fault else None


@room.rule("header-not-utf8", spec="RFC 7515 §5.2 step 3; RFC 8725 §3.7", needs="header_octets", when="odd:json")
def header_not_utf8(evidence: Evidence) -> Finding | str | None:
    """The header is UTF-8."""
    return _fault(evidence.jws.header_json, "not-utf8") if evidence.jws else None


@room.rule("header-not-json", spec="RFC 7515 §5.2 step 3; RFC 8259", needs="header_octets", when="odd:json")
def header_not_json(evidence: Evidence) -> Finding | str | None:
    """The header is JSON."""
    return _fault(evidence.jws.header_json, "not-json") if evidence.jws else None


@room.rule("header-not-object", spec="RFC 7515 §4", needs="header_octets", when="odd:json")
def header_not_object(evidence: Evidence) -> Finding | str | None:
    """The header is a JSON object."""
    return _fault(evidence.jws.header_json, "not-object") if evidence.jws else None


@room.rule("header-duplicate-member", spec="RFC 7515 §4", when="odd:json")
def header_duplicate_member(evidence: Evidence) -> Finding | str | None:
    """The members of the header are unique."""
    names = evidence.jws.header_json.duplicates if evidence.jws and evidence.jws.header_json else ()
    return f"more than once: {', '.join(ascii(name) for name in names)[:200]}" if names else None


@room.rule("json-too-deep", spec="hygiene (RFC 8259 §9)", strength="hygiene", needs="parts", when="odd:json")
def json_too_deep(evidence: Evidence) -> Finding | str | None:
    """Header and payload nest no deeper than 32 levels."""
    jws = evidence.jws
    for name, part in (("header", jws.header_json), ("payload", jws.claims_json)) if jws else ():
        if detail := _fault(part, "too-deep"):
            return f"the {name}: {detail}"
    return None


@room.rule("alg-missing", spec="RFC 7515 §4.1.1", when="unread")
def alg_missing(evidence: Evidence) -> Finding | str | None:
    """The header names the algorithm, ``alg``."""
    return None if "alg" in evidence.header else "no alg in the header"


@room.rule("alg-not-string", spec="RFC 7515 §4.1.1", when="unread")
def alg_not_string(evidence: Evidence) -> Finding | str | None:
    """``alg`` is a string."""
    if "alg" not in evidence.header or evidence.alg is not None:
        return None
    return f"alg is {kind_of(evidence.header['alg'])}"


@room.rule("alg-none", spec="RFC 7523 §3 item 9; RFC 7518 §3.6; RFC 8725 §3.2", needs="alg", when="unread")
def alg_none(evidence: Evidence) -> Finding | str | None:
    """The JWT is signed: ``alg`` is not ``none``."""
    return f"alg is {evidence.alg!r}" if evidence.alg is not None and evidence.alg.lower() == "none" else None


@room.rule("alg-unknown", spec="RFC 7515 §4.1.1; RFC 7518 §3.1; RFC 9864", needs="alg", when="unread")
def alg_unknown(evidence: Evidence) -> Finding | str | None:
    """``alg`` is the registered name of a signature algorithm."""
    alg = evidence.alg
    if alg is None or alg in ALGORITHMS or alg.lower() == "none":
        return None
    near = next((name for name in ALGORITHMS if name.lower() == alg.strip().lower()), None)
    return Finding(f"alg is {alg[:40]!a}", repr(near) if near else f"one of {', '.join(sorted(ALGORITHMS))}")


@room.rule("alg-not-allowed", spec="RFC 8725 §3.1; OIDC Core §9", needs="alg")
def alg_not_allowed(evidence: Evidence) -> Finding | str | None:
    """``alg`` is one that the client's authentication method and the profile allow."""
    if evidence.algorithm is None:
        return None
    allowed = evidence.profile.algorithms.get(evidence.client.method, frozenset())
    if evidence.alg in allowed:
        return None
    return Finding(f"alg is {evidence.alg} for {evidence.client.method}", f"one of {', '.join(sorted(allowed))}")


@room.rule("alg-registered-mismatch", spec="OIDC Dynamic Client Registration §2", needs="alg")
def alg_registered_mismatch(evidence: Evidence) -> Finding | str | None:
    """``alg`` is the registered ``token_endpoint_auth_signing_alg``."""
    registered = evidence.client.token_endpoint_auth_signing_alg
    if registered is None or evidence.alg == registered:
        return None
    return Finding(f"alg is {str(evidence.alg)[:40]!a}", registered)


@room.rule("alg-key-confusion", spec="RFC 8725 §2.1, §3.1; CVE-2015-9235", needs="alg", methods=PKJ, when="unread")
def alg_key_confusion(evidence: Evidence) -> Finding | str | None:
    """No MAC is keyed with the text of a public key."""
    if evidence.jws is None or evidence.algorithm is None:
        return None
    used = verification.confused_key(evidence.jws, evidence.algorithm.name, evidence.client)
    return f"the MAC is keyed with a registered public key, {used}" if used else None


@room.rule(
    "alg-deprecated-polymorphic",
    spec="RFC 9864; RFC 8725bis §3.2",
    strength="SHOULD",
    level="warning",
    needs="alg",
    methods=PKJ,
)
def alg_deprecated_polymorphic(evidence: Evidence) -> Finding | str | None:
    """``alg`` names the algorithm fully."""
    return Finding("alg is EdDSA, which leaves the curve open", "Ed25519 or Ed448") if evidence.alg == "EdDSA" else None


@room.rule(
    "alg-rsa-pkcs1",
    spec="FAPI 1.0 Advanced §8.6; FAPI 2.0 Security Profile §5.4",
    level="off",
    needs="alg",
    methods=PKJ,
)
def alg_rsa_pkcs1(evidence: Evidence) -> Finding | str | None:
    """``alg`` is not one with PKCS #1 v1.5 padding."""
    pkcs1 = evidence.algorithm is not None and evidence.algorithm.family == "RSASSA-PKCS1-v1_5"
    return Finding(f"alg is {evidence.alg}", "PS256, ES256 or Ed25519") if pkcs1 else None


def _typ(evidence: Evidence) -> str | None:
    """The ``typ`` as RFC 7515 §4.1.9 compares it: without ``application/``, in lower case."""
    value = evidence.header.get("typ")
    return value.lower().removeprefix("application/") if isinstance(value, str) else None


@room.rule("typ-wrong", spec="RFC 7515 §4.1.9; RFC 8725 §3.11; rfc7523bis §4", strength="SHOULD", when="odd:typ")
def typ_wrong(evidence: Evidence) -> Finding | str | None:
    """``typ``, if present, fits a client assertion."""
    if "typ" not in evidence.header:
        return None
    value, typ = evidence.header["typ"], _typ(evidence)
    if typ in {wanted.lower() for wanted in evidence.profile.typ_values}:
        return None
    expected = " or ".join(evidence.profile.typ_values)
    if typ is None:
        return Finding(f"typ is {kind_of(value)}", expected)
    if typ == "jose":
        # «JOSE» says «a compact JWS or JWE» (RFC 7515 §4.1.9): true here, and no other kind of JWT.
        return Finding(f"typ is {value!r}", expected, level="warning")
    kind = f": {_OTHER_KINDS[typ]}" if typ in _OTHER_KINDS else ""
    return Finding(f"typ is {value[:80]!a}{kind}", expected)


@room.rule("typ-case", spec="RFC 7519 §5.1", strength="SHOULD", level="warning", when="odd:typ")
def typ_case(evidence: Evidence) -> Finding | str | None:
    """``typ`` is written ``JWT``, in capitals."""
    value = evidence.header.get("typ")
    if isinstance(value, str) and value.lower() == "jwt" and value != "JWT":
        return Finding(f"typ is {value!r}; some parsers compare the case", "'JWT'")
    return None


@room.rule("typ-missing", spec="rfc7523bis §4; SMART App Launch", strength="SHOULD", level="off")
def typ_missing(evidence: Evidence) -> Finding | str | None:
    """``typ`` is present."""
    return None if "typ" in evidence.header else "no typ in the header"


@room.rule("typ-not-explicit", spec="rfc7523bis §4", strength="SHOULD", level="off")
def typ_not_explicit(evidence: Evidence) -> Finding | str | None:
    """``typ`` is ``client-authentication+jwt``."""
    if _typ(evidence) == "client-authentication+jwt":
        return None
    return Finding(f"typ is {str(evidence.header.get('typ', 'missing'))[:80]!a}", "'client-authentication+jwt'")


@room.rule("crit-malformed", spec="RFC 7515 §4.1.11", when="member:crit")
def crit_malformed(evidence: Evidence) -> Finding | str | None:
    """``crit`` is a non-empty list of unique names of extension members that are in the header."""
    if "crit" not in evidence.header:
        return None
    crit = evidence.header["crit"]
    if not isinstance(crit, list):
        return f"crit is {kind_of(crit)}"
    if not crit:
        return "crit is empty"
    if not all(isinstance(name, str) for name in crit):
        return "crit holds something that is no string"
    if len(set(crit)) != len(crit):
        return "crit names a member twice"
    if registered := sorted(REGISTERED_MEMBERS.intersection(crit)):
        return f"crit names what is no extension: {', '.join(registered)}"
    absent = [name for name in crit if name not in evidence.header]
    return f"crit names what is not in the header: {', '.join(map(ascii, absent))[:200]}" if absent else None


@room.rule("crit-unknown", spec="RFC 7515 §4.1.11, §5.2 step 5", when="member:crit")
def crit_unknown(evidence: Evidence) -> Finding | str | None:
    """Every critical extension is understood; here none is."""
    crit = evidence.header.get("crit")
    if not isinstance(crit, list):
        return None
    unknown = [
        name for name in crit if isinstance(name, str) and name in evidence.header and name not in REGISTERED_MEMBERS
    ]
    return f"critical: {', '.join(map(ascii, unknown))[:200]}" if unknown else None


@room.rule("b64-false", spec="RFC 7797 §7", when="member:b64")
def b64_false(evidence: Evidence) -> Finding | str | None:
    """The payload is base64url-encoded, as in every JWT."""
    return 'the header has "b64": false' if evidence.header.get("b64") is False else None


@room.rule("kid-missing", spec="OIDC Core §10.1", methods=PKJ)
def kid_missing(evidence: Evidence) -> Finding | str | None:
    """``kid`` is sent where the client has several keys."""
    count = len(evidence.client.keys)
    profile = evidence.profile
    if "kid" in evidence.header or (count < 2 and not profile.kid_required):
        return None
    if profile.x5c_expected and "x5c" in evidence.header:
        return None  # the certificate names the key
    return f"no kid, and the client has {count} registered key{'s' if count != 1 else ''}"


@room.rule("kid-not-string", spec="RFC 7515 §4.1.4", when="member:kid")
def kid_not_string(evidence: Evidence) -> Finding | str | None:
    """``kid`` is a string."""
    if "kid" not in evidence.header or isinstance(evidence.header["kid"], str):
        return None
    return f"kid is {kind_of(evidence.header['kid'])}"


@room.rule("kid-unknown", spec="RFC 7515 §4.1.4; OIDC Core §10.1", methods=PKJ, when="member:kid")
def kid_unknown(evidence: Evidence) -> Finding | str | None:
    """``kid`` is that of a registered key."""
    kid = evidence.header.get("kid")
    known = [key.kid for key in evidence.client.keys if key.kid is not None]
    if not isinstance(kid, str) or kid in known:
        return None
    # A hint only (RFC 7515 §4.1.4): it must choose a key where there are several (OIDC Core §10.1), and where the one
    # registered key verifies, a server may well accept a kid it does not know.
    lenient = len(evidence.client.keys) == 1 and not evidence.profile.kid_must_match
    return Finding(
        f"kid is {kid[:80]!a}",
        f"one of {', '.join(map(repr, known))}" if known else None,
        level="warning" if lenient else None,
    )


@room.rule("kid-key-mismatch", spec="RFC 8725bis §3.1; RFC 7517 §4", needs="alg", methods=PKJ, when="member:kid")
def kid_key_mismatch(evidence: Evidence) -> Finding | str | None:
    """The key that ``kid`` names suits ``alg``."""
    kid, algorithm = evidence.header.get("kid"), evidence.algorithm
    named = [key for key in evidence.client.keys if key.kid is not None and key.kid == kid]
    if algorithm is None or algorithm.family == "HMAC" or not named:
        return None
    reasons = [jwk.suits(key, algorithm) for key in named]
    if all(reasons):
        return f"the key {kid!r}: {reasons[0]}"
    suiting = [key for key, reason in zip(named, reasons, strict=True) if reason is None]
    if all(jwk.declares_other_alg(key, algorithm.name) for key in suiting):
        # «Intended for use with» (RFC 7517 §4.4) is no prohibition, and servers accept PS256 by a key marked RS256.
        return Finding(
            f"alg is {evidence.alg}, the key {kid!r} is marked {suiting[0].alg}", suiting[0].alg, level="warning"
        )
    return None


@room.rule("kid-suspicious", spec="RFC 8725 §3.10", strength="hygiene", level="warning", when="member:kid")
def kid_suspicious(evidence: Evidence) -> Finding | str | None:
    """``kid`` is a plain identifier."""
    kid = evidence.header.get("kid")
    if not isinstance(kid, str) or (len(kid) <= 256 and not _SUSPICIOUS.search(kid)):
        return None
    return f"kid is {kid[:80]!a}" if len(kid) <= 256 else f"kid has {len(kid)} characters"


@room.rule("header-embedded-jwk", spec="RFC 8725 §3.10; CVE-2018-0114", strength="SHOULD", when="member:jwk")
def header_embedded_jwk(evidence: Evidence) -> Finding | str | None:
    """The header brings no key of its own, ``jwk``."""
    return "the header holds a jwk" if "jwk" in evidence.header else None


@room.rule(
    "header-embedded-jku", spec="RFC 8725 §3.10; FAPI 2.0 Security Profile §5.4", strength="SHOULD", when="member:jku"
)
def header_embedded_jku(evidence: Evidence) -> Finding | str | None:
    """The header points to no key set, ``jku``."""
    return "the header holds a jku (it was not fetched)" if "jku" in evidence.header else None


@room.rule("header-embedded-x5u", spec="RFC 8725 §3.10", strength="SHOULD", when="member:x5u")
def header_embedded_x5u(evidence: Evidence) -> Finding | str | None:
    """The header points to no certificate, ``x5u``."""
    return "the header holds an x5u (it was not fetched)" if "x5u" in evidence.header else None


@room.rule("header-x5c-unexpected", spec="RFC 7515 §4.1.6", strength="SHOULD", level="warning", when="member:x5c")
def header_x5c_unexpected(evidence: Evidence) -> Finding | str | None:
    """The header brings a certificate chain, ``x5c``, only where the deployment wants it."""
    return "the header holds an x5c" if "x5c" in evidence.header and not evidence.profile.x5c_expected else None


@room.rule(
    "header-x5t-missing",
    spec="Microsoft «Application authentication certificate credentials»",
    strength="vendor",
    level="off",
)
def header_x5t_missing(evidence: Evidence) -> Finding | str | None:
    """The header names the certificate by ``x5t#S256``."""
    if "x5t#S256" in evidence.header:
        return None
    if "x5t" in evidence.header:
        return Finding("only the SHA-1 x5t is there", "x5t#S256", level="warning")  # older documentation asks for it
    return "no x5t#S256 in the header"


@room.rule(
    "header-private-key",
    spec="RFC 7515 §4.1.3",
    when=("member:jwk", *(f"member:{name}" for name in sorted(_PRIVATE_MEMBERS))),
)
def header_private_key(evidence: Evidence) -> Finding | str | None:
    """The header holds no member of a private key."""
    key = evidence.header.get("jwk")
    private = sorted(_PRIVATE_MEMBERS.intersection(key)) if isinstance(key, dict) else []
    private += sorted(_PRIVATE_MEMBERS.intersection(evidence.header))
    return f"private members: {', '.join(private)}" if private else None


@room.rule(
    "header-unexpected-param",
    spec="hygiene",
    strength="hygiene",
    level="warning",
    when=tuple(f"member:{name}" for name in _USELESS),
)
def header_unexpected_param(evidence: Evidence) -> Finding | str | None:
    """The header holds no members that have no use in a client assertion."""
    useless = [name for name in _USELESS if name in evidence.header]
    return f"of no use here: {', '.join(useless)}" if useless else None
