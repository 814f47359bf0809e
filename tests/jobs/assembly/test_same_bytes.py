"""A round is the same bytes, whichever process makes it: sets have another order in each."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from sqlalchemy import URL

from tests.jobs.embedded_postgres import PostgresServer
from tests.jobs.repository import REPOSITORY

#: Seeds by which Python orders texts in sets; INDRA's references come in another order in each.
HASH_SEEDS = ("1", "2")


def test_round_is_the_same_in_another_process(postgres: PostgresServer) -> None:
    # Side by side, because each takes a while.
    started = [_start(seed, postgres.unmade_database()) for seed in HASH_SEEDS]

    answers = [process.communicate()[0] for process in started]

    assert [process.returncode for process in started] == [0, 0]
    first, second = (json.loads(answer.splitlines()[-1]) for answer in answers)
    assert first == second
    assert len(first) == 25


def _start(seed: str, url: URL) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.jobs.assembly.one_round"],
        cwd=REPOSITORY,
        env={
            **os.environ,
            "PYTHONHASHSEED": seed,
            "EMMAADBSTMT": f"{url.render_as_string(hide_password=False)};statement",
        },
        stdout=subprocess.PIPE,
    )
