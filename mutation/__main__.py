"""Does the suite notice? Changes the rooms that judge, one change at a time, and counts what is noticed.

``python mutation rules.claims jws`` takes these modules only; ``--sample 50`` takes fifty mutants of each, the same
every time. The tests of a module's own room are to notice: what only a test elsewhere notices comes to light late, and
by luck. Fails if fewer than 95 of 100 mutants are noticed, if one that is not has no reason in ``survivors.toml``, or
if a reason is there of one that is noticed.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

# No plugin but those that `pytest_side` names.
os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
os.environ.pop("PYTEST_ADDOPTS", None)

from child import Outcome, path_of
from cold import attempt, import_what_the_tests_import
from mutants import Mutant, Source
from pytest_side import ROOT, same_examples_each_time
from report import Report
from targets import ABOUT_EACH_RULE, ALL, OWN
from warm import run_warm

PACKAGE = "pytest_jwtauth"


def main() -> int:
    chosen = _arguments()
    os.chdir(ROOT)
    modules = {f"{PACKAGE}.{name}": name for name in chosen.modules}
    files = {module: path_of(module) for module in modules}
    mutants = dict(enumerate(_mutants(files, chosen.sample)))
    report = Report(mutants, modules, whole=chosen.sample is None and not chosen.everywhere)
    same_examples_each_time()
    with tempfile.TemporaryDirectory(prefix="mutation-") as scratch:
        # Nothing stays of the files that tests make, however their process ends.
        os.environ["PYTEST_DEBUG_TEMPROOT"] = scratch
        own = [*dict.fromkeys(test for name in chosen.modules for test in (*OWN[name], *ABOUT_EACH_RULE))]
        tests = ALL if chosen.everywhere else own
        import_what_the_tests_import(tests)
        for number, outcome in _outcomes(mutants, files, modules, tests):
            report.hear(number, outcome)
    return report.finish()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", default=list(OWN), help="such as rules.claims; all of them by default")
    parser.add_argument("--sample", type=int, help="so many mutants of each module, not all")
    parser.add_argument(
        "--everywhere", action="store_true", help="try survivors by the tests of all rooms, too, which takes hours"
    )
    chosen = parser.parse_args()
    if unknown := set(chosen.modules) - OWN.keys():
        parser.error(f"no tests are named in targets.py for {', '.join(sorted(unknown))}")
    return chosen


def _mutants(files: Mapping[str, Path], sample: int | None) -> Iterator[Mutant]:
    for module, path in files.items():
        mutants = Source(module, path).mutants()
        if sample is not None and sample < len(mutants):
            mutants = random.Random(0).sample(mutants, sample)
        yield from mutants


def _outcomes(
    mutants: Mapping[int, Mutant], files: Mapping[str, Path], modules: Mapping[str, str], tests: Sequence[str]
) -> Iterator[tuple[int, Outcome]]:
    """What becomes of each mutant: first those that functions feel, then those that importing feels."""
    own = {module: OWN[name] for module, name in modules.items()}
    cold: dict[int, list[Sequence[str]]] = {}
    for number, outcome in run_warm(files, own, mutants, tests, everything=tests is ALL):
        mutant = mutants[number]
        if outcome is None:
            cold[number] = [own[mutant.module], *([tests] if tests is ALL else [])]
        elif outcome.fate == "survived" and not mutant.function and tests is ALL:
            # Only the tests of its own room have tried this one.
            cold[number] = [tests]
        else:
            yield number, outcome
    for number, stages in cold.items():
        yield number, attempt(mutants[number], stages)


if __name__ == "__main__":
    sys.exit(main())
