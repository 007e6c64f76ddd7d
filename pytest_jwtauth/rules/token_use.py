"""What a client does with its tokens: keeps, refreshes, replaces them, and does not log them (RFC 6749 §1.5, §6)."""

from __future__ import annotations

import itertools
from typing import Any
from urllib.parse import quote_plus

from pytest_jwtauth import form_body, logged, numeric_date
from pytest_jwtauth.evidence import Evidence
from pytest_jwtauth.haystack import Needles
from pytest_jwtauth.history import RESOURCE, Past
from pytest_jwtauth.model import Finding
from pytest_jwtauth.numeric_date import show_span
from pytest_jwtauth.parameters import CLIENT_CREDENTIALS, REFRESH_TOKEN
from pytest_jwtauth.rules.registry import TOKEN, Room

room = Room(__name__, error="invalid_grant")

_NO_TOKEN = frozenset({"none", "null", "undefined", "nan", "false"})


def _lifetime(past: Past) -> float | None:
    """``expires_in`` of an answer, in seconds; None where it has none that is a number."""
    value: Any = past.answer.get("expires_in")
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = float(value)
    return None if numeric_date.not_a_number(value) or numeric_date.is_out_of_range(value) else float(value)


def _used(evidence: Evidence) -> tuple[Past, float] | None:
    """The answer that issued the access token in use, and the seconds that the token has left."""
    past = evidence.history.issue_of("access_token", evidence.bearer_token() or "")
    lifetime = _lifetime(past) if past is not None else None
    return None if past is None or lifetime is None else (past, past.answered_at + lifetime - evidence.now)


@room.rule(
    "multi-refresh-not-used", spec="hygiene (RFC 6749 §1.5)", strength="hygiene", level="warning", endpoints=(RESOURCE,)
)
def multi_refresh_not_used(evidence: Evidence) -> Finding | str | None:
    """An access token that has expired is refreshed, not used."""
    used = _used(evidence)
    if used is None or used[1] + evidence.leeway > 0:
        return None
    # Where a refresh brings no new refresh token, the one that it was made with is still there (RFC 6749 §6).
    if not used[0].answer.get("refresh_token") and used[0].grant != REFRESH_TOKEN:
        return None
    return f"the access token expired {show_span(-used[1])} before, and a refresh token is there"


@room.rule(
    "multi-refresh-late", spec="hygiene (RFC 6749 §1.5)", strength="hygiene", level="warning", endpoints=(RESOURCE,)
)
def multi_refresh_late(evidence: Evidence) -> Finding | str | None:
    """A token is replaced before it expires, not in its last moments."""
    used, margin = _used(evidence), evidence.profile.refresh_margin
    if used is None or not 0 < used[1] < margin:
        return None
    return Finding(f"the access token had {show_span(used[1])} left", f"at least {show_span(margin)}")


@room.rule(
    "multi-refresh-rotated-ignored",
    spec="RFC 6749 §6",
    needs="form",
    endpoints=TOKEN,
    grants=(REFRESH_TOKEN,),
    when="past:any",
)
def multi_refresh_rotated_ignored(evidence: Evidence) -> Finding | str | None:
    """A new refresh token replaces the old one, which is not sent again."""
    sent = evidence.form.get("refresh_token")
    if sent is None:
        return None
    grace = evidence.expected.get("refresh_grace") or 0
    for past in evidence.history.with_field("refresh_token", sent):
        # The answer may have got lost on its way: that is what a grace period is for (RFC 9700 §4.14.2).
        if grace and evidence.now < past.at + grace:
            continue
        new = past.answer.get("refresh_token") if past.grant == REFRESH_TOKEN and past.brought_tokens else None
        if isinstance(new, str) and new and new != sent and not past.under_way(evidence.arrived):
            return "this refresh token was used before, and the answer brought a new one"
    return None


@room.rule(
    "multi-refresh-token-lost",
    spec="RFC 6749 §6",
    needs="form",
    endpoints=TOKEN,
    grants=(REFRESH_TOKEN,),
    error="invalid_request",
    when="past:any",
)
def multi_refresh_token_lost(evidence: Evidence) -> Finding | str | None:
    """Where an answer brings no new refresh token the old one is kept."""
    sent = evidence.form.get("refresh_token")
    if sent is not None and sent.lower() not in _NO_TOKEN:
        return None
    past = evidence.history.last_success(REFRESH_TOKEN)
    if past is None or past.answer.get("refresh_token"):
        return None
    return f"the refresh before brought no new refresh token, and now {'none' if sent is None else repr(sent)} is sent"


@room.rule(
    "multi-refresh-stampede",
    spec="hygiene (RFC 9700 §4.14.2)",
    strength="hygiene",
    level="warning",
    needs="form",
    endpoints=TOKEN,
    grants=(REFRESH_TOKEN,),
    when="past:any",
)
def multi_refresh_stampede(evidence: Evidence) -> Finding | str | None:
    """One refresh of a token is under way at a time."""
    sent = evidence.form.get("refresh_token") or ""
    earlier = evidence.history.with_field("refresh_token", sent)
    count = sum(past.under_way(evidence.arrived) for past in earlier)
    return f"{count + 1} refreshes of one token at a time" if count else None


@room.rule(
    "multi-token-not-cached",
    spec="hygiene (rate limits)",
    strength="hygiene",
    level="warning",
    needs="form",
    endpoints=TOKEN,
    grants=(CLIENT_CREDENTIALS,),
    when="past:any",
)
def multi_token_not_cached(evidence: Evidence) -> Finding | str | None:
    """An access token is used while it lives, not fetched anew."""
    if evidence.history.last_success(CLIENT_CREDENTIALS) is None:
        return None
    earlier = evidence.history.like(evidence.as_past(None, False).same_attempt)
    known = (past for past in reversed(earlier) if past.brought_tokens and not past.under_way(evidence.arrived))
    past = next(known, None)
    lifetime = _lifetime(past) if past is not None else None
    if past is None or lifetime is None:
        return None
    left = past.answered_at + lifetime - evidence.now
    # More than its whole life is left only where the clock was put back.
    if not lifetime / 2 < left <= lifetime or _is_spoilt(past, evidence.history.items):
        return None
    return Finding(
        f"the token before has {show_span(left)} of {show_span(lifetime)} left", "the token kept until it nears its end"
    )


def _is_spoilt(issue: Past, items: list[Past]) -> bool:
    """Whether the client had reason to give up the access token of *issue*: refused, revoked or inactive meanwhile."""
    token = issue.answer.get("access_token")
    for past in itertools.takewhile(lambda past: past is not issue, reversed(items)):
        if past.endpoint == RESOURCE and past.response is not None and past.response.status == 401:
            return True
        if (
            past.endpoint in {"revocation", "introspection"}
            and past.succeeded
            and form_body.parse(past.request.body).get("token") == token
            and not past.answer.get("active")
        ):
            return True
    return False


_LOGGED_FIELDS = (
    *("code", "code_verifier", "refresh_token", "assertion", "subject_token", "actor_token", "token"),
    *("device_code", "auth_req_id", "password"),
)
_LOGGED_ANSWERS = ("access_token", "refresh_token", "id_token", "device_code", "auth_req_id")
MOST_PLACES = 3
"""Places of which a finding speaks."""
SHORTEST_LOGGED = 8
"""Characters; what is shorter may stand in a log by chance."""


@room.rule(
    "log-credential-leak",
    spec="hygiene (RFC 6749 §10.3)",
    strength="hygiene",
    level="warning",
    error="invalid_client",
    when="expects:logged",
)
def log_credential_leak(evidence: Evidence) -> Finding | str | None:
    """Secrets, assertions, codes and tokens are not logged."""
    entries = logged.read(evidence.expected.get("logged"))
    if not entries:
        return None
    credentials, needles = _credentials(evidence), evidence.client.secret_needles()
    known = Needles(credentials, SHORTEST_LOGGED)
    leaks: dict[str, dict[str, None]] = {}
    for entry in entries:
        octets = entry.text.encode("utf-8", "replace")
        found = ["the client's secret or private key"] if any(needle in octets for needle in needles) else []
        standing = {value for _, near in known.that_may_be_in(entry.text) for value in near if value in entry.text}
        found += [name for value, name in credentials.items() if value in standing] if standing else []
        if found:
            leaks.setdefault(entry.place, {}).update(dict.fromkeys(found))
    places = [f"{', '.join(names)}{f' ({place})' if place else ''}" for place, names in leaks.items()]
    more = f"; and at {len(places) - MOST_PLACES} more places" if len(places) > MOST_PLACES else ""
    return f"in the log: {'; '.join(places[:MOST_PLACES])}{more}" if places else None


def _credentials(evidence: Evidence) -> dict[str, str]:
    """What was sent and answered, now and before, that must not be logged, as it is and as it stands in a form."""
    named: list[tuple[str, object]] = [("the client assertion", evidence.assertion)]
    named += [(name, evidence.form.get(name)) for name in _LOGGED_FIELDS]
    for past in evidence.history.items:
        form = form_body.parse(past.request.body)
        named.append(("the client assertion", form.get(evidence.profile.assertion_field)))
        named += [(name, form.get(name)) for name in _LOGGED_FIELDS]
        named += [(name, past.answer.get(name)) for name in _LOGGED_ANSWERS]
    values: dict[str, str] = {}
    for name, value in named:
        if isinstance(value, str) and len(value) >= SHORTEST_LOGGED:
            values.setdefault(value, name)
            values.setdefault(quote_plus(value, errors="replace"), name)
    return values
