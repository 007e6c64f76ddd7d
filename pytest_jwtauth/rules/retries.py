"""How a client behaves after a failure, and while it polls (RFC 9110 §10.2.3, RFC 8628 §3.5, CIBA §10–11)."""

from __future__ import annotations

import datetime
import email.utils
import itertools
from typing import Any
from urllib.parse import urljoin

from pytest_jwtauth import form_body, numeric_date
from pytest_jwtauth.evidence import Evidence
from pytest_jwtauth.history import Past
from pytest_jwtauth.model import Finding
from pytest_jwtauth.numeric_date import show_span
from pytest_jwtauth.parameters import CIBA, DEVICE_CODE, JWT_GRANTS
from pytest_jwtauth.rules.registry import TOKEN, Room
from pytest_jwtauth.urls import normalized_place

room = Room(__name__, error="invalid_request")

MOST_TRIES = 5
SHORTEST_GAP = 0.1
"""Seconds between tries below which nobody backs off."""
DEFAULT_INTERVAL = 5
"""Seconds between polls where the server names none (RFC 8628 §3.2, CIBA Core §7.3)."""
SLOW_DOWN = 5
"""Seconds that each ``slow_down`` adds for good (RFC 8628 §3.5, CIBA Core §11)."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


def _attempts(evidence: Evidence) -> list[Past]:
    """The failed tries of the same thing since it last succeeded, latest first; what was still under way left out."""
    if not evidence.history.items:
        return []
    earlier = evidence.history.like(evidence.as_past(None, False).same_attempt)
    known = (past for past in reversed(earlier) if not past.under_way(evidence.arrived))
    return list(itertools.takewhile(lambda past: past.failed, known))


@room.rule(
    "multi-invalid-grant-retried",
    spec="hygiene (RFC 6749 §5.2)",
    strength="hygiene",
    level="warning",
    needs="form",
    when="past:failed",
)
def multi_invalid_grant_retried(evidence: Evidence) -> Finding | str | None:
    """What was refused as ``invalid_grant`` or ``invalid_client`` is not tried again unchanged."""
    run = _attempts(evidence)
    if not run or (last := run[0]).error not in {"invalid_grant", "invalid_client"}:
        return None
    if len(run) == 1 and _signed_anew(evidence, last):
        return None  # one more try with a new assertion may correct the clock by the Date header (FAPI 2.0)
    return f"the same request was sent again after {last.error}"


def _signed_anew(evidence: Evidence, last: Past) -> bool:
    """Whether what was refused has been replaced: the client's assertion, or that of the grant (RFC 7523 §3.1)."""
    if last.error == "invalid_client":
        return last.signed != evidence.signed
    if evidence.grant not in JWT_GRANTS:
        return False
    return form_body.parse(last.request.body).get("assertion") != evidence.form.get("assertion")


def retry_after(past: Past) -> float | None:
    """Seconds that the answer asked to wait (RFC 9110 §10.2.3), as a number or as a date; None if it asked nothing."""
    if past.response is None or past.response.status not in {429, 503}:
        return None
    value = (past.answer_header("retry-after") or "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    # An HTTP-date is UTC, also in the form of asctime, which does not say so (RFC 9110 §5.6.7).
    return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)).timestamp() - past.answered_at


@room.rule("multi-retry-after-ignored", spec="RFC 9110 §10.2.3; RFC 6585 §4", strength="SHOULD", when="past:failed")
def multi_retry_after_ignored(evidence: Evidence) -> Finding | str | None:
    """A client that was told to come back later does."""
    last = evidence.history.last_at(evidence.endpoint)
    delay = retry_after(last) if last is not None else None
    if last is None or last.response is None or delay is None or last.under_way(evidence.arrived):
        return None
    waited = _since(last.answered_at, last, evidence)
    if waited is None or waited + evidence.leeway >= delay:
        return None
    return Finding(
        f"{show_span(waited)} after an answer {last.response.status} with Retry-After {show_span(delay)}{_TICK}",
        f"at least {show_span(delay)} later",
    )


_TICK = " (if the test replaces time.sleep, let it tick jwtauth_clock)"


def _since(moment: float, past: Past, evidence: Evidence) -> float | None:
    """Seconds since *moment*; None where that is not known, or the clock was put back."""
    waited = evidence.now - moment
    return waited if past.timed and waited >= 0 else None


@room.rule(
    "multi-retry-no-backoff",
    spec="hygiene (RFC 6585 §4)",
    strength="hygiene",
    level="warning",
    needs="form",
    when="past:failed",
)
def multi_retry_no_backoff(evidence: Evidence) -> Finding | str | None:
    """Retries wait longer each time, and end."""
    run = list(itertools.takewhile(lambda past: past.calls_for_retry, _attempts(evidence)))
    if len(run) >= MOST_TRIES:
        return Finding(f"try number {len(run) + 1}", f"at most {MOST_TRIES} tries")
    moments = [evidence.now, *(past.at for past in run)]
    gaps = [later - earlier for later, earlier in itertools.pairwise(moments)]
    # Under a frozen clock all gaps are zero and tell nothing, and less than zero tells that the clock was put back.
    if len(gaps) >= 3 and any(gaps) and min(gaps) >= 0 and max(gaps) < SHORTEST_GAP:
        return Finding(f"{len(gaps)} retries less than {SHORTEST_GAP} s apart", "a longer wait before each try")
    return None


def _polls(evidence: Evidence) -> tuple[str, list[Past]]:
    """The name of what is polled for, and the earlier polls for it."""
    name = "device_code" if evidence.grant == DEVICE_CODE else "auth_req_id"
    polls = evidence.history.with_field(name, evidence.form.get(name) or "")
    # To send a poll once more with the DPoP nonce that was asked for is no new poll (RFC 9449 §8).
    return name, [past for past in polls if past.error != "use_dpop_nonce"]


def _interval(evidence: Evidence, name: str) -> float:
    issue = evidence.history.issue_of(name, evidence.form.get(name) or "")
    interval: Any = issue.answer.get("interval") if issue is not None else None
    if numeric_date.not_a_number(interval) or not 0 <= interval < 10**6:
        return DEFAULT_INTERVAL
    return float(interval)


_POLLED = (DEVICE_CODE, CIBA)


@room.rule(
    "multi-poll-too-fast",
    spec="RFC 8628 §3.4–3.5; CIBA Core §7.3, §10.1",
    needs="form",
    endpoints=TOKEN,
    grants=_POLLED,
    error="slow_down",
    when="past:any",
)
def multi_poll_too_fast(evidence: Evidence) -> Finding | str | None:
    """Polls keep the interval that the server named, 5 seconds if it named none."""
    name, polls = _polls(evidence)
    if not polls or any(past.error == "slow_down" for past in polls):
        return None
    return _too_early(evidence, polls[-1], _interval(evidence, name))


@room.rule(
    "multi-slow-down-ignored",
    spec="RFC 8628 §3.5; CIBA Core §11",
    needs="form",
    endpoints=TOKEN,
    grants=_POLLED,
    error="slow_down",
    when="past:any",
)
def multi_slow_down_ignored(evidence: Evidence) -> Finding | str | None:
    """Each ``slow_down`` adds 5 seconds to the interval, for all later polls."""
    name, polls = _polls(evidence)
    count = sum(past.error == "slow_down" for past in polls)
    return _too_early(evidence, polls[-1], _interval(evidence, name) + SLOW_DOWN * count) if count else None


def _too_early(evidence: Evidence, last: Past, interval: float) -> Finding | None:
    gap = _since(last.at, last, evidence)
    if gap is None or gap + evidence.leeway >= interval:
        return None
    return Finding(f"polled again after {show_span(gap)}{_TICK}", f"at least {show_span(interval)} between polls")


@room.rule("multi-poll-overlap", spec="CIBA Core §10.1", needs="form", endpoints=TOKEN, grants=_POLLED, when="past:any")
def multi_poll_overlap(evidence: Evidence) -> Finding | str | None:
    """A poll is not sent before the one before it is answered."""
    _, polls = _polls(evidence)
    return "the poll before was still unanswered" if any(past.under_way(evidence.arrived) for past in polls) else None


@room.rule(
    "multi-redirect-followed",
    spec="RFC 9110 §15.4; RFC 9700 §4.12; hygiene: no RFC says it of token requests",
    strength="hygiene",
    when="past:failed",
)
def multi_redirect_followed(evidence: Evidence) -> Finding | str | None:
    """Credentials are not sent on to where a redirect points."""
    last = evidence.history.last
    if last is None or last.response is None or last.response.status not in _REDIRECTS:
        return None
    location = last.answer_header("location")
    if location is None:
        return None
    try:
        target = normalized_place(urljoin(last.request.url, location))
    except ValueError:
        return None  # nobody can follow that
    here, there = normalized_place(evidence.request.url), normalized_place(last.request.url)
    if here is None or here != target:
        return None
    carried = (
        "with the assertion" if evidence.assertion or evidence.form.get("client_assertion") else "without the form"
    )
    same_origin = there is not None and here[:3] == there[:3]
    return Finding(
        f"the redirect {last.response.status} was followed, {carried}",
        "no redirects: allow_redirects=False",
        level="warning" if same_origin else None,
    )


@room.rule(
    "multi-endpoint-from-response",
    spec="FAPI 2.0 Security Profile §5.3.3.1; RFC 8414 §3.3",
    strength="SHOULD",
    level="warning",
    when="odd:url",
)
def multi_endpoint_from_response(evidence: Evidence) -> Finding | str | None:
    """Endpoints are those configured or in the metadata, never ones that a token response names."""
    if evidence.at_endpoint:
        return None
    url = evidence.request.url.partition("?")[0]
    for past in reversed(evidence.history.items):
        for name, value in past.answer.items():
            if isinstance(value, str) and value.partition("?")[0] == url:
                return f"the URL stands in an earlier response, as {name[:60]!a}"
    return None


@room.rule("multi-issuer-metadata-mismatch", spec="RFC 8414 §3.3", when="past:metadata")
def multi_issuer_metadata_mismatch(evidence: Evidence) -> Finding | str | None:
    """Metadata that names another issuer is not used."""
    # A page that is no JSON object is no metadata, and of several documents the client went on with the last.
    read = [past for past in evidence.history.metadata if past.succeeded and past.answer]
    if not read or (issuer := read[-1].answer.get("issuer")) == evidence.server.issuer:
        return None
    named = "no issuer" if issuer is None else f"the issuer {str(issuer)[:200]!a}"
    return Finding(f"the metadata named {named}, and the client went on", repr(evidence.server.issuer))
