"""Tests of the search for uploads without a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emmaa_airflow.uploads.finder import UploadFinder
from emmaa_cycle.dates import format_round
from emmaa_cycle.errors import InputError
from emmaa_cycle.origin import Origin
from emmaa_cycle.s3_layout import model_key, model_manager_key
from emmaa_cycle.settings_sections import Uploads
from emmaa_cycle.uploads import Upload, UploadKind, parse_upload

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
KEYS = {UploadKind.MODEL: model_key, UploadKind.MODEL_MANAGER: model_manager_key}


class Bucket:
    """A reader of made-up uploads."""

    def __init__(self) -> None:
        self.uploads: list[tuple[Upload, datetime]] = []
        self.asked_since: list[str] = []
        self.versions: dict[str, list[str]] = {}
        self.asked_versions: list[str] = []
        self.origins: dict[str, Origin | Exception] = {}

    def origin(self, key: str) -> Origin | None:
        found = self.origins.get(key)
        if isinstance(found, Exception):
            raise found
        return found

    def add(self, kind: UploadKind, age: timedelta, *, dated: timedelta | None = None) -> Upload:
        date = format_round(NOW - (dated or age))
        upload = parse_upload("emmaa", KEYS[kind]("marm", date), f"etag-{len(self.uploads)}")
        assert upload
        self.uploads.append((upload, NOW - age))
        return upload

    def version_etags(self, key: str) -> list[str]:
        self.asked_versions.append(key)
        if key not in self.versions:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "ListObjectVersions")
        return self.versions[key]

    def models(self) -> list[str]:
        return ["marm", "-not a model"]

    def uploads_since(
        self, kind: UploadKind, model: str, since: str
    ) -> Iterator[tuple[Upload, datetime]]:
        if model != "marm":
            raise InputError("no model's name")
        self.asked_since.append(since)
        mine = (found for found in self.uploads if found[0].kind is kind)
        yield from (found for found in mine if found[0].round_date >= since)


class Airflow:
    """The runs there are."""

    def __init__(self, *there: str) -> None:
        self.there = set(there)
        self.asked: list[list[str]] = []

    def missing(self, dag_id: str, run_ids: Sequence[str]) -> list[str]:
        self.asked.append(list(run_ids))
        return [run_id for run_id in run_ids if run_id not in self.there]


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


def finder(bucket: Any, airflow: Airflow | None = None, **settings: Any) -> UploadFinder:
    return UploadFinder(bucket, Uploads(**settings), (airflow or Airflow()).missing)


def found(finder: UploadFinder) -> list[str]:
    return [request.run_id for request in finder.missing(NOW)]


def test_what_has_a_run_is_left_alone(bucket: Bucket) -> None:
    one = bucket.add(UploadKind.MODEL, timedelta(hours=2))
    two = bucket.add(UploadKind.MODEL, timedelta(hours=1))
    (request,) = finder(bucket, Airflow(one.run_id)).missing(NOW)
    assert (request.dag_id, request.run_id, request.conf) == (two.dag_id, two.run_id, two.conf)


def test_both_kinds_are_looked_for(bucket: Bucket) -> None:
    model = bucket.add(UploadKind.MODEL, timedelta(hours=2))
    manager = bucket.add(UploadKind.MODEL_MANAGER, timedelta(hours=1))
    assert found(finder(bucket)) == [model.run_id, manager.run_id]


def test_the_lambda_function_is_given_its_time(bucket: Bucket) -> None:
    bucket.add(UploadKind.MODEL, timedelta(seconds=299))
    due = bucket.add(UploadKind.MODEL, timedelta(seconds=300), dated=timedelta(hours=1))
    assert found(finder(bucket, grace_seconds=300)) == [due.run_id]


def test_without_a_lambda_function_nothing_is_waited_for(bucket: Bucket) -> None:
    upload = bucket.add(UploadKind.MODEL, timedelta(0))
    assert found(finder(bucket, trigger="sensor")) == [upload.run_id]


def test_history_starts_nothing(bucket: Bucket) -> None:
    bucket.add(UploadKind.MODEL, timedelta(hours=3))
    recent = bucket.add(UploadKind.MODEL, timedelta(hours=1))
    assert found(finder(bucket, not_before=NOW - timedelta(hours=2))) == [recent.run_id]


@pytest.mark.parametrize(
    ("settings", "since"),
    [
        ({"key_days": 3}, "2026-02-26-12-00-00"),
        ({"key_days": 3, "lookback_hours": 96}, "2026-02-24-12-00-00"),
    ],
)
def test_the_listing_begins_where_keys_may(
    bucket: Bucket, settings: dict[str, Any], since: str
) -> None:
    found(finder(bucket, **settings))
    assert bucket.asked_since == [since] * 2


@pytest.mark.parametrize("trigger", ["sensor", "lambda"])
def test_an_upload_is_as_old_as_its_object_whatever_date_is_in_its_key(
    bucket: Bucket, trigger: str
) -> None:
    bucket.add(UploadKind.MODEL_MANAGER, timedelta(hours=49))
    friday = bucket.add(
        UploadKind.MODEL_MANAGER, timedelta(minutes=10), dated=timedelta(days=3, hours=20)
    )
    assert found(finder(bucket, trigger=trigger)) == [friday.run_id]


def test_a_copy_of_an_old_round_starts_nothing(bucket: Bucket) -> None:
    bucket.add(UploadKind.MODEL, timedelta(hours=1), dated=timedelta(days=3, hours=1, seconds=1))
    recent = bucket.add(UploadKind.MODEL, timedelta(hours=1), dated=timedelta(days=3, hours=1))
    assert found(finder(bucket, key_days=3)) == [recent.run_id]


def test_restored_content_starts_a_run_although_its_first_one_is_there(bucket: Bucket) -> None:
    upload = bucket.add(UploadKind.MODEL, timedelta(hours=1))
    bucket.versions[upload.key] = [upload.etag, "other", upload.etag]
    airflow = Airflow(upload.run_id)
    watching = finder(bucket, airflow)

    (request,) = watching.missing(NOW)
    assert request.run_id == replace(upload, restored=1).run_id
    assert request.conf == upload.conf
    airflow.there.add(request.run_id)
    assert found(watching) == []
    assert bucket.asked_versions == [upload.key]


@pytest.mark.parametrize("versions", [None, ["etag-0"], ["etag-0"] * 3, ["other", "etag-0"]])
def test_content_that_was_not_restored_starts_no_second_run(
    bucket: Bucket, versions: list[str] | None
) -> None:
    upload = bucket.add(UploadKind.MODEL, timedelta(hours=1))
    if versions is not None:  # else Airflow may not list versions
        bucket.versions[upload.key] = versions
    assert found(finder(bucket, Airflow(upload.run_id))) == []


def test_runs_that_are_there_are_asked_for_once(bucket: Bucket) -> None:
    upload = bucket.add(UploadKind.MODEL, timedelta(hours=1))
    airflow = Airflow(upload.run_id)
    watching = finder(bucket, airflow)
    assert found(watching) == found(watching) == []
    assert airflow.asked == [[upload.run_id]]


def test_a_run_that_stays_missing_is_found_again(bucket: Bucket) -> None:
    upload = bucket.add(UploadKind.MODEL, timedelta(hours=1))
    watching = finder(bucket)
    assert found(watching) == found(watching) == [upload.run_id]


@pytest.mark.parametrize("passes", [False, True])
def test_a_model_that_s3_refuses_to_list_keeps_no_other_from_its_run(passes: bool) -> None:
    class Refusing(Bucket):
        def models(self) -> list[str]:
            return ["refused", "marm"]

        def uploads_since(
            self, kind: UploadKind, model: str, since: str
        ) -> Iterator[tuple[Upload, datetime]]:
            if model == "refused":
                status = 503 if passes else 403
                answer: Any = {
                    "Error": {"Code": "SlowDown" if passes else "AccessDenied"},
                    "ResponseMetadata": {"HTTPStatusCode": status},
                }
                raise ClientError(answer, "ListObjectsV2")
            return super().uploads_since(kind, model, since)

    bucket = Refusing()
    upload = bucket.add(UploadKind.MODEL, timedelta(hours=1))
    if passes:  # an outage: the whole look is repeated
        with pytest.raises(ClientError):
            found(finder(bucket))
    else:
        assert found(finder(bucket)) == [upload.run_id]


@pytest.mark.parametrize(
    ("origin", "made_by"),
    [
        (Origin("emmaa_update_pipeline", "noon"), ", made by run noon of emmaa_update_pipeline"),
        (Origin(), ", made by no run"),
        (InputError("odd metadata"), ""),
        (ClientError({"Error": {"Code": "AccessDenied"}}, "HeadObject"), ""),
    ],
)
def test_a_runs_note_names_what_made_the_upload(
    bucket: Bucket, origin: Origin | Exception, made_by: str
) -> None:
    upload = bucket.add(UploadKind.MODEL, timedelta(hours=2))
    bucket.origins[upload.key] = origin
    (request,) = finder(bucket, Airflow()).missing(NOW)
    assert request.note == f"Upload of marm, round {upload.round_date}{made_by}"
