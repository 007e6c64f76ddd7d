"""How a function becomes a rule. Knows no rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from pytest_jwtauth.evidence import Evidence
from pytest_jwtauth.model import Finding, Level, Rule, Strength

Check = Callable[[Evidence], Finding | str | None]
CheckT = TypeVar("CheckT", bound=Check)

CSJ = ("client_secret_jwt",)
PKJ = ("private_key_jwt",)
TOKEN = ("token",)


class Room:
    """The rules of one module, in the order in which reports name them.

    Args:
        module: The module's ``__name__``; its last part is the room's name.
        error: The ``error`` value (RFC 6749 §5.2) with which a server refuses a breach, unless a rule says otherwise.
        needs: The evidence its rules need, unless a rule says otherwise.
    """

    def __init__(self, module: str, *, error: str, needs: str = "request") -> None:
        self.name = module.rpartition(".")[2]
        self.rules: list[Rule] = []
        self._error = error
        self._needs = needs

    def rule(
        self,
        id: str,
        *,
        spec: str,
        strength: Strength = "MUST",
        level: Level = "error",
        needs: str | None = None,
        methods: Iterable[str] = (),
        endpoints: Iterable[str] = (),
        grants: Iterable[str] = (),
        when: str | tuple[str, ...] = (),
        error: str | None = None,
    ) -> Callable[[CheckT], CheckT]:
        """Register the decorated function; its docstring is the requirement, what it returns is what was found."""

        def register(check: CheckT) -> CheckT:
            requirement = (check.__doc__ or "").strip().partition("\n")[0]
            if not requirement:
                raise ValueError(f"rule {id} states no requirement: give its function a docstring")
            self.rules.append(
                Rule(
                    id=id,
                    requirement=requirement,
                    spec=spec,
                    strength=strength,
                    level=level,
                    needs=needs or self._needs,
                    check=check,
                    room=self.name,
                    methods=frozenset(methods),
                    endpoints=frozenset(endpoints),
                    grants=frozenset(grants),
                    when=(when,) if isinstance(when, str) else when,
                    error=error or self._error,
                )
            )
            return check

        return register
