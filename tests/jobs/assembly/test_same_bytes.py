"""A round is the same bytes, whichever process makes it: sets have another order in each."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from sqlalchemy import URL

from tests.jobs.assembly.one_round import digests
from tests.jobs.embedded_postgres import PostgresServer
from tests.jobs.repository import REPOSITORY

#: Orders texts in the other process' sets; this one's have another order each time.
HASH_SEED = "1"


def test_round_is_the_same_in_another_process(postgres: PostgresServer) -> None:
    other = _start(postgres.unmade_database())
    made = digests()

    answer, _ = other.communicate()

    assert other.returncode == 0
    assert json.loads(answer.splitlines()[-1]) == made
    assert len(made) == 25


def _start(url: URL) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.jobs.assembly.one_round"],
        cwd=REPOSITORY,
        env={
            **os.environ,
            "PYTHONHASHSEED": HASH_SEED,
            "EMMAADBSTMT": f"{url.render_as_string(hide_password=False)};statement",
        },
        stdout=subprocess.PIPE,
    )
