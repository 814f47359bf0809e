"""An embedded AWS for the tests of the DAGs, in a separate process."""

from __future__ import annotations

import itertools
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.local.provisioning.access import provide_roles
from infra.local.provisioning.account import Account
from infra.local.provisioning.batch import provide_batch
from infra.local.stack.processes import (
    STACK_VARIABLE,
    StartedProcess,
    start_process,
    stop_stack,
    wait_until,
)
from tests.killed_runs import stack_ends_with_this_process

_READY = "Embedded AWS ready at "


@contextmanager
def running_aws(jobs_directory: Path, slots: int = 8) -> Iterator[str]:
    """Yield the endpoint of a server with the cycle's queues and job definitions."""
    with tempfile.TemporaryDirectory(prefix="emmaa-aws-") as folder:
        stack = Path(folder)
        started: list[StartedProcess] = []
        with stack_ends_with_this_process(stack):
            try:
                started.append(_start(stack / "aws.log", jobs_directory, slots))
                url = _url(started[0])
                account = Account(url, "us-east-1")
                roles = provide_roles(account)
                provide_batch(account, roles, {})
                yield url
            finally:
                stop_stack(stack, started)


def _start(log: Path, jobs_directory: Path, slots: int) -> StartedProcess:
    return start_process(
        "embedded AWS",
        _command(jobs_directory, slots),
        environment={name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        directory=jobs_directory,
        log=log,
    )


def _command(jobs_directory: Path, slots: int) -> list[str]:
    options = {
        "--port": "0",
        "--slots": str(slots),
        "--jobs-directory": str(jobs_directory),
        "--jobs-bin": str(Path(sys.executable).parent),
        "--stop-grace": "0.5",
        "--pass-variable": STACK_VARIABLE,
    }
    return [sys.executable, "-m", "infra.local.aws", *itertools.chain(*options.items())]


def _url(process: StartedProcess) -> str:
    log = Path(process.log)
    wait_until(
        lambda: _READY in log.read_text(), seconds=60, what="the embedded AWS", watched=[process]
    )
    return log.read_text().split(_READY, 1)[1].split()[0]
