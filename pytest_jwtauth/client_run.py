"""What became of a client that ran as a process: how it ended, what it printed, what it sent. Starts nothing itself.

Everything it prints may hold credentials, so every text that is made of it here is masked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

from pytest_jwtauth.child_process import Ended
from pytest_jwtauth.model import Verdict
from pytest_jwtauth.received import ReceivedRequest
from pytest_jwtauth.report import describe_failures

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold what a client printed.
__tracebackhide__ = True

MOST_LINES = 40
"""Lines of each stream that a report shows: the last ones."""


class ClientOutput(str):
    """What a client printed, as it is. Its repr, and what pytest prints of it, is masked."""

    masked: str
    """The same without credentials."""

    def __new__(cls, text: str, masked: str) -> ClientOutput:
        output = super().__new__(cls, text)
        output.masked = masked
        return output

    def __repr__(self) -> str:
        return repr(self.masked)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class ClientRun:
    """How a client ended. Made by ``LiveTokenEndpoint.run``.

    Attributes:
        command: As given; its repr would show secrets among the arguments.
        status: The exit status; negative: the signal that ended it.
        stdout, stderr: What it printed.
        timed_out: Whether it was killed because its time was up.
        requests: What it sent meanwhile, each request with its verdict and answer.
    """

    command: Sequence[str]
    status: int
    stdout: ClientOutput
    stderr: ClientOutput
    timed_out: bool
    timeout: float
    requests: tuple[ReceivedRequest, ...]
    _mask: Callable[[str], str]

    @classmethod
    def of(
        cls,
        command: Sequence[str],
        ended: Ended,
        timeout: float,
        requests: tuple[ReceivedRequest, ...],
        mask: Callable[[str], str],
    ) -> ClientRun:
        """Put together what is known; *mask* takes the secrets out of a text."""
        out, err = (ClientOutput(text, mask(text)) for text in (ended.stdout, ended.stderr))
        return cls(command, ended.status, out, err, ended.timed_out, timeout, requests, mask)

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The verdict on each of `requests`."""
        return tuple([request.verdict for request in self.requests])

    def check(self) -> ClientRun:
        """Return the run itself if the client ended with status 0.

        Raises:
            AssertionError: if it did not, with what it printed, masked, and the verdicts on what it sent.
        """
        if self.timed_out or self.status != 0:
            raise AssertionError(self._report())
        return self

    def _report(self) -> str:
        broken = [verdict for verdict in self.verdicts if verdict.violations]
        lines = [describe_failures(broken)] if broken else []
        lines.append(f"{self._shown_command()} {self._ending()}; {self._sent()}")
        for name, output in (("stdout", self.stdout), ("stderr", self.stderr)):
            lines += _last_lines(name, output.masked)
        return "\n".join(lines)

    def _shown_command(self) -> str:
        words = [
            word if word.isprintable() and len(word) <= 80 else f"‹{len(word)} characters›" for word in self.command
        ]
        return self._mask(" ".join([Path(words[0]).name, *words[1:]]))

    def _ending(self) -> str:
        if self.timed_out:
            return f"was killed after {self.timeout:g} s"
        return f"ended with status {self.status}" if self.status >= 0 else f"was ended by signal {-self.status}"

    def _sent(self) -> str:
        if not self.requests:
            return "it sent no request to the endpoint"
        answers = ", ".join(str(one.response.status) if one.response else "nothing" for one in self.requests)
        return f"{_requests(len(self.requests))}, answered {answers}"

    def __repr__(self) -> str:
        return f"<ClientRun {self._shown_command()} {self._ending()}, {_requests(len(self.requests))}>"


def _requests(count: int) -> str:
    return "1 request" if count == 1 else f"{count} requests"


def _last_lines(name: str, text: str) -> list[str]:
    lines = text.rstrip().splitlines()
    if not lines:
        return [f"  {name}: empty"]
    left_out = f" (the last {MOST_LINES} of {len(lines)} lines)" if len(lines) > MOST_LINES else ""
    shown = "\n".join(line[:2000] for line in lines[-MOST_LINES:])
    return [f"  {name}{left_out}:", indent(shown, "    ")]
