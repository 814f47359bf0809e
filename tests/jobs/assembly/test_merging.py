"""Tests of statements that steps after preassembly make equal: they become one statement."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from indra.belief import BeliefEngine, SimpleScorer
from indra.statements import Activation, ActivityCondition, Evidence, Phosphorylation, Statement
from indra.tools.assemble_corpus import run_preassembly

from emmaa_cycle.dates import parse_round
from emmaa_jobs.assembly import Assembly
from emmaa_jobs.assembly.merging import merge_equal
from emmaa_jobs.assembly.steps import add_missing_activities
from emmaa_jobs.assembly.support_graph import copy_statements
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.model.assembled import load_assembled_json
from emmaa_jobs.model.config_file import load_config
from emmaa_jobs.statements.emmaa_statement import EmmaaStatement
from tests.jobs.assembly.manager_rounds import make, rows
from tests.jobs.known_biology import agent, with_evidence
from tests.jobs.model_types.random_models import agents, directed, evidence, models
from tests.jobs.one_model import MODEL, ROUND, ready_model, write_config, write_model

ACTIVE = ActivityCondition("activity", True)
PREASSEMBLY = {"function": "run_preassembly", "kwargs": {"return_toplevel": False}}
ADD = {"function": "add_missing_activities"}


def braf_mek(*texts: str, active: bool = False, source: str = "reach") -> Statement:
    subject = agent("BRAF", activity=ACTIVE) if active else agent("BRAF")
    proof = [Evidence(source_api=source, text=text) for text in texts]
    return Phosphorylation(subject, agent("MAP2K1"), evidence=proof)


def activates_braf() -> Statement:
    return with_evidence(Activation(agent("KRAS"), agent("BRAF")))


def prior(statement: Statement) -> float:
    """INDRA's belief in a statement by its own evidence alone."""
    (belief,) = SimpleScorer().score_statements([statement])
    return float(belief)


def assemble(
    bucket: Bucket, statements: list[Statement], *steps: dict[str, Any]
) -> list[Statement]:
    write_config(bucket, assembly=list(steps))
    raw = [EmmaaStatement(each, parse_round(ROUND)) for each in copy_statements(statements)]
    return Assembly.of(load_config(bucket, MODEL), bucket).run(raw).main


def test_copies_give_the_first_one_their_evidence() -> None:
    first, other = braf_mek("one", active=True), activates_braf()
    second = braf_mek("two", "one", active=True, source="reach")
    third = braf_mek("three", active=True, source="trips")

    merged = merge_equal([first, other, second, third], None)

    assert merged == [first, other]
    assert [each.text for each in first.evidence] == ["one", "two", "three"]
    assert first.belief == prior(first) > prior(braf_mek("one"))


def test_links_lead_to_the_statement_that_stays() -> None:
    general, first, second, specific = (braf_mek(text) for text in "abcd")
    general.enz, specific.residue = agent("RAF"), "S"
    for one, other in ((general, first), (general, second), (second, specific), (first, second)):
        link(one, other)

    merged = merge_equal([general, first, second, specific], None)

    assert merged == [general, first, specific]
    assert (general.supports, first.supported_by) == ([first], [general])
    assert (first.supports, specific.supported_by) == ([specific], [first])
    # A general statement counts the evidence of the specific ones.
    expected = BeliefEngine().get_hierarchy_probs(merged)
    assert [each.belief for each in merged[:2]] == [
        expected[each.get_hash()] for each in merged[:2]
    ]


def link(general: Statement, specific: Statement) -> None:
    general.supports.append(specific)
    specific.supported_by.append(general)


def test_a_statement_never_supports_itself_by_way_of_another() -> None:
    first, between, second = braf_mek("a"), braf_mek("b"), braf_mek("c")
    between.residue = "S"
    link(first, between)
    link(between, second)

    merged = merge_equal([first, between, second], None)

    assert merged == [first, between]
    assert first.supports == first.supported_by == between.supports == between.supported_by == []


def test_beliefs_that_count_evidence_from_elsewhere_do_not_sink() -> None:
    first, second = braf_mek("a", active=True), braf_mek("b", active=True)
    first.belief, second.belief = 0.91, 0.99
    (merged,) = merge_equal([first, second], None, weighed_elsewhere=True)
    assert merged.belief == 0.99


def test_beliefs_that_a_merger_does_not_concern_stay() -> None:
    first, second, other = braf_mek("a", active=True), braf_mek("b", active=True), activates_braf()
    other.belief = 0.123
    merge_equal([first, second, other], None)
    assert other.belief == 0.123


def test_what_was_filtered_out_gives_no_evidence() -> None:
    kept, other, filtered = braf_mek("a"), braf_mek("b"), braf_mek("c")
    link(kept, filtered)
    (merged,) = merge_equal([kept, other], None)
    assert [each.text for each in merged.evidence] == ["a", "b"]
    assert merged.supports == []


def test_a_round_has_each_hash_once_and_all_its_evidence(bucket: Bucket) -> None:
    ready_model(bucket, assembly=[PREASSEMBLY, ADD, {"function": "filter_belief", "args": [0.8]}])
    plain, active = braf_mek("one", "two"), braf_mek("three", active=True)
    write_model(bucket, [plain, active, activates_braf()])

    make(bucket)

    documents = load_assembled_json(bucket, MODEL, ROUND)
    (merged,) = [each for each in documents if each["type"] == "Phosphorylation"]
    assert sorted(each["text"] for each in merged["evidence"]) == ["one", "three", "two"]
    # The more specific one alone would not have passed the filter.
    assert merged["belief"] == prior(braf_mek("one", "two", "three")) > 0.8 > prior(active)
    assert len(rows()) == len({each["matches_hash"] for each in documents}) == len(documents)


def test_without_preassembly_statements_stay_apart(bucket: Bucket) -> None:
    statements = [braf_mek("one"), braf_mek("two", active=True), activates_braf()]
    assert len(assemble(bucket, statements, ADD)) == 3


def test_statements_that_another_rule_keeps_apart_stay_apart(bucket: Bucket) -> None:
    by_belief = {"function": "agents_stmt_type_matches", "no_run": True}
    step = {"function": "run_preassembly", "kwargs": {"matches_fun": by_belief}}
    statements = [braf_mek("one"), braf_mek("two", active=True), activates_braf()]
    found = assemble(bucket, statements, step, ADD)
    assert Counter(type(each).__name__ for each in found)["Phosphorylation"] >= 1


@st.composite
def partly_active_models(draw: st.DrawFn) -> list[Statement]:
    """Models in which some subjects carry the activity that others will be given."""
    statements = draw(models(size=10))
    for statement in draw(st.lists(directed(agents, agents), max_size=6)):
        if statement.agent_list()[0] is not None:
            statement.agent_list()[0].activity = ACTIVE
        statement.evidence = [draw(evidence)]
        statements.append(statement)
    return statements


@given(partly_active_models())
def test_merged_statements_are_those_of_indras_preassembly(statements: list[Statement]) -> None:
    """Without links, a belief is a function of a statement's evidence."""
    unique = run_preassembly(copy_statements(statements), run_refinement=False)
    changed = add_missing_activities(unique)
    expected = run_preassembly(copy_statements(changed), run_refinement=False)

    merged = merge_equal(changed, None)

    def shown(found: list[Statement]) -> dict[int, tuple[float, list[str]]]:
        return {
            each.get_hash(refresh=True): (each.belief, sorted(e.text for e in each.evidence))
            for each in found
        }

    assert len(merged) == len(shown(merged))
    assert shown(merged) == shown(expected)


@given(partly_active_models())
def test_linked_statements_keep_each_other(statements: list[Statement]) -> None:
    linked = run_preassembly(copy_statements(statements), return_toplevel=False)
    merged = merge_equal(add_missing_activities(linked), None)

    members = {id(each) for each in merged}
    for statement in merged:
        assert {id(each) for each in statement.supports + statement.supported_by} <= members
        for specific in statement.supports:
            assert statement in specific.supported_by
    assert len({each.get_hash() for each in merged}) == len(merged)
