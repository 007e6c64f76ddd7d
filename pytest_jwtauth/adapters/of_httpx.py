"""What ``httpx`` and its fork ``httpx2`` hand to the code under test: an answer, or the exception in its place.

For the adapters of libraries that stub them. Imports neither: the library is the one that the request comes from.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from pytest_jwtauth.faults import Breakdown, NoAnswer, os_error
from pytest_jwtauth.messages import TokenRequest, TokenResponse
from pytest_jwtauth.token_endpoint import TokenEndpoint

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold requests and answers.
__tracebackhide__ = True

_RAISED: Mapping[Breakdown, str] = {
    "connection-refused": "ConnectError",
    "connect-timeout": "ConnectTimeout",
    "read-timeout": "ReadTimeout",
    "connection-reset": "ReadError",
}
"""Names that ``httpx``, ``httpx2`` and what both stand on, ``httpcore`` and ``httpcore2``, give to the same things."""


def library_of(request: Any) -> Any:
    """The module ``httpx`` or ``httpx2`` that *request* is of."""
    return sys.modules[type(request).__module__.partition(".")[0]]


def answers(endpoint: TokenEndpoint, request: Any) -> bool:
    """Whether *endpoint* and not the mock answers *request*."""
    url = str(request.url)
    return endpoint.answers_for(url) and not endpoint.passes_through(url)


def exchange(endpoint: TokenEndpoint, request: Any, *, tls_verified: bool = True, errors: Any = None) -> Any:
    """The native response of *endpoint* to *request*, whose body has been read.

    Args:
        tls_verified: False if the client is known not to verify certificates.
        errors: The module whose exceptions are raised where no answer arrives, if not that of the request.
    """
    library = library_of(request)
    raising = library if errors is None else errors
    try:
        answer = endpoint.respond(TokenRequest.of(request), tls_verified=tls_verified)
    except NoAnswer as lost:
        if lost.begun is None:
            raise _failure(raising, lost.how) from None
        stream = _broken_stream(library, lost.begun.body, _failure(raising, lost.how))
        return library.Response(lost.begun.status, headers=_headers(lost.begun), stream=stream)
    return library.Response(answer.status, headers=_headers(answer), content=answer.body)


def _headers(answer: TokenResponse) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]


def _failure(library: Any, how: Breakdown) -> Exception:
    error: Exception = getattr(library, _RAISED[how])(str(os_error(how)))
    return error


def _broken_stream(library: Any, octets: bytes, failure: Exception) -> Any:
    class BrokenStream(library.SyncByteStream, library.AsyncByteStream):  # type: ignore[misc]
        """A body of which only the beginning arrives."""

        def __iter__(self) -> Iterator[bytes]:
            yield octets
            raise failure

        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield octets
            raise failure

    return BrokenStream()
