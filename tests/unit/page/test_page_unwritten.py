"""Models without an overview: the page shows what their statistics and configs say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emmaa_airflow.page.overview_reader import OverviewReader
from emmaa_airflow.page.statistics_reader import MAX_MODELS, StatisticsReader
from emmaa_cycle.overview.figures import AssemblyFigures
from emmaa_cycle.s3_layout import config_key, corpus_stats_key, model_stats_key
from emmaa_cycle.stages import Stage
from tests.unit.cycle.test_cycle_overview import corpus_document
from tests.unit.page.overview_reader import bucket, reader
from tests.unit.page.page_bucket import (
    BUCKET,
    CORPUS,
    DAY_1,
    DAY_2,
    PageBucket,
    read,
)

__all__ = ["bucket", "reader"]


def test_a_model_without_overview_shows_what_its_statistics_say(
    bucket: PageBucket, reader: OverviewReader
) -> None:
    bucket.put_statistics("old")
    bucket.put_statistics("old", DAY_1)
    found = read(reader)["old"]
    assert {scope: part.date for scope, part in found.parts.items()} == {
        Stage.MM_UPDATE: DAY_2,
        Stage.MODEL_STATS: DAY_2,
        f"{Stage.TEST_STATS}_{CORPUS}": DAY_2,
    }
    figures = found.parts[Stage.MM_UPDATE].figures
    assert isinstance(figures, AssemblyFigures)
    assert figures.title == "Old Model"


def test_a_model_without_a_round_has_its_config(bucket: PageBucket, reader: OverviewReader) -> None:
    bucket.put(config_key("new"), b'{"search_terms": [], "human_readable_name": "New Model"}')
    bucket.put_parts("rasmodel")
    found = read(reader)
    assert found["new"].config
    assert found["new"].config.title("new") == "New Model"
    assert found["rasmodel"].config is None  # its overview says what is needed


def test_statistics_are_looked_for_once_in_ten_minutes(bucket: PageBucket) -> None:
    bucket.put_statistics("old")
    now = [0.0]
    reader = StatisticsReader(BUCKET, bucket.client, lambda: now[0])
    reader.read("old")
    bucket.asked()
    reader.read("old")
    assert bucket.asked() == []
    now[0] += 601
    assert reader.read("old").parts
    # The objects of a round do not change: listings, and the config.
    assert {name for name in bucket.asked() if "GetObject" in name} == {
        f"GetObject {config_key('old')}"
    }


@pytest.mark.parametrize(
    ("key", "content"),
    [
        (config_key("old"), b"{"),
        (model_stats_key("old", DAY_2), b"{"),
        (model_stats_key("old", DAY_2), b'{"model_summary": []}'),
    ],
)
def test_a_bad_config_or_bad_statistics_cost_themselves(
    bucket: PageBucket, reader: OverviewReader, key: str, content: bytes
) -> None:
    bucket.put_statistics("old")
    bucket.put(key, content)
    found = read(reader)["old"]
    assert found.parts
    assert len(found.faults) == 1


def test_an_impossible_date_is_no_round(bucket: PageBucket, reader: OverviewReader) -> None:
    bucket.put_statistics("old")
    bucket.put(model_stats_key("old", DAY_2).replace(DAY_2, "2026-11-31-00-00-00"), b"{}")
    bucket.put_parts("rasmodel")
    found = read(reader)
    assert found["old"].parts[Stage.MODEL_STATS].date == DAY_2
    assert found["old"].faults == ()


def test_a_number_without_end_costs_its_statistics(
    bucket: PageBucket, reader: OverviewReader
) -> None:
    bucket.put_statistics("old")
    document = corpus_document()
    document["changes_over_time"]["pysb"]["passed_ratio"] = [10**400, 0.75]
    bucket.put(corpus_stats_key("old", CORPUS, DAY_2), json.dumps(document).encode())
    bucket.put_parts("rasmodel")
    found = read(reader)
    (fault,) = found["old"].faults
    assert "OverflowError" in fault
    assert Stage.MODEL_STATS in found["old"].parts
    assert found["rasmodel"].faults == ()


def test_whatever_statistics_raise_costs_their_model_alone(
    bucket: PageBucket, reader: OverviewReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def odd(document: Any) -> Any:
        raise ZeroDivisionError("a rate of nothing")

    monkeypatch.setattr("emmaa_airflow.page.statistics_reader.corpus_figures", odd)
    bucket.put_statistics("old")
    bucket.put_parts("rasmodel")
    found = read(reader)
    assert found["old"].faults == ("the statistics: ZeroDivisionError: a rate of nothing",)
    assert Stage.MODEL_STATS in found["old"].parts
    assert found["rasmodel"].faults == ()


def test_no_more_than_a_hundred_models_are_read_by_their_statistics(bucket: PageBucket) -> None:
    reader = StatisticsReader(BUCKET, bucket.client, lambda: 0.0)
    for number in range(MAX_MODELS):
        reader.read(f"m{number}")
    bucket.asked()
    assert "scripts/write_overview.py" in reader.read("one_more").faults[0]
    assert bucket.asked() == []
