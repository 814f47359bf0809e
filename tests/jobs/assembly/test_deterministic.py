"""Assembled statements keep order, evidence and ids."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from indra.statements import Activation, Phosphorylation, Statement

from emmaa_cycle.dates import parse_round
from emmaa_jobs.assembly import Assembled, Assembly
from emmaa_jobs.assembly.deterministic import merged
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.model.config_file import load_config
from emmaa_jobs.statements.emmaa_statement import EmmaaStatement
from emmaa_jobs.statements.gate import read_raw_statement
from tests.jobs.known_biology import agent, ras_statements, with_evidence
from tests.jobs.odd_statements import accepted_documents, evidence
from tests.jobs.one_model import MODEL, MODEL_DATE, write_config

PREASSEMBLY = {"function": "run_preassembly", "kwargs": {"return_toplevel": False}}


def told_by(statement: Statement, text: str) -> Statement:
    with_evidence(statement).evidence[0].text = text
    return statement


def run(bucket: Bucket, statements: list[Statement], *steps: Any, **fields: Any) -> Assembled:
    write_config(bucket, **{"assembly": list(steps), **fields})
    raw = [EmmaaStatement(each, parse_round(MODEL_DATE)) for each in statements]
    return Assembly.of(load_config(bucket, MODEL), bucket).run(raw)


def test_evidence_keeps_the_order_of_the_statements(bucket: Bucket) -> None:
    texts = [f"Sentence {number}." for number in range(50)]
    statements = [told_by(Activation(agent("BRAF"), agent("MAP2K1")), text) for text in texts]

    (one,) = run(bucket, statements, PREASSEMBLY).main

    assert [each.text for each in one.evidence] == texts
    # docs/reference/original-emmaa.md#hashes-to-check-against
    assert one.get_hash() == -23078353002754841


@given(st.data())
def test_merged_statements_are_indras(data: st.DataObject) -> None:
    from indra.preassembler import Preassembler

    class OneGroup(Preassembler):  # type: ignore[misc]
        def _get_stmt_matching_groups(self, stmts: list[Statement]) -> Any:
            return [("", stmts)]

    document = data.draw(accepted_documents())
    pieces = st.lists(st.sampled_from(document["evidence"]) | evidence(), min_size=1, max_size=3)
    copies = [read_raw_statement(document).statement]
    for found in data.draw(st.lists(pieces, max_size=3)):
        copies.append(read_raw_statement({**document, "evidence": found}).statement)
        if data.draw(st.booleans()):
            copies[-1].real_agent_list()[0].db_refs["TEXT"] = "BRAF"
        if data.draw(st.booleans()):
            copies[-1].evidence[0].annotations = {"agents": {"coords": []}, "prior_uuids": ["a"]}

    (expected,) = OneGroup(None).combine_duplicate_stmts(deepcopy(copies))
    one = merged(copies)

    one.uuid = expected.uuid = copies[0].uuid
    assert json.dumps(one.to_json()) == json.dumps(expected.to_json())


def test_indra_itself_is_left_as_it_was(bucket: Bucket) -> None:
    from indra.preassembler import Preassembler
    from indra.tools import assemble_corpus

    run(bucket, ras_statements(), PREASSEMBLY)

    assert assemble_corpus.Preassembler is Preassembler


def test_ids_follow_from_the_content(bucket: Bucket) -> None:
    once = run(bucket, ras_statements(), PREASSEMBLY).main

    again = run(bucket, ras_statements()[::-1], PREASSEMBLY).main

    assert {s.get_hash(): s.uuid for s in again} == {s.get_hash(): s.uuid for s in once}
    assert len({s.uuid for s in once}) == len(once)


def test_equal_statements_have_ids_of_their_own(bucket: Bucket) -> None:
    statements = [
        told_by(Activation(agent("BRAF"), agent("MAP2K1")), text) for text in ("one", "two")
    ]

    main = run(bucket, statements).main  # no preassembly

    assert len({statement.uuid for statement in main}) == 2


def test_exact_copies_are_dropped(bucket: Bucket) -> None:
    statements = [with_evidence(Activation(agent("BRAF"), agent("MAP2K1"))) for _ in range(3)]

    assert len(run(bucket, statements).main) == 1


def test_evidence_says_which_raw_statements_it_is_of(bucket: Bucket) -> None:
    statements = [
        told_by(Activation(agent("BRAF"), agent("MAP2K1")), text) for text in ("one", "two")
    ]
    raw_ids = [statement.uuid for statement in statements]

    # The ids that the first preassembly gives are of no use to anyone.
    (one,) = run(bucket, statements, PREASSEMBLY, PREASSEMBLY).main

    assert [each.annotations["prior_uuids"] for each in one.evidence] == [[i] for i in raw_ids]


def test_support_of_statements_that_were_filtered_out(bucket: Bucket) -> None:
    general = with_evidence(Phosphorylation(agent("BRAF"), agent("MAP2K1")))
    specific = with_evidence(Phosphorylation(agent("BRAF"), agent("MAP2K1"), "S", "218"))
    top_level = {"function": "filter_top_level"}

    everything = run(bucket, [general, specific], PREASSEMBLY).main
    (top,) = run(bucket, [general, specific], PREASSEMBLY, top_level).main

    ids = {str(statement): statement.uuid for statement in everything}
    assert top.uuid == ids["Phosphorylation(BRAF(), MAP2K1(), S, 218)"]
    assert [each.uuid for each in top.supported_by] == [ids["Phosphorylation(BRAF(), MAP2K1())"]]


def test_dynamic_steps_work_on_a_copy(bucket: Bucket) -> None:
    steps = {"main": [PREASSEMBLY], "dynamic": [{"function": "strip_supports"}]}
    statements = [
        with_evidence(Phosphorylation(agent("BRAF"), agent("MAP2K1"))),
        with_evidence(Phosphorylation(agent("BRAF"), agent("MAP2K1"), "S", "218")),
    ]

    assembled = run(bucket, statements, assembly=steps)

    assert assembled.dynamic is not None
    assert [s.uuid for s in assembled.dynamic] == [s.uuid for s in assembled.main]
    assert not any(s.supports for s in assembled.dynamic)
    assert any(s.supports for s in assembled.main)


@pytest.mark.parametrize("steps", [[], [PREASSEMBLY]])
def test_model_without_statements(bucket: Bucket, steps: list[Any]) -> None:
    assert run(bucket, [], *steps) == Assembled([])
