"""What was sent before, indexed by what must not be sent again. No rule and no verdict: it only remembers.

Kept by the stub and grown by one request at a time, so that a replay check costs the same after ten thousand requests.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_jwtauth import form_body, jws
from pytest_jwtauth.messages import HistoryItem, TokenRequest, TokenResponse

_PROOFS = frozenset({"client_assertion", "client_assertion_type", "client_secret"})
_METADATA = re.compile(r"/\.well-known/(openid-configuration|oauth-authorization-server)\b")


@dataclass(slots=True, repr=False, eq=False)
class Past:
    """One earlier request, as far as later ones are compared with it.

    Attributes:
        request: The request.
        response: Its answer; None if none arrived.
        answered: Whether anything is known of the answer; if not, *response* says nothing.
        at: When it was received, a NumericDate; where that is not known, the time at which it was looked at.
        timed: Whether it is known when it was received.
        arrived, left: When it arrived and when its answer left, by whatever counts upwards: two requests of which one
            arrived before the other's answer left were under way at the same time.
        endpoint: Which endpoint it went to.
        grant: Its ``grant_type``.
        fields: Values of the fields that later requests are compared with.
        signed: Header and payload of its assertion, the signature left off: ECDSA lets anybody make a second
            signature from the first, so the text as a whole is no identity.
        jti: ``(iss, jti)`` of its assertion, if both are strings.
        exp: ``exp`` of its assertion, if it can be compared.
    """

    request: TokenRequest
    response: TokenResponse | None
    answered: bool
    at: float
    arrived: float
    left: float
    endpoint: str
    grant: str | None
    fields: dict[str, str]
    signed: str | None
    jti: tuple[str, str] | None
    exp: float | None = None
    timed: bool = True
    _answer: Mapping[str, Any] | None = field(default=None)

    @property
    def answer(self) -> Mapping[str, Any]:
        """The members of the answer's JSON body; none if it has no such body."""
        if self._answer is None:
            self._answer = _members(self.response)
        return self._answer

    @property
    def succeeded(self) -> bool:
        """Whether the answer was a success."""
        return self.response is not None and 200 <= self.response.status < 300

    @property
    def brought_tokens(self) -> bool:
        """Whether the answer was a success that a client can use: a JSON object with what RFC 6749 §5.1 requires.

        What is said to be no JSON, or begins with a byte order mark (RFC 8259 §8.1), a client may refuse to read.
        """
        if self.response is None or not self.succeeded:
            return False
        if not all(isinstance(self.answer.get(name), str) for name in ("access_token", "token_type")):
            return False
        content_type = self.answer_header("content-type") or "json"
        return "json" in content_type.lower() and not self.response.body.startswith(b"\xef\xbb\xbf")

    @property
    def failed(self) -> bool:
        """Whether it is known that no success came."""
        return self.answered and not self.succeeded

    @property
    def error(self) -> str | None:
        """The ``error`` of the answer (RFC 6749 §5.2), if it has one."""
        if self.response is None or self.response.status < 400:
            return None
        error = self.answer.get("error")
        return error if isinstance(error, str) else None

    @property
    def not_processed(self) -> bool:
        """Whether the server said that it did not look at the grant.

        It was too busy (RFC 6585 §4, RFC 9110 §15.6.4), had not got the whole request (RFC 9110 §15.5.9) or would not
        take it so early (RFC 8470 §5.2), did not know the client (a 401 whose body cannot be read says that as well),
        or wants a DPoP nonce first (RFC 9449 §8).
        """
        if self.response is None:
            return False
        return self.response.status in {401, *_NOT_NOW} or self.error in {"invalid_client", "use_dpop_nonce"}

    @property
    def calls_for_retry(self) -> bool:
        """Whether a client may well try again after this answer: none arrived, 401, not now, or a server's error."""
        if not self.answered:
            return False
        return self.response is None or self.response.status in {401, *_NOT_NOW} or self.response.status >= 500

    @property
    def answered_at(self) -> float:
        """When the answer left, a NumericDate; when the request arrived where nothing else is known."""
        sent_at = self.response.sent_at if self.response is not None else None
        return self.at if sent_at is None else sent_at

    def under_way(self, arrived: float) -> bool:
        """Whether its answer had not left yet when a later request *arrived*, which so could not know of it."""
        # The stub counts, each answer after its request, and of two requests in a race the second may be judged first.
        # Times that a test wrote down are in order, unless the clock was put back: then they do not tell.
        counted = self.left > self.arrived and (self.response is None or self.response.sent_at is None)
        return arrived < self.left and (counted or self.arrived <= arrived)

    def answer_header(self, name: str) -> str | None:
        """The first value of the answer's header *name* (lower case), or None."""
        headers = self.response.headers if self.response is not None else ()
        return next((value for known, value in headers if known.lower() == name), None)

    @property
    def same_attempt(self) -> tuple[object, ...]:
        """What a retry has in common with what it retries, whatever it signs anew."""
        return (self.endpoint, self.grant, *_what_is_asked(self.request))


_NOT_NOW = frozenset({408, 425, 429, 503})


def _what_is_asked(request: TokenRequest) -> tuple[tuple[str, str], ...]:
    """The fields of a request, without those that only prove who asks."""
    return tuple(
        sorted(
            (name, _principal(value) if name == "assertion" else value)
            for name, value in form_body.parse(request.body).fields
            if name not in _PROOFS
        )
    )


def _principal(assertion: str) -> str:
    """For whom the assertion of a grant asks: what stays the same when it is signed anew."""
    claims = jws.take_apart(assertion).claims
    if claims is None:
        return assertion
    return repr([value for name in ("iss", "sub", "scope") if isinstance(value := claims.get(name), str)])


def _members(response: TokenResponse | None) -> Mapping[str, Any]:
    if response is None:
        return {}
    try:
        body = json.loads(response.body)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


class History:
    """Earlier requests, oldest first."""

    __slots__ = (
        "_by_attempt",
        "_by_field",
        "_by_jti",
        "_by_signed",
        "_issued",
        "_jtis",
        "_last_by_endpoint",
        "_last_by_grant",
        "_read",
        "_told_apart",
        "any_failed",
        "items",
        "metadata",
    )

    def __init__(self) -> None:
        self.items: list[Past] = []
        self.metadata: list[Past] = []
        self._by_signed: dict[str, list[Past]] = {}
        self._by_jti: dict[tuple[str, str], list[Past]] = {}
        self._by_field: dict[tuple[str, str], list[Past]] = {}
        self._by_attempt: dict[tuple[object, ...], list[Past]] = {}
        self._last_by_endpoint: dict[str, Past] = {}
        self._last_by_grant: dict[str | None, Past] = {}
        self._jtis: dict[str, list[str]] = {}
        self._issued: dict[tuple[str, str], Past] = {}
        self._read = 0
        self._told_apart = 0
        self.any_failed = False

    def remember(self, past: Past) -> None:
        """Add a request that came after all others."""
        if past.endpoint == METADATA:
            self.metadata.append(past)
            return
        self.items.append(past)
        if past.signed is not None:
            self._by_signed.setdefault(past.signed, []).append(past)
        if past.jti is not None:
            others = self._by_jti.setdefault(past.jti, [])
            if not others:
                self._jtis.setdefault(past.jti[0], []).append(past.jti[1])
            others.append(past)
        for pair in past.fields.items():
            self._by_field.setdefault(pair, []).append(past)
        self._last_by_endpoint[past.endpoint] = past
        if past.succeeded:
            self._last_by_grant[past.grant] = past
        elif past.answered:
            self.any_failed = True

    @property
    def last(self) -> Past | None:
        """The request before this one."""
        return self.items[-1] if self.items else None

    def with_assertion(self, signed: str | None) -> list[Past]:
        """Earlier requests with the same header and payload in their assertion."""
        return [] if signed is None else self._by_signed.get(signed, [])

    def with_jti(self, jti: tuple[str, str] | None) -> list[Past]:
        """Earlier requests whose assertion had the same ``iss`` and ``jti``."""
        return [] if jti is None else self._by_jti.get(jti, [])

    def with_field(self, name: str, value: str) -> list[Past]:
        """Earlier requests with this value in the form field *name*."""
        return self._by_field.get((name, value), [])

    def jtis_of(self, issuer: str, most: int) -> list[str]:
        """The latest *most* different ``jti`` values of *issuer*, oldest first."""
        return self._jtis.get(issuer, [])[-most:]

    def last_success(self, grant: str | None) -> Past | None:
        """The latest request of this grant type that got its tokens."""
        return self._last_by_grant.get(grant)

    def last_at(self, endpoint: str) -> Past | None:
        """The latest request to this endpoint."""
        return self._last_by_endpoint.get(endpoint)

    def like(self, attempt: tuple[object, ...]) -> list[Past]:
        """Earlier requests for the same thing (`Past.same_attempt`), oldest first; told apart when first asked for."""
        for past in self.items[self._told_apart :]:
            self._by_attempt.setdefault(past.same_attempt, []).append(past)
        self._told_apart = len(self.items)
        return self._by_attempt.get(attempt, [])

    def issue_of(self, name: str, value: str) -> Past | None:
        """The request whose answer held *value* as its member *name*: ``access_token``, ``refresh_token`` …

        Answers are read when first asked for: on the hot path nobody asks.
        """
        for past in self.items[self._read :]:
            for member in ISSUED_MEMBERS:
                issued = past.answer.get(member) if past.succeeded else None
                if isinstance(issued, str):
                    self._issued[member, issued] = past
        self._read = len(self.items)
        return self._issued.get((name, value))


METADATA = "metadata"
"""Name of the place where server metadata is read (RFC 8414 §3, OIDC Discovery §4)."""
RESOURCE = "resource"
"""Name of any place where an issued access token is used."""

ISSUED_MEMBERS = ("access_token", "refresh_token", "device_code", "auth_req_id")


def is_metadata_url(url: str) -> bool:
    """Whether *url* is that of a metadata document."""
    return _METADATA.search(url) is not None


DPOP_JTI = "dpop.jti"
"""Stands among the remembered fields for the ``jti`` of a DPoP proof, which is no form field."""

REMEMBERED_FIELDS = frozenset({"code", "code_verifier", "refresh_token", "device_code", "auth_req_id"})


def split_item(item: HistoryItem) -> tuple[TokenRequest, TokenResponse | None, bool]:
    """An item as a test wrote it: the request, its answer, and whether anything is known of the answer.

    Raises:
        TypeError: if it is neither a request nor a pair of request and answer.
    """
    if not isinstance(item, tuple):
        return TokenRequest.of(item), None, False
    pair: tuple[object, ...] = item
    if len(pair) != 2 or not (pair[1] is None or isinstance(pair[1], TokenResponse)):
        raise TypeError("an item of history is a TokenRequest, or a pair (TokenRequest, TokenResponse or None)")
    return TokenRequest.of(pair[0]), pair[1], True
