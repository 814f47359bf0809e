"""The order of a model's updates: one after another, and days of a backfill by date.

An update builds on the newest state that it finds, so one of two simultaneous updates would be
lost. Batch shows the jobs in flight (:mod:`emmaa_airflow.batch.rivals`). This module finds what
Batch does not show: days of a backfill that have not submitted their job yet.

A day waits only for earlier days, or for a job that will end, so no two wait for each other. It
waits only for *running* days: a cleared run of a cancelled backfill stays queued forever
(apache/airflow#72337), and a queued run of another backfill waits for its own turn.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException, AirflowRescheduleException

from emmaa_airflow.aws.bucket_reader import BucketReader
from emmaa_airflow.aws.client import aws_client
from emmaa_airflow.batch.client import BatchClient
from emmaa_airflow.batch.identity import task_digest_of
from emmaa_airflow.batch.in_flight import JobInFlight, jobs_in_flight
from emmaa_airflow.batch.outcome import UNFINISHED
from emmaa_airflow.runs.dag_runs import earlier_running_runs
from emmaa_airflow.runs.task_states import DONE
from emmaa_cycle.batch_job import update_names
from emmaa_cycle.settings import load_settings
from emmaa_cycle.stages import STAGES, Stage
from emmaa_cycle.uploads import UploadKind

if TYPE_CHECKING:
    from emmaa_cycle.batch_job import BatchJob

#: The tasks of ``emmaa_update_pipeline`` that make an update.
LIST_TASK = "list_models"
MODEL_TASKS = ("model.plan", "model.run_model_update")
_SHORTEST = timedelta(seconds=30)
_LONGEST = timedelta(minutes=10)
#: An update ends within ``batch.total_seconds``, and so does every wait. This is a second limit, in
#: case Airflow does not continue an earlier day that it reports as running.
LONGEST_WAIT = timedelta(days=7)

logger = logging.getLogger(__name__)


def is_backfill(context: Any) -> bool:
    """Return whether a task's run is a day of a backfill."""
    dag_run = context.get("dag_run")
    return dag_run is not None and dag_run.run_type == "backfill"


def next_look(context: Any) -> datetime:
    """Return the time of a waiting task's next check; the interval grows with the wait.

    :raises AirflowFailException: after :data:`LONGEST_WAIT`.
    """
    now = datetime.now(UTC)
    first = context["ti"].get_first_reschedule_date(context) or now
    if now - first > LONGEST_WAIT:
        raise AirflowFailException(
            f"this day has waited since {first:%Y-%m-%d %H:%M}; the log says for what. End that,"
            " and clear this task with what follows it"
        )
    return now + min(max((now - first) / 10, _SHORTEST), _LONGEST)


def await_turn(model: str, context: Any) -> None:
    """Let a day of a backfill proceed to a model's update when its turn has come.

    Any other run does not wait: it skips the model's update if one is in flight.

    :raises AirflowRescheduleException: if it has to wait, which occupies no worker.
    """
    if not is_backfill(context):
        return
    ti = context["ti"]
    reason = _earlier_day(model, ti, context["dag_run"].logical_date)
    if not reason and (update := _update_in_flight(model)):
        reason = str(update)
    if reason:
        logger.info("Waiting: %s", reason)
        raise AirflowRescheduleException(next_look(context))


def check_no_newer_state(stage: Stage, model: str, job: BatchJob) -> None:
    """Refuse an update whose planned date is before the newest state of the model.

    Its state would be older than the newest one, so no later update would build on it.

    :raises AirflowFailException: if there is a newer state; the message names it.
    """
    settings = load_settings()
    if stage is not Stage.MODEL_UPDATE or settings.launcher.image != "own":
        return  # the existing image itself chooses dates
    planned = job.tags["round"]
    for upload, _ in BucketReader.of(settings).uploads_since(UploadKind.MODEL, model, planned):
        if upload.round_date > planned:
            raise AirflowFailException(
                f"model {model!r} has a newer state, {upload.key}, than the one that this update"
                f" was planned to make, of {planned}: clear model.plan of this model with what"
                " follows it (Downstream), so that the update adds to the newest state"
            )


def _earlier_day(model: str, ti: Any, day: datetime) -> str:
    for run_id in earlier_running_runs(ti.dag_id, day):
        models = ti.xcom_pull(task_ids=LIST_TASK, run_id=run_id, map_indexes=None)
        if models is None:
            states = ti.get_task_states(dag_id=ti.dag_id, task_ids=[LIST_TASK], run_ids=[run_id])
            if states.get(run_id, {}).get(LIST_TASK) in DONE:
                continue  # it has failed, or there are no models
            return f"the run of an earlier day has not listed its models yet, {run_id}"
        if model in models and not _is_done(ti, run_id, models.index(model)):
            return f"the run of an earlier day has not updated the model yet, {run_id}"
    return ""


def _is_done(ti: Any, run_id: str, index: int) -> bool:
    states: Mapping[str, Mapping[str, str | None]] = ti.get_task_states(
        dag_id=ti.dag_id, task_ids=list(MODEL_TASKS), run_ids=[run_id], map_index=index
    )
    tasks = states.get(run_id, {})
    return all(tasks.get(f"{task_id}_{index}") in DONE for task_id in MODEL_TASKS)


def _update_in_flight(model: str) -> JobInFlight | None:
    """Find a model's update that is in flight, by one listing per queue."""
    settings = load_settings()
    batch = BatchClient(aws_client("batch", settings.aws_region))
    ids = [
        job["jobId"]
        for queue in sorted({target.queue for target in settings.batch.targets.values()})
        for job in batch.named(queue, update_names(model))
        if job["status"] in UNFINISHED and task_digest_of(job["jobName"])
    ]
    purpose = STAGES[Stage.MODEL_UPDATE].purpose
    found = (job for job in jobs_in_flight(batch, ids) if job.purpose == purpose)
    return next((job for job in found if job.model == model), None)
