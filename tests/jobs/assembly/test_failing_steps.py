"""A statement on which an assembly step fails costs itself."""

from __future__ import annotations

from typing import Any

import pytest
from indra.statements import Concept, Event, Influence, Phosphorylation, Statement

from emmaa_cycle.errors import ModelConfigError
from emmaa_cycle.left_out import parse_left_out
from emmaa_cycle.s3_layout import left_out_key, model_key
from emmaa_jobs.assembled import load_assembled
from emmaa_jobs.assembly.plan import BoundStep
from emmaa_jobs.assembly.step_run import run_step
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.model_file import load_raw_model
from tests.jobs.assembly.manager_rounds import make
from tests.jobs.known_biology import agent, ras_statements, told
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


def test_a_step_that_fails_on_no_statement_by_itself_is_a_fault() -> None:
    def odd(stmts_in: list[Statement]) -> list[Statement]:
        if len(stmts_in) > 3:
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
    write_model(bucket, [*ras_statements(), told(rain)])

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
    write_model(bucket, [*ras_statements(), told(Phosphorylation(None, agent("TP53"), "S", "15"))])
    assert make(bucket).left_out.counts in ({}, {"statement": 1})
