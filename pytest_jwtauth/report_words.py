"""How values are shown without giving them away. No verdict, no layout."""

from __future__ import annotations

import re

_NAME = re.compile(r"[\w.\-\[\]:]{1,60}")


def mask(value: str) -> str:
    """A value that must not be printed: its first characters where it is long enough to spare them, and its length."""
    shown = "".join(character if character.isprintable() else "·" for character in value[:4])
    return f"‹{shown}… {len(value)} characters›" if len(value) >= 12 else f"‹{len(value)} characters›"


def shown_name(name: str) -> str:
    """The name of a parameter, if it is one: a body encoded twice is a single «name» that holds every credential."""
    return name if _NAME.fullmatch(name) else f"‹{len(name)} characters that are no name›"
