"""A round is the same bytes, whichever process makes it: sets have another order in each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.jobs.assembly.one_round import digests

REPOSITORY = Path(__file__).resolve().parents[3]


def test_round_is_the_same_in_another_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = digests()

    monkeypatch.setenv("EMMAADBSTMT", f"sqlite:///{tmp_path / 'other.db'};statement")
    other = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.jobs.assembly.one_round"],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONHASHSEED": "7"},
        check=True,
        stdout=subprocess.PIPE,
    )

    there = json.loads(other.stdout.splitlines()[-1])
    assert there == here
    assert len(here) == 19
