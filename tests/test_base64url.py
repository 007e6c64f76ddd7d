"""base64url to the letter: what decodes is exactly what `encode` writes."""

from __future__ import annotations

import pytest

from pytest_jwtauth import base64url


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"", ""),
        (b"\x00", "AA"),
        (b"\xff\xff", "__8"),
        (b"\xfb\xff\xbe", "-_--"),
        (b"foobar", "Zm9vYmFy"),
        # RFC 7515 appendix C
        (bytes([3, 236, 255, 224, 193]), "A-z_4ME"),
    ],
)
def test_octets_and_text_stand_for_each_other(octets: bytes, text: str) -> None:
    assert text == base64url.encode(octets)
    assert octets == base64url.decode(text)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("AA==", "padded"),
        ("=", "padded"),
        ("A+A/", "foreign"),
        ("AA A", "foreign"),
        ("AAAA\n", "foreign"),
        ("A=A*", "foreign"),
        ("ААAA", "foreign"),  # the first two are Cyrillic  # noqa: RUF001
        ("\ud800AAA", "foreign"),
        ("A", "length"),
        ("AAAAA", "length"),
        ("AB", "unused bits"),
        ("AAB", "unused bits"),
        ("AAAAAAC", "unused bits"),
    ],
)
def test_any_other_text_is_refused_without_repeating_it(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as refusal:
        base64url.decode(text)
    assert text not in str(refusal.value) or text == "="


def test_every_last_character_is_either_canonical_or_refused() -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for head in ("A", "AA"):
        accepted = []
        for last in alphabet:
            try:
                octets = base64url.decode(head + last)
            except ValueError:
                continue
            assert head + last == base64url.encode(octets)
            accepted.append(last)
        assert (4 if head == "A" else 16) == len(accepted)
