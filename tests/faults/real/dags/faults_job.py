"""One job by the real operator, without the planning before it: the run's conf is its plan."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Param, dag

from emmaa_airflow.operators.batch import EmmaaBatchOperator
from emmaa_cycle.stages import Stage


@dag(
    dag_id="faults_job",
    schedule=None,
    params={"planned": Param(type="object")},
    render_template_as_native_obj=True,
    # The cycle's own tasks wait for minutes before they try again.
    default_args={"retries": 6, "retry_delay": timedelta(seconds=1)},
)
def faults_job() -> None:
    """Run it."""
    EmmaaBatchOperator(
        task_id="update_model_manager", stage=Stage.MM_UPDATE, planned="{{ params.planned }}"
    )


faults_job()
