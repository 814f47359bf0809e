"""Every benchmark still runs: those that need no Airflow are run, on a small scale.

Figures are not looked at, for they are the machine's.
"""

from __future__ import annotations

import importlib
import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.scheduler.__main__ import NAMES
from infra.local.stack.layout import REPOSITORY

#: They start a stack, which takes minutes: ``--trial`` tries them by hand.
OF_A_STACK = ("mapped_jobs", "stages")
FIRST_ROWS = {
    "dag_parsing": ["DAG folder parsed"],
    "function_time": ["upload function, time above", "upload function, cold import"],
    "describe_calls": ["DescribeJobs calls, 4 jobs", "seconds until a job's end is noticed"],
    "thousand_models": [
        "2 models × 3 corpora",
        "— ListJobs a second",
        "— throttled SubmitJob",
        "— time to the last of 22 submissions",
    ],
}


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the output or error of each benchmark; all run at once to save time."""
    environment = {**os.environ, "AIRFLOW_HOME": str(tmp_path_factory.mktemp("airflow"))}
    started = {
        name: subprocess.Popen(
            [sys.executable, "-m", "benchmarks.scheduler", "--trial", name],
            cwd=REPOSITORY,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for name in FIRST_ROWS
    }
    return {name: process.communicate()[0] for name, process in started.items()}


@pytest.mark.parametrize("name", FIRST_ROWS)
def test_its_table_has_its_rows(tables: dict[str, str], name: str) -> None:
    lines = [line for line in tables[name].splitlines() if line.startswith("| ")]
    assert lines[0] == "| | ours | baseline | goal |", tables[name]
    begins = [f"| {row}" for row in FIRST_ROWS[name]]
    assert [line[: len(b)] for line, b in zip(lines[1:], begins, strict=True)] == begins
    assert all(line.split("|")[2].strip() for line in lines[1:])


def test_all_are_tried() -> None:
    assert set(NAMES) == set(FIRST_ROWS) | set(OF_A_STACK)


@pytest.mark.parametrize("name", OF_A_STACK)
def test_its_trial_fits_its_run(name: str) -> None:
    benchmark = importlib.import_module(f"benchmarks.scheduler.{name}")
    inspect.signature(benchmark.run).bind(**benchmark.TRIAL)


def test_an_unknown_one_is_refused_by_name() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.scheduler", "stage"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "unknown: stage; there are dag_parsing" in done.stderr


def test_the_measured_dags_are_those_that_the_stack_waits_for(tmp_path: Path) -> None:
    code = (
        "from airflow.dag_processing.dagbag import DagBag\n"
        "from benchmarks.scheduler.airflow_side import MEASURED\n"
        "bag = DagBag('benchmarks/scheduler/dags')\n"
        "assert not bag.import_errors, bag.import_errors\n"
        "assert bag.dags.keys() == MEASURED, (bag.dags.keys(), MEASURED)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env={
            **os.environ,
            "AIRFLOW_HOME": str(tmp_path),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
