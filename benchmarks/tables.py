"""Medians and ratios of measurements that took turns, as tables of Markdown."""

from __future__ import annotations

import platform
import statistics
from collections.abc import Mapping, Sequence
from importlib.metadata import version

Measured = Mapping[str, Sequence[float]]
"""The figures of each way, one for each round."""


def versions(*packages: str) -> str:
    """Which Python, and which versions of *packages*."""
    return ", ".join([f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in packages)])


def ratio(measured: Measured, way: str, base: str) -> float:
    """How much *way* takes of what *base* takes in the same round; the median of the rounds."""
    return statistics.median([one / other for one, other in zip(measured[way], measured[base], strict=True)])


def table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, figures to the right."""
    print(f"\n| {' | '.join(heading)} |\n| --- |{' ---: |' * (len(heading) - 1)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")


def compare(what: str, measured: Measured, *, unit: str, scale: float = 1, base: str | None = None) -> None:
    """Print the median of each way in *unit*, and its ratio to *base*, which is the first."""
    base = next(iter(measured)) if base is None else base
    rows = [
        (way, f"{statistics.median(figures) * scale:.{1 if scale > 1 else 2}f}", f"{ratio(measured, way, base):.2f}")
        for way, figures in measured.items()
    ]
    table((what, unit, "ratio"), rows)
