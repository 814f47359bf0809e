"""The record of the lines that each test runs, for ``make coverage``."""

from __future__ import annotations

import sys


def pytest_runtest_logstart(nodeid: str) -> None:
    """Let coverage, if it is measured, note a test for the lines that run from now on.

    Its fixtures' lines are among them. Coverage's own way to find the test looks for functions
    named ``test_…``, and takes one of hypothesis for it.
    """
    coverage = sys.modules.get("coverage")
    running = coverage.Coverage.current() if coverage else None
    if running is not None:
        running.switch_context(nodeid.partition("[")[0])
