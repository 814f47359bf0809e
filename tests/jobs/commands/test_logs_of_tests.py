"""Tests that a test does not see the log streams of jobs in earlier tests."""

from __future__ import annotations

import logging
import sys

import pytest

from emmaa_jobs.commands.cli import run_job


@pytest.mark.parametrize("_turn", [1, 2])
def test_a_job_leaves_no_handler_behind(_turn: int, capsys: pytest.CaptureFixture[str]) -> None:
    streams = [getattr(handler, "stream", None) for handler in logging.getLogger().handlers]
    assert not any(getattr(stream, "closed", False) for stream in streams)

    assert run_job(lambda _argv: "done", []) == 0

    assert sys.stdout in [getattr(h, "stream", None) for h in logging.getLogger().handlers]
    assert "done" in capsys.readouterr().out
