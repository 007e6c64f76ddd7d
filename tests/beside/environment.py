"""An environment in which exactly what is asked for is installed, and pytest in it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

UV = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])) or "uv"


def lower_bounds() -> dict[str, str]:
    """What the installed distribution declares as the lowest versions, those of all its extras included."""
    declared = [Requirement(line) for line in metadata.requires("pytest-jwtauth") or ()]
    bounds = {}
    for one in declared:
        (specifier,) = one.specifier
        assert specifier.operator == ">=", f"{one} has no lower bound alone"
        bounds[one.name] = specifier.version
    return bounds


class Environment:
    """A virtual environment of the Python that runs this, in *folder*, for one set of packages after another.

    Args:
        wheel: The built distribution of ours.
        lowest: Whether what we depend on is to be of the lowest version that we declare.
    """

    def __init__(self, folder: Path, wheel: Path, *, lowest: bool) -> None:
        self._folder, self._wheel, self._lowest = folder, wheel, lowest
        self._constraints = folder.with_suffix(".constraints")
        bounds = lower_bounds() if lowest else {}
        self._constraints.write_text("".join(f"{name}=={version}\n" for name, version in bounds.items()), "utf-8")
        _uv("venv", "--quiet", "--python", sys.executable, str(folder))
        self._bin = folder / ("Scripts" if os.name == "nt" else "bin")

    def install(self, extras: Iterable[str], others: Iterable[str]) -> None:
        """Install our distribution with *extras*, and *others*; take away all that neither needs."""
        chosen = ",".join(sorted(extras))
        ours = f"pytest-jwtauth{f'[{chosen}]' if chosen else ''} @ {self._wheel.as_uri()}"
        # The one that is there already was built from the same sources: it stays, and what is compiled of it.
        _uv(
            *("pip", "install", "--quiet", "--exact", "--python", str(self._bin / "python")),
            *("--constraints", str(self._constraints), ours, *others),
        )
        if self._lowest:
            installed = self.versions()
            wrong = {n: (installed[n], v) for n, v in lower_bounds().items() if installed.get(n, v) != v}
            assert not wrong, f"(installed, declared) differ: {wrong}"

    def _distributions(self) -> list[metadata.Distribution]:
        (packages,) = self._folder.glob("Lib/site-packages" if os.name == "nt" else "lib/*/site-packages")
        return list(metadata.distributions(path=[str(packages)]))

    def versions(self) -> dict[str, str]:
        """The version of each package that is installed, by its normalized name."""
        return {_normalized(one.name): one.version for one in self._distributions()}

    def plugins(self) -> set[str]:
        """The distributions that bring pytest a plugin."""
        groups = {one.name: {entry.group for entry in one.entry_points} for one in self._distributions()}
        return {_normalized(name) for name, found in groups.items() if "pytest11" in found}

    def pytest(
        self, suite: Path, *options: str, variables: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run pytest in the folder *suite* as a user does: it loads every plugin that is installed."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_", "JWTAUTH"))
        }
        for name in ("PYTHONPATH", "PYTHONSAFEPATH", "PYTHONDONTWRITEBYTECODE"):
            kept.pop(name, None)
        return subprocess.run(
            [self._bin / "pytest", *options],
            cwd=suite,
            env={**kept, "COLUMNS": "300", **(variables or {})},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )


def build_wheel(folder: Path) -> Path:
    """The wheel that tox has built, or one that is built now from the checkout."""
    if built := os.environ.get("TOX_PACKAGE"):
        return Path(built)
    _uv("build", "--quiet", "--wheel", "--out-dir", str(folder), str(Path(__file__).resolve().parents[2]))
    (wheel,) = folder.glob("*.whl")
    return wheel


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _uv(*arguments: str) -> None:
    command: Sequence[str] = [UV, *arguments]
    done = subprocess.run(
        command, env={**os.environ, "UV_PYTHON_DOWNLOADS": "never"}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(" ".join(done.stderr.split()))
