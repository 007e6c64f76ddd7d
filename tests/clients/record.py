"""What is written down of each library, a file each: facts that tests make and compare, and notes that people write.

``JWTAUTH_UPDATE_CLIENTS=1`` lets the tests write instead of compare. Runs no library.
"""

from __future__ import annotations

import json
import os
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from clients.ways import Way

HERE = Path(__file__).parent
WRITES = os.environ.get("JWTAUTH_UPDATE_CLIENTS") == "1"


def file_of(library: str) -> Path:
    """Where the facts of *library* stand."""
    return HERE / f"{library.lower().replace('_', '-')}.json"


def read(library: str) -> dict[str, Any]:
    """What is written down of *library*; nothing if there is no file yet."""
    path = file_of(library)
    facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return facts


@cache
def libraries() -> tuple[str, ...]:
    """The names of the libraries that something is written down of."""
    names = [json.loads(path.read_text(encoding="utf-8"))["library"] for path in HERE.glob("*.json")]
    return tuple(sorted(names, key=str.lower))


def version_of(library: str) -> str:
    """The version of *library* that is installed."""
    return "of the standard library" if library == "urllib" else version(library)


def agree(way: Way, part: str, facts: Any, question: str | None = None) -> None:
    """Compare *facts*, the answer to a *question* or all of a *part*, with what is written down of *way*, or write."""
    __tracebackhide__ = True
    known = read(way.library)
    if WRITES:
        new = {"library": way.library, "version": "", "language": "Python", "notes": {}, "ways": {}}
        known = {**new, **known, "version": version_of(way.library)}
        entry = known["ways"].setdefault(way.name, {})
        entry |= {"over": way.over, "method": way.method, "grant": way.grant}
        entry[part] = facts if question is None else {**entry.get(part, {}), question: facts}
        known["ways"][way.name] = dict(sorted(entry.items(), key=lambda item: _ORDER.index(item[0])))
        text = json.dumps(known, indent=2, ensure_ascii=False)
        file_of(way.library).write_text(f"{text}\n", encoding="utf-8")
        return
    written = known["ways"][way.name][part]
    known_facts = written if question is None else written[question]
    assert facts == known_facts, f"{facts} != {known_facts}; JWTAUTH_UPDATE_CLIENTS=1 writes down what it does now"


_ORDER = ("over", "method", "grant", "sent", "behaviour")
