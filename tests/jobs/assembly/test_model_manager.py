"""The model manager job: what a round writes, in which order, and what it does not touch."""

from __future__ import annotations

import copy
import gzip
import io
import json

import pytest
from indra.statements import Activation, Agent, Inhibition, Phosphorylation, stmts_from_json

import scripts.update_model_manager as script
from emmaa_cycle.errors import InputError, ModelConfigError
from emmaa_cycle.s3_layout import model_manager_key, model_manager_prefix
from emmaa_jobs.assembled import load_assembled, load_assembled_json, save_assembled
from emmaa_jobs.assembly.entities import entities
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.cli import run_job
from emmaa_jobs.db.engine import database_engine
from emmaa_jobs.db.statement_database import StatementDatabase
from emmaa_jobs.errors import MissingObjectError
from emmaa_jobs.manager import ManagerUpdate, update_manager
from emmaa_jobs.manager_record import load_manager
from emmaa_jobs.model_types import assemble
from tests.jobs.known_biology import agent, ras_statements, told
from tests.jobs.one_model import (
    MODEL,
    MODEL_DATE,
    ROUND,
    make_statement_database,
    write_config,
    write_model,
)

LATEST = f"assembled/{MODEL}/latest_statements_{MODEL}"
DATED = f"assembled/{MODEL}/statements_{ROUND}"
MANAGER = model_manager_key(MODEL, ROUND)
LATER_ROUND = "2026-03-03-17-05-00"


@pytest.fixture
def model(bucket: Bucket) -> Bucket:
    """A bucket with a model, and the statement database."""
    make_statement_database()
    write_config(bucket)
    write_model(bucket)
    return bucket


def rows(day: str = "2026-03-02") -> list[tuple[int, int]]:
    engine = database_engine("stmt")
    try:
        stored = StatementDatabase(engine).statements(MODEL, day)
        return sorted((each.hash, each.path_count) for each in stored)
    finally:
        engine.dispose()


def contents(bucket: Bucket) -> dict[str, bytes]:
    return {key: bucket.read_bytes(key) for key in bucket.keys("")}


def make(bucket: Bucket, date_str: str = ROUND, model_date: str | None = None) -> ManagerUpdate:
    return update_manager(bucket, MODEL, date_str, model_date)


def test_record_says_everything_the_round_is_made_of(model: Bucket) -> None:
    config = write_config(model)

    update = make(model)

    record = load_manager(model, MODEL)
    assert record == update.record
    assert (record.model, record.date_str, record.model_date) == (MODEL, ROUND, MODEL_DATE)
    assert record.mc_types == ["signed_graph"]
    assert record.config == config
    assert record.paper_ids[0] == "demo-0001"
    (drug,) = (e for e in record.entities if e["name"] == "vemurafenib")
    assert drug["db_refs"]["CHEBI"] == "CHEBI:63637"
    assert "TEXT" not in drug["db_refs"]
    assert [e["name"] for e in record.entities] == sorted({e["name"] for e in record.entities})


def test_assembled_statements_are_in_four_files(model: Bucket) -> None:
    make(model)

    content = model.read_bytes(f"{DATED}.gz")
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as archive:
        listed = json.loads(archive.read())
    assert b"assembled_stmts.json\0" in content[:40]  # the member's name
    assert model.read_json(f"{LATEST}.json") == listed
    for key in (f"{DATED}.jsonl", f"{LATEST}.jsonl"):
        assert [json.loads(line) for line in model.read_bytes(key).split(b"\n")] == listed
    assert len(listed) == len(ras_statements())
    assert all(isinstance(each["matches_hash"], str) for each in listed)
    assert all(0 < each["belief"] <= 1 for each in listed)
    assert listed[0]["evidence"][0]["annotations"]["emmaa"]["metadata"] == {"internal": True}


def test_assembled_statements_explain_known_biology(model: Bucket) -> None:
    make(model)
    statements = load_assembled(model, MODEL, ROUND)
    config = load_manager(model, MODEL).model_config
    tests = [
        Activation(agent("EGF"), agent("MAPK1")),
        Activation(agent("MAPK1"), agent("EGF")),
        Inhibition(agent("EGF"), agent("MAPK1")),
    ]

    checker = assemble("signed_graph", statements, config).checker(tests)
    results = [checker.check_statement(test, max_path_length=10) for test in tests]

    assert [result.path_found for result in results] == [True, False, False]


def test_statements_database_has_the_day(model: Bucket) -> None:
    make(model)

    stored = rows()
    assert [stmt_hash for stmt_hash, _ in stored] == sorted(
        int(each["matches_hash"]) for each in load_assembled_json(model, MODEL, ROUND)
    )
    make(model)
    assert rows() == stored


def test_same_round_twice_is_the_same_bytes(model: Bucket) -> None:
    make(model)
    once = contents(model)

    make(model)

    assert contents(model) == once


def test_round_assembles_the_model_it_is_pinned_to(model: Bucket) -> None:
    newer = [told(Activation(agent("TP53"), agent("CBL")))]
    write_model(model, newer, "2026-03-03-17-00-00")

    make(model, LATER_ROUND, model_date=MODEL_DATE)

    assert load_manager(model, MODEL).model_date == MODEL_DATE
    assert len(load_assembled(model, MODEL, LATER_ROUND)) == len(ras_statements())


def test_past_round_takes_the_newest_model_of_its_time(model: Bucket) -> None:
    newer = [told(Activation(agent("TP53"), agent("CBL")))]
    write_model(model, newer, "2026-03-03-17-00-00")

    make(model, LATER_ROUND)
    make(model, ROUND)

    assert load_manager(model, MODEL, LATER_ROUND).model_date == "2026-03-03-17-00-00"
    assert load_manager(model, MODEL, ROUND).model_date == MODEL_DATE


def test_past_round_leaves_the_latest_files_alone(model: Bucket) -> None:
    write_model(model, ras_statements()[:3], "2026-03-03-17-00-00")
    make(model, LATER_ROUND)
    latest = model.read_bytes(f"{LATEST}.json")

    make(model, ROUND)

    assert model.read_bytes(f"{LATEST}.json") == latest
    assert len(load_assembled(model, MODEL, ROUND)) == len(ras_statements())


def test_past_round_leaves_the_day_s_rows_of_a_newer_round_alone(model: Bucket) -> None:
    write_model(model, ras_statements()[:3], "2026-03-02-19-00-00")
    make(model, "2026-03-02-19-05-00")
    newer = rows()

    make(model, ROUND)

    assert rows() == newer
    assert len(newer) == 3


def test_past_round_of_another_day_has_rows_of_its_own(model: Bucket) -> None:
    make(model, LATER_ROUND)

    make(model, ROUND)

    assert len(rows()) == len(rows("2026-03-03")) == len(ras_statements())


def test_manager_is_written_last(model: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    write = model.client.put_object

    def watched(**put: str) -> object:
        written.append(put["Key"])
        if put["Key"] == MANAGER:
            assert rows()  # the database has the round before anyone hears of it
        return write(**put)

    monkeypatch.setattr(model.client, "put_object", watched)

    make(model)

    assert written[-1] == MANAGER
    assert sorted(written[:-1]) == sorted(
        [f"{DATED}.gz", f"{DATED}.jsonl", f"{LATEST}.json", f"{LATEST}.jsonl"]
    )


@pytest.mark.parametrize("survives", range(5))
def test_killed_at_any_write_there_is_no_manager_and_the_next_try_completes(
    model: Bucket, monkeypatch: pytest.MonkeyPatch, survives: int
) -> None:
    write = model.client.put_object
    left = iter(range(survives))

    def killed(**put: str) -> object:
        next(left)  # StopIteration stands for the kill
        return write(**put)

    with monkeypatch.context() as patch:
        patch.setattr(model.client, "put_object", killed)
        with pytest.raises(StopIteration):
            make(model)

    assert not list(model.keys(model_manager_prefix(MODEL)))
    make(model)
    assert load_manager(model, MODEL).date_str == ROUND
    assert len(load_assembled(model, MODEL, ROUND)) == len(rows()) == len(ras_statements())


def test_dynamic_statements_have_a_folder_of_their_own(model: Bucket) -> None:
    write_config(model, assembly={"main": [], "dynamic": [{"function": "filter_direct"}]})
    indirect = told(Phosphorylation(agent("EGF"), agent("MAPK1")))
    indirect.evidence[0].epistemics["direct"] = False
    write_model(model, [indirect, told(Activation(agent("BRAF"), agent("MAP2K1")))])

    make(model)

    assert len(load_assembled_json(model, MODEL, ROUND)) == 2
    (direct,) = load_assembled_json(model, f"{MODEL}_dynamic", ROUND)
    assert direct["type"] == "Activation"
    keys = set(model.keys(f"assembled/{MODEL}_dynamic/"))
    assert f"assembled/{MODEL}_dynamic/latest_statements_{MODEL}_dynamic.json" in keys
    assert len(keys) == 4


def test_no_dynamic_folder_without_dynamic_steps(model: Bucket) -> None:
    make(model)

    assert not list(model.keys(f"assembled/{MODEL}_dynamic/"))


@pytest.mark.parametrize(
    ("fields", "error", "fault"),
    [
        (
            {"assembly": [{"function": "filter_all"}]},
            ModelConfigError,
            r"assembly\.main\[0\] \(filter_all\)",
        ),
        ({"test": {"mc_types": ["boolean"]}}, ModelConfigError, r"test\.mc_types\.0"),
        (
            {"test": {"filters": {"ras_tests": "filter_by_luck"}}},
            ModelConfigError,
            r"test\.filters .*'filter_by_luck' for corpus 'ras_tests': choose among filter_",
        ),
        (
            {"test": {"edge_filters": {"ras_tests": "filter_by_luck"}}},
            ModelConfigError,
            r"test\.edge_filters .*'filter_by_luck'",
        ),
        ({"export_formats": ["pdf"]}, ModelConfigError, r"export_formats: there is no format pdf"),
    ],
)
def test_broken_config_stops_before_any_work(
    model: Bucket, fields: dict[str, object], error: type[Exception], fault: str
) -> None:
    write_config(model, **fields)
    before = contents(model)

    with pytest.raises(error, match=rf"'rasmodel', models/rasmodel/config\.json.*{fault}"):
        make(model)
    assert contents(model) == before


def test_model_type_that_cannot_be_assembled_stops_the_round(
    model: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    from emmaa_jobs.model_types.graphs import SignedGraphModel

    def broken(*_: object) -> None:
        raise RuntimeError("no such graph")

    monkeypatch.setattr(SignedGraphModel, "assemble", broken)
    before = contents(model)

    with pytest.raises(RuntimeError, match="no such graph"):
        make(model)
    assert contents(model) == before
    assert rows() == []


def test_models_in_memory_do_not_change_what_is_stored(model: Bucket) -> None:
    """IndraNet writes into the evidence of the statements that it is given."""
    write_config(model, test={"mc_types": ["signed_graph", "unsigned_graph"]})

    make(model)

    assert b"indranet_edge" not in model.read_bytes(f"{DATED}.jsonl")


def test_missing_things_are_named(model: Bucket) -> None:
    with pytest.raises(MissingObjectError, match=r"model_2025-01-01-00-00-00\.json\.gz"):
        make(model, model_date="2025-01-01-00-00-00")
    with pytest.raises(MissingObjectError, match=r"run_model_update\.py --model rasmodel first"):
        make(model, "2020-01-01-00-00-00")
    with pytest.raises(MissingObjectError, match="model 'absent' has no config"):
        update_manager(model, "absent", ROUND)


def test_database_that_is_not_there_stops_before_any_work(bucket: Bucket) -> None:
    write_config(bucket)
    write_model(bucket)

    with pytest.raises(InputError, match=r"upgrade_database"):
        make(bucket)
    assert not list(bucket.keys("assembled/"))


def test_script_takes_the_documented_flags(model: Bucket) -> None:
    summary = script.main(["-m", MODEL, "--date-str", ROUND, "--model-date", MODEL_DATE])

    assert summary == (
        f"rasmodel: 14 statements of {MODEL_DATE} -> 14 assembled, 13 entities,"
        f" models: signed_graph; wrote {MANAGER}"
    )


def test_script_ends_with_bad_input_for_a_broken_step(
    model: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    write_config(model, assembly=[{"function": "filter_all"}])

    assert run_job(script.main, ["-m", MODEL, "--date-str", ROUND]) == 2
    assert "assembly.main[0] (filter_all)" in capsys.readouterr().out


def test_script_needs_a_real_round() -> None:
    with pytest.raises(SystemExit) as stopped:
        script.main(["-m", MODEL, "--date-str", "yesterday"])
    assert stopped.value.code == 2


# Assembled statements and entities


def test_long_steps_show_their_progress_on_a_terminal(
    model: Bucket, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_config(model, export_formats=["indranet"])
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)

    make(model)

    shown = capsys.readouterr().err
    for step in ("reading rasmodel", "building the signed graph", "exporting the signed_graph mo"):
        assert step in shown
    assert shown.count("100%") >= 3


def test_support_is_linked_when_loaded(model: Bucket) -> None:
    general = told(Phosphorylation(agent("BRAF"), agent("MAP2K1")))
    specific = told(Phosphorylation(agent("BRAF"), agent("MAP2K1"), "S", "218"))
    write_model(model, [general, specific])
    write_config(
        model,
        assembly=[{"function": "run_preassembly", "kwargs": {"return_toplevel": False}}],
    )
    make(model)

    first, second = load_assembled(model, MODEL, ROUND)

    assert first.supports == [second]
    assert second.supported_by == [first]


def test_support_that_was_left_out_is_not_linked(bucket: Bucket) -> None:
    general = told(Phosphorylation(agent("BRAF"), agent("MAP2K1")))
    statement = told(Phosphorylation(agent("BRAF"), agent("MAP2K1"), "S", "218"))
    statement.supported_by = [general, copy.deepcopy(general)]
    save_assembled(bucket, MODEL, ROUND, [statement.to_json()])

    (loaded,) = load_assembled(bucket, MODEL, ROUND)

    assert loaded.supported_by == []
    assert stmts_from_json([loaded.to_json()])[0].get_hash() == statement.get_hash()


@pytest.mark.parametrize("content", [{}, [{"type": "Dreaming"}], [3]])
def test_assembled_file_of_another_form_is_named(bucket: Bucket, content: object) -> None:
    bucket.write_json(f"{DATED}.gz", content)

    with pytest.raises(InputError, match=rf"s3://emmaa/{DATED}\.gz"):
        load_assembled(bucket, MODEL, ROUND)


def test_entities_are_told_apart_by_name_and_references() -> None:
    called_erk2 = Agent("MAPK1", db_refs={"HGNC": "6871", "TEXT": "ERK2"})
    ungrounded = Agent("MAPK1", db_refs={"TEXT": "MAPK1"})
    statements = [
        Activation(agent("MAP2K1"), agent("MAPK1")),
        Phosphorylation(None, called_erk2, "T"),
        Activation(ungrounded, agent("MAP2K1")),
    ]

    assert entities(statements) == [
        {"name": "MAP2K1", "db_refs": {"HGNC": "6840"}},
        {"name": "MAPK1", "db_refs": {"HGNC": "6871"}},
        {"name": "MAPK1", "db_refs": {}},
    ]
