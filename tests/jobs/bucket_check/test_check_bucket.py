"""The report on an old bucket, and that making it changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

import check_bucket
from emmaa_cycle.s3_layout import config_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.bucket_check.client import WriteRefusedError, read_only_client
from emmaa_jobs.bucket_check.findings import NeedsAttentionError
from emmaa_jobs.commands.cli import run_job
from tests.jobs.bucket_check.made_up_models import NEW, add_model, report_of


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
    assert "Nothing needs attention" not in capsys.readouterr().out
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
