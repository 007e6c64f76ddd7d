"""base64url without padding (RFC 7515 §2), to the letter. Knows nothing of JOSE.

The standard library's decoder drops foreign characters and forgives padding; a judge has to see both.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

# A last character that stands for 2 or 4 bits of the text's end must have zeros below them (RFC 4648 §3.5).
_LAST_CHARACTERS = {2: "AQgw", 3: "AEIMQUYcgkosw048"}


def encode(octets: bytes) -> str:
    """Write *octets* without padding."""
    return urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """Read *text*, which must be the one text that `encode` gives for the result.

    Raises:
        ValueError: for padding, a foreign character, an impossible length, or unused bits that are not zero.
            The message never repeats the text: it may be a key.
    """
    foreign = text.encode("utf-8", "surrogatepass").translate(None, _ALPHABET)
    if foreign:
        only_padding = not foreign.strip(b"=")
        raise ValueError("is padded with '='" if only_padding else "has a character foreign to base64url")
    beyond_quads = len(text) % 4
    if beyond_quads == 1:
        raise ValueError("has a length that no octets give")
    if beyond_quads and text[-1] not in _LAST_CHARACTERS[beyond_quads]:
        raise ValueError("has unused bits that are not zero")
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
