"""Which of many texts may stand in another: by their beginnings, as fast for ten thousand as for a few.

Knows nothing of what they are, nor why somebody looks for them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set

FEW = 200
"""Up to so many are looked for one by one."""


def beginnings_in(text: str, beginnings: Set[str]) -> Collection[str]:
    """Which of *beginnings* stand in *text*."""
    if len(beginnings) <= FEW:
        return [beginning for beginning in beginnings if beginning in text]
    # To look up each piece of the text costs the same for any number of them.
    lengths = {len(beginning) for beginning in beginnings}
    pieces = {text[at : at + length] for length in lengths for at in range(len(text) - length + 1)}
    return sorted(pieces & beginnings)


def by_beginning(texts: Collection[str], length: int) -> Mapping[str, list[str]]:
    """*texts* by their first *length* characters."""
    found: dict[str, list[str]] = {}
    for text in texts:
        found.setdefault(text[:length], []).append(text)
    return found
