"""An orderly end of a test run by SIGTERM: fixtures are torn down, so no process stays behind."""

from __future__ import annotations

import os
import signal
from types import FrameType

import pytest

_received: list[int] = []


def pytest_configure() -> None:
    """Make SIGTERM end the run as Ctrl-C does."""
    run = os.getpid()

    def end(number: int, _: FrameType | None) -> None:
        # A second one, while fixtures are torn down, ends the process at once.
        signal.signal(number, signal.SIG_DFL)
        if os.getpid() != run:
            os.kill(os.getpid(), number)  # a forked child must not run fixtures
        _received.append(number)
        _end_run()

    signal.signal(signal.SIGTERM, end)


def pytest_runtest_setup() -> None:
    """End the run now if the signal's exception was lost, for example in a ``__del__``."""
    _end_run()


def _end_run() -> None:
    for number in _received:
        pytest.exit("ended by SIGTERM", returncode=128 + number)
