"""Tests of what planning reads from the bucket, on the embedded AWS."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from emmaa_airflow.aws.bucket_reader import BucketReader
from emmaa_cycle.errors import InputError, ModelConfigError
from emmaa_cycle.origin import Origin
from emmaa_cycle.s3_layout import model_key, model_manager_key
from emmaa_cycle.uploads import UploadKind
from tests.dags.bucket_store import NEW, OLD, Store


@pytest.fixture
def store(aws: str) -> Store:
    return Store(aws)


def test_the_folders_are_the_models(store: Store) -> None:
    store.put("models/marm/config.json", "models/a b/config.json", "models/index.json")
    assert store.reader.models() == ["a b", "marm"]


def md5(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("folder", ["-dash", " padded", "", "a\x07b", "m" * 129, ".."])
def test_a_folder_that_no_model_can_have_is_left_out_and_named(
    store: Store, folder: str, caplog: pytest.LogCaptureFixture
) -> None:
    names = [folder, "marm"]
    page = {"CommonPrefixes": [{"Prefix": f"models/{name}/"} for name in names]}
    pages = SimpleNamespace(paginate=lambda **_: [page])
    reader = BucketReader("emmaa", SimpleNamespace(get_paginator=lambda _: pages))
    assert reader.models() == ["marm"]
    assert reader.folders() == names
    (record,) = caplog.records
    assert f"rename or remove the folder {f'models/{folder}/'!r}" in record.getMessage()


class ManyPages:
    """An S3 client with a page for each model."""

    def get_paginator(self, operation: str) -> Any:
        return self

    def paginate(self, **query: str) -> Iterator[dict[str, Any]]:
        for number in range(3):
            yield {"CommonPrefixes": [{"Prefix": f"models/m{number}/"}]}
        yield {}


def test_the_models_of_all_pages_are_listed() -> None:
    assert BucketReader("emmaa", ManyPages()).models() == ["m0", "m1", "m2"]


def test_a_config_is_read_and_checked(store: Store) -> None:
    store.put("models/marm/config.json", body=b'{"search_terms": [], "run_daily_tests": true}')
    assert store.reader.config("marm").run_daily_tests


def test_a_model_without_a_config_is_named_with_those_there_are(store: Store) -> None:
    store.put("models/marm/config.json")
    with pytest.raises(ModelConfigError, match=r"'typo'.*models/typo/config.json.*marm"):
        store.reader.config("typo")


def client_error(code: str, status: int) -> ClientError:
    answer: Any = {
        "Error": {"Code": code, "Message": "because"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, "GetObject")


def refusing(code: str, status: int) -> BucketReader:
    def get_object(**_: str) -> None:
        raise client_error(code, status)

    return BucketReader("emmaa", SimpleNamespace(get_object=get_object))


@pytest.mark.parametrize(
    ("code", "status", "fix"),
    [
        ("InvalidObjectState", 403, "restore it"),
        ("AccessDenied", 403, "KMS key"),
        ("KMS.DisabledException", 400, "KMS key"),
    ],
)
def test_a_config_that_s3_refuses_is_bad_input(code: str, status: int, fix: str) -> None:
    with pytest.raises(ModelConfigError) as raised:
        refusing(code, status).config("marm")
    for part in ("'marm'", "s3://emmaa/models/marm/config.json", code, "because", fix):
        assert part in str(raised.value)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("SlowDown", 503),
        ("InternalError", 500),
        ("ExpiredToken", 400),
        ("KMS.ThrottlingException", 400),
    ],
)
def test_what_passes_is_no_fault_of_the_config(code: str, status: int) -> None:
    with pytest.raises(ClientError):
        refusing(code, status).config("marm")


def test_an_object_is_there_whatever_its_metadata_say(store: Store) -> None:
    store.client.put_object(Bucket=store.bucket, Key="one", Metadata={"emmaa-notify": "maybe"})
    assert store.reader.exists("one")
    assert not store.reader.exists("two")


def test_the_newest_upload_is_found_among_other_files(store: Store) -> None:
    store.put(model_key("marm", OLD), model_key("marm", NEW), "models/marm/model_notes.json")
    store.put(model_manager_key("marm", OLD), f"results/marm/results_a_tests_{NEW}.json")
    assert store.reader.upload(UploadKind.MODEL, "marm").round_date == NEW
    assert store.reader.upload(UploadKind.MODEL, "marm", OLD).round_date == OLD
    assert store.reader.upload(UploadKind.MODEL_MANAGER, "marm").round_date == OLD


def test_a_state_that_is_not_there_is_named_with_its_place(store: Store) -> None:
    store.put(model_key("marm", OLD))
    with pytest.raises(
        InputError, match=rf"'marm' has no model file of {NEW}.*s3://{store.bucket}"
    ):
        store.reader.upload(UploadKind.MODEL, "marm", NEW)


def test_of_two_forms_of_a_state_this_repositorys_comes_first(store: Store) -> None:
    store.put(model_key("marm", OLD), f"models/marm/model_{OLD}.pkl")
    assert store.reader.upload(UploadKind.MODEL, "marm").key == model_key("marm", OLD)


def test_a_model_whose_name_begins_another_ones_has_its_own_uploads(store: Store) -> None:
    store.put(model_key("ras", OLD), model_key("rasmodel", NEW))
    assert store.reader.upload(UploadKind.MODEL, "ras").round_date == OLD


def test_recent_uploads_are_listed_from_their_date_on(store: Store) -> None:
    store.put(model_key("marm", OLD), model_key("marm", NEW))
    found = list(store.reader.uploads_since(UploadKind.MODEL, "marm", "2026-03-02-00-00-00"))
    assert [upload.round_date for upload, _ in found] == [NEW]


def test_the_versions_of_an_object_are_listed_oldest_first(store: Store) -> None:
    enabled = {"Status": "Enabled"}
    store.client.put_bucket_versioning(Bucket=store.bucket, VersioningConfiguration=enabled)
    store.put("one", body=b"A")
    store.put("one-more", body=b"C")
    store.put("one", body=b"B")
    store.client.delete_object(Bucket=store.bucket, Key="one")
    store.put("one", body=b"A")

    assert store.reader.version_etags("one") == [md5(body) for body in (b"A", b"B", b"A")]


def test_an_unversioned_object_has_one_version(store: Store) -> None:
    for body in (b"A", b"B", b"A"):
        store.put("one", body=body)

    assert store.reader.version_etags("one") == [md5(b"A")]


def test_the_origin_is_read_where_there_is_one(store: Store) -> None:
    origin = Origin("emmaa_update_pipeline", "run", notify=False)
    store.put("one", origin=origin)
    store.put("two")
    assert store.reader.origin("one") == origin
    assert store.reader.origin("two") == Origin()
    assert store.reader.origin("three") is None


def test_only_another_runs_round_is_foreign(store: Store) -> None:
    store.put(model_manager_key("marm", OLD), origin=Origin("dag", "mine"))
    assert not store.reader.round_is_foreign("marm", OLD, "mine")
    assert store.reader.round_is_foreign("marm", OLD, "other")
    assert not store.reader.round_is_foreign("marm", NEW, "other")


def test_a_bucket_that_does_not_exist_is_named_with_the_way_out(aws: str) -> None:
    reader = BucketReader("emmaa-nowhere", boto3.client("s3"))
    for read in (reader.models, lambda: reader.config("marm")):
        with pytest.raises(InputError, match=r"'emmaa-nowhere' does not exist.*EMMAA_BUCKET"):
            read()
