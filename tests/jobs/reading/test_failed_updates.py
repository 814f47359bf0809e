"""Tests of refused updates, and of what a failed update leaves behind."""

from __future__ import annotations

import gzip

import pytest

import run_model_update as script
from emmaa_cycle.errors import ModelConfigError
from emmaa_cycle.s3_layout import config_key, inbox_key, left_out_key, model_key, model_prefix
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.errors import MissingObjectError, ResourcesError
from emmaa_jobs.model.model_file import load_model
from emmaa_jobs.reading.update import update_model
from tests.jobs.reading.updated_model import braf_map2k1, map2k1_mapk1
from tests.jobs.reading_inbox import MODEL, NEXT_ROUND, ROUND, deliver, statement_file, write_config


def test_broken_file_is_named_after_the_rest_is_written(inbox: Bucket) -> None:
    deliver(inbox, "demo-0001.json", statement_file("demo-0001", [braf_map2k1()]))
    broken = deliver(inbox, "demo-0002.json", '[{"type": "Activ')

    summary = update_model(inbox, MODEL, ROUND).summary

    assert "left out: 1 file;" in summary
    (item,) = inbox.read_json(left_out_key(MODEL, "model_update", ROUND))["items"]
    assert (item["kind"], item["item"], item["where"]) == ("file", "demo-0002.json", broken)
    assert item["reason"].startswith("it is not JSON")
    model = load_model(inbox, MODEL)
    assert len(model.statements) == 1
    assert model.paper_ids == ["demo-0001"]  # the broken one is not read yet

    inbox.write_bytes(broken, statement_file("demo-0002", [map2k1_mapk1()]).encode(), "text/plain")
    update_model(inbox, MODEL, NEXT_ROUND)
    assert load_model(inbox, MODEL).paper_ids == ["demo-0001", "demo-0002"]
    assert inbox.read_json(left_out_key(MODEL, "model_update", NEXT_ROUND))["items"] == []


@pytest.mark.parametrize(
    ("reading", "fault"),
    [
        (
            {"literature_source": "elsevier", "reader": "elsevier_eidos"},
            r"reading\.literature_source: 'elsevier' is not available: it needs a licence",
        ),
        (
            {"reader": "aws"},
            r"reading\.reader: 'aws' is not available: it reads with REACH .*put what it reads",
        ),
        (
            {"literature_source": "scopus"},
            r"reading\.literature_source: 'scopus' is not available; there are: biorxiv, pubmed",
        ),
        (
            {"literature_source": "biorxiv", "reader": "indra_db_pmid"},
            r"'indra_db_pmid' cannot read what 'biorxiv' finds, but only what pubmed does",
        ),
        (
            {"literature_source": "s3_inbox", "reader": "medscan"},
            r"reading\.reader: 'medscan' is not available; there are: bel, .*reach, sparser, trips",
        ),
        (
            {"reader": None, "cord19_update": {"metadata": {}, "date_limit": 5}},
            r"reading\.cord19_update: is not available",
        ),
    ],
)
def test_what_cannot_be_read_is_refused(bucket: Bucket, reading: object, fault: str) -> None:
    write_config(bucket, {"search_terms": [], "reading": reading})

    with pytest.raises(ModelConfigError, match=rf"'reader', models/reader/config\.json: .*{fault}"):
        update_model(bucket, MODEL, ROUND)
    assert not list(bucket.keys(model_prefix(MODEL)))


def test_model_without_config(bucket: Bucket) -> None:
    with pytest.raises(MissingObjectError, match="model 'reader' has no config"):
        update_model(bucket, MODEL, ROUND)


def test_update_killed_before_the_model_leaves_the_old_state(
    inbox: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    update_model(inbox, MODEL, ROUND)
    deliver(inbox, "demo-0001.json", statement_file("demo-0001", [braf_map2k1()]))
    write = inbox.client.put_object

    def killed(**put: str) -> object:
        if put["Key"].startswith(model_prefix(MODEL)):
            raise KeyboardInterrupt
        return write(**put)

    with monkeypatch.context() as patch:
        patch.setattr(inbox.client, "put_object", killed)
        with pytest.raises(KeyboardInterrupt):
            update_model(inbox, MODEL, NEXT_ROUND)

    assert load_model(inbox, MODEL).date_str == ROUND
    assert load_model(inbox, MODEL).paper_ids == []
    update_model(inbox, MODEL, NEXT_ROUND)
    assert load_model(inbox, MODEL).paper_ids == ["demo-0001"]


def test_script_succeeds_and_names_a_broken_file(
    inbox: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    key = deliver(inbox, "demo-0001.json", "nonsense")

    assert run_job(script.main, ["-m", MODEL, "--date-str", ROUND]) == 0
    assert f"left out: file demo-0001.json ({key}): it is not JSON" in capsys.readouterr().out


def test_script_checks_resources_first(inbox: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDRA_RESOURCES", "/nowhere/indra")
    monkeypatch.setenv("PYSTOW_HOME", "/nowhere/pystow")

    with pytest.raises(ResourcesError, match=r"none in /nowhere"):
        script.main(["-m", MODEL])


@pytest.mark.parametrize("depth", [101, 5000, 200_000])
@pytest.mark.parametrize("kind", ["state", "config", "inbox"])
def test_deep_json_is_bad_input_or_left_out_and_no_fault(
    inbox: Bucket, capsys: pytest.CaptureFixture[str], kind: str, depth: int
) -> None:
    deep = b"[" * depth + b"]" * depth
    key = {
        "state": model_key(MODEL, "2026-03-01-17-00-00"),
        "config": config_key(MODEL),
        "inbox": inbox_key(MODEL, "indra_json", "2026-03-02", "deep.json"),
    }[kind]
    inbox.write_bytes(key, gzip.compress(deep) if key.endswith(".gz") else deep, "text/plain")

    code = run_job(script.main, ["-m", MODEL, "--date-str", ROUND])

    assert code == (0 if kind == "inbox" else 2)
    log = capsys.readouterr().out
    assert key in log
    # A list of an inbox file is one item, if Python can read it: from 3.13 on it reads deeper ones.
    is_item = kind == "inbox" and (depth == 101 or "a JSON list" in log)
    assert ("a JSON list" if is_item else "nested deeper than 100 levels") in log
