"""The record of the lines that each test runs, for ``make coverage``."""

from __future__ import annotations

import sys
from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Name what runs from now on after the test, if coverage is measured: fixtures included.

    Coverage's own way to find the test looks for functions named ``test_…``, and takes one of
    hypothesis for it.
    """
    coverage = sys.modules.get("coverage")
    running = coverage.Coverage.current() if coverage else None
    if running is None:
        return (yield)
    running.switch_context(item.nodeid.partition("[")[0])
    try:
        return (yield)
    finally:
        running.switch_context("")
