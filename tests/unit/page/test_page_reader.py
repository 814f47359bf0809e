"""Reading the overview: what is asked of S3, and what a bad object costs."""

from __future__ import annotations

import json
import socket
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from emmaa_airflow.page.bucket_fault import BucketFaultError
from emmaa_airflow.page.overview_reader import BATCH, OverviewReader
from emmaa_airflow.page.snapshot import ModelParts, Snapshot
from emmaa_airflow.page.statistics_reader import StatisticsReader
from emmaa_cycle.overview.figures import AssemblyFigures
from emmaa_cycle.overview.part import JobRun, part_text
from emmaa_cycle.s3_layout import combined_key, config_key, overview_key
from emmaa_cycle.stages import Stage
from tests.unit.page.overview_reader import LISTINGS, bucket, reader
from tests.unit.page.page_bucket import (
    BUCKET,
    DAY_1,
    DAY_2,
    PageBucket,
    parts,
    read,
)

__all__ = ["bucket", "reader"]


def test_every_part_is_read(bucket: PageBucket, reader: OverviewReader) -> None:
    bucket.put_parts("rasmodel")
    found = read(reader)["rasmodel"]
    assert found.parts == {part.scope: part for part in parts("rasmodel")}
    assert found.faults == ()


def test_only_what_changed_is_read_again(bucket: PageBucket, reader: OverviewReader) -> None:
    bucket.put_parts("rasmodel")
    bucket.put_parts("skcm")
    bucket.asked()
    read(reader)
    assert len([name for name in bucket.asked() if name.startswith("GetObject")]) == 12
    read(reader)
    assert bucket.asked() == LISTINGS
    bucket.put_parts("skcm", title="Melanoma")
    bucket.asked()
    found = read(reader)["skcm"].parts[Stage.MM_UPDATE].figures
    key = overview_key("skcm", Stage.MM_UPDATE)
    assert sorted(bucket.asked()) == [f"GetObject {key}", *LISTINGS]
    assert isinstance(found, AssemblyFigures)
    assert found.title == "Melanoma"


def test_one_request_reads_a_model_that_has_copies(
    bucket: PageBucket, reader: OverviewReader
) -> None:
    for model in ("rasmodel", "skcm"):
        bucket.put_parts(model)
        bucket.put_combined(model)
    bucket.asked()
    seen: list[Snapshot] = []
    reader.read(seen.append)
    assert sorted(bucket.asked()) == [
        f"GetObject {combined_key('rasmodel')}", f"GetObject {combined_key('skcm')}", *LISTINGS,
    ]  # fmt: skip
    for snapshot in seen:  # the first one is of the copies alone
        assert snapshot.unread == 0
        assert snapshot.models[0].parts == {part.scope: part for part in parts("rasmodel")}
    bucket.put_parts("skcm", title="Melanoma")
    bucket.put_combined("skcm", title="Melanoma")
    bucket.asked()
    read(reader)
    assert sorted(bucket.asked()) == [f"GetObject {combined_key('skcm')}", *LISTINGS]


def test_a_copy_that_is_not_current_is_not_shown(
    bucket: PageBucket, reader: OverviewReader
) -> None:
    bucket.put_parts("rasmodel")
    bucket.put_combined("rasmodel")
    bucket.put_parts("rasmodel", title="The job after it")
    bucket.client.delete_object(Bucket=BUCKET, Key=overview_key("rasmodel", Stage.QUERIES))
    found = read(reader)["rasmodel"]
    figures = found.parts[Stage.MM_UPDATE].figures
    assert isinstance(figures, AssemblyFigures)
    assert figures.title == "The job after it"
    assert Stage.QUERIES not in found.parts


#: A part of a corpus that no object can have.
FOREIGN = {
    **{"model": "rasmodel", "stage": "test_stats", "corpus": "a/b", "date": DAY_2},
    "figures": {"kind": "other"},
}
COMBINED = {"model": "rasmodel", "parts": {"x": {"etag": "e", "part": FOREIGN}}}


@pytest.mark.parametrize(
    "content",
    [
        *[b"no JSON", b"{}", b"[" * 9, b" " * 3_000_000, b"\xff"],
        json.dumps(COMBINED).encode(),
    ],
)
def test_copies_that_cannot_be_used_cost_nothing_but_requests(
    bucket: PageBucket, reader: OverviewReader, content: bytes
) -> None:
    bucket.put_parts("rasmodel")
    bucket.put(combined_key("rasmodel"), content)
    found = read(reader)["rasmodel"]
    assert found.parts == {part.scope: part for part in parts("rasmodel")}
    assert found.faults == ()


def test_copies_of_another_model_are_not_used(bucket: PageBucket, reader: OverviewReader) -> None:
    bucket.put_parts("skcm", title="Melanoma")
    bucket.put_combined("skcm", title="Melanoma")
    content = bucket.client.get_object(Bucket=BUCKET, Key=combined_key("skcm"))["Body"].read()
    bucket.put_parts("rasmodel")
    bucket.put(combined_key("rasmodel"), content)
    bucket.put(combined_key("unknown"), content)
    found = read(reader)
    assert found["rasmodel"].parts == {part.scope: part for part in parts("rasmodel")}
    assert "unknown" not in found


def test_jobs_are_kept_by_definition_and_round(bucket: PageBucket, reader: OverviewReader) -> None:
    jobs = (JobRun(date=DAY_1, seconds=2, definition="d"), JobRun(date=DAY_2, seconds=3))
    (part, *_) = parts("rasmodel")
    part = part.model_copy(update={"jobs": jobs})
    bucket.put(part.key, part_text(part).encode())
    found = read(reader)["rasmodel"]
    assert found.spent == {part.scope: {"d": {DAY_1: 2}, "": {DAY_2: 3}}}
    assert found.parts[part.scope].jobs == ()


def test_what_was_removed_is_forgotten(bucket: PageBucket, reader: OverviewReader) -> None:
    bucket.put_parts("rasmodel")
    read(reader)
    for part in parts("rasmodel"):
        bucket.client.delete_object(Bucket=BUCKET, Key=part.key)
    bucket.client.delete_object(Bucket=BUCKET, Key=config_key("rasmodel"))
    assert read(reader) == {}


@pytest.mark.parametrize("content", [b"no JSON", b"{}", b" " * 70_000, b"\xff"])
def test_a_bad_object_costs_itself_and_is_named(
    bucket: PageBucket, reader: OverviewReader, content: bytes
) -> None:
    bucket.put_parts("rasmodel")
    key = overview_key("rasmodel", Stage.MODEL_STATS)
    bucket.put(key, content)
    found = read(reader)["rasmodel"]
    assert Stage.MODEL_STATS not in found.parts
    assert Stage.MM_UPDATE in found.parts
    (fault,) = found.faults
    assert fault.startswith(f"{key}: ")


def test_an_object_of_another_model_is_refused(bucket: PageBucket, reader: OverviewReader) -> None:
    bucket.put_parts("rasmodel")
    body = bucket.client.get_object(Bucket=BUCKET, Key=overview_key("rasmodel", Stage.MM_UPDATE))[
        "Body"
    ].read()
    bucket.put(overview_key("skcm", Stage.MM_UPDATE), body)
    fault, _ = read(reader)["skcm"].faults  # the other one is that skcm has no config
    assert "it says that it is overview/rasmodel/mm_update.json" in fault


def test_an_archived_object_costs_itself(
    bucket: PageBucket, reader: OverviewReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put_parts("rasmodel")
    refused, get = overview_key("rasmodel", Stage.QUERIES), reader.client.get_object

    def get_object(**request: Any) -> Any:
        if request["Key"] != refused:
            return get(**request)
        answer: Any = {
            "Error": {"Code": "InvalidObjectState", "Message": "archived"},
            "ResponseMetadata": {"HTTPStatusCode": 403},
        }
        raise ClientError(answer, "GetObject")

    monkeypatch.setattr(reader.client, "get_object", get_object)
    (fault,) = read(reader)["rasmodel"].faults
    assert fault.startswith(f"{refused}: S3 has archived it")


def test_folders_that_no_model_can_have_are_passed_over(
    bucket: PageBucket, reader: OverviewReader
) -> None:
    bucket.put("models/-dash/config.json", b"{}")
    bucket.put("overview/-dash/queries.json", b"{}")
    bucket.put("overview/stray.json", b"{}")
    assert read(reader) == {}


def test_what_is_known_is_shown_before_all_is_read(
    bucket: PageBucket, reader: OverviewReader
) -> None:
    for number in range(BATCH + 1):
        bucket.put_parts(f"m{number:03}")
    seen: list[Snapshot] = []
    reader.read(seen.append)
    assert [snapshot.unread for snapshot in seen] == [1, 0]
    assert len(seen[0].models) == len(seen[1].models) == BATCH + 1


def test_an_empty_bucket_has_no_models(bucket: PageBucket, reader: OverviewReader) -> None:
    assert read(reader) == {}


def test_a_bucket_that_does_not_exist_is_named_with_the_fix(bucket: PageBucket) -> None:
    with pytest.raises(BucketFaultError, match=r"'gone' cannot be read: it does not exist: set"):
        OverviewReader("gone", bucket.client).read(lambda _: None)


def test_a_bucket_that_cannot_be_reached_is_named_with_the_fix() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    client = boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=Config(connect_timeout=1, retries={"total_max_attempts": 1}),
    )
    with pytest.raises(BucketFaultError, match="cannot be reached from Airflow's web server"):
        OverviewReader(BUCKET, client).read(lambda _: None)


def test_while_a_model_is_read_again_others_see_what_it_was(
    bucket: PageBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put_statistics("old")
    now = [0.0]
    reader = StatisticsReader(BUCKET, bucket.client, lambda: now[0])
    earlier = reader.read("old")
    now[0] += 601
    seen: list[ModelParts] = []

    def read_in_another_thread(model: str) -> ModelParts:
        seen.append(reader.read(model))
        return ModelParts(model)

    monkeypatch.setattr(reader, "_read", read_in_another_thread)
    assert reader.read("old") == ModelParts("old")
    assert seen == [earlier]
