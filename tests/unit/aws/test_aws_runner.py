"""One attempt of a job whose log cannot be written."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.local.aws.batch import runner
from infra.local.aws.batch.job import Attempt, Definition, Job, Queue
from infra.local.aws.batch.launcher import Launcher
from infra.local.aws.batch.retry import RetryStrategy
from infra.local.aws.batch.runner import AttemptRun, JobHost
from infra.local.aws.runtime.process_group import ProcessGroup, start_group


def test_a_log_that_cannot_be_opened_leaves_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []

    def start(*args: Any, **options: Any) -> ProcessGroup:
        group = start_group(*args, **options)
        started.append(group.id)
        return group

    def no_backend(region: str) -> Any:
        raise RuntimeError("no logs")

    monkeypatch.setattr(runner, "start_group", start)
    programs = Path(sys.executable).parent
    launcher = Launcher(programs / "python", [], tmp_path)
    host = JobHost(tmp_path, programs, "http://127.0.0.1:1", (), 1.0, no_backend, launcher)
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    job = Job(
        id="1",
        arn="arn",
        name="job",
        region="us-east-1",
        queue=Queue("arn", "queue", "environment"),
        definition=Definition("arn", "definition", {"command": command}),
        retry_strategy=RetryStrategy.from_request({}),
        attempts=[Attempt("stream")],
    )
    run = AttemptRun(host, job, job.attempts[0])
    with pytest.raises(RuntimeError, match="no logs"):
        run.run(lambda: pytest.fail("the job runs"))
    (pid,) = started
    assert not os.path.exists(f"/proc/{pid}"), "ended, and its exit code was asked for"
