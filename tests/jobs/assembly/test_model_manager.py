"""The model manager job: what a round writes, in which order."""

from __future__ import annotations

import gzip
import io
import json

import pytest
from indra.statements import Activation, Inhibition, Phosphorylation

import update_model_manager as script
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.model.assembled import load_assembled, load_assembled_json
from emmaa_jobs.model.manager_record import load_manager
from emmaa_jobs.model_types import assemble
from tests.jobs.assembly.manager_rounds import DATED, LATEST, MANAGER, contents, make, rows
from tests.jobs.known_biology import agent, ras_statements, with_evidence
from tests.jobs.one_model import MODEL, MODEL_DATE, ROUND, write_config, write_model


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


def test_manager_is_written_last(model: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    write = model.client.put_object

    def watched(**put: str) -> object:
        written.append(put["Key"])
        if put["Key"] == MANAGER:
            assert rows()  # the database has the round before the manager is uploaded
        return write(**put)

    monkeypatch.setattr(model.client, "put_object", watched)

    make(model)

    assert written[-1] == MANAGER
    assert sorted(written[:-1]) == sorted(
        [f"{DATED}.gz", f"{DATED}.jsonl", f"{LATEST}.json", f"{LATEST}.jsonl"]
    )


def test_dynamic_statements_have_a_folder_of_their_own(model: Bucket) -> None:
    write_config(model, assembly={"main": [], "dynamic": [{"function": "filter_direct"}]})
    indirect = with_evidence(Phosphorylation(agent("EGF"), agent("MAPK1")))
    indirect.evidence[0].epistemics["direct"] = False
    write_model(model, [indirect, with_evidence(Activation(agent("BRAF"), agent("MAP2K1")))])

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


def test_models_in_memory_do_not_change_what_is_stored(model: Bucket) -> None:
    """IndraNet writes into the evidence of the statements that it is given."""
    write_config(model, test={"mc_types": ["signed_graph", "unsigned_graph"]})

    make(model)

    assert b"indranet_edge" not in model.read_bytes(f"{DATED}.jsonl")


def test_script_takes_the_documented_flags(model: Bucket) -> None:
    summary = script.main(["-m", MODEL, "--date-str", ROUND, "--model-date", MODEL_DATE])

    assert summary == (
        f"rasmodel: 14 statements of {MODEL_DATE} -> 14 assembled, 13 entities,"
        f" models: signed_graph; wrote {MANAGER}"
    )


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
