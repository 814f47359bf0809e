"""The one file of this folder that Airflow loads as a plugin."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from emmaa_airflow.batch import submit_pool
from emmaa_airflow.reporting import failure_log, run_notes


class EmmaaPlugin(AirflowPlugin):
    """What the cycle adds to Airflow beside its DAGs."""

    name = "emmaa"
    listeners = [submit_pool, failure_log, run_notes]  # noqa: RUF012 - Airflow's own type
