"""Airflow's runs as a task may ask for them."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from airflow.utils.state import DagRunState

NOON = datetime(2026, 3, 5, 17, tzinfo=UTC)


class Runs:
    """Airflow's runs, by DAG and run id, with their states."""

    def __init__(self) -> None:
        self.states = {("emmaa_update_pipeline", "manual__1"): DagRunState.SUCCESS}
        self.failed: dict[str, int] = {}
        self.paused = False
        self.dates: dict[str, list[datetime]] = {"emmaa_update_pipeline": [NOON]}

    def get_dr_count(
        self,
        dag_id: str,
        logical_dates: list[datetime] | None = None,
        run_ids: list[str] | None = None,
        states: list[str] | None = None,
    ) -> int:
        if states is not None:
            return sum(self.states[dag_id, run] in states for run in run_ids or ())
        if logical_dates is not None:
            return sum(date in logical_dates for date in self.dates[dag_id])
        return sum(
            dag == dag_id and (run_ids is None or run in run_ids) for dag, run in self.states
        )

    def get_ti_count(self, dag_id: str, run_ids: list[str], states: list[str]) -> int:
        assert states == ["failed"]
        return sum(self.failed.get(run_id, 0) for run_id in run_ids)

    def get_dag(self, dag_id: str) -> Any:
        return SimpleNamespace(is_paused=self.paused)

    def get_task_states(self, dag_id: str, task_ids: list[str]) -> dict[str, dict[str, str | None]]:
        assert task_ids == ["outcome"]
        return {run: {"outcome": None} for dag, run in self.states if dag == dag_id}

    def get_dagrun_state(self, dag_id: str, run_id: str) -> DagRunState:
        return self.states[dag_id, run_id]
