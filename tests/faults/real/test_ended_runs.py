"""A test run that is ended or killed leaves no process behind, whichever servers it started."""

from __future__ import annotations

import signal
import sys

import pytest

from tests.ended_runs import REPOSITORY, left_behind

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds orphans by Linux"),
]
_JOBS = str(REPOSITORY / "scripts" / ".venv" / "bin" / "python")
_JOBS_PYTEST = (_JOBS, "-m", "pytest", "-c", "scripts/pyproject.toml", "--rootdir", ".")
_PYTEST = (sys.executable, "-m", "pytest")
#: A run of each kind, with a word in the command line of a server that it starts late.
RUNS = {
    "integration": ("infra.local.aws", *_PYTEST, "tests/integration/test_aws_queues.py"),
    "dags": ("postgres: checkpointer", *_PYTEST, "tests/dags/test_deadline.py"),
    "jobs": ("postgres: checkpointer", *_JOBS_PYTEST, "tests/jobs/db"),
    # While their stacks start.
    "e2e": ("infra.local.seed", *_PYTEST, "tests/e2e/test_two_days.py"),
    "faults": ("dag-processor", *_PYTEST, "tests/faults/real/test_lost_processes.py"),
}


@pytest.mark.parametrize("kind", RUNS)
def test_an_ended_run_leaves_no_process(kind: str) -> None:
    assert left_behind(signal.SIGTERM, *RUNS[kind]) == []


@pytest.mark.parametrize("kind", ["integration", "faults"])
def test_a_killed_run_leaves_no_process(kind: str) -> None:
    assert left_behind(signal.SIGKILL, *RUNS[kind]) == []
