"""``write_overview.py``: the overview of models that ran before their jobs wrote it."""

from __future__ import annotations

from typing import Any

import pytest

from emmaa_cycle.errors import InputError
from emmaa_cycle.overview.figures import AssemblyFigures, CorpusFigures, ModelFigures
from emmaa_cycle.overview.part import parse_part
from emmaa_cycle.s3_layout import (
    config_key,
    corpus_stats_key,
    model_stats_key,
    overview_key,
    overview_prefix,
)
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.model.manager_record import ManagerRecord
from tests.unit.cycle.test_cycle_overview import corpus_document, model_document
from write_overview import main

MODEL = "rasmodel"
DAY_1, DAY_2 = "2026-03-01-17-00-00", "2026-03-02-17-00-00"


def write_model(bucket: Bucket, model: str = MODEL, date: str = DAY_2) -> None:
    config: dict[str, Any] = {
        "human_readable_name": "Ras Model",
        "search_terms": [],
        "run_daily_tests": True,
        "test": {"test_corpus": ["ras_tests"], "mc_types": ["pysb"]},
    }
    bucket.write_json(config_key(model), config)
    ManagerRecord(model, date, DAY_1, ["pysb"], config, [], []).save(bucket)
    bucket.write_json(model_stats_key(model, date), model_document())
    bucket.write_json(corpus_stats_key(model, "ras_tests", date), corpus_document())


def test_the_newest_round_of_each_model_gets_its_parts(bucket: Bucket) -> None:
    write_model(bucket)
    write_model(bucket, date=DAY_1)
    write_model(bucket, "other")
    assert main([]) == "2 models: 6 parts of overviews written"
    found = {key: parse_part(bucket.read_bytes(key)) for key in bucket.keys(overview_prefix(MODEL))}
    assert {part.date for part in found.values()} == {DAY_2}
    assembly = found[overview_key(MODEL, "mm_update")].figures
    assert isinstance(assembly, AssemblyFigures)
    assert (assembly.title, assembly.corpora) == ("Ras Model", ("ras_tests",))
    assert (assembly.updated_daily, assembly.tested_daily) == (False, True)
    statistics = found[overview_key(MODEL, "model_stats")]
    assert isinstance(statistics.figures, ModelFigures)
    assert statistics.jobs == ()
    corpus = found[overview_key(MODEL, "test_stats_ras_tests")].figures
    assert isinstance(corpus, CorpusFigures)
    assert corpus.types["pysb"].passed == 3


def test_what_a_job_has_written_stays(bucket: Bucket) -> None:
    write_model(bucket)
    main([])
    before = {key: bucket.read_bytes(key) for key in bucket.keys(overview_prefix())}
    assert main(["--model", MODEL]) == "1 models: 0 parts of overviews written"
    assert {key: bucket.read_bytes(key) for key in bucket.keys(overview_prefix())} == before


def test_a_dry_run_writes_nothing(bucket: Bucket) -> None:
    write_model(bucket)
    assert main(["--dry-run"]) == "1 models: 3 parts of overviews would be written"
    assert list(bucket.keys(overview_prefix())) == []


@pytest.mark.parametrize("folder", ["..", "", " ", "a\u202eb\n", "x" * 300])
def test_an_odd_folder_costs_itself(bucket: Bucket, folder: str) -> None:
    write_model(bucket, "other")
    write_model(bucket, "a")
    bucket.write_bytes(f"models/{folder}/x", b"", "text/plain")
    try:
        summary = main([])
    except InputError as error:
        summary = str(error)
        assert "1 objects cannot be read" in summary
    assert "3 models: 6 parts of overviews written" in summary


def test_what_cannot_be_read_costs_its_own_part(bucket: Bucket) -> None:
    write_model(bucket)
    bucket.write_json(model_stats_key(MODEL, DAY_2), {"model_summary": None})
    bucket.write_bytes(config_key("broken"), b"{", "application/json")
    with pytest.raises(InputError, match="2 models: 2 parts of overviews written; 1 objects"):
        main([])
    assert sorted(bucket.keys(overview_prefix())) == [
        overview_key(MODEL, "mm_update"),
        overview_key(MODEL, "test_stats_ras_tests"),
    ]
