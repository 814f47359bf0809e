"""The wait for a model's earlier rounds that are still active.

Statistics report the news since the newest earlier statistics. If the statistics of two rounds were
computed at the same time, news would be reported twice, and one round would be missing in all later
series. So the statistics of a model's rounds are computed in the order of the rounds' dates,
whatever the order in which their runs start.

A run's id is a function of its upload, so a listing of the bucket yields the ids of all runs. Runs
that a person started from a form are not among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
from airflow.utils.state import DagRunState, TaskInstanceState

from emmaa_airflow.aws.bucket_reader import BucketReader
from emmaa_airflow.runs.dag_names import dag_name
from emmaa_airflow.runs.dag_runs import missing_runs, runs_in
from emmaa_airflow.runs.task_states import DONE
from emmaa_airflow.uploads.finder import restorations_of
from emmaa_cycle.dates import format_round, parse_round
from emmaa_cycle.settings_sections import Uploads
from emmaa_cycle.uploads import DAG_IDS, Upload, UploadKind

_MM_UPDATE = DAG_IDS[UploadKind.MODEL]
_AFTER_UPDATE = DAG_IDS[UploadKind.MODEL_MANAGER]
#: The longest run of an upload: an assembly, a wait for statistics, and statistics.
_RESTORED_DAYS = timedelta(days=7)
#: Airflow's API calls the state of a task that is not yet scheduled "null".
_NOT_DONE = ["null", *(str(state) for state in TaskInstanceState if state not in DONE)]


class EarlierRounds:
    """The active rounds of a model before one of its rounds.

    :param now: the current time
    :param slots: how many runs of ``emmaa_after_update`` may be active at once
    """

    def __init__(
        self, reader: BucketReader, settings: Uploads, *, now: datetime, slots: int
    ) -> None:
        self._reader = reader
        self._settings = settings
        self._now = now
        self._slots = slots

    def awaited(self, model: str, round_date: str, tasks: Sequence[str]) -> str:
        """Return the reason why the round has to wait; empty if it need not.

        :param round_date: the round's ``<dt>``
        :param tasks: the ids of the tasks of ``emmaa_after_update`` that must have ended, in any
            state, in all earlier rounds
        """
        models = list(self._before(UploadKind.MODEL, model, round_date))
        managers = list(self._before(UploadKind.MODEL_MANAGER, model, round_date))
        return (
            self._assembled(_ids(models))
            or self._at_work(_ids(managers), list(tasks))
            or self._not_started(_MM_UPDATE, models)
            or self._not_started(_AFTER_UPDATE, managers)
        )

    def _before(
        self, kind: UploadKind, model: str, round_date: str
    ) -> Iterator[tuple[Upload, datetime]]:
        """Yield the uploads of earlier rounds, each with its upload time.

        Restored content is a second upload besides that of its first version. Its run begins soon
        after the restoration and may take days; older objects are not checked in S3.
        """
        since = format_round(parse_round(round_date) - timedelta(days=self._settings.key_days))
        for upload, uploaded_at in self._reader.uploads_since(kind, model, since):
            if upload.round_date >= round_date or uploaded_at < self._settings.not_before:
                continue
            yield upload, uploaded_at
            if uploaded_at > self._now - _RESTORED_DAYS and (
                number := restorations_of(self._reader, upload.key)
            ):
                yield replace(upload, restored=number), uploaded_at

    def _assembled(self, run_ids: list[str]) -> str:
        runs = runs_in(_MM_UPDATE, run_ids, [DagRunState.QUEUED, DagRunState.RUNNING])
        return f"{_MM_UPDATE} makes an earlier round: {', '.join(runs)}" if runs else ""

    def _at_work(self, run_ids: list[str], tasks: list[str]) -> str:
        states: list[str] = [str(DagRunState.RUNNING)]
        # If waiting runs fill all slots, a queued run in turn waits for them.
        if RuntimeTaskInstance.get_dr_count(dag_id=_AFTER_UPDATE, states=states) < self._slots:
            states.append(str(DagRunState.QUEUED))
        for run_id in runs_in(_AFTER_UPDATE, run_ids, states):
            count = RuntimeTaskInstance.get_ti_count(
                dag_id=_AFTER_UPDATE, task_ids=tasks, run_ids=[run_id], states=_NOT_DONE
            )
            if count:
                return f"an earlier round is active, {count} of {', '.join(tasks)}: {run_id}"
        return ""

    def _not_started(self, dag_id: str, uploads: list[tuple[Upload, datetime]]) -> str:
        """Return the reason to wait for a run that is about to start, if its event is late."""
        patience = self._settings.grace_seconds + 2 * self._settings.poll_seconds
        since = self._now - timedelta(seconds=patience)
        recent = [upload.run_id for upload, uploaded_at in uploads if uploaded_at > since]
        missing = missing_runs(dag_id, recent)
        name = dag_name(dag_id)
        return f"{name} of an earlier round is about to start: {missing[0]}" if missing else ""


def _ids(uploads: list[tuple[Upload, datetime]]) -> list[str]:
    return [upload.run_id for upload, _ in uploads]
