"""The report on objects that are missing, pickles, or unusable."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

import check_bucket
from emmaa_cycle.s3_layout import (
    config_key,
    corpus_stats_key,
    left_out_key,
    model_stats_key,
)
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.statements.emmaa_statement import EmmaaStatement
from emmaa_jobs.stats.model_stats import make_model_stats
from tests.jobs.bucket_check.made_up_models import NEW, OLD, add_model, add_object, report_of
from tests.jobs.known_biology import ras_statements
from tests.jobs.model_testing.rounds import save_round


def test_which_pickles_need_import(old_bucket: Bucket, capsys: pytest.CaptureFixture[str]) -> None:
    models = report_of(capsys)
    state, corpus = models["covid19"]["findings"]
    assert state["key"] == f"models/covid19/model_{NEW}.pkl"
    assert state["remedy"] == "python scripts/import_legacy.py --bucket emmaa --model covid19"
    assert corpus["key"] == "tests/large_corpus_tests.pkl"
    assert corpus["remedy"].endswith("import_legacy.py --bucket emmaa --tests large_corpus_tests")
    # Imported already: the JSON stands beside the pickle.
    assert models["rasmodel"]["findings"] == []
    assert models["rasmodel"]["newest"].endswith(f"{NEW}.json.gz")
    # An update starts a model that has no state.
    assert models["own"]["findings"] == []


def test_a_pickle_newer_than_the_import_needs_it_again(
    bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    tested = {"mc_types": ["signed_graph"], "test_corpus": ["a_tests"]}
    states = (f"{OLD}.json.gz", f"{NEW}.pkl")
    add_model(bucket, "m", *states, run_daily_tests=True, test=tested)
    add_object(bucket, f"tests/a_tests_{OLD}.json.gz")
    add_object(bucket, f"tests/a_tests_{NEW}.pkl")
    keys = [finding["key"] for finding in report_of(capsys)["m"]["findings"]]
    assert keys == [f"models/m/model_{NEW}.pkl", f"tests/a_tests_{NEW}.pkl"]


def test_pickles_in_other_files(bucket: Bucket, capsys: pytest.CaptureFixture[str]) -> None:
    entry = {"bucket": "emmaa", "filename": "maps/ctd.pkl", "metadata": {}}
    reading = {"reader": None, "other_files": [entry]}
    add_model(bucket, "m", f"{NEW}.json.gz", run_daily_update=True, reading=reading)
    pickles = [f for f in report_of(capsys)["m"]["findings"] if f["cause"] == "pickle"]
    assert [pickle["key"] for pickle in pickles] == ["maps/ctd.pkl"]
    assert "import_legacy.py --bucket emmaa --key maps/ctd.pkl, then" in pickles[0]["remedy"]
    add_object(bucket, "maps/ctd.json.gz")
    pickles = [f for f in report_of(capsys)["m"]["findings"] if f["cause"] == "pickle"]
    assert pickles[0]["remedy"] == "name maps/ctd.json.gz in the config's reading.other_files"


def test_what_is_missing(bucket: Bucket, capsys: pytest.CaptureFixture[str]) -> None:
    tested = {"mc_types": ["signed_graph"], "test_corpus": ["none_tests", "m_tests"]}
    add_model(bucket, "m", run_daily_tests=True, test=tested)
    add_object(bucket, "models/no_config/model_x.pkl")
    models = report_of(capsys)
    findings = models["m"]["findings"]
    assert [(f["cause"], f["key"]) for f in findings] == [
        ("missing", "models/m/model_<date>.json.gz"),
        ("missing", "tests/none_tests.json.gz"),
    ]
    assert models["no_config"]["daily"] == "invalid"
    assert "has no config" in models["no_config"]["findings"][0]["problem"]


@pytest.mark.parametrize("content", [b"any", b"{}", b'{"tests": 5}', b"[", b"\x1f\x8b\x08odd"])
def test_a_corpus_that_cannot_be_used_is_named(
    bucket: Bucket, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    tested = {"mc_types": ["signed_graph"], "test_corpus": ["a_tests", "b_tests"]}
    add_model(bucket, "m", f"{NEW}.json.gz", run_daily_tests=True, test=tested)
    bucket.write_json("tests/a_tests.json.gz", {"test_data": {}, "tests": []})
    bucket.write_bytes("tests/b_tests.json.gz", content, "application/gzip")
    model = report_of(capsys)["m"]
    assert model["daily"] == "tests"
    [finding] = model["findings"]
    assert (finding["cause"], finding["key"]) == ("unreadable", "tests/b_tests.json.gz")
    assert finding["remedy"] == "repair it, or take b_tests out of test.test_corpus"


def test_a_folder_that_cannot_be_read_costs_itself(
    bucket: Bucket, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_model(bucket, "fine", f"{NEW}.json.gz", run_daily_tests=True)
    add_model(bucket, "archived", run_daily_tests=True)
    add_model(bucket, "listed", run_daily_tests=True)
    for folder in ("-m", "a\u2028b", " ", "x" * 200, "models"):
        add_object(bucket, f"models/{folder}/any")
    bucket.write_json(config_key("odd"), {"search_terms": [], "reading": {"other_files": 5}})
    read, listing = Bucket.read_bytes, Bucket.dated_keys

    def read_bytes(self: Bucket, key: str, *args: Any) -> bytes:
        if "archived" in key:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetObject")
        return read(self, key, *args)

    def dated_keys(self: Bucket, prefix: str, *args: Any) -> Any:
        if "listed" in prefix:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "ListObjectsV2")
        return listing(self, prefix, *args)

    monkeypatch.setattr(Bucket, "read_bytes", read_bytes)
    monkeypatch.setattr(Bucket, "dated_keys", dated_keys)
    models = report_of(capsys)
    assert models["fine"]["daily"] == "tests"
    assert "AccessDenied" in models["archived"]["findings"][0]["problem"]
    assert "AccessDenied" in models["listed"]["findings"][0]["problem"]
    assert {models[name]["daily"] for name in ("-m", "x" * 200, "archived")} == {"invalid"}
    assert models["odd"]["daily"] == "nothing"


@pytest.mark.parametrize(
    "content",
    [b"any", b"", b"{}", b"null", b"[", b"\x1f\x8b\x08odd", b"[1]", b'[{"stmt": {"type": "No"}}]'],
)
def test_a_newest_state_that_cannot_be_used_is_named(
    bucket: Bucket, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    add_model(bucket, "m", f"{OLD}.json.gz", f"{NEW}.json.gz", run_daily_update=True)
    add_model(bucket, "fine", f"{NEW}.json.gz", run_daily_update=True)
    key = f"models/m/model_{NEW}.json.gz"
    bucket.write_bytes(key, gzip.compress(content) if content[:1] == b"[" else content, "")
    models = report_of(capsys)
    assert models["fine"]["findings"] == []
    [finding] = models["m"]["findings"]
    assert (finding["cause"], finding["key"]) == ("unreadable", key)
    assert finding["remedy"].startswith("repair it, or remove it")
    assert run_job(check_bucket.main, ["emmaa"]) == 2


def test_papers_of_the_newest_state_that_cannot_be_used_are_named(
    bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    add_model(bucket, "m", f"{NEW}.json.gz", run_daily_update=True)
    bucket.write_bytes(f"papers/m/paper_ids_{NEW}.json", b"{", "application/json")
    findings = report_of(capsys, harmless=True)["m"]["findings"]
    [finding] = [each for each in findings if each["cause"] == "note"]
    assert (finding["cause"], finding["key"]) == ("note", f"papers/m/paper_ids_{NEW}.json")
    assert "cannot be read as JSON" in finding["problem"]
    assert "the papers of the model's statements stand in for it" in finding["problem"]


def test_parts_of_a_config_that_rounds_do_without_are_named(
    bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    terms = [{"type": "gene", "name": "BRAF"}]
    add_model(bucket, "m", f"{NEW}.json.gz", run_daily_update=True, search_terms=terms)
    [finding] = report_of(capsys)["m"]["findings"]
    assert (finding["cause"], finding["key"]) == ("missing", "models/m/config.json")
    assert "field search_terms.0.db_refs" in finding["problem"]
    assert finding["remedy"] == "correct it; until then the search term BRAF is left out"


def test_a_state_of_which_one_statement_can_be_read_is_enough(
    bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    statement = EmmaaStatement(ras_statements()[0], datetime(2026, 3, 2, tzinfo=UTC))
    add_model(bucket, "m", run_daily_update=True)
    bucket.write_json(f"models/m/model_{NEW}.json.gz", [5, None, statement.to_json()])
    assert report_of(capsys)["m"]["findings"] == []


@pytest.mark.parametrize(
    "content", [b"no JSON", b"[]", b"{}", b'{"model_summary": {"all_stmts": null}}']
)
def test_statistics_that_the_next_ones_cannot_continue_are_named(
    bucket: Bucket, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    tested = {"mc_types": ["signed_graph"], "test_corpus": ["m_tests"]}
    add_model(bucket, "m", f"{NEW}.json.gz", run_daily_tests=True, test=tested)
    of_model, of_corpus = model_stats_key("m", OLD), corpus_stats_key("m", "m_tests", OLD)
    for key in (of_model, of_corpus):
        bucket.write_bytes(key, content, "application/json")

    model = report_of(capsys)["m"]

    assert [(each["cause"], each["key"]) for each in model["findings"]] == [
        ("unreadable", of_model),
        ("unreadable", of_corpus),
    ]
    assert all("statistics again" in each["remedy"] for each in model["findings"])
    save_round(bucket, model="m", date_str=NEW)
    make_model_stats(bucket, "m", NEW)
    assert of_model in str(bucket.read_json(left_out_key("m", "model_stats", NEW)))


def test_statistics_of_earlier_rounds_are_in_order(
    bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    add_model(bucket, "m", f"{NEW}.json.gz", run_daily_tests=True)
    series = {"dates": [OLD], "number_of_statements": [1]}
    stats = {"model_summary": {"all_stmts": {}}, "changes_over_time": series}
    bucket.write_json(model_stats_key("m", OLD), stats)
    assert report_of(capsys)["m"]["findings"] == []


def test_without_a_look_at_the_assembly_the_report_says_so(
    bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = {"test_corpus": ["m_tests"], "default_test_corpus": "m_tests", "mc_types": ["pysb"]}
    add_model(bucket, "m", run_daily_update=True, test=whole, assembly=[{"function": "no_step"}])

    assert run_job(check_bucket.main, ["emmaa"]) == 0
    shown = capsys.readouterr()
    assert "Nothing needs attention, but assembly steps were not checked: --assembly" in shown.out
    assert run_job(check_bucket.main, ["emmaa", "--assembly"]) == 2
    assert "'no_step'" in capsys.readouterr().out
