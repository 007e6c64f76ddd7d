"""What a test scripts for the token endpoint: the arguments of ``then``, read and checked before anything is sent.

Knows no request and no library.
"""

from __future__ import annotations

import datetime
import email.utils
import json
import re
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from pytest_jwtauth.errors import ConfigurationError, unknown_name
from pytest_jwtauth.faults import (
    KINDS,
    Fields,
    RetryAfter,
    ScriptedAnswer,
    Spoil,
    of_success,
    with_members,
    with_octets,
)
from pytest_jwtauth.messages import TokenResponse
from pytest_jwtauth.model import Json

# `pytest --showlocals` prints the variables of every frame it shows; those of this module may hold what a test answers.
__tracebackhide__ = True

ERRORS: Mapping[str, int | None] = {
    "invalid_request": 400,
    "invalid_client": None,
    "invalid_grant": 400,
    "unauthorized_client": 400,
    "unsupported_grant_type": 400,
    "invalid_scope": 400,
    "invalid_target": 400,
    "authorization_pending": 400,
    "slow_down": 400,
    "expired_token": 400,
    "access_denied": 400,
    "invalid_dpop_proof": 400,
    "use_dpop_nonce": 400,
    "unsupported_token_type": 400,
    "invalid_request_object": 400,
    "expired_login_hint_token": 400,
    "unknown_user_id": 400,
    "missing_user_code": 400,
    "invalid_user_code": 400,
    "invalid_binding_message": 400,
    "server_error": 500,
    "temporarily_unavailable": 503,
}
"""``error`` values and their status; None: that of the profile.

RFC 6749 §4.1.2.1 and §5.2, RFC 8628 §3.5, RFC 8707 §2, RFC 9449 §5 and §8; of other endpoints RFC 7009 §2.2.1, RFC 9101
§7, CIBA Core §13.
"""

_ERRORS_OF_STATUSES: Mapping[int, str] = {
    401: "invalid_client",
    429: "temporarily_unavailable",
    503: "temporarily_unavailable",
}
_REDIRECTIONS = frozenset({301, 302, 303, 307, 308})
_WITHOUT_CONTENT = frozenset({204, 205, 304})


NORMAL = ScriptedAnswer(normal=True, processed=True)
"""What an endpoint does that nobody told otherwise."""
Endpoint = TypeVar("Endpoint", bound="Scriptable")


class Scriptable:
    """An endpoint that a test can tell what to do with the next requests."""

    def __init__(self, **others: Any) -> None:
        super().__init__(**others)
        self._script: deque[ScriptedAnswer] = deque()

    def then(
        self: Endpoint,
        what: int | str,
        *,
        retry_after: RetryAfter | None = None,
        location: str | None = None,
        members: Mapping[str, Json] | None = None,
        without: Iterable[str] = (),
        body: bytes | str | None = None,
        content_type: str | None = None,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        processed: bool | None = None,
    ) -> Endpoint:
        """Script what happens to the next request not scripted yet; it is judged and remembered all the same.

        After the script the endpoint answers normally again.
        ``endpoint.then("read-timeout").then(503, retry_after=2).then("truncated-json").then_ok()``

        Args:
            what: An HTTP status from 200 to 599, an ``error`` of RFC 6749 §5.2, or a kind of trouble.
            retry_after: For ``Retry-After``: seconds; or a date, as a datetime, as an HTTP-date, or as a timedelta from
                the server's time on.
            location: Where a redirection leads.
            members: Put into the JSON object of the answer; of a success only if the request is right.
            without: Names of members to leave out of it.
            body: The whole body, whatever was asked.
            content_type: In the place of ``application/json``; empty for none.
            headers: More headers.
            processed: Whether the server did what it was asked for all the same, so that a code is spent. By default it
                did where the answer is a success or gets lost, and did not where it is an error.

        Raises:
            ConfigurationError: for what cannot be answered.
        """
        self._script.append(
            scripted(
                what,
                retry_after=retry_after,
                location=location,
                members=members,
                without=without,
                body=body,
                content_type=content_type,
                headers=headers,
                processed=processed,
            )
        )
        return self

    def then_ok(self: Endpoint) -> Endpoint:
        """Script one normal answer: tokens if the request is right, a refusal if it is not."""
        self._script.append(NORMAL)
        return self

    def _next_step(self) -> ScriptedAnswer:
        return self._script.popleft() if self._script else NORMAL


def scripted(
    what: object,
    *,
    retry_after: object = None,
    location: str | None = None,
    members: object = None,
    without: object = (),
    body: object = None,
    content_type: object = None,
    headers: object = (),
    processed: object = None,
) -> ScriptedAnswer:
    """Read what a test scripts; the arguments are those of ``TokenEndpoint.then``.

    Raises:
        ConfigurationError: for what cannot be answered; the message lists what can.
    """
    if isinstance(what, str) and what in KINDS:
        others = {
            "retry_after": retry_after is not None,
            "location": location is not None,
            "members": members is not None,
            "without": bool(without),
            "body": body is not None,
            "content_type": content_type is not None,
            "headers": bool(headers),
        }
        return _kind(what, [name for name, given in others.items() if given], processed)
    step = _error(what) if isinstance(what, str) else _status(what)
    status = step.status
    if location is None and status in _REDIRECTIONS:
        raise ConfigurationError(f"then({what}) needs a location: where the redirection leads")
    if location is not None and (status is None or not (status in _REDIRECTIONS or status in {201, 300})):
        raise ConfigurationError(
            f"then({what!r}, location=…): a redirection needs a location, and nothing else takes one"
        )
    target = () if location is None else (("Location", location),)
    if processed is not None and (step.normal or not isinstance(processed, bool)):
        raise ConfigurationError(
            f"then({what!r}, processed={processed!r}): processed is True or False, and a success is always processed"
        )
    edits = _edits(step, members, without, body, content_type)
    if step.normal:
        if status == 200 and not edits:
            raise ConfigurationError("then(200) needs body=, members= or without=. For a normal answer use then_ok()")
        edits = [_with_status(status, body is not None), *edits]
    return replace(
        step,
        headers=(*target, *_headers(headers)),
        retry_after=_retry_after(retry_after),
        processed=step.processed or bool(processed),
        spoil=_one_after_the_other(edits) if edits else None,
    )


def _kind(name: str, others: list[str], processed: object) -> ScriptedAnswer:
    kind = KINDS[name]
    if others:
        raise ConfigurationError(
            f"then({name!r}) takes no {' and no '.join(others)}, for it says itself what happens: {kind.does} "
            "Give a status to say more: then(200, body=…)"
        )
    if processed is None:
        return kind.step
    lost = [other for other, one in KINDS.items() if one.step.breakdown and one.step.is_sent and not one.step.begins]
    if name not in lost or not isinstance(processed, bool):
        raise ConfigurationError(
            f"then({name!r}, processed={processed!r}): processed is True or False, and for a status of 300 and more, "
            f"an error, or where the whole answer is lost ({', '.join(lost)})"
        )
    return replace(kind.step, normal=processed, processed=processed)


def _error(name: str) -> ScriptedAnswer:
    if name not in ERRORS:
        raise unknown_name("trouble", name, [*ERRORS, *KINDS])
    return ScriptedAnswer(error=name, status=ERRORS[name])


def _status(what: object) -> ScriptedAnswer:
    if isinstance(what, bool) or not isinstance(what, int) or not 200 <= what <= 599:
        raise ConfigurationError(
            "then() takes an HTTP status from 200 to 599 (one below 200 is no answer yet, RFC 9110 §15.2), "
            f"an error ({', '.join(ERRORS)}) or a kind of trouble ({', '.join(KINDS)}); got {what!r}. "
            "For a normal answer use then_ok()"
        )
    if what < 300:
        return ScriptedAnswer(status=what, normal=True, processed=True)
    return ScriptedAnswer(error=_error_of(what), status=what)


def _error_of(status: int) -> str | None:
    if status < 400:
        return None
    return _ERRORS_OF_STATUSES.get(status, "invalid_request" if status < 500 else "server_error")


def _edits(step: ScriptedAnswer, members: object, without: object, body: object, content_type: object) -> list[Spoil]:
    """What the keywords for the body do to an answer."""
    edits: list[Spoil] = []
    if members is not None or without:
        if body is not None:
            raise ConfigurationError("then() takes members= and without=, or body=: not both")
        if (not step.normal and step.error is None) or step.status in _WITHOUT_CONTENT:
            raise ConfigurationError(
                f"an answer {step.status} has no JSON object, so it takes no members= and without="
            )
        change = with_members(_json_object(members), _names(without))
        edits.append(of_success(change) if step.normal else change)
    if body is not None or content_type is not None:
        if step.status in _WITHOUT_CONTENT:
            raise ConfigurationError(f"an answer {step.status} has no content (RFC 9110 §6.4.1)")
        if body is not None and not isinstance(body, (bytes, str)):
            raise ConfigurationError(f"body is bytes, or a str to be sent as UTF-8; got {type(body).__name__}")
        if content_type is not None and not (isinstance(content_type, str) and _VALUE.fullmatch(content_type)):
            raise ConfigurationError(f"content_type is what a header may say; got {content_type!r}")
        content = body.encode("utf-8") if isinstance(body, str) else body
        edits.append(with_octets(lambda octets: octets if content is None else content, content_type))
    return edits


def _json_object(members: object) -> dict[str, Json]:
    if members is None:
        return {}
    if not isinstance(members, Mapping) or not all(isinstance(name, str) for name in members):
        raise ConfigurationError(f"members is a mapping from names to JSON values; got {type(members).__name__}")
    try:
        json.dumps(dict(members))
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"members holds what JSON cannot say: {error}") from error
    return dict(members)


def _names(without: object) -> list[str]:
    if isinstance(without, str) or not isinstance(without, Iterable):
        raise ConfigurationError(f"without is a list of member names; got {type(without).__name__}")
    return [str(name) for name in without]


def _with_status(status: int | None, whatever_was_asked: bool) -> Spoil:
    """Give a success this status; a refusal only where the test says the whole answer."""

    def spoil(answer: TokenResponse) -> TokenResponse:
        if status is None or not (whatever_was_asked or 200 <= answer.status < 300):
            return answer
        if status in _WITHOUT_CONTENT:
            answer = with_octets(lambda _: b"", "")(answer)
        return replace(answer, status=status)

    return spoil


def _one_after_the_other(edits: list[Spoil]) -> Spoil:
    def spoil(answer: TokenResponse) -> TokenResponse:
        for edit in edits:
            answer = edit(answer)
        return answer

    return spoil


_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\t -~\x80-\xff]*")


def _is_value(value: object) -> bool:
    return isinstance(value, str) and _VALUE.fullmatch(value) is not None


def _headers(headers: object) -> Fields:
    given: object = headers.items() if isinstance(headers, Mapping) else headers
    pairs: list[Any] = list(given) if isinstance(given, Iterable) else [given]
    for pair in pairs:
        is_pair = isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str)
        if not is_pair or not _NAME.fullmatch(pair[0]) or not _is_value(pair[1]):
            raise ConfigurationError("headers is a mapping from names to values, or a list of (name, value) pairs")
    return tuple(pairs)


def _retry_after(value: object) -> RetryAfter | None:
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        return value
    if isinstance(value, datetime.timedelta) and value >= datetime.timedelta(0):
        return value
    if isinstance(value, str) and _is_http_date(value):
        return value
    raise ConfigurationError(
        "retry_after is a whole number of seconds, 0 or more, or a date: a datetime with a time zone, a timedelta from "
        f"the server's time on, or an HTTP-date (Sun, 06 Nov 1994 08:49:37 GMT); got {value!r}"
    )


def _is_http_date(text: str) -> bool:
    try:
        return email.utils.format_datetime(email.utils.parsedate_to_datetime(text), usegmt=True) == text
    except (ValueError, TypeError):
        return False
