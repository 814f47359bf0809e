"""Ctrl-C and SIGTERM: both end a command through its clean-up, and neither breaks that off."""

from __future__ import annotations

import signal
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def end_on_interrupt() -> None:
    """Let both signals raise ``KeyboardInterrupt`` from now on."""
    for number in _SIGNALS:
        signal.signal(number, _interrupt)


def finish_undisturbed() -> None:
    """Ignore both signals from now on: a second Ctrl-C must not leave processes behind."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
