"""What the stub received, each request with its verdict and answer, and which violations a test said it wants.

No HTTP, no judging, no pytest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import TracebackType

from pytest_jwtauth import form_body
from pytest_jwtauth.messages import TokenRequest, TokenResponse
from pytest_jwtauth.model import DecodedAssertion, Verdict, Violation
from pytest_jwtauth.parameters import TOKEN_PARAMETERS
from pytest_jwtauth.urls import shown_request_line

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold requests.
__tracebackhide__ = True


class Form(Mapping[str, str]):
    """A form as a mapping from name to first value. Its repr shows the names that are registered, and no values."""

    __slots__ = ("_values",)

    def __init__(self, body: bytes) -> None:
        self._values: dict[str, str] = {}
        for name, value in form_body.parse(body).fields:
            self._values.setdefault(name, value)

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        # Any other name may be a value that lost its own, or a whole body that was encoded twice.
        known = [name for name in self._values if name in TOKEN_PARAMETERS]
        others = len(self._values) - len(known)
        return f"<Form with fields {known}{f' and {others} more' if others else ''}>"


@dataclass(frozen=True, slots=True, repr=False, eq=False, kw_only=True)
class ReceivedRequest(TokenRequest):
    """A request that a token endpoint received.

    Attributes:
        verdict: What the judge said about it.
        response: What the endpoint answered; None if no answer arrived, or not the whole.
    """

    verdict: Verdict
    response: TokenResponse | None

    @property
    def assertion(self) -> DecodedAssertion | None:
        """Header and claims of its client assertion, or None if they could not be decoded."""
        return self.verdict.assertion

    @property
    def form(self) -> Form:
        """Its form fields, each with the first value sent."""
        return Form(self.body)

    def __repr__(self) -> str:
        broken = ", ".join(self.verdict.rules) or "no rule broken"
        answered = "the answer got lost" if self.response is None else f"answered {self.response.status}"
        return f"<ReceivedRequest {shown_request_line(self.method, self.url)}: {broken}; {answered}>"


class Expectation:
    """The block of a test in which some violations are wanted. Made by ``TokenEndpoint.expect_violation``.

    Attributes:
        verdicts: Verdicts on the requests received inside the block, oldest first.
    """

    def __init__(
        self,
        rules: frozenset[str],
        off: frozenset[str],
        begin: Callable[[Expectation], None],
        end: Callable[[Expectation], None],
    ) -> None:
        self._rules = rules
        self._off = off
        self._begin = begin
        self._end = end
        self.verdicts: list[Verdict] = []

    def forgives(self, violation: Violation) -> bool:
        """Whether the test wants this violation."""
        return not self._rules or violation.rule in self._rules

    def __enter__(self) -> Expectation:
        self._begin(self)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end(self)
        # What went wrong inside is the better report than what therefore never happened.
        if exc_type is None:
            self._check()

    def _check(self) -> None:
        broken = dict.fromkeys(rule for verdict in self.verdicts for rule in verdict.rules)
        if self._rules:
            missing = sorted(self._rules.difference(broken))
        else:
            missing = [] if any(verdict.violations for verdict in self.verdicts) else ["any violation"]
        if not missing:
            return
        instead = [rule for rule in broken if rule not in self._rules]
        if not self.verdicts:
            found = "no request was received"
        else:
            count = "1 request was" if len(self.verdicts) == 1 else f"{len(self.verdicts)} requests were"
            found = f"{count} received, breaking {', '.join(instead) or 'no other rule'}"
        off = sorted(self._off.intersection(missing))
        hint = f"; the profile does not enforce {', '.join(off)}" if off else ""
        raise AssertionError(f"{', '.join(missing)}: expected inside this block, but did not occur; {found}{hint}")

    def __repr__(self) -> str:
        return f"<Expectation of {', '.join(sorted(self._rules)) or 'any violation'}>"


class Recorded:
    """What the endpoint keeps of one exchange; as a `ReceivedRequest` only when somebody asks."""

    __slots__ = ("_at", "_received", "_request", "_response", "_verdict")

    def __init__(self, request: TokenRequest, at: float, verdict: Verdict, response: TokenResponse | None) -> None:
        self._request = request
        self._at = at
        self._verdict = verdict
        self._response = response
        self._received: ReceivedRequest | None = None

    @property
    def received(self) -> ReceivedRequest:
        """The request with its verdict and answer; the same object each time."""
        if self._received is None:
            sent = self._request
            self._received = ReceivedRequest(
                sent.method,
                sent.url,
                sent.headers,
                sent.body,
                self._at,
                verdict=self._verdict,
                response=self._response,
            )
        return self._received


class Outcome:
    """What the requests came to, as far as the test did not want it, in the order of the verdicts.

    Attributes:
        expectations: Of the blocks that the test is in.
    """

    __slots__ = ("_unexpected", "expectations")

    def __init__(self) -> None:
        self.expectations: list[Expectation] = []
        self._unexpected: list[Verdict] = []

    def add(self, verdict: Verdict) -> None:
        """Add a verdict, and let the blocks know it that the test is in."""
        self._unexpected.append(self._unforgiven(verdict) if self.expectations else verdict)
        for expectation in self.expectations:
            expectation.verdicts.append(verdict)

    def violating(self) -> tuple[Verdict, ...]:
        """The verdicts that have violations of level error; the same objects each time."""
        return tuple([verdict for verdict in self._unexpected if verdict.violations])

    def first_warnings(self) -> tuple[Violation, ...]:
        """The violations of level warning: the first of each rule."""
        first: dict[str, Violation] = {}
        for verdict in self._unexpected:
            for violation in verdict.warnings:
                first.setdefault(violation.rule, violation)
        return tuple(first.values())

    def _unforgiven(self, verdict: Verdict) -> Verdict:
        return replace(
            verdict, violations=self._unwanted(verdict.violations), warnings=self._unwanted(verdict.warnings)
        )

    def _unwanted(self, found: tuple[Violation, ...]) -> tuple[Violation, ...]:
        return tuple(violation for violation in found if not any(one.forgives(violation) for one in self.expectations))
