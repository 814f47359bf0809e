"""The DAG ``emmaa_upload_watch``."""

from __future__ import annotations

import itertools
from datetime import datetime

import pytest

from emmaa_airflow.uploads.finder import UploadFinder
from emmaa_cycle.daily import RunRequest
from emmaa_cycle.s3_layout import model_key, model_manager_key
from emmaa_cycle.settings import load_settings
from emmaa_cycle.uploads import Upload, parse_upload
from tests.dags.world import MODEL_DATE, ROUND, World

DAG = "emmaa_upload_watch"


def upload(world: World, key: str, etag: str) -> Upload:
    found = parse_upload(world.bucket, key, etag)
    assert found
    return found


def test_exactly_the_missing_runs_are_started(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.put_model("marm")
    model = upload(world, model_key("marm", MODEL_DATE), world.put_model_file("marm"))
    world.put("models/marm/grounding_map.json")
    assert world.run(DAG).state == "success"
    assert world.started_runs("emmaa_mm_update")[model.run_id] == model.conf

    manager = upload(world, model_manager_key("marm", ROUND), world.put_manager("marm"))
    before = world.started_runs("emmaa_mm_update")
    assert world.run(DAG).state == "success"
    assert world.started_runs("emmaa_after_update")[manager.run_id] == manager.conf
    assert world.started_runs("emmaa_mm_update") == before

    monkeypatch.setenv("EMMAA_UPLOADS__WATCH_SECONDS", "0.2")
    load_settings.cache_clear()
    assert world.run(DAG).state == "success"  # nothing is missing: it watches, then ends
    assert world.started_runs("emmaa_mm_update") == before


def test_what_becomes_missing_meanwhile_is_started(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.put_model("marm")
    model = upload(world, model_key("marm", MODEL_DATE), world.put_model_file("marm"))
    missing, looks = UploadFinder.missing, itertools.count()

    def not_yet(finder: UploadFinder, now: datetime) -> list[RunRequest]:
        return missing(finder, now) if next(looks) else []

    monkeypatch.setattr(UploadFinder, "missing", not_yet)
    assert world.run(DAG).state == "success"
    assert world.started_runs("emmaa_mm_update")[model.run_id] == model.conf
