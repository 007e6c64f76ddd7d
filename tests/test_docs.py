"""The code in the documents is run, all of it, and links between the documents lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[1] / "docs"
BLOCK = re.compile(r"<!-- file: (\S+) -->\n```python\n(.*?)```", re.DOTALL)


def files_of(document: str) -> dict[str, str]:
    """The files that a document writes, each put together from its pieces in the order in which they stand there."""
    files: dict[str, str] = {}
    for name, source in BLOCK.findall(DOCS.joinpath(document).read_text(encoding="utf-8")):
        files[name] = files.get(name, "") + source + "\n\n"
    return files


TESTS_IN = {"tutorial.md": 15, "live.md": 5, "endpoints.md": 8, "mounts.md": 5, "trouble.md": 2}
"""The documents whose code is run, and how many tests each has."""
PLUGINS = {
    "mounts.md": [
        *("-prequests_mock.contrib._pytest_plugin", "-ppytest_httpx", "-prespx.plugin"),
        "-ppytest_httpserver.pytest_plugin",
    ],
}
"""Those that a document needs besides ours."""


@pytest.mark.parametrize("document", TESTS_IN)
def test_every_piece_of_code_belongs_to_a_file_that_is_run(document: str) -> None:
    text = DOCS.joinpath(document).read_text(encoding="utf-8")
    assert text.count("```python") == len(BLOCK.findall(text)) > 1


@pytest.mark.parametrize(
    ("document", "options"),
    [
        *(pytest.param(document, (), id=document) for document in TESTS_IN),
        pytest.param("tutorial.md", ("--assert=plain",), id="tutorial.md, plain asserts"),
    ],
)
def test_a_document_does_what_it_says(
    document: str, options: tuple[str, ...], pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = files_of(document)
    for name, source in files.items():
        pytester.path.joinpath(name).write_text(source, encoding="utf-8")
    pytester.makeini("[pytest]\nfilterwarnings = error\n")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    result = pytester.runpytest_subprocess("-ppytest_jwtauth.plugin", *PLUGINS.get(document, []), *options)
    result.assert_outcomes(passed=TESTS_IN[document])
    assert {name for name in files if name.startswith("test_")} == {
        line.partition(" ")[0] for line in result.outlines if line.startswith("test_")
    }


@pytest.mark.parametrize("document", sorted(path.name for path in DOCS.glob("*.md")))
def test_the_links_lead_somewhere(document: str) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", DOCS.joinpath(document).read_text(encoding="utf-8")):
        assert "://" in target or (DOCS / target).exists(), target
