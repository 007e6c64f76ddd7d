"""A mutant in a process of its own: how it gets there, how long it may take, and what became of it.

No file is changed. The text of a mutant is all that there is of it, and an import finds that in place of the module.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

from mutants import Mutant, compiled

SECONDS_FOR_A_MUTANT = 600
"""Of the clock on the wall; for one that waits."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mutant, ``killed``, ``timed-out`` or ``survived``, and the test that noticed it."""

    fate: str
    by: str = ""


class Replaced(MetaPathFinder):
    """Finds the mutant in the place of its module, whenever that is imported."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != self._mutant.module:
            return None
        spec = PathFinder.find_spec(name, path, target)
        assert spec is not None
        assert spec.origin is not None
        spec.loader = _Loader(name, spec.origin, self._mutant.text)
        return spec


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, text: str) -> None:
        super().__init__(name, path)
        self._text = text

    def get_code(self, fullname: str) -> CodeType:
        return compiled(self._text, self.path)


def path_of(module: str) -> Path:
    """The file of a module, which is not imported for that, nor is its package."""
    top, *below = module.split(".")
    spec = PathFinder.find_spec(top)
    assert spec is not None, f"{top} is not installed"
    assert spec.submodule_search_locations is not None
    folder = Path(next(iter(spec.submodule_search_locations)))
    path = folder.joinpath(*below)
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


Tell = Callable[[str], None]
"""Says what became of a mutant, and ends its process there."""


def in_a_child(work: Callable[[Tell], None], *, loud: bool = False) -> Outcome:
    """Run *work* in a forked process and hear what it tells.

    One that ends without a word is dead of the mutant, and the one that the kernel ends has used up its processor time.
    """
    reading, writing = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os.setpgid(0, 0)
        if not loud:
            nowhere = os.open(os.devnull, os.O_RDWR)
            for number in (0, 1, 2):
                os.dup2(nowhere, number)

        def tell(text: str) -> None:
            _write(writing, text)
            os._exit(0)

        try:
            work(tell)
        finally:
            os._exit(1)
    os.close(writing)
    said, in_time = _read(reading, SECONDS_FOR_A_MUTANT)
    os.close(reading)
    with suppress(ProcessLookupError):
        # Also what the tests may have started.
        os.killpg(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if said:
        fate, _, by = said.partition(" ")
        return Outcome(fate, by)
    if not in_time or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGPROF):
        return Outcome("timed-out")
    return Outcome("killed", "the process died")


def _write(descriptor: int, text: str) -> None:
    data = text.encode()
    while data:
        data = data[os.write(descriptor, data) :]


def _read(descriptor: int, seconds: float) -> tuple[str, bool]:
    """All that comes until the other end is closed, and whether it was closed in time."""
    data, until = b"", time.monotonic() + seconds
    while select.select([descriptor], [], [], max(0.0, until - time.monotonic()))[0]:
        more = os.read(descriptor, 1 << 16)
        if not more:
            return data.decode(), True
        data += more
    return data.decode(), False
