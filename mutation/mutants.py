"""Which mutants a module has: every change that an operator makes to it, but for what has no behaviour.

What has none: type annotations (no module evaluates its own), docstrings (but a rule's, which is its requirement), and
``if TYPE_CHECKING:``. A change that the compiler refuses, warns of, or makes the same code of is no mutant either.
"""

from __future__ import annotations
import __future__

import ast
import difflib
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

import cosmic_ray.plugins
import parso
from cosmic_ray.ast import ast_nodes
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from operators import OURS
from parso.tree import NodeOrLeaf

Position = tuple[int, int]
Span = tuple[Position, Position]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one module.

    Attributes:
        module: The module's dotted name.
        function: Qualified name of the outermost function whose body is changed; empty if it is none's.
        about: Name of the function, or rule, that the statement defines.
        line: The first that differs.
        lines: Those of the statement; a test that runs none of them cannot notice.
        was, becomes: What differs, without the space around it.
        statement: The changed statement of the module, with empty lines before it, so that each line has its number.
        text: The whole module.
    """

    module: str
    operator: str
    function: str
    about: str
    line: int
    lines: range
    was: str
    becomes: str
    statement: str
    text: str


def operators_in_use() -> dict[str, Operator]:
    """All of cosmic-ray's but the two that have to be told names of variables, and ours."""
    names = cosmic_ray.plugins.operator_names()
    theirs = {name.partition("/")[2]: cosmic_ray.plugins.get_operator(name) for name in names}
    chosen = {name: operator for name, operator in theirs.items() if not operator.arguments()}
    return {name: operator() for name, operator in (chosen | OURS).items()}


def compiled(text: str, path: Path | str) -> CodeType:
    """The code of a module, or of one statement of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return compile(text, str(path), "exec", __future__.annotations.compiler_flag, dont_inherit=True)


class Source:
    """A module's text, and what is where in it."""

    def __init__(self, module: str, path: Path) -> None:
        self.module = module
        self.path = path
        self.text = path.read_text(encoding="utf-8")
        self._lines = self.text.splitlines(keepends=True)
        tree = ast.parse(self.text)
        self._silent = [self._span(node) for node in _without_behaviour(tree)]
        self._requirements = [self._span(node) for node in _requirements(tree)]
        self._bodies = [(name, self._span(body[0])[0], self._span(body[-1])[1]) for name, body in _functions(tree)]
        self._statements = sorted(_statements(tree), key=len)

    def mutants(self) -> list[Mutant]:
        """Each of them, from the first line to the last."""
        chosen = operators_in_use()
        found = [m for statement in parso.parse(self.text).children for m in self._of_statement(statement, chosen)]
        return sorted(found, key=lambda mutant: mutant.line)

    def _of_statement(self, statement: NodeOrLeaf, chosen: Mapping[str, Operator]) -> Iterator[Mutant]:
        """The mutants of one statement of the module: it is parsed anew for each of them, and not the whole module."""
        code = statement.get_code()
        before = statement.get_start_pos_of_prefix()[0] - 1
        lines = code.splitlines(keepends=True)
        assert self._lines[before : before + len(lines)] == lines, (self.path, before)
        padding = "\n" * before
        known = {_essence(compiled(code, self.path))}
        tree = parso.parse(code)
        defined = next((node.name.value for node in ast_nodes(tree) if node.type in {"funcdef", "classdef"}), "")
        for name, operator in chosen.items():
            positions = [span for node in ast_nodes(tree) for span in operator.mutation_positions(node)]
            for occurrence, ((line, column), _) in enumerate(positions):
                at = (line + before, column)
                if _within(at, self._silent):
                    continue
                mutated = mutate_code(code, operator, occurrence)
                try:
                    essence = _essence(compiled(mutated, self.path))
                except (SyntaxError, ValueError):
                    continue
                if essence in known:
                    continue
                known.add(essence)
                first, was, becomes = _difference(lines, mutated.splitlines(keepends=True))
                yield Mutant(
                    module=self.module,
                    operator=name,
                    function="" if _within(at, self._requirements) else self._function(at),
                    about=defined,
                    line=before + first,
                    lines=next((lines for lines in self._statements if at[0] in lines), range(at[0], at[0] + 1)),
                    was=was,
                    becomes=becomes,
                    statement=padding + mutated,
                    text="".join([*self._lines[:before], mutated, *self._lines[before + len(lines) :]]),
                )

    def _function(self, at: Position) -> str:
        return next((name for name, start, end in self._bodies if start <= at <= end), "")

    def _span(self, node: ast.AST) -> Span:
        """Where *node* stands, in characters as parso counts them; `ast` counts octets."""
        assert isinstance(node, (ast.expr, ast.stmt))
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return (
            (node.lineno, self._column(node.lineno, node.col_offset)),
            (node.end_lineno, self._column(node.end_lineno, node.end_col_offset)),
        )

    def _column(self, line: int, offset: int) -> int:
        return len(self._lines[line - 1].encode()[:offset].decode())


def _within(at: Position, spans: list[Span]) -> bool:
    return any(start <= at < end for start, end in spans)


def _essence(code: CodeType) -> int:
    """What the code does: all but where its lines stand."""
    parts = (code.co_code, code.co_names, code.co_varnames, code.co_freevars, code.co_flags, code.co_argcount)
    more = code.co_kwonlyargcount, getattr(code, "co_exceptiontable", b"")
    constants = tuple(_essence(c) if isinstance(c, CodeType) else f"{type(c)}{c!r}" for c in code.co_consts)
    return hash((parts, more, constants))


def _difference(original: list[str], mutated: list[str]) -> tuple[int, str, str]:
    """The number of the first line that differs, and what differs before and after."""
    changes = [
        change
        for change in difflib.SequenceMatcher(None, original, mutated, autojunk=False).get_opcodes()
        if change[0] != "equal"
    ]
    was = "".join(line for _, start, end, _, _ in changes for line in original[start:end])
    becomes = "".join(line for _, _, _, start, end in changes for line in mutated[start:end])
    return changes[0][1] + 1, _tidy(was), _tidy(becomes)


def _tidy(lines: str) -> str:
    return "\n".join(line.strip() for line in lines.splitlines() if line.strip())


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_rule(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef) and any(
        isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "room.rule"
        for decorator in node.decorator_list
    )


def _requirements(tree: ast.Module) -> Iterator[ast.AST]:
    """The docstrings of rules."""
    return (node.body[0] for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and _is_rule(node))


def _without_behaviour(tree: ast.Module) -> Iterator[ast.AST]:
    requirements = set(_requirements(tree))
    for node in ast.walk(tree):
        # Also the string below a constant, which says what it is.
        if _is_docstring(node) and node not in requirements:
            yield node
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.returns is not None:
            yield node.returns
        elif (isinstance(node, ast.arg) and node.annotation is not None) or isinstance(node, ast.AnnAssign):
            yield node.annotation
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield node


def _functions(tree: ast.Module) -> Iterator[tuple[str, list[ast.stmt]]]:
    """The functions and methods that stand in no other function, with their bodies."""
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.body
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    yield f"{node.name}.{inner.name}", inner.body


def _statements(tree: ast.Module) -> Iterator[range]:
    """The lines of every statement; of one that holds others those before them."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.stmt, ast.excepthandler)):
            body: list[ast.stmt] = getattr(node, "body", [])
            assert node.end_lineno is not None
            end = max(node.lineno, body[0].lineno - 1) if body else node.end_lineno
            yield range(node.lineno, end + 1)
