"""What one request may not repeat of those before it (RFC 7519 §4.1.7, OIDC Core §9, RFC 6749 §4.1.2)."""

from __future__ import annotations

import re

from pytest_jwtauth import numeric_date
from pytest_jwtauth.evidence import Evidence
from pytest_jwtauth.model import Finding
from pytest_jwtauth.numeric_date import show
from pytest_jwtauth.parameters import AUTHORIZATION_CODE
from pytest_jwtauth.rules.registry import TOKEN, Room

room = Room(__name__, error="invalid_client")


@room.rule(
    "multi-assertion-reused", spec="OIDC Core §9; SMART App Launch; Auth0", needs="parts", when="past:same-assertion"
)
def multi_assertion_reused(evidence: Evidence) -> Finding | str | None:
    """Every request brings an assertion of its own."""
    # Header and payload are compared, not the text: ECDSA has a second signature for each.
    return _count("the same assertion was sent", len(evidence.history.with_assertion(evidence.signed)))


def _count(what: str, earlier: int) -> str | None:
    if not earlier:
        return None
    return f"{what} before" if earlier == 1 else f"{what} {earlier} times before"


@room.rule(
    "multi-jti-reused", spec="RFC 7519 §4.1.7; RFC 7523 §3 item 7; OIDC Core §9", needs="jti", when="past:same-jti"
)
def multi_jti_reused(evidence: Evidence) -> Finding | str | None:
    """No two assertions of an issuer have the same ``jti``."""
    earlier = evidence.history.with_jti(evidence.jti)
    if all(past.signed == evidence.signed for past in earlier):
        return None
    return Finding("another assertion had the same jti", "a new jti for each assertion")


_DIGITS = re.compile(r"\d+", re.ASCII)
_FIGURES = "0123456789"
_NO_DIGITS = str.maketrans("", "", _FIGURES)


@room.rule(
    "multi-jti-predictable", spec="RFC 7519 §4.1.7", strength="SHOULD", level="warning", needs="jti", when="past:any"
)
def multi_jti_predictable(evidence: Evidence) -> Finding | str | None:
    """The ``jti`` values of an issuer do not count upwards."""
    if evidence.jti is None:
        return None
    issuer, jti = evidence.jti
    values = [*evidence.history.jtis_of(issuer, 2), jti]
    if len(values) < 3:
        return None
    _, before, _ = values
    if not jti.lstrip(_FIGURES).startswith(before.lstrip(_FIGURES)[:1]):
        return None  # most random values, told by the first letter
    if before.translate(_NO_DIGITS) != jti.translate(_NO_DIGITS):
        return None  # the others
    if len({_DIGITS.sub("#", value) for value in values}) != 1:
        return None
    # Alike but for numbers: predictable if one number alone changes, each time by the same step.
    columns = list(
        zip(*(map(int, (digits[-18:] for digits in _DIGITS.findall(value))) for value in values), strict=True)
    )
    changing = [column for column in columns if len(set(column)) > 1]
    if len(changing) != 1:
        return None
    [(first, second, third)] = changing
    step = third - second
    return (
        Finding(f"the last three jti values differ by {step} each time", "random values")
        if step == second - first
        else None
    )


@room.rule("multi-assertion-after-exp", spec="RFC 7519 §4.1.4", needs="exp", when="past:same-assertion")
def multi_assertion_after_exp(evidence: Evidence) -> Finding | str | None:
    """A cached assertion is not sent when it has expired."""
    exp, now = evidence.exp, evidence.now
    if exp is None or not numeric_date.is_expired(exp, now, evidence.leeway):
        return None
    if not evidence.history.with_assertion(evidence.signed):
        return None
    return f"sent again after its exp, {show(exp)}, at {show(now)}"


@room.rule(
    "multi-retry-same-assertion",
    spec="OIDC Core §9; Keycloak «Token reuse detected»",
    needs="parts",
    when="past:same-assertion",
)
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
    "multi-dpop-nonce-retry-same-assertion",
    spec="RFC 9449 §8; OIDC Core §9",
    strength="SHOULD",
    level="warning",
    needs="parts",
    when="past:same-assertion",
)
def multi_dpop_nonce_retry_same_assertion(evidence: Evidence) -> Finding | str | None:
    """The retry that a DPoP nonce calls for signs a new assertion, too."""
    if any(past.error == "use_dpop_nonce" for past in evidence.history.with_assertion(evidence.signed)):
        return "the retry after use_dpop_nonce sent the same assertion"
    return None


@room.rule(
    "multi-code-reused",
    spec="RFC 6749 §4.1.2, §10.5; OIDC Core §3.1.3.2",
    needs="form",
    endpoints=TOKEN,
    grants=(AUTHORIZATION_CODE,),
    error="invalid_grant",
    when="past:any",
)
def multi_code_reused(evidence: Evidence) -> Finding | str | None:
    """An authorization code is exchanged once."""
    code = evidence.form.get("code")
    if code is None:
        return None
    # Where the server said that it did not look at the grant (429, 503, invalid_client), the code is not spent. Where
    # the answer was lost, or was a success that nobody can read, the code may be spent or not: the login has to start
    # again (RFC 6749 §10.5), but a client that tries once more breaks nothing.
    earlier = [past for past in evidence.history.with_field("code", code) if not past.not_processed]
    known = [past for past in earlier if past.response is not None and (past.failed or past.brought_tokens)]
    if earlier and not known:
        lost = "no usable answer came" if earlier[-1].answered else "its answer is not known"
        return Finding(f"the code was sent before; {lost}", level="warning")
    return _count("the code was exchanged", len(known))
