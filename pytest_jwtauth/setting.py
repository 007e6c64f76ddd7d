"""An attribute of an endpoint that a test may set, and that refuses at once what would only break a later request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar, overload

from pytest_jwtauth import numeric_date
from pytest_jwtauth.errors import check_type

# `pytest --showlocals` prints the variables of every frame it shows; these may hold what a test sets.
__tracebackhide__ = True

Value = TypeVar("Value")


class Setting(Generic[Value]):
    """A descriptor: *check* is asked with the name and the value whenever the attribute is set.

    The value stands in the instance under another name, so that reading it costs a look into one dictionary.
    """

    def __init__(self, check: Callable[[str, object], None]) -> None:
        self._check = check

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name
        self._place = f"_{name}"

    def __repr__(self) -> str:
        return f"<Setting {self._name}>"

    @overload
    def __get__(self, instance: None, owner: type) -> Setting[Value]: ...

    @overload
    def __get__(self, instance: object, owner: type) -> Value: ...

    def __get__(self, instance: object, owner: type) -> Value | Setting[Value]:
        if instance is None:
            return self
        value: Value = instance.__dict__[self._place]
        return value

    def __set__(self, instance: object, value: Value) -> None:
        self._check(self._name, value)
        instance.__dict__[self._place] = value


def of_type(*kinds: type) -> Callable[[str, object], None]:
    """A check that a value is of one of these *kinds*."""
    return lambda name, value: check_type(name, value, *kinds)


def seconds_or_none(name: str, value: object) -> None:
    """Refuse what is neither None nor a number of seconds (`numeric_date.check_seconds`)."""
    if value is not None:
        numeric_date.check_seconds(name, value)
