"""``pybel``: statements as a BEL graph."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from emmaa_cycle.errors import InputError
from emmaa_jobs.indra_setup.look_ups import indra_tables_alone
from emmaa_jobs.model_types.assembled_model import (
    AssembledModel,
    EdgeFilter,
    Step,
    refinement_between,
)
from emmaa_jobs.model_types.complete_statements import complete_statements
from emmaa_jobs.model_types.indra_checker import IndraChecker
from emmaa_jobs.model_types.inexpressible import (
    Inexpressible,
    build_expressible,
    cannot_express,
    named_agents,
    without,
)
from emmaa_jobs.model_types.path_result import PathNode
from emmaa_jobs.rule_models.kappa import indra_model_checkers
from emmaa_jobs.statements.agent_references import sort_references

if TYPE_CHECKING:
    from indra.statements import Statement

    from emmaa_cycle.model_config import ModelConfig


@dataclass
class PybelModel(AssembledModel):
    """A pybel ``BELGraph``."""

    mc_type = "pybel"

    @classmethod
    def assemble(cls, statements: list[Statement], config: ModelConfig) -> Self:
        """Make the graph; statements without a subject have no form in it."""
        complete = complete_statements(statements, cls.mc_type)
        unknown = unknown_genes(complete)
        with indra_tables_alone():
            graph, faulty = build_expressible(without(complete, unknown), _assembled, "PyBEL")
        left_out = [*unknown, *faulty]
        return cls(graph, without(statements, left_out), left_out)

    def checker(
        self, tests: Sequence[Statement], edge_filter: EdgeFilter | None = None
    ) -> PybelChecker:
        """Return a checker over the graph with signs; edges are not filtered."""
        with indra_tables_alone():
            checker = indra_model_checkers().PybelModelChecker(self.model, list(tests))
            checker.graph = _ordered(checker.get_graph())
        sort_references(checker.nodes_to_agents.values())
        return PybelChecker(checker)

    def steps(self, path: Sequence[PathNode]) -> list[Step]:
        """Each edge with its statements, or the ontological edge that it is.

        A step from a whole back to its part is left out: it only joins two states of one node.
        """
        found: list[Step] = []
        for source, target in itertools.pairwise(path):
            refinement = refinement_between(source, target)
            found.extend([refinement] if refinement else self._edge_step(source, target))
        return found

    def _edge_step(self, source: PathNode, target: PathNode) -> Iterator[Step]:
        backward = not self.model.has_edge(source[0], target[0])
        ends = (target[0], source[0]) if backward else (source[0], target[0])
        edges = list(_edges_of_sign(self.model[ends[0]][ends[1]], source[1] == target[1]))
        hashes = sorted({each for edge in edges for each in _statement_hashes(edge)})
        if hashes:
            yield Step("statements", statements=self.with_hashes(hashes))
        elif edges and not (backward and edges[0]["relation"] == "partOf"):
            yield _ontological_step(source[0], target[0], edges[0]["relation"], backward)


class PybelChecker(IndraChecker):
    """Checker around INDRA's, which asks no service for what its tables lack."""

    def process_statement(self, stmt: Statement) -> tuple[Any, Any, str | None]:
        """See :meth:`Checker.process_statement`.

        :raises InputError: if BEL has no term for a part of the statement.
        """
        try:
            with indra_tables_alone():
                return super().process_statement(stmt)
        except KeyError as error:
            raise InputError(cannot_express("PyBEL", error)) from error


def unknown_genes(statements: Sequence[Statement]) -> list[Inexpressible]:
    """Return the statements with a gene that INDRA's table of HGNC lacks.

    INDRA asks a web service for its symbol, without a time limit; an assembly uses no network.
    """
    found = []
    for statement in statements:
        genes = (_hgnc_id(agent) for agent in named_agents(statement))
        unknown = next((gene for gene in genes if gene and not _symbol(gene)), None)
        if unknown:
            reason = f"INDRA's table of genes has no symbol for HGNC:{unknown}"
            found.append(Inexpressible(statement, reason))
    return found


def _symbol(gene: Any) -> str | None:
    from indra.databases.hgnc_client import hgnc_names

    symbol: str | None = hgnc_names.get(gene) if isinstance(gene, str) else None
    return symbol


def _hgnc_id(agent: Any) -> Any:
    identifier = agent.db_refs.get("HGNC")
    return identifier[0] if isinstance(identifier, list) and identifier else identifier


def _assembled(statements: list[Statement]) -> Any:
    from indra.assemblers.pybel import PybelAssembler

    return PybelAssembler(statements).make_model()


def _ordered(graph: Any) -> Any:
    # INDRA collects the edges in a set: which of several equally short paths come first, hence
    # which are reported, would differ from run to run.
    import networkx as nx

    ordered = nx.DiGraph()
    ordered.add_nodes_from(sorted(graph.nodes(data=True), key=lambda node: str(node[0])))
    ordered.add_edges_from(sorted(graph.edges(data=True), key=lambda edge: str(edge[:2])))
    return ordered


def _edges_of_sign(edges: Any, positive: bool) -> Iterator[dict[str, Any]]:
    from pybel import constants

    other = constants.CAUSAL_DECREASE_RELATIONS if positive else constants.CAUSAL_INCREASE_RELATIONS
    for edge in edges.values():
        if edge["relation"] not in other:
            yield edge


def _statement_hashes(edge: dict[str, Any]) -> list[int]:
    found = edge.get("annotations", {}).get("stmt_hash", {})
    return [int(each) for each in found]


def _ontological_step(source: Any, target: Any, relation: str, backward: bool) -> Step:
    from indra.explanation.reporting import PybelEdge, pybel_edge_to_english
    from indra.sources.bel.processor import get_agent

    with indra_tables_alone():
        edge = PybelEdge(get_agent(source), get_agent(target), relation, backward)
    names = (edge.source.name, edge.target.name)
    return Step("PybelEdge", names, sentence=pybel_edge_to_english(edge))
