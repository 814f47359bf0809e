"""A job reads the version of the config that its run was planned with."""

from __future__ import annotations

import json
import logging

import pytest

from emmaa_cycle.config_pin import VARIABLE, ConfigPin
from emmaa_cycle.errors import InputError
from emmaa_cycle.s3_layout import config_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.model.config_file import load_config
from emmaa_jobs.reading.update import update_model

CONFIG = {"search_terms": [], "human_readable_name": "as planned"}
DATE = "2026-03-02-17-00-00"


@pytest.fixture
def version(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the version of a config that was saved broken after the plan."""
    enabled = {"Status": "Enabled"}
    bucket.client.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration=enabled)
    planned = save(bucket, json.dumps(CONFIG))
    pin(monkeypatch, "marm", planned)
    save(bucket, "{")
    return planned


def save(bucket: Bucket, body: str) -> str:
    answer = bucket.client.put_object(Bucket=bucket.name, Key=config_key("marm"), Body=body)
    return str(answer["VersionId"])


def pin(monkeypatch: pytest.MonkeyPatch, model: str, version: str) -> None:
    for name, value in ConfigPin(model, version).to_environment().items():
        monkeypatch.setenv(name, value)


def test_a_config_that_is_saved_broken_after_the_plan_breaks_no_update(
    version: str, bucket: Bucket
) -> None:
    assert load_config(bucket, "marm").document == CONFIG
    assert update_model(bucket, "marm", DATE).updated.date_str == DATE


def test_a_config_that_is_deleted_after_the_plan_is_still_read(
    version: str, bucket: Bucket
) -> None:
    bucket.client.delete_object(Bucket=bucket.name, Key=config_key("marm"))
    assert load_config(bucket, "marm").document == CONFIG


def test_what_was_saved_well_after_the_plan_is_the_next_runs(
    version: str, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(bucket, json.dumps({**CONFIG, "human_readable_name": "as saved since"}))
    assert load_config(bucket, "marm").config.human_readable_name == "as planned"
    monkeypatch.delenv(VARIABLE)
    assert load_config(bucket, "marm").config.human_readable_name == "as saved since"


def test_another_models_config_is_the_present_one(
    version: str, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin(monkeypatch, "ras", version)
    with pytest.raises(InputError, match="marm"):
        load_config(bucket, "marm")


@pytest.mark.parametrize("gone", ["deleted", "never there"])
def test_a_version_that_is_gone_gives_way_to_the_present_config(
    version: str,
    bucket: Bucket,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    gone: str,
) -> None:
    if gone == "deleted":
        where = {"Bucket": bucket.name, "Key": config_key("marm"), "VersionId": version}
        bucket.client.delete_object(**where)
    else:
        pin(monkeypatch, "marm", "no-such-version")
    save(bucket, json.dumps({**CONFIG, "human_readable_name": "present"}))
    with caplog.at_level(logging.WARNING):
        assert load_config(bucket, "marm").config.human_readable_name == "present"
    assert "which this run was planned with, cannot be read" in caplog.text


@pytest.mark.parametrize("text", ["v1", "[]", "1", "{", '{"version": 1}', '{"other": "x"}'])
def test_what_names_no_version_is_refused(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(InputError, match="Unset it to run a job by hand"):
        load_config(bucket, "marm")
