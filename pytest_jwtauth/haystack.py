"""Which of many texts may stand in another: by their beginnings, as fast for ten thousand as for a few.

Knows nothing of what they are, nor why somebody looks for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold what is to be hidden.
__tracebackhide__ = True

FEW = 200
"""Up to so many beginnings are looked for one by one."""


class Needles:
    """Texts that are looked for in others.

    Args:
        texts: What to look for.
        length: How many of the first characters are looked for first.
    """

    __slots__ = ("_by_beginning", "_lengths")

    def __init__(self, texts: Iterable[str], length: int) -> None:
        self._by_beginning: dict[str, list[str]] = {}
        for text in texts:
            self._by_beginning.setdefault(text[:length], []).append(text)
        self._lengths = {len(beginning) for beginning in self._by_beginning}

    def that_may_be_in(self, text: str) -> list[tuple[str, list[str]]]:
        """The beginnings that stand in *text*, each with the texts that have it."""
        known = self._by_beginning
        if len(known) <= FEW:
            return [pair for pair in known.items() if pair[0] in text]
        # To look up each piece of the text costs the same for any number of them.
        pieces = {text[at : at + length] for length in self._lengths for at in range(len(text) - length + 1)}
        return [(beginning, known[beginning]) for beginning in sorted(pieces & known.keys())]

    def __iter__(self) -> Iterator[str]:
        """All of the texts."""
        return chain.from_iterable(self._by_beginning.values())

    def __repr__(self) -> str:
        return f"<Needles of {len(self._by_beginning)} beginnings>"
