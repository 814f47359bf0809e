"""The end of a failed task's log: its reason as one ERROR line.

Whatever the reason, Airflow logs *Task failed with exception* and a traceback of Airflow's frames.
"""

from __future__ import annotations

import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from airflow.listeners import hookimpl
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSensorTimeout

from emmaa_airflow.reporting.failures import reason_of
from emmaa_airflow.runs.dag_names import DISPLAY_NAMES

_AIRFLOWS_LINE = "Task failed with exception"
_MAX_LINE = 1000


@hookimpl
def on_task_instance_running(previous_state: Any, task_instance: Any) -> None:
    """Set up the log of a task of this project; Airflow calls this in the task's own process."""
    if task_instance.dag_id in DISPLAY_NAMES:
        processors = structlog.get_config()["processors"]
        # In place, because existing loggers keep this list.
        if reason_line not in processors:
            processors.insert(0, reason_line)


def reason_line(
    logger: Any, method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Replace Airflow's line by the reason, and drop the traceback of an expected error.

    This is a structlog processor; it does not change other lines.
    """
    error = sys.exc_info()[1]
    if event.get("event") == _AIRFLOWS_LINE and error is not None:
        event["event"] = one_line(reason_of(error))
        if _is_foreseen(error):
            event.pop("exc_info", None)
    return event


def one_line(reason: str) -> str:
    """Return a reason in one line: of a job's log, only its ERROR line."""
    first, *rest = [" ".join(line.split()) for line in reason.splitlines() if line.strip()] or [""]
    if first.endswith("Its log ends with:"):
        rest = rest[-1:] if rest and rest[0].startswith("Traceback") else rest[:1]
        first = f"{first.removesuffix('Its log ends with:')}Its log says:"
    line = " ".join([first, *rest])
    return line if len(line) <= _MAX_LINE else f"{line[: _MAX_LINE - 3]}..."


def _is_foreseen(error: BaseException) -> bool:
    """Return whether the exception's message says everything, so that no traceback is needed."""
    deliberate = isinstance(error, AirflowFailException | AirflowSensorTimeout)
    return deliberate or type(error) is AirflowException
