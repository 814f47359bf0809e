"""Waiting for the signal that ends the server."""

from __future__ import annotations

import signal
import socket
from types import FrameType


class EndSignal:
    """SIGTERM or SIGINT from its making on; to be made in the main thread, once in a process.

    The kernel gives a process' signal to any of its threads. Python runs handlers in the main
    thread alone, which sleeps on in a wait for a lock if another thread got the signal. The
    wakeup descriptor is written to in whichever thread it was.
    """

    def __init__(self) -> None:
        self._source, self._wakeup = socket.socketpair()
        self._wakeup.setblocking(False)
        signal.set_wakeup_fd(self._wakeup.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _do_nothing)

    def wait(self) -> None:
        """Return as soon as there was a signal; at once if there was one before."""
        self._source.recv(1)


def _do_nothing(number: int, frame: FrameType | None) -> None:
    """Keep the signal from its default, which ends the process at once."""
