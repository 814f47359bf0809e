"""Paths for the dashboard, and as JSON lines.

See docs/reference/objects.md#explained-paths and docs/reference/objects.md#path-lines.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from emmaa_cycle.dates import day_of
from emmaa_jobs.explanation.english import Sentence, merged_sentences, single_sentences
from emmaa_jobs.isolation import Failed, attempt

if TYPE_CHECKING:
    from indra.statements import Statement

    from emmaa_jobs.model_types import AssembledModel, Step
    from emmaa_jobs.model_types.path_result import PathNode

ARROW = "→"
ARROWS = {"Inhibition": "⊣", "DecreaseAmount": "⊣", "Complex": "↔"}


class Edge(NamedTuple):
    """One edge of a path.

    :param nodes: names of the agents along the edge, mostly two
    :param arrow: what stands between them
    :param kind: ``statements``, ``RefEdge`` or ``PybelEdge``
    :param hashes: of the statements that the edge rests on
    :param stmts: ``[link, sentence, ""]`` triples
    """

    nodes: list[str]
    arrow: str
    kind: str
    hashes: list[int]
    stmts: list[list[str]]

    @property
    def text(self) -> str:
        """Nodes and arrows, such as ``BRAF → MAP2K1``."""
        return f" {self.arrow} ".join(self.nodes)


@dataclass(frozen=True)
class Explanation:
    """One path of one model type, explained."""

    edges: list[Edge]

    @property
    def text(self) -> str:
        """The whole path; where an edge does not begin with the last node, a comma stands."""
        text, last = "", None
        for edge in self.edges:
            if last is None:
                text = edge.text
            elif edge.nodes[0] == last:
                text += edge.text[len(last) :]
            else:
                text += f", {edge.text}"
            last = edge.nodes[-1]
        return text

    @property
    def nodes(self) -> list[str]:
        """The nodes along the path; consecutive edges share theirs."""
        found: list[str] = []
        for edge in self.edges:
            shared = bool(found) and found[-1] == edge.nodes[0]
            found += edge.nodes[int(shared) :]
        return found

    @property
    def hashes(self) -> Iterator[int]:
        """The statements used, once for each edge that rests on them."""
        return (each for edge in self.edges for each in edge.hashes)

    def to_json(self) -> dict[str, Any]:
        """Return the entry of ``path_json``."""
        edges = [{"edge": edge.text, "stmts": edge.stmts} for edge in self.edges]
        return {"path": self.text, "edge_list": edges}

    def to_line(self, mc_type: str, test_hash: int) -> dict[str, Any]:
        """Return the path's JSON line.

        :param test_hash: hash of the statement that the path explains
        """
        edges = [
            {"type": edge.kind, "hashes": edge.hashes} if edge.hashes else {"type": edge.kind}
            for edge in self.edges
        ]
        return {"nodes": self.nodes, "edges": edges, "graph_type": mc_type, "test": test_hash}


class Explained(NamedTuple):
    """The explanations of a result's paths, and why there is none of the other paths."""

    found: list[Explanation]
    faults: list[str]


@dataclass(frozen=True)
class Explainer:
    """Explains the paths of one assembled model.

    :param model_name: the model's short name, for links
    :param day: the round's ``<d>``, for links
    """

    model: AssembledModel
    model_name: str
    day: str
    _sentences: dict[tuple[int, ...], list[Sentence]] = field(default_factory=dict)

    def explain(self, paths: Iterable[Sequence[PathNode]]) -> Explained:
        """Explain each of a result's paths; steps that rest on nothing are left out."""
        explained = Explained([], [])
        for path in paths:
            done = attempt(functools.partial(self._explanation, path))
            if isinstance(done, Failed):
                explained.faults.append(f"a path cannot be put into words: {done.reason}")
            else:
                explained.found.append(done)
        return explained

    def _explanation(self, path: Sequence[PathNode]) -> Explanation:
        steps = [s for s in self.model.steps(path) if s.statements or s.sentence]
        sentences = [self._sentences_of(step) for step in steps]
        leading = [_leading(step, found) for step, found in zip(steps, sentences, strict=True)]
        nodes = _shared_ends([_names(*pair) for pair in zip(steps, leading, strict=True)])
        return Explanation(
            [
                self._edge(step, names, _arrow(first), found)
                for step, names, first, found in zip(steps, nodes, leading, sentences, strict=True)
            ]
        )

    def _sentences_of(self, step: Step) -> list[Sentence]:
        if not step.statements:
            return [Sentence(step.sentence, [])]
        key = tuple(statement.get_hash() for statement in step.statements)
        if key not in self._sentences:
            sentences = merged_sentences if self.model.merges_sentences else single_sentences
            self._sentences[key] = sentences(step.statements)
        return self._sentences[key]

    def _edge(self, step: Step, nodes: list[str], arrow: str, sentences: list[Sentence]) -> Edge:
        hashes = [statement.get_hash() for statement in step.statements]
        stmts = [[self._link(found.hashes), found.text, ""] for found in sentences]
        return Edge(nodes, arrow, step.kind, hashes, stmts)

    def _link(self, hashes: list[int]) -> str:
        if not hashes:
            return ""
        query = {
            "stmt_hash": hashes,
            "source": "model_statement",
            "model": self.model_name,
            "date": self.day,
        }
        return "/evidence?" + urlencode(query, doseq=True)


def path_json(
    model: AssembledModel,
    paths: Iterable[Sequence[PathNode]],
    model_name: str,
    date_str: str,
) -> list[dict[str, Any]]:
    """Return the ``path_json`` entries of a result's paths, those that can be put into words.

    :param paths: the paths of an INDRA ``PathResult`` of this model
    :param model_name: the model's short name
    :param date_str: the round's ``<dt>``
    """
    explainer = Explainer(model, model_name, day_of(date_str))
    return [explanation.to_json() for explanation in explainer.explain(paths).found]


def _leading(step: Step, sentences: list[Sentence]) -> Statement | None:
    """Return the statement of the edge's first sentence, which decides the arrow."""
    by_hash = {statement.get_hash(): statement for statement in step.statements}
    return by_hash[sentences[0].hashes[0]] if by_hash else None


def _arrow(statement: Statement | None) -> str:
    return ARROWS.get(type(statement).__name__, ARROW)


def _names(step: Step, statement: Statement | None) -> _Nodes:
    if step.nodes or statement is None:
        return _Nodes(list(step.nodes), fixed=True)
    names = [agent.name for agent in statement.real_agent_list()]
    return _Nodes(names, fixed=_arrow(statement) != ARROWS["Complex"])


class _Nodes(NamedTuple):
    names: list[str]
    fixed: bool  # whether their order says something: in a complex it does not

    @property
    def beginnings(self) -> list[str]:
        return self.names[:1] if self.fixed else self.names


def _shared_ends(edges: list[_Nodes]) -> list[list[str]]:
    """Turn complexes so that they begin where the edge before ends.

    The first has none before it: it ends where the edge after it begins.
    """
    turned: list[list[str]] = []
    for names, fixed in edges:
        if fixed:
            turned.append(names)
        elif turned:
            end = turned[-1][-1]
            turned.append(sorted(names, key=lambda name: name != end))
        else:
            beginnings = edges[1].beginnings if len(edges) > 1 else []
            turned.append(sorted(names, key=lambda name: name in beginnings))
    return turned
