"""A compact JWS is taken apart as far as it goes, and what is odd about it is told, whatever the text is."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from generated import often, patiently
from hypothesis import example, given
from hypothesis import strategies as st
from sized_input import JSON_TEXTS, TEXTS
from stopwatch import seconds

from pytest_jwtauth import base64url, jws
from pytest_jwtauth.jws import (
    DEEPEST,
    LARGEST_TEXT,
    MOST_DIGITS,
    MOST_PARTS,
    SANE_TEXT,
    SHORT_HEADER,
    JsonText,
    Jws,
    Segment,
    kind_of,
    read_json,
    take_apart,
)
from pytest_jwtauth.numeric_date import HugeInteger

HEADER = {"alg": "HS256", "typ": "JWT"}
CLAIMS = {"iss": "s6BhdRkqt3", "exp": 1300819380, "http://example.com/is_root": True, "x": "~~~???>>>"}
SIGNATURE = bytes(range(224, 256))


def encoded(value: Any) -> str:
    """A value as a part of a JWS."""
    return base64url.encode(value if isinstance(value, bytes) else json.dumps(value).encode())


PARTS = (encoded(HEADER), encoded(CLAIMS), encoded(SIGNATURE))
TEXT = ".".join(PARTS)
SIGNING_INPUT = TEXT.rpartition(".")[0].encode("ascii")


def assert_read(jws: Jws) -> None:
    """Everything is there, as if nothing were odd about the text."""
    assert (jws.header, jws.claims, jws.signature) == (HEADER, CLAIMS, SIGNATURE)
    assert SIGNING_INPUT in jws.signing_inputs


def test_a_right_text_is_read_and_nothing_is_odd_about_it() -> None:
    jws = take_apart(TEXT)
    assert_read(jws)
    assert jws.text == TEXT
    assert jws.signing_inputs == (SIGNING_INPUT,)
    assert (jws.wrapper, jws.looks_like_json, jws.too_large, jws.clean) == (None, False, False, True)
    assert [segment.octets for segment in jws.segments] == [
        json.dumps(HEADER).encode(),
        json.dumps(CLAIMS).encode(),
        SIGNATURE,
    ]
    assert not any(
        segment.padded or segment.foreign or segment.impossible_length or segment.noncanonical
        for segment in jws.segments
    )


@pytest.mark.parametrize(
    "text",
    [
        *(".e30.e30", "e30..e30", "e301..e30", "..e30", "e30.e30", "e30.e30.e30.e30", ".."),
        pytest.param(f"{'e30' * 100}..e30", id="after a long part"),
    ],
)
def test_a_part_that_is_empty_or_missing_is_odd(text: str) -> None:
    assert not take_apart(text).clean


def test_a_signature_may_be_empty_and_nothing_is_odd_about_the_text() -> None:
    assert take_apart("e30.e30.").clean


def test_the_octets_of_header_and_payload_can_be_searched() -> None:
    assert take_apart(TEXT).hidden == json.dumps(HEADER).encode() + b"\n" + json.dumps(CLAIMS).encode()
    assert take_apart(f" {TEXT}").hidden == take_apart(TEXT).hidden


@pytest.mark.parametrize("text", ["A.e30.e30", "e30.A.e30", "A.e30.e30 "])
def test_of_a_part_that_does_not_decode_there_is_nothing_to_search(text: str) -> None:
    assert take_apart(text).hidden.strip() == b"{}"


def test_the_limits() -> None:
    assert (LARGEST_TEXT, SANE_TEXT, MOST_PARTS, DEEPEST, MOST_DIGITS) == (65_536, 8192, 8, 32, 1000)
    assert SHORT_HEADER == 300


@pytest.mark.parametrize("kind", [Jws, Segment, JsonText])
def test_no_repr_is_made_of_what_is_held(kind: Any) -> None:
    """The second lock: nobody has to remember to write one."""
    assert not kind.__dataclass_params__.repr


def test_reprs_show_nothing_of_the_text() -> None:
    jws = take_apart(TEXT)
    assert repr(jws) == "<Jws of 3 parts>"
    for shown in (repr(jws.segments), repr(jws.header_json), repr(jws.claims_json)):
        assert "s6BhdRkqt3" not in shown
        assert "HS256" not in shown


def standard(text: str) -> str:
    """base64url as base64."""
    return text.replace("-", "+").replace("_", "/")


SEEN_THROUGH: list[tuple[str, str, str | None]] = [
    ("double quotes", f'"{TEXT}"', "double quotes"),
    ("single quotes", f"'{TEXT}'", "single quotes"),
    ("a bytes literal", f"b'{TEXT}'", "a Python bytes literal, b'…'"),
    ("another bytes literal", f'b"{TEXT}"', 'a Python bytes literal, b"…"'),
    ("Bearer", f"Bearer {TEXT}", "the prefix «Bearer »"),
    ("BEARER and a tab", f"BEARER\t{TEXT}", "the prefix «Bearer »"),
    ("angle brackets", f"<{TEXT}>", "angle brackets"),
    ("white space before", f" {TEXT}", "white space"),
    ("a line feed after", f"{TEXT}\n", "white space"),
    ("a no-break space after", f"{TEXT}\u00a0", "white space"),
    ("white space inside and outside of quotes", f' " {TEXT}\n"\r\n', "double quotes"),
    ("padding", ".".join(f"{part}==" for part in PARTS), None),
    ("the standard alphabet", standard(TEXT), None),
    ("line breaks", ".".join(f"{part[:9]}\r\n {part[9:]}" for part in PARTS), None),
]


@pytest.mark.parametrize(("text", "wrapper"), [pytest.param(*row[1:], id=row[0]) for row in SEEN_THROUGH])
def test_what_can_be_seen_through_is(text: str, wrapper: str | None) -> None:
    jws = take_apart(text)
    assert_read(jws)
    assert jws.wrapper == wrapper
    assert not jws.clean


WRAPPED: list[tuple[str, str | None, int]] = [
    ('""', "double quotes", 1),
    ("b''", "a Python bytes literal, b'…'", 1),
    ('"', None, 1),
    ("'", None, 1),
    ("b'", None, 1),
    ('b"', None, 1),
    ("AAAAAA e30.e30.e30", None, 3),
    ("zzzzzz e30.e30.e30", None, 3),
    ("BearerAA.e30.e30", None, 3),
]


@pytest.mark.parametrize(("text", "wrapper", "parts"), WRAPPED)
def test_what_stands_around_a_text_has_two_ends_or_is_a_word_alone(text: str, wrapper: str | None, parts: int) -> None:
    jws = take_apart(text)
    assert (jws.wrapper, len(jws.segments)) == (wrapper, parts)


def test_both_signing_inputs_are_kept_where_the_text_was_cleaned() -> None:
    """Somebody may have signed the padded text."""
    text = ".".join(f"{part}=" for part in PARTS)
    received = text.rpartition(".")[0].encode("ascii")
    assert take_apart(text).signing_inputs == (received, SIGNING_INPUT)


def test_what_cannot_be_cleaned_has_one_signing_input() -> None:
    assert take_apart("e30!.e30.e30").signing_inputs == (b"e30!.e30",)


def test_a_signing_input_that_is_no_unicode_is_kept_as_octets() -> None:
    assert take_apart("\udcff.e30.e30").signing_inputs[0] == b"\xed\xb3\xbf.e30"


ODD: list[tuple[str, str, dict[str, Any]]] = [
    ("padding", "YQ==", {"octets": b"a", "padded": True}),
    ("too much padding", "YQ======", {"octets": b"a", "padded": True}),
    ("padding after an X", "YWIX=", {"octets": b"ab\x17", "padded": True}),
    ("padding in the middle", "YQ=YQ", {"octets": None, "padded": True}),
    ("padding alone", "=", {"octets": b"", "padded": True}),
    ("the standard alphabet", "+/+/", {"octets": b"\xfb\xff\xbf", "foreign": "+/"}),
    ("a foreign character", "YQ!", {"octets": None, "foreign": "!"}),
    ("foreign characters, each once", "!?!?é", {"octets": None, "foreign": "!?é"}),
    ("white space", "Y\n Q", {"octets": b"a", "foreign": "\n "}),
    ("a space in the place of a plus sign", "ab d", {"octets": b"i\xb7", "foreign": " "}),
    ("one character", "A", {"octets": None, "impossible_length": True}),
    ("five characters", "AAAAA", {"octets": None, "impossible_length": True}),
    ("one character and padding", "A===", {"octets": None, "padded": True, "impossible_length": True}),
    ("a foreign character tells nothing of the length", "AAAA!", {"octets": None, "foreign": "!"}),
    ("four bits too many", "YR", {"octets": b"a", "noncanonical": True}),
    ("two bits too many", "YWJ", {"octets": b"ab", "noncanonical": True}),
    ("bits too many, and padding", "YR==", {"octets": b"a", "padded": True, "noncanonical": True}),
    ("nothing", "", {"octets": b""}),
    ("nothing odd", "YWI", {"octets": b"ab"}),
    ("the URL-safe alphabet", "-_-_", {"octets": b"\xfb\xff\xbf"}),
]
USUAL = {"padded": False, "foreign": "", "impossible_length": False, "noncanonical": False}


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize(("part", "expected"), [pytest.param(*row[1:], id=row[0]) for row in ODD])
def test_what_is_odd_about_a_part(part: str, expected: dict[str, Any], position: int) -> None:
    parts = list(PARTS)
    parts[position] = part
    segment = take_apart(".".join(parts)).segments[position]
    for name, value in {**USUAL, **expected}.items():
        assert getattr(segment, name) == value, name


@pytest.mark.parametrize("text", [TEXT, f"{TEXT} ", f'"{TEXT}"'])
@pytest.mark.parametrize("last", range(64))
def test_a_last_character_is_canonical_if_encoding_again_gives_it(text: str, last: int) -> None:
    """For each length, against the standard library."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for part in (f"AA{alphabet[last]}", f"A{alphabet[last]}"):
        jws = take_apart(text.replace(PARTS[2], part))
        octets = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        assert jws.segments[2].octets == octets
        assert jws.segments[2].noncanonical == (base64url.encode(octets) != part)


COUNTS = [
    ("nothing", "", 1),
    ("one part", "abcd", 1),
    ("two", "e30.e30", 2),
    ("four", f"{TEXT}.", 4),
    ("as many as are read", ".".join(["e30"] * MOST_PARTS), MOST_PARTS),
    ("one more", ".".join(["e30"] * (MOST_PARTS + 1)), MOST_PARTS),
]


@pytest.mark.parametrize(("text", "count"), [pytest.param(*row[1:], id=row[0]) for row in COUNTS])
def test_another_number_of_parts(text: str, count: int) -> None:
    jws = take_apart(text)
    assert len(jws.segments) == count
    assert (jws.signature, jws.signing_inputs, jws.clean) == (None, (), False)


def test_header_and_claims_are_read_where_only_the_signature_is_lost() -> None:
    jws = take_apart(".".join(PARTS[:2]))
    assert (jws.header, jws.claims) == (HEADER, CLAIMS)


def test_the_header_of_an_encrypted_jwt_is_read() -> None:
    jws = take_apart(f"{PARTS[0]}..e30.e30.e30")
    assert (jws.header, jws.claims) == (HEADER, None)


def test_what_is_no_header_is_none() -> None:
    assert take_apart(f"{encoded([1])}.e30").header_json is None
    assert take_apart(f"{encoded(b'~')}.e30").header_json is None
    assert take_apart("A.e30").header_json is None


@pytest.mark.parametrize(
    ("text", "is_json"),
    [
        ('{"payload":"e30","signatures":[]}', True),
        (f'{{"x":"{TEXT}"}}', True),
        (f"{TEXT}}}", True),
        (f"{{{TEXT}", True),
        (f"[{TEXT}]", False),
        (TEXT, False),
    ],
)
def test_braces_look_like_json(text: str, is_json: bool) -> None:
    assert take_apart(text).looks_like_json is is_json


def test_the_largest_text_is_read_and_a_larger_one_is_not() -> None:
    assert not take_apart("A" * LARGEST_TEXT).too_large
    larger = take_apart("A" * (LARGEST_TEXT + 1))
    assert larger.too_large
    assert (larger.segments, larger.header, larger.claims, larger.hidden) == ((), None, None, b"")


READ = [
    ("an object", b'{"a": 1}', {"a": 1}),
    ("white space around it", b'\n\t {"a":\r1} ', {"a": 1}),
    ("an empty object", b"{}", {}),
    ("UTF-8", '{"é€𝄞": "é"}'.encode(), {"é€𝄞": "é"}),
    ("escapes", b'{"\\u0061\\n": "\\ud834\\udd1e"}', {"a\n": "𝄞"}),
    ("a lone surrogate", b'{"a": "\\ud800"}', {"a": "\ud800"}),
    ("a large float", b'{"a": 1e999}', {"a": float("inf")}),
    ("the most digits", b'{"a": ' + b"9" * MOST_DIGITS + b"}", {"a": 10**MOST_DIGITS - 1}),
    ("more digits", b'{"a": ' + b"9" * (MOST_DIGITS + 1) + b"}", {"a": HugeInteger(MOST_DIGITS + 1, False)}),
    ("more than Python reads", b'{"a": -' + b"9" * 5000 + b"}", {"a": HugeInteger(5000, True)}),
    ("the deepest", b'{"a":' + b"[" * (DEEPEST - 1) + b"]" * (DEEPEST - 1) + b"}", None),
    ("the deepest, and more beside it", b'{"a":' + b"[" * (DEEPEST - 1) + b"]" * (DEEPEST - 1) + b',"b":[]}', None),
    ("brackets in a string", b'{"a": "' + b"[{" * 100 + b'"}', {"a": "[{" * 100}),
    ("brackets after an escaped quote", b'{"a": "\\"' + b"[" * 100 + b'"}', {"a": '"' + "[" * 100}),
    ("many side by side", b'{"a": [' + b"[]," * 99 + b"[]]}", {"a": [[]] * 100}),
    ("many objects side by side", b'{"a": [' + b"{}," * 99 + b"{}]}", {"a": [{}] * 100}),
]


@pytest.mark.parametrize(("octets", "value"), [pytest.param(*row[1:], id=row[0]) for row in READ])
def test_json_is_read(octets: bytes, value: dict[str, Any] | None) -> None:
    read = read_json(octets)
    assert (read.fault, read.detail, read.duplicates) == (None, "", ())
    if value is not None:
        assert read.value == value


REFUSED = [
    ("an octet that is not UTF-8", b'{"a": "\xff"}', "not-utf8", "octet 7"),
    ("an encoded surrogate", b'{"a": "\xed\xa0\x80"}', "not-utf8", "octet 7"),
    ("UTF-16", "{}".encode("utf-16"), "not-utf8", "UTF-16"),
    ("UTF-16, big-endian, with a mark", b"\xfe\xff" + "{}".encode("utf-16-be"), "not-utf8", "UTF-16"),
    ("UTF-16 with a mark and no NUL", "\ufeff中文".encode("utf-16-le"), "not-utf8", "UTF-16"),
    ("the same, big-endian", "\ufeff中文".encode("utf-16-be"), "not-utf8", "UTF-16"),
    ("UTF-16 without a mark", "{}".encode("utf-16-le"), "not-utf8", "UTF-16"),
    ("UTF-32", "{}".encode("utf-32-be"), "not-utf8", "UTF-16 or UTF-32"),
    ("a NUL among the first four octets", b'{"a\x00"}', "not-utf8", "UTF-16 or UTF-32"),
    ("a NUL after them", b'{"ab\x00"}', "not-json", "control character"),
    ("nothing", b"", "not-json", "it is empty"),
    ("white space", b" \n", "not-json", "it is empty"),
    ("a byte order mark", b"\xef\xbb\xbf{}", "not-json", "byte order mark"),
    ("text", b"hello", "not-json", "expecting value at character 0"),
    ("text after it", b"{}x", "not-json", "extra data at character 2"),
    ("two values", b"{}{}", "not-json", "extra data"),
    ("NaN", b'{"a": NaN}', "not-json", "NaN is not JSON"),
    ("NaN in a long text", b'{"a": "' + b"x" * MOST_DIGITS + b'", "b": NaN}', "not-json", "NaN is not JSON"),
    ("Infinity", b'{"a": Infinity}', "not-json", "Infinity is not JSON"),
    ("minus infinity", b'{"a": -Infinity}', "not-json", "-Infinity is not JSON"),
    ("single quotes", b"{'a': 1}", "not-json", "property name"),
    ("a trailing comma", b'{"a": 1,}', "not-json", ""),
    ("a comment", b"{/**/}", "not-json", ""),
    ("a zero in front", b'{"a": 01}', "not-json", ""),
    ("a plus sign", b'{"a": +1}', "not-json", ""),
    ("a control character", b'{"a": "\n"}', "not-json", "control character"),
    ("a bad escape", b'{"a": "\\x41"}', "not-json", "escape"),
    ("a form feed as white space", b"{\x0c}", "not-json", ""),
    ("a no-break space as white space", "{\u00a0}".encode(), "not-json", ""),
    ("repeated, and no JSON after it", b'{"a":{"x":1,"x":1}, "b": NaN}', "not-json", "NaN"),
    ("an array", b"[]", "not-object", "an array"),
    ("a string", b'"{}"', "not-object", "a string"),
    ("a string of brackets", b'"' + b"[" * (DEEPEST + 1) + b'"', "not-object", "a string"),
    ("a number", b"1", "not-object", "a number"),
    ("a huge number", b"1" * 5000, "not-object", "a number"),
    ("true", b"true", "not-object", "a boolean"),
    ("null", b"null", "not-object", "null"),
    ("one level too deep", b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), "too-deep", f"{DEEPEST + 1} levels"),
    ("objects", b'{"a":' * (DEEPEST + 1) + b"1" + b"}" * (DEEPEST + 1), "too-deep", f"{DEEPEST + 1} levels"),
    ("arrays in objects", b'{"a":[' * 17 + b"1" + b"]}" * 17, "too-deep", "34 levels"),
    ("deep after what was closed", b"[[],{}," + b"[" * DEEPEST, "too-deep", f"{DEEPEST + 1} levels"),
    ("deep, and no JSON after it", b"[" * (DEEPEST + 1) + b"X", "too-deep", f"{DEEPEST + 1} levels"),
    ("never closed", b"[" * 9000, "too-deep", "9000 levels"),
    ("deep after a string with brackets", b'["]]]]]]]",' + b"[" * DEEPEST, "too-deep", f"{DEEPEST + 1} levels"),
    ("what does not decode", None, "not-base64url", "base64url"),
]


@pytest.mark.parametrize(("octets", "fault", "detail"), [pytest.param(*row[1:], id=row[0]) for row in REFUSED])
def test_what_is_no_json_object_is_told(octets: bytes | None, fault: str, detail: str) -> None:
    read = read_json(octets)
    assert (read.value, read.fault) == (None, fault)
    assert detail in read.detail
    assert not read.duplicates


@pytest.mark.parametrize(
    ("octets", "detail"),
    [
        (None, "it does not decode from base64url"),
        ("{}".encode("utf-16"), "it looks like UTF-16 or UTF-32"),
        (b"\xff", "octet 0 is not UTF-8"),
        (b"[" * 33, "it nests 33 levels deep"),
        (b"", "it is empty"),
        (b"\xef\xbb\xbf{}", "it begins with a byte order mark"),
        (b"{}x", "extra data at character 2"),
        (b'{"a":NaN}', "NaN is not JSON"),
        (b"[]", "it is an array"),
    ],
)
def test_why_is_told_in_words(octets: bytes | None, detail: str) -> None:
    assert read_json(octets).detail == detail


REPEATED = [
    ("one", b'{"a": 1, "a": 2}', ("a",), {"a": 2}),
    ("without a space", b'{"a":1,"a":2}', ("a",), {"a": 2}),
    ("with a space before the colon", b'{"a" :1,"a":2}', ("a",), {"a": 2}),
    ("with a tab before the colon", b'{"a"\t:1,"a":2}', ("a",), {"a": 2}),
    ("with a line feed before the colon", b'{"a":1,"a"\n:2}', ("a",), {"a": 2}),
    ("beside a text like a name", b'{"a":1,"a":2,"b":"\\":"}', ("a",), {"a": 2, "b": '":'}),
    ("inside, without a space", b'{"a":{"b":1,"b":2}}', ("b",), {"a": {"b": 2}}),
    ("escaped, without a space", b'{"a":1,"\\u0061":2}', ("a",), {"a": 2}),
    ("escaped", b'{"a": 1, "\\u0061": 2}', ("a",), {"a": 2}),
    ("three times, named once", b'{"a": 1, "a": 2, "a": 3}', ("a",), {"a": 3}),
    ("two", b'{"b": 1, "a": 1, "a": 2, "b": 2}', ("a", "b"), {"b": 2, "a": 2}),
    ("inside", b'{"a": {"b": 1, "b": 2}}', ("b",), {"a": {"b": 2}}),
    ("inside a list", b'{"a": [{"b": 1, "b": 2}]}', ("b",), {"a": [{"b": 2}]}),
    ("beside a huge number", b'{"a": 1, "a": ' + b"1" * 5000 + b"}", ("a",), {"a": HugeInteger(5000, False)}),
]


@pytest.mark.parametrize(("octets", "names", "value"), [pytest.param(*row[1:], id=row[0]) for row in REPEATED])
def test_repeated_members_are_named_and_the_last_one_wins(octets: bytes, names: tuple[str, ...], value: Any) -> None:
    read = read_json(octets)
    assert (read.fault, read.duplicates, read.value) == (None, names, value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "null"),
        (True, "a boolean"),
        (0, "a number"),
        (0.5, "a number"),
        (HugeInteger(5000, False), "a number"),
        ("", "a string"),
        ([], "an array"),
        ({}, "an object"),
    ],
)
def test_kinds_have_the_names_of_json(value: object, words: str) -> None:
    assert kind_of(value) == words


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@patiently
@given(st.dictionaries(st.text(), JSON, max_size=6), st.booleans())
def test_what_the_standard_library_writes_is_read_back(value: dict[str, Any], ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert read_json(text.encode("utf-8", "surrogatepass")).value in (value, None)
    if ascii_only:
        assert read_json(text.encode()).value == value


@patiently
@given(st.tuples(*[st.binary(max_size=64)] * 3))
def test_what_is_encoded_is_decoded(octets: tuple[bytes, ...]) -> None:
    jws = take_apart(".".join(base64url.encode(part) for part in octets))
    assert tuple(segment.octets for segment in jws.segments) == octets
    assert not any(segment.foreign or segment.padded or segment.noncanonical for segment in jws.segments)


PIECES = [*"AQgwYe-_=+/. \n\"'{}<>b", "eyJ", "\0", "é", "\ud800", "Bearer "]
ALMOST_JWS = st.lists(st.sampled_from(PIECES), max_size=80).map("".join)


@often
@given(ALMOST_JWS | st.text(max_size=200))
@example(".")
@example("..")
@example("b''")
@example('"')
@example("\ud800.\ud800.\ud800")
def test_any_text_is_taken_apart(text: str) -> None:
    jws = take_apart(text)
    assert jws.text == text
    assert len(jws.segments) >= 1
    assert (len(jws.segments) == 3) == bool(jws.signing_inputs)
    assert take_apart(text).hidden == jws.hidden
    if jws.clean:
        assert all(
            base64url.encode(segment.octets or b"") == part
            for segment, part in zip(jws.segments, text.split("."), strict=True)
        )


@often
@given(st.binary(max_size=200) | st.text(alphabet='{}[]":,\\1eE.+-NaNul \n', max_size=120).map(str.encode))
@example(b'["\\')
@example(b"[" * 40 + b'"\\')
def test_any_octets_are_read_as_json_or_not(octets: bytes) -> None:
    read = read_json(octets)
    assert (read.value is None) == (read.fault is not None)
    try:
        value = json.loads(octets.decode("utf-8"), parse_constant=lambda name: 1 / 0)
    except (ValueError, ZeroDivisionError, RecursionError):
        assert read.fault is not None
    else:
        assert isinstance(value, dict) == (read.fault is None) or read.fault in {"too-deep", "not-utf8"}


SIZE = 64 * 1024


@pytest.mark.parametrize("start", ["", '"', "b'", "<", "Bearer "])
@pytest.mark.parametrize("piece", TEXTS.values(), ids=TEXTS)
def test_64_kib_of_any_text_are_taken_apart_in_a_tenth_of_a_second(piece: str, start: str) -> None:
    text = (start + piece * SIZE)[: SIZE - 1] + "x"
    assert seconds(lambda: take_apart(text)) < 0.1


@pytest.mark.parametrize("made", JSON_TEXTS.values(), ids=JSON_TEXTS)
def test_64_kib_of_any_json_are_read_in_a_tenth_of_a_second(made: Callable[[int], bytes]) -> None:
    octets = made(SIZE)
    assert seconds(lambda: read_json(octets)) < 0.1


def test_of_headers_the_short_ones_are_kept_and_not_many() -> None:
    jws._decode_header.cache_clear()
    for length in (SHORT_HEADER + 1, SHORT_HEADER, SHORT_HEADER - 1, 2 * SHORT_HEADER):
        take_apart(f"{'A' * length}.e30.e30")
    assert jws._decode_header.cache_info().currsize == 2
    for number in range(100):
        take_apart(f"{encoded({'kid': str(number)})}.e30.e30")
    assert jws._decode_header.cache_info().currsize == 64


def test_two_readings_are_two_things_without_room_for_more() -> None:
    """They are compared in no place, and a suite holds thousands of them."""
    for first, second in (
        (take_apart(TEXT), take_apart(TEXT)),
        (Jws(TEXT), Jws(TEXT)),
        (take_apart(TEXT).segments[0], take_apart(TEXT).segments[0]),
        (read_json(b"{}"), read_json(b"{}")),
    ):
        assert first != second
        assert not hasattr(first, "__dict__")


def test_a_header_that_somebody_changed_is_not_that_of_the_next_request() -> None:
    first = take_apart(TEXT)
    assert first.header is not None
    first.header["alg"] = "none"
    second = take_apart(TEXT)
    assert second.header is not None
    assert second.header["alg"] == "HS256"


def test_nor_is_a_list_in_it() -> None:
    text = f"{encoded({'crit': ['exp']})}.e30.e30"
    first = take_apart(text)
    assert first.header is not None
    first.header["crit"].clear()
    assert take_apart(text).header == {"crit": ["exp"]}
