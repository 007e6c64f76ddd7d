"""A change inside a function, tried where all tests are collected: the function gets the other code.

The tests that come by the changed statement run, those first that are likely to notice.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import tempfile
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import _lru_cache_wrapper
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest
from child import Outcome, Replaced, Tell, in_a_child
from mutants import Mutant, compiled
from pytest_side import SECONDS_TO_COLLECT, StopAtFailure, arguments, limited
from transplant import transplant

HOLD_KEYS = ("pytest_jwtauth.crypto", "pytest_jwtauth.hostile.case", "pytest_jwtauth.id_token")
"""Modules whose caches hold keys, which take long to make and depend on nothing that is mutated."""
QUICK = 0.2
"""Seconds of processor time; longer tests are left out where only those of a module's own room are run."""

Functions = Mapping[tuple[str, int, str], Sequence[FunctionType]]
"""Functions by file, first line and name; a module may be there several times."""


class Lines:
    """Which lines of some files run, until somebody looks."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._run: dict[str, set[int]] = {str(file): set() for file in files}
        sys.monitoring.use_tool_id(sys.monitoring.PROFILER_ID, "mutation")
        sys.monitoring.register_callback(sys.monitoring.PROFILER_ID, sys.monitoring.events.LINE, self._note)
        sys.monitoring.set_events(sys.monitoring.PROFILER_ID, sys.monitoring.events.LINE)

    def _note(self, code: CodeType, line: int) -> object:
        lines = self._run.get(code.co_filename)
        if lines is None:
            return sys.monitoring.DISABLE
        lines.add(line)
        return None

    def taken(self) -> dict[str, frozenset[int]]:
        """The lines by file, which are forgotten with that."""
        taken = {name: frozenset(lines) for name, lines in self._run.items()}
        for lines in self._run.values():
            lines.clear()
        return taken

    def close(self) -> None:
        """Look no longer."""
        sys.monitoring.set_events(sys.monitoring.PROFILER_ID, 0)
        sys.monitoring.free_tool_id(sys.monitoring.PROFILER_ID)


def _is_about(item: pytest.Item, mutant: Mutant) -> bool:
    """Whether the name of a test, such as ``[exp-missing: none]``, says that it is about the changed rule."""
    about = mutant.about.replace("_", "-")
    return f"[{about}:" in item.nodeid or f"[{about}]" in item.nodeid


class Trials:
    """A plugin of pytest: takes the place of the loop over the tests, and tries mutants there.

    Args:
        files: The file of each module.
        own: For each module, how the names of the tests begin that are about it.
        mutants: By number. Those of which importing runs the statement are not for this room.
        lines: That have been traced while modules were imported and tests collected.
        everything: Whether a change of a function is tried by all tests, not by those of its own room alone.
        heard: Told the number of a mutant and what became of it; None if it has to be tried elsewhere.
    """

    def __init__(
        self,
        files: Mapping[str, Path],
        own: Mapping[str, Sequence[str]],
        mutants: Mapping[int, Mutant],
        lines: Lines,
        *,
        everything: bool,
        heard: Callable[[int, Outcome | None], None],
    ) -> None:
        self._everything = everything
        self._files = files
        self._own = own
        self._mutants = mutants
        self._lines = lines
        self._heard = heard
        self._durations: dict[pytest.Item, float] = {}
        self._by_line: dict[tuple[str, int], set[pytest.Item]] = defaultdict(set)
        self._failed: list[str] = []
        self._noticed: dict[tuple[str, str], list[pytest.Item]] = defaultdict(list)
        self.done = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        imported = self._lines.taken()
        if session.testsfailed:
            raise session.Interrupted(f"{session.testsfailed} errors while collecting")
        self._caches = list(_caches())
        self._items = session.items
        own = tuple(name for names in self._own.values() for name in names)
        self._measure([item for item in self._items if self._everything or item.nodeid.startswith(own)])
        self._lines.close()
        if self._failed:
            raise session.Failed(f"without any mutant these fail: {', '.join(self._failed)}")
        items = {item.nodeid: item for item in session.items}
        functions = _functions(self._files.values())
        gc.collect()
        gc.freeze()
        for number, mutant in self._mutants.items():
            outcome = self._outcome(mutant, imported[str(self._files[mutant.module])], functions)
            if outcome is not None and outcome.by in items:
                self._noticed[mutant.module, mutant.about].insert(0, items[outcome.by])
            self._heard(number, outcome)
        self.done = True
        return True

    def _outcome(self, mutant: Mutant, imported: frozenset[int], functions: Functions) -> Outcome | None:
        """What becomes of *mutant* here; None if only a process that imports it can tell."""
        file = str(self._files[mutant.module])
        if not mutant.function:
            own = self._own_tests(mutant)
            outcome = in_a_child(lambda tell: self._try(mutant, lambda: transplant(mutant), own, tell))
            return None if outcome.fate == "elsewhere" else outcome
        if not imported.isdisjoint(mutant.lines):
            return None
        code = _code_in(compiled(mutant.statement, file), mutant)
        changed = functions.get((file, code.co_firstlineno, code.co_name), []) if code else []
        if code is None or not changed or any(one.__code__.co_freevars != code.co_freevars for one in changed):
            return None
        tests = self._tests_of(mutant, file)
        if not tests:
            return Outcome("survived", "no test runs it")

        def change() -> bool:
            for function in changed:
                function.__code__ = code
            return True

        return in_a_child(lambda tell: self._try(mutant, change, tests, tell))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed.append(report.nodeid)

    def _measure(self, items: Sequence[pytest.Item]) -> None:
        """Run every test once, as it is: how long each takes, and by which lines it comes."""
        for item, following in zip(items, [*items[1:], None], strict=True):
            self._forget()
            start = time.process_time()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            self._durations[item] = time.process_time() - start
            for file, lines in self._lines.taken().items():
                for line in lines:
                    self._by_line[file, line].add(item)

    def _forget(self) -> None:
        for cache in self._caches:
            cache.cache_clear()

    def _tests_of(self, mutant: Mutant, file: str) -> list[pytest.Item]:
        """The tests that run the changed statement."""
        those = {item for line in mutant.lines for item in self._by_line.get((file, line), ())}
        own = (item for item in those if self._durations[item] < QUICK and self._is_own(item, mutant))
        return self._ordered(mutant, those if self._everything else own)

    def _is_own(self, item: pytest.Item, mutant: Mutant) -> bool:
        """Whether a test is of the module's own room, or about what is changed."""
        return item.nodeid.startswith(tuple(self._own[mutant.module])) or _is_about(item, mutant)

    def _own_tests(self, mutant: Mutant) -> list[pytest.Item]:
        """The tests of the module's own room, and those elsewhere that are about what is changed."""
        return self._ordered(mutant, (item for item in self._items if self._is_own(item, mutant)))

    def _ordered(self, mutant: Mutant, tests: Iterable[pytest.Item]) -> list[pytest.Item]:
        """Those first that noticed another change there, then those that are about it by their names."""
        own = tuple(self._own[mutant.module])
        noticed = {item: place for place, item in enumerate(dict.fromkeys(self._noticed[mutant.module, mutant.about]))}

        def order(item: pytest.Item) -> tuple[object, ...]:
            place = noticed.get(item, len(noticed))
            is_own = item.nodeid.startswith(own)
            return place, not _is_about(item, mutant), not is_own, self._durations.get(item, 0.0), item.nodeid

        return sorted(tests, key=order)

    def _try(self, mutant: Mutant, change: Callable[[], bool], tests: Sequence[pytest.Item], tell: Tell) -> None:
        """Make the change and run *tests*, in a process of its own."""
        # For inner runs of pytest, which import everything again.
        sys.meta_path.insert(0, Replaced(mutant))
        limited(SECONDS_TO_COLLECT)
        try:
            if not change():
                tell("elsewhere")
        except Exception as reason:
            tell(f"killed {reason!r}")
        self._forget()
        config = tests[0].config
        config.pluginmanager.register(
            StopAtFailure(tell, {item.nodeid: seconds for item, seconds in self._durations.items()})
        )
        for item, following in zip(tests, [*tests[1:], None], strict=True):
            config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        tell("survived")


def run_warm(
    files: Mapping[str, Path],
    own: Mapping[str, Sequence[str]],
    mutants: Mapping[int, Mutant],
    tests: Sequence[str],
    *,
    everything: bool,
) -> Iterator[tuple[int, Outcome | None]]:
    """Try *mutants* in a process that has collected *tests*; None is the outcome of one that importing feels.

    Raises:
        RuntimeError: if the tests fail without any mutant.
    """
    reading, writing = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with open(writing, "w", encoding="utf-8") as out:

            def hear(number: int, outcome: Outcome | None) -> None:
                print(json.dumps([number, outcome and [outcome.fate, outcome.by]]), file=out, flush=True)

            with _silent() as said:
                lines = Lines(list(files.values()))
                trials = Trials(files, own, mutants, lines, everything=everything, heard=hear)
                try:
                    pytest.main(arguments(tests), plugins=[trials])
                except BaseException:
                    traceback.print_exc()
                finally:
                    if not trials.done:
                        print(json.dumps([-1, ["failed", said()]]), file=out, flush=True)
                    os._exit(0)
    os.close(writing)
    with open(reading, encoding="utf-8") as results:
        for line in results:
            number, outcome = json.loads(line)
            if number < 0:
                raise RuntimeError(f"the tests fail without any mutant\n{outcome[1]}")
            yield number, Outcome(*outcome) if outcome else None
    os.waitpid(child, 0)


@contextmanager
def _silent() -> Iterator[Callable[[], str]]:
    """Let what this process prints go to a file; gives a function that reads it."""
    with tempfile.TemporaryFile() as file:
        for number in (1, 2):
            os.dup2(file.fileno(), number)

        def said() -> str:
            sys.stdout.flush()
            file.seek(0)
            return file.read().decode(errors="replace")[-4000:]

        yield said


def _caches() -> Iterator[_lru_cache_wrapper[Any]]:
    """What the package remembers of earlier calls."""
    for found in gc.get_objects():
        if type(found) is _lru_cache_wrapper:
            module = getattr(found, "__module__", None) or ""
            if module.startswith("pytest_jwtauth.") and module not in HOLD_KEYS:
                yield found


def _functions(files: Iterable[Path]) -> Functions:
    """Every function of these files that there is."""
    names = {str(file) for file in files}
    found: dict[tuple[str, int, str], list[FunctionType]] = defaultdict(list)
    for function in gc.get_objects():
        if type(function) is FunctionType and function.__code__.co_filename in names:
            code = function.__code__
            found[code.co_filename, code.co_firstlineno, code.co_name].append(function)
    return found


def _code_in(module: CodeType, mutant: Mutant) -> CodeType | None:
    """The code of the changed function inside that of the statement."""
    code: CodeType | None = module
    for name in mutant.function.split("."):
        inner = [one for one in code.co_consts if isinstance(one, CodeType) and one.co_name == name] if code else []
        # A property and its setter have one name.
        before = [one for one in inner if one.co_firstlineno <= mutant.line]
        code = max(before, key=lambda one: one.co_firstlineno, default=None)
    return code
