"""A request or an answer that a test writes by hand is refused at once if its parts are of the wrong types."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import pytest
from requests_under_test import SERVER

from pytest_jwtauth.message_parts import checked_fields
from pytest_jwtauth.model import TokenRequest, TokenResponse

PAIRS = "a sequence of \\(name, value\\) pairs of text, in the order sent; got"


class Name(str):
    """As libraries have them."""


@pytest.mark.parametrize(
    "fields",
    [
        (("A", "1"), ("A", "2")),
        [("A", "1"), ("A", "2")],
        [["A", "1"], ["A", "2"]],
        (["A", "1"], ["A", "2"]),
        {("A", "1"): 0, ("A", "2"): 0}.keys(),
        ((Name("A"), Name("1")), ("A", "2")),
    ],
    ids=repr,
)
def test_pairs_of_text_become_a_tuple_of_tuples(fields: Any) -> None:
    checked = checked_fields("x", fields)
    assert checked == (("A", "1"), ("A", "2"))
    assert {type(one) for one in (checked, *checked)} == {tuple}


def test_what_a_library_hands_over_is_not_copied() -> None:
    fields = (("A", "1"),)
    assert checked_fields("x", fields) is fields


@pytest.mark.parametrize(
    ("fields", "got"),
    [
        ({"Accept": "*/*"}, "dict: give its items\\(\\)$"),
        (None, "NoneType$"),
        (5, "int$"),
        ("Accept", "other items$"),
        ([("A",)], "other items$"),
        ((("A", "1", "2"),), "other items$"),
        ([("A", 5)], "other items$"),
        (((b"A", b"1"),), "other items$"),
        ([5], "list$"),
    ],
)
def test_anything_else_is_refused_in_requests_and_answers(fields: Any, got: str) -> None:
    with pytest.raises(TypeError, match=f"^TokenRequest.headers is {PAIRS} {got}"):
        TokenRequest("POST", SERVER.token_endpoint, fields, b"")
    with pytest.raises(TypeError, match=f"^TokenResponse.headers is {PAIRS} {got}"):
        TokenResponse(200, fields)


def request(**parts: Any) -> TokenRequest:
    return TokenRequest(**{"method": "POST", "url": SERVER.token_endpoint, "headers": (), "body": b"", **parts})


def answer(**parts: Any) -> TokenResponse:
    return TokenResponse(**{"status": 200, **parts})


@pytest.mark.parametrize(
    ("make", "parts", "says"),
    [
        (request, {"method": None}, "TokenRequest.method is a str; got NoneType"),
        (request, {"url": b"https://auth.example/"}, "TokenRequest.url is a str; got bytes"),
        (request, {"body": "text"}, "TokenRequest.body is bytes, exactly as sent; got str"),
        (request, {"received_at": "now"}, "TokenRequest.received_at is a float or int or None; got str"),
        (answer, {"status": "200"}, "TokenResponse.status is an int; got str"),
        (answer, {"status": True}, "TokenResponse.status is an int; got bool"),
        (answer, {"body": None}, "TokenResponse.body is bytes, exactly as sent; got NoneType"),
        (answer, {"sent_at": "now"}, "TokenResponse.sent_at is a float or int or None; got str"),
    ],
)
def test_a_part_of_another_type_is_refused(make: Any, parts: dict[str, Any], says: str) -> None:
    with pytest.raises(TypeError, match=f"^{says}$"):
        make(**parts)


def test_a_value_is_not_quoted_which_may_be_a_credential() -> None:
    values: Iterable[dict[str, Any]] = ({"method": b"s3cret"}, {"headers": ["s3cret"]}, {"body": "s3cret"})
    for parts in values:
        with pytest.raises(TypeError) as caught:
            request(**parts)
        assert "s3cret" not in str(caught.value)


def test_the_parts_may_be_of_a_subclass() -> None:
    assert request(url=Name("https://auth.example/"), received_at=5).url == "https://auth.example/"
    assert answer(status=HTTPStatus.OK, sent_at=1.5).status == 200
