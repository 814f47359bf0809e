"""A stack as `make up` starts it: it heals, and the docs' commands run on it as they are written.

Its components are killed one by one while a day goes on. The commands then run on that day.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from infra.local.demo import run_day
from infra.local.report.display import make_console
from infra.local.stack.airflow_environment import NO_SCHEDULE
from infra.local.stack.process_stack import Stack
from infra.local.stack.processes import SUPERVISOR, marked_processes, wait_until
from infra.local.stack.state_file import given_up, recorded_processes
from infra.local.stack.supervisor import events
from tests.documented_commands import REPOSITORY, documented_commands
from tests.killed_runs import stack_ends_with_this_process

pytestmark = pytest.mark.e2e

#: In the order in which they are killed while the day goes on.
KILLED = ("triggerer", "aws", "postgres", "scheduler", "dag-processor", "api-server")
#: Seconds before each kill: time in which jobs are under way.
PAUSE_SECONDS = 6.0
#: Until something never happens: a busy machine takes more than a minute to the day's first run.
PATIENCE_SECONDS = 600.0


#: Commands that the demo's data has nothing for, by their beginning, with the reason. Their words
#: are checked in tests/jobs/commands/test_documented_commands.py.
NOT_HERE = {
    "aws ": "the AWS CLI is not on every machine",
    "airflow backfill": "tests/e2e/test_backfill.py makes one",
    "make ": "starts or ends what this test runs on",
    "docker ": "needs a container engine",
    "python -m tests": "not of the stack",
    "python -m infra": "not of the stack",
    "python -m indra": "the existing EMMAA image's",
    "python scripts/prepare_resources.py": "writes to /opt",
    "python scripts/import_legacy.py": "there are no pickles",
    "python scripts/model_notifications.py": "there is no round of its example's date",
    "python scripts/check_bucket.py BUCKET": "a name must be given",
    "scripts/.venv/bin/python scripts/check_bucket.py emmaa --unsigned": "its bucket is private",
    "python scripts/subscriptions.py remove ada@example.org --model": "no query has its number",
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("supervised") / "stack"
    found = Stack(folder, ui_port=0, aws_port=0, settings=NO_SCHEDULE, supervised=True)
    with stack_ends_with_this_process(found.directory):
        try:
            found.start()
            yield found
        finally:
            found.stop()
    assert marked_processes(found.directory) == [], "a process outlived its stack"


def has_event(stack: Stack, beginning: str) -> bool:
    """Return whether a line of the stack's events begins so, after its time."""
    lines = [line.split(maxsplit=2)[2] for line in events(stack.directory)]
    return any(line.startswith(beginning) for line in lines)


def kill_each(stack: Stack, day_ended: threading.Event, killed: list[str]) -> None:
    """Kill one component after the other, each once the one before runs again."""
    since = datetime.now(UTC).replace(microsecond=0)
    wait_until(
        lambda: day_ended.is_set() or stack.airflow.runs(since),
        seconds=PATIENCE_SECONDS,
        what="the day's first run",
        watched=[],
    )
    for name in KILLED:
        if day_ended.wait(PAUSE_SECONDS):
            return
        process = next(p for p in recorded_processes(stack.directory) if p.name == name)
        os.kill(process.pid, signal.SIGKILL)
        killed.append(name)
        wait_until(
            partial(has_event, stack, f"{name} runs again"),
            seconds=PATIENCE_SECONDS,
            what=f"the restart of {name}",
            watched=[],
        )


def test_the_day_completes_though_each_component_is_killed(stack: Stack) -> None:
    day_ended = threading.Event()
    killed: list[str] = []
    killer = threading.Thread(target=kill_each, args=(stack, day_ended, killed))
    killer.start()
    try:
        day = run_day(stack, make_console(), 1)
    finally:
        day_ended.set()
        killer.join()

    assert day.faults == []
    assert tuple(killed) == KILLED, "the day ended before all components had been killed"
    for name in KILLED:
        assert has_event(stack, f"{name} ended, is restarted")
        assert has_event(stack, f"{name} runs again"), name
    assert given_up(stack.directory) == []
    there = {p.name for p in recorded_processes(stack.directory) if p.alive()}
    assert there == {*KILLED, SUPERVISOR}


def shell_commands() -> list[str]:
    """Return the documented commands for a shell that has sourced a stack's ``env.sh``."""
    programs = ("python", "airflow", "scripts/.venv/bin/python")
    found = [c for c in documented_commands() if c.program in programs]
    words = [shlex.join(c.spellings()[0]) for c in found if "pytest" not in c.text]
    return [w for w in dict.fromkeys(words) if not w.startswith(tuple(NOT_HERE))]


def test_the_documented_commands_run(stack: Stack, tmp_path: Path) -> None:
    for name in ("scripts", "infra", "plugins", "dags"):
        (tmp_path / name).symlink_to(REPOSITORY / name)
    (tmp_path / ".emmaa").mkdir()
    (tmp_path / ".emmaa" / "up").symlink_to(stack.directory)
    commands = shell_commands()
    assert len(commands) > 10

    failed = {}
    for command in commands:
        done = subprocess.run(
            ["bash", "-euc", f"source .emmaa/up/env.sh\n{command}"],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            failed[command] = (done.returncode, (done.stdout + done.stderr)[-600:])
    assert failed == {}
