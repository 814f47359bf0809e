"""A real Airflow and the embedded AWS, with the measured DAGs beside the project's own."""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.local.stack.layout import REPOSITORY
from infra.local.stack.process_stack import Stack
from infra.local.stack.running_stack import DAG_IDS

#: How many jobs ``dags/bench_jobs.py`` has, and how long they take.
SCALE: dict[str, Any] = json.loads((Path(__file__).parent / "dags" / "scale.json").read_text())
#: How long the work of a measured stage takes, seconds; there is a DAG for each.
STAGE_SECONDS: tuple[int, ...] = tuple(SCALE["stage_seconds"])
MEASURED = frozenset(
    {
        *("bench_ours", "bench_stock", "bench_stock_quick"),
        *(f"bench_stage_{seconds}" for seconds in STAGE_SECONDS),
    }
)
SLOTS = 32
RUN_SECONDS = 1200.0
FINISHED = ("success", "failed")


@contextlib.contextmanager
def airflow_stack(mapped: int = SCALE["mapped"]) -> Iterator[Stack]:
    """Start a stack without data whose jobs' ``python`` does nothing and succeeds.

    :param mapped: how many jobs the measured mapped tasks have
    """
    with tempfile.TemporaryDirectory(prefix="emmaa-bench-") as name:
        folder = Path(name)
        stack = Stack(
            folder / "stack",
            ui_port=0,
            aws_port=0,
            announce=lambda text: print(f"  {text}", file=sys.stderr),
            dags_folder=_dags(folder / "dags", mapped),
            dag_ids=DAG_IDS | MEASURED,
            jobs_bin=_programs(folder / "bin"),
            slots=SLOTS,
            seeded=False,
        )
        try:
            stack.start()
            yield stack
        finally:
            stack.stop()


def follow(stack: Stack, dag_id: str) -> list[dict[str, Any]]:
    """Run a DAG to its end; its task instances.

    :raises TimeoutError: if it does not end.
    """
    run_id = stack.airflow.trigger(dag_id, {}, None)
    deadline = time.monotonic() + RUN_SECONDS
    while stack.airflow.run(dag_id, run_id)["state"] not in FINISHED:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{dag_id} took longer than {RUN_SECONDS:.0f} s")
        time.sleep(1)
    return stack.airflow.task_instances(dag_id, run_id)


def _dags(folder: Path, mapped: int) -> Path:
    shutil.copytree(REPOSITORY / "dags", folder)
    shutil.copy(Path(__file__).parent / "dags" / "bench_jobs.py", folder)
    (folder / "scale.json").write_text(json.dumps({**SCALE, "mapped": mapped}))
    return folder


def _programs(folder: Path) -> Path:
    folder.mkdir()
    program = folder / "python"
    program.write_text("#!/bin/sh\nexit 0\n")
    program.chmod(0o755)
    return folder
