"""The failures of a run: each failed task leaves a note, and the last task collects them.

Airflow's run callbacks are not used. They run in the DAG processor and get one task instance. A
callback that queries other tasks hangs and is killed silently (tested on 3.3.1); errors in other
callbacks reach only the DAG processor's log.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowException
from airflow.utils.state import TaskInstanceState

from emmaa_cycle.printable import printable

if TYPE_CHECKING:
    from airflow.sdk import Context

#: The XCom under which a failed task keeps its :class:`FailureNote`.
NOTE_KEY = "failure"
#: Maximum length of a stored reason; the task's log has the complete one.
_MAX_MESSAGE = 6000


@dataclass(frozen=True)
class FailureNote:
    """The note of a failed task.

    :param map_index: -1 for a task that is not mapped
    :param label: the model or corpus of a mapped task; else empty
    :param reason: the message of the error that failed it
    """

    map_index: int
    label: str
    reason: str


@dataclass(frozen=True)
class FailedTask:
    """A task instance that failed.

    :param reason: empty if it left no note, for example because its process was killed
    """

    task_id: str
    map_index: int
    label: str
    reason: str

    @property
    def name(self) -> str:
        """The name for people: the task's id, and its model or corpus."""
        return f"{self.task_id} [{self.label}]" if self.label else self.task_id


@dataclass(frozen=True)
class RunFailures:
    """The failures of a run.

    :param failed: the task instances that failed
    :param not_run: those that did not run because of them, by their names
    :param total: the number of the run's task instances, without the collecting one
    """

    failed: tuple[FailedTask, ...]
    not_run: tuple[str, ...]
    total: int


def leave_note(context: Context) -> None:
    """Store why a task failed, for :func:`run_failures`; an ``on_failure_callback`` of tasks."""
    ti: Any = context["ti"]
    note = FailureNote(
        -1 if ti.map_index is None else ti.map_index,
        ti.rendered_map_index or "",
        reason_of(context.get("exception")),
    )
    ti.xcom_push(key=NOTE_KEY, value=asdict(note))


def run_failures(ti: Any, labels_task: str | None = None) -> RunFailures:
    """Collect the failures in the run of a task instance, without that task itself.

    :param labels_task: the task whose result names the map indexes of mapped tasks that failed
        without a note
    """
    ended = [
        crumb
        for crumb in ti.get_task_breadcrumbs(dag_id=ti.dag_id, run_id=ti.run_id)
        if crumb["task_id"] != ti.task_id
    ]
    failed = [crumb for crumb in ended if crumb["state"] == TaskInstanceState.FAILED]
    blocked = [crumb for crumb in ended if crumb["state"] == TaskInstanceState.UPSTREAM_FAILED]
    if not failed and not blocked:
        return RunFailures((), (), len(ended))
    notes = {task_id: _notes(ti, task_id) for task_id in {crumb["task_id"] for crumb in failed}}
    labels = _labels(ti, labels_task, [*failed, *blocked])
    tasks = tuple(_failed_task(crumb, notes[crumb["task_id"]], labels) for crumb in failed)
    names = (
        FailedTask(crumb["task_id"], crumb["map_index"], _label(crumb, labels), "").name
        for crumb in blocked
    )
    return RunFailures(tasks, tuple(names), len(ended))


def reason_of(error: object) -> str:
    """Return an exception's text for people, with its type if the text alone says little.

    What PostgreSQL cannot hold is escaped.
    """
    text = printable(str(error or "").strip()[:_MAX_MESSAGE])
    if error is None or isinstance(error, str | AirflowException):
        return text
    return f"{type(error).__name__}: {text}".rstrip(": ")


def _notes(ti: Any, task_id: str) -> dict[int, FailureNote]:
    found = ti.xcom_pull(task_ids=task_id, key=NOTE_KEY)
    # Airflow returns a list, or its only item.
    documents = found if isinstance(found, list) else [found]
    notes = (FailureNote(**document) for document in documents if document)
    return {note.map_index: note for note in notes}


def _labels(ti: Any, task_id: str | None, crumbs: Iterable[Mapping[str, Any]]) -> list[str]:
    if task_id is None or all(crumb["map_index"] < 0 for crumb in crumbs):
        return []
    items = ti.xcom_pull(task_ids=task_id) or []
    return [item if isinstance(item, str) else item["corpus"] for item in items]


def _failed_task(
    crumb: Mapping[str, Any], notes: Mapping[int, FailureNote], labels: list[str]
) -> FailedTask:
    note = notes.get(crumb["map_index"])
    label = note.label if note and note.label else _label(crumb, labels)
    reason = note.reason if note else ""
    return FailedTask(crumb["task_id"], crumb["map_index"], label, reason)


def _label(crumb: Mapping[str, Any], labels: list[str]) -> str:
    index: int = crumb["map_index"]
    if index < 0:
        return ""
    return labels[index] if index < len(labels) else str(index)
