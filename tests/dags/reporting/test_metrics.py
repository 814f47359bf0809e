"""The numbers of a round in Airflow's metrics and in CloudWatch."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from emmaa_airflow.aws.bucket_reader import BucketReader
from emmaa_airflow.reporting import metrics
from emmaa_airflow.reporting.metrics import stat_name, write_metrics
from emmaa_cycle.errors import InputError
from emmaa_cycle.overview.combined import Combined, combined_text
from emmaa_cycle.overview.figures import AssemblyFigures, OtherFigures
from emmaa_cycle.overview.metrics import Metric, corpus_metrics, model_metrics
from emmaa_cycle.overview.part import JobRun, Part
from emmaa_cycle.s3_layout import combined_key
from emmaa_cycle.settings import Settings, load_settings
from emmaa_cycle.stages import Stage
from tests.dags.test_quality_gate import CORPUS, put_round
from tests.dags.world import MODEL_DATE, ROUND, World

NAMESPACE = "EMMAA/tests"
ON = Settings.model_validate({"metrics": {"cloudwatch_namespace": NAMESPACE}})


class CloudWatch:
    """Records calls; those that hold a certain name fail."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def put_metric_data(self, **call: Any) -> None:
        self.calls.append(call)
        if any(datum["MetricName"] == "bad" for datum in call["MetricData"]):
            raise RuntimeError("no")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[float, dict[str, str]]]:
    """Collect what Airflow's metrics get."""
    from airflow.sdk.observability.stats import Stats

    found: dict[str, tuple[float, dict[str, str]]] = {}

    def gauge(name: str, value: float, *, tags: dict[str, str]) -> None:
        if "bad" in name:
            raise ValueError(name)
        found[name] = (value, tags)

    monkeypatch.setattr(Stats, "gauge", gauge, raising=False)
    return found


def put_overview(world: World, model: str) -> None:
    """Store an overview with the seconds of four jobs, of which one is another round's."""
    figures = AssemblyFigures(
        title=model,
        model_date=MODEL_DATE,
        corpora=(),
        model_types=(),
        unassembled=(),
        updated_daily=True,
        tested_daily=False,
    )
    other = OtherFigures(counts={})
    parts = [
        (Stage.MODEL_UPDATE, "", MODEL_DATE, other, 30.0),
        (Stage.MM_UPDATE, "", ROUND, figures, 20.5),
        (Stage.TESTS, "ras", ROUND, other, 7.0),
        (Stage.QUERIES, "", "2026-01-01-00-00-00", other, 99.0),
    ]
    combined = Combined(model=model)
    for stage, corpus, date, numbers, seconds in parts:
        jobs = (JobRun(date=date, seconds=seconds, definition="emmaa_jobdef"),)
        part = Part(
            model=model,
            stage=stage,
            corpus=corpus,
            date=date,
            summary="",
            figures=numbers,
            jobs=jobs,
        )
        combined = combined.with_part(part, '"etag"')
    world.put(combined.key, combined_text(combined))


def test_a_round_has_its_numbers_in_both(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    sent: dict[str, tuple[float, dict[str, str]]],
) -> None:
    monkeypatch.setenv("EMMAA_METRICS__CLOUDWATCH_NAMESPACE", NAMESPACE)
    load_settings.cache_clear()
    world.put_model("marm", **CORPUS)
    put_round(world, "marm", lost=1)
    put_overview(world, "marm")
    world.put_manager("marm")
    assert world.run("emmaa_after_update", model="marm").state == "success"
    values = {name: value for name, (value, _) in sent.items()}
    assert values == {
        "emmaa.statements.marm": 9,
        "emmaa.statements_added.marm": 0,
        "emmaa.statements_removed.marm": 1,
        "emmaa.tests_applied.marm.ras": 2,
        "emmaa.pass_rate.marm.ras.pysb": 50,
        "emmaa.job_seconds.marm.model_update": 30,
        "emmaa.job_seconds.marm.mm_update": 20.5,
        "emmaa.job_seconds.marm.tests.ras": 7,
    }
    tags = {"model": "marm", "corpus": "ras", "type": "pysb"}
    assert sent["emmaa.pass_rate.marm.ras.pysb"][1] == tags
    stored = boto3.client("cloudwatch").list_metrics(Namespace=NAMESPACE)["Metrics"]
    assert len(stored) == len(values)
    (rate,) = [metric for metric in stored if metric["MetricName"] == "pass_rate"]
    assert {item["Name"]: item["Value"] for item in rate["Dimensions"]} == tags


def test_seconds_that_cannot_be_read_cost_only_themselves(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    sent: dict[str, tuple[float, dict[str, str]]],
) -> None:
    text = BucketReader.text

    def all_but_the_overview(reader: BucketReader, key: str) -> Any:
        if key == combined_key("marm"):
            raise EndpointConnectionError(endpoint_url="https://s3")
        return text(reader, key)

    monkeypatch.setattr(BucketReader, "text", all_but_the_overview)
    world.put_model("marm", **CORPUS)
    put_round(world, "marm", lost=1)
    world.put_manager("marm")
    assert world.run("emmaa_after_update", model="marm").state == "success"
    assert "emmaa.statements.marm" in sent
    assert not [name for name in sent if "job_seconds" in name]


def test_metrics_that_cannot_be_written_cost_only_themselves(
    sent: dict[str, Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cloudwatch = CloudWatch()
    monkeypatch.setattr(metrics, "_cloudwatch", lambda _: cloudwatch)
    names = ["bad", *(f"m{number}" for number in range(700))]
    write_metrics(ON, [Metric(name, 1, "Count", {"model": "é" * 2000}) for name in names])
    assert len(sent) == 700
    assert [len(call["MetricData"]) for call in cloudwatch.calls] == [500, 201]
    (value,) = {d["Value"] for d in cloudwatch.calls[1]["MetricData"][0]["Dimensions"]}
    assert value == "?" * 1024
    assert "500 metrics are not in CloudWatch" in caplog.text


def test_without_a_namespace_cloudwatch_gets_nothing(
    sent: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    cloudwatch = CloudWatch()
    monkeypatch.setattr(metrics, "_cloudwatch", lambda _: cloudwatch)
    write_metrics(Settings(), [Metric("statements", 1, "Count", {"model": "m"})])
    assert list(sent) == ["emmaa.statements.m"]
    assert cloudwatch.calls == []


@pytest.mark.parametrize(
    "document", [None, [], {}, {"model_summary": 3}, {"test_round_summary": 1}]
)
def test_what_are_no_statistics_have_no_metrics(document: Any) -> None:
    assert list(model_metrics("m", document)) == []
    assert list(corpus_metrics("m", "c", document)) == []


def test_no_applied_test_is_a_pass_rate_of_zero() -> None:
    summary = {"number_applied_tests": 0, "pysb": {"number_passed_tests": 0}}
    found = list(corpus_metrics("m", "c", {"test_round_summary": summary}))
    assert [metric.value for metric in found] == [0, 0]


def test_a_name_in_statsd_has_no_dots_of_a_models_name() -> None:
    assert stat_name(Metric("statements", 1, "Count", {"model": "a. b"})) == "emmaa.statements.a__b"


def test_long_names_stay_apart_and_are_short_enough() -> None:
    labels = {"model": "m" * 128, "corpus": "c" * 128, "type": "signed_graph"}
    names = {
        stat_name(Metric("statements_removed", 1, "Count", {**labels, "corpus": corpus}))
        for corpus in ("c" * 128, "c" * 127 + "d")
    }
    assert len(names) == 2
    assert max(map(len, names)) <= 240


@pytest.mark.parametrize("name", ["AWS/Batch", "with space", "x" * 256])
def test_a_namespace_that_cloudwatch_refuses_is_refused(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMMAA_METRICS__CLOUDWATCH_NAMESPACE", name)
    load_settings.cache_clear()
    with pytest.raises(InputError, match=r"metrics\.cloudwatch_namespace"):
        load_settings()
    load_settings.cache_clear()


@pytest.mark.parametrize("kind", ["", " ", "py\0sb", "py\ud800", "é"])
def test_cloudwatch_takes_whatever_a_model_type_is_named(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloudwatch = CloudWatch()
    monkeypatch.setattr(metrics, "_cloudwatch", lambda _: cloudwatch)
    passed = {kind: {"number_passed_tests": 1}}
    statistics = {"test_round_summary": {"number_applied_tests": 2, **passed}}
    write_metrics(ON, list(corpus_metrics("m", "c", statistics)))
    (call,) = cloudwatch.calls
    values = [each["Value"] for datum in call["MetricData"] for each in datum["Dimensions"]]
    assert all(value and value.isascii() and value.isprintable() for value in values)


@pytest.mark.parametrize("count", [10**400, -1, float("nan"), "many"])
def test_a_number_that_cannot_be_meant_is_none(count: object) -> None:
    odd = {"number_applied_tests": 2, "pysb": {"number_passed_tests": count}}
    assert list(corpus_metrics("m", "c", {"test_round_summary": odd})) == []
