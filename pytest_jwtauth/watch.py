"""What the endpoints of one test saw, and what comes of it: a failure, or warnings. No fixture, no hook, no stub."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from pytest_jwtauth import report
from pytest_jwtauth.errors import TokenRequestWarning

if TYPE_CHECKING:
    from pytest_jwtauth.model import Verdict
    from pytest_jwtauth.promises.promise import Promise
    from pytest_jwtauth.token_endpoint import TokenEndpoint


class Watch:
    """The endpoints of one test, and what they saw that has not been reported yet.

    Attributes:
        is_recorded: Whether somebody wants a report of the suite.
        seen: What the endpoints saw that are gone, for that report.
        ended: The outcome of the test so far, and in which words.
        promise: The promise of a contract that the test is about.
        endpoints: Those that the test has or had, until all of it is reported: they know what is secret.
    """

    def __init__(self, *, is_recorded: bool = False) -> None:
        self.is_recorded = is_recorded
        self.seen: list[dict[str, Any]] = []
        self.ended: tuple[str, str] = ("passed", "")
        self.promise: Promise | None = None
        self.taken: dict[TokenEndpoint, int] = {}
        self.endpoints: list[TokenEndpoint] = []
        self.failure: BaseException | None = None
        self.unread = ""
        self._warned: set[str] = set()

    def release(self, endpoint: TokenEndpoint) -> None:
        """Leave it to somebody else to say what comes of what *endpoint* sees."""
        del self.taken[endpoint]

    def take_report(self, item: pytest.Item) -> str:
        """Give the warnings that are new, and return the report of what is new and has to fail *item*, or nothing."""
        verdicts: list[Verdict] = []
        for endpoint, taken in self.taken.items():
            unexpected = endpoint.unexpected()
            verdicts += unexpected[taken:]
            self.taken[endpoint] = len(unexpected)
        texts = [report.describe_failures(verdicts)] if verdicts else []
        return "\n".join([*texts, *self._give_warnings(item)])

    def _give_warnings(self, item: pytest.Item) -> Iterator[str]:
        """Warn once per rule; yield the texts of those that the user's filters turn into errors."""
        for endpoint in self.taken:
            for violation in endpoint.warnings():
                if violation.rule not in self._warned:
                    self._warned.add(violation.rule)
                    try:
                        item.warn(TokenRequestWarning(report.describe_warning(violation)))
                    except TokenRequestWarning as raised:
                        yield str(raised)

    def _record(self, endpoint: TokenEndpoint) -> None:
        from pytest_jwtauth.suite_record import seen_by

        self.seen.append(seen_by(endpoint))

    @contextmanager
    def over(self, endpoint: TokenEndpoint, item: pytest.Item) -> Iterator[None]:
        """Let what *endpoint* saw count for *item*; what comes after the call phase is an error at teardown."""
        self.taken[endpoint] = 0
        self.endpoints.append(endpoint)
        try:
            with endpoint.watch_log():
                yield
                late = self.take_report(item)
        finally:
            self.taken.pop(endpoint, None)
            if self.is_recorded:
                self._record(endpoint)
            self.unread = ""  # a plugin may run the test again
        if late:
            pytest.fail(
                f"{late}\n  sent or logged after the test function had returned, by a fixture's teardown or a thread",
                pytrace=False,
            )
