"""The note of a run in the UI: its result, from its task ``outcome``.

A task cannot write its run's note, because the Task SDK has no message for it. So the sentence is
an XCom, and a listener in the scheduler, which Airflow calls at each run's end, writes the note.
Other text of the note, by a person or by the upload that started the run, stays below it.
"""

from __future__ import annotations

import logging
from typing import Any

from airflow.listeners import hookimpl

from emmaa_airflow.runs.dag_names import DISPLAY_NAMES
from emmaa_airflow.runs.xcom_keys import RESULT_KEY
from emmaa_cycle.printable import printable_line

#: The task that writes the sentence.
OUTCOME_TASK = "outcome"
#: Characters of a run's note that Airflow stores.
MAX_NOTE = 1000

logger = logging.getLogger(__name__)


@hookimpl
def on_dag_run_running(dag_run: Any, msg: str) -> None:
    """Remove the last result from the note of a run that was cleared."""
    _update(dag_run, running=True)


@hookimpl
def on_dag_run_success(dag_run: Any, msg: str) -> None:
    """Write the result of a run into its note."""
    _update(dag_run)


@hookimpl
def on_dag_run_failed(dag_run: Any, msg: str) -> None:
    """Write the failures of a run into its note."""
    _update(dag_run)


def note_with(note: str | None, result: str) -> str:
    """Return the note with the result as its first line, once."""
    return "\n".join(filter(None, [result, note_without(note, result)]))[:MAX_NOTE]


def note_without(note: str | None, result: str) -> str:
    """Return the note without the line of the result."""
    return "\n".join(line for line in (note or "").splitlines() if line != result)


def _update(dag_run: Any, *, running: bool = False) -> None:
    from airflow.utils.session import create_session
    from sqlalchemy.orm import object_session

    if dag_run.dag_id not in DISPLAY_NAMES:
        return
    try:
        if session := object_session(dag_run):
            _write(session, dag_run, running)
            return
        with create_session() as session:
            _write(session, session.get(type(dag_run), dag_run.id), running)
    except Exception:  # a note must not stop the scheduler
        logger.exception("The note of run %s of %s", dag_run.run_id, dag_run.dag_id)


def _write(session: Any, dag_run: Any, running: bool) -> None:
    with session.no_autoflush:
        result, note = _result(session, dag_run), dag_run.note or ""
    if not result:
        return
    new = note_without(note, result) if running else note_with(note, result)
    if new != note:
        dag_run.note = new


def _result(session: Any, dag_run: Any) -> str:
    from airflow.models.xcom import XComModel
    from sqlalchemy import select

    query = select(XComModel).where(
        XComModel.dag_id == dag_run.dag_id,
        XComModel.run_id == dag_run.run_id,
        XComModel.task_id == OUTCOME_TASK,
        XComModel.key == RESULT_KEY,
    )
    found = session.scalar(query)
    # PostgreSQL cannot store NUL, and an error in the scheduler's session would stop all runs.
    return printable_line(str(XComModel.deserialize_value(found)), MAX_NOTE) if found else ""
