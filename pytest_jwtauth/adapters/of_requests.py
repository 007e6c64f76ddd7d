"""What ``requests`` and ``urllib3`` hand to the code under test: an answer, or the exception in its place.

For the adapters of libraries that stub ``requests``. Knows no endpoint; both are imported inside the functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from pytest_jwtauth.faults import Breakdown, NoAnswer, os_error
from pytest_jwtauth.messages import TokenResponse

if TYPE_CHECKING:
    from requests import PreparedRequest
    from requests.exceptions import RequestException
    from urllib3.exceptions import HTTPError
    from urllib3.response import HTTPResponse
    from urllib3.util.retry import Retry

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold requests and answers.
__tracebackhide__ = True

Answer = TypeVar("Answer")


def exchange(
    request: PreparedRequest, respond: Callable[[PreparedRequest], TokenResponse]
) -> tuple[HTTPResponse, bytes | None]:
    """What the transport gets for *request* from *respond*, and the body if it is whole.

    Raises:
        NoAnswer: if nothing arrives; for `persist`.
    """
    if not isinstance(request.body, (bytes, str)):
        request.body = _read_once(request.body)
    try:
        answer = respond(request)
    except NoAnswer as lost:
        if lost.begun is None:
            raise
        return _native(lost.begun, request, lost.how), None
    return _native(answer, request), answer.body


def persist(request: PreparedRequest, attempt: Callable[[], Answer], retries: Retry | None = None) -> Answer:
    """What *attempt* returns, tried again after `NoAnswer` as often as *retries* says, None meaning not at all.

    Raises:
        requests.exceptions.RequestException: the one that ``requests`` raises where no answer arrives.
    """
    while True:
        try:
            return attempt()
        except NoAnswer as lost:
            retries = _next_try(lost.how, request, retries)
            retries.sleep()


def _read_once(body: Any) -> Any:
    """Read what can be read only once, for here is where it arrives; everything else stays as it is."""
    if hasattr(body, "read"):
        return body if body.seekable() else body.read()
    if hasattr(body, "__next__"):
        return b"".join([chunk.encode() if isinstance(chunk, str) else chunk for chunk in body])
    return body


class _Interrupted(BytesIO):
    """The beginning of a body, after which a socket would raise an error."""

    def __init__(self, octets: bytes, how: Breakdown) -> None:
        super().__init__(octets)
        self._how = how

    def read(self, size: int | None = -1, /) -> bytes:
        octets = super().read(size)
        if octets or size == 0:
            return octets
        raise os_error(self._how)


@cache
def _parts_of_responses() -> tuple[type[HTTPResponse], type[Any], Mapping[int, str]]:
    """The class of responses, that of their headers, and reason phrases by status; looked up once."""
    from http.client import responses as reasons

    from urllib3.response import HTTPResponse

    return HTTPResponse, type(HTTPResponse().headers), reasons


def _native(answer: TokenResponse, request: PreparedRequest, then: Breakdown | None = None) -> HTTPResponse:
    made, fields, reasons = _parts_of_responses()
    headers = fields()
    for name, value in answer.headers:
        headers.add(name, value)
    return made(
        body=BytesIO(answer.body) if then is None else _Interrupted(answer.body, then),
        headers=headers,
        status=answer.status,
        reason=reasons.get(answer.status),
        preload_content=False,
        request_method=request.method,
    )


def _next_try(how: Breakdown, request: PreparedRequest, retries: Retry | None) -> Retry:
    """What is left of *retries*.

    Raises:
        requests.exceptions.RequestException: if there is nothing left.
    """
    from urllib3.exceptions import MaxRetryError, ProtocolError, ReadTimeoutError
    from urllib3.util.retry import Retry

    # The path without its query, which may hold credentials.
    url = (request.path_url or "/").partition("?")[0]
    # Without retries of their own the adapters of requests have this one.
    left = Retry(0, read=False) if retries is None else retries
    try:
        return left.increment(request.method, url, error=_urllib3_error(how, request, url), _pool=_pool(request))
    except (MaxRetryError, ReadTimeoutError, ProtocolError) as error:
        _raise(error, request)


def _pool(request: PreparedRequest) -> Any:
    from urllib3 import connection_from_url

    return connection_from_url(str(request.url))  # connects when it is asked to send, which it never is


def _urllib3_error(how: Breakdown, request: PreparedRequest, url: str) -> HTTPError:
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ProtocolError, ReadTimeoutError

    pool = _pool(request)
    if how == "connection-refused":
        return NewConnectionError(pool, f"Failed to establish a new connection: {os_error(how)}")
    if how == "connect-timeout":
        return ConnectTimeoutError(pool, f"Connection to {pool.host} timed out.")
    if how == "read-timeout":
        return ReadTimeoutError(pool, url, "Read timed out.")
    return ProtocolError("Connection aborted.", os_error(how))


def _raise(error: HTTPError, request: PreparedRequest) -> NoReturn:
    """Raise what ``requests`` makes of an error of ``urllib3``."""
    from requests import exceptions
    from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, ReadTimeoutError

    kind: type[RequestException] = exceptions.ConnectionError
    if isinstance(error, ReadTimeoutError):
        kind = exceptions.ReadTimeout
    elif isinstance(error, MaxRetryError):
        reason = error.reason
        if isinstance(reason, ConnectTimeoutError) and not isinstance(reason, NewConnectionError):
            kind = exceptions.ConnectTimeout
    raise kind(error, request=request) from error
