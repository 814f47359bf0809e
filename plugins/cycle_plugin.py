"""The one file of this folder that Airflow loads as a plugin."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from emmaa_airflow import failure_log, run_notes, submit_pool


class EmmaaPlugin(AirflowPlugin):
    """What the cycle adds to Airflow beside its DAGs."""

    name = "emmaa"
    listeners = [submit_pool, failure_log, run_notes]  # noqa: RUF012 - Airflow's own type
