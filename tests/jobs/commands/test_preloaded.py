"""The modules that the local stack preloads for its jobs: a fork keeps them, and jobs use them."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from infra.local.stack.jobs_environment import PRELOADED
from tests.jobs.repository import REPOSITORY

OWN = ("EMMAA_", "AWS_BATCH_")
PROGRAM = """
import json, os, pkgutil, sys

read = set()
class Watched(type(os.environ)):
    def __getitem__(self, name):
        read.add(name)
        return super().__getitem__(name)
os.environ.__class__ = Watched
for name in json.loads(sys.argv[1]):
    found = pkgutil.resolve_name(name)
    if ":" in name:
        found()
print(json.dumps([sorted(read), len(os.listdir("/proc/self/task")), sorted(sys.modules)]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="jobs are forked on Linux alone")
def test_what_is_preloaded_reads_no_job_s_variable_and_starts_no_thread() -> None:
    # Some library copies all variables; what it copies is not what it reads.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OWN)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(PRELOADED)],
        cwd=REPOSITORY,
        env={**kept, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    read, threads, modules = json.loads(done.stdout.splitlines()[-1])

    assert "INDRA_RESOURCES" in read or "PYSTOW_HOME" in read, "reads are seen"
    assert [name for name in read if name.startswith(OWN)] == []
    assert threads == 1
    assert {"indra.databases.mesh_client", "emmaa_jobs.reading.update"} <= set(modules)
