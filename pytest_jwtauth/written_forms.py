"""How a credential may be written inside other texts: escaped, quoted, encoded. Knows no client and no report."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from html import escape
from urllib.parse import quote, quote_plus

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold credentials.
__tracebackhide__ = True

SHORTEST = 8
"""Characters; what is shorter turns up by accident."""
LONGEST = 4000
"""Characters of a credential that are looked for; no text that is shown has more."""

_PLAIN = re.compile(r"[A-Za-z0-9._~-]*")
"""What every escape leaves as it is."""
_NO_QUOTES = str.maketrans("'\"", "\ue000\ue001")


def in_requests(secret: str) -> Iterator[str]:
    """*secret* as it stands in a URL, a form and JSON."""
    yield secret
    for text in (quote(secret, safe=""), quote(secret), quote_plus(secret)):
        yield text
        yield re.sub("%..", lambda escape: escape[0].lower(), text)  # as .NET writes escapes
    for text in (json.dumps(secret), json.dumps(secret, ensure_ascii=False)):
        yield text[1:-1]
        yield text[1:-1].replace("/", "\\/")  # as PHP writes JSON


def of_octets(octets: bytes) -> Iterator[str]:
    """*octets* in hexadecimal, and what of their base64 stays the same whatever stands before and after them."""
    yield octets.hex()
    yield octets.hex().upper()
    for before in range(3):
        text = base64.b64encode(bytes(before) + octets).decode("ascii")
        core = text[-(-before * 8 // 6) : (before + len(octets)) * 8 // 6]
        yield core
        yield core.replace("+", "-").replace("/", "_")


# A verdict is weighed and described with the same few credentials.
@lru_cache(maxsize=64)
def everywhere(secret: str) -> tuple[str, ...]:
    """*secret* in every form in which it is looked for in what is shown; the case of letters does not count.

    That is: as it is, percent-encoded, escaped as in JSON, HTML and a literal of Python; in hexadecimal and base64,
    also of what was percent-encoded before; and each of these as a message, a JSON text or a URL quotes it.
    """
    secret = secret[:LONGEST]
    octets = secret.encode("utf-8", "replace")
    forms = {form for encoded in (octets, quote(octets, "").encode("ascii")) for form in of_octets(encoded)}
    forms.update({secret} if _PLAIN.fullmatch(secret) else _escaped(secret))
    again = {one for form in forms for one in ((form,) if _PLAIN.fullmatch(form) else _quoted(form))}
    return tuple(sorted(form for form in again if len(form) >= SHORTEST))


def _escaped(secret: str) -> Iterator[str]:
    octets = secret.encode("utf-8", "replace")
    yield from _quoted(secret)
    yield quote_plus(octets)
    yield quote_plus(octets, "*").replace("~", "%7E")  # as Java has it
    yield from (text.replace("/", "\\/") for text in _in_json(secret))  # as PHP has it
    marked = escape(secret)
    yield from (marked, escape(secret, quote=False), marked.replace("&#x27;", "&#39;"))
    yield marked.replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
    # Of a bytes literal: what is not ASCII is written octet by octet, and the rest as in a text.
    yield from _literals(ascii(octets.decode("latin-1").translate(_NO_QUOTES))[1:-1])


def _quoted(text: str) -> Iterator[str]:
    """*text* as it stands in a message, in JSON and in a URL."""
    yield from in_messages(text)
    octets = text.encode("utf-8", "replace")
    for safe in ("", "/", "!'()*~", "!$&'()*+,/:;=@~"):  # strict, Python's default, JavaScript's, and that of a path
        yield quote(octets, safe)


def in_messages(text: str) -> Iterator[str]:
    """*text* as it is, as JSON has it, and as a literal of Python has it."""
    text = text[:LONGEST]
    yield text
    yield from _in_json(text)
    for show in (repr, ascii):
        yield from _literals(show(text.translate(_NO_QUOTES))[1:-1])


def _in_json(text: str) -> Iterator[str]:
    yield from (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])


def _literals(plain: str) -> Iterator[str]:
    """The insides of a literal without quotation marks: which is escaped depends on what else the literal holds."""
    for mark, stand_in in (("'", "\ue000"), ('"', "\ue001")):
        plain = plain.replace(ascii(stand_in)[1:-1], mark).replace(stand_in, mark)
    yield from (plain, plain.replace("'", "\\'"), plain.replace('"', '\\"'))
