"""Keep the access token of a service until shortly before its end, and fetch the next: requests, PyJWT and a secret."""

from __future__ import annotations

import time
import uuid
from email.utils import parsedate_to_datetime
from typing import Any

import jwt
import requests

MARGIN = 30
"""Seconds before its end from which on a token is no longer handed out: it has to arrive while it is good.

Of a shorter life it is the second half."""
UNTOLD = 300
"""Seconds that a token lives whose answer does not tell."""
TRIES = 4
DRIFT = 5
"""Seconds by which two clocks differ without harm."""


class TokenError(Exception):
    """There is no token; the message is the server's."""


class TokenCache:
    """The access token of our service, a client that authenticates by ``client_secret_jwt``."""

    def __init__(self, token_endpoint: str, client_id: str, client_secret: str) -> None:
        self.token_endpoint = token_endpoint
        self.client_id = client_id
        self.client_secret = client_secret
        self.server_is_ahead = 0.0
        self.token = ""
        self.renew_at = 0.0

    def get(self) -> str:
        """A token that is good for a call."""
        # Not time.monotonic(), which stands still while a laptop sleeps.
        if time.time() >= self.renew_at:
            self.renew()
        return self.token

    def renew(self) -> None:
        """Fetch the next token, whatever the present one is worth."""
        answer = self.ask_patiently()
        if answer.status_code in {400, 401} and self.read_the_servers_clock(answer):
            answer = self.ask_patiently()
        if not answer.ok:
            raise TokenError(answer.json().get("error_description", answer.reason))
        tokens = answer.json()
        self.token = tokens["access_token"]
        lifetime = lifetime_of(tokens)
        self.renew_at = time.time() + lifetime - min(MARGIN, lifetime / 2)

    def ask_patiently(self) -> requests.Response:
        """Ask, and ask again as long as the server is busy, when it says or after ever longer pauses."""
        for attempt in range(TRIES):
            answer = self.ask()
            if answer.status_code not in {429, 503}:
                break
            time.sleep(float(answer.headers.get("Retry-After", 2**attempt)))
        return answer

    def ask(self) -> requests.Response:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": self.assertion(),
        }
        # Without an auth of its own requests looks for a password in ~/.netrc, and sends it beside the assertion.
        return requests.post(self.token_endpoint, data=form, auth=no_password, timeout=5)

    def assertion(self) -> str:
        now = int(time.time() + self.server_is_ahead)
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.token_endpoint,
            "iat": now,
            "exp": now + 60,
            "jti": str(uuid.uuid4()),
        }
        return jwt.encode(claims, self.client_secret, algorithm="HS256")

    def read_the_servers_clock(self, answer: requests.Response) -> bool:
        """Whether the server's clock is another than we thought; then we go by it."""
        ahead = parsedate_to_datetime(answer.headers["Date"]).timestamp() - time.time()
        is_news = abs(ahead - self.server_is_ahead) > DRIFT
        self.server_is_ahead = ahead
        return is_news


def lifetime_of(tokens: dict[str, Any]) -> float:
    """Seconds; servers send a number, or a text, or nothing (RFC 6749 §5.1)."""
    return float(tokens.get("expires_in", UNTOLD))


def no_password(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
