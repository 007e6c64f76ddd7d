"""Requests and answers: what they keep, what they show, and that parts of the wrong types are refused at once."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import pytest
import requests
from requests_under_test import SERVER, a_request

from pytest_jwtauth.messages import TokenRequest, TokenResponse

TOKEN = SERVER.token_endpoint
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
    checked = TokenRequest("POST", TOKEN, fields, b"").headers
    assert checked == (("A", "1"), ("A", "2"))
    assert {type(one) for one in (checked, *checked)} == {tuple}


def test_what_a_library_hands_over_is_not_copied() -> None:
    fields = (("A", "1"),)
    assert TokenRequest("POST", TOKEN, fields, b"").headers is fields


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
        TokenRequest("POST", TOKEN, fields, b"")
    with pytest.raises(TypeError, match=f"^TokenResponse.headers is {PAIRS} {got}"):
        TokenResponse(200, fields)


def request(**parts: Any) -> TokenRequest:
    return TokenRequest(**{"method": "POST", "url": TOKEN, "headers": (), "body": b"", **parts})


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


# What is read and shown


def test_header_fields_keep_order_and_repeats() -> None:
    request = TokenRequest("POST", TOKEN, [("B", "1"), ("a", "2"), ("B", "3")], b"")
    assert request.headers == (("B", "1"), ("a", "2"), ("B", "3"))


def test_a_request_is_itself() -> None:
    request = a_request()
    assert TokenRequest.of(request) is request


def test_a_request_of_a_library_is_read() -> None:
    prepared = requests.Request("POST", TOKEN, {"A": "b"}, data={"x": "y"}).prepare()
    read = TokenRequest.of(prepared)
    assert (read.method, read.url, read.body) == ("POST", TOKEN, b"x=y")


SHOWN = [
    ("https://u:p@h.example/p?code=x#f", "POST https://h.example/p"),
    ("http://[", "POST ‹URL that cannot be read›"),
    ("https://h/\u2028\ud800", "POST https://h/\\u2028\\ud800"),
    ("https://h\u2028/", "POST https://h\\u2028/"),
    (
        "https://h/4f0c2d6e-58a1-4b7e-9a3d-0c61f7be2d95/pushed_authorization_request",
        "POST https://h/4f0c2d6e-58a1-4b7e-9a3d-0c61f7be2d95/pushed_authorization_request",
    ),
    ("https://h/as/Zq3vT8mK1xW6rB9pLd4n/x", "POST https://h/as/‹20 characters›/x"),
    ("https://h/Zq3vT8mK1xW6rB9pLd4", "POST https://h/Zq3vT8mK1xW6rB9pLd4"),
    ("https://h/correct-horse-battery-staple", "POST https://h/‹28 characters›"),
]


@pytest.mark.parametrize(("url", "shown"), SHOWN)
def test_the_repr_of_a_request_shows_the_place_and_the_sizes(url: str, shown: str) -> None:
    request = TokenRequest("POST", url, [("Authorization", "Bearer x")], b"code=x")
    assert repr(request) == f"<TokenRequest {shown} (1 headers, 6 bytes)>"


def test_the_repr_of_a_request_counts_what_is_no_scheme_of_http() -> None:
    assert "‹20 characters›://auth.example/t" in repr(
        TokenRequest("POST", "a1234567890123456789://auth.example/t", [], b"")
    )


def test_the_repr_of_a_request_counts_what_is_no_method() -> None:
    assert repr(TokenRequest("x\n" * 50, TOKEN, (), b"")).startswith("<TokenRequest ‹100 characters› ")


def test_the_repr_of_an_answer_shows_no_body() -> None:
    answer = TokenResponse(200, [("A", "b")], b'{"access_token":"x"}')
    assert repr(answer) == "<TokenResponse 200 (1 headers, 20 bytes)>"
