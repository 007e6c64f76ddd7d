"""What it came to: a line for each module, and the mutants that nobody noticed, each with its reason or without one."""

from __future__ import annotations

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path

import tomllib
from child import Outcome
from mutants import Mutant

ENOUGH = 95
"""Of a hundred mutants, those that have to be noticed."""

SURVIVORS = Path(__file__).with_name("survivors.toml")

Key = tuple[str, str, str, str]


class Reasons:
    """Why nobody can notice a mutant. An entry is known by what is changed, in no line: it outlives what moves it."""

    def __init__(self, path: Path = SURVIVORS) -> None:
        self._reasons: dict[Key, str] = {}
        entries = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        for entry in entries.get("survivor", []):
            for becomes in entry["becomes"]:
                key = (entry["module"], entry["function"], entry["was"], becomes)
                if key in self._reasons:
                    raise ValueError(f"two reasons for {key}")
                self._reasons[key] = entry["reason"]

    def of(self, module: str, mutant: Mutant) -> str | None:
        """The reason of *mutant*, if it has one."""
        return self._reasons.get((module, mutant.function, mutant.was, mutant.becomes))

    def stale(self, survivors: set[Key], modules: set[str]) -> list[Key]:
        """Entries about *modules* that speak of none of the *survivors*."""
        return [key for key in self._reasons if key[0] in modules and key not in survivors]


class Report:
    """Hears of outcomes, and prints.

    Args:
        names: What each module is called, by its dotted name.
        whole: Whether every mutant is tried, by the tests of its own room; only then can an entry be stale.
    """

    def __init__(self, mutants: Mapping[int, Mutant], names: Mapping[str, str], *, whole: bool) -> None:
        self._mutants = mutants
        self._names = names
        self._whole = whole
        self._outcomes: dict[int, Outcome] = {}
        self._start = time.monotonic()

    def hear(self, number: int, outcome: Outcome) -> None:
        """*outcome* is what became of the mutant of this *number*."""
        self._outcomes[number] = outcome
        mutant = self._mutants[number]
        if outcome.fate != "killed":
            print(f"{outcome.fate}: {self._place(mutant)} {mutant.operator}{_diff(mutant)}", flush=True)
        if len(self._outcomes) % 100 == 0:
            seconds = time.monotonic() - self._start
            print(f"… {len(self._outcomes)} of {len(self._mutants)} in {seconds:.0f} s", file=sys.stderr, flush=True)

    def finish(self) -> int:
        """Print the table and the survivors; the exit status."""
        reasons, survivors = Reasons(), defaultdict(list)
        fates: dict[str, Counter[str]] = {module: Counter() for module in self._names}
        for number, outcome in sorted(self._outcomes.items()):
            mutant = self._mutants[number]
            fates[mutant.module][outcome.fate] += 1
            if outcome.fate == "survived":
                survivors[reasons.of(self._names[mutant.module], mutant)].append((mutant, outcome))
        unexplained = survivors.pop(None, [])
        for reason, those in survivors.items():
            print(f"\n{reason}")
            for mutant, _ in those:
                print(f"  {self._place(mutant)} {mutant.operator}{_diff(mutant)}")
        if unexplained:
            print("\nSurvived without a reason:")
        for mutant, outcome in unexplained:
            print(f"  {self._place(mutant)} {mutant.operator} {outcome.by}{_diff(mutant)}")
        stale = self._stale(reasons) if self._whole else []
        for key in stale:
            print(f"\nstale: no such survivor: {key}")
        print(f"\n{'module':<28}{'mutants':>8}{'killed':>8}{'timed out':>11}{'survived':>10}{'noticed':>9}")
        for module, fate in fates.items():
            self._line(self._names[module], fate)
        share = self._line("all", sum(fates.values(), Counter()))
        return 1 if share < ENOUGH or unexplained or stale else 0

    def _stale(self, reasons: Reasons) -> list[Key]:
        survived = {
            (self._names[mutant.module], mutant.function, mutant.was, mutant.becomes)
            for number, mutant in self._mutants.items()
            if self._outcomes[number].fate == "survived"
        }
        return reasons.stale(survived, set(self._names.values()))

    @staticmethod
    def _line(name: str, fate: Counter[str]) -> float:
        total, noticed = fate.total(), fate["killed"] + fate["timed-out"]
        share = 100 * noticed / total if total else 100.0
        counts = f"{total:>8}{fate['killed']:>8}{fate['timed-out']:>11}{fate['survived']:>10}"
        print(f"{name:<28}{counts}{share:>8.1f}%", flush=True)
        return share

    def _place(self, mutant: Mutant) -> str:
        return f"{self._names[mutant.module]}:{mutant.line} {mutant.function or 'module'}"


def _diff(mutant: Mutant) -> str:
    before = "".join(f"\n    - {line}" for line in mutant.was.splitlines())
    return before + "".join(f"\n    + {line}" for line in mutant.becomes.splitlines())
