"""A user's suite where exactly one other plugin is installed, or none, or all: everywhere the same comes of it.

`tox -e beside-py313-newest` and its siblings run these for one Python, with the newest of what we depend on or with
the lowest versions that we declare. Each cell is an environment that has nothing else, and pytest loads what is there.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from beside.environment import Environment
from beside.matrix import EXTRAS, NEIGHBOURS, expected, plugins
from beside.outcomes import NO_LIVE, PLAIN, differences, of_each_test, totals

pytestmark = pytest.mark.beside

HERE = Path(__file__).parent

NONE, ALL = "no other plugin", "all of them"
CELLS = [
    (beside, extras)
    for beside in (NONE, *NEIGHBOURS, ALL)
    for extras in EXTRAS
    # One extra alone is told apart from both where nothing else is there, and where everything is.
    if len(extras) != 1 or beside in {NONE, ALL}
]


def named(extras: tuple[str, ...]) -> str:
    return ", ".join(extras) or "no extra"


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A copy of the suite, without the tests for particular plugins."""
    return shutil.copytree(HERE / "suite", tmp_path / "suite", ignore=shutil.ignore_patterns("__pycache__"))


@pytest.mark.parametrize(("beside", "extras"), CELLS, ids=[f"{b}-{named(e)}" for b, e in CELLS])
def test_the_suite(
    beside: str,
    extras: tuple[str, ...],
    environment: Environment,
    suite: Path,
    record_property: Callable[[str, object], None],
) -> None:
    neighbours = (
        tuple(NEIGHBOURS.values()) if beside == ALL else tuple(NEIGHBOURS[n] for n in NEIGHBOURS if n == beside)
    )
    record_property("extras", named(extras))
    environment.install(extras, [one.distribution for one in neighbours])
    versions = environment.versions()
    record_property("plugin", f"{beside} {versions[beside]}" if beside in versions else beside)
    assert environment.plugins() == plugins(neighbours, extras)

    for one in neighbours:
        shutil.copy(HERE / "with_plugin" / one.module, suite)
    options = [option for one in neighbours for option in one.options]
    if "time-machine" in extras:
        options += ["-o", "jwtauth_clock=time-machine"]
    done = environment.pytest(suite, *options)

    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    warnings = sum(one.warnings for one in neighbours)
    assert not differences(done.stdout, expected(neighbours, extras), warnings), done.stdout + done.stderr
    counted = totals(done.stdout)
    record_property("outcome", f"as expected: {counted['passed']} passed, {counted['failed']} failed")


def test_the_plugin_can_be_switched_off_beside_all_others(environment: Environment, suite: Path) -> None:
    """The tests that use nothing of ours come out the same, and nothing of ours is there."""
    environment.install((), NEIGHBOURS)
    for name in ("test_logins.py", "test_live.py"):
        (suite / name).unlink()
    (suite / "test_off.py").write_text(
        "import sys\n\n\ndef test_nothing_is_imported():\n"
        "    assert not [name for name in sys.modules if name.startswith('pytest_jwtauth')]\n",
        encoding="utf-8",
    )
    done = environment.pytest(suite, "-p", "no:jwtauth", "-k", "not LoginTest and not logs_in")
    assert of_each_test(done.stdout).keys() == {*PLAIN, "test_off.py::test_nothing_is_imported"}
    for name, told in {**PLAIN, "test_off.py::test_nothing_is_imported": "PASSED"}.items():
        assert of_each_test(done.stdout)[name].startswith(told)


NO_TRUSTME = 'the live token endpoint needs trustme, which is not installed: pip install "pytest-jwtauth[live]"'
NO_TIME_MACHINE = (
    'fixture jwtauth_clock: time-machine 3 is not installed: pip install "pytest-jwtauth[time-machine]", or use '
    "freezegun, the default"
)
ONLY_REQUESTS = (
    "here only clients that use requests are heard, and every client on the stub «live»: "
    'pip install "pytest-jwtauth[live]"'
)


class TestWithoutAnExtra:
    """What a suite is told that needs it. That the live endpoint is not there is told in the suite itself."""

    @pytest.fixture
    def bare(self, environment: Environment, tmp_path: Path) -> Callable[..., str]:
        """Run tests where neither the extras nor anything but *others* is installed."""

        def run(files: dict[str, str], *options: str, others: tuple[str, ...] = ()) -> str:
            environment.install((), others)
            for name, text in files.items():
                (tmp_path / name).write_text(text, "utf-8")
            done = environment.pytest(tmp_path, *options, variables={"PYTHONPATH": str(tmp_path)})
            assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
            assert "pytest_jwtauth/" not in done.stdout
            return done.stdout

        return run

    def test_https_is_not_served(self, bare: Callable[..., str]) -> None:
        source = "def test_it(jwtauth_live_token_endpoint): jwtauth_live_token_endpoint.https"
        assert f"ConfigurationError: {NO_TRUSTME}" in bare({"test_it.py": source}, others=("pytest-httpserver",))

    def test_time_machine_does_not_freeze(self, bare: Callable[..., str]) -> None:
        output = bare({"test_it.py": "def test_it(jwtauth_clock): pass"}, "-o", "jwtauth_clock=time-machine")
        assert f"\n{NO_TIME_MACHINE}\n" in output

    def test_the_contract_hears_clients_of_requests_alone(self, bare: Callable[..., str]) -> None:
        client = "import urllib.request\n\ndef ask(token_endpoint): urllib.request.urlopen(token_endpoint, b'')\n"
        contract = [
            "--pyargs",
            "pytest_jwtauth.contract",
            "--jwtauth-client=client:ask",
            "-k",
            "form_fields or restart",
        ]
        output = bare({"client.py": client}, *contract)
        assert f"{ONLY_REQUESTS}\n" in output
        assert "1 failed, 1 skipped" in output

    def test_the_contract_starts_no_program(self, bare: Callable[..., str]) -> None:
        contract = ["--pyargs", "pytest_jwtauth.contract", "--jwtauth-command=client", "-k", "form_fields"]
        output = bare({}, *contract)
        assert f"\n{NO_LIVE.removeprefix('Failed: ')}\n" in output
