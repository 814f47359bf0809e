"""The base of all model types."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from emmaa_jobs.model_types.checker import Checker
from emmaa_jobs.model_types.inexpressible import Inexpressible
from emmaa_jobs.model_types.path_result import PathNode

if TYPE_CHECKING:
    from indra.statements import Statement

    from emmaa_cycle.model_config import ModelConfig

#: ``(graph, source, target[, key]) -> bool``: whether an edge may be used.
EdgeFilter = Callable[..., bool]


@dataclass(frozen=True)
class Step:
    """One step of a path.

    :param kind: ``statements``, or an edge that the ontology gives: ``RefEdge`` between an agent
        and its refinement, ``PybelEdge`` between a BEL node and its part or variant
    :param nodes: names of the two ends if the path itself has them; else empty, and the
        statements' agents are the nodes
    :param statements: what the step rests on; empty for edges that the ontology gives
    :param sentence: the English of an edge that the ontology gives
    """

    kind: Literal["statements", "RefEdge", "PybelEdge"]
    nodes: tuple[str, ...] = ()
    statements: Sequence[Statement] = ()
    sentence: str = ""


@dataclass
class AssembledModel(ABC):
    """Statements assembled into one type of model.

    :param model: PySB ``Model``, pybel ``BELGraph`` or networkx graph
    :param statements: the statements of which it was made
    :param left_out: the statements that this type cannot express
    """

    #: The type's name in config and results.
    mc_type: ClassVar[str]
    #: Whether one edge may rest on many statements, whose sentences are then merged.
    merges_sentences: ClassVar[bool] = False

    model: Any
    statements: list[Statement] = field(repr=False)
    left_out: list[Inexpressible] = field(default_factory=list, repr=False)

    @classmethod
    @abstractmethod
    def assemble(cls, statements: list[Statement], config: ModelConfig) -> Self:
        """Make the model of all statements that it can express; they stay as they are."""

    @abstractmethod
    def checker(self, tests: Sequence[Statement], edge_filter: EdgeFilter | None = None) -> Checker:
        """Return a checker of these statements.

        :param tests: PySB observes exactly the states that these statements name
        :param edge_filter: edges that it refuses are left out (graph types alone)
        """

    @abstractmethod
    def steps(self, path: Sequence[PathNode]) -> list[Step]:
        """Return what each step of a path rests on.

        :param path: one of the paths of a :class:`PathResult` of this model
        """

    @cached_property
    def _by_hash(self) -> dict[int, list[Statement]]:
        found = defaultdict(list)
        for statement in self.statements:
            found[statement.get_hash()].append(statement)
        return found

    def with_hashes(self, hashes: Iterable[int]) -> list[Statement]:
        """Return the model's statements with these hashes, in the order of the hashes."""
        return [statement for each in hashes for statement in self._by_hash.get(each, ())]


def refinement_step(path_node: PathNode) -> Step:
    """Return the step from an agent to its refinement, or back."""
    from indra.explanation.reporting import RefEdge

    edge = RefEdge._from_json(path_node)
    return Step("RefEdge", (edge.source.name, edge.target.name), sentence=edge.to_english())


def refinement_between(source: PathNode, target: PathNode) -> Step | None:
    """Return the refinement that one of two neighbours in a path is; None if both are nodes."""
    return next((refinement_step(each) for each in (source, target) if is_refinement(each)), None)


def is_refinement(path_node: PathNode) -> bool:
    """Return whether a path's element is a refinement and not a node."""
    return len(path_node) == 3
