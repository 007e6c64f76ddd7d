"""Authorization requests that a client pushed ahead (RFC 9126), until the browser brings their ``request_uri``.

Knows nothing of HTTP, of verdicts, or of the codes that come of them. No clock: every moment is an argument. Not
locked: its owner is.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from pytest_jwtauth.errors import ConfigurationError
from pytest_jwtauth.numeric_date import show_span

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold what a client sent.
__tracebackhide__ = True

_PREFIX = "urn:ietf:params:oauth:request_uri:"
"""RFC 9126 §2.2 leaves the form open and suggests this one."""


@dataclass(slots=True, repr=False, eq=False)
class Pushed:
    """One authorization request: its parameters, and until when (a NumericDate) its ``request_uri`` is good."""

    parameters: Mapping[str, str]
    expires_at: float
    used: bool = False


class PushedRequests:
    """All pushed authorization requests of one server."""

    __slots__ = ("_by_uri",)

    def __init__(self) -> None:
        self._by_uri: dict[str, Pushed] = {}

    def add(self, parameters: Mapping[str, str], expires_at: float) -> str:
        """Keep *parameters* until *expires_at*, and return the ``request_uri`` that stands for them."""
        request_uri = _PREFIX + secrets.token_urlsafe(24)
        self._by_uri[request_uri] = Pushed(parameters, expires_at)
        return request_uri

    def take(self, request_uri: str, now: float) -> Mapping[str, str]:
        """The parameters that *request_uri* stands for; once only (RFC 9126 §4).

        Raises:
            ConfigurationError: for one that was not issued, was used, or has expired. No message repeats it.
        """
        pushed = self._by_uri.get(request_uri)
        if pushed is None:
            raise ConfigurationError(
                f"issue_code(request_uri=…): that request_uri was not issued here; {len(self._by_uri)} were. Pass "
                "the one in the URL that the code under test sends the browser to, decoded"
            )
        if pushed.used:
            raise ConfigurationError(
                "issue_code(request_uri=…): that request_uri was used before, and is good once (RFC 9126 §4): "
                "the code under test has to push a new request for each login"
            )
        if now >= pushed.expires_at:
            raise ConfigurationError(
                f"issue_code(request_uri=…): that request_uri expired {show_span(now - pushed.expires_at)} before; "
                "the attribute request_uri_lifetime of the endpoint says how many seconds it lives"
            )
        pushed.used = True
        return pushed.parameters
