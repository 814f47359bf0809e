"""Tests of the planning tasks' decisions, on the embedded AWS."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from emmaa_airflow.planning import tasks
from emmaa_airflow.runs.run_facts import RunFacts
from emmaa_cycle.origin import Origin
from emmaa_cycle.s3_layout import model_key, model_manager_key
from emmaa_cycle.stages import Stage
from tests.dags.bucket_store import NEW, OLD, Store

NOON = datetime(2026, 3, 5, 17, tzinfo=UTC)
RUN = RunFacts("manual__1", NOON)


@pytest.fixture
def store(aws: str) -> Store:
    store = Store(aws)
    store.put("models/marm/config.json", body=b'{"search_terms": [], "run_daily_update": true}')
    store.put(model_key("marm", OLD), model_key("marm", NEW), model_manager_key("marm", OLD))
    return store


def params(**given: Any) -> dict[str, Any]:
    empty = dict.fromkeys(("date", "notify", "bucket", "key", "etag", "test_corpora", "stages"))
    return {"model": "marm", "models": [], **empty, **given}


def test_the_named_models_are_run_in_the_buckets_order(store: Store) -> None:
    store.put("models/aaa/config.json", "models/zzz/config.json")
    assert tasks.list_models(params()) == ["aaa", "marm", "zzz"]
    assert tasks.list_models(params(models=["zzz", "aaa"])) == ["aaa", "zzz"]


def test_a_model_that_is_not_there_fails_with_those_that_are(store: Store) -> None:
    with pytest.raises(AirflowFailException, match=r"no such model: 'typo'.*marm"):
        tasks.list_models(params(models=["marm", "typo"]))


@pytest.mark.parametrize(
    ("chosen", "backfill", "notify"),
    [(None, False, True), (None, True, False), (True, True, True), (False, False, False)],
)
def test_a_backfill_tells_nobody_unless_it_is_asked_to(
    store: Store, chosen: bool | None, backfill: bool, notify: bool
) -> None:
    run = RunFacts("backfill__1", NOON, NOON, is_backfill=backfill)
    assert tasks.plan_model("marm", params(notify=chosen), run).plan.notify is notify


def test_a_day_of_the_past_is_read_up_to_its_own_day(store: Store) -> None:
    run = RunFacts("backfill__1", NOON, datetime(2025, 12, 24, 17, tzinfo=UTC), is_backfill=True)
    command = tasks.plan_model("marm", params(), run).plan.jobs[Stage.MODEL_UPDATE].command
    assert command[-2:] == ["--until", "2025-12-24"]
    assert command[command.index("--date-str") + 1] > NEW  # the new state is the newest


def round_and_model(plan: Any) -> tuple[str, str]:
    command = plan.jobs[Stage.MM_UPDATE].command
    flags = ("--date-str", "--model-date")
    first, second = (command[command.index(flag) + 1] for flag in flags)
    return first, second


def test_a_run_by_hand_makes_a_new_round_of_the_newest_model(store: Store) -> None:
    assert round_and_model(tasks.plan_mm_update(params(), RUN)) == ("2026-03-05-17-00-00", NEW)


def test_a_run_by_hand_may_name_another_state_of_the_model(store: Store) -> None:
    plan = tasks.plan_mm_update(params(date=OLD), RUN)
    assert round_and_model(plan) == ("2026-03-05-17-00-00", OLD)


def test_a_second_run_of_the_same_second_makes_a_round_of_its_own(store: Store) -> None:
    key = model_manager_key("marm", "2026-03-05-17-00-00")
    store.put(key, origin=Origin("emmaa_mm_update", "manual__1"))
    first, second = (
        round_and_model(tasks.plan_mm_update(params(), RunFacts(run_id, NOON)))[0]
        for run_id in ("manual__1", "manual__2")
    )
    assert (first, second) == ("2026-03-05-17-00-00", "2026-03-05-17-00-01")


def test_what_the_upload_says_holds_unless_the_run_says_otherwise(store: Store) -> None:
    silent = Origin("emmaa_update_pipeline", "backfill__1", notify=False)
    store.put(model_key("marm", NEW), model_manager_key("marm", NEW), origin=silent)
    assert not tasks.plan_mm_update(params(), RUN).notify
    assert not tasks.plan_after_update(params()).plan.notify
    assert tasks.plan_mm_update(params(notify=True), RUN).notify
    assert tasks.plan_after_update(params(date=OLD)).plan.notify


@pytest.mark.parametrize(
    "key", [model_key("other", NEW), model_manager_key("marm", NEW), "models/marm/config.json"]
)
def test_an_upload_that_is_not_the_models_is_refused(store: Store, key: str) -> None:
    with pytest.raises(AirflowFailException, match=r"is not that of a model of the model 'marm'"):
        tasks.plan_mm_update(params(key=key, date=NEW), RUN)


def test_a_round_by_hand_is_the_newest_or_the_named_one(store: Store) -> None:
    store.put(model_manager_key("marm", NEW))
    assert tasks.plan_after_update(params()).round_date == NEW
    assert tasks.plan_after_update(params(date=OLD)).round_date == OLD
