"""The plugin switched off, and a suite that does not use it: nothing of ours is there, and nothing is otherwise.

These runs load plugins as users' runs do, by their entry points.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from textwrap import dedent
from typing import TypeAlias

import pytest

Run: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]

OFF = {
    "by the name of its entry point": ["-p", "no:jwtauth"],
    "with all others": [],
}
"""Options. In the second case it is `PYTEST_DISABLE_PLUGIN_AUTOLOAD` that is set."""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run pytest on files in a process of its own: ``run({name: text}, *options, autoload=True)``."""

    def run(files: dict[str, str], *options: str, autoload: bool = True) -> subprocess.CompletedProcess[str]:
        for name, text in files.items():
            (tmp_path / name).write_text(dedent(text), "utf-8")
        environment = {**os.environ, "COLUMNS": "120", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD", "PYTEST_XDIST_WORKER"):
            environment.pop(name, None)
        if not autoload:
            environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        # Of the plugins that are installed here, ours is the one to load; `tox -e beside-…` has the others.
        others = {entry.name for entry in metadata.entry_points(group="pytest11")} - {"jwtauth"} | {"cacheprovider"}
        command = [sys.executable, "-m", "pytest", *(f"-pno:{name}" for name in sorted(others)), *options]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    return run


NOTHING_OF_OURS = """
    import sys
    import pytest

    def test_nothing_is_imported():
        assert not [name for name in sys.modules if name.startswith("pytest_jwtauth")]

    def test_nothing_is_known(request):
        assert not [name for name in vars(request.config.option) if "jwtauth" in name]
        assert not [line for line in request.config.getini("markers") if line.startswith("jwtauth")]
        with pytest.raises(pytest.FixtureLookupError):
            request.getfixturevalue("jwtauth_client")
"""


@pytest.mark.parametrize("how", OFF)
def test_nothing_of_the_plugin_is_there_if_it_is_off(run: Run, how: str) -> None:
    done = run({"test_it.py": NOTHING_OF_OURS}, *OFF[how], autoload=bool(OFF[how]))
    assert "2 passed" in done.stdout, done.stdout + done.stderr


def test_the_check_notices_that_it_is_on(run: Run) -> None:
    done = run({"test_it.py": NOTHING_OF_OURS})
    assert "2 failed" in done.stdout
    assert "'pytest_jwtauth.plugin'" in done.stdout


@pytest.mark.parametrize("how", OFF)
def test_what_a_suite_asks_for_is_unknown_in_the_words_of_pytest(run: Run, how: str) -> None:
    files = {
        "pytest.ini": "[pytest]\njwtauth_profile = okta\n",
        "test_it.py": """
            import pytest

            @pytest.mark.jwtauth(profile="okta")
            def test_marked(): pass

            def test_login(jwtauth_token_endpoint): pass
        """,
    }
    done = run(files, *OFF[how], autoload=bool(OFF[how]))
    assert "1 passed, 2 warnings, 1 error" in done.stdout, done.stdout + done.stderr
    assert "PytestConfigWarning: Unknown config option: jwtauth_profile" in done.stdout
    assert "PytestUnknownMarkWarning: Unknown pytest.mark.jwtauth" in done.stdout
    assert "fixture 'jwtauth_token_endpoint' not found" in done.stdout


@pytest.mark.parametrize("source", ["", "TestContract"])
def test_the_contract_says_that_the_plugin_is_off(run: Run, source: str) -> None:
    suite = "from pytest_jwtauth.contract import TokenRequestContract\nclass TestContract(TokenRequestContract): pass\n"
    chosen = ["test_it.py"] if source else ["--pyargs", "pytest_jwtauth.contract"]
    done = run({"test_it.py": suite}, "-p", "no:jwtauth", "-k", "form_fields", *chosen)
    assert "1 error" in done.stdout, done.stdout + done.stderr
    assert re.findall(r"^the contract .*", done.stdout, re.MULTILINE) == [
        "the contract needs the plugin jwtauth, which this run has switched off"
    ]
    assert "contract.py:" not in done.stdout.partition("short test summary")[0]


def test_the_contract_says_so_in_the_same_process(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    run = pytester.runpytest_inprocess("--pyargs", "pytest_jwtauth.contract", "-k", "form_fields")
    run.assert_outcomes(errors=1)
    run.stdout.fnmatch_lines(["the contract needs the plugin jwtauth, which this run has switched off"])


OTHERS = {
    "conftest.py": """
        import pytest

        def pytest_collect_file(file_path, parent):
            if file_path.suffix == ".yaml":
                return File.from_parent(parent, path=file_path)

        class File(pytest.File):
            def collect(self):
                for line in self.path.read_text("utf-8").splitlines():
                    yield Item.from_parent(self, name=line)

        class Item(pytest.Item):
            def runtest(self):
                assert self.name.endswith("right")

            def repr_failure(self, excinfo):
                return f"the words of this suite about {self.name}"
    """,
    "test_rows.yaml": "is right\nis wrong\n",
    "documented.py": '''
        def double(number):
            """Twice as much.

            >>> double(2)
            4
            >>> double(3)
            7
            """
            return 2 * number
    ''',
    "test_cases.py": """
        import unittest

        class CaseTest(unittest.TestCase):
            def setUp(self): self.addCleanup(print, "cleaned up")
            def test_right(self): self.assertEqual(2, 1 + 1)
            def test_wrong(self): self.assertEqual(3, 1 + 1)
            def test_skipped(self): self.skipTest("not today")
            @unittest.expectedFailure
            def test_expected(self): self.fail()
            def test_parts(self):
                for part in (0, 1):
                    with self.subTest(part=part): self.assertEqual(part, 0)
    """,
    "test_functions.py": """
        import warnings
        import pytest

        @pytest.fixture(params=["a", "b"], scope="module")
        def letter(request):
            yield request.param
            print("torn down")

        def test_right(letter, capsys): assert letter
        def test_wrong(letter): assert letter == "a"
        def test_compared(): assert {"a": 1, "b": [2]} == {"a": 1, "b": [3]}
        def test_warns(): warnings.warn("beware")
        def test_skips(): pytest.skip("not here")
        def test_ends_the_call(): pytest.fail("in these words", pytrace=False)

        @pytest.mark.xfail(reason="known")
        def test_expected(): assert False

        @pytest.fixture
        def broken():
            yield
            raise RuntimeError("at teardown")

        def test_broken(broken): pass
    """,
}
"""A suite of many kinds of items that uses nothing of ours."""


def comparable(output: str) -> str:
    """The *output* without what differs between any two runs, and without the list of plugins."""
    output = re.sub(r"\bin [\d.]+s", "in …s", output)
    output = re.sub(r"0x[0-9a-f]+", "0x…", output)
    return re.sub(r"^plugins: .*\n", "", output, flags=re.MULTILINE)


def test_a_suite_that_does_not_use_the_plugin_prints_the_same_with_it(run: Run) -> None:
    with_it, without_it = (
        run(OTHERS, "--doctest-modules", "-rA", "-vv", "--showlocals", *more) for more in ([], ["-p", "no:jwtauth"])
    )
    assert "plugins: jwtauth-" in with_it.stdout
    assert "the words of this suite about is wrong" in with_it.stdout, with_it.stdout + with_it.stderr
    assert comparable(with_it.stdout) == comparable(without_it.stdout)
    assert (with_it.stderr, with_it.returncode) == (without_it.stderr, without_it.returncode)
