"""What one request may not repeat of those before it (RFC 7519 §4.1.7, OIDC Core §9, RFC 6749 §4.1.2)."""

from __future__ import annotations

from pytest_jwtauth.evidence import Evidence
from pytest_jwtauth.model import Finding
from pytest_jwtauth.parameters import AUTHORIZATION_CODE
from pytest_jwtauth.rules.registry import TOKEN, Room

room = Room(__name__, error="invalid_client")


@room.rule("multi-assertion-reused", spec="OIDC Core §9; SMART App Launch; Auth0", needs="parts")
def multi_assertion_reused(evidence: Evidence) -> Finding | str | None:
    """Every request brings an assertion of its own."""
    earlier = evidence.history.with_assertion(evidence.signed)
    # Header and payload are compared, not the text: ECDSA has a second signature for each.
    return _count("the same assertion was sent", len(earlier))


def _count(what: str, earlier: int) -> str | None:
    if not earlier:
        return None
    return f"{what} before" if earlier == 1 else f"{what} {earlier} times before"


@room.rule("multi-jti-reused", spec="RFC 7519 §4.1.7; RFC 7523 §3 item 7; OIDC Core §9", needs="jti")
def multi_jti_reused(evidence: Evidence) -> Finding | str | None:
    """No two assertions of an issuer have the same ``jti``."""
    signed = evidence.signed
    others = {past.signed for past in evidence.history.with_jti(evidence.jti)} - {signed}
    return Finding("another assertion had the same jti", "a new jti for each assertion") if others else None


@room.rule("multi-retry-same-assertion", spec="OIDC Core §9; Keycloak «Token reuse detected»", needs="parts")
def multi_retry_same_assertion(evidence: Evidence) -> Finding | str | None:
    """A retry signs a new assertion."""
    for past in evidence.history.with_assertion(evidence.signed):
        if past.calls_for_retry:
            answer = f"the answer {past.response.status}" if past.response else "no answer"
            return Finding(
                f"sent again after {answer}: a transport that retries by itself resends the body",
                "a new assertion for each try",
            )
    return None


@room.rule(
    "multi-code-reused",
    spec="RFC 6749 §4.1.2, §10.5; OIDC Core §3.1.3.2",
    needs="form",
    endpoints=TOKEN,
    grants=(AUTHORIZATION_CODE,),
    error="invalid_grant",
)
def multi_code_reused(evidence: Evidence) -> Finding | str | None:
    """An authorization code is exchanged once."""
    code = evidence.form.get("code")
    if code is None:
        return None
    # Where the server said that it did not look at the grant (429, 503, invalid_client), the code is not spent; where
    # the answer was lost, it may be, and the login has to start again (RFC 6749 §10.5).
    earlier = [past for past in evidence.history.with_field("code", code) if not past.not_processed]
    known = [past for past in earlier if past.answered]
    if earlier and not known:
        return Finding("the code was sent before; its answer is not known", level="warning")
    return _count("the code was exchanged", len(known))
