"""What a promise is: a sentence, the rules whose breach breaks it, and the test that holds a client to it.

Knows no client and no endpoint. The promises themselves stand in the rooms beside this one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from pytest_jwtauth.promises.bench import Bench

# `pytest --showlocals` prints the variables of every frame it shows; those of this module see a client at work.
__tracebackhide__ = True

Contract = TypeVar("Contract")


@dataclass(frozen=True, slots=True)
class Promise:
    """One thing that a client promises.

    Attributes:
        id: Stable kebab-case name.
        sentence: What is promised.
        source: Where it is demanded.
        rules: Ids of the rules whose breach, in any request of the promise's test, breaks it.
        strict: Those of them that break it also where a profile only warns of them.
    """

    id: str
    sentence: str
    source: str
    rules: frozenset[str]
    strict: frozenset[str] = frozenset()


PROMISES: dict[str, Promise] = {}
"""Every promise by its id, in the order of the report."""


def promise(
    source: str, *, rules: Iterable[str] = (), strict: Iterable[str] = ()
) -> Callable[[Callable[[Contract, Bench], None]], Callable[[Contract, Bench], None]]:
    """Make a promise of a test: its name without ``test_`` is the id, the first line of its docstring the sentence."""

    def register(test: Callable[[Contract, Bench], None]) -> Callable[[Contract, Bench], None]:
        name = test.__name__.removeprefix("test_").replace("_", "-")
        sentence = (test.__doc__ or "").strip().partition("\n")[0]
        severe = frozenset(strict)
        made = Promise(name, sentence, source, severe.union(rules), severe)
        PROMISES[name] = made

        @wraps(test)
        def held(self: Contract, jwtauth_bench: Bench) -> None:
            __tracebackhide__ = True
            with jwtauth_bench.holding(made):
                test(self, jwtauth_bench)

        # pytest reads the fixtures that a test takes from its signature, and follows the wrapped one's.
        del held.__wrapped__
        return held

    return register
