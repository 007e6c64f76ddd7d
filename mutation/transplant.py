"""A change of a constant or a decorator, brought into a module that was imported without it.

That is fast, and allowed only where nothing else was made of what changes: it must not have been imported by name, and
a rule keeps its object, which plans and tests hold. Where that cannot be had, the mutant has to be imported instead.
"""

from __future__ import annotations

import gc
import sys
from functools import _lru_cache_wrapper
from types import FunctionType, MethodType, ModuleType
from typing import Any

from mutants import Mutant, compiled

RULE_BOOK = "pytest_jwtauth.rules"
MAKE_RULES = (RULE_BOOK, f"{RULE_BOOK}.registry")
"""What is in these has been at work when others were imported."""
OF_EVERY_MODULE = {*vars(ModuleType("")), "__annotations__", "__builtins__", "__cached__", "__file__"}
"""What importing sets, which no statement does."""


def transplant(mutant: Mutant) -> bool:
    """Let the loaded module be as *mutant* would be; False if it cannot.

    Raises:
        Exception: whatever importing the mutant raises.
    """
    if mutant.module in MAKE_RULES:
        return False
    old = sys.modules[mutant.module]
    new = ModuleType(mutant.module)
    new.__dict__.update(__file__=old.__file__, __spec__=old.__spec__, __package__=old.__package__)
    exec(compiled(mutant.text, str(old.__file__)), new.__dict__)
    before, after = vars(old), vars(new)
    written = (before | after).keys() - OF_EVERY_MODULE
    changed = {name for name in written if not _is_same(before.get(name), after.get(name))}
    if isinstance(before.get(mutant.about), type) or any(_is_imported_by_name(old, name) for name in changed):
        return False
    if any(isinstance(before.get(name), MethodType) for name in changed):
        # It calls functions of the new module, which raise exceptions that the old one does not catch.
        return False
    room = before.get("room")
    for name in changed - {"room"}:
        if not isinstance(before.get(name), FunctionType):
            before[name] = after.get(name)
    for name, function in before.items():
        if isinstance(function, FunctionType) and function.__module__ == mutant.module:
            other = after[name]
            function.__code__, function.__doc__ = other.__code__, other.__doc__
            function.__defaults__, function.__kwdefaults__ = other.__defaults__, other.__kwdefaults__
    return room is None or _transplant_rules(room.rules, after["room"].rules)


def _transplant_rules(old: list[Any], new: list[Any]) -> bool:
    """Give each rule the fields that it has among the *new* ones, and the book the rules."""
    by_name = {rule.check.__name__: rule for rule in old}
    kept = []
    for rule in new:
        own = by_name[rule.check.__name__]
        for field in rule.__dataclass_fields__:
            if field != "check":
                object.__setattr__(own, field, getattr(rule, field))
        kept.append(own)
    old[:] = kept
    book = sys.modules[RULE_BOOK]
    collected = book._collect()
    (inside,) = gc.get_referents(book.RULES)
    inside.clear()
    inside.update(collected)
    return True


def _is_same(old: Any, new: Any) -> bool:
    """Whether a value is as it was; what has no comparison of its own is, unless it is of another type.

    What remembers the answers of a function is as it was if it remembers as many.
    """
    if isinstance(old, _lru_cache_wrapper) and isinstance(new, _lru_cache_wrapper):
        return bool(old.cache_parameters() == new.cache_parameters())
    if isinstance(old, (FunctionType, type)) or type(old).__eq__ is object.__eq__:
        return type(old) is type(new)
    return type(old) is type(new) and bool(old == new)


def _is_imported_by_name(module: ModuleType, name: str) -> bool:
    """Whether another module has this value under this name, and may have made something of it."""
    value = vars(module).get(name)
    return any(
        vars(other).get(name) is value
        for other in list(sys.modules.values())
        if isinstance(other, ModuleType) and other is not module and name in vars(other)
    )
