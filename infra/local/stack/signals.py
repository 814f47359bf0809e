"""The signals by which a person, a terminal or a supervisor ends a command."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

#: Ctrl-C, ``kill``, and a terminal that is closed.
END_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """Let the first of the signals in the block raise KeyboardInterrupt, and ignore all after it.

    So the clean-up after the first is not interrupted by a second. SIGHUP stays ignored where
    the command was started so, by ``nohup``.
    """
    handlers = {number: signal.getsignal(number) for number in END_SIGNALS}
    try:
        for number, handler in handlers.items():
            if number != signal.SIGHUP or handler != signal.SIG_IGN:
                signal.signal(number, _interrupt)
        yield
    finally:
        for number, handler in handlers.items():
            if handler is not None:  # one that Python did not set cannot be set again
                signal.signal(number, handler)


def ignore_signals() -> None:
    """Let none of the signals interrupt any more."""
    for number in END_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def deferred_signals() -> Iterator[None]:
    """Keep the signals from interrupting the block; what came meanwhile takes effect at its end.

    Handlers are exchanged instead of the signals blocked, because a process that the block starts
    would inherit a mask. Python runs handlers in the main thread alone, so elsewhere there is
    nothing to defer.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)

    handlers = {number: signal.getsignal(number) for number in END_SIGNALS}
    # An ignored one cannot interrupt, and would not be ignored by a process started meanwhile.
    deferred = {n: h for n, h in handlers.items() if h not in (None, signal.SIG_IGN)}
    try:
        for number in deferred:
            signal.signal(number, note)
        yield
    finally:
        for number, handler in deferred.items():
            signal.signal(number, handler)
        for noted in dict.fromkeys(came):
            signal.raise_signal(noted)


def _interrupt(number: int, frame: FrameType | None) -> None:
    ignore_signals()
    raise KeyboardInterrupt
