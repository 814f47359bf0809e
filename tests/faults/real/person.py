"""The actions of a person in Airflow's UI, through the REST API that the UI uses."""

from __future__ import annotations

from infra.local.stack.airflow_api import AirflowApi
from infra.local.stack.airflow_environment import USERNAME
from tests.faults.real.work import TASK, Work


class Person(AirflowApi):
    """Somebody who looks at a task and will not have it as it is."""

    def __init__(self, work: Work) -> None:
        super().__init__(work.site.ui_url, USERNAME, work.site.password)
        self._dag, self._run_id = f"/dags/{work.dag_id}", work.run_id

    def mark_failed(self) -> None:
        """Mark the task as failed."""
        path = f"{self._dag}/dagRuns/{self._run_id}/taskInstances/{TASK}"
        self._request("PATCH", path, json={"new_state": "failed"})

    def clear(self) -> None:
        """Clear the task, so that it runs again."""
        body = {
            "dry_run": False,
            "dag_run_id": self._run_id,
            "task_ids": [TASK],
            "only_failed": False,
            "reset_dag_runs": True,
        }
        self._request("POST", f"{self._dag}/clearTaskInstances", json=body)
