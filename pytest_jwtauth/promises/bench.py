"""The bench at which a client is held to a promise: an endpoint of its own, a clock to freeze, and what it sent.

Knows no promise by name. What a client does wrong ends the test by pytest's own words: fail, or skip with a reason.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

import pytest

from pytest_jwtauth import report
from pytest_jwtauth.client_under_test import Attempt, in_parallel
from pytest_jwtauth.current_item import WATCH
from pytest_jwtauth.errors import TokenRequestWarning
from pytest_jwtauth.masking import masking
from pytest_jwtauth.promises.promise import PROMISES, Promise

if TYPE_CHECKING:
    from pytest_jwtauth.clock import FrozenClock
    from pytest_jwtauth.model import Verdict
    from pytest_jwtauth.moment import Moment
    from pytest_jwtauth.received import ReceivedRequest
    from pytest_jwtauth.token_endpoint import TokenEndpoint

# `pytest --showlocals` prints the variables of every frame it shows; those of this module see a client at work.
__tracebackhide__ = True

NOT_APPLICABLE = "not applicable: "
NOT_JUDGED = "not judged: "
"""How the reasons begin for which a promise is neither kept nor broken."""


class Caller(Protocol):
    """How the client of a contract is called.

    Attributes:
        has_own_process: Whether it runs in a process of its own, whose clock is out of reach.
    """

    has_own_process: Any

    def call(
        self, what: str, /, endpoint: TokenEndpoint, *args: str, patience: float | None, url: str | None = None
    ) -> Attempt:
        """Have the client do *what*, told that the endpoint is at *url*; *patience* as `client_under_test.attempt`."""

    def offers(self, what: str) -> bool:
        """Whether the client has told how to do *what*."""


class Bench:
    """One test's place.

    Args:
        heard: What to say of which clients can be heard here, where a client sends nothing.

    Attributes:
        endpoint: The endpoint that the client is to ask; strict as always, but what it finds breaks only the promise
            that it is about.
        patience: Seconds that the client may take for one call.
        folder: An empty folder.
    """

    def __init__(
        self,
        *,
        endpoint: TokenEndpoint,
        caller: Caller,
        item: pytest.Item,
        monkeypatch: pytest.MonkeyPatch,
        freezer: str,
        patience: float,
        skipped: Mapping[str, str],
        folder: Path,
        heard: str = "",
    ) -> None:
        self.endpoint = endpoint
        self.patience = patience
        self._caller = caller
        self._item = item
        self._monkeypatch = monkeypatch
        self._freezer = freezer
        self.folder = folder
        self._heard = heard
        self._url: str | None = None
        self._skipped = skipped
        self._promise: Promise | None = None
        self._stack = ExitStack()
        self._clock: FrozenClock | None = None

    @property
    def requests(self) -> tuple[ReceivedRequest, ...]:
        """What the client has sent, oldest first."""
        return self.endpoint.requests

    @property
    def token_requests(self) -> tuple[ReceivedRequest, ...]:
        """What the client has sent to the token endpoint."""
        return tuple([one for one in self.requests if one.url.partition("?")[0] == self.endpoint.url])

    # Calling the client.

    def exchange(self) -> Attempt:
        """Have the client exchange a code, however that ends."""
        return self.call("exchange")

    def call(self, what: str, *args: str) -> Attempt:
        """Have the client do *what*, however that ends."""
        patience = None if self._clock else self.patience
        return self._caller.call(what, self.endpoint, *args, patience=patience, url=self._url)

    def get_tokens(self, what: str = "exchange", *args: str) -> Attempt:
        """Have the client do *what*, and go on only if it got its tokens.

        A client whose request is refused for what is another promise's business is *not judged*.
        """
        before = len(self.requests)
        attempt = self.call(what, *args)
        if not attempt.got_tokens:
            self._stop_without_tokens(attempt, self.requests[before:])
        return attempt

    def in_parallel(self, count: int) -> list[Attempt]:
        """Have *count* exchanges going at the same moment."""
        return in_parallel([self.exchange] * count, patience=self.patience)

    def needs(self, what: str) -> None:
        """Go on only if the client has told how to do *what*."""
        if not self._caller.offers(what):
            self.not_applicable(f"the contract has no method {what}()")

    def _stop_without_tokens(self, attempt: Attempt, sent: tuple[ReceivedRequest, ...]) -> NoReturn:
        __tracebackhide__ = True
        broken = dict.fromkeys(violation.rule for one in sent for violation in one.verdict.violations)
        if broken:
            where = ", ".join(
                dict.fromkeys(name for rule in broken for name, one in PROMISES.items() if rule in one.rules)
            )
            pytest.skip(f"{NOT_JUDGED}its request is refused for {', '.join(broken)}; see {where}")
        if not sent:
            self.fail(
                f"the client {attempt.ending} and sent nothing to {self.endpoint.url}{_shown(attempt)}",
                f"a token request{self._heard}",
            )
        self.fail(
            f"the client {attempt.ending}, although nothing is wrong with what it sent{_shown(attempt)}",
            "the token response: a mapping or an object with access_token",
        )

    # Circumstances.

    @property
    def tells_by_status(self) -> bool:
        """Whether the client runs in a process of its own, and tells by its exit status how it went."""
        return bool(self._caller.has_own_process)

    def claims_to(self, what: str) -> bool:
        """Whether the client claims *what*: ``checks_id_token`` or ``checks_nonce``."""
        return bool(getattr(self._caller, what, False))

    @contextmanager
    def told(self, url: str) -> Iterator[None]:
        """Tell the client another URL of the token endpoint."""
        self._url = url
        try:
            yield
        finally:
            self._url = None

    def is_secret(self, text: str) -> bool:
        """Whether a credential stands in *text*: the client's, or a code or a token that went to and fro."""
        return masking(self.requests, self.endpoint.client, self.endpoint.secrets_told)(text) != text

    def freeze(self, when: Moment | None = None) -> FrozenClock:
        """Have the time stand still, for client and server alike, at *when*."""
        from pytest_jwtauth.clock import FrozenClock

        if self.tells_by_status:
            self.not_applicable("the client runs in a process of its own, and its clock cannot be set")
        self._clock = self._stack.enter_context(FrozenClock(when, freezer=self._freezer))
        return self._clock

    def in_zone(self, name: str) -> None:
        """Have the machine stand in the time zone *name*."""
        if not hasattr(time, "tzset"):
            self.not_applicable("this system has no time.tzset")
        self.set_environment("TZ", name)
        time.tzset()

    def set_environment(self, name: str, value: str) -> None:
        """Set an environment variable, for the client's process too if it has one of its own."""
        self._monkeypatch.setenv(name, value)

    # What a promise comes to.

    @contextmanager
    def holding(self, promise: Promise) -> Iterator[None]:
        """Hold the client to *promise*: fail for what the test finds, and for the promise's rules that were broken."""
        __tracebackhide__ = True
        self._promise = promise
        self._item.stash[WATCH].promise = promise
        if promise.id in self._skipped:
            pytest.skip(f"skipped: {self._skipped[promise.id]}")
        try:
            yield
        except (AssertionError, pytest.fail.Exception, pytest.skip.Exception) as ended:
            if broken := self._broken(promise):
                also = "" if isinstance(ended, pytest.skip.Exception) else f"\n{ended}"
                raise pytest.fail.Exception(f"{broken}{also}", pytrace=False) from None
            raise
        finally:
            self._stack.close()
        if broken := self._broken(promise):
            pytest.fail(broken, pytrace=False)
        if not self.requests:
            self.fail(f"the client sent nothing to {self.endpoint.url}", f"a token request{self._heard}")
        self._warn(promise)

    def fail(self, found: str, expected: str) -> NoReturn:
        """End the test: the promise is broken by what no rule sees in a request."""
        __tracebackhide__ = True
        name = self._promise.id if self._promise else "contract"
        answers = ", ".join(
            f"{one.form.get('grant_type') or one.method} → {one.response.status if one.response else 'no answer'}"
            for one in self.requests[-8:]
        )
        sent = f"\n  requests: {answers}" if answers else "\n  requests: none"
        pytest.fail(f"{name}: {found}\n  expected: {expected}{sent}", pytrace=False)

    def not_applicable(self, reason: str) -> NoReturn:
        """End the test: the promise does not apply to this client."""
        __tracebackhide__ = True
        pytest.skip(f"{NOT_APPLICABLE}{reason}")

    def _broken(self, promise: Promise) -> str:
        verdicts = [_about(verdict, promise) for verdict in self.endpoint.verdicts]
        wrong = [verdict for verdict in verdicts if verdict.violations]
        return report.describe_failures(wrong) if wrong else ""

    def _warn(self, promise: Promise) -> None:
        warned = set()
        for verdict in self.endpoint.verdicts:
            for violation in _about(verdict, promise).warnings:
                if violation.rule not in warned:
                    warned.add(violation.rule)
                    self._item.warn(TokenRequestWarning(report.describe_warning(violation)))


def zones_as_before() -> None:
    """Have the time zone be that of the environment again, after `Bench.in_zone`."""
    if hasattr(time, "tzset"):
        time.tzset()


def _about(verdict: Verdict, promise: Promise) -> Verdict:
    """What of *verdict* is the business of *promise*."""
    warnings = [one for one in verdict.warnings if one.rule in promise.rules]
    severe = [one for one in warnings if one.rule in promise.strict]
    return replace(
        verdict,
        violations=(*(one for one in verdict.violations if one.rule in promise.rules), *severe),
        warnings=tuple([one for one in warnings if one not in severe]),
    )


def _shown(attempt: Attempt) -> str:
    return f"\n  it printed\n{attempt.output}" if attempt.output else ""
