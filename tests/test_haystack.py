"""Texts are found by their beginnings, many as well as few."""

from __future__ import annotations

import pytest
from generated import patiently
from hypothesis import given
from hypothesis import strategies as st

from pytest_jwtauth.haystack import FEW, Needles

MORE = tuple(f"#{number:03}" for number in range(FEW + 1))
"""So many that they are not looked for one by one; none of them stands in the texts below."""


@patiently
@given(st.text("ab", max_size=40), st.lists(st.text("ab", min_size=1, max_size=9), max_size=9, unique=True))
def test_whose_beginning_stands_in_a_text_is_found_among_few_and_among_many(text: str, sought: list[str]) -> None:
    there = {one for one in sought if one[:4] in text}
    for needles in (Needles(sought, 4), Needles([*sought, *MORE], 4)):
        found = needles.that_may_be_in(text)
        assert {one for _, near in found for one in near} == there
        assert all(beginning in text for beginning, _ in found)


@pytest.mark.parametrize("more", [(), MORE])
def test_texts_that_begin_alike_are_found_together(more: tuple[str, ...]) -> None:
    needles = Needles(["abcd", "abce", "xy", *more], 3)
    assert needles.that_may_be_in("(abcx)") == [("abc", ["abcd", "abce"])]
    assert needles.that_may_be_in("ab") == []


def test_needles_do_not_show_what_they_look_for() -> None:
    assert repr(Needles(["a-secret"], 8)) == "<Needles of 1 beginnings>"
