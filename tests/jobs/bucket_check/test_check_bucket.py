"""The report on an old bucket, and that making it changes nothing."""

from __future__ import annotations

import gzip
import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

import check_bucket
from emmaa_cycle.s3_layout import config_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.bucket_check.client import WriteRefusedError, read_only_client
from emmaa_jobs.bucket_check.findings import NeedsAttentionError
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.statements.emmaa_statement import EmmaaStatement
from tests.jobs.known_biology import ras_statements

OLD, NEW = "2020-03-01-00-00-00", "2020-04-01-17-00-10"


def add_model(bucket: Bucket, model: str, *states: str, **config: Any) -> None:
    """A model that reads nothing and is tested against nothing, if not told otherwise."""
    document = {
        "search_terms": [],
        "human_readable_name": model,
        "description": "A model",
        "assembly": [],
        "reading": {"reader": None},
        "test": {"mc_types": ["signed_graph"], "test_corpus": []},
        **config,
    }
    bucket.write_json(config_key(model), document)
    for state in states:
        key = f"models/{model}/model_{state}"
        if state.endswith(".json.gz"):
            bucket.write_json(key, [])
        else:
            add_object(bucket, key)


def add_object(bucket: Bucket, key: str) -> None:
    bucket.write_bytes(key, b"any", "application/octet-stream")


@pytest.fixture
def old_bucket(bucket: Bucket) -> Bucket:
    """One model of each kind."""
    tested = {"mc_types": ["signed_graph"], "test_corpus": ["large_corpus_tests"]}
    add_model(bucket, "covid19", f"{OLD}.pkl", f"{NEW}.pkl", run_daily_update=True, test=tested)
    add_model(bucket, "rasmodel", f"{NEW}.pkl", f"{NEW}.json.gz", run_daily_tests=True)
    add_model(bucket, "own", run_daily_update=True, batch={"resource_class": {"tests": "large"}})
    add_model(bucket, "asleep", f"{OLD}.pkl")
    add_object(bucket, "tests/large_corpus_tests.pkl")
    return bucket


def report_of(
    capsys: pytest.CaptureFixture[str], *flags: str, harmless: bool = False
) -> dict[str, dict[str, Any]]:
    """The models of ``--json``, whatever the exit code says.

    :param harmless: whether findings are kept that do not keep a model from running
    """
    with suppress(NeedsAttentionError):
        check_bucket.main(["emmaa", "--json", *flags])
    document = json.loads(capsys.readouterr().out)
    for model in document["models"] if not harmless else ():
        found = model["findings"]
        model["findings"] = [each for each in found if each["cause"] not in ("display", "note")]
    return {model["model"]: model for model in document["models"]}


def test_what_would_run_and_with_which_class(
    old_bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    models = report_of(capsys)
    daily = {name: model["daily"] for name, model in models.items()}
    assert daily == {"asleep": "nothing", "covid19": "update", "own": "update", "rasmodel": "tests"}
    assert models["covid19"]["classes"] == {
        "model_update": "large",
        "mm_update": "large",
        "model_stats": "large",
        "tests": "large",
        "test_stats": "large",
        "queries": "large",
        "notification": "mail",
    }
    assert models["own"]["classes"]["tests"] == "large"
    assert models["own"]["classes"]["mm_update"] == "normal"
    assert "model_update" not in models["rasmodel"]["classes"]
    assert models["asleep"]["classes"] == {}


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


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"run_daily_update": "often"}, "field run_daily_update"),
        ({"search_terms": None}, "field search_terms"),
        (
            {"run_daily_update": True, "reading": {"reader": ["aws"]}},
            "field reading.reader: 'aws' is not available",
        ),
        (
            {"run_daily_update": True, "reading": {"reader": None, "cord19_update": {"a": 1}}},
            "field reading.cord19_update",
        ),
        (
            {"run_daily_tests": True, "export_formats": ["pybel"]},
            "field export_formats",
        ),
    ],
)
def test_which_configs_are_invalid_and_why(
    bucket: Bucket, capsys: pytest.CaptureFixture[str], config: dict[str, Any], told: str
) -> None:
    add_model(bucket, "m", f"{NEW}.json.gz", **config)
    model = report_of(capsys)["m"]
    assert model["daily"] == "invalid"
    [finding] = model["findings"]
    assert finding["cause"] == "config"
    assert finding["key"] == "models/m/config.json"
    assert "model 'm', models/m/config.json" in finding["problem"]
    assert told in finding["problem"]


@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_a_config_with_odd_names_in_any_unicode_runs_and_is_noted(
    bucket: Bucket, capsys: pytest.CaptureFixture[str], coding: str
) -> None:
    add_model(bucket, "m", f"{NEW}.json.gz", run_daily_tests=True)
    text = bucket.read_bytes(config_key("m")).decode()
    odd = text.replace("{", '{"a\\ud800b": 1, "dev_only": true, "dev_only": false,', 1)
    bucket.write_bytes(config_key("m"), odd.encode(coding), "application/json")
    model = report_of(capsys, harmless=True)["m"]
    assert model["daily"] == "tests"
    problems = "\n".join(finding["problem"] for finding in model["findings"])
    assert r"field a\ud800b is read as 'ab': no store can hold its name" in problems
    assert "field dev_only stands 2 times in one object: the last one counts" in problems
    assert "field ab is read by nothing" in problems


def test_an_unknown_filter_is_named_and_costs_its_corpus(
    bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    tested = {"mc_types": ["signed_graph"], "test_corpus": [], "filters": {"a_tests": "by_luck"}}
    add_model(bucket, "m", f"{NEW}.json.gz", run_daily_tests=True, test=tested)
    model = report_of(capsys)["m"]
    assert model["daily"] == "tests"
    [finding] = model["findings"]
    assert (finding["cause"], finding["key"]) == ("missing", "models/m/config.json")
    assert "test.filters in config.json names 'by_luck'" in finding["problem"]
    assert "choose among filter_chem_mesh_go" in finding["problem"]


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


def test_the_table_names_what_to_do(old_bucket: Bucket, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NeedsAttentionError, match=r"needs attention first: covid19$"):
        check_bucket.main(["emmaa"])
    text = capsys.readouterr().out
    [line] = [line for line in text.splitlines() if line.startswith("covid19")]
    assert line.split()[:3] == ["covid19", "update", "large"]
    assert "-> python scripts/import_legacy.py --bucket emmaa --model covid19" in text
    assert "asleep (no daily cycle runs it)" in text


def test_exit_codes(bucket: Bucket, capsys: pytest.CaptureFixture[str]) -> None:
    add_model(bucket, "fine", f"{NEW}.json.gz", run_daily_tests=True)
    add_model(bucket, "asleep", f"{NEW}.pkl")
    assert run_job(check_bucket.main, ["emmaa"]) == 0
    assert "Nothing is to be put right" not in capsys.readouterr().out
    add_model(bucket, "fine", f"{NEW}.json.gz", run_daily_tests="often")
    assert run_job(check_bucket.main, ["emmaa"]) == 2
    assert run_job(check_bucket.main, ["not-there"]) == 2
    assert "the bucket not-there does not exist" in capsys.readouterr().out


def test_the_client_refuses_whatever_could_change_something(old_bucket: Bucket) -> None:
    client = read_only_client()
    writes: list[tuple[str, dict[str, Any]]] = [
        ("put_object", {"Key": "k", "Body": b""}),
        ("delete_object", {"Key": config_key("covid19")}),
        ("delete_objects", {"Delete": {"Objects": [{"Key": config_key("covid19")}]}}),
        ("copy_object", {"Key": "k", "CopySource": f"emmaa/{config_key('covid19')}"}),
        ("create_multipart_upload", {"Key": "k"}),
        ("put_bucket_notification_configuration", {"NotificationConfiguration": {}}),
        ("delete_bucket", {}),
    ]
    before = list(old_bucket.keys(""))
    for name, request in writes:
        with pytest.raises(WriteRefusedError, match="is refused: the bucket is only read"):
            getattr(client, name)(Bucket="emmaa", **request)
    assert list(old_bucket.keys("")) == before


def test_nothing_is_written(old_bucket: Bucket, capsys: pytest.CaptureFixture[str]) -> None:
    def state() -> list[tuple[str, str, Any]]:
        listed = old_bucket.client.list_objects_v2(Bucket="emmaa")["Contents"]
        return [(item["Key"], item["ETag"], item["LastModified"]) for item in listed]

    before = state()
    report_of(capsys)
    assert state() == before


def test_a_title_that_cannot_be_shown_is_named_and_blocks_nothing(
    bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    title = "=?utf-8?q?Ras=0d=0aBcc:_x=40example.com?="
    add_model(bucket, "rasmodel", run_daily_update=True, human_readable_name=title)
    assert report_of(capsys)["rasmodel"]["daily"] == "update"
    assert run_job(check_bucket.main, ["emmaa"]) == 0
    shown = capsys.readouterr().out
    assert "Needs attention:" in shown
    assert "display: models/rasmodel/config.json: field human_readable_name is not used" in shown


def test_what_the_dashboard_stumbles_over_is_named(
    bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = {"test_corpus": ["m_tests"], "default_test_corpus": "m_tests", "mc_types": ["pysb"]}
    add_model(
        bucket,
        "whole",
        run_daily_update=True,
        test={**whole, "test_corpus": ["whole_tests"], "default_test_corpus": "whole_tests"},
    )
    bare = {"search_terms": [], "reading": {"reader": None}, "run_daily_update": True}
    bucket.write_json(config_key("bare"), {**bare, "test": {"test_corpus": ["bare_tests"]}})
    add_model(bucket, "m", run_daily_update=True, test={**whole, "default_test_corpus": "a_tests"})
    models = report_of(capsys, harmless=True)

    assert models["whole"]["findings"] == []
    fields = [finding["problem"].split()[1] for finding in models["bare"]["findings"]]
    assert fields == [
        *("human_readable_name", "description", "assembly", "test.default_test_corpus")
    ]
    assert ["a_tests, which is not tested daily" in f["problem"] for f in models["m"]["findings"]]
    assert {model["daily"] for model in models.values()} == {"update"}


def test_a_misspelt_field_is_named_with_the_nearest(
    bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    add_model(bucket, "m", run_daily_updates=True, run_daily_tests="false")
    problems = [f["problem"] for f in report_of(capsys, harmless=True)["m"]["findings"]]
    assert any(
        "run_daily_updates is read by nothing; did you mean run_daily_update?" in problem
        for problem in problems
    )
    assert any("run_daily_tests: 'false' is taken for false" in problem for problem in problems)
    check_bucket.main(["emmaa"])
    assert "Nothing is to be put right" not in capsys.readouterr().out


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
    [finding] = report_of(capsys)["m"]["findings"]
    assert finding["cause"] == "unreadable"
    assert f"papers/m/paper_ids_{NEW}.json cannot be read as JSON" in finding["problem"]


def test_a_state_of_which_one_statement_can_be_read_is_enough(
    bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    statement = EmmaaStatement(ras_statements()[0], datetime(2026, 3, 2, tzinfo=UTC))
    add_model(bucket, "m", run_daily_update=True)
    bucket.write_json(f"models/m/model_{NEW}.json.gz", [5, None, statement.to_json()])
    assert report_of(capsys)["m"]["findings"] == []


def test_what_an_assembly_needs_and_the_bucket_lacks_costs_its_model(
    bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    argument = {"function": "load_custom_grounding_map", "args": ["m"]}
    step = {"function": "map_grounding", "kwargs": {"grounding_map": argument}}
    add_model(bucket, "m", f"{NEW}.json.gz", run_daily_tests=True, assembly=[step])
    add_model(bucket, "z", f"{NEW}.json.gz", run_daily_tests=True)
    models = report_of(capsys, "--assembly")
    assert models["m"]["daily"] == "invalid"
    assert "grounding_map.json" in models["m"]["findings"][0]["problem"]
    assert models["z"]["findings"] == []


def test_a_model_with_notes_alone_is_not_called_asleep(
    bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    add_model(bucket, "m", f"{NEW}.json.gz", run_daily_tests="true")
    check_bucket.main(["emmaa"])
    assert "no daily cycle runs it" not in capsys.readouterr().out
