"""Tests of the ends of jobs: normal ones, lack of memory, and what is left behind."""

from __future__ import annotations

import os
from contextlib import suppress

import pytest

from tests.integration.aws_driver import Batch, is_running


def test_exit_code_fails_the_job(batch: Batch) -> None:
    job = batch.wait(batch.shell("exit 7"))

    assert job["status"] == "FAILED"
    assert job["container"]["exitCode"] == 7
    assert job["statusReason"] == "Essential container in task exited"


@pytest.mark.parametrize(
    ("script", "exit_code"),
    [("kill -KILL $$", 137), ("kill -TERM $$", 143), ("kill -SEGV $$", 139)],
)
def test_signal_is_128_and_its_number(batch: Batch, script: str, exit_code: int) -> None:
    job = batch.wait(batch.shell(script))

    assert (job["status"], job["container"]["exitCode"]) == ("FAILED", exit_code)


def test_job_without_enough_memory_is_killed(batch: Batch) -> None:
    overrides = {"resourceRequirements": [{"type": "MEMORY", "value": "64"}]}
    code = "import time; block = bytearray(b'x' * 200_000_000); time.sleep(300)"
    job = batch.wait(batch.python(code, overrides=overrides))

    assert (job["status"], job["container"]["exitCode"]) == ("FAILED", 137)
    assert job["container"]["reason"] == "OutOfMemoryError: Container killed due to memory usage"
    assert job["statusReason"] == "Essential container in task exited"


def test_memory_of_all_of_a_job_s_processes_counts(batch: Batch) -> None:
    overrides = {"resourceRequirements": [{"type": "MEMORY", "value": "150"}]}
    child = "python -c \"import time; block = bytearray(b'x' * 100_000_000); time.sleep(300)\""
    job = batch.wait(batch.shell(f"{child} & {child} & wait", overrides=overrides))

    assert job["container"]["reason"].startswith("OutOfMemoryError: ")


def test_what_a_job_leaves_behind_is_ended(batch: Batch) -> None:
    job = batch.wait(batch.shell("sleep 300 & echo $!"))

    assert job["status"] == "SUCCEEDED"
    assert not is_running(int(batch.output(job)[0]))


def test_process_that_left_the_group_does_not_hold_the_job(batch: Batch) -> None:
    """It has the job's output open, too, so reading to its end would last as long as it does."""
    code = (
        "import subprocess; p = subprocess.Popen(['sleep', '300'], start_new_session=True);"
        "print(p.pid)"
    )
    job = batch.wait(batch.python(code))
    [pid] = batch.output(job)
    with suppress(ProcessLookupError):
        os.kill(int(pid), 9)

    assert job["status"] == "SUCCEEDED"
