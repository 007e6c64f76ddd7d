"""Texts are found by their beginnings, many as well as few."""

from __future__ import annotations

import pytest
from generated import patiently
from hypothesis import given
from hypothesis import strategies as st

from pytest_jwtauth.haystack import FEW, beginnings_in, by_beginning

MORE = frozenset(f"#{number}" for number in range(FEW + 1))
"""So many that they are not looked for one by one; none of them stands in the texts below."""


@patiently
@given(st.text("ab", max_size=40), st.sets(st.text("ab", min_size=1, max_size=9), max_size=9))
def test_what_stands_in_a_text_is_found_among_few_and_among_many(text: str, beginnings: set[str]) -> None:
    there = {beginning for beginning in beginnings if beginning in text}
    assert set(beginnings_in(text, beginnings)) == set(beginnings_in(text, beginnings | MORE)) == there


@pytest.mark.parametrize("beginnings", [frozenset({"abc"}), MORE | {"abc"}])
def test_a_text_that_is_too_short_holds_nothing(beginnings: frozenset[str]) -> None:
    assert list(beginnings_in("ab", beginnings)) == []


def test_texts_stand_under_their_first_characters() -> None:
    assert by_beginning(["abcd", "abce", "xy"], 3) == {"abc": ["abcd", "abce"], "xy": ["xy"]}
