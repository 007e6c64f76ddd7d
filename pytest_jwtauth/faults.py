"""Trouble on purpose, as data: what a test can script the token endpoint to do, and what becomes of an answer then.

Knows no request, no verdict, no library and no socket. A new kind of trouble is a row of `KINDS`.
"""

from __future__ import annotations

import datetime
import email.utils
import errno
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from pytest_jwtauth.messages import TokenResponse
from pytest_jwtauth.model import Json

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold tokens.
__tracebackhide__ = True

Breakdown = Literal["connection-refused", "connect-timeout", "read-timeout", "connection-reset"]
"""What a client meets in the place of an answer, or of its end."""

Fields: TypeAlias = tuple[tuple[str, str], ...]


class NoAnswer(Exception):
    """The client gets no answer, or only the beginning of one. Each adapter raises what its library raises then.

    Attributes:
        how: What the client meets. After ``connection-refused`` and ``connect-timeout`` the request was never sent.
        begun: What arrives before that: status, headers (with the ``Content-Length`` of the whole) and the first octets
            of the body; None if nothing does.
    """

    def __init__(self, how: Breakdown, begun: TokenResponse | None = None) -> None:
        super().__init__(how)
        self.how = how
        self.begun = begun

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.how, self.begun)


Spoil: TypeAlias = Callable[[TokenResponse], TokenResponse]


@dataclass(frozen=True, slots=True, repr=False)
class ScriptedAnswer:
    """One step of a script. Its headers are a test's, and may hold anything, so it has no repr.

    Attributes:
        error: The ``error`` member of an answer that is given whatever was asked; None for one without a body.
        status: Its HTTP status; None for the one that the profile gives to *error*.
        headers: Headers beyond those that every answer has.
        retry_after: What ``Retry-After`` says, if anything.
        normal: Whether the normal answer is what *spoil* is applied to; *error* and *status* are not used then.
        processed: Whether the server does what it was asked for, so that a code is spent.
        spoil: What happens to the answer.
        breakdown: What the client meets in the place of an answer, or of its end.
        begins: Whether half of the answer arrives before that.
    """

    error: str | None = None
    status: int | None = None
    headers: Fields = ()
    retry_after: RetryAfter | None = None
    normal: bool = False
    processed: bool = False
    spoil: Spoil | None = None
    breakdown: Breakdown | None = None
    begins: bool = False

    @property
    def is_sent(self) -> bool:
        """Whether the request reaches the server at all."""
        return self.breakdown not in _NEVER_SENT

    def deliver(self, answer: TokenResponse, now: float) -> TokenResponse:
        """What arrives at the client when the server sends *answer* at *now*, a NumericDate.

        Raises:
            NoAnswer: if it does not arrive, or not whole.
        """
        spoilt = answer if self.spoil is None else self.spoil(answer)
        if added := (*self.headers, *_retry_after(self.retry_after, now)):
            spoilt = replace(spoilt, headers=(*spoilt.headers, *added))
        if self.breakdown is None:
            return spoilt
        raise NoAnswer(self.breakdown, _first_half(spoilt) if self.begins else None)


def os_error(how: Breakdown) -> OSError:
    """What a socket raises."""
    if how == "connection-refused":
        return ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
    if how == "connection-reset":
        return ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
    return TimeoutError("timed out")


RetryAfter: TypeAlias = "int | str | datetime.datetime | datetime.timedelta"
_NEVER_SENT = frozenset({"connection-refused", "connect-timeout"})


def _first_half(answer: TokenResponse) -> TokenResponse:
    length = ("Content-Length", str(len(answer.body)))
    return replace(answer, headers=(*answer.headers, length), body=answer.body[: len(answer.body) // 2])


def _retry_after(retry_after: RetryAfter | None, now: float) -> Fields:
    """``Retry-After`` (RFC 9110 §10.2.3) as an answer sent at *now*, a NumericDate, has it."""
    if retry_after is None:
        return ()
    if isinstance(retry_after, datetime.timedelta):
        second = -(-(now + retry_after.total_seconds()) // 1)  # a date has no fractions; earlier would be too early
        return (("Retry-After", email.utils.formatdate(second, usegmt=True)),)
    if isinstance(retry_after, datetime.datetime):
        moment = retry_after.astimezone(datetime.timezone.utc)
        return (("Retry-After", email.utils.format_datetime(moment, usegmt=True)),)
    return (("Retry-After", str(retry_after)),)


# What a kind of trouble does to an answer. Only a success has members to spoil; octets every answer has.


def with_members(members: Mapping[str, Json], without: Iterable[str] = ()) -> Spoil:
    """Put *members* into the JSON object of an answer, and take those named *without* out of it."""

    def spoil(answer: TokenResponse) -> TokenResponse:
        there = _json_object(answer)
        if there is None:
            return answer
        kept = {name: value for name, value in there.items() if name not in without}
        return replace(answer, body=json.dumps({**kept, **members}, separators=(",", ":")).encode("ascii"))

    return spoil


def _json_object(answer: TokenResponse) -> Mapping[str, Json] | None:
    """The members of a body; None for one that is no JSON object, as the empty body that answers a revocation."""
    try:
        there = json.loads(answer.body)
    except ValueError:
        return None
    return there if isinstance(there, dict) else None


def of_success(spoil: Spoil) -> Spoil:
    """Let a refusal be."""
    return lambda answer: spoil(answer) if 200 <= answer.status < 300 else answer


def _where_there(change: Callable[[Json], Json], name: str) -> Spoil:
    """Change the member *name* of answers that have it; `_GONE` takes it away."""

    def spoil(answer: TokenResponse) -> TokenResponse:
        there = _json_object(answer)
        if there is None or name not in there:
            return answer
        changed = change(there[name])
        return (with_members({}, [name]) if changed is _GONE else with_members({name: changed}))(answer)

    return spoil


_GONE = object()


def _gone(_: Json) -> Json:
    return _GONE


def with_octets(change: Callable[[bytes], bytes], content_type: str | None = None) -> Spoil:
    """Change the octets of the body, and the ``Content-Type``; an empty one takes that away."""

    def spoil(answer: TokenResponse) -> TokenResponse:
        headers = answer.headers if content_type is None else _typed(answer.headers, content_type)
        return replace(answer, headers=headers, body=change(answer.body))

    return spoil


def _typed(headers: Iterable[tuple[str, str]], content_type: str) -> Fields:
    """*headers* with another ``Content-Type``; without any where that is empty."""
    others = tuple((name, value) for name, value in headers if name.lower() != "content-type")
    return (("Content-Type", content_type), *others) if content_type else others


def _twice(name: str) -> Spoil:
    def spoil(answer: TokenResponse) -> TokenResponse:
        if name not in (_json_object(answer) or {}):
            return answer
        return replace(answer, body=f'{{"{name}":"worth-nothing",'.encode("ascii") + answer.body[1:])

    return spoil


def _huge(answer: TokenResponse) -> TokenResponse:
    return with_members({"padding": "x" * HUGE})(answer)


HUGE = 8 * 1024 * 1024
"""Octets that ``huge-body`` adds."""
_PAGE = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><h1>Sign in to continue</h1></body></html>\n"
_VENDORS = {
    "not-before-policy": 0,
    "session_state": "5f0d3a1c",
    "ext": {"list": [None, True, 1.5], "Access_Token": "none"},
    "ext_expires_in": "7200",
    "é": "",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of trouble.

    Attributes:
        does: What happens, a sentence for the reader of the documentation.
        source: Where it is said what ought to be, or that it may happen.
        step: How it is played.
    """

    does: str
    source: str
    step: ScriptedAnswer


def _spoilt(does: str, source: str, spoil: Spoil) -> Kind:
    return Kind(does, source, ScriptedAnswer(normal=True, processed=True, spoil=spoil))


def _broken(does: str, source: str, breakdown: Breakdown, **how: Any) -> Kind:
    sent = breakdown not in _NEVER_SENT
    return Kind(does, source, ScriptedAnswer(normal=sent, processed=sent, breakdown=breakdown, **how))


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "connection-refused": _broken(
            "Nobody listens: the request is never sent.", "RFC 9293 §3.5.2", "connection-refused"
        ),
        "connect-timeout": _broken(
            "Nobody answers the attempt to connect: the request is never sent.", "RFC 9293 §3.8.3", "connect-timeout"
        ),
        "read-timeout": _broken(
            "The server does what it was asked for, and its answer never comes.", "RFC 9110 §9.2.2", "read-timeout"
        ),
        "connection-reset": _broken(
            "The server does what it was asked for, and the connection breaks before its answer.",
            "RFC 9110 §9.2.2; RFC 9293 §3.10.7.4",
            "connection-reset",
        ),
        "slow-body": _broken(
            "Status, headers and half of the body arrive; then the client waits until its read time-out.",
            "RFC 9112 §8",
            "read-timeout",
            begins=True,
        ),
        "truncated-body": _broken(
            "The connection breaks after half of the body that Content-Length promised.",
            "RFC 9112 §8",
            "connection-reset",
            begins=True,
        ),
        "truncated-json": _spoilt(
            "The body is whole by HTTP, but ends in the middle of the JSON object.",
            "RFC 8259 §2",
            with_octets(lambda body: body[: len(body) // 2]),
        ),
        "empty-body": _spoilt("The body is empty.", "RFC 6749 §5.1", with_octets(lambda _: b"")),
        "html": _spoilt(
            "An HTML page stands in the place of the JSON object, as from a portal in between.",
            "RFC 6749 §5.1",
            with_octets(lambda _: _PAGE, "text/html; charset=utf-8"),
        ),
        "wrong-content-type": _spoilt(
            "The JSON object comes as text/plain.", "RFC 6749 §5.1", with_octets(lambda body: body, "text/plain")
        ),
        "no-content-type": _spoilt(
            "The JSON object comes without a Content-Type.", "RFC 9110 §8.3", with_octets(lambda body: body, "")
        ),
        "bom": _spoilt(
            "A byte order mark stands before the JSON object.",
            "RFC 8259 §8.1",
            with_octets(lambda body: b"\xef\xbb\xbf" + body),
        ),
        "huge-body": _spoilt(
            "The JSON object has a member of 8 MiB that nobody asked for.",
            "hygiene",
            of_success(_huge),
        ),
        "not-an-object": _spoilt(
            "The JSON object stands in an array.", "RFC 6749 §5.1", with_octets(lambda body: b"[" + body + b"]")
        ),
        "duplicate-members": _spoilt(
            "The object has access_token twice, first with a value that is worth nothing.",
            "RFC 8259 §4",
            _twice("access_token"),
        ),
        "unknown-members": _spoilt(
            "The object has members that no specification knows; a client ignores them.",
            "RFC 6749 §5.1",
            of_success(with_members(_VENDORS)),
        ),
        "no-access-token": _spoilt("access_token is missing.", "RFC 6749 §5.1", _where_there(_gone, "access_token")),
        "no-token-type": _spoilt("token_type is missing.", "RFC 6749 §5.1", _where_there(_gone, "token_type")),
        "lower-case-token-type": _spoilt(
            "token_type is bearer, which means the same as Bearer.",
            "RFC 6749 §5.1",
            _where_there(str.lower, "token_type"),
        ),
        "no-expires-in": _spoilt(
            "expires_in is missing, as it may be: how long the token lives is not known.",
            "RFC 6749 §5.1",
            _where_there(_gone, "expires_in"),
        ),
        "string-expires-in": _spoilt(
            'expires_in is a string: "3600".', "RFC 6749 §5.1, A.14", _where_there(str, "expires_in")
        ),
        "null-expires-in": _spoilt(
            "expires_in is null.", "RFC 6749 §5.1, A.14", _where_there(lambda _: None, "expires_in")
        ),
        "zero-expires-in": _spoilt("expires_in is 0.", "RFC 6749 §5.1", _where_there(lambda _: 0, "expires_in")),
        "negative-expires-in": _spoilt(
            "expires_in is -1.", "RFC 6749 §5.1, A.14", _where_there(lambda _: -1, "expires_in")
        ),
        "error-in-success": Kind(
            "The status is 200, the body says invalid_grant.",
            "RFC 6749 §5.2",
            ScriptedAnswer(error="invalid_grant", status=200),
        ),
        "basic-bait": Kind(
            "401 with WWW-Authenticate: Basic, which tempts a client to send its secret as a password.",
            "RFC 6749 §2.3, §5.2",
            ScriptedAnswer(
                error="invalid_client",
                status=401,
                headers=(("WWW-Authenticate", 'Basic realm="token endpoint"'),),
            ),
        ),
    }
)
"""Every kind of trouble besides errors and statuses, by the name that ``then`` takes."""
