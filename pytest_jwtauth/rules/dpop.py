"""A DPoP proof, if the client sends one (RFC 9449 §4). Its absence is no fault."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_jwtauth import jwk, jws, numeric_date, verification
from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.evidence import Evidence
from pytest_jwtauth.history import DPOP_JTI
from pytest_jwtauth.jwa import ALGORITHMS, ASYMMETRIC_ALGORITHMS
from pytest_jwtauth.jws import Jws
from pytest_jwtauth.model import Finding
from pytest_jwtauth.rules.registry import Room
from pytest_jwtauth.urls import normalized_place, urlsplit_or_none

room = Room(__name__, error="invalid_dpop_proof")

RECENT = 300
"""Seconds; RFC 9449 §11.1 speaks of seconds or minutes for which a proof is accepted."""


@room.rule("dpop-proof", spec="RFC 9449 §4.2–4.3", when="header:dpop")
def dpop_proof(evidence: Evidence) -> Finding | str | None:
    """A DPoP header, if sent, holds one valid proof."""
    sent = evidence.headers.get("dpop")
    if sent is None:
        return None
    if len(sent) > 1:
        return f"{len(sent)} DPoP headers"
    faults = list(_faults(evidence, jws.take_apart(sent[0])))
    return f"the DPoP proof: {'; '.join(faults)}" if faults else None


def _faults(evidence: Evidence, proof: Jws) -> Iterator[str]:
    header, claims = proof.header, proof.claims
    if header is None or claims is None or len(proof.segments) != 3:
        yield "it cannot be read as a JWT"
        return
    if header.get("typ") != "dpop+jwt":
        yield f"typ is {str(header.get('typ', 'missing'))[:40]!a}, not 'dpop+jwt'"
    yield from _signature_faults(proof, header)
    yield from _claim_faults(evidence, claims)


def _signature_faults(proof: Jws, header: dict[str, Any]) -> Iterator[str]:
    alg, embedded = header.get("alg"), header.get("jwk")
    if not isinstance(alg, str) or alg not in ASYMMETRIC_ALGORITHMS:
        yield f"alg is {str(header.get('alg', 'missing'))[:40]!a}, no asymmetric algorithm"
        return
    if not isinstance(embedded, dict):
        yield "no jwk in its header"
        return
    if jwk.PRIVATE_MEMBERS.intersection(embedded):
        yield "its jwk holds a private key"
    try:
        key = jwk.read_jwk(embedded)
    except ConfigurationError:
        yield "its jwk is no JWK"
        return
    if reason := jwk.suits(key, ALGORITHMS[alg]) or ", ".join(key.faults):
        yield f"its jwk: {reason}"
    elif not verification.verifies(proof, alg, key):
        yield "its signature does not verify with its jwk"


def _claim_faults(evidence: Evidence, claims: dict[str, Any]) -> Iterator[str]:
    if claims.get("htm") != evidence.request.method:
        yield f"htm is {str(claims.get('htm', 'missing'))[:20]!a}, the method is {evidence.request.method[:20]}"
    htu = claims.get("htu", "missing")
    parts = urlsplit_or_none(htu) if isinstance(htu, str) else None
    if parts is not None and "@" in parts.netloc:
        yield "htu has userinfo"  # not part of a target URI (RFC 9110 §4.2.4), and perhaps a password
    elif parts is None or normalized_place(htu) != normalized_place(evidence.request.url):
        yield f"htu is {str(htu)[:100]!a}, not the URL of the request"
    elif "?" in htu or "#" in htu:
        # A server compares without them (RFC 9449 §4.3), a client is to leave them out (§4.2).
        yield "htu has a query or a fragment"
    iat: Any = claims.get("iat")
    if numeric_date.not_a_number(iat) or numeric_date.is_out_of_range(iat):
        yield "no iat that is a number"
    elif abs(evidence.now - iat) > RECENT:
        yield f"iat is {numeric_date.show(iat)}, at {numeric_date.show(evidence.now)}"
    jti = claims.get("jti")
    if not isinstance(jti, str) or not jti:
        yield "no jti"
    elif jti == evidence.claims.get("jti"):
        yield "its jti is that of the client assertion"
    elif evidence.history.with_field(DPOP_JTI, jti):
        yield "its jti was sent before"
    nonce = evidence.expected.get("dpop_nonce")
    if nonce is not None and claims.get("nonce") != nonce:
        yield "its nonce is not the one the server gave"
