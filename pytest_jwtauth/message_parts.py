"""Whether the parts of an HTTP message that a test hands over are what they are said to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# `pytest --showlocals` prints the variables of every frame it shows; these hold parts of requests.
__tracebackhide__ = True


def check_body(name: str, body: object) -> None:
    """Refuse a body that is not the octets that were sent.

    Raises:
        TypeError: for anything but `bytes`.
    """
    if not isinstance(body, bytes):
        raise TypeError(f"{name} is bytes, exactly as sent; got {type(body).__name__}")


def checked_fields(name: str, fields: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
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
