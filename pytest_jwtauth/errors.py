"""What can go wrong in how the plugin is *used*, and how a broken request fails a test.

::

    Exception
    ├── ValueError
    │   └── ConfigurationError      a profile, rule id, client, server or option that cannot be
    ├── AssertionError
    │   └── InvalidTokenRequest     the code under test sent a request that breaks a rule
    └── UserWarning
        └── TokenRequestWarning     a rule of level warning was broken

No other exception of ours reaches a user; `TypeError` is Python's own for an argument of the wrong type.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_jwtauth.model import Verdict


class ConfigurationError(ValueError):
    """The plugin was told something impossible; the message lists what is possible."""


class InvalidTokenRequest(AssertionError):
    """A request broke at least one rule. ``str()`` is the report, ``verdicts`` the verdicts behind it."""

    def __init__(self, report: str, verdicts: tuple[Verdict, ...]) -> None:
        super().__init__(report)
        self.verdicts = verdicts

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (str(self), self.verdicts)


# The name with its module stands before the ids in a summary line that keeps little more than thirty characters.
InvalidTokenRequest.__module__ = "pytest_jwtauth"


def unknown_name(kind: str, name: object, known: Iterable[str]) -> ConfigurationError:
    """An error for a misspelt *name*: the nearest known names first, then all of them."""
    import difflib  # only on the way to an error message

    names = sorted(known)
    near = difflib.get_close_matches(str(name), names, n=3, cutoff=0.6)
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    return ConfigurationError(f"unknown {kind} {name!r}.{hint} Known: {', '.join(names)}.")


def check_type(name: str, value: object, *kinds: type) -> None:
    """Refuse a *value* that is of none of these *kinds*. A bool is no number.

    Raises:
        TypeError: that names what was expected and the type that came; never the value, which may be a credential.
    """
    if not isinstance(value, kinds) or isinstance(value, bool):
        expected = " or ".join(["None" if kind is type(None) else kind.__name__ for kind in kinds])
        article = "an" if expected[0] in "AEIOUaeiou" else "a"
        raise TypeError(f"{name} is {article} {expected}; got {type(value).__name__}")


class TokenRequestWarning(UserWarning):
    """The code under test sent a request that breaks a rule of level warning; once per test and rule."""
