"""Faults in `exp`, `nbf` and `iat` (RFC 7519 §4.1.4–6). Knows no signature.

Where a tolerance could hide a fault, the fault is larger than the tolerances in use (RFC 7519 §4.1.4: «usually no more
than a few minutes»); the exact boundaries are the business of the expiry scenarios.
"""

from __future__ import annotations

from pytest_jwtauth.planted_faults.draft import Draft
from pytest_jwtauth.planted_faults.fault import Fault, follows, no_claim

TOLERANCE = 600
"""Seconds that no server forgives."""
LIFE = 60
REFERENCE_LIFE = 3600
"""The longest life in seconds where a profile has no limit of its own."""


def _from_now(draft: Draft, seconds: float) -> int:
    return int(draft.now + seconds)


def _text_instead_of_number(draft: Draft) -> None:
    draft.claims["exp"] = str(_from_now(draft, LIFE))


def _out_of_range(draft: Draft) -> None:
    draft.claims["exp"] = 10**20


def _milliseconds(draft: Draft) -> None:
    draft.claims["exp"] = _from_now(draft, LIFE) * 1000


def _fraction(draft: Draft) -> None:
    draft.claims["exp"] = _from_now(draft, LIFE) + 0.5


def _made_long_ago(draft: Draft) -> None:
    draft.claims["exp"] = _from_now(draft, -TOLERANCE)
    for name in ("iat", "nbf"):
        if name in draft.claims:
            draft.claims[name] = _from_now(draft, -TOLERANCE - LIFE)


def _too_far(draft: Draft) -> None:
    draft.claims["exp"] = _from_now(draft, 2 * (draft.profile.max_lifetime or REFERENCE_LIFE))
    if draft.profile.lifetime_from == "now without iat":
        draft.claims.pop("iat", None)


def _long_life(draft: Draft) -> None:
    draft.claims["exp"] = _from_now(draft, draft.profile.advised_lifetime + LIFE)


def _iat_after_exp(draft: Draft) -> None:
    draft.claims["exp"] = _from_now(draft, LIFE)
    draft.claims["iat"] = _from_now(draft, LIFE)


def _nbf_ahead(draft: Draft) -> None:
    draft.claims["exp"] = _from_now(draft, draft.profile.nbf_skew + LIFE)
    draft.claims["nbf"] = draft.claims["exp"] - 1


def _nbf_after_exp(draft: Draft) -> None:
    draft.claims["exp"] = _from_now(draft, draft.profile.nbf_skew + LIFE)
    draft.claims["nbf"] = draft.claims["exp"]


def _clock_ahead(draft: Draft) -> None:
    ahead = draft.profile.iat_skew + 2 * LIFE
    draft.claims["iat"] = _from_now(draft, ahead)
    draft.claims["exp"] = _from_now(draft, ahead + LIFE)


def _made_too_long_ago(draft: Draft) -> None:
    draft.claims["iat"] = _from_now(draft, -draft.profile.iat_max_age - LIFE)


FAULTS = (
    Fault("exp-missing", "there is no exp", no_claim("exp")),
    Fault("claim-time-not-number", "exp is a number in quotes", _text_instead_of_number),
    Fault("claim-time-out-of-range", "exp is larger than 2 to the power of 53", _out_of_range),
    Fault("claim-time-milliseconds", "exp is in milliseconds", _milliseconds),
    Fault("claim-time-not-integer", "exp has half a second", _fraction),
    Fault("exp-expired", "it expired ten minutes ago", _made_long_ago, follows=follows("iat-too-old")),
    Fault(
        "exp-too-far",
        "exp is twice as far ahead as the profile allows",
        _too_far,
        follows=follows("exp-lifetime-hygiene"),
    ),
    Fault("exp-lifetime-hygiene", "it lives a minute longer than advised", _long_life, follows=follows("exp-too-far")),
    Fault(
        "exp-not-after-iat",
        "exp is the time of iat, a minute ahead",
        _iat_after_exp,
        # Of an exp that is not after iat, either exp is past or iat is to come.
        follows=follows("iat-in-future"),
    ),
    # Where a server takes an nbf that is minutes ahead, one that it does not take is that of a long life.
    Fault("nbf-in-future", "nbf lies a minute ahead", _nbf_ahead, follows=follows("exp-lifetime-hygiene")),
    Fault(
        "nbf-not-before-exp",
        "nbf is the time of exp",
        _nbf_after_exp,
        follows=follows("nbf-in-future", "exp-lifetime-hygiene"),
    ),
    Fault("nbf-missing", "there is no nbf", no_claim("nbf")),
    Fault("iat-missing", "there is no iat", no_claim("iat")),
    Fault(
        "iat-in-future",
        "it was made by a clock that is two minutes ahead",
        _clock_ahead,
        follows=follows("exp-too-far"),
    ),
    Fault(
        "iat-too-old",
        "iat is a minute older than the profile allows",
        _made_too_long_ago,
        follows=follows("exp-lifetime-hygiene", "exp-too-far"),
    ),
)
