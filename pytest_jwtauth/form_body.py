"""``application/x-www-form-urlencoded`` (RFC 6749 appendix B) without loss: order, repeats and blanks stay.

Knows nothing of OAuth: names are names here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

LARGEST_BODY = 256 * 1024
"""Octets; a longer body is not read, so that judging takes bounded time."""
MOST_FIELDS = 1000
LONGEST_REPEATED = 200

_HEX_DIGITS = "0123456789ABCDEFabcdef"
_ESCAPES = re.compile(rb"((?:%[0-9A-Fa-f]{2})+)")
_OCTETS = {(a + b).encode("ascii"): bytes([int(a + b, 16)]) for a in _HEX_DIGITS for b in _HEX_DIGITS}
"""What the two digits of an escape stand for."""
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


@dataclass(slots=True, repr=False, eq=False)
class FormBody:
    """A form as received.

    Attributes:
        fields: ``(name, value)`` pairs, decoded once, in the order received. Octets that are not UTF-8 are kept as
            surrogates (PEP 383).
        not_utf8: Names of the fields whose name or value does not decode as UTF-8.
        bad_escapes: Names of the fields with a ``%`` that two hexadecimal digits do not follow.
        unread: Why the body was not read, or None.
    """

    fields: tuple[tuple[str, str], ...]
    not_utf8: tuple[str, ...] = ()
    bad_escapes: tuple[str, ...] = ()
    unread: str | None = None

    def __repr__(self) -> str:
        # A body that was encoded twice is a single name, which holds all that it should hide.
        return f"<FormBody of {len(self.fields)} fields>"

    def get(self, name: str) -> str | None:
        """The first non-empty value of *name*; None if there is none (RFC 6749 §3.2: empty counts as omitted)."""
        for known, value in self.fields:
            if known == name and value:
                return value
        return None

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of *name*, empty ones included."""
        return tuple([value for known, value in self.fields if known == name])


def parse(body: bytes) -> FormBody:
    """Take *body* apart; never raises."""
    if len(body) > LARGEST_BODY:
        return FormBody((), unread=f"the body has {len(body)} octets, more than the {LARGEST_BODY} that are read")
    pieces = body.split(b"&", MOST_FIELDS)
    if len(pieces) > MOST_FIELDS:
        return FormBody((), unread=f"the body has more than {MOST_FIELDS} fields")
    fields = []
    not_utf8 = []
    bad_escapes = []
    for piece in pieces:
        if not piece:
            continue
        raw_name, _, raw_value = piece.partition(b"=")
        if piece.isascii() and b"%" not in piece and b"+" not in piece:
            fields.append((raw_name.decode("ascii"), raw_value.decode("ascii")))
            continue
        # URNs and URLs come again with every request of a client; what is longer does not.
        read = _read_repeated if len(piece) <= LONGEST_REPEATED else _read
        name, value, is_utf8 = read(raw_name, raw_value)
        fields.append((name, value))
        if not is_utf8:
            not_utf8.append(name)
        if b"%" in piece and _BAD_ESCAPE.search(piece):
            bad_escapes.append(name)
    return FormBody(tuple(fields), tuple(not_utf8), tuple(bad_escapes))


def _read(raw_name: bytes, raw_value: bytes) -> tuple[str, str, bool]:
    name, value = _unquote(raw_name.replace(b"+", b" ")), _unquote(raw_value.replace(b"+", b" "))
    try:
        return name.decode("utf-8"), value.decode("utf-8"), True
    except UnicodeDecodeError:
        return name.decode("utf-8", "surrogateescape"), value.decode("utf-8", "surrogateescape"), False


_read_repeated = lru_cache(maxsize=128)(_read)


def decode_again(value: str) -> str:
    """*value* with its percent escapes decoded once more, to recognise what was encoded twice."""
    return _unquote(value.encode("utf-8", "surrogateescape")).decode("utf-8", "replace")


def _unquote(octets: bytes) -> bytes:
    """*octets* without percent escapes. `urllib.parse` raises and catches an exception for each bad one."""
    pieces = _ESCAPES.split(octets)
    # A function for each, as `re.sub` takes it, costs twice as much where escapes stand alone.
    pieces[1::2] = [
        _OCTETS[escapes[1:]] if len(escapes) == 3 else bytes.fromhex(escapes.replace(b"%", b"").decode("ascii"))
        for escapes in pieces[1::2]
    ]
    return b"".join(pieces)
