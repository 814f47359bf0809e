"""The current state of a task, queried from the task's own process or from its trigger."""

from __future__ import annotations

from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
from airflow.utils.state import TaskInstanceState

#: The states of a task that no longer needs its job, unless it is cleared.
DONE = frozenset(
    {
        TaskInstanceState.SUCCESS,
        TaskInstanceState.FAILED,
        TaskInstanceState.SKIPPED,
        TaskInstanceState.UPSTREAM_FAILED,
        TaskInstanceState.REMOVED,
    }
)
#: Replaces the state of a task whose run was deleted.
GONE = "gone"
#: The states of a task whose current jobs are no longer needed. Airflow calls a task that is
#: cleared while it runs "restarting" until its process has ended; its next try submits a new job.
GIVEN_UP = DONE | {TaskInstanceState.RESTARTING, GONE}


def task_state(dag_id: str, run_id: str, task_id: str, map_index: int | None) -> str | None:
    """Return the state of a task instance: None if it has none, :data:`GONE` if it does not exist.

    Blocks: a trigger must call it in a thread.
    """
    index = -1 if map_index is None else map_index
    states = RuntimeTaskInstance.get_task_states(
        dag_id=dag_id, task_ids=[task_id], run_ids=[run_id], map_index=index
    )
    return next(iter(states.get(run_id, {}).values()), GONE)


def run_states(dag_id: str, run_id: str, task_ids: list[str]) -> dict[str, str | None]:
    """Return the states of some tasks of a run; mapped ones are named ``<task id>_<map index>``."""
    states = RuntimeTaskInstance.get_task_states(dag_id=dag_id, task_ids=task_ids, run_ids=[run_id])
    found: dict[str, str | None] = states.get(run_id, {})
    return found


def states_of_runs(dag_id: str, run_ids: list[str]) -> dict[str, dict[str, str | None]]:
    """Return the states of all tasks of some runs, by run id, then as in :func:`run_states`.

    Blocks: a trigger must call it in a thread.
    """
    found: dict[str, dict[str, str | None]] = RuntimeTaskInstance.get_task_states(
        dag_id=dag_id, run_ids=run_ids
    )
    return found


def waiting_for_people(dag_id: str, task_id: str) -> int:
    """Count the runs in which a task waits for a person's answer."""
    # Airflow 3.2 defers such a task; 3.3 has a state for it.
    states = ["deferred", "awaiting_input"]
    return RuntimeTaskInstance.get_ti_count(dag_id=dag_id, task_ids=[task_id], states=states)
