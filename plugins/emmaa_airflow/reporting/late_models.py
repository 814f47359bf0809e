"""The search for models whose daily cycle is not complete.

Airflow's own deadlines (``DeadlineAlert``) watch one run of one DAG. A model's cycle is a chain of
runs that uploads start: if one run never starts the next, no run fails. So the check looks at the
objects in the bucket.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowSkipException,
)
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
from airflow.utils.state import DagRunState, TaskInstanceState

from emmaa_airflow.aws.bucket_reader import BucketReader, folder_fault
from emmaa_airflow.aws.client import aws_client
from emmaa_airflow.aws.s3_errors import is_refused, refusal
from emmaa_airflow.batch.client import BatchClient
from emmaa_airflow.batch.in_flight import JobInFlight, updates_in_flight
from emmaa_airflow.reporting.schedules import last_start
from emmaa_airflow.runs.dag_names import dag_name
from emmaa_airflow.runs.dag_runs import active_runs, missing_runs
from emmaa_airflow.runs.page_urls import dag_url, run_url
from emmaa_airflow.runs.run_facts import RunFacts
from emmaa_cycle.dates import format_round
from emmaa_cycle.deadline import (
    PIPELINE_DAG,
    Late,
    Progress,
    lateness,
    takes_part,
    wanted_statistics,
)
from emmaa_cycle.errors import InputError
from emmaa_cycle.model_config import ModelConfig
from emmaa_cycle.settings import Settings, load_settings
from emmaa_cycle.uploads import UploadKind

_SHOWN = 25
#: Maximum number of named runs that may have prevented the daily run.
_RUNS_SHOWN = 5

logger = logging.getLogger(__name__)


def check_deadline(run: RunFacts, *, by_hand: bool) -> None:
    """Fail if the daily cycle that began last is not complete.

    A folder with an invalid name, and a model that cannot be checked, are reported as late; all
    others are checked.

    :param by_hand: check even if the cycle has been checked before
    :raises AirflowSkipException: if there is no cycle to check.
    :raises AirflowFailException: if models are late; the message has each model, what it lacks,
        and the run to look at.
    :raises AirflowException: the same, if another try may succeed in checking a model.
    """
    settings = load_settings()
    begun = _cycle(settings, run.moment, by_hand=by_hand)
    reader = BucketReader.of(settings)
    late, unseen = [], False
    for folder in reader.folders():
        try:
            found = _late(reader, folder, begun)
        except Exception as error:
            logger.exception("Model %r cannot be looked at", folder)
            unseen = unseen or not is_refused(error)
            reason = refusal(error) if is_refused(error) else f"{type(error).__name__}: {error}"
            found = Late(folder, f"it cannot be looked at: {reason}")
        late += [found] if found else []
    if late:
        failure = AirflowException if unseen else AirflowFailException
        raise failure("\n".join(_message(settings, late, begun)))


def _cycle(settings: Settings, moment: datetime, *, by_hand: bool) -> datetime:
    """Return the start of the cycle to check."""
    if RuntimeTaskInstance.get_dr_count(dag_id=PIPELINE_DAG) == 0:
        raise AirflowSkipException(f"{dag_name(PIPELINE_DAG)} has never run")
    schedule = settings.schedule
    if not schedule.update_pipeline:
        raise AirflowSkipException(
            f"{dag_name(PIPELINE_DAG)} has no schedule (schedule.update_pipeline),"
            " so no cycle is due"
        )
    begun = last_start(schedule.update_pipeline, schedule.timezone, moment)
    if by_hand or not settings.deadline.cron:
        return begun
    due = last_start(settings.deadline.cron, schedule.timezone, moment)
    # In UTC, because on a day of clock change local times cannot be compared or subtracted.
    earlier = due.astimezone(UTC) - timedelta(seconds=1)
    before = last_start(settings.deadline.cron, schedule.timezone, earlier)
    if begun.astimezone(UTC) <= before.astimezone(UTC):
        raise AirflowSkipException(f"no daily cycle has begun since the last look, {before}")
    return begun


def _late(reader: BucketReader, folder: str, begun: datetime) -> Late | None:
    if fault := folder_fault(folder):
        return Late(folder, fault)
    try:
        config = reader.config(folder)
        if not takes_part(config):
            return None
        return lateness(config, folder, begun, _progress(reader, config, folder, begun))
    except InputError as error:
        return Late(folder, str(error))


def _progress(reader: BucketReader, config: ModelConfig, model: str, begun: datetime) -> Progress:
    since = format_round(begun)
    managers = [u for u, _ in reader.uploads_since(UploadKind.MODEL_MANAGER, model, since)]
    if managers:
        wanted = {u: wanted_statistics(config, model, u.round_date) for u in managers}
        lacking = {u: [k for k in keys if not reader.exists(k)] for u, keys in wanted.items()}
        return Progress(rounds=list(lacking.items()))
    return Progress(models=[u for u, _ in reader.uploads_since(UploadKind.MODEL, model, since)])


def _message(settings: Settings, late: list[Late], begun: datetime) -> list[str]:
    models = "1 model has" if len(late) == 1 else f"{len(late)} models have"
    lines = [f"{models} not completed the daily cycle that began at {begun}:"]
    lines += _not_started(begun)
    waiting = any(item.dag_id == PIPELINE_DAG for item in late[:_SHOWN])
    updates = _updates(settings) if waiting else {}
    lines += [
        f"{item.model}: {item.missing}. {_run(item, updates)}".rstrip() for item in late[:_SHOWN]
    ]
    if rest := late[_SHOWN:]:
        lines.append(f"and {len(rest)} more: {', '.join(item.model for item in rest)}")
    return lines


def _not_started(begun: datetime) -> list[str]:
    """Return why the pipeline has no run of the cycle; empty if it has one."""
    if RuntimeTaskInstance.get_dr_count(dag_id=PIPELINE_DAG, logical_dates=[begun]):
        return []
    text = f"{dag_name(PIPELINE_DAG)} was not started then"
    try:
        paused = RuntimeTaskInstance.get_dag(PIPELINE_DAG).is_paused
        active = [] if paused else active_runs(PIPELINE_DAG, last_task="outcome")
    except Exception as error:  # noqa: BLE001 - the late models are reported all the same
        logger.warning("The state of %s is not known: %s", PIPELINE_DAG, error)
        return [f"{text}; is it paused? {dag_url(PIPELINE_DAG)}"]
    if paused:
        return [f"{text}: it is paused. Switch it on: {dag_url(PIPELINE_DAG)}"]
    if active:
        urls = ", ".join(run_url(PIPELINE_DAG, run_id) for run_id in active[:_RUNS_SHOWN])
        more = f" and {len(active) - _RUNS_SHOWN} more" if len(active) > _RUNS_SHOWN else ""
        return [f"{text}. Its active runs may block it: {urls}{more}"]
    return [f"{text}: Airflow's scheduler was away, or the DAG paused. {dag_url(PIPELINE_DAG)}"]


def _updates(settings: Settings) -> Mapping[str, JobInFlight]:
    """Return the updates in flight, or none if Batch does not answer."""
    queues = {target.queue for target in settings.batch.targets.values()}
    try:
        return updates_in_flight(BatchClient(aws_client("batch", settings.aws_region)), queues)
    except Exception as error:  # noqa: BLE001 - as it says
        logger.warning("The updates in flight are not known: %s", error)
        return {}


def _run(late: Late, updates: Mapping[str, JobInFlight]) -> str:
    """Return the state of the run that should have made the missing objects."""
    if not late.dag_id:
        return ""
    if late.dag_id == PIPELINE_DAG and (update := updates.get(late.model)):
        where = f": {run_url(update.dag_id, update.run_id)}" if update.run_id else ""
        return f"Its update is in flight, {update}{where}"
    if missing_runs(late.dag_id, [late.run_id]):
        if late.dag_id == PIPELINE_DAG:
            return f"See {dag_url(PIPELINE_DAG)}"
        return f"No run of {dag_name(late.dag_id)} was started for it"
    found = RuntimeTaskInstance.get_dagrun_state(dag_id=late.dag_id, run_id=late.run_id)
    state = DagRunState(found).value + _failures_in(late, found)
    return f"Its run of {dag_name(late.dag_id)} is {state}: {run_url(late.dag_id, late.run_id)}"


def _failures_in(late: Late, state: str) -> str:
    """Count the failed tasks of a running run, which it reports only at its end."""
    if state != DagRunState.RUNNING:
        return ""
    failed = RuntimeTaskInstance.get_ti_count(
        dag_id=late.dag_id, run_ids=[late.run_id], states=[TaskInstanceState.FAILED.value]
    )
    return f", with {failed} failed task{'' if failed == 1 else 's'}" if failed else ""
