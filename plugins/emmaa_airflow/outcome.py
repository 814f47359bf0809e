"""The last word on a run in which some tasks may fail without stopping the others."""

from __future__ import annotations

from typing import Any, NoReturn

from airflow.sdk.exceptions import AirflowFailException
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
from airflow.utils.state import TaskInstanceState

_FAILED = (TaskInstanceState.FAILED, TaskInstanceState.UPSTREAM_FAILED)


def fail_with_failed_tasks(ti: Any) -> NoReturn:
    """Fail, naming the run's failed tasks; Airflow judges a run by its last tasks alone.

    :param ti: the task instance that calls this
    """
    states = RuntimeTaskInstance.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id])
    failed = [task for task, state in states.get(ti.run_id, {}).items() if state in _FAILED]
    raise AirflowFailException(f"failed: {', '.join(sorted(failed)) or 'a task'}")
