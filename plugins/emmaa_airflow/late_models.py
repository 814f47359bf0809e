"""Looks which models' daily cycles are not through.

Airflow's own deadlines (``DeadlineAlert``) watch one run of one DAG. A model's cycle is a chain of
runs that uploads start, so a lost link would be no run's fault: what counts is what is in the
bucket.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
from airflow.utils.state import DagRunState

from emmaa_airflow.bucket_reader import BucketReader
from emmaa_airflow.planning import RunFacts
from emmaa_airflow.runs import missing_runs
from emmaa_airflow.schedules import last_start
from emmaa_airflow.ui_links import dag_url, run_url
from emmaa_cycle.dates import format_round
from emmaa_cycle.deadline import (
    PIPELINE_DAG,
    Late,
    Progress,
    lateness,
    takes_part,
    wanted_statistics,
)
from emmaa_cycle.errors import ModelConfigError
from emmaa_cycle.model_config import ModelConfig
from emmaa_cycle.settings import Settings, load_settings
from emmaa_cycle.uploads import UploadKind

_SHOWN = 25


def check_deadline(run: RunFacts, *, by_hand: bool) -> None:
    """Fail if the daily cycle that began last is not through.

    :param by_hand: look although the cycle has been looked at before
    :raises AirflowSkipException: if there is no cycle to look at.
    :raises AirflowFailException: naming each late model, what it lacks, and the run to look at.
    """
    settings = load_settings()
    begun = _cycle(settings, run.moment, by_hand=by_hand)
    reader = BucketReader.of(settings)
    late = [found for model in reader.models() if (found := _late(reader, model, begun))]
    if late:
        raise AirflowFailException("\n".join(_message(late, begun)))


def _cycle(settings: Settings, moment: datetime, *, by_hand: bool) -> datetime:
    """When the cycle to look at began."""
    if RuntimeTaskInstance.get_dr_count(dag_id=PIPELINE_DAG) == 0:
        raise AirflowSkipException(f"{PIPELINE_DAG} has never run")
    schedule = settings.schedule
    if not schedule.update_pipeline:
        raise AirflowSkipException(
            f"{PIPELINE_DAG} has no schedule (schedule.update_pipeline), so no cycle is due"
        )
    begun = last_start(schedule.update_pipeline, schedule.timezone, moment)
    if by_hand or not settings.deadline.cron:
        return begun
    due = last_start(settings.deadline.cron, schedule.timezone, moment)
    before = last_start(settings.deadline.cron, schedule.timezone, due - timedelta(seconds=1))
    if begun <= before:
        raise AirflowSkipException(f"no daily cycle has begun since the last look, {before}")
    return begun


def _late(reader: BucketReader, model: str, begun: datetime) -> Late | None:
    try:
        config = reader.config(model)
    except ModelConfigError as error:
        return Late(model, str(error))
    if not takes_part(config):
        return None
    return lateness(config, model, begun, _progress(reader, config, model, begun))


def _progress(reader: BucketReader, config: ModelConfig, model: str, begun: datetime) -> Progress:
    since = format_round(begun)
    managers = [u for u, _ in reader.uploads_since(UploadKind.MODEL_MANAGER, model, since)]
    if managers:
        wanted = {u: wanted_statistics(config, model, u.round_date) for u in managers}
        lacking = {u: [k for k in keys if reader.origin(k) is None] for u, keys in wanted.items()}
        return Progress(rounds=list(lacking.items()))
    return Progress(models=[u for u, _ in reader.uploads_since(UploadKind.MODEL, model, since)])


def _message(late: list[Late], begun: datetime) -> list[str]:
    lines = [f"{len(late)} models are not through the daily cycle that began at {begun}:"]
    if RuntimeTaskInstance.get_dr_count(dag_id=PIPELINE_DAG, logical_dates=[begun]) == 0:
        lines.append(f"{PIPELINE_DAG} was not started then; is it paused? {dag_url(PIPELINE_DAG)}")
    lines += [f"{item.model}: {item.missing}. {_run(item)}".rstrip() for item in late[:_SHOWN]]
    if rest := late[_SHOWN:]:
        lines.append(f"and {len(rest)} more: {', '.join(item.model for item in rest)}")
    return lines


def _run(late: Late) -> str:
    """What has become of the run that should have made what is missing."""
    if not late.dag_id:
        return ""
    if missing_runs(late.dag_id, [late.run_id]):
        if late.dag_id == PIPELINE_DAG:
            return f"See {dag_url(PIPELINE_DAG)}"
        return f"No run of {late.dag_id} was started for it"
    found = RuntimeTaskInstance.get_dagrun_state(dag_id=late.dag_id, run_id=late.run_id)
    state = DagRunState(found).value
    return f"Its run of {late.dag_id} is {state}: {run_url(late.dag_id, late.run_id)}"
