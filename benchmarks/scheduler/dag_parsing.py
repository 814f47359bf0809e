"""Time to parse the DAG folder, after Airflow's own import."""

from __future__ import annotations

import statistics
import subprocess
import sys

from benchmarks.scheduler.report import Row
from infra.local.stack.layout import REPOSITORY

PROCESSES = 10
TRIAL = {"processes": 1}
#: What Airflow's DAG processor has imported before it opens the first file; then all files.
_CODE = """
import importlib.util, pathlib, time
import airflow.sdk, airflow.dag_processing.processor, airflow.timetables.trigger
from airflow.sdk import BaseOperator, BaseSensorOperator, Param, dag, task, task_group
started, worked = time.perf_counter(), time.process_time()
for file in sorted(pathlib.Path("dags").glob("*.py")):
    spec = importlib.util.spec_from_file_location(file.stem, file)
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
print(time.perf_counter() - started, time.process_time() - worked)
"""


def run(processes: int = PROCESSES) -> list[Row]:
    """Parse it in new processes, one after the other."""
    seconds, worked = zip(*(_parse() for _ in range(processes)), strict=True)
    return [
        Row(
            f"DAG folder parsed, median of {processes} new processes (processor time)",
            f"{statistics.median(seconds):.2f} s ({statistics.median(worked):.2f} s)",
            "",
            "< 0.5 s after Airflow's own import",
        )
    ]


def _parse() -> tuple[float, float]:
    done = subprocess.run(
        [sys.executable, "-c", _CODE],
        cwd=REPOSITORY,
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    seconds, worked = done.stdout.split()[-2:]
    return float(seconds), float(worked)
