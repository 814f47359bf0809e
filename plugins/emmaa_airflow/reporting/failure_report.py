"""The report of a run to operators: one short message."""

from __future__ import annotations

from dataclasses import dataclass

from emmaa_airflow.reporting.failures import FailedTask, RunFailures
from emmaa_airflow.runs.dag_names import dag_name
from emmaa_airflow.runs.page_urls import dag_url, run_url, task_url

#: SNS allows no longer subject, and only ASCII.
MAX_SUBJECT = 100
#: Maximum number of failed tasks described in one message.
SHOWN = 20
_LEFT_OUT = (
    "Left out for the first time; everything else continued. This is reported once; later rounds"
    " count it in their run's note."
)
_REASON_LINES = 30
_LINE = 400


#: SNS takes 256 KB. The end says what to do.
_FIRST_BYTES, _LAST_BYTES = 150_000, 50_000
_SHORTENED = "\n\n[... the message is too long, and was shortened here ...]\n\n"


@dataclass(frozen=True)
class OperatorReport:
    """A message.

    :param subject: one line of ASCII, at most 100 characters
    :param text: plain text, with links; without its middle where it is longer than SNS takes
    """

    subject: str
    text: str

    def __post_init__(self) -> None:
        text = self.text.encode(errors="replace")
        if len(text) > _FIRST_BYTES + _LAST_BYTES:
            first = text[:_FIRST_BYTES].decode(errors="ignore")
            last = text[-_LAST_BYTES:].decode(errors="ignore")
            object.__setattr__(self, "text", first + _SHORTENED + last)


def failure_report(
    failures: RunFailures,
    *,
    dag_id: str,
    run_id: str,
    model: str = "",
    headline: str = "",
    left_out: str = "",
) -> OperatorReport:
    """Report a run's failures.

    :param model: the run's model, if it has one
    :param headline: the consequence of the failure, instead of the run's name
    :param left_out: the items that the run's jobs left out for the first time
    """
    what = headline or f"{about_run(dag_id, model)} failed"
    count = "" if headline else f": {len(failures.failed)} of {failures.total} tasks failed"
    blocks = [_block(task, dag_id, run_id) for task in failures.failed[:SHOWN]]
    if len(failures.failed) > SHOWN:
        names = ", ".join(task.name for task in failures.failed[SHOWN:])
        blocks.append(f"Failed, too: {_cut(names, 4000)}")
    if failures.not_run:
        blocks.append(f"Not run because of that: {_cut(', '.join(failures.not_run), 4000)}")
    if left_out:
        blocks.append(f"{_LEFT_OUT}\n\n{left_out}")
    text = "\n\n".join(
        [
            f"{what}{count}.\nRun: {run_url(dag_id, run_id)}",
            *blocks,
            "All other tasks of the run have ended. When the cause is fixed, clear the failed task"
            f" with its downstream tasks. What to do for each task: {dag_url(dag_id)} (DAG Docs)",
        ]
    )
    tasks = ", ".join(task.name for task in failures.failed)
    return OperatorReport(
        subject_line(f"EMMAA: {what}" if headline else f"{what}: {tasks}"), text + "\n"
    )


def left_out_report(
    left_out: str, count: int, *, dag_id: str, run_id: str, model: str = ""
) -> OperatorReport:
    """Report the items that a successful run left out for the first time.

    :param left_out: the items with their reasons
    :param count: the number of items
    """
    things = "1 thing" if count == 1 else f"{count} things"
    what = f"{about_run(dag_id, model)} left out {things} for the first time"
    text = "\n\n".join([f"{what}.\nRun: {run_url(dag_id, run_id)}", _LEFT_OUT, left_out])
    return OperatorReport(subject_line(what), text + "\n")


def about_run(dag_id: str, model: str) -> str:
    """Return the name of a run's DAG, with the model that the run is about."""
    return f"{dag_name(dag_id)}{f' of {model}' if model else ''}"


def _block(task: FailedTask, dag_id: str, run_id: str) -> str:
    lines = task.reason.splitlines() or ["It left no reason: its process was killed or lost."]
    shown = [f"    {_cut(line, _LINE)}" for line in lines[:_REASON_LINES]]
    link = task_url(dag_id, run_id, task.task_id, task.map_index)
    return "\n".join([task.name, *shown, f"    Log: {link}"])


def subject_line(text: str) -> str:
    """Return a text as the subject of a message: short, one line, ASCII."""
    return _cut(" ".join(text.split()).encode("ascii", "replace").decode(), MAX_SUBJECT)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 3]}..."
