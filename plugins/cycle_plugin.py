"""The one file of this folder that Airflow loads as a plugin."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from emmaa_airflow.batch import submit_pool
from emmaa_airflow.page.views import react_views
from emmaa_airflow.reporting import failure_log, run_notes


class EmmaaPlugin(AirflowPlugin):
    """The cycle's additions to Airflow besides its DAGs."""

    name = "emmaa"
    listeners = [submit_pool, failure_log, run_notes]  # noqa: RUF012 - Airflow's own type

    @cached_property
    def fastapi_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """The EMMAA page. Only the API server reads this, and so loads FastAPI."""
        from emmaa_airflow.page.app import make_app

        return [{"app": make_app(), "url_prefix": "/emmaa", "name": "EMMAA"}]

    @cached_property
    def react_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """The places in Airflow's UI where the page is shown."""
        return react_views()
