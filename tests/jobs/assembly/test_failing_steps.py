"""A statement on which an assembly step fails costs itself."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from indra.statements import Concept, Event, Influence, Phosphorylation, Statement

from emmaa_cycle.errors import ModelConfigError
from emmaa_cycle.left_out import parse_left_out
from emmaa_cycle.s3_layout import left_out_key, model_key
from emmaa_jobs.assembly.plan import BoundStep
from emmaa_jobs.assembly.step_run import run_step
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.model.assembled import load_assembled
from emmaa_jobs.model.model_file import load_raw_model
from tests.jobs.assembly.manager_rounds import make
from tests.jobs.example_counts import examples
from tests.jobs.known_biology import agent, ras_statements, with_evidence
from tests.jobs.one_model import MODEL, MODEL_DATE, ROUND, STEPS, ready_model, write_model


def step(function: Any) -> BoundStep:
    return BoundStep("assembly.main[0] (odd)", "odd", function, (), {})


def fails_on(*names: str) -> BoundStep:
    def odd(stmts_in: list[Statement]) -> list[Statement]:
        for statement in stmts_in:
            if statement.agent_list()[0].name in names:
                raise KeyError(statement.agent_list()[0].name)
        return stmts_in

    return step(odd)


def test_the_statements_on_which_a_step_fails_are_left_out() -> None:
    statements, left_out = ras_statements(), LeftOutList()
    lost = [each for each in statements if each.agent_list()[0].name in ("EGF", "DUSP6")]

    found = run_step(fails_on("EGF", "DUSP6"), statements, left_out)

    assert found == [each for each in statements if each not in lost]
    assert [item.item for item in left_out] == [str(each) for each in lost]
    assert {item.reason for item in left_out} == {"KeyError: 'EGF'", "KeyError: 'DUSP6'"}
    assert {item.where for item in left_out} == {"assembly.main[0] (odd)"}


def fails_on_pairs(*pairs: set[int]) -> BoundStep:
    """Return a step that fails where both of two statements come, by their numbers of papers."""

    def odd(stmts_in: list[Statement]) -> list[Statement]:
        there = {int(each.evidence[0].source_id) for each in stmts_in}
        if any(pair <= there for pair in pairs):
            raise TypeError("'<' not supported")
        return stmts_in

    return step(odd)


def numbered(count: int) -> list[Statement]:
    ras = ras_statements()
    found = [copy.deepcopy(ras[number % len(ras)]) for number in range(count)]
    for number, statement in enumerate(found):
        statement.evidence[0].source_id = str(number)
    return found


def numbers(statements: list[Statement]) -> set[int]:
    return {int(each.evidence[0].source_id) for each in statements}


def test_one_of_two_statements_on_which_a_step_fails_together_is_left_out() -> None:
    statements, left_out = numbered(9), LeftOutList()

    found = run_step(fails_on_pairs({2, 6}), statements, left_out)

    assert numbers(found) == {*range(9)} - {6}
    (item,) = left_out
    assert item.item == str(statements[6])
    together = f"the step fails on it together with {statements[2]}"
    assert item.reason == f"{together}: TypeError: '<' not supported"


@pytest.mark.parametrize("odd", [0, 4, 8])
def test_a_statement_that_fails_with_any_other_costs_itself(odd: int) -> None:
    pairs = [{odd, other} for other in range(9) if other != odd]

    found = run_step(fails_on_pairs(*pairs), numbered(9), LeftOutList())

    assert numbers(found) == {*range(9)} - {odd}


@settings(max_examples=examples(50), deadline=None)
@given(st.lists(st.sets(st.integers(0, 29), min_size=2, max_size=3), max_size=4))
def test_sets_of_statements_cost_themselves_at_most(sets: list[set[int]]) -> None:
    step = fails_on_pairs(*sets)

    found = numbers(run_step(step, numbered(30), LeftOutList()))

    assert not any(each <= found for each in sets)
    assert {*range(30)} - found <= set().union(*sets)


def test_a_step_that_fails_on_no_few_statements_is_a_fault() -> None:
    def odd(stmts_in: list[Statement]) -> list[Statement]:
        if len(stmts_in) > 4:
            raise RuntimeError("too many")
        return stmts_in

    with pytest.raises(RuntimeError, match="too many") as caught:
        run_step(step(odd), ras_statements(), LeftOutList())
    assert caught.value.__notes__ == ["in assembly.main[0] (odd)"]


def test_a_service_that_is_down_is_no_fault_of_a_statement() -> None:
    from requests import ConnectionError as NoConnection

    def odd(stmts_in: list[Statement]) -> list[Statement]:
        raise NoConnection("down")

    with pytest.raises(SourceUnavailableError, match="down"):
        run_step(step(odd), ras_statements(), LeftOutList())


def test_wrong_arguments_are_no_fault_of_a_statement() -> None:
    def odd(stmts_in: list[Statement]) -> list[Statement]:
        raise ModelConfigError("no such gene list")

    with pytest.raises(ModelConfigError, match="no such gene list"):
        run_step(step(odd), ras_statements(), LeftOutList())


def test_a_round_goes_on_without_a_statement_that_a_step_cannot_take(bucket: Bucket) -> None:
    rain = Influence(Event(Concept("rain")), Event(Concept("flood")))
    ready_model(bucket)
    write_model(bucket, [*ras_statements(), with_evidence(rain)])

    update = make(bucket)

    assert len(load_assembled(bucket, MODEL, ROUND)) == len(ras_statements())
    assert "left out: 1 statement" in update.summary
    (item,) = parse_left_out(bucket.read_json(left_out_key(MODEL, "mm_update", ROUND))).items
    assert item.item == "Influence(Event(rain), Event(flood))"
    assert "bound_conditions" in item.reason


def test_a_state_with_bad_statements_is_assembled_without_them(bucket: Bucket) -> None:
    ready_model(bucket)
    state = load_raw_model(bucket, MODEL)
    gef = {"type": "Gef", "ras": {"name": "KRAS", "db_refs": {}}}
    state.append({**state[0], "stmt": {**state[0]["stmt"], **gef, "id": "x"}})
    state[0]["stmt"]["evidence"][0]["text"] += "\0"
    bucket.write_json(model_key(MODEL, MODEL_DATE), state)

    update = make(bucket)

    assert len(load_assembled(bucket, MODEL, ROUND)) == len(ras_statements())
    assert update.left_out.counts == {"statement": 1}
    assert b"\\u0000" not in bucket.read_bytes(f"assembled/{MODEL}/statements_{ROUND}.jsonl")


def test_a_statement_without_its_subject_passes_indras_steps_that_can_take_it(
    bucket: Bucket,
) -> None:
    steps = [*STEPS, {"function": "standardize_names_groundings"}]
    ready_model(bucket, assembly=steps)
    write_model(
        bucket, [*ras_statements(), with_evidence(Phosphorylation(None, agent("TP53"), "S", "15"))]
    )
    assert make(bucket).left_out.counts in ({}, {"statement": 1})
