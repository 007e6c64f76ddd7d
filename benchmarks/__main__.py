"""All measurements, or those that are named, one after another: tables in Markdown.

    python benchmarks [--quick] [suites memory …]

Each is a script of its own, which says what it measures, and takes more options alone. They want a machine that does
nothing else; what they print of each other's ways are ratios within one run.
"""

from __future__ import annotations

import argparse
import ast
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
QUICK: dict[str, tuple[str, ...]] = {
    "startup": ("--starts", "5"),
    "judged_exchange": ("--rounds", "10"),
    "live_exchange": ("--rounds", "5", "--exchanges", "10", "--starts", "2"),
    "suites": ("--tests", "100", "--rounds", "1"),
    "memory": ("--requests", "1000", "--tests", "500"),
    "growth": ("--history", "10", "1000", "--repeat", "50"),
    "frozen_tests": ("--tests", "50", "--rounds", "2"),
    "freezers": ("--modules", "1000", "--repeat", "20"),
}
"""The scripts in their order, and with what options they take little time."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="a look in a minute or two; the figures mean little")
    parser.add_argument("names", nargs="*", choices=[[], *QUICK], help="which (default: all)")
    options = parser.parse_args()
    for name in options.names or QUICK:
        path = HERE / f"{name}.py"
        said = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or name
        print(f"\n## {said.splitlines()[0]}\n", flush=True)
        subprocess.run([sys.executable, str(path), *(QUICK[name] if options.quick else ())], check=True)


if __name__ == "__main__":
    main()
