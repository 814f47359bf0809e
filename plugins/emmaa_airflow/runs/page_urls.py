"""Addresses of Airflow's own pages."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from airflow.sdk.configuration import conf

from emmaa_cycle.settings import load_settings

_FALLBACK = "http://localhost:8080"


def dag_url(dag_id: str) -> str:
    """Return the page of a DAG, with its documentation."""
    base = load_settings().operators.ui_url or conf.get("api", "base_url", fallback=_FALLBACK)
    return f"{base.rstrip('/')}/dags/{dag_id}"


def run_url(dag_id: str, run_id: str) -> str:
    """Return the page of a run."""
    return f"{dag_url(dag_id)}/runs/{quote(run_id, safe='')}"


def task_url(dag_id: str, run_id: str, task_id: str, map_index: int) -> str:
    """Return the page of a task instance, with its log."""
    mapped = f"/mapped/{map_index}" if map_index >= 0 else ""
    return f"{run_url(dag_id, run_id)}/tasks/{task_id}{mapped}"


def run_address(dag_id: str, run_id: str) -> str:
    """Return the path of a run's page, for a link in Airflow's own UI."""
    base = urlsplit(conf.get("api", "base_url", fallback="")).path.rstrip("/")
    return f"{base}/dags/{dag_id}/runs/{quote(run_id, safe='')}"
