"""Forms are read without loss: order, repeats, blanks, bad escapes and octets that are not UTF-8 all stay."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, quote_plus, urlencode

import pytest
from generated import patiently
from hypothesis import example, given
from hypothesis import strategies as st
from sized_input import FORMS
from stopwatch import seconds

from pytest_jwtauth import form_body
from pytest_jwtauth.form_body import LARGEST_BODY, LONGEST_REPEATED, MOST_FIELDS, FormBody, decode_again, parse

FIELDS = [
    ("nothing", b"", []),
    ("one field", b"a=1", [("a", "1")]),
    ("two, in order", b"b=2&a=1", [("b", "2"), ("a", "1")]),
    ("a repeated name", b"a=1&a=2&a=1", [("a", "1"), ("a", "2"), ("a", "1")]),
    ("an empty value", b"a=&b=1", [("a", ""), ("b", "1")]),
    ("a bare name", b"a&b=1", [("a", ""), ("b", "1")]),
    ("an empty name", b"=1", [("", "1")]),
    ("an equals sign alone", b"=", [("", "")]),
    ("equals signs in the value", b"a=b=c==", [("a", "b=c==")]),
    ("empty pieces", b"&&a=1&&", [("a", "1")]),
    ("a plus sign is a space", b"a+b=c+d", [("a b", "c d")]),
    ("an encoded plus sign is one", b"a=c%2Bd", [("a", "c+d")]),
    ("a plus sign beside its escape", b"a=%2B+%2b", [("a", "+ +")]),
    ("escapes in both cases", b"%61=%4a%4A", [("a", "JJ")]),
    ("an encoded ampersand and equals sign", b"a=%26%3D", [("a", "&=")]),
    ("decoded once", b"a=%2541", [("a", "%41")]),
    ("bad escapes stay", b"a=%&b=%4&c=%zz&d=%%41", [("a", "%"), ("b", "%4"), ("c", "%zz"), ("d", "%A")]),
    ("a semicolon separates nothing", b"a=1;b=2", [("a", "1;b=2")]),
    ("UTF-8", b"a=%C3%A9&b=\xc3\xa9", [("a", "é"), ("b", "é")]),
    ("a NUL", b"a=%00\x00", [("a", "\0\0")]),
    ("white space stays", b" a =\tb\r\n", [(" a ", "\tb\r\n")]),
    ("what is not UTF-8 stays as surrogates", b"%FF=\xfe", [("\udcff", "\udcfe")]),
    ("a byte order mark stays", b"\xef\xbb\xbfa=1", [("\ufeffa", "1")]),
]


@pytest.mark.parametrize(("body", "fields"), [pytest.param(*row[1:], id=row[0]) for row in FIELDS])
def test_fields(body: bytes, fields: list[tuple[str, str]]) -> None:
    read = parse(body)
    assert list(read.fields) == fields
    assert read.unread is None


FAULTS = [
    ("none", b"a=1&b=%41+%C3%A9", (), ()),
    ("an octet that is not UTF-8", b"a=%FF&b=1", ("a",), ()),
    ("an octet that is not UTF-8 in a name", b"%FF=1", ("\udcff",), ()),
    ("one name twice", b"a=%FF&a=\xff", ("a", "a"), ()),
    ("an overlong form", b"a=%C0%AF", ("a",), ()),
    ("an encoded surrogate", b"a=%ED%A0%80", ("a",), ()),
    ("half a character", b"a=%C3", ("a",), ()),
    ("a character cut by the end of its value", b"a=%C3&%A9=1", ("a", "\udca9"), ()),
    ("a bare percent sign", b"a=%&b=1", (), ("a",)),
    ("one digit", b"a=%4", (), ("a",)),
    ("no digits", b"a=%g0&b=%0g", (), ("a", "b")),
    ("in a name", b"%=1", (), ("%",)),
    ("full-width digits are none", "a=%\uff14\uff11".encode(), (), ("a",)),
    ("both", b"a=%FF%", ("a",), ("a",)),
]


@pytest.mark.parametrize(("body", "not_utf8", "bad_escapes"), [pytest.param(*row[1:], id=row[0]) for row in FAULTS])
def test_faults_are_named_by_field(body: bytes, not_utf8: tuple[str, ...], bad_escapes: tuple[str, ...]) -> None:
    read = parse(body)
    assert (read.not_utf8, read.bad_escapes) == (not_utf8, bad_escapes)


@pytest.mark.parametrize("length", [LONGEST_REPEATED - 1, LONGEST_REPEATED, LONGEST_REPEATED + 1])
def test_a_short_piece_is_read_like_a_long_one(length: int) -> None:
    """Short pieces are remembered, long ones are not; both are read alike, and a second time like the first."""
    value = b"%41+".ljust(length - 2, b"x")
    expected = "A ".ljust(length - 4, "x")
    assert [parse(b"a=" + value).get("a") for _ in range(2)] == [expected, expected]


def test_what_is_remembered_is_short_and_not_much() -> None:
    """A body of 64 KiB, and all that stood in it, is gone when nobody holds it."""
    assert LONGEST_REPEATED == 200
    form_body._read_repeated.cache_clear()
    for length in (LONGEST_REPEATED + 1, LONGEST_REPEATED, LONGEST_REPEATED - 1, 2 * LONGEST_REPEATED):
        parse(b"a=%41".ljust(length, b"x"))
    assert form_body._read_repeated.cache_info().currsize == 2
    for number in range(200):
        parse(b"a=%%41%d" % number)
    assert form_body._read_repeated.cache_info().currsize == 128


def test_get_is_the_first_value_that_is_not_empty() -> None:
    read = parse(b"a=&a=1&a=2&b=")
    assert (read.get("a"), read.get("b"), read.get("c")) == ("1", None, None)


def test_all_is_every_value_in_order() -> None:
    read = parse(b"a=&b=3&a=1&a=2")
    assert (read.all("a"), read.all("c")) == (("", "1", "2"), ())


def test_names_are_compared_to_the_letter() -> None:
    assert parse(b"A=1").get("a") is None


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param(
            b"a=" + b"x" * (LARGEST_BODY - 1),
            "the body has 262145 octets, more than the 262144 that are read",
            id="an octet too many",
        ),
        pytest.param(b"a&" * MOST_FIELDS, "the body has more than 1000 fields", id="a field too many"),
    ],
)
def test_what_is_too_large_is_not_read(body: bytes, why: str) -> None:
    read = parse(body)
    assert (read.fields, read.unread) == ((), why)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"a=" + b"x" * (LARGEST_BODY - 2), id="the most octets"),
        pytest.param(b"&".join([b"a"] * MOST_FIELDS), id="the most fields"),
    ],
)
def test_what_is_just_not_too_large_is_read(body: bytes) -> None:
    read = parse(body)
    assert read.fields
    assert read.unread is None


def test_no_repr_is_made_of_the_fields() -> None:
    """The second lock: nobody has to remember to write one."""
    assert not FormBody.__dataclass_params__.repr  # type: ignore[attr-defined]


def test_a_repr_shows_neither_names_nor_values() -> None:
    """A body that was encoded twice is one name, which holds every credential."""
    assert repr(parse(b"secret-name=secret-value")) == "<FormBody of 1 fields>"


def test_two_readings_are_two_things_without_room_for_more() -> None:
    """They are compared in no place, and a suite holds thousands of them."""
    first, second = parse(b"a=1"), parse(b"a=1")
    assert first != second
    assert not hasattr(first, "__dict__")


def test_nothing_was_sent() -> None:
    assert FormBody(()).fields == parse(b"").fields


def test_decoding_again_decodes_escapes_and_nothing_else() -> None:
    assert decode_again("%2541+%C3%A9%zz") == "%41+é%zz"


def test_of_what_is_not_utf_8_decoding_again_makes_replacement_characters() -> None:
    assert decode_again("a\udcffb%FFc") == "a\ufffdb\ufffdc"


@patiently
@given(st.binary(max_size=2000))
@example(b"%")
@example(b"\xed\xa0\x80=%ED%A0%80")
def test_any_octets_are_read(body: bytes) -> None:
    read = parse(body)
    # What was read can be told again: nothing is lost but the spelling of the escapes.
    again = "&".join(
        f"{quote(name.encode('utf-8', 'surrogateescape'))}={quote(value.encode('utf-8', 'surrogateescape'))}"
        for name, value in read.fields
    )
    assert parse(again.encode("ascii")).fields == read.fields
    assert read.unread is None
    for name, value in read.fields:
        assert isinstance(decode_again(name + value), str)


@patiently
@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))))
def test_what_the_standard_library_writes_is_read_back(fields: list[tuple[str, str]]) -> None:
    assert list(parse(urlencode(fields).encode("ascii")).fields) == fields


@patiently
@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="&"), max_size=200))
def test_the_standard_library_reads_the_same(text: str) -> None:
    body = quote_plus(text, safe="=%+;").encode("ascii")
    theirs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="surrogateescape")
    assert list(parse(body).fields) == theirs


@pytest.mark.parametrize("body", [pytest.param(made(64 * 1024), id=name) for name, made in FORMS.items()])
def test_64_kib_of_anything_are_read_in_a_tenth_of_a_second(body: bytes) -> None:
    assert seconds(lambda: parse(body)) < 0.1
