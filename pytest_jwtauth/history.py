"""What was sent before, indexed by what must not be sent again. No rule and no verdict: it only remembers.

Kept by the stub and grown by one request at a time, so that a replay check costs the same after ten thousand requests.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from pytest_jwtauth.model import HistoryItem, TokenRequest, TokenResponse


@dataclass(frozen=True, slots=True, repr=False)
class Past:
    """One earlier request, as far as later ones are compared with it.

    Attributes:
        request: The request.
        response: Its answer; None if none arrived.
        answered: Whether anything is known of the answer; if not, *response* says nothing.
        at: When it was received, a NumericDate; None if unknown.
        endpoint: Which endpoint it went to.
        grant: Its ``grant_type``.
        fields: Values of the fields that later requests are compared with.
        signed: Header and payload of its assertion, the signature left off: ECDSA lets anybody make a second
            signature from the first, so the text as a whole is no identity.
        jti: ``(iss, jti)`` of its assertion, if both are strings.
    """

    request: TokenRequest
    response: TokenResponse | None
    answered: bool
    at: float | None
    endpoint: str
    grant: str | None
    fields: dict[str, str]
    signed: str | None
    jti: tuple[str, str] | None

    @property
    def error(self) -> str | None:
        """The ``error`` of the answer's JSON body (RFC 6749 §5.2), if it has one."""
        if self.response is None or self.response.status < 400:
            return None
        try:
            body = json.loads(self.response.body)
        except ValueError:
            return None
        error = body.get("error") if isinstance(body, dict) else None
        return error if isinstance(error, str) else None

    @property
    def not_processed(self) -> bool:
        """Whether the server said that it did nothing: too busy (RFC 6585 §4, RFC 9110 §15.6.4), or client unknown."""
        if self.response is None:
            return False
        return self.response.status in {429, 503} or self.error == "invalid_client"

    @property
    def calls_for_retry(self) -> bool:
        """Whether a client may well try again after this answer: none arrived, 401, 429, or a server's error."""
        if not self.answered:
            return False
        return self.response is None or self.response.status in {401, 429} or self.response.status >= 500


class History:
    """Earlier requests, oldest first."""

    __slots__ = ("_by_field", "_by_jti", "_by_signed", "items")

    def __init__(self, items: Iterable[Past] = ()) -> None:
        self.items: list[Past] = []
        self._by_signed: dict[str, list[Past]] = {}
        self._by_jti: dict[tuple[str, str], list[Past]] = {}
        self._by_field: dict[tuple[str, str], list[Past]] = {}
        for item in items:
            self.remember(item)

    def __len__(self) -> int:
        return len(self.items)

    def remember(self, past: Past) -> None:
        """Add a request that came after all others."""
        self.items.append(past)
        if past.signed is not None:
            self._by_signed.setdefault(past.signed, []).append(past)
        if past.jti is not None:
            self._by_jti.setdefault(past.jti, []).append(past)
        for field in past.fields.items():
            self._by_field.setdefault(field, []).append(past)

    def with_assertion(self, signed: str | None) -> list[Past]:
        """Earlier requests with the same header and payload in their assertion."""
        return [] if signed is None else self._by_signed.get(signed, [])

    def with_jti(self, jti: tuple[str, str] | None) -> list[Past]:
        """Earlier requests whose assertion had the same ``iss`` and ``jti``."""
        return [] if jti is None else self._by_jti.get(jti, [])

    def with_field(self, name: str, value: str) -> list[Past]:
        """Earlier requests with this value in the form field *name*."""
        return self._by_field.get((name, value), [])


REMEMBERED_FIELDS = ("code", "code_verifier", "refresh_token", "device_code", "auth_req_id")


def split_item(item: HistoryItem) -> tuple[TokenRequest, TokenResponse | None, bool]:
    """An item as a test wrote it: the request, its answer, and whether anything is known of the answer.

    Raises:
        TypeError: if it is neither a request nor a pair of request and answer.
    """
    if isinstance(item, tuple):
        if len(item) == 2 and (item[1] is None or isinstance(item[1], TokenResponse)):
            return TokenRequest.of(item[0]), item[1], True
        raise TypeError("an item of history is a TokenRequest, or a pair (TokenRequest, TokenResponse or None)")
    return TokenRequest.of(item), None, False
