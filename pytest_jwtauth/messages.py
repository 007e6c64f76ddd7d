"""What was sent and what was answered: HTTP messages, exactly as they went over the wire. Nothing is decoded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any, TypeAlias

from pytest_jwtauth import native_requests
from pytest_jwtauth.errors import check_type
from pytest_jwtauth.urls import shown_request_line

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold requests.
__tracebackhide__ = True


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class TokenRequest:
    """One HTTP request to an endpoint of an authorization server, exactly as sent.

    Args:
        method: The HTTP method, case as sent.
        url: The absolute URL, with query and userinfo if there were any.
        headers: ``(name, value)`` pairs in the order sent, repeated names kept.
        body: The octets of the content, transfer coding removed, nothing decoded.
        received_at: When it arrived, a NumericDate in seconds, if known.

    Raises:
        TypeError: if one of them is of another type.
    """

    method: str
    url: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    received_at: float | None = None

    def __post_init__(self) -> None:
        check_type("TokenRequest.method", self.method, str)
        check_type("TokenRequest.url", self.url, str)
        object.__setattr__(self, "headers", _checked_fields("TokenRequest.headers", self.headers))
        _check_body("TokenRequest.body", self.body)
        check_type("TokenRequest.received_at", self.received_at, float, int, NoneType)

    @classmethod
    def of(cls, sent: object) -> TokenRequest:
        """Read the request out of what a test has in hand, losing nothing.

        Accepts a ``responses.Call``, a ``requests.PreparedRequest``, an ``httpx.Request``, a werkzeug request, a WSGI
        environ, a ``urllib.request.Request`` or a `TokenRequest`.

        Raises:
            TypeError: for anything else; the message lists what is accepted.
        """
        if isinstance(sent, TokenRequest):
            return sent
        return cls(*native_requests.read(sent))

    def __repr__(self) -> str:
        line = shown_request_line(self.method, self.url)
        return f"<TokenRequest {line} ({len(self.headers)} headers, {len(self.body)} bytes)>"

    # Equality is written out, for pytest explains the unequal fields of a dataclass by printing them.
    def __eq__(self, other: object) -> bool:
        return self._value() == other._value() if isinstance(other, TokenRequest) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._value())

    def _value(self) -> tuple[object, ...]:
        return self.method, self.url, self.headers, self.body, self.received_at


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class TokenResponse:
    """What an endpoint answered: status, headers in order, the octets of the body, and when, if known.

    ``headers`` are ``(name, value)`` pairs; ``sent_at`` is a NumericDate in seconds.

    Raises:
        TypeError: if one of them is of another type.
    """

    status: int
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    sent_at: float | None = None

    def __post_init__(self) -> None:
        check_type("TokenResponse.status", self.status, int)
        object.__setattr__(self, "headers", _checked_fields("TokenResponse.headers", self.headers))
        _check_body("TokenResponse.body", self.body)
        check_type("TokenResponse.sent_at", self.sent_at, float, int, NoneType)

    def __repr__(self) -> str:
        return f"<TokenResponse {self.status} ({len(self.headers)} headers, {len(self.body)} bytes)>"

    def __eq__(self, other: object) -> bool:
        return self._value() == other._value() if isinstance(other, TokenResponse) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._value())

    def _value(self) -> tuple[object, ...]:
        return self.status, self.headers, self.body, self.sent_at


HistoryItem: TypeAlias = "TokenRequest | tuple[TokenRequest, TokenResponse | None]"
"""An earlier request, alone or with its answer; ``None`` as the answer means that none arrived."""


def _check_body(name: str, body: object) -> None:
    """Refuse a body that is not the octets that were sent.

    Raises:
        TypeError: for anything but `bytes`.
    """
    if not isinstance(body, bytes):
        raise TypeError(f"{name} is bytes, exactly as sent; got {type(body).__name__}")


def _checked_fields(name: str, fields: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The header *fields* as a tuple.

    Raises:
        TypeError: if they are no ``(name, value)`` pairs of text. A mapping is refused: it cannot repeat a name.
    """
    if type(fields) is tuple and _are_fields(fields):
        return fields
    expected = f"{name} is a sequence of (name, value) pairs of text, in the order sent"
    if isinstance(fields, Mapping):
        raise TypeError(f"{expected}; got {type(fields).__name__}: give its items()")
    try:
        pairs: tuple[Any, ...] = tuple([tuple(field) for field in fields])
    except TypeError as error:
        raise TypeError(f"{expected}; got {type(fields).__name__}") from error
    if not _are_fields(pairs):
        raise TypeError(f"{expected}; got other items")
    return pairs


def _are_fields(pairs: tuple[Any, ...]) -> bool:
    for pair in pairs:
        if type(pair) is not tuple or len(pair) != 2 or not isinstance(pair[0], str) or not isinstance(pair[1], str):
            return False
    return True
