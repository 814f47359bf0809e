"""# The upload watch

Looks every `uploads.poll_seconds` for uploads of models and model managers whose run is missing, and starts the run. Usually the
Lambda function has started it, and the watch only repairs what was lost. With `uploads.trigger = "sensor"` there is no
Lambda function, and the watch starts all runs.

One run is always active. It is deferred while nothing is missing. It ends after `uploads.watch_seconds`, or when it has
started runs; then the next one begins.

Every minute it also ends orphaned Batch jobs, whose task was marked by hand while nothing could end the job.

It considers objects uploaded in the last `uploads.lookback_hours` and after `uploads.not_before`; if there is a Lambda function, only
those that are at least `uploads.grace_seconds` old. The date in the key may be up to `uploads.key_days` old. If you *delete* a run in that time, it is started again.

**By hand.** Pause it to stop the watch. There is no need to trigger it.

**When a task fails**

| task | what to do |
|---|---|
| `watch` | The bucket or Airflow's API was unavailable for too long. The next run continues the watch; the log has the cause. |
| `outcome` | It reports failed tasks to the operators (`[operators]` of the settings), and fails so that the run counts as failed: clear the task that it names, with its downstream tasks. If its error is not *failed: …*, the message could not be sent; the log has it. If nothing failed, it succeeds and writes the result into the note of the run. It also reports units that jobs left out for the first time; they do not fail the run. |
"""  # noqa: E501

from __future__ import annotations

from datetime import UTC, datetime

from airflow.sdk import dag

from emmaa_airflow.dag_defaults import default_args
from emmaa_airflow.operators.outcome import OutcomeOperator
from emmaa_airflow.operators.uploads import UploadWatchOperator
from emmaa_airflow.reporting.run_results import watch_result
from emmaa_airflow.runs.dag_names import DISPLAY_NAMES


@dag(
    dag_id="emmaa_upload_watch",
    dag_display_name=DISPLAY_NAMES["emmaa_upload_watch"],
    description="Starts the runs of uploads whose event was lost, and ends orphaned jobs",
    schedule="@continuous",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args=default_args(),
    tags=["emmaa", "upload", "repair"],
    doc_md=__doc__,
)
def emmaa_upload_watch() -> None:
    """Start the runs that uploads should have started."""
    # No timeout: the setting uploads.watch_seconds limits the wait.
    watch = UploadWatchOperator(task_id="watch", execution_timeout=None)
    watch >> OutcomeOperator(
        task_id="outcome",
        result=watch_result,
        headline="lost uploads are not being repaired",
    )


emmaa_upload_watch()
