"""An orderly end of a test run by SIGTERM: fixtures are torn down, so no process stays behind."""

from __future__ import annotations

import os
import signal
from types import FrameType

import pytest


def pytest_configure() -> None:
    """Make SIGTERM end the run as Ctrl-C does."""
    run = os.getpid()

    def end(number: int, _: FrameType | None) -> None:
        # A second one, while fixtures are torn down, ends the process at once.
        signal.signal(number, signal.SIG_DFL)
        if os.getpid() != run:
            os.kill(os.getpid(), number)  # a forked child must not run fixtures
        pytest.exit("ended by SIGTERM", returncode=128 + number)

    signal.signal(signal.SIGTERM, end)
