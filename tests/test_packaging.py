"""What is shipped: every file that belongs, no other, and metadata that tells the truth.

The tests marked `packaging` build the distributions, which takes the tools of the dependency group `build`:
`tox -e package` runs them.
"""

from __future__ import annotations

import configparser
import email
import re
import subprocess
import sys
import tarfile
import zipfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from packaging.requirements import Requirement

from pytest_jwtauth._version import __version__

if TYPE_CHECKING:
    from email.message import Message

ROOT = Path(__file__).resolve().parents[1]
DIST_INFO = f"pytest_jwtauth-{__version__}.dist-info"


class Distributions(NamedTuple):
    wheel: Path
    sdist: Path

    def wheel_names(self) -> set[str]:
        with zipfile.ZipFile(self.wheel) as archive:
            return set(archive.namelist())

    def wheel_text(self, name: str) -> str:
        with zipfile.ZipFile(self.wheel) as archive:
            return archive.read(name).decode()

    def wheel_metadata(self) -> Message:
        return email.message_from_string(self.wheel_text(f"{DIST_INFO}/METADATA"))

    def sdist_names(self) -> set[str]:
        with tarfile.open(self.sdist) as archive:
            folder = f"pytest_jwtauth-{__version__}/"
            return {member.name.removeprefix(folder) for member in archive if member.isfile()}


def build(folder: Path) -> Distributions:
    """Build the sdist, and the wheel from that sdist, so that an incomplete sdist shows."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"the build failed:\n{done.stdout}\n{done.stderr}", pytrace=False)
    (wheel,) = folder.glob("*.whl")
    (sdist,) = folder.glob("*.tar.gz")
    return Distributions(wheel, sdist)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    """Build once for all the tests that only look inside."""
    return build(tmp_path_factory.mktemp("built"))


def tracked(*paths: str) -> set[str]:
    """Name the files here that git knows: what lies about in a working tree must not be shipped."""
    done = subprocess.run(["git", "ls-files", "-z", "--", *paths], cwd=ROOT, capture_output=True, check=True)
    return set(done.stdout.decode().split("\0")) - {""}


def pyproject() -> dict[str, Any]:
    tomllib = pytest.importorskip("tomllib", reason="tomllib came with Python 3.11")
    settings: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return settings


def test_the_changelog_begins_with_this_version_or_with_what_is_unreleased() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings: list[str] = re.findall(r"^## \[([^\]]+)\]", changelog, re.MULTILINE)

    assert headings[0] in {"Unreleased", __version__}


def test_the_installed_distribution_has_the_version_of_the_package() -> None:
    assert metadata.version("pytest-jwtauth") == __version__


def test_pytest_finds_the_plugin_by_its_entry_point() -> None:
    (entry,) = metadata.entry_points(group="pytest11", name="jwtauth")

    assert entry.value == "pytest_jwtauth.plugin"


@pytest.mark.packaging
def test_the_wheel_holds_the_package_and_nothing_else(built: Distributions) -> None:
    about = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}
    expected = tracked("pytest_jwtauth") | {f"{DIST_INFO}/{name}" for name in about}

    assert built.wheel_names() == expected


@pytest.mark.packaging
def test_the_wheel_says_that_it_is_typed(built: Distributions) -> None:
    assert "pytest_jwtauth/py.typed" in built.wheel_names()
    assert "Typing :: Typed" in built.wheel_metadata().get_all("Classifier", [])


@pytest.mark.packaging
def test_the_wheel_is_pure_python(built: Distributions) -> None:
    assert built.wheel.name == f"pytest_jwtauth-{__version__}-py3-none-any.whl"


@pytest.mark.packaging
def test_the_sdist_holds_what_it_takes_to_build_and_to_test(built: Distributions) -> None:
    expected = {"PKG-INFO"} | tracked(
        "pytest_jwtauth",
        "tests",
        "docs",
        "examples",
        ".gitignore",
        "CHANGELOG.md",
        "LICENSE",
        "README.md",
        "pyproject.toml",
        "tox.ini",
    )

    assert built.sdist_names() == expected


@pytest.mark.packaging
def test_two_builds_are_the_same_byte_for_byte(built: Distributions, tmp_path: Path) -> None:
    again = build(tmp_path)

    assert built.wheel.read_bytes() == again.wheel.read_bytes()
    assert built.sdist.read_bytes() == again.sdist.read_bytes()


@pytest.mark.packaging
def test_the_only_entry_point_is_the_plugin(built: Distributions) -> None:
    entry_points = configparser.ConfigParser()
    entry_points.read_string(built.wheel_text(f"{DIST_INFO}/entry_points.txt"))

    assert {name: dict(entry_points[name]) for name in entry_points.sections()} == {
        "pytest11": {"jwtauth": "pytest_jwtauth.plugin"}
    }


@pytest.mark.packaging
def test_four_packages_are_required_and_the_rest_is_optional(built: Distributions) -> None:
    requires = [Requirement(line) for line in built.wheel_metadata().get_all("Requires-Dist", [])]
    by_extra = {
        extra: {need.name for need in requires if need.marker and need.marker.evaluate({"extra": extra})}
        for extra in built.wheel_metadata().get_all("Provides-Extra", [])
    }

    assert {need.name for need in requires if not need.marker} == {
        "pytest",
        "responses",
        "cryptography",
        "freezegun",
    }
    assert by_extra == {"live": {"pytest-httpserver", "trustme"}, "time-machine": {"time-machine"}}


@pytest.mark.packaging
def test_every_lower_bound_is_the_version_that_the_lowest_environment_tests() -> None:
    project = pyproject()["project"]
    declared = list(project["dependencies"])
    for extra in project["optional-dependencies"].values():
        declared += extra
    bounds = {Requirement(need).name: str(Requirement(need).specifier) for need in declared}
    group = [need for need in pyproject()["dependency-groups"]["lowest"] if isinstance(need, str)]
    pins = {Requirement(need).name: str(Requirement(need).specifier) for need in group if "==" in need}

    assert pins == {name: bound.replace(">=", "==") for name, bound in bounds.items()}


@pytest.mark.packaging
def test_every_python_that_the_metadata_promises_has_an_environment(built: Distributions) -> None:
    classifiers = built.wheel_metadata().get_all("Classifier", [])
    versions = {line.removeprefix("Programming Language :: Python :: ") for line in classifiers}
    promised = {f"py{v.replace('.', '')}" for v in versions if re.fullmatch(r"3\.\d+", v)}
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", encoding="utf-8")
    tested = {env for env in re.split(r"[,\s]+", tox["tox"]["env_list"]) if re.fullmatch(r"py\d+", env)}

    assert promised == tested
