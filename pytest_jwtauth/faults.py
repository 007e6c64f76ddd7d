"""Trouble on purpose, as data: what a test can script the token endpoint to answer.

Says what to answer, not how: no requests, no bodies, no sockets. A new kind of trouble is a field or a row here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pytest_jwtauth.errors import ConfigurationError, unknown_name

ERRORS: Mapping[str, int | None] = {
    "invalid_request": 400,
    "invalid_client": None,
    "invalid_grant": 400,
    "unauthorized_client": 400,
    "unsupported_grant_type": 400,
    "invalid_scope": 400,
    "invalid_target": 400,
    "authorization_pending": 400,
    "slow_down": 400,
    "expired_token": 400,
    "access_denied": 400,
    "server_error": 500,
    "temporarily_unavailable": 503,
}
"""``error`` values of RFC 6749 §4.1.2.1 and §5.2, RFC 8628 §3.5, RFC 8707 §2, and their status; None: the profile's."""

_ERRORS_OF_STATUSES: Mapping[int, str] = {
    401: "invalid_client",
    429: "temporarily_unavailable",
    503: "temporarily_unavailable",
}


@dataclass(frozen=True, slots=True)
class ScriptedAnswer:
    """One answer to give whatever was asked.

    Attributes:
        error: The ``error`` member of the body; None for a body without content.
        status: The HTTP status; None for the one that the profile gives to *error*.
        headers: Headers beyond those that every answer has.
    """

    error: str | None
    status: int | None
    headers: tuple[tuple[str, str], ...] = ()


def scripted(what: object, *, retry_after: object = None, location: str | None = None) -> ScriptedAnswer:
    """Read what a test scripts: an HTTP status from 300 to 599, or an ``error`` value.

    Args:
        what: The status, or the ``error``.
        retry_after: Seconds for ``Retry-After`` (RFC 9110 §10.2.3).
        location: The target of a redirection.

    Raises:
        ConfigurationError: for another status or an unknown error, for ``retry_after`` that is no whole number of
            seconds, and for a redirection without ``location`` or the other way round.
    """
    if isinstance(what, str):
        if what not in ERRORS:
            raise unknown_name("error", what, ERRORS)
        error: str | None = what
        status = ERRORS[what]
    elif isinstance(what, bool) or not isinstance(what, int) or not 300 <= what <= 599:
        raise ConfigurationError(
            f"then() takes an HTTP status from 300 to 599 or an error name ({', '.join(ERRORS)}); got {what!r}. "
            "For a normal answer use then_ok()"
        )
    else:
        status = what
        error = _error_of(what)
    headers: list[tuple[str, str]] = []
    if (location is not None) != (status is not None and status < 400):
        raise ConfigurationError("then(3xx, location=…): a redirection needs a location, and nothing else takes one")
    if location is not None:
        headers.append(("Location", location))
    if retry_after is not None:
        if isinstance(retry_after, bool) or not isinstance(retry_after, int) or retry_after < 0:
            raise ConfigurationError(f"retry_after is a whole number of seconds, 0 or more; got {retry_after!r}")
        headers.append(("Retry-After", str(retry_after)))
    return ScriptedAnswer(error, status, tuple(headers))


def _error_of(status: int) -> str | None:
    if status < 400:
        return None
    return _ERRORS_OF_STATUSES.get(status, "invalid_request" if status < 500 else "server_error")
