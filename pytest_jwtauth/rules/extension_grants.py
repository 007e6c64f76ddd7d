"""Grants of the extensions: a JWT as the grant (RFC 7523 §2.1), token exchange (RFC 8693), resources (RFC 8707)."""

from __future__ import annotations

import re

from pytest_jwtauth import jws, numeric_date
from pytest_jwtauth.evidence import Evidence
from pytest_jwtauth.model import Finding
from pytest_jwtauth.parameters import JWT_BEARER, TOKEN_EXCHANGE
from pytest_jwtauth.rules.registry import TOKEN, Room
from pytest_jwtauth.urls import urlsplit_or_none

room = Room(__name__, error="invalid_grant", needs="form")

_TOKEN_TYPES = frozenset({"access_token", "refresh_token", "id_token", "saml1", "saml2", "jwt"})
"""Last parts of the token types of RFC 8693 §3."""
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+")


@room.rule(
    "jwt-bearer-assertion-missing",
    spec="RFC 7523 §2.1",
    endpoints=TOKEN,
    grants=(JWT_BEARER,),
    error="invalid_request",
)
def jwt_bearer_assertion_missing(evidence: Evidence) -> Finding | str | None:
    """The JWT that is the grant is sent as ``assertion``."""
    if evidence.form.get("assertion"):
        return None
    mixed_up = " (client_assertion authenticates the client, it is no grant)" if evidence.assertion else ""
    return f"no assertion in the body{mixed_up}"


@room.rule("jwt-bearer-assertion-multiple", spec="RFC 7523 §2.1", endpoints=TOKEN, grants=(JWT_BEARER,))
def jwt_bearer_assertion_multiple(evidence: Evidence) -> Finding | str | None:
    """``assertion`` holds a single JWT."""
    sent = [value for value in evidence.form.all("assertion") if value]
    if len(sent) > 1:
        return f"the parameter was sent {len(sent)} times"
    pieces = sent[0].replace(",", " ").split() if sent else []
    count = sum(piece.count(".") in {2, 4} for piece in pieces)
    return f"{count} JWTs in one value" if count > 1 else None


@room.rule("jwt-bearer-claims", spec="RFC 7523 §3 items 1–4", endpoints=TOKEN, grants=(JWT_BEARER,))
def jwt_bearer_claims(evidence: Evidence) -> Finding | str | None:
    """The JWT that is the grant has ``iss``, ``sub``, ``aud`` and ``exp`` as RFC 7523 demands."""
    text = evidence.form.get("assertion")
    if text is None or evidence.profile.assertion_field == "assertion":
        return None  # missing, or the client assertion itself: other rules judge it
    parts = jws.take_apart(text)
    if "enc" in (parts.header or {}):
        return None  # encrypted for the server (RFC 7523 §7): only it can read the claims
    claims = parts.claims
    if claims is None or len(parts.segments) != 3:
        return "the grant's assertion cannot be read as a JWT"
    if parts.wrapper is not None:
        return f"the grant's assertion comes with {parts.wrapper}"
    faults = [f"no {name}" for name in ("iss", "sub", "aud", "exp") if name not in claims]
    faults += [
        f"{name} is {jws.kind_of(claims[name])}" for name in ("iss", "sub") if not isinstance(claims.get(name, ""), str)
    ]
    faults += _audience_faults(evidence, claims.get("aud")) if "aud" in claims else []
    if "exp" in claims:
        exp = claims["exp"]
        if numeric_date.not_a_number(exp):
            faults.append(f"exp is {jws.kind_of(exp)}")
        elif numeric_date.is_out_of_range(exp) or numeric_date.looks_like_milliseconds(exp):
            faults.append("exp is no number of seconds")
        elif numeric_date.is_expired(exp, evidence.now, evidence.leeway):
            faults.append(f"exp is {numeric_date.show(exp)}, at {numeric_date.show(evidence.now)}")
    return f"the grant's assertion: {'; '.join(faults)}" if faults else None


def _audience_faults(evidence: Evidence, audience: object) -> list[str]:
    values = [audience] if isinstance(audience, str) else audience
    if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
        return ["aud is no string or array of strings"]
    # A grant may name the issuer or the token endpoint, whatever the profile wants of client assertions
    # (RFC 7523 §3 item 3; rfc7523bis §4 leaves grants alone).
    accepted = {evidence.server.issuer, evidence.server.token_endpoint, *evidence.accepted_audiences()}
    return [] if accepted.intersection(values) else [f"aud is {values[0][:200]!a}"]


@room.rule(
    "token-exchange-subject-token-missing",
    spec="RFC 8693 §2.1",
    endpoints=TOKEN,
    grants=(TOKEN_EXCHANGE,),
    error="invalid_request",
)
def token_exchange_subject_token_missing(evidence: Evidence) -> Finding | str | None:
    """``subject_token`` and ``subject_token_type`` are sent."""
    missing = [name for name in ("subject_token", "subject_token_type") if not evidence.form.get(name)]
    return f"no {' and no '.join(missing)} in the body" if missing else None


@room.rule(
    "token-exchange-actor-type",
    spec="RFC 8693 §2.1",
    endpoints=TOKEN,
    grants=(TOKEN_EXCHANGE,),
    error="invalid_request",
)
def token_exchange_actor_type(evidence: Evidence) -> Finding | str | None:
    """``actor_token_type`` is sent if ``actor_token`` is, and only then."""
    token, kind = evidence.form.get("actor_token"), evidence.form.get("actor_token_type")
    if (token is None) == (kind is None):
        return None
    return "actor_token without actor_token_type" if kind is None else "actor_token_type without actor_token"


@room.rule(
    "token-exchange-type-not-uri",
    spec="RFC 8693 §3",
    endpoints=TOKEN,
    grants=(TOKEN_EXCHANGE,),
    error="invalid_request",
)
def token_exchange_type_not_uri(evidence: Evidence) -> Finding | str | None:
    """Token types are named by absolute URIs."""
    for name in ("subject_token_type", "actor_token_type", "requested_token_type"):
        value = evidence.form.get(name)
        if value is not None and not _SCHEME.fullmatch(value):
            meant = f"urn:ietf:params:oauth:token-type:{value}" if value in _TOKEN_TYPES else None
            return Finding(f"{name} is {value[:80]!a}", meant)
    return None


@room.rule("resource-malformed", spec="RFC 8707 §2; RFC 8693 §2.1", error="invalid_target", when="field:resource")
def resource_malformed(evidence: Evidence) -> Finding | str | None:
    """``resource`` is an absolute URI without a fragment."""
    for value in evidence.form.all("resource"):
        parts = urlsplit_or_none(value)
        if value and (parts is None or not _SCHEME.fullmatch(value) or "#" in value):
            return f"resource is {value[:100]!a}"
    return None
