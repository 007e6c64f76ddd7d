"""The answers of a token endpoint as HTTP: RFC 6749 §5.1 and §5.2.

Knows nothing of requests, rules or codes: it is told what to say. No clock: every moment is an argument.
"""

from __future__ import annotations

import email.utils
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from pytest_jwtauth.error_shapes import SHAPES
from pytest_jwtauth.faults import ScriptedAnswer
from pytest_jwtauth.messages import TokenResponse
from pytest_jwtauth.model import Json, Profile

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold tokens and a key.
__tracebackhide__ = True

_NO_STORE = (
    ("Content-Type", "application/json"),
    ("Cache-Control", "no-store"),
    # RFC 6749 §5.1 demands both; OIDC Core errata 2 and OAuth 2.1 dropped the second.
    ("Pragma", "no-cache"),
)
# Made once: to make an encoder costs more than to use it.
_COMPACT = json.JSONEncoder(separators=(",", ":"))
_SCHEME = re.compile(r"\s*([A-Za-z0-9!#$%&'*+.^_`|~-]+)")


def json_response(
    status: int, members: Mapping[str, Json], now: float, headers: Iterable[tuple[str, str]] = ()
) -> TokenResponse:
    """An answer that must not be cached, with *members* as its JSON object and the server's time *now* in ``Date``."""
    return TokenResponse(status, (*_NO_STORE, *_date(int(now)), *headers), _COMPACT.encode(members).encode("ascii"))


def empty_response(status: int, now: float) -> TokenResponse:
    """An answer without a body that must not be cached (RFC 7009 §2.2)."""
    return TokenResponse(status, (*_NO_STORE[1:], *_date(int(now))))


def refusal(
    error: str,
    reason: str = "",
    *,
    profile: Profile,
    now: float,
    rules: Sequence[str] = (),
    authorization: str | None = None,
    status: int | None = None,
    headers: Iterable[tuple[str, str]] = (),
) -> TokenResponse:
    """An error response (RFC 6749 §5.2) in the shape of *profile*.

    Args:
        error: The ``error`` code.
        reason: What goes into ``error_description`` where no rule was broken.
        rules: Ids of the rules broken, in the order of the book.
        authorization: Value of the request's ``Authorization`` header. A client that tried to authenticate with it is
            always answered 401, and with a challenge of the same scheme.
        status: Overrides the status that belongs to *error*.
    """
    shape = SHAPES[profile.error_shape]
    error = shape.renamed.get(error, error)
    challenge: tuple[tuple[str, str], ...] = ()
    if error == "invalid_client" and authorization is not None:
        challenge = (("WWW-Authenticate", f'{_scheme(authorization)} realm="token endpoint"'),)
    if status is None:
        status = shape.status_of(rules)
    if status is None and error == "invalid_client":
        own = profile.invalid_client_status
        status = 401 if challenge else shape.invalid_client_status if own is None else own
    members = shape.members(error, rules, reason, now)
    return json_response(400 if status is None else status, members, now, (*challenge, *headers))


def scripted_response(
    answer: ScriptedAnswer, *, profile: Profile, now: float, authorization: str | None
) -> TokenResponse:
    """What a test scripted in the place of the normal answer, in the shape of *profile*; its headers come later."""
    if answer.error is None:
        return TokenResponse(answer.status or 200, _date(int(now)))
    reason, status = "scripted by the test", answer.status
    return refusal(answer.error, reason, profile=profile, now=now, authorization=authorization, status=status)


def _scheme(authorization: str) -> str:
    match = _SCHEME.match(authorization)
    return match[1] if match else "Basic"


# Only the last few seconds are ever asked for.
@lru_cache(maxsize=8)
def _date(second: int) -> tuple[tuple[str, str], ...]:
    try:
        return (("Date", email.utils.formatdate(second, usegmt=True)),)
    except (OverflowError, ValueError, OSError):
        # Beyond the year 9999 there is no HTTP-date (RFC 9110 §5.6.7), and a server without a clock sends none.
        return ()
