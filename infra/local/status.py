"""``make status``: what runs of the stacks of ``make up`` and ``make demo``, and what went wrong.

The exit code is 0 if all components of each started stack run, and 1 if one does not or no stack
is there.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table
from rich.text import Text

from emmaa_cycle.errors import InputError
from emmaa_cycle.resources import JOB_QUEUES
from infra.local.report.display import make_console
from infra.local.stack.airflow_environment import USERNAME
from infra.local.stack.facts import Facts, read_facts
from infra.local.stack.ports import HOST
from infra.local.stack.processes import StartedProcess
from infra.local.stack.running_stack import ReachedStack
from infra.local.stack.state_file import given_up, recorded_processes, state_folder
from infra.local.stack.supervisor import events

STACKS = ("up", "demo")
EVENT_LINES = 5
#: Of Batch's states, those in which a job is not finished.
_UNFINISHED = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING")


def status(folders: Iterable[Path], console: Console) -> int:
    """Print the state of the stacks of these folders and return the exit code."""
    codes = []
    for folder in folders:
        try:
            if recorded_processes(folder):
                codes.append(_show(folder, console))
        except InputError as error:
            console.print(Text(str(error), "red"))
            codes.append(1)
    if not codes:
        console.print("No stack is up: `make up` starts one.")
    return max(codes, default=1)


def _show(folder: Path, console: Console) -> int:
    processes = recorded_processes(folder)
    facts = read_facts(folder)
    final = given_up(folder)
    table = Table("component", "state", "process", "since", "port", title=f"make {folder.name}")
    for process in processes:
        table.add_row(*_row(process, facts, final))
    console.print(table)
    if facts is not None:
        _show_addresses(facts, console)
        for line in _jobs(folder, facts):
            console.print(Text(line))
    for line in events(folder)[-EVENT_LINES:]:
        console.print(Text(line, "yellow"))
    return 0 if all(process.alive() for process in processes) else 1


def _row(process: StartedProcess, facts: Facts | None, final: list[str]) -> list[str | Text]:
    ports = _ports(facts) if facts else {}
    port = str(ports.get(process.name, ""))
    if process.alive():
        return [process.name, Text("runs", "green"), str(process.pid), _since(process), port]
    state = "stays down" if process.name in final else "ended"
    return [process.name, Text(state, "red"), "", "", port]


def _ports(facts: Facts) -> dict[str, int]:
    return {
        "api-server": facts.ui_port,
        "aws": facts.aws_port,
        "postgres": facts.database_port,
    }


def _since(process: StartedProcess) -> str:
    try:
        created = psutil.Process(process.pid).create_time()
    except psutil.NoSuchProcess:
        return ""
    return datetime.fromtimestamp(created, UTC).strftime("%H:%M:%S")


def _show_addresses(facts: Facts, console: Console) -> None:
    console.print(
        Text(f"Airflow: http://{HOST}:{facts.ui_port}, login {USERNAME} / {facts.password}")
    )
    console.print(Text(f"AWS endpoint: http://{HOST}:{facts.aws_port}"))


def _jobs(folder: Path, facts: Facts) -> list[str]:
    """Return a line about each job that is not finished, or about why that is unknown."""
    from botocore.exceptions import BotoCoreError, ClientError

    stack = ReachedStack(folder, facts.ui_port, facts.aws_port)
    try:
        jobs = list(_unfinished(stack.client("batch")))
    except (BotoCoreError, ClientError) as error:
        return [f"The jobs are unknown, because the embedded AWS does not answer: {error}"]
    finally:
        stack.close_clients()
    lines = [f"  {job['status']:8} {job['jobName']} ({job['jobId']})" for job in jobs]
    return [f"Batch jobs that are not finished: {len(jobs)}", *lines]


def _unfinished(batch: Any) -> Iterable[dict[str, Any]]:
    for queue in JOB_QUEUES:
        for state in _UNFINISHED:
            pages = batch.get_paginator("list_jobs").paginate(jobQueue=queue.name, jobStatus=state)
            for page in pages:
                yield from page["jobSummaryList"]


def main() -> int:
    """Print the state and return the exit code."""
    console = make_console()
    try:
        return status((state_folder(name) for name in STACKS), console)
    except InputError as error:
        console.print(Text(str(error), "red"))
        return 2


if __name__ == "__main__":
    sys.exit(main())
