"""A round of the manager whose statements, or a model type, are bad: each costs itself."""

from __future__ import annotations

from typing import Any

import pytest
from indra.statements import Activation, Agent, Complex, Statement

from emmaa_cycle.left_out import parse_left_out
from emmaa_cycle.s3_layout import left_out_key
from emmaa_jobs.assembly.manager import update_manager
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.model.assembled import load_assembled
from emmaa_jobs.model.manager_record import load_manager
from emmaa_jobs.model_types import MODEL_TYPES
from tests.jobs.assembly.manager_rounds import LATER_ROUND, MANAGER, contents, make
from tests.jobs.known_biology import agent, ras_statements, with_evidence
from tests.jobs.one_model import MODEL, ROUND, ready_model, write_config, write_model

ALL_TYPES = {"mc_types": [*MODEL_TYPES]}
STEPS = {"main": [{"function": "run_preassembly"}], "dynamic": []}
LIST = left_out_key(MODEL, "mm_update", ROUND)


@pytest.fixture
def model(bucket: Bucket) -> Bucket:
    """Return the Ras model with all model types."""
    return ready_model(bucket, test=ALL_TYPES, assembly=STEPS)


def ungrounded(name: str) -> Agent:
    return Agent(name, db_refs={"TEXT": name})


def bad_statements() -> list[Statement]:
    """Return what some model types cannot express."""
    unknown = Agent("NEWGENE1", db_refs={"HGNC": "59999"})
    return [
        with_evidence(Activation(ungrounded("β"), agent("BRAF"))),
        with_evidence(Complex([ungrounded("γ"), agent("BRAF")])),
        with_evidence(Activation(agent("KRAS"), agent("BRAF"), "ligase")),
        with_evidence(Activation(unknown, agent("BRAF"))),
    ]


def items(bucket: Bucket, key: str = LIST) -> list[tuple[str, str, bool]]:
    return [(x["kind"], x["where"] or x["item"], x["new"]) for x in bucket.read_json(key)["items"]]


def test_bad_statements_are_counted_and_listed_and_the_round_goes_on(model: Bucket) -> None:
    write_model(model, [*ras_statements(), *bad_statements()])

    update = make(model)

    assert update.summary.endswith("; left out: 6 statements")
    assert sorted(items(model)) == sorted(
        [("statement", mc_type, True) for mc_type in ["dynamic", "pysb"] * 2 + ["pybel"] * 2]
    )
    assert len(load_assembled(model, MODEL, ROUND)) == len(ras_statements()) + 4
    assert load_manager(model, MODEL).mc_types == [*MODEL_TYPES]
    assert "unassembled" not in model.read_json(MANAGER)


def test_operators_hear_of_a_statement_once(model: Bucket) -> None:
    write_model(model, [*ras_statements(), *bad_statements()])
    make(model)

    make(model, LATER_ROUND)

    later = items(model, left_out_key(MODEL, "mm_update", LATER_ROUND))
    assert [new for *_, new in later] == [False] * 6


def test_a_bad_round_made_again_is_the_same_bytes(model: Bucket) -> None:
    write_model(model, [*ras_statements(), *bad_statements()])
    make(model)
    once = contents(model)

    make(model)

    assert contents(model) == once


def test_clean_statements_leave_no_list(model: Bucket) -> None:
    assert "left out" not in make(model).summary
    assert LIST not in contents(model)


def broken(*_: object, **__: object) -> Any:
    raise RuntimeError("no such thing")


def test_a_model_type_that_cannot_be_assembled_fails_alone(
    model: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indra.assemblers.pybel.PybelAssembler.make_model", broken)
    write_config(
        model, test=ALL_TYPES, assembly=STEPS, export_formats=["pybel", "indranet", "bngl"]
    )

    update = make(model)

    record = load_manager(model, MODEL)
    assert record.mc_types == [*MODEL_TYPES]
    assert record.unassembled == {"pybel": "RuntimeError: no such thing"}
    assert "models: pysb, signed_graph, unsigned_graph, dynamic;" in update.summary
    assert update.summary.endswith("; left out: 1 export, 1 model type")
    assert items(model) == [("export", "pybel", True), ("model type", "pybel", True)]
    made = {key.split("/")[2].split("_2026")[0] for key in model.keys("exports/")}
    assert made == {"indranet", "bngl"}


@pytest.mark.parametrize("field", ["filters", "edge_filters"])
def test_an_unknown_filter_costs_its_corpus(model: Bucket, field: str) -> None:
    test = {"mc_types": ["signed_graph"], field: {"ras_tests": "filter_by_luck"}}
    write_config(model, test=test)

    assert make(model).summary.endswith("; left out: 1 corpus")

    (item,) = model.read_json(LIST)["items"]
    assert (item["kind"], item["item"]) == ("corpus", "ras_tests")
    named = f"model 'rasmodel', models/rasmodel/config.json: test.{field} in config.json names"
    assert item["reason"].startswith(f"{named} 'filter_by_luck' for corpus 'ras_tests': choose")


def test_characters_that_no_store_holds_are_taken_out_of_a_config(model: Bucket) -> None:
    write_config(model, human_readable_name="R\ud800as", description="a\x00b", odd=float("nan"))

    make(model)

    config = load_manager(model, MODEL).config
    assert (config["human_readable_name"], config["description"]) == ("Ras", "ab")
    assert config["odd"] is None


def test_a_fault_that_all_model_types_share_is_the_jobs(
    model: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emmaa_jobs.assembly.round_models.assemble", broken)

    with pytest.raises(RuntimeError, match="no such thing"):
        update_manager(model, MODEL, ROUND)
    assert MANAGER not in contents(model)


def test_types_that_fail_for_different_faults_fail_alone(
    model: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def each_its_own(mc_type: str, *_: object) -> Any:
        raise RuntimeError(f"no {mc_type}")

    monkeypatch.setattr("emmaa_jobs.assembly.round_models.assemble", each_its_own)

    make(model)

    record = load_manager(model, MODEL)
    assert {*record.unassembled} == {*MODEL_TYPES}
    assert record.assembled_types == []


@pytest.mark.parametrize("lost", [MemoryError(), ConnectionError()])
def test_lack_of_memory_is_the_jobs_own_and_a_lost_file_the_types(
    model: Bucket, monkeypatch: pytest.MonkeyPatch, lost: Exception
) -> None:
    def make_model(*_: object) -> Any:
        raise lost

    monkeypatch.setattr("indra.assemblers.pybel.PybelAssembler.make_model", make_model)

    if isinstance(lost, MemoryError):
        with pytest.raises(MemoryError):
            make(model)
    else:
        make(model)
        assert [*load_manager(model, MODEL).unassembled] == ["pybel"]


def test_parts_of_the_config_that_cannot_be_used_cost_themselves(model: Bucket) -> None:
    tests = {"mc_types": ["petri", "signed_graph"], "test_corpus": ["../x", "ras_tests"]}
    write_config(model, test=tests, export_formats=[5, "pybel"])

    made = make(model)

    assert made.record.assembled_types == ["signed_graph"]
    listed = parse_left_out(model.read_json(left_out_key(MODEL, "mm_update", ROUND)))
    assert {(each.kind, each.item) for each in listed.items} >= {
        ("corpus", "../x"),
        ("export", "5"),
        ("model type", "petri"),
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("filters", 5), ("filters", ["a"]), ("filters", {}), ("edge_filters", 5),
        ("edge_filters", [""]), ("direct_paths", "often"), ("direct_paths", ["a"]),
    ],
)  # fmt: skip
def test_a_rule_of_another_type_costs_its_corpus(model: Bucket, field: str, value: Any) -> None:
    write_config(model, test={"mc_types": ["signed_graph"], field: {"ras_tests": value}})

    [lost] = [each for each in make(model).left_out if each.kind == "corpus"]

    assert lost.item == "ras_tests"
    assert f"test.{field} in config.json" in lost.reason
