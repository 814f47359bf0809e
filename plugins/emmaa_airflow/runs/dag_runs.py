"""Functions to start DAG runs from a task, and to query existing ones."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime

from airflow.sdk.exceptions import ErrorType
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import (
    ErrorResponse,
    GetPreviousDagRun,
    PreviousDagRunResult,
    TriggerDagRun,
)
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
from airflow.utils.state import DagRunState

from emmaa_airflow.runs.task_states import DONE
from emmaa_cycle.daily import RunRequest

#: The number of run ids that fit well into one request's URL.
_IDS_AT_ONCE = 40

logger = logging.getLogger(__name__)


def start_run(request: RunRequest) -> bool:
    """Start a run, unless it exists already.

    Airflow's own operator can fail or skip in that case, but not succeed, and it starts one run per
    task. So this sends the same request as that operator, which only a task's process can do.

    :returns: whether this call started it
    """
    answer = task_runner.SUPERVISOR_COMMS.send(
        TriggerDagRun(
            dag_id=request.dag_id,
            run_id=request.run_id,
            conf=request.conf,
            note=request.note or None,
        )
    )
    existed = isinstance(answer, ErrorResponse) and answer.error == ErrorType.DAGRUN_ALREADY_EXISTS
    verb = "is there already" if existed else "was started"
    logger.info("Run %s of %s %s", request.run_id, request.dag_id, verb)
    return not existed


def missing_runs(dag_id: str, run_ids: Sequence[str]) -> list[str]:
    """Return the ids that no run of the DAG has.

    It requests a count for many ids at once, and single ids only if some are missing.
    Blocks: a trigger must call it in a thread.
    """
    missing: list[str] = []
    for start in range(0, len(run_ids), _IDS_AT_ONCE):
        some = list(run_ids[start : start + _IDS_AT_ONCE])
        if _count(dag_id, some) < len(some):
            missing += [run_id for run_id in some if not _count(dag_id, [run_id])]
    return missing


def runs_in(dag_id: str, run_ids: Sequence[str], states: Sequence[str]) -> list[str]:
    """Return the ids whose run of the DAG is in one of the states; few of them are expected.

    Blocks: a trigger must call it in a thread.
    """
    found: list[str] = []
    for start in range(0, len(run_ids), _IDS_AT_ONCE):
        some = list(run_ids[start : start + _IDS_AT_ONCE])
        if _count(dag_id, some, states):
            found += [run_id for run_id in some if _count(dag_id, [run_id], states)]
    return found


def active_runs(dag_id: str, last_task: str) -> list[str]:
    """List the ids of a DAG's queued and running runs.

    :param last_task: the DAG's last task, which has not ended in these runs
    """
    states = RuntimeTaskInstance.get_task_states(dag_id=dag_id, task_ids=[last_task])
    unfinished = [run_id for run_id, tasks in states.items() if tasks.get(last_task) not in DONE]
    return sorted(runs_in(dag_id, unfinished, [DagRunState.QUEUED, DagRunState.RUNNING]))


def earlier_running_runs(dag_id: str, day: datetime | None) -> Iterator[str]:
    """Yield the ids of a DAG's running runs of earlier logical dates, the latest first.

    :param day: a logical date; None, which some runs have, is later than none
    """
    while day is not None:
        answer = task_runner.SUPERVISOR_COMMS.send(
            GetPreviousDagRun(dag_id=dag_id, logical_date=day, state=str(DagRunState.RUNNING))
        )
        run = answer.dag_run if isinstance(answer, PreviousDagRunResult) else None
        if run is None:
            return
        yield run.run_id
        day = run.logical_date


def _count(dag_id: str, run_ids: list[str], states: Sequence[str] | None = None) -> int:
    names = None if states is None else [str(state) for state in states]
    return RuntimeTaskInstance.get_dr_count(dag_id=dag_id, run_ids=run_ids, states=names)
