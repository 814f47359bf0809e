"""A round goes on with the config that it began with."""

from __future__ import annotations

import gzip
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from hypothesis import given
from hypothesis import strategies as st

from emmaa_airflow.planning import tasks
from emmaa_airflow.planning.round_config import config_of_record
from emmaa_airflow.runs.run_facts import RunFacts
from emmaa_cycle.plan import Plan
from emmaa_cycle.resources import ResourceClass
from emmaa_cycle.s3_layout import config_key, model_key, model_manager_key
from emmaa_cycle.settings import load_settings
from emmaa_cycle.stages import Stage
from tests.dags.bucket_store import OLD, Store

KEY, MODEL = model_manager_key("marm", OLD), model_key("marm", OLD)
RUN = RunFacts("run", datetime(2026, 3, 2, 17, tzinfo=UTC))
PARAMS = {"model": "marm", "date": None, "test_corpora": None, "stages": None, "notify": None}
BY_UPLOAD = {**PARAMS, "key": KEY, "etag": "1"}


@pytest.fixture
def store(aws: str) -> Store:
    load_settings.cache_clear()
    return Store(aws)


def config(*corpora: str, **fields: Any) -> dict[str, Any]:
    return {"search_terms": [], "test": {"test_corpus": list(corpora)}, **fields}


def record(config: Any, **fields: Any) -> bytes:
    """Return a manager's record as the jobs write it."""
    start = {"model": "marm", "date_str": OLD, "model_date": OLD, "mc_types": ["pysb"]}
    rest = {"entities": [{"name": "A"}] * 2000, "paper_ids": ["1"], "format": 1}
    return gzip.compress(json.dumps({**start, "config": config, **rest, **fields}).encode())


def corpora_of(params: dict[str, Any]) -> list[str]:
    return [plan.corpus for plan in tasks.plan_after_update(params).corpora]


@pytest.mark.parametrize("saved", [b"{", b'{"search_terms": [], "make_tests": "often"}', None])
def test_a_config_that_is_broken_in_mid_round_breaks_the_next_round(
    store: Store, saved: bytes | None
) -> None:
    store.put(KEY, body=record(config("a_tests", "b_tests")))
    if saved is not None:
        store.put(config_key("marm"), body=saved)
    assert corpora_of(BY_UPLOAD) == ["a_tests", "b_tests"]


def test_a_round_has_the_corpora_that_it_began_with_and_what_a_person_starts_the_newest(
    store: Store,
) -> None:
    store.put(KEY, body=record(config("a_tests")))
    store.put(config_key("marm"), body=json.dumps(config("a_tests", "new_tests")).encode())
    assert corpora_of(BY_UPLOAD) == ["a_tests"]
    assert corpora_of({**PARAMS, "key": None, "etag": None}) == ["a_tests", "new_tests"]


def test_more_memory_helps_the_round_that_ran_out_of_it(store: Store) -> None:
    large = {"resource_class": {"tests": "large"}}
    store.put(KEY, body=record(config("a_tests")))
    store.put(config_key("marm"), body=json.dumps(config("a_tests", batch=large)).encode())
    (plan,) = tasks.plan_after_update(BY_UPLOAD).corpora
    target = load_settings().batch.targets[ResourceClass.LARGE]
    assert plan.jobs[Stage.TESTS].queue == target.queue


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", gzip.compress(b"{}"), gzip.compress(b'{"config": '), record([1]), record(None)],
    ids=["empty", "not gzipped", "another record", "cut off", "a list", "null"],
)
def test_a_manager_without_a_config_has_the_present_one(store: Store, body: bytes) -> None:
    store.put(KEY, body=body)
    store.put(config_key("marm"), body=json.dumps(config("present_tests")).encode())
    assert corpora_of(BY_UPLOAD) == ["present_tests"]


def test_an_upload_to_another_bucket_is_refused(store: Store) -> None:
    """An event that reaches the wrong deployment makes no round there."""
    store.put(KEY, MODEL)
    store.put(config_key("marm"), body=json.dumps(config()).encode())
    tasks.plan_after_update({**BY_UPLOAD, "bucket": store.bucket})
    with pytest.raises(AirflowFailException, match="is in the bucket 'elsewhere', but"):
        tasks.plan_after_update({**BY_UPLOAD, "bucket": "elsewhere"})
    with pytest.raises(AirflowFailException, match="is in the bucket 'elsewhere', but"):
        tasks.plan_mm_update({**PARAMS, "key": MODEL, "etag": "1", "bucket": "elsewhere"}, RUN)


def versions(store: Store, *configs: dict[str, Any]) -> list[str]:
    """Save a model's config again and again, and return the versions that S3 gives them."""
    enabled = {"Status": "Enabled"}
    store.client.put_bucket_versioning(Bucket=store.bucket, VersioningConfiguration=enabled)
    where = {"Bucket": store.bucket, "Key": config_key("marm")}
    bodies = [json.dumps(config).encode() for config in configs]
    return [store.client.put_object(**where, Body=body)["VersionId"] for body in bodies]


def test_update_and_assembly_keep_the_version_of_the_config_that_their_plan_read(
    store: Store,
) -> None:
    store.put(MODEL)
    _, newest = versions(store, config(), config(run_daily_update=True))
    daily = tasks.plan_model("marm", PARAMS, RUN)
    assembly = tasks.plan_mm_update({**PARAMS, "key": MODEL, "etag": "1"}, RUN)
    for plan, stage in ((daily.plan, Stage.MODEL_UPDATE), (assembly, Stage.MM_UPDATE)):
        assert Plan.from_json(plan.to_json()).jobs[stage].config_version == newest


def test_a_bucket_without_versions_pins_none(store: Store) -> None:
    store.put(MODEL)
    store.put(config_key("marm"), body=json.dumps(config()).encode())
    plan = tasks.plan_mm_update({**PARAMS, "key": MODEL, "etag": "1"}, RUN)
    assert plan.jobs[Stage.MM_UPDATE].config_version == ""


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


class InPieces(io.BytesIO):
    """A stream that gives a few bytes at a time."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(7)


@given(config=st.dictionaries(st.text(), VALUES), model=st.text(), ascii_only=st.booleans())
def test_the_config_is_read_whole_whatever_it_holds(
    config: dict[str, Any], model: str, ascii_only: bool
) -> None:
    document = {"model": f'{model}", "config": {{}}', "config": config, "paper_ids": []}
    text = json.dumps(document, ensure_ascii=ascii_only)
    body = gzip.compress(text.encode("utf-8", "surrogatepass" if ascii_only else "strict"))
    assert config_of_record(InPieces(body)) == config


def test_a_config_that_is_nested_too_deeply_is_none() -> None:
    body = gzip.compress(b'{"config": ' + b"[" * 200_000)
    with pytest.raises(ValueError, match="too deeply"):
        config_of_record(io.BytesIO(body))
