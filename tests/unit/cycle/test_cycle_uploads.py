from __future__ import annotations

import re
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emmaa_cycle import s3_layout
from emmaa_cycle.uploads import Upload, UploadKind, parse_upload, restorations
from tests.unit.cycle.strategies import buckets, etags, names, rounds

AIRFLOW_RUN_ID = re.compile(r"[A-Za-z0-9_.~:+-]+")
DATE = "2026-03-02-17-04-08"

kinds = st.sampled_from(UploadKind)
key_of = {
    UploadKind.MODEL: s3_layout.model_key,
    UploadKind.MODEL_MANAGER: s3_layout.model_manager_key,
}


@st.composite
def uploads(draw: st.DrawFn) -> Upload:
    key = key_of[draw(kinds)](draw(names), draw(rounds))
    upload = parse_upload(draw(buckets), key, draw(etags))
    assert upload is not None
    return upload


@given(kinds, names, rounds, buckets, etags)
def test_a_key_that_was_built_is_recognised(
    kind: UploadKind, model: str, date: str, bucket: str, etag: str
) -> None:
    key = key_of[kind](model, date)

    assert parse_upload(bucket, key, etag) == Upload(bucket, key, etag, kind, model, date)


@pytest.mark.parametrize(
    ("key", "dag_id"),
    [
        (f"models/rasmodel/model_{DATE}.json.gz", "emmaa_mm_update"),
        (f"models/rasmodel/model_{DATE}.pkl", "emmaa_mm_update"),
        (f"results/rasmodel/model_manager_{DATE}.json.gz", "emmaa_after_update"),
        (f"results/rasmodel/model_manager_{DATE}.pkl", "emmaa_after_update"),
        (f"models/a b+c%25 é/model_{DATE}.pkl", "emmaa_mm_update"),
    ],
)
def test_the_dag_that_an_upload_starts(key: str, dag_id: str) -> None:
    upload = parse_upload("emmaa", key, "abc")

    assert upload is not None
    assert upload.dag_id == dag_id
    assert upload.round_date == DATE


@pytest.mark.parametrize(
    "key",
    [
        "",
        "models/rasmodel/config.json",
        "models/rasmodel/model_2026.json.gz",
        f"models/rasmodel/model_{DATE}.json",
        f"models/rasmodel/model_{DATE}.gz",
        f"models/rasmodel/model_{DATE}.json.gz.tmp",
        f"models/rasmodel/model_{DATE}.json.gz\n",
        f"models/rasmodel/model_{DATE}xjson.gz",
        f"models/rasmodel/old/model_{DATE}.json.gz",
        f"models/rasmodel/Model_{DATE}.json.gz",
        f"models/model_{DATE}.json.gz",
        f"models//model_{DATE}.json.gz",
        f"models/../model_{DATE}.json.gz",
        f"models/-m/model_{DATE}.json.gz",
        f"models/ ras/model_{DATE}.json.gz",
        f"models/ras\nmodel/model_{DATE}.json.gz",
        f"models/\ud800/model_{DATE}.json.gz",
        f"models/rasmodel/model_manager_{DATE}.json.gz",
        f"backup/models/rasmodel/model_{DATE}.json.gz",
        f"/models/rasmodel/model_{DATE}.json.gz",
        "models/rasmodel/model_2026-02-30-00-00-00.json.gz",
        "models/rasmodel/model_٢٠٢٦-03-02-17-04-08.json.gz",
        f"results/rasmodel/model_{DATE}.json.gz",
        "results/rasmodel/latest_model_manager.pkl",
        f"results/rasmodel/results_large_corpus_tests_{DATE}.json",
    ],
)
def test_what_is_no_upload_starts_nothing(key: str) -> None:
    assert parse_upload("emmaa", key, "abc") is None


@given(names, names, rounds)
def test_no_other_object_of_the_cycle_starts_a_run(model: str, corpus: str, date: str) -> None:
    others = [
        s3_layout.config_key(model),
        s3_layout.grounding_map_key(model),
        s3_layout.inbox_key(model, "trips", date[:10], f"model_{date}.json.gz"),
        s3_layout.paper_ids_key(model, date),
        s3_layout.results_key(model, corpus, date),
        s3_layout.paths_key(model, corpus, date),
        s3_layout.latest_paths_key(model, corpus),
        s3_layout.assembled_key(model, date),
        s3_layout.latest_assembled_key(model),
        s3_layout.model_stats_key(model, date),
        s3_layout.corpus_stats_key(model, corpus, date),
        s3_layout.corpus_key(corpus, date),
    ]
    assert [key for key in others if parse_upload("emmaa", key, "abc")] == []


@given(uploads())
def test_airflow_takes_the_run_id(upload: Upload) -> None:
    assert AIRFLOW_RUN_ID.fullmatch(upload.run_id)
    assert ".." not in upload.run_id
    assert len(upload.run_id) <= 250
    # Airflow keeps these prefixes for its own runs.
    assert not upload.run_id.startswith(("scheduled__", "manual__", "backfill__", "asset_"))


def test_the_pattern_of_run_ids_is_the_installed_airflow_s() -> None:
    found = find_spec("airflow")
    assert found is not None
    folders = found.submodule_search_locations or []
    config = Path(folders[0], "config_templates", "config.yml").read_text()
    assert f'default: "^{AIRFLOW_RUN_ID.pattern}$"' in config


@given(uploads())
def test_a_repeated_event_has_the_same_run_id(upload: Upload) -> None:
    again = parse_upload(upload.bucket, upload.key, f'"{upload.etag}"')

    assert again is not None
    assert again.run_id == upload.run_id


@given(uploads(), uploads())
def test_different_objects_have_different_run_ids(one: Upload, other: Upload) -> None:
    same = (one.bucket, one.key, one.etag) == (other.bucket, other.key, other.etag)
    assert (one.run_id == other.run_id) == same


@given(uploads(), etags)
def test_new_content_under_the_same_key_is_a_new_run(upload: Upload, etag: str) -> None:
    again = parse_upload(upload.bucket, upload.key, etag)

    assert again is not None
    assert (again.run_id == upload.run_id) == (etag == upload.etag)


@given(uploads(), st.integers(1, 5), st.integers(0, 5))
def test_content_that_came_back_is_a_run_of_its_own(upload: Upload, one: int, other: int) -> None:
    restored, again = (replace(upload, restored=count) for count in (one, other))

    assert restored.run_id != upload.run_id
    assert (restored.run_id == again.run_id) == (one == other)
    assert restored.conf == upload.conf


@pytest.mark.parametrize(
    ("etags", "count"),
    [("", 0), ("a", 0), ("aaa", 0), ("ab", 0), ("aba", 1), ("aabba", 1), ("abcaba", 2), ("abb", 0)],
)
def test_restorations_of_the_newest_content_are_counted(etags: str, count: int) -> None:
    assert restorations(etags) == count


def test_names_that_look_alike_in_the_run_id_are_told_apart() -> None:
    one, other = (
        parse_upload("emmaa", s3_layout.model_key(model, DATE), "abc") for model in ("a b", "a_b")
    )
    assert one is not None
    assert other is not None
    assert one.run_id.rpartition("__")[0] == other.run_id.rpartition("__")[0]
    assert one.run_id != other.run_id


def test_the_run_id_never_changes_between_versions() -> None:
    """The upload watch of a new version must find the runs that an old Lambda started."""
    upload = parse_upload("emmaa", f"models/rasmodel/model_{DATE}.json.gz", "9b2cf535f27731c9")

    assert upload is not None
    assert upload.run_id == "upload__rasmodel__2026-03-02-17-04-08__2b674ecfd21b078a"


def test_the_conf_names_the_object() -> None:
    key = f"results/rasmodel/model_manager_{DATE}.json.gz"
    upload = parse_upload("emmaa", key, '"abc"')

    assert upload is not None
    assert upload.conf == {
        "model": "rasmodel",
        "date": DATE,
        "bucket": "emmaa",
        "key": key,
        "etag": "abc",
    }
