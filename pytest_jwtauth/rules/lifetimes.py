"""``exp``, ``nbf`` and ``iat`` against the clock (RFC 7519 §4.1.4–6, RFC 7523 §3). Arithmetic: numeric_date."""

from __future__ import annotations

from typing import Any

from pytest_jwtauth import numeric_date
from pytest_jwtauth.evidence import Evidence
from pytest_jwtauth.jws import kind_of
from pytest_jwtauth.model import Finding
from pytest_jwtauth.numeric_date import show, show_span
from pytest_jwtauth.rules.registry import Room

room = Room(__name__, error="invalid_client", needs="claims")

TIMES = ("exp", "nbf", "iat")
LONGEST_KNOWN = 3600
"""Seconds; the longest life that PingOne and Okta accept, a yardstick where a profile has none."""


@room.rule("exp-missing", spec="RFC 7523 §3 item 4; OIDC Core §9", when="unread")
def exp_missing(evidence: Evidence) -> Finding | str | None:
    """``exp`` is present."""
    return None if "exp" in evidence.claims else "no exp among the claims"


@room.rule("claim-time-not-number", spec="RFC 7519 §2, §4.1.4–6", when="odd:times")
def claim_time_not_number(evidence: Evidence) -> Finding | str | None:
    """``exp``, ``nbf`` and ``iat`` are JSON numbers."""
    claims = evidence.claims
    wrong = [
        f"{name} is {kind_of(claims[name])}"
        for name in TIMES
        if name in claims and numeric_date.not_a_number(claims[name])
    ]
    return Finding("; ".join(wrong), "seconds since 1970, as a number") if wrong else None


@room.rule("claim-time-out-of-range", spec="RFC 7519 §2; RFC 8259 §6", when="odd:times")
def claim_time_out_of_range(evidence: Evidence) -> Finding | str | None:
    """``exp``, ``nbf`` and ``iat`` are finite and below 2^53."""
    claims = evidence.claims
    wrong = [
        name
        for name in TIMES
        if name in claims and not numeric_date.not_a_number(claims[name]) and numeric_date.is_out_of_range(claims[name])
    ]
    return f"too large for a number of seconds: {', '.join(wrong)}" if wrong else None


@room.rule("claim-time-milliseconds", spec="RFC 7519 §2", when="odd:times")
def claim_time_milliseconds(evidence: Evidence) -> Finding | str | None:
    """``exp``, ``nbf`` and ``iat`` count seconds, not milliseconds."""
    for name in TIMES:
        value: Any = evidence.claims.get(name)
        if numeric_date.not_a_number(value) or numeric_date.is_out_of_range(value):
            continue
        if numeric_date.looks_like_milliseconds(value):
            return Finding(
                f"{name} is {value} ({show(value)}); in seconds it would be {show(value // 1000)}",
                "seconds since 1970",
            )
    return None


@room.rule(
    "claim-time-not-integer",
    spec="hygiene (RFC 7519 §2 allows fractions)",
    strength="hygiene",
    level="warning",
    when="odd:times",
)
def claim_time_not_integer(evidence: Evidence) -> Finding | str | None:
    """``exp``, ``nbf`` and ``iat`` are whole seconds."""
    for name in TIMES:
        moment = getattr(evidence, name)
        if moment is not None and not numeric_date.is_integral(moment):
            return Finding(f"{name} is {moment}: time.time() without int()?", "whole seconds")
    return None


@room.rule("exp-expired", spec="RFC 7519 §4.1.4; RFC 7523 §3 item 4", needs="exp", when="odd:clock")
def exp_expired(evidence: Evidence) -> Finding | str | None:
    """``exp`` is later than the current time."""
    exp, now = evidence.exp, evidence.now
    if exp is None or not numeric_date.is_expired(exp, now, evidence.leeway):
        return None
    since = "the moment it was received" if now == exp else f"{show_span(now - exp)} before it was received"
    return Finding(f"exp is {show(exp)}, {since}", f"exp later than {show(now)}")


@room.rule(
    "exp-too-far",
    spec="RFC 7523 §3 item 4; the profile's source",
    strength="vendor",
    level="warning",
    needs="exp",
    when="odd:clock",
)
def exp_too_far(evidence: Evidence) -> Finding | str | None:
    """``exp`` is no further away than the server accepts."""
    exp, profile = evidence.exp, evidence.profile
    limit = LONGEST_KNOWN if profile.max_lifetime is None else profile.max_lifetime
    if profile.lifetime_from == "now without iat" and evidence.iat is not None:
        return None
    from_iat = profile.lifetime_from == "iat" and evidence.iat is not None
    start = evidence.iat if from_iat and evidence.iat is not None else evidence.now
    slack = 0 if from_iat else evidence.leeway
    if exp is None or not numeric_date.exceeds(exp, start, limit + slack):
        return None
    found = f"exp is {show(exp)}, {show_span(exp - start)} after {'iat' if from_iat else 'now'}"
    if profile.max_lifetime is None:
        return Finding(found, f"at most {limit} s, the most that known servers take")
    return Finding(found, f"at most {limit} s", level="error")


@room.rule(
    "exp-lifetime-hygiene",
    spec="hygiene (Auth0, SMART, Login.gov, GOV.UK)",
    strength="hygiene",
    level="warning",
    needs="exp",
    when="odd:clock",
)
def exp_lifetime_hygiene(evidence: Evidence) -> Finding | str | None:
    """An assertion lives no longer than is advised: five minutes, or what the profile says."""
    exp, advised = evidence.exp, evidence.profile.advised_lifetime
    start = evidence.now if evidence.iat is None else evidence.iat
    if exp is None or not numeric_date.exceeds(exp, start, advised + (evidence.leeway if evidence.iat is None else 0)):
        return None
    return Finding(f"a life of {show_span(exp - start)}", f"at most {advised} s")


@room.rule(
    "exp-not-after-iat", spec="hygiene (RFC 7519 §4.1.4, §4.1.6)", strength="hygiene", needs="exp", when="odd:clock"
)
def exp_not_after_iat(evidence: Evidence) -> Finding | str | None:
    """``exp`` is later than ``iat``."""
    if evidence.exp is None or evidence.iat is None or evidence.exp > evidence.iat:
        return None
    return f"exp is {show(evidence.exp)}, iat is {show(evidence.iat)}"


@room.rule("nbf-in-future", spec="RFC 7519 §4.1.5; RFC 7523 §3 item 5", needs="nbf", when="odd:clock")
def nbf_in_future(evidence: Evidence) -> Finding | str | None:
    """``nbf``, if present, is not later than the current time."""
    nbf, now = evidence.nbf, evidence.now
    if nbf is None or not numeric_date.is_ahead(nbf, now, evidence.leeway + evidence.profile.nbf_skew):
        return None
    return Finding(f"nbf is {show(nbf)}, {show_span(nbf - now)} ahead", f"nbf not later than {show(now)}")


@room.rule(
    "nbf-not-before-exp", spec="hygiene (RFC 7519 §4.1.4, §4.1.5)", strength="hygiene", needs="nbf", when="odd:clock"
)
def nbf_not_before_exp(evidence: Evidence) -> Finding | str | None:
    """``nbf`` is earlier than ``exp``."""
    if evidence.nbf is None or evidence.exp is None or evidence.nbf < evidence.exp:
        return None
    return f"nbf is {show(evidence.nbf)}, exp is {show(evidence.exp)}"


@room.rule("nbf-missing", spec="HelseID documentation", strength="vendor", level="off")
def nbf_missing(evidence: Evidence) -> Finding | str | None:
    """``nbf`` is present."""
    return None if "nbf" in evidence.claims else "no nbf among the claims"


@room.rule("iat-missing", spec="Maskinporten; ID-porten; OpenID conformance suite", strength="vendor", level="off")
def iat_missing(evidence: Evidence) -> Finding | str | None:
    """``iat`` is present."""
    return None if "iat" in evidence.claims else "no iat among the claims"


@room.rule(
    "iat-in-future",
    spec="Okta; Maskinporten; Auth0; FAPI 2.0 Security Profile §5.3.2.1",
    strength="vendor",
    level="warning",
    needs="iat",
    when="odd:clock",
)
def iat_in_future(evidence: Evidence) -> Finding | str | None:
    """``iat`` is not later than the current time."""
    iat, now = evidence.iat, evidence.now
    if iat is None or not numeric_date.is_ahead(iat, now, evidence.leeway + evidence.profile.iat_skew):
        return None
    # No RFC limits ``iat``, but what lies past the «few minutes» of RFC 7519 §4.1.4 no difference of clocks explains.
    far = numeric_date.is_ahead(iat, now, evidence.leeway + evidence.profile.iat_far)
    return Finding(
        f"iat is {show(iat)}, {show_span(iat - now)} ahead",
        f"iat not later than {show(now)}",
        level="error" if far else None,
    )


@room.rule(
    "iat-too-old",
    spec="RFC 7523 §3 item 6; Keycloak",
    strength="vendor",
    level="warning",
    needs="iat",
    when="odd:clock",
)
def iat_too_old(evidence: Evidence) -> Finding | str | None:
    """``iat`` is not unreasonably far in the past."""
    iat, limit = evidence.iat, evidence.profile.iat_max_age
    if iat is None or not numeric_date.exceeds(evidence.now, iat, limit + evidence.leeway):
        return None
    return Finding(f"iat is {show(iat)}, {show_span(evidence.now - iat)} ago", f"at most {limit} s ago")
