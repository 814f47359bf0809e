"""# The upload watch

Looks every `uploads.poll_seconds` for uploads of models and model managers whose run is missing, and starts it. Usually the
Lambda function has started it, and this repairs what was lost; with `uploads.trigger = "sensor"` there is no
Lambda function, and this starts all of them.

One run is always active. It sleeps in the triggerer while nothing is missing and ends after `uploads.watch_seconds`, or
when it has started runs; then the next one begins.

Every minute it also ends orphaned Batch jobs: their task was marked by hand while nothing could end them.

It looks at what was uploaded in the last `uploads.lookback_hours`, after `uploads.not_before`, and, beside the Lambda function, at
least `uploads.grace_seconds` ago; the date in the key may be `uploads.key_days` old. A run that you *delete* is started again within that time.

**By hand.** Pause it to stop the watch. There is nothing to trigger.

**When a task fails**

| task | what to do |
|---|---|
| `watch` | The bucket or Airflow's API was unavailable for long. It continues by itself; the log has the cause. |
| `outcome` | It reports to the operators (`[operators]` of the settings) what failed, and marks the run as failed by failing itself: clear the task that it names, with what follows. If its error is not *failed: …*, the message could not be sent; its log has it. If nothing failed, it succeeds with one sentence of result, which is the run's note. Units that jobs left out for the first time are reported too, and fail nothing. |
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
    # It waits for as long as its setting says, so it has no timeout.
    watch = UploadWatchOperator(task_id="watch", execution_timeout=None)
    watch >> OutcomeOperator(
        task_id="outcome",
        result=watch_result,
        headline="lost uploads are not being repaired",
    )


emmaa_upload_watch()
