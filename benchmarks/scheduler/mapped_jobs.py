"""A hundred mapped one-second jobs in a real Airflow: how many fail, and how long it takes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from benchmarks.scheduler.airflow_side import SCALE, airflow_stack, follow
from benchmarks.scheduler.report import Row

TRIAL = {"mapped": 4}


def run(mapped: int = SCALE["mapped"]) -> list[Row]:
    """Measure the stock operator as it is, with our pace, and ours, one after the other."""
    with airflow_stack(mapped) as stack:
        dags = ("bench_ours", "bench_stock", "bench_stock_quick")
        ours, stock, quick = (_figure(follow(stack, dag_id)) for dag_id in dags)
    return [
        Row(
            f"{mapped} mapped one-second jobs: failed tasks, and seconds in all",
            ours,
            f"{stock} (stock); {quick} (stock, `poll_interval=1`)",
            "0 failed",
        )
    ]


def _figure(instances: list[dict[str, Any]]) -> str:
    failed = sum(instance["state"] != "success" for instance in instances)
    begun = min(datetime.fromisoformat(i["queued_when"]) for i in instances)
    ended = max(datetime.fromisoformat(i["end_date"]) for i in instances)
    return f"{failed} failed, {(ended - begun).total_seconds():.0f} s"
