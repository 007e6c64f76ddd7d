"""Changes that cosmic-ray has no operator for, in what this package is made of: words, membership, named arguments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar

import parso
from cosmic_ray.operators.operator import Example, Operator
from parso.python.tree import Keyword, Name, ReturnStmt, String

if TYPE_CHECKING:
    from parso.tree import BaseNode, NodeOrLeaf

    Span = tuple[tuple[int, int], tuple[int, int]]


class ReplaceText(Operator):
    """A string holds other words. An empty one is no longer empty."""

    def mutation_positions(self, node: NodeOrLeaf) -> Iterator[Span]:
        if isinstance(node, String) or (node.type == "fstring_string" and not _is_format(node)):
            yield node.start_pos, node.end_pos

    def mutate(self, node: NodeOrLeaf, index: int) -> NodeOrLeaf:
        if isinstance(node, String):
            opening = node.string_prefix + node.value[len(node.string_prefix) :][: _quotes(node)]
            closing = opening[len(node.string_prefix) :]
            node.value = f"{opening}XX{node.value[len(opening) : -len(closing)]}XX{closing}"
        else:
            node.value = f"XX{node.value}XX"
        return node

    @classmethod
    def examples(cls) -> Iterable[Example]:
        return (
            Example('x = "a"', 'x = "XXaXX"'),
            Example("x = b''", "x = b'XXXX'"),
            Example('x = f"a{b}c"', 'x = f"a{b}XXcXX"', occurrence=1),
        )


def _quotes(node: String) -> int:
    return 3 if node.value[len(node.string_prefix) :].startswith(('"""', "'''")) else 1


def _is_format(node: NodeOrLeaf) -> bool:
    """Whether *node* stands behind the colon of a replacement field: other words there are no format."""
    return node.parent is not None and node.parent.type == "fstring_format_spec"


class RemoveKeywordArgument(Operator):
    """A call, a decorator's too, goes without one of its keyword arguments."""

    def mutation_positions(self, node: NodeOrLeaf) -> Iterator[Span]:
        for argument in self._arguments(node):
            yield argument.start_pos, argument.end_pos

    def mutate(self, node: BaseNode, index: int) -> NodeOrLeaf:
        argument = self._arguments(node)[index]
        if node.type == "arglist":
            at = node.children.index(argument)
            # With the comma behind it or, at the end, the one before it.
            start = at if at + 1 < len(node.children) else at - 1
            del node.children[start : start + 2]
        else:
            node.children.remove(argument)
        return node

    @staticmethod
    def _arguments(node: NodeOrLeaf) -> list[BaseNode]:
        if node.type not in {"arglist", "trailer", "decorator", "classdef"}:
            return []
        children: list[BaseNode] = getattr(node, "children", [])
        return [child for child in children if child.type == "argument" and child.children[1].get_code().strip() == "="]

    @classmethod
    def examples(cls) -> Iterable[Example]:
        return (
            Example("f(a, b=1, c=2)", "f(a, c=2)"),
            Example("f(a, b=1, c=2)", "f(a, b=1)", occurrence=1),
            Example("f(b=1)", "f()"),
        )


class SwapMembership(Operator):
    """What was looked for in something is now looked for outside it, and the other way round."""

    def mutation_positions(self, node: NodeOrLeaf) -> Iterator[Span]:
        for operator in self._operators(node):
            yield operator.start_pos, operator.end_pos

    def mutate(self, node: BaseNode, index: int) -> NodeOrLeaf:
        operator = self._operators(node)[index]
        other = " in" if operator.get_code(include_prefix=False).startswith("not") else " not in"
        node.children[node.children.index(operator)] = parso.parse(other)
        return node

    @staticmethod
    def _operators(node: NodeOrLeaf) -> list[NodeOrLeaf]:
        if node.type != "comparison":
            return []
        between: list[NodeOrLeaf] = getattr(node, "children", [])[1::2]
        return [operator for operator in between if operator.get_code().split() in (["in"], ["not", "in"])]

    @classmethod
    def examples(cls) -> Iterable[Example]:
        return Example("x in y", "x not in y"), Example("x not in y", "x in y")


class NegateCondition(Operator):
    """The condition of a comprehension is turned round; those of statements are cosmic-ray's own ``AddNot``."""

    def mutation_positions(self, node: NodeOrLeaf) -> Iterator[Span]:
        if node.type == "comp_if":
            condition = getattr(node, "children", [])[1]
            yield condition.start_pos, condition.end_pos

    def mutate(self, node: BaseNode, index: int) -> NodeOrLeaf:
        node.children[1] = parso.parse(f" not ({node.children[1].get_code(include_prefix=False)})")
        return node

    @classmethod
    def examples(cls) -> Iterable[Example]:
        return (Example("[x for x in y if x or z]", "[x for x in y if not (x or z)]"),)


class ReturnNone(Operator):
    """A function answers nothing where it answered something."""

    nothing: ClassVar = ("None", "")

    def mutation_positions(self, node: NodeOrLeaf) -> Iterator[Span]:
        if isinstance(node, ReturnStmt) and node.children[1].get_code().strip() not in self.nothing:
            yield node.children[1].start_pos, node.children[1].end_pos

    def mutate(self, node: BaseNode, index: int) -> NodeOrLeaf:
        node.children[1] = Keyword("None", node.children[1].start_pos, prefix=" ")
        return node

    @classmethod
    def examples(cls) -> Iterable[Example]:
        return (Example("def f():\n    return x", "def f():\n    return None"),)


class ExceptionReplacer(Operator):
    """One exception of an ``except`` is another. cosmic-ray's own takes no exception that is named with its module."""

    def mutation_positions(self, node: NodeOrLeaf) -> Iterator[Span]:
        for exception in self._exceptions(node):
            yield exception.start_pos, exception.end_pos

    def mutate(self, node: BaseNode, index: int) -> NodeOrLeaf:
        exception = self._exceptions(node)[index]
        place = exception.parent
        assert place is not None
        another = Name("ZeroDivisionError", exception.start_pos, prefix=exception.get_first_leaf().prefix)
        place.children[place.children.index(exception)] = another
        return node

    @staticmethod
    def _exceptions(node: NodeOrLeaf) -> list[NodeOrLeaf]:
        if node.type != "except_clause":
            return []
        caught: NodeOrLeaf = getattr(node, "children", [])[1]
        if caught.type != "atom":
            return [caught]
        inside: NodeOrLeaf = getattr(caught, "children", [])[1]
        return getattr(inside, "children", [])[::2] if inside.type == "testlist_comp" else [inside]

    @classmethod
    def examples(cls) -> Iterable[Example]:
        return (
            Example("try: f()\nexcept a.B as e: pass", "try: f()\nexcept ZeroDivisionError as e: pass"),
            Example("try: f()\nexcept (A, B): pass", "try: f()\nexcept (A, ZeroDivisionError): pass", occurrence=1),
        )


OURS = {
    operator.__name__: operator
    for operator in (
        *(ReplaceText, RemoveKeywordArgument, SwapMembership),
        *(NegateCondition, ReturnNone, ExceptionReplacer),
    )
}
