"""Read method, URL, header fields and body out of other libraries' requests, losing nothing that the object still has.

Imports none of those libraries: a type is known by the names in its ancestry, so nothing is loaded for a library that a
suite does not use. No judgement, no clock, no network.

Text outside ASCII in header fields is read as Latin-1, which keeps every octet. URLs stay as the object has them,
with a fragment or userinfo: neither reaches the wire, but both tell how the client was set up.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, TypeAlias
from urllib.parse import quote, unquote, urlsplit

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold requests.
__tracebackhide__ = True

Fields: TypeAlias = tuple[tuple[str, str], ...]
Parts: TypeAlias = tuple[str, str, Fields, bytes]
"""Method, URL, ``(name, value)`` of the header fields in the order sent, and the body."""

LARGEST_BODY = 2**30
"""Octets of an announced body that are asked for: some streams set aside at once what they are asked for."""

_ACCEPTED = (
    "a TokenRequest, responses.Call, requests.PreparedRequest, httpx.Request, werkzeug Request, WSGI environ "
    "or urllib.request.Request"
)


def read(sent: object) -> Parts:
    """Method, URL, header fields and body of *sent*.

    A request can be sent, or read by a WSGI application, after this as before. Three libraries have lost something by
    then: requests keeps one value for each field name; WSGI keeps neither the case of names nor, mostly, repeated
    fields apart; urllib adds fields when it opens a request, which are added here as its default opener would.

    Raises:
        TypeError: for anything else, with a list of what is accepted; and for a body that could be read only once.
    """
    if isinstance(sent, dict) and "wsgi.input" in sent and "REQUEST_METHOD" in sent:
        return _read_environ(sent, _read_input(sent))
    return _reader_of(type(sent))(sent)  # type: ignore[arg-type]  # a class is hashable


@lru_cache(maxsize=32)
def _reader_of(kind: type) -> Callable[[Any], Parts]:
    for ancestor in kind.__mro__:
        name = f"{ancestor.__module__}.{ancestor.__qualname__}"
        if name in _READERS:
            return _READERS[name]
        if name in _ADVICE:
            raise TypeError(f"{name} is not a request as sent: {_ADVICE[name]}")
    raise TypeError(f"a request is {_ACCEPTED}; got {kind.__name__}")


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _fields(pairs: Iterable[tuple[object, object]]) -> Fields:
    # Most are text already, and need no call each.
    return tuple(
        [
            (name if type(name) is str else _text(name), value if type(value) is str else _text(value))
            for name, value in pairs
        ]
    )


def _read_call(sent: Any) -> Parts:
    return read(sent.request)


def _read_requests(sent: Any) -> Parts:
    if not isinstance(sent.method, str) or not isinstance(sent.url, str):
        raise TypeError("this PreparedRequest is not prepared: it has no method, or no URL")
    # urllib3 sends text as UTF-8 since version 2; version 1 leaves it to http.client, which takes Latin-1.
    version = str(getattr(sys.modules.get("urllib3"), "__version__", "2"))
    encoding = "latin-1" if version.startswith("1.") else "utf-8"
    body = _read_body(sent.body, encoding, start=getattr(sent, "_body_position", None))
    return sent.method, sent.url, _fields((sent.headers or {}).items()), body


def _read_httpx(sent: Any) -> Parts:
    try:
        body = sent.content
    except RuntimeError:  # httpx.RequestNotRead
        body = _read_httpx_stream(sent)
    return sent.method, str(sent.url), _fields(sent.headers.raw), body


def _read_httpx_stream(sent: Any) -> bytes:
    if not hasattr(sent.stream, "__iter__"):
        raise TypeError("the body of this request is an async stream: `await request.aread()` first")
    try:
        body: bytes = sent.read()  # httpx puts what it read in the place of the stream
    except RuntimeError as error:  # httpx.StreamConsumed, httpx.StreamClosed
        raise TypeError(_GONE) from error
    return body


def _read_werkzeug(sent: Any) -> Parts:
    try:
        body: bytes = sent.get_data()
    except Exception as error:
        if type(error).__module__ != "werkzeug.exceptions":
            raise
        raise TypeError(
            "the body of this request cannot be read: it is shorter than its Content-Length says, or longer than the "
            "application takes"
        ) from error
    announced = sent.content_length or ("form" in vars(sent) and "Transfer-Encoding" in sent.headers)
    if not body and announced:
        raise TypeError(f"{_GONE}; with werkzeug, call get_data() before anything uses .form, .files or .stream")
    sent.environ["wsgi.input"] = io.BytesIO(body)
    return _read_environ(sent.environ, body)


def _read_environ(environ: Mapping[str, Any], body: bytes) -> Parts:
    fields = []
    for key, value in environ.items():
        if key.startswith("HTTP_"):
            name = key.removeprefix("HTTP_")
            if name in {"CONTENT_TYPE", "CONTENT_LENGTH"} and environ.get(name):
                continue  # some servers give these two under both names
        elif key in {"CONTENT_TYPE", "CONTENT_LENGTH"} and value:
            name = key  # empty means absent (PEP 3333)
        else:
            continue
        fields.append((name.replace("_", "-").title(), value))
    return environ["REQUEST_METHOD"], _url_of(environ), _fields(fields), body


def _url_of(environ: Mapping[str, Any]) -> str:
    scheme = environ.get("wsgi.url_scheme", "http")
    # The request target as sent, where the server tells it: PATH_INFO has lost the percent-encoding.
    target = environ.get("REQUEST_URI") or environ.get("RAW_URI") or ""
    if target.lower().startswith(("http://", "https://")):
        return str(target)
    if not target.startswith("/"):
        path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        target = quote(_octets_of(path or "/"), safe="/;=,:@!$&'()*+~")
    if environ.get("QUERY_STRING") and "?" not in target:  # werkzeug's test client leaves it out of REQUEST_URI
        target += "?" + environ["QUERY_STRING"]
    return f"{scheme}://{environ.get('HTTP_HOST') or _server_of(environ, scheme)}{target}"


def _octets_of(text: str) -> bytes:
    """What stands for octets in an environ, each a character (PEP 3333); some servers write text all the same."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _server_of(environ: Mapping[str, Any], scheme: str) -> str:
    name, port = environ.get("SERVER_NAME", ""), str(environ.get("SERVER_PORT", ""))
    host = f"[{name}]" if ":" in name and not name.startswith("[") else name
    return host if port in {"", {"https": "443"}.get(scheme, "80")} else f"{host}:{port}"


def _read_input(environ: dict[str, Any]) -> bytes:
    """The body that a WSGI server offers; it is put back for the application."""
    stream = environ["wsgi.input"]
    length = str(environ.get("CONTENT_LENGTH") or "")
    rewindable = _is_seekable(stream)
    body: bytes
    if environ.get("wsgi.input_terminated"):
        body = stream.read()
    elif length.isascii() and length.isdigit():
        announced = min(int(length.lstrip("0")[:18] or "0"), LARGEST_BODY)
        body = stream.read(announced)
        if not body and announced:
            if not rewindable:
                raise TypeError(f"{_GONE}; use the environ before anything reads wsgi.input")
            stream.seek(0)
            body = stream.read(announced)
    elif "chunked" not in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        body = b""  # neither length nor chunks: no body (RFC 9112 §6.3)
    elif rewindable:
        body = stream.read()
    else:
        raise TypeError(
            "the body is chunked and the server does not say wsgi.input_terminated, so reading it might never end: "
            "use a server that does (werkzeug, gunicorn, cheroot, waitress)"
        )
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _read_urllib(sent: Any) -> Parts:
    """With the fields that urllib's default opener adds, in the order and case in which it sends them."""
    data = sent.data
    if isinstance(data, str):
        raise TypeError("urllib does not send text: encode the data of this Request")
    sized = data is None or _has_buffer(data)
    body = _read_body(data, "latin-1")
    added = {}
    if data is not None:
        added["Content-type"] = "application/x-www-form-urlencoded"
        if not sent.has_header("Content-length") and not sent.has_header("Transfer-encoding"):
            added["Content-length" if sized else "Transfer-encoding"] = str(len(body)) if sized else "chunked"
    added["Host"] = _host_of(sent)
    added["User-agent"] = "Python-urllib/{}.{}".format(*sys.version_info)
    fields = {**sent.unredirected_hdrs, **{k: v for k, v in added.items() if not sent.has_header(k)}}
    fields.update((name, value) for name, value in sent.headers.items() if name not in fields)
    fields["Connection"] = "close"
    method = sent.get_method()
    first = []
    if not sent.has_header("Accept-encoding"):
        first.append(("Accept-Encoding", "identity"))
    if data is None and method.upper() in {"PATCH", "POST", "PUT"} and not sent.has_header("Content-length"):
        first.append(("Content-Length", "0"))
    return method, sent.full_url, _fields([*first, *((name.title(), value) for name, value in fields.items())]), body


def _host_of(sent: Any) -> str:
    try:
        return unquote(urlsplit(sent.full_url).netloc)
    except ValueError:  # `http://[`, which urllib takes where it is told the ``origin_req_host``
        return str(sent.host or "")


_READERS: Mapping[str, Callable[[Any], Parts]] = {
    "responses.Call": _read_call,
    "respx.models.Call": _read_call,
    "requests.models.PreparedRequest": _read_requests,
    "requests_mock.request._RequestObjectProxy": _read_requests,
    "httpx.Request": _read_httpx,
    "httpx2.Request": _read_httpx,
    "werkzeug.wrappers.request.Request": _read_werkzeug,
    "urllib.request.Request": _read_urllib,
}

_ADVICE: Mapping[str, str] = {
    "requests.models.Request": "call prepare() on it, or pass response.request",
    "requests.models.Response": "pass response.request",
    "httpx.Response": "pass response.request",
    "httpx2.Response": "pass response.request",
}

_GONE = "the body of this request was read before and cannot be read again"


def _read_body(body: Any, encoding: str, start: object = None) -> bytes:
    """All of *body* without using it up. *start* is where a file is sent from; None is where it stands."""
    if body is None:
        return b""
    if isinstance(body, str):
        return _encode(body, encoding)
    if hasattr(body, "read"):
        return _read_file(body, encoding, start)
    if _has_buffer(body):
        return bytes(memoryview(body))
    chunks = iter(body)
    if chunks is body:
        raise TypeError(
            f"the body of this request is a {type(body).__name__}, which can be read once, by whoever sends it: buffer "
            "it as bytes before it is sent"
        )
    return b"".join([_encode(chunk, "utf-8") for chunk in chunks])  # text in chunks: urllib3 alone, always so


def _read_file(file: Any, encoding: str, start: object) -> bytes:
    if not _is_seekable(file):
        raise TypeError(
            f"the body of this request is a {type(file).__name__} that cannot be rewound: buffer it as bytes before it "
            "is sent"
        )
    stood = file.tell()
    if isinstance(start, int):
        file.seek(start)
    content = file.read()
    file.seek(stood)
    if not content and stood:
        raise TypeError(f"{_GONE}: its file stands at the end")
    return _encode(content, encoding)


def _encode(text: Any, encoding: str) -> bytes:
    if not isinstance(text, str):
        return bytes(memoryview(text))
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        # Without the exception's own words, which quote the body.
        raise TypeError(f"the body of this request is text that {encoding} cannot write: encode it") from None


def _has_buffer(body: Any) -> bool:
    try:
        memoryview(body)
    except TypeError:
        return False
    return True


def _is_seekable(file: Any) -> bool:
    try:
        return bool(file.seekable())
    except AttributeError:  # a file-like object with the old, smaller set of methods
        return hasattr(file, "seek") and hasattr(file, "tell")
