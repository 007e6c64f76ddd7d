"""What a client did before the request under test. Judges nothing."""

from __future__ import annotations

import uuid
from typing import Any

from requests_under_test import ABSENT, NOW, a_request, an_answer

from pytest_jwtauth.messages import TokenRequest, TokenResponse

LOST = None
"""No answer arrived."""


def earlier(
    answer: TokenResponse | int | str | None = 200, *, at: float | None = NOW - 60, **changes: Any
) -> tuple[TokenRequest, TokenResponse | None]:
    """A request that arrived at *at*, with an assertion of its own unless *claims* say otherwise, and its answer.

    *answer* may be a status, without an ``error``, or the ``error`` of an answer 400.
    """
    claims = {"jti": str(uuid.uuid4()), **changes.pop("claims", {})}
    if isinstance(answer, int):
        answer = an_answer(answer, **({} if answer < 400 else {"error": ABSENT}))
    elif isinstance(answer, str):
        answer = an_answer(400, error=answer)
    return a_request(claims=claims, received_at=at, **changes), answer


def alone(**changes: Any) -> TokenRequest:
    """An earlier request of whose answer nothing is known."""
    return earlier(**changes)[0]
