"""Run a command, in bounded time and with bounded output, and leave nothing of it behind. Knows no OAuth, no pytest.

Waits by threads and locks alone: under a frozen clock the time-outs of `subprocess` never pass.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pytest_jwtauth.errors import ConfigurationError

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold what a client printed.
__tracebackhide__ = True

MOST_OUTPUT = 1024 * 1024
"""Octets kept of each of the two streams; the rest is read and dropped."""

_LAST_WORDS = 2.0
"""Seconds for reading what is left in the pipes of a process that has ended."""


@dataclass(frozen=True, slots=True, repr=False)
class Ended:
    """How a command ended.

    Attributes:
        status: Its exit status; negative: the signal that ended it, as `subprocess` has it.
        stdout, stderr: What it printed, as UTF-8, up to `MOST_OUTPUT` octets each.
        timed_out: Whether it was killed because its time was up.
    """

    status: int
    stdout: str
    stderr: str
    timed_out: bool


def run(
    command: Sequence[str | os.PathLike[str]],
    *,
    timeout: float,
    env: Mapping[str, str],
    cwd: str | os.PathLike[str] | None = None,
    stdin: str = "",
) -> Ended:
    """Run *command* without a shell, and wait until it has ended; if its time is up, kill it and all that it started.

    Args:
        command: The program and its arguments.
        timeout: Seconds.
        env: All its environment variables.
        stdin: What it can read.

    Raises:
        ConfigurationError: if there is no such program.
    """
    try:
        process = subprocess.Popen(
            [os.fspath(part) for part in command],
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        program = Path(command[0]).name
        raise ConfigurationError(f"{program!r} cannot be started: {error.strerror}. Is it installed?") from None
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    out, err = _Listener(process.stdout), _Listener(process.stderr)
    writer = _thread(_write, process.stdin, stdin.encode("utf-8"))
    waiter = _thread(process.wait)
    try:
        waiter.join(timeout)
        timed_out = waiter.is_alive()
    finally:
        # Also what a process that has ended by itself left running, and when the test itself is interrupted.
        _kill_family(process)
        waiter.join()
        printed, complained = out.text(), err.text()
        writer.join(_LAST_WORDS)
    return Ended(process.returncode, printed, complained, timed_out)


def _thread(task: object, *arguments: object) -> threading.Thread:
    thread = threading.Thread(target=task, args=arguments, name="jwtauth-child", daemon=True)  # type: ignore[arg-type]
    thread.start()
    return thread


def _write(stream: IO[bytes], text: bytes) -> None:
    with contextlib.suppress(OSError), stream:  # a process need not read
        stream.write(text)


def _kill_family(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):  # it has ended
        if hasattr(os, "killpg"):
            os.killpg(process.pid, 9)
        else:
            process.kill()


class _Listener:
    """Reads a pipe to its end, so that nobody waits to write into it, and keeps the beginning."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._kept = bytearray()
        self._dropped = 0
        self._thread = _thread(self._listen)

    def _listen(self) -> None:
        with self._pipe:
            while heard := self._pipe.read1(65536):  # type: ignore[attr-defined]
                kept = heard[: MOST_OUTPUT - len(self._kept)]
                self._kept += kept
                self._dropped += len(heard) - len(kept)

    def text(self) -> str:
        """What was said, when all has been read; not for ever, for a process of another session may hold the pipe."""
        self._thread.join(_LAST_WORDS)
        text = bytes(self._kept).decode("utf-8", "replace")
        return f"{text}\n[{self._dropped} octets more]" if self._dropped else text
