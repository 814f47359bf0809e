"""The report on configs: what keeps a model from running, and what is only noted."""

from __future__ import annotations

from typing import Any

import pytest

import check_bucket
from emmaa_cycle.s3_layout import config_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.commands.cli import run_job
from tests.jobs.bucket_check.made_up_models import NEW, add_model, report_of


@pytest.mark.parametrize(
    ("config", "problem"),
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
    ],
)
def test_which_configs_are_invalid_and_why(
    bucket: Bucket, capsys: pytest.CaptureFixture[str], config: dict[str, Any], problem: str
) -> None:
    add_model(bucket, "m", f"{NEW}.json.gz", **config)
    model = report_of(capsys)["m"]
    assert model["daily"] == "invalid"
    [finding] = model["findings"]
    assert finding["cause"] == "config"
    assert finding["key"] == "models/m/config.json"
    assert "model 'm', models/m/config.json" in finding["problem"]
    assert problem in finding["problem"]


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


def test_an_export_that_cannot_be_made_is_named_and_blocks_nothing(
    bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    tested = {"mc_types": ["signed_graph"], "test_corpus": []}
    formats = ["pybel", "pdf", "indranet"]
    add_model(
        bucket, "m", f"{NEW}.json.gz", run_daily_tests=True, test=tested, export_formats=formats
    )
    model = report_of(capsys)["m"]
    assert model["daily"] == "tests"
    found = [(each["cause"], each["remedy"]) for each in model["findings"]]
    assert found == [
        ("missing", f"correct it; until then rounds have no file {name}")
        for name in ("pybel", "pdf")
    ]
    assert "there is no format pdf" in model["findings"][1]["problem"]


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
    assert "Nothing needs attention" not in capsys.readouterr().out


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
