"""Take a JWS Compact Serialization (RFC 7515 §7.1) apart without trusting it, and say what is odd about the text.

No key, no clock, no verdict: whether something odd is a fault is for the rules to say. Where a fault can be seen
through (padding, the standard base64 alphabet, quotes around the text) reading goes on, so that later faults show too.
"""

from __future__ import annotations

import binascii
import json
import re
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from typing import Any, Literal

from pytest_jwtauth.numeric_date import HugeInteger

LARGEST_TEXT = 64 * 1024
"""Characters; a longer text is not taken apart."""
SANE_TEXT = 8192
"""Characters; many servers and proxies stop at this length of a header line or parameter."""
SHORT_HEADER = 300
"""Characters of an encoded header that is kept, for the next request will have the same."""
DEEPEST = 32
"""Levels of JSON nesting that are read."""
MOST_DIGITS = 1000
"""Digits that an integer may have; Python itself stops at 4,300."""

MOST_PARTS = 8
"""Dot-separated parts that are read; more are only counted."""

JsonFault = Literal["not-base64url", "not-utf8", "not-json", "not-object", "too-deep"]

_FOREIGN = re.compile(r"[^A-Za-z0-9_\-=]")
_COMPACT = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
"""All that a compact serialization consists of."""
_ENDINGS = {2: "AQgw", 3: "AEIMQUYcgkosw048"}
"""Last characters whose unused bits are zero, by the number of characters in the last group of four."""
_RIGHT = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=")
_WHITESPACE = re.compile(r"\s+")
# A string that is not closed ends with the text: a pattern that could fail there would try again at each escaped quote.
_STRING = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)', re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_STANDARD_TO_URL = str.maketrans("+/", "-_")
_URL_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_WRAPPERS = (
    ("double quotes", '"', '"'),
    ("a Python bytes literal, b'…'", "b'", "'"),
    ('a Python bytes literal, b"…"', 'b"', '"'),
    ("single quotes", "'", "'"),
    ("angle brackets", "<", ">"),
)
"""What may stand around a text, with its two ends."""


@dataclass(slots=True, repr=False, eq=False)
class Segment:
    """One dot-separated part.

    Attributes:
        octets: What it decodes to, oddities seen through; None if it does not decode.
        impossible_length: No sequence of octets encodes to this many characters (RFC 4648 §4).
        noncanonical: Encoding the octets again gives another text (RFC 4648 §3.5).
        padded: It ends in ``=``.
        foreign: Characters outside the base64url alphabet, each once.
    """

    octets: bytes | None
    impossible_length: bool
    noncanonical: bool
    padded: bool = False
    foreign: str = ""


@dataclass(slots=True, repr=False, eq=False)
class JsonText:
    """A header or claims set as JSON: the object, or why there is none.

    Attributes:
        value: The members; None if there is a *fault*.
        fault: What kind of fault, *detail* says it in words.
        duplicates: Member names that occur more than once in one object.
    """

    value: dict[str, Any] | None
    fault: JsonFault | None = None
    detail: str = ""
    duplicates: tuple[str, ...] = ()


@dataclass(slots=True, repr=False, eq=False)
class Jws:
    """A text in the place of a compact JWS, taken apart as far as it goes.

    Attributes:
        text: The text as received.
        wrapper: What stood around the JWS (quotes, ``b'…'``, ``Bearer``, white space), in words; None if nothing did.
        segments: Its parts, the first `MOST_PARTS` of them.
        signing_inputs: The octets that may have been signed: as received first, then with oddities removed.
        header_json, claims_json: The decoded first and second part; None where there are not three parts.
        signature: Octets of the third part; None if it cannot be decoded.
        looks_like_json: The text is a JSON serialization, or holds pieces of one.
        too_large: The text is longer than what is read; nothing else is known then.
        clean: Nothing is odd about the text: three parts, none empty or padded, each decodes, in the one way.
    """

    text: str
    wrapper: str | None = None
    segments: tuple[Segment, ...] = ()
    signing_inputs: tuple[bytes, ...] = ()
    header_json: JsonText | None = None
    claims_json: JsonText | None = None
    signature: bytes | None = None
    looks_like_json: bool = False
    too_large: bool = False
    clean: bool = False
    #: Octets of header and payload joined, for a search through what the text hides.
    hidden: bytes = field(default=b"")

    def __repr__(self) -> str:
        return f"<Jws of {len(self.segments)} parts>"

    @property
    def header(self) -> dict[str, Any] | None:
        """The JOSE header, if it could be read."""
        return self.header_json.value if self.header_json else None

    @property
    def claims(self) -> dict[str, Any] | None:
        """The claims set, if it could be read."""
        return self.claims_json.value if self.claims_json else None


def take_apart(text: str) -> Jws:
    """Read *text* as far as it can be read; never raises."""
    if len(text) > LARGEST_TEXT:
        return Jws(text, too_large=True)
    octets = _clean_octets(text)
    if octets is not None:
        return _take_clean_apart(text, octets)
    bare, wrapper = _unwrap(text)
    looks_like_json = "{" in bare or "}" in bare
    parts = bare.split(".", MOST_PARTS)[:MOST_PARTS]
    segments = tuple([_read_segment(part) for part in parts])
    header_json = claims_json = None
    signature = None
    signing_inputs: tuple[bytes, ...] = ()
    if len(parts) == 3:
        header_json, claims_json = read_json(segments[0].octets), read_json(segments[1].octets)
        signature = segments[2].octets
        received = bare.rpartition(".")[0]
        cleaned = _clean(received)
        signing_inputs = (_to_octets(received),) if cleaned == received else (_to_octets(received), _to_octets(cleaned))
    elif segments[0].octets and segments[0].octets.lstrip()[:1] == b"{":
        # Also of a JWE, or of a JWS that lost a part, the header can be shown.
        header_json = read_json(segments[0].octets)
        if len(parts) == 2:
            claims_json = read_json(segments[1].octets)
    hidden = b"\n".join([segment.octets for segment in segments[:2] if segment.octets])
    return Jws(
        text, wrapper, segments, signing_inputs, header_json, claims_json, signature, looks_like_json, hidden=hidden
    )


def _clean_octets(text: str) -> bytes | None:
    """*text* as octets if it has three parts of the right alphabet, of which the first two are not empty."""
    if not text.isascii():
        return None
    octets = text.encode("ascii")
    # To delete all that is right and look what is left takes a tenth of the time of a regular expression.
    if octets.translate(None, _COMPACT) or octets.count(b".") != 2:
        return None
    return octets if 0 < octets.find(b".") < octets.rfind(b".") - 1 else None


def _take_clean_apart(text: str, octets: bytes) -> Jws:
    """The common case, three parts of the right alphabet, without looking for what cannot be there."""
    parts = text.split(".")
    _, claims_base64, signature_base64 = octets.translate(_URL_TO_STANDARD).split(b".")
    header, header_json = _read_header(parts[0])
    claims, signature = _from_base64(claims_base64), _from_base64(signature_base64)
    unused_bits = [_has_unused_bits(part) for part in parts]
    return Jws(
        text,
        segments=(
            Segment(header, impossible_length=header is None, noncanonical=unused_bits[0]),
            Segment(claims, impossible_length=claims is None, noncanonical=unused_bits[1]),
            Segment(signature, impossible_length=signature is None, noncanonical=unused_bits[2]),
        ),
        signing_inputs=(octets[: octets.rfind(b".")],),
        header_json=header_json,
        claims_json=read_json(claims),
        signature=signature,
        clean=None not in (header, claims, signature) and True not in unused_bits,
        hidden=(header or b"") + b"\n" + (claims or b""),
    )


def _read_header(text: str) -> tuple[bytes | None, JsonText]:
    if len(text) > SHORT_HEADER:
        octets = _decode(text)
        return octets, read_json(octets)
    octets, members = _decode_header(text)
    # A copy each: who changes the header of one request does not change that of the next.
    return octets, read_json(octets) if members is None else JsonText(dict(members))


# Clients send one and the same header again and again.
@lru_cache(maxsize=64)
def _decode_header(text: str) -> tuple[bytes | None, dict[str, str] | None]:
    """The octets of a header, and its members if nothing is odd about them and all are strings."""
    octets = _decode(text)
    read = read_json(octets)
    members = read.value
    if members is None or read.duplicates or not all(type(value) is str for value in members.values()):
        return octets, None
    return octets, members


def _unwrap(text: str) -> tuple[str, str | None]:
    stripped = text.strip()
    for words, start, end in _WRAPPERS:
        if stripped.startswith(start) and stripped.endswith(end) and len(stripped) >= len(start) + len(end):
            return stripped[len(start) : -len(end)].strip(), words
    bearer, rest = (begun := text.lstrip())[:6], begun[6:]
    if bearer.lower() == "bearer" and rest[:1].isspace():
        return rest.strip(), "the prefix «Bearer »"
    return stripped, None if stripped == text else "white space"


def _read_segment(text: str) -> Segment:
    foreign = (
        "" if _FOREIGN.search(text) is None else "".join([one for one in dict.fromkeys(text) if one not in _RIGHT])
    )
    cleaned = _clean(text)
    readable = "=" not in cleaned and not _FOREIGN.search(cleaned)
    return Segment(
        _decode(cleaned) if readable else None,
        padded="=" in text,
        foreign=foreign,
        # What foreign characters stand for is unknown, so they tell nothing about the length and the last character.
        impossible_length=readable and len(cleaned) % 4 == 1,
        noncanonical=not foreign and readable and _has_unused_bits(cleaned),
    )


def _has_unused_bits(text: str) -> bool:
    """Whether bits of the last character that carry no octet are set; the last is all that can differ."""
    odd = len(text) % 4
    return odd > 1 and text[-1] not in _ENDINGS[odd]


def _clean(text: str) -> str:
    """What the sender may have meant: no padding, no white space, the URL-safe alphabet."""
    if _FOREIGN.search(text) is None and "=" not in text:
        return text
    joined = _WHITESPACE.sub("", text).translate(_STANDARD_TO_URL)
    return ".".join([part.rstrip("=") for part in joined.split(".")])


def _decode(text: str) -> bytes | None:
    return _from_base64(text.encode("ascii").translate(_URL_TO_STANDARD))


def _from_base64(octets: bytes) -> bytes | None:
    try:
        # More padding than is due is passed over.
        return binascii.a2b_base64(octets + b"==")
    except binascii.Error:
        return None


def _to_octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


class _Refused(ValueError):
    """Raised inside the JSON reader for what Python's own would let through."""


class _Repeated(Exception):
    """Raised inside the JSON reader for an object with a repeated member."""


def _refuse_constant(name: str) -> Any:
    raise _Refused(f"{name} is not JSON")


def _read_integer(digits: str) -> int | HugeInteger:
    if len(digits) > MOST_DIGITS:
        return HugeInteger(len(digits.removeprefix("-")), digits.startswith("-"))
    return int(digits)


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Repeated
    return members


# Made once: building a decoder costs more than reading a claims set with it. Short texts hold no long number, and
# without a function of ours for each number they are read in half the time.
_READ_LONG = json.JSONDecoder(
    object_pairs_hook=_unique_members, parse_constant=_refuse_constant, parse_int=_read_integer
).decode
_READ_SHORT = json.JSONDecoder(object_pairs_hook=_unique_members, parse_constant=_refuse_constant).decode
_READ_PLAIN = json.JSONDecoder(parse_constant=_refuse_constant).raw_decode


def _read_repeated(text: str) -> tuple[Any, tuple[str, ...]]:
    """Read *text* letting the last member of a name win, as most readers do, and name those that occur again."""
    repeated: dict[str, None] = {}

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                repeated[name] = None
            seen.add(name)
        return dict(pairs)

    value = json.loads(text, object_pairs_hook=collect, parse_constant=_refuse_constant, parse_int=_read_integer)
    return value, tuple(repeated)


def read_json(octets: bytes | None) -> JsonText:
    """Read a header or claims set strictly by RFC 8259; never raises."""
    if octets is None:
        return JsonText(None, "not-base64url", "it does not decode from base64url")
    if b"\x00" in octets[:4] or octets[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return JsonText(None, "not-utf8", "it looks like UTF-16 or UTF-32")
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError as error:
        return JsonText(None, "not-utf8", f"octet {error.start} is not UTF-8")
    if octets.count(b"[") + octets.count(b"{") > DEEPEST and (depth := _depth(text)) > DEEPEST:
        return JsonText(None, "too-deep", f"it nests {depth} levels deep")
    repeated: tuple[str, ...] = ()
    try:
        try:
            value = _read_members(text)
        except _Repeated:
            value, repeated = _read_repeated(text)
    except ValueError as error:
        return JsonText(None, "not-json", _why_not_json(text, error))
    if not isinstance(value, dict):
        return JsonText(None, "not-object", f"it is {kind_of(value)}")
    return JsonText(value, duplicates=repeated)


def _read_members(text: str) -> Any:
    if len(text) > MOST_DIGITS:
        return _READ_LONG(text)
    if " " not in text and text.isprintable():
        # Without white space every name ends in «":», so at most this many members were written, repeated ones
        # included: an object that holds as many has lost none, and was read in half the time.
        value, end = _READ_PLAIN(text)
        if type(value) is dict and len(value) == text.count('":') and end == len(text):
            return value
    return _READ_SHORT(text)


def _depth(text: str) -> int:
    """Levels of nesting, brackets inside strings left out; a bound even where the text is no JSON."""
    brackets = _STRING.sub("", text).encode("utf-8").translate(None, _NO_BRACKETS)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0)


def _why_not_json(text: str, error: ValueError) -> str:
    if not text.strip():
        return "it is empty"
    if text.startswith("\ufeff"):
        return "it begins with a byte order mark"
    if isinstance(error, json.JSONDecodeError):
        # The exception's own message is kept out of reports: it may quote the document.
        return f"{error.msg[:1].lower()}{error.msg[1:]} at character {error.pos}"
    return str(error)


def kind_of(value: object) -> str:
    """The JSON type of *value* in words, as messages use it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float, HugeInteger)):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "an array" if isinstance(value, list) else "an object"
