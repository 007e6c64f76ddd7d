"""The token cache of the examples: the right one passes, and each of its six bugs is caught by the test for it."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "examples" / "token_cache"


def load_bugs() -> Any:
    spec = spec_from_file_location("token_cache_bugs", FOLDER / "bugs.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


EXAMPLE = load_bugs()
BUGS = {bug.name: bug for bug in EXAMPLE.BUGS}


def test_the_bugs_are_the_six_classic_ones() -> None:
    assert list(BUGS) == [
        *("late refresh", "inverted leeway", "reused assertion", "reused jti", "retry storm", "swallowed error")
    ]


def test_the_right_one_passes_without_a_warning() -> None:
    status, output = EXAMPLE.run(EXAMPLE.RIGHT.read_text(encoding="utf-8"))
    assert status == 0, output
    assert re.search(r"=+ \d+ passed in ", output)  # and nothing else: no warnings, no skips


@pytest.mark.parametrize("name", BUGS)
def test_a_bug_is_caught_by_its_test_which_says_why(name: str) -> None:
    bug = BUGS[name]
    status, output = EXAMPLE.run(EXAMPLE.twin_of(bug))
    assert status == 1, output
    assert bug.test in EXAMPLE.failed(output)
    report = re.search(rf"^_+ {bug.test} _+\n(.*?)(?=^_+ .* _+$|^=+ .* =+$)", output, re.MULTILINE | re.DOTALL)
    assert report is not None, output
    assert bug.told_by in report[1]


@pytest.mark.parametrize("name", BUGS)
def test_the_test_that_catches_it_is_short(name: str) -> None:
    suite = (FOLDER / "test_token_cache.py").read_text(encoding="utf-8")
    source = re.search(rf"^def {BUGS[name].test}\(.*?\n(?=\n\n)", suite, re.MULTILINE | re.DOTALL)
    assert source is not None
    assert len(source[0].splitlines()) <= 7


def test_a_bug_whose_place_is_gone_is_noticed() -> None:
    stale = EXAMPLE.Bug("stale", "no such text", "", "test_it", "")
    with pytest.raises(ValueError, match="stale: the piece to replace occurs 0 times"):
        EXAMPLE.twin_of(stale)


def outcome(bug: Any, found_by: str) -> Callable[[str], tuple[int, str]]:
    def run(module: str) -> tuple[int, str]:
        if module == EXAMPLE.RIGHT.read_text(encoding="utf-8"):
            return 0, "2 passed"
        named = next(known.test for known in EXAMPLE.BUGS if EXAMPLE.twin_of(known) == module)
        return 1, f"FAILED x.py::{found_by if EXAMPLE.twin_of(bug) == module else named}\n1 failed"

    return run


@pytest.mark.parametrize(("found_by", "status"), [("test_another", 1), (BUGS["retry storm"].test, 0)])
def test_the_demonstration_fails_for_a_bug_that_nobody_finds(
    found_by: str, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(EXAMPLE, "run", outcome(BUGS["retry storm"], found_by))
    assert EXAMPLE.main() == status
    assert f"retry storm: found by {found_by}\n" in capsys.readouterr().out
