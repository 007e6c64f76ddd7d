"""The variables that pytest shows of frames: none of ours, and of other libraries' none that gives a credential away.

pytest prints the arguments of the frame in which something was raised, and with ``--showlocals`` all variables of each
frame that it shows. Those of the test and of the code under test are the user's, and stay as they are. The libraries
below hold what they send: urllib3 has the body of a request among its arguments. Ours hold credentials everywhere.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_jwtauth.token_endpoint import TokenEndpoint

OURS = os.path.dirname(os.path.abspath(__file__)) + os.sep
STANDARD_LIBRARY = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
GENERATED = "<string>"
"""Where pytest says that the ``__init__`` of a dataclass is; that of one of ours calls what is ours."""
INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")


def make_discreet(shown: object, endpoints: Iterable[TokenEndpoint] = ()) -> None:
    """Take out of *shown*, which pytest made of an exception, what no output may show.

    Args:
        endpoints: They know what is secret in the frames of other libraries.
    """
    masks: list[Callable[[str], str]] | None = None
    for entries in _tracebacks(shown):
        places = [os.path.abspath(entry.reprfileloc.path) for entry in entries]
        for entry, place, below in zip(entries, places, [*places[1:], ""], strict=False):
            if place.startswith(OURS) or (os.path.basename(place) == GENERATED and below.startswith(OURS)):
                entry.reprfuncargs = entry.reprlocals = None
            elif place.startswith(STANDARD_LIBRARY) or any(folder in place for folder in INSTALLED):
                masks = _masks(endpoints) if masks is None else masks
                for mask in masks:
                    _apply(mask, entry)


def _tracebacks(shown: object) -> Iterator[list[Any]]:
    """The frames of a traceback, and of those of the exceptions that led to it, as far as pytest shows variables."""
    for one in [part[0] for part in getattr(shown, "chain", ())] or [getattr(shown, "reprtraceback", None)]:
        entries = getattr(one, "reprentries", ())
        yield [entry for entry in entries if getattr(entry, "reprfileloc", None) is not None]


def _masks(endpoints: Iterable[TokenEndpoint]) -> list[Callable[[str], str]]:
    from pytest_jwtauth.masking import masking_of_pieces

    return [masking_of_pieces(one.requests, one.client, one.secrets_told) for one in endpoints]


def _apply(mask: Callable[[str], str], entry: Any) -> None:
    if entry.reprfuncargs is not None:
        entry.reprfuncargs.args = [(name, mask(str(text))) for name, text in entry.reprfuncargs.args]
    if entry.reprlocals is not None:
        entry.reprlocals.lines = [mask(line) for line in entry.reprlocals.lines]
