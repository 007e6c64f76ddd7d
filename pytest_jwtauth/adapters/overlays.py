"""Put a function in the place of another library's, and take it away again, whoever did the same meanwhile.

Knows no library and no endpoint.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_jwtauth.errors import ConfigurationError

# `pytest --showlocals` prints the variables of every frame it shows; those of this module hold requests and answers.
__tracebackhide__ = True


def overlay(owner: Any, name: str, make: Callable[[Any], Callable[..., Any]]) -> Callable[[], None]:
    """Replace the function *name* of *owner* by what *make* makes of it; return how to undo that.

    Others may do the same later, and undo theirs before or after us: what is theirs by then is left alone, and ours,
    should it come back, only passes calls on.

    Raises:
        ConfigurationError: if *owner* has no such function.
    """
    if not hasattr(owner, name):
        kind = owner if isinstance(owner, type) else type(owner)
        raise ConfigurationError(
            f"{kind.__module__}.{kind.__qualname__} has no {name}() in the version that is installed, so nothing can "
            "be mounted on it; jwtauth_live_token_endpoint serves every library"
        )
    was_there = name in vars(owner)
    beneath = getattr(owner, name)
    made = make(beneath)
    is_open = True

    def above(*args: Any, **kwargs: Any) -> Any:
        return (made if is_open else beneath)(*args, **kwargs)

    def undo() -> None:
        nonlocal is_open
        is_open = False
        if vars(owner).get(name) is above:
            if was_there:
                setattr(owner, name, beneath)
            else:
                delattr(owner, name)

    setattr(owner, name, above)
    return undo
