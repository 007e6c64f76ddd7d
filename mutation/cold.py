"""A change that importing feels (a constant, a table, a decorator), tried where nothing of the package is imported yet.

What else the tests import is imported once, by the process that is forked for each mutant.
"""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from collections.abc import Sequence

import pytest
from child import Outcome, Replaced, Tell, in_a_child
from mutants import Mutant
from pytest_side import ROOT, SECONDS_TO_COLLECT, StopAtFailure, arguments, limited


def import_what_the_tests_import(tests: Sequence[str]) -> None:
    """Import all that comes from elsewhere: a child collects the tests, and says what it had to import."""

    def collect(tell: Tell) -> None:
        before = set(sys.modules)
        pytest.main([*arguments(tests), "--collect-only"])
        # Of a test module, and of ours, there is nothing here: it has to be imported together with the mutant.
        tell(" ".join(["imported", *(name for name in sys.modules if name not in before and _is_from_elsewhere(name))]))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in in_a_child(collect).by.split():
            importlib.import_module(name)


def _is_from_elsewhere(name: str) -> bool:
    """Whether a module is one of the standard library or of another distribution, and can be imported by its name."""
    module = sys.modules[name]
    origin = getattr(getattr(module, "__spec__", None), "origin", None) or ""
    installed = "site-packages" in origin or origin.startswith(sys.base_prefix) or origin in {"built-in", "frozen"}
    ours = name.startswith(("pytest_jwtauth", "_pytest", "__")) or origin.startswith(str(ROOT / "tests"))
    return installed and not ours


def attempt(mutant: Mutant, stages: Sequence[Sequence[str]]) -> Outcome:
    """Run the tests of one stage after the other until one notices."""
    outcome = Outcome("survived")
    for tests in stages:

        def run(tell: Tell, tests: Sequence[str] = tests) -> None:
            sys.meta_path.insert(0, Replaced(mutant))
            os.chdir(ROOT)
            limited(SECONDS_TO_COLLECT)
            status = pytest.main(arguments(tests), plugins=[StopAtFailure(tell)])
            tell("survived" if status == pytest.ExitCode.OK else f"killed status {status}")

        outcome = in_a_child(run)
        if outcome.fate != "survived":
            break
    return outcome
