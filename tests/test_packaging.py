"""What is shipped: every file that belongs, no other, and metadata that tells the truth.

The tests marked `packaging` build the distributions, which takes the tools of the dependency group `build`:
`tox -e package` runs them.
"""

from __future__ import annotations

import configparser
import email
import os
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
    from collections.abc import Mapping
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


def build(
    folder: Path, checkout: Path = ROOT, variables: Mapping[str, str] | None = None, umask: int = -1
) -> Distributions:
    """Build the sdist, and the wheel from that sdist, so that an incomplete sdist shows."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(checkout)]
    environment = {**os.environ, **(variables or {})}
    environment.pop("SOURCE_DATE_EPOCH", None)
    done = subprocess.run(
        command, cwd=folder, env=environment, umask=umask, capture_output=True, text=True, check=False
    )
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


@pytest.mark.skipif("JWTAUTH_LOWEST" not in os.environ, reason="only `tox -e lowest` installs the lowest versions")
def test_the_lowest_versions_that_are_declared_are_what_is_installed() -> None:
    declared = {one.name: one for one in map(Requirement, metadata.requires("pytest-jwtauth") or ())}
    installed = {name: f">={metadata.version(name)}" for name in declared}

    assert installed == {name: str(one.specifier) for name, one in declared.items()}


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


IN_TEN_YEARS = """
import time

_time, _localtime, _gmtime = time.time, time.localtime, time.gmtime
time.time = lambda: _time() + 315_360_000
time.localtime = lambda seconds=None: _localtime(time.time() if seconds is None else seconds)
time.gmtime = lambda seconds=None: _gmtime(time.time() if seconds is None else seconds)
"""


@pytest.mark.packaging
def test_a_build_by_somebody_else_is_the_same_byte_for_byte(built: Distributions, tmp_path: Path) -> None:
    """In another folder, from files of another age and other permissions, in another time zone, ten years later."""
    checkout, startup, folder = (tmp_path / name for name in ("a checkout", "startup", "built"))
    for name in tracked():
        copy = checkout / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes((ROOT / name).read_bytes())
        copy.chmod(0o700 if os.access(ROOT / name, os.X_OK) else 0o600)
        os.utime(copy, (1_000_000_000, 1_000_000_000))
    for one in (startup, folder):
        one.mkdir()
    (startup / "sitecustomize.py").write_text(IN_TEN_YEARS, "utf-8")
    variables = {"PYTHONPATH": str(startup), "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "1", "LC_ALL": "C"}

    theirs = build(folder, checkout, variables, umask=0o077)

    assert built.wheel.read_bytes() == theirs.wheel.read_bytes()
    assert built.sdist.read_bytes() == theirs.sdist.read_bytes()


@pytest.mark.packaging
def test_what_is_shipped_is_what_git_knows_byte_for_byte(built: Distributions) -> None:
    with zipfile.ZipFile(built.wheel) as archive:
        wheel = {name: archive.read(name) for name in archive.namelist() if not name.startswith(DIST_INFO)}
    with tarfile.open(built.sdist) as archive:
        folder = f"pytest_jwtauth-{__version__}/"
        members = {member.name.removeprefix(folder): member for member in archive}
        assert all(member.isfile() for member in members.values()), "a link, or a device, could point anywhere"
        sdist = {name: archive.extractfile(member).read() for name, member in members.items()}  # type: ignore[union-attr]
    del sdist["PKG-INFO"]

    for shipped in (wheel, sdist):
        assert [name for name, octets in shipped.items() if octets != (ROOT / name).read_bytes()] == []


@pytest.mark.packaging
def test_nothing_of_ours_runs_when_it_is_installed_or_when_python_starts(built: Distributions) -> None:
    build_system, tool = pyproject()["build-system"], pyproject()["tool"]["hatch"]
    assert build_system == {"requires": ["hatchling>=1.27"], "build-backend": "hatchling.build"}
    assert tool.keys() == {"version", "build"}
    assert tool["version"].keys() == {"path"}, "a version that is code would run in every build"
    assert tool["build"].keys() == {"targets"}, "a build hook is code that runs when the sdist is installed"
    assert all("hooks" not in target for target in tool["build"]["targets"].values())

    beginnings = {Path(name).parts[0] for name in built.wheel_names()}
    assert beginnings == {"pytest_jwtauth", DIST_INFO}, "scripts and data have folders of their own, a .pth has none"
    assert not [name for name in built.wheel_names() if name.endswith(".pth")]
    assert "Root-Is-Purelib: true" in built.wheel_text(f"{DIST_INFO}/WHEEL").splitlines()
    at_the_root = {name for name in built.sdist_names() if "/" not in name}
    assert not at_the_root & {"setup.py", "setup.cfg", "hatch_build.py", "hatch.toml", "MANIFEST.in"}


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
