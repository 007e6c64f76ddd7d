"""What a server asks for or notices that is no fault of the client yet: a DPoP nonce, an assertion seen before.

Looks at evidence; answers nothing, remembers nothing.
"""

from __future__ import annotations

from pytest_jwtauth import jws
from pytest_jwtauth.evidence import Evidence


def lacks_dpop_nonce(evidence: Evidence, nonce: str) -> bool:
    """Whether the request has a DPoP proof without this ``nonce`` (RFC 9449 §8)."""
    proofs = evidence.headers.get("dpop")
    if not proofs:
        return False
    return (jws.take_apart(proofs[0]).claims or {}).get("nonce") != nonce


def knew_dpop_nonce(evidence: Evidence, nonce: str) -> bool:
    """Whether an answer had told the client this nonce when it sent the request."""
    return any(
        past.answer_header("dpop-nonce") == nonce and not past.under_way(evidence.arrived)
        for past in reversed(evidence.history.items)
    )


def replayed(evidence: Evidence) -> str | None:
    """The rule that speaks of it if ``iss`` and ``jti`` of the assertion were seen in one that still lives.

    A server may keep them until then, its leeway included (RFC 7523 §3 item 7); later it has forgotten them, though
    the rules have not.
    """
    for past in evidence.history.with_jti(evidence.jti):
        if past.exp is None or evidence.now < past.exp + evidence.leeway:
            return "multi-assertion-reused" if past.signed == evidence.signed else "multi-jti-reused"
    return None
