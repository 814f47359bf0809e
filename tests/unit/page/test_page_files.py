"""The files of a model that a person may download."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emmaa_airflow.page.bucket_fault import BucketFaultError
from emmaa_airflow.page.files import Files, folders
from emmaa_cycle.errors import InputError
from emmaa_cycle.s3_layout import (
    assembled_key,
    config_key,
    export_key,
    latest_assembled_key,
    left_out_key,
    model_key,
    model_stats_key,
)
from tests.unit.page.page_bucket import BUCKET, DAY_1, DAY_2, PageBucket, page_bucket

MODEL = "rasmodel"


@pytest.fixture
def bucket() -> Iterator[PageBucket]:
    with page_bucket() as bucket:
        for key in (
            config_key(MODEL),
            model_key(MODEL, DAY_1),
            model_key(MODEL, "2026-01-01-00-00-00"),
            export_key(MODEL, "bngl", DAY_2, "bngl"),
            assembled_key(MODEL, DAY_2),
            latest_assembled_key(MODEL),
            left_out_key(MODEL, "queries", DAY_2),
            export_key(f"{MODEL}2", "bngl", DAY_2, "bngl"),
            "secret/rasmodel/key",
        ):
            bucket.put(key, key.encode())
        yield bucket


@pytest.fixture
def files(bucket: PageBucket) -> Files:
    return Files(BUCKET, bucket.client)


def test_the_files_of_a_round_are_its_own_its_state_s_and_those_without_a_date(
    files: Files,
) -> None:
    found = files.of_round(MODEL, DAY_2, DAY_1)
    assert {name: [file.name for file in some] for name, some in found.items() if some} == {
        "Exports": [f"bngl_{DAY_2}.bngl"],
        "Assembled statements": ["latest_statements_rasmodel.json", f"statements_{DAY_2}.gz"],
        "States and config": ["config.json", f"model_{DAY_1}.json.gz"],
        "Left out": [f"queries_{DAY_2}.json"],
    }


def test_a_file_is_streamed_as_an_attachment_that_no_browser_opens(files: Files) -> None:
    key = export_key(MODEL, "bngl", DAY_2, "bngl")
    download = files.open(MODEL, key)
    assert b"".join(download.chunks) == key.encode()
    assert download.headers["Content-Disposition"] == (
        f"attachment; filename*=UTF-8''bngl_{DAY_2}.bngl"
    )
    assert download.headers["X-Content-Type-Options"] == "nosniff"
    assert download.headers["Content-Length"] == str(len(key))


def test_a_name_cannot_add_a_header(bucket: PageBucket, files: Files) -> None:
    key = f'exports/{MODEL}/a";b\r\nSet-Cookie: é.txt'
    bucket.put(key, b"x")
    name = files.open(MODEL, key).headers["Content-Disposition"].partition("UTF-8''")[2]
    assert name == "a%22%3Bb%0D%0ASet-Cookie%3A%20%C3%A9.txt"


@pytest.mark.parametrize(
    "key",
    [
        "secret/rasmodel/key",
        f"exports/{MODEL}2/bngl_{DAY_2}.bngl",
        f"exports/{MODEL}/../{MODEL}2/bngl_{DAY_2}.bngl",
        f"exports/{MODEL}/",
        f"/exports/{MODEL}/bngl_{DAY_2}.bngl",
        f"exports//{MODEL}/x",
        model_stats_key(f"{MODEL}2", DAY_2),
        "",
        "exports",
    ],
)
def test_nothing_outside_of_a_model_s_folders_is_opened(
    bucket: PageBucket, files: Files, key: str
) -> None:
    bucket.asked()
    with pytest.raises(InputError, match="is no file of the model rasmodel"):
        files.open(MODEL, key)
    assert bucket.asked() == []


def test_a_file_that_is_not_there_is_named(files: Files) -> None:
    with pytest.raises(InputError, match="has no file 'exports/rasmodel/x'"):
        files.open(MODEL, "exports/rasmodel/x")


def test_a_bucket_that_does_not_exist_is_named(bucket: PageBucket) -> None:
    gone = Files("gone", bucket.client)
    for dates in ((DAY_2,), ()):
        with pytest.raises(BucketFaultError, match="'gone' cannot be read: it does not exist"):
            gone.of_round(MODEL, *dates)


@given(st.text(st.sampled_from("exportsrasmodel/.%\\ "), max_size=40))
def test_only_keys_directly_in_a_folder_are_asked_for(key: str) -> None:
    class Client:
        def get_object(self, **asked: str) -> None:
            raise AssertionError(asked["Key"])

    folder = f"{key.rpartition('/')[0]}/"
    is_own = folder in folders(MODEL).values() and not key.endswith("/")
    with pytest.raises(BucketFaultError if is_own else InputError):
        Files(BUCKET, Client()).open(MODEL, key)
