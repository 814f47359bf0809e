"""The operator of the upload watch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException
from airflow.utils.state import TaskInstanceState

from emmaa_airflow.aws.bucket_reader import BucketReader
from emmaa_airflow.planning.tasks import check_conf
from emmaa_airflow.runs.dag_runs import missing_runs, start_run
from emmaa_airflow.triggers.uploads import UploadTrigger
from emmaa_airflow.uploads.finder import UploadFinder
from emmaa_cycle.daily import RunRequest
from emmaa_cycle.settings import load_settings

if TYPE_CHECKING:
    from airflow.sdk import Context


class UploadWatchOperator(BaseOperator):
    """Starts the missing runs, or waits in the triggerer until one is missing.

    In a DAG with the schedule ``@continuous`` the watch never ends. While nothing is missing, it is
    one sleeping trigger, which needs no worker and writes no rows to the database.
    """

    def execute(self, context: Context) -> list[str] | None:
        """Start the missing runs; if there are none, wait.

        :returns: the ids of the runs that were started
        :raises AirflowException: if runs could not be started; the message names them.
        """
        check_conf(context["dag"], context["dag_run"])
        if started := self._start_missing():
            return started
        trigger = UploadTrigger(started=datetime.now(UTC).timestamp())
        self.defer(trigger=trigger, method_name="execute_complete")

    def execute_complete(self, context: Context, event: Any = None) -> list[str] | None:
        """Start the runs that the trigger found missing.

        The end of the watch does not resume the task, because the trigger itself ends it; only
        ``dag.test()`` resumes it even then, with the name of the state as event.
        """
        return None if event == TaskInstanceState.SUCCESS else self._start_missing()

    def _start_missing(self) -> list[str]:
        settings = load_settings()
        finder = UploadFinder(BucketReader.of(settings), settings.uploads, missing_runs)
        return self._start(finder.missing(datetime.now(UTC)))

    def _start(self, requests: Sequence[RunRequest]) -> list[str]:
        """Start each run, so that a refused one does not stop the others.

        :raises AirflowException: at the end, if runs could not be started; the message names them.
        """
        started, refused = [], []
        for request in requests:
            try:
                if start_run(request):
                    started.append(request.run_id)
            except Exception as error:
                self.log.exception("Run %s of %s", request.run_id, request.dag_id)
                refused.append(f"{request.dag_id} {request.run_id}: {error}")
        if refused:
            raise AirflowException(
                f"{len(refused)} of {len(requests)} runs could not be started, the others were:"
                f" {'; '.join(refused)}"
            )
        return started
