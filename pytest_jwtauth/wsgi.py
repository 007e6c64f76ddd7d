"""Between HTTP messages and WSGI (PEP 3333): an environ in, an answer out. Knows no endpoint and no library."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

from pytest_jwtauth.faults import Breakdown, NoAnswer, os_error
from pytest_jwtauth.messages import TokenRequest, TokenResponse

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold requests and answers.
__tracebackhide__ = True

StartResponse: TypeAlias = Callable[..., Any]

_WITHOUT_CONTENT = frozenset({204, 304})


def serve(
    respond: Callable[[TokenRequest], TokenResponse], environ: dict[str, Any], start_response: StartResponse
) -> Iterable[bytes]:
    """Answer what a WSGI server hands over by what *respond* says.

    Raises:
        OSError: where no answer arrives, the one that a socket would raise: WSGI has no other way to say it.
    """
    try:
        answer = respond(TokenRequest.of(environ))
    except NoAnswer as lost:
        if lost.begun is None:
            raise os_error(lost.how) from None
        _start(lost.begun, start_response)
        return _broken(lost.begun.body, lost.how)
    _start(answer, start_response)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]


def _start(answer: TokenResponse, start_response: StartResponse) -> None:
    from http.client import responses as reasons

    headers = list(answer.headers)
    if answer.status not in _WITHOUT_CONTENT and not any(name.lower() == "content-length" for name, _ in headers):
        headers.append(("Content-Length", str(len(answer.body))))
    start_response(f"{answer.status} {reasons.get(answer.status, 'Unknown')}", headers)


def _broken(octets: bytes, how: Breakdown) -> Iterator[bytes]:
    yield octets
    raise os_error(how)
