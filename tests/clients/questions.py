"""What to ask of a library after its first request: each question a situation, each answer in words."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from clients.connecting import Connected
from clients.facts import assertion_of, fields_of, header_of, proof, what_followed

from pytest_jwtauth.clock import FrozenClock

GRANTED = "openid profile offline_access User.Read"
"""What the user has agreed to: more than any library here asks for."""


@dataclass(frozen=True)
class Asked:
    """A library in use, the time, and a folder of its own."""

    one: Connected
    clock: FrozenClock
    folder: Path

    def since(self, before: int) -> str:
        """What followed the first *before* requests."""
        return what_followed(self.one.requests[before - 1], self.one.requests[before:])


def asked_again(later: float) -> Callable[[Asked], str]:
    def ask(asked: Asked) -> str:
        asked.one.token()
        before = len(asked.one.requests)
        asked.clock.tick(later)
        asked.one.token()
        return asked.since(before)

    return ask


def refresh(asked: Asked) -> str:
    asked.one.token()
    before = len(asked.one.requests)
    if asked.one.application.refresh is None:
        return "has none"
    with suppress(Exception):  # one library wants an ID Token of the same login
        asked.one.application.refresh(asked.one.endpoint.issue_refresh_token(scope=GRANTED))
    return asked.since(before)


def by_itself_after(what: int | str) -> Callable[[Asked], str]:
    def ask(asked: Asked) -> str:
        asked.one.endpoint.then(what)
        asked.one.token()
        return asked.since(1)

    return ask


def asked_again_after_503(asked: Asked) -> str:
    for _ in range(9):
        asked.one.endpoint.then(503)
    asked.one.token()
    before = len(asked.one.requests)
    asked.clock.tick(61)
    asked.one.token()
    return asked.since(before)


def after_a_redirect(asked: Asked) -> str:
    asked.one.endpoint.then(307, location=asked.one.elsewhere)
    asked.one.token()
    followed = [request for request in asked.one.endpoint.requests if request.url == asked.one.elsewhere]
    if not followed:
        return "not followed"
    same = proof(followed[0]) == proof(asked.one.requests[0])
    return "followed, with the assertion" if same else "followed, without the assertion"


def with_a_netrc(asked: Asked) -> str:
    host = urlsplit(asked.one.endpoint.url).hostname
    asked.folder.joinpath("netrc").write_text(f"machine {host} login someone password something", encoding="utf-8")
    asked.one.token()
    authorization = header_of(asked.one.requests[0], "authorization")
    return "ignored" if authorization is None else f"Authorization: {authorization.partition(' ')[0]} is added"


def in_the_log(asked: Asked) -> str:
    written: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(record.getMessage())

    root, handler, level = logging.getLogger(), Kept(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        asked.one.token()
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
    sent, text = asked.one.requests[0], "\n".join(written)
    given = asked.one.endpoint.client.client_secret
    credentials = {
        "the assertion": assertion_of(fields_of(sent)),
        "the secret": given or "",
    }
    found = [name for name, value in credentials.items() if value and value in text]
    return ", ".join(found) or "no credential"


QUESTIONS: Mapping[str, Callable[[Asked], str]] = {
    "asked again at once": asked_again(0),
    "asked again a minute later": asked_again(61),
    "refresh": refresh,
    "by itself after 401 with a challenge for Basic": by_itself_after("basic-bait"),
    "by itself after 503": by_itself_after(503),
    "by itself after a read time-out": by_itself_after("read-timeout"),
    "asked again after 503": asked_again_after_503,
    "redirect 307 to another host": after_a_redirect,
    "entry in .netrc": with_a_netrc,
    "log at DEBUG": in_the_log,
}
