"""The example applications and their broken twins, and that the README shows what they really print.

``JWTAUTH_UPDATE_README=1`` writes the present output into the README instead.
"""

from __future__ import annotations

import ast
import difflib
import json
import os
import re
import sys
from collections.abc import Callable
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, TypeAlias

import pytest

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"
README = ROOT / "README.md"


def load_demo() -> Any:
    spec = spec_from_file_location("run_demo", EXAMPLES / "run_demo.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


DEMO = load_demo()
_run = DEMO.run
APPLICATIONS = {application.folder: application for application in DEMO.APPLICATIONS}


Run: TypeAlias = Callable[[str, str], tuple[int, str]]


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run a suite against an application or its twin, once for all tests; exit status and output."""
    folder_of_all = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder_of_all = folder_of_all.parent  # the workers of one run share it

    @cache
    def run(folder: str, version: str) -> tuple[int, str]:
        kept = folder_of_all / f"example-{folder}-{version}.json"
        if not kept.exists():
            fresh = kept.with_suffix(f".{os.getpid()}")
            fresh.write_text(json.dumps(_run(APPLICATIONS[folder], version)), encoding="utf-8")
            fresh.replace(kept)
        status, output = json.loads(kept.read_text(encoding="utf-8"))
        return status, output

    return run


def judged(output: str) -> list[str]:
    """The lines of the demonstration that show a request and its verdict."""
    return [line for line in DEMO.section(output, "what was judged").splitlines() if " x " in line]


@pytest.mark.parametrize("folder", APPLICATIONS)
def test_an_application_that_is_right_passes_without_a_warning(folder: str, run: Run) -> None:
    status, output = run(folder, "right")
    assert status == 0, output
    assert re.search(r"=+ \d+ passed in ", output)  # and nothing else: no warnings, no skips
    assert judged(output)


@pytest.mark.parametrize("folder", APPLICATIONS)
def test_what_an_application_sends_on_purpose_is_all_that_is_wrong(folder: str, run: Run) -> None:
    _, output = run(folder, "right")
    refused = [line for line in judged(output) if not line.endswith("  right")]
    wanted = set(re.findall(r"[a-z-]+-[a-z]+(?= \(error\))", "\n".join(refused)))
    assert all(rule in EXAMPLES.joinpath(folder, "test_login.py").read_text(encoding="utf-8") for rule in wanted)
    assert wanted
    assert "(warning)" not in output


@pytest.mark.parametrize("folder", APPLICATIONS)
def test_the_broken_twin_is_found_out_by_the_rule_that_its_fault_breaks(folder: str, run: Run) -> None:
    application = APPLICATIONS[folder]
    status, output = run(folder, "broken")
    assert status == 1, output
    report = DEMO.failure(output, application.test)
    assert re.search(rf"^[a-z, -]*{application.rule}[a-z, -]*: \d rules? of profile 'pingone' broken$", report, re.M)


@pytest.mark.parametrize("folder", APPLICATIONS)
def test_the_broken_twin_differs_from_the_application_by_its_fault_alone(folder: str, run: Run) -> None:
    right, broken = (
        EXAMPLES.joinpath(folder, version, "login.py").read_text(encoding="utf-8").splitlines()
        for version in ("right", "broken")
    )
    changed = [line for line in difflib.ndiff(right, broken) if line[0] in "+-" and line[1:].strip()]
    assert 1 <= len(changed) <= 9


PUBLIC = {"pytest_jwtauth"}


@pytest.mark.parametrize("path", sorted(EXAMPLES.rglob("*.py")), ids=lambda path: path.relative_to(EXAMPLES).as_posix())
def test_the_examples_use_the_public_names_alone(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    modules |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert {module for module in modules if module.partition(".")[0] == "pytest_jwtauth"} <= PUBLIC
    attributes = [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    private = {name for name in attributes if name.startswith("_") and not name.startswith("__")}
    if path.name not in {"login.py"}:
        assert private == set()


@pytest.mark.parametrize("folder", APPLICATIONS)
def test_no_secret_is_printed(folder: str, run: Run) -> None:
    _, output = run(folder, "broken")
    assert "‹signature valid›" in output
    sent = re.findall(r"^  POST (.*)$", output, re.MULTILINE)
    assert sent
    assert not re.search(r"\b(code|code_verifier|refresh_token|client_assertion)=(?!‹)", "\n".join(sent))
    assert "PRIVATE KEY" not in output


@pytest.mark.parametrize(
    ("instead", "last"),
    [
        ({}, "All three applications send what they should; all three broken twins were found out."),
        ({"right": "broken"}, "requests_oauth2client: the suite of the right application failed"),
        ({"broken": "right"}, "did not find exp-expired in the broken twin"),
    ],
    ids=["as it is", "an application that is wrong", "a twin that is not found out"],
)
def test_the_demonstration_ends_with_what_is_the_matter(
    instead: dict[str, str], last: str, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run_instead(application: Any, version: str) -> tuple[int, str]:
        return run(application.folder, instead.get(version, version))

    monkeypatch.setattr(DEMO, "run", run_instead)
    assert DEMO.main() == bool(instead)
    printed = capsys.readouterr().out
    assert printed.rstrip().endswith(last)
    assert printed.count(" requests\n") >= 6


HEADLINE = "requests_and_pyjwt"
_BLOCK = r"<!-- {kind}: {name} -->\n```[a-z]*\n(.*?)```"
_VARYING = (
    (r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", "‹uuid›"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?Z", "‹time›"),
    (r"\b1\d{9}(?:\d{3})?\b", "‹seconds›"),
    (r"year \d+", "‹year›"),
    (r"‹[\w-]{4}… ", "‹…"),
    (r'"jti": "[\w-]+"', '"jti": "…"'),
    (r"‹\d+ characters, see below›", "‹characters›"),
)


def block(text: str, kind: str, name: str) -> str:
    found = re.search(_BLOCK.format(kind=kind, name=name), text, re.DOTALL)
    assert found is not None, f"README.md has no block <!-- {kind}: {name} -->"
    return found[1]


def excerpt(folder: str, run: Run) -> str:
    """What the README shows of a twin's failure: for the first one all, for the others what our plugin says."""
    application = APPLICATIONS[folder]
    output = DEMO.failure(run(folder, "broken")[1], application.test)
    assert application.rule in output
    lines = [line for line in output.splitlines() if not re.fullmatch(r"[\s^~]+", line)]  # carets come with Python 3.11
    if folder == HEADLINE:
        return "\n".join(lines) + "\n"
    start = next(number for number, line in enumerate(lines) if line.startswith("---"))
    return "\n".join([lines[0], *lines[start:]]) + "\n"


def masked(text: str) -> str:
    """*text* without what differs in every run, and the members of JSON objects in the order of their names."""
    text = re.sub(r"\{.*?\}(?=\.)", lambda found: json.dumps(json.loads(found[0]), sort_keys=True), text)
    for pattern, name in _VARYING:
        text = re.sub(pattern, name, text)
    return text


@pytest.mark.parametrize("folder", APPLICATIONS)
def test_the_readme_shows_what_pytest_prints(folder: str, run: Run) -> None:
    text, real = README.read_text(encoding="utf-8"), excerpt(folder, run)
    if os.environ.get("JWTAUTH_UPDATE_README"):
        shown = re.search(_BLOCK.format(kind="output", name=folder), text, re.DOTALL)
        assert shown is not None
        README.write_text(text[: shown.start(1)] + real + text[shown.end(1) :], encoding="utf-8")
        return
    assert masked(block(text, "output", folder)) == masked(real)


def test_the_readme_shows_a_test_of_the_examples() -> None:
    shown = block(README.read_text(encoding="utf-8"), "test", f"{HEADLINE} test_login")
    assert shown in EXAMPLES.joinpath(HEADLINE, "test_login.py").read_text(encoding="utf-8")


def test_the_readme_is_short_and_its_links_lead_somewhere() -> None:
    text = README.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 150
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        assert (ROOT / target).exists(), target
