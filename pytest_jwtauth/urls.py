"""URLs: taken apart without raising, and compared as RFC 3986 §6.2.2 does. Knows no endpoint and no request."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_DEFAULT_PORTS = {"http": 80, "https": 443}


@lru_cache(maxsize=512)
def urlsplit_or_none(url: str) -> Any:
    """``urllib.parse.urlsplit``, or None where that cannot read the text (it raises for ``http://[``)."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  raises ValueError for a port that is no number
    except ValueError:
        return None
    return parts


def is_loopback(host: str) -> bool:
    """Whether *host* is ``localhost`` (RFC 6761 §6.3) or an address of the loopback range."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@lru_cache(maxsize=256)
def normalized_place(url: str) -> tuple[str, str, int | None, str] | None:
    """Scheme, host, port and path after the syntax-based normalisation of RFC 3986 §6.2.2; None if unreadable.

    What is left different is really different: the case of a path, a trailing slash, a doubled one.
    """
    parts = urlsplit_or_none(url)
    if parts is None:
        return None
    scheme = parts.scheme.lower()
    port = _DEFAULT_PORTS.get(scheme) if parts.port is None else parts.port
    path = _remove_dot_segments(_ESCAPE.sub(_normalized_escape, parts.path)) or "/"
    return scheme, (parts.hostname or "").lower(), port, path


def _normalized_escape(escape: re.Match[str]) -> str:
    octet = int(escape[0][1:], 16)
    # What needs no escape means the same without one (RFC 3986 §6.2.2.2), and `requests` takes it away.
    return chr(octet) if octet in _UNRESERVED else escape[0].upper()


def _remove_dot_segments(path: str) -> str:
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == ".." and len(kept) > 1:
            kept.pop()
        elif segment not in {".", ".."}:
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return "/".join(kept)


_METHOD = re.compile(r"[A-Za-z]{1,20}")
_LONGEST_SEGMENT = 19
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_WORDS = re.compile(r"[A-Za-z]{1,16}(?:[._-][A-Za-z]{1,16}){0,2}")


def shown_request_line(method: str, url: str) -> str:
    """Method and URL for the repr of a request, where nobody knows what is secret.

    Without userinfo, query and fragment; of a long segment of the path that is neither words nor a UUID, the length.
    """
    verb = method if _METHOD.fullmatch(method) else f"‹{len(method)} characters›"
    place = urlsplit_or_none(url)
    if place is None:
        return f"{verb} ‹URL that cannot be read›"
    path = "/".join([_shown_segment(segment) for segment in place.path.split("/")])
    scheme = place.scheme if place.scheme in {"http", "https", ""} else f"‹{len(place.scheme)} characters›"
    return f"{verb} {scheme}://{ascii(place.hostname or '')[1:-1]}{path}"


def _shown_segment(segment: str) -> str:
    if len(segment) <= _LONGEST_SEGMENT or _UUID.fullmatch(segment) or _WORDS.fullmatch(segment):
        return ascii(segment)[1:-1]
    return f"‹{len(segment)} characters›"
