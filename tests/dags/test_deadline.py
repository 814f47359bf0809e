"""The deadline: which models are late, and that operators can tell from the message what to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowSkipException,
)
from airflow.utils.state import DagRunState

from emmaa_airflow.aws.bucket_reader import BucketReader
from emmaa_airflow.batch.in_flight import JobInFlight
from emmaa_airflow.reporting import late_models
from emmaa_airflow.reporting.schedules import last_start
from emmaa_airflow.runs.run_facts import RunFacts
from emmaa_cycle.daily import daily_run_id
from emmaa_cycle.s3_layout import corpus_stats_key, model_stats_key
from emmaa_cycle.settings import load_settings
from emmaa_cycle.uploads import Upload, UploadKind
from tests.dags.airflow_runs import NOON, Runs
from tests.dags.bucket_store import Store
from tests.dags.world import World

MIDNIGHT = datetime(2026, 3, 6, 5, tzinfo=UTC)
STATE = "2026-03-05-17-00-10"
BEFORE = "2026-03-05-16-59-59"


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    runs = Runs()
    for module in ("reporting.late_models", "runs.dag_runs"):
        monkeypatch.setattr(f"emmaa_airflow.{module}.RuntimeTaskInstance", runs)
    return runs


@pytest.fixture
def store(aws: str) -> Store:
    store = Store(aws)
    for model, flag in (("marm", "run_daily_update"), ("ras", "run_daily_tests")):
        body = f'{{"search_terms": [], "{flag}": true, "test": {{"test_corpus": ["a", "b"]}}}}'
        store.put(f"models/{model}/config.json", body=body.encode())
    store.put("models/idle/config.json", body=b'{"search_terms": []}')
    return store


def put_round(store: Store, model: str, date: str = STATE, *stats: str) -> None:
    store.put(f"results/{model}/model_manager_{date}.json.gz")
    for name in stats:
        key = model_stats_key(model, date) if name == "model" else ""
        store.put(key or corpus_stats_key(model, name, date))


def through(store: Store, *models: str) -> None:
    for model in models:
        put_round(store, model, STATE, "model", "a", "b")


def check(moment: datetime = MIDNIGHT, *, by_hand: bool = False) -> str:
    """Return the error of the check; empty if it finds nothing."""
    try:
        late_models.check_deadline(RunFacts("scheduled__1", moment), by_hand=by_hand)
    except AirflowSkipException:
        raise
    except AirflowException as error:
        return str(error)
    return ""


def test_models_that_are_through_or_take_no_part_are_not_late(store: Store, runs: Runs) -> None:
    through(store, "marm", "ras")
    assert check() == ""


def test_a_complete_round_counts_although_a_later_one_has_just_begun(
    store: Store, runs: Runs
) -> None:
    through(store, "marm", "ras")
    put_round(store, "marm", "2026-03-06-04-59-00")
    assert check() == ""


def test_yesterdays_round_does_not_count(store: Store, runs: Runs) -> None:
    through(store, "ras")
    put_round(store, "marm", BEFORE, "model", "a", "b")
    assert check().splitlines() == [
        f"1 model has not completed the daily cycle that began at {last_noon()}:",
        "marm: no state since 2026-03-05-17-00-00."
        " See http://localhost:8080/dags/emmaa_update_pipeline",
    ]
    runs.states["emmaa_update_pipeline", "scheduled__2026-03-05T17:00:00+00:00"] = (
        DagRunState.FAILED
    )
    assert "Its run of EMMAA 1: daily update (emmaa_update_pipeline) is failed: http" in check()


@pytest.mark.parametrize(
    ("failed", "said"),
    [(0, "running"), (1, "running, with 1 failed task"), (2, "running, with 2 failed tasks")],
)
def test_what_has_failed_in_a_daily_run_that_goes_on_is_said(
    store: Store, runs: Runs, failed: int, said: str
) -> None:
    """The run itself reports it when the update of its slowest model has ended."""
    through(store, "ras")
    run_id = "scheduled__2026-03-05T17:00:00+00:00"
    runs.states["emmaa_update_pipeline", run_id] = DagRunState.RUNNING
    runs.failed[run_id] = failed
    assert f"EMMAA 1: daily update (emmaa_update_pipeline) is {said}: http" in check()


@pytest.mark.parametrize("by_hand", [False, True])
def test_without_a_schedule_no_cycle_is_due(
    store: Store, runs: Runs, monkeypatch: pytest.MonkeyPatch, by_hand: bool
) -> None:
    monkeypatch.setenv("EMMAA_SCHEDULE__UPDATE_PIPELINE", "never")
    load_settings.cache_clear()
    with pytest.raises(AirflowSkipException, match=r"schedule\.update_pipeline"):
        check(by_hand=by_hand)


def last_noon() -> datetime:
    return last_start("0 12 * * *", "EST", MIDNIGHT)


def upload(store: Store, kind: UploadKind, key: str) -> Upload:
    etag = store.client.head_object(Bucket=store.bucket, Key=key)["ETag"].strip('"')
    return Upload(store.bucket, key, etag, kind, "marm", STATE)


def test_what_is_missing_is_named_with_the_run_that_should_have_made_it(
    store: Store, runs: Runs
) -> None:
    store.put(f"models/marm/model_{STATE}.json.gz")
    assembling = upload(store, UploadKind.MODEL, f"models/marm/model_{STATE}.json.gz").run_id
    runs.states["emmaa_mm_update", assembling] = DagRunState.RUNNING
    runs.states["emmaa_mm_update", daily_run_id("ras", NOON)] = DagRunState.FAILED
    _, marm, ras = check().splitlines()
    page = "http://localhost:8080/dags/emmaa_mm_update/runs"
    assert marm == (
        f"marm: no model manager of models/marm/model_{STATE}.json.gz."
        f" Its run of EMMAA 2: model manager (emmaa_mm_update) is running: {page}/{assembling}"
    )
    assert ras == (
        "ras: no model manager. Its run of EMMAA 2: model manager (emmaa_mm_update) is failed:"
        f" {page}/{daily_run_id('ras', NOON)}"
    )


def test_a_lost_link_of_the_chain_is_told_as_such(store: Store, runs: Runs) -> None:
    through(store, "ras")
    put_round(store, "marm", STATE, "model", "b")
    (_, marm) = check().splitlines()
    assert marm == (
        f"marm: no stats/marm/test_stats_a_{STATE}.json."
        " No run of EMMAA 3: after an update (emmaa_after_update) was started for it"
    )


def test_a_config_that_cannot_be_read_is_late_too(store: Store, runs: Runs) -> None:
    through(store, "marm", "ras")
    store.put("models/idle/config.json", body=b'{"run_daily_update": "yes"}')
    (_, idle) = check().splitlines()
    assert idle.startswith("idle: model 'idle', models/idle/config.json: field")


@pytest.mark.parametrize(
    ("paused", "active", "said"),
    [
        (True, 0, "it is paused. Switch it on: http"),
        (False, 1, "Its active runs may block it: http"),
        (False, 5, "Its active runs may block it: http"),
        (False, 7, "Its active runs may block it: http"),
        (False, 0, "Airflow's scheduler was away"),
    ],
)
def test_why_the_pipeline_was_not_started_is_told_first(
    store: Store, runs: Runs, paused: bool, active: int, said: str
) -> None:
    runs.dates["emmaa_update_pipeline"] = [NOON - timedelta(days=1)]
    runs.paused = paused
    for number in range(active):
        runs.states["emmaa_update_pipeline", f"manual__{number + 1}"] = DagRunState.RUNNING
    lines = check().splitlines()
    name = "EMMAA 1: daily update (emmaa_update_pipeline)"
    assert f"{name} was not started then: {said}" in lines[1].replace(". Its", ": Its")
    assert lines[1].count("runs/manual__") == min(active, 5)
    assert lines[1].partition(" and ")[2] == ("2 more" if active == 7 else "")
    assert len(lines) == 4


def test_a_folder_that_no_model_can_have_costs_itself_alone(store: Store, runs: Runs) -> None:
    through(store, "ras")
    store.put("models/-bad/config.json")
    _, bad, marm = check().splitlines()
    assert bad.startswith("-bad: model name '-bad' starts with a dash")
    assert "rename or remove the folder 'models/-bad/'" in bad
    assert marm.startswith("marm: no state since")


@pytest.mark.parametrize(
    ("code", "status", "passes"), [("AccessDenied", 403, False), ("InternalError", 500, True)]
)
@pytest.mark.parametrize("operation", ["get_object", "head_object", "list_objects_v2"])
def test_a_model_that_s3_does_not_show_costs_itself_alone(
    store: Store,
    runs: Runs,
    monkeypatch: pytest.MonkeyPatch,
    operation: str,
    code: str,
    status: int,
    passes: bool,
) -> None:
    through(store, "ras", "marm")

    def refuse(model: Any, params: dict[str, Any], **_: Any) -> Any:
        where = str(params["url_path"]) + str(params["query_string"])
        if model.name.lower() == operation.replace("_", "") and "marm" in where:
            response = SimpleNamespace(status_code=status, headers={}, raw=None, content=b"")
            error = {"Code": code, "Message": "because"}
            return response, {"Error": error, "ResponseMetadata": {"HTTPStatusCode": status}}
        return None

    client = store.client
    client.meta.events.register("before-call.s3", refuse)
    monkeypatch.setattr(BucketReader, "of", lambda _: BucketReader(store.bucket, client))
    with pytest.raises(AirflowException) as raised:
        late_models.check_deadline(RunFacts("scheduled__1", MIDNIGHT), by_hand=False)
    (_, marm) = str(raised.value).splitlines()
    assert marm.startswith("marm: ")
    assert code in marm
    assert isinstance(raised.value, AirflowFailException) != passes  # what passes is tried again


def test_an_update_in_flight_is_named_with_its_run_and_batchs_reason(
    store: Store, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    through(store, "ras")
    dag = "emmaa_update_pipeline"
    job = JobInFlight("1", "marm_update_x", "RUNNABLE", "CAPACITY:X", "marm", "", dag, "yesterday")
    monkeypatch.setattr(late_models, "updates_in_flight", lambda *_: {"marm": job})
    (_, marm) = check().splitlines()
    assert marm == (
        "marm: no state since 2026-03-05-17-00-00. Its update is in flight, Batch job marm_update_x"
        " (1) of run yesterday is RUNNABLE (CAPACITY:X):"
        " http://localhost:8080/dags/emmaa_update_pipeline/runs/yesterday"
    )


def test_before_the_first_cycle_nothing_is_late(store: Store, runs: Runs) -> None:
    runs.states.clear()
    with pytest.raises(AirflowSkipException, match="has never run"):
        check()


def test_a_cycle_is_looked_at_once(
    store: Store, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMMAA_SCHEDULE__UPDATE_PIPELINE", "0 12 * * 1-5")
    saturday = datetime(2026, 3, 7, 5, tzinfo=UTC)  # Friday's midnight: looks at Friday's cycle
    runs.dates["emmaa_update_pipeline"].append(saturday - timedelta(hours=12))
    assert "2026-03-06" in check(saturday)
    for days in (1, 2):
        with pytest.raises(AirflowSkipException, match="since the last look"):
            check(saturday + timedelta(days=days))
    assert "2026-03-06" in check(saturday + timedelta(days=2), by_hand=True)


def test_a_cycle_that_begins_at_its_deadline_is_looked_at_once(
    store: Store, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMMAA_SCHEDULE__UPDATE_PIPELINE", "0 0 * * 6")
    saturday = datetime(2026, 3, 7, 5, tzinfo=UTC)
    runs.dates["emmaa_update_pipeline"].append(saturday)
    assert "2026-03-07" in check(saturday)
    with pytest.raises(AirflowSkipException, match="since the last look"):
        check(saturday + timedelta(days=1))


def test_the_dag_tells_of_late_models(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.put_model("marm", run_daily_tests=True)
    world.run("emmaa_update_pipeline", models=["marm"])
    run: Any = world.run("emmaa_deadline", moment=datetime(2030, 1, 2, tzinfo=UTC))
    assert run.tasks == {"check": "failed", "outcome": "failed"}
    assert run.notes["outcome"] == "failed: check"
    assert (
        "marm: no model manager. No run of EMMAA 2: model manager (emmaa_mm_update) was started"
        in run.notes["check"]
    )
