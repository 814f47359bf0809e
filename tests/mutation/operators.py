"""The changes that mutants are made by: a choice of cosmic-ray's, and three of our own.

Left out are changes that no test can notice (``|`` in annotations, which are never evaluated), and
those that every test notices (an undefined name).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cosmic_ray.operators.operator import Example, Operator
from cosmic_ray.plugins import get_operator, operator_names
from parso.python.tree import Name, PythonNode, String

Position = tuple[tuple[int, int], tuple[int, int]]

_COMPARISONS = "Eq_NotEq|NotEq_Eq|Lt_LtE|LtE_Lt|Gt_GtE|GtE_Gt|Lt_GtE|Gt_LtE|Is_IsNot|IsNot_Is"
_CHOSEN = re.compile(
    r"core/(AddNot|NumberReplacer|RemoveDecorator|ZeroIterationForLoop|ReplaceUnaryOperator_Delete_Not"
    r"|Replace(And|Or)With(And|Or)|Replace(True|False)With(True|False)"
    r"|Replace(Break|Continue)With(Break|Continue)|ReplaceBinaryOperator_(Add_Sub|Sub_Add|Mul_Div)"
    rf"|ReplaceComparisonOperator_({_COMPARISONS}))"
)
#: A key, a name or a value, and no message to people.
_KEY = re.compile(r'"[A-Za-z_][\w.:/-]*"')
_SWAPPED = {"max": "min", "min": "max"}


class ForgetException(Operator):  # type: ignore[misc]
    """Take one exception type out of a handler of several."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        """Yield the positions of a handler's types."""
        for name in self._types(node)[::2]:
            yield (name.start_pos, name.end_pos)

    def mutate(self, node: Any, index: int) -> Any:
        """Remove a type and a comma beside it."""
        types = self._types(node)
        del types[2 * index : 2 * index + 2]
        if types[-1].type == "operator":
            del types[-1]
        return node

    @staticmethod
    def _types(node: Any) -> list[Any]:
        """Return the types and the commas between them; none where there is only one type."""
        if not isinstance(node, PythonNode) or node.type != "except_clause":
            return []
        caught = node.children[1]
        inner = caught.children[1] if caught.type == "atom" else caught
        if inner.type != "testlist_comp":
            return []
        found: list[Any] = inner.children
        return found

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        """Return examples of what it does."""
        pair = "try: a\nexcept (A, b.C): d"
        return (
            Example(pair, "try: a\nexcept ( b.C): d"),
            Example(pair, "try: a\nexcept (A): d", occurrence=1),
            Example("try: a\nexcept A: d", "try: a\nexcept A: d"),
        )


class ChangeKey(Operator):  # type: ignore[misc]
    """Change a text that is no message: the key of a document, a tag, a name."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        """Yield the position of such a text."""
        if isinstance(node, String) and _KEY.fullmatch(node.value) and not _is_docstring(node):
            yield (node.start_pos, node.end_pos)

    def mutate(self, node: Any, index: int) -> Any:
        """Make the text another one."""
        node.value = f'{node.value[:-1]}XX"'
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        """Return examples of what it does."""
        return (
            Example('a["key"]', 'a["keyXX"]'),
            Example('log("not found")', 'log("not found")'),
            Example('def f():\n    "docstring"', 'def f():\n    "docstring"'),
        )


class SwapExtremes(Operator):  # type: ignore[misc]
    """Take the least for the greatest, as where the newest of several is chosen."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        """Yield the position of the function's name in a call."""
        called = getattr(node, "get_next_sibling", lambda: None)()
        is_call = called is not None and getattr(called, "children", [None])[0] == "("
        if isinstance(node, Name) and node.value in _SWAPPED and is_call:
            yield (node.start_pos, node.end_pos)

    def mutate(self, node: Any, index: int) -> Any:
        """Call the other function."""
        node.value = _SWAPPED[node.value]
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        """Return examples of what it does."""
        return (
            Example("max(a, b)", "min(a, b)"),
            Example("a = min(b, key=c)", "a = max(b, key=c)"),
            Example("f(key=max)", "f(key=max)"),
        )


OWN: tuple[type[Operator], ...] = (ForgetException, ChangeKey, SwapExtremes)


def operators() -> dict[str, Operator]:
    """Return all operators by their names, always in the same order."""
    chosen = sorted(name for name in operator_names() if _CHOSEN.fullmatch(name))
    return {
        **{name.removeprefix("core/"): get_operator(name)() for name in chosen},
        **{own.__name__: own() for own in OWN},
    }


def _is_docstring(node: Any) -> bool:
    return node.parent is not None and node.parent.type in ("simple_stmt", "file_input", "suite")
