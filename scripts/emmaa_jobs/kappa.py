"""Kappa with one model loaded, whose processes end with their work.

Kappa runs as a manager and three agents. kappy ends the manager alone: a busy agent is left
running. And kappy waits for answers for ever: a limit has to come from outside.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from emmaa_cycle.errors import InputError

#: What kappy's wheel must hold: the manager and the agents that it starts.
PROGRAMS = ("KappaSwitchman", "KaSimAgent", "KaSaAgent", "KaMoHa")


class KappaLimitError(InputError):
    """Kappa took longer than it may."""


def why_no_kappa() -> str | None:
    """Why Kappa cannot be run here; None if it can."""
    from kappy.kappa_std import BIN_DIR

    programs = [Path(BIN_DIR or "", name) for name in PROGRAMS]
    missing = [path.name for path in programs if not os.access(path, os.X_OK)]
    if not missing:
        return None
    return f"it needs Kappa's {', '.join(missing)}, which kappy's wheel should hold in {BIN_DIR}"


@contextmanager
def running_kappa(source: str, seconds: float | None = None) -> Iterator[Any]:
    """A kappy ``KappaStd`` with a model loaded; all of its processes end with the block.

    :param source: the model, in Kappa's language
    :param seconds: how long the whole block may take; for ever if None
    :raises KappaLimitError: if it takes longer; Kappa is killed then.
    """
    import kappy

    kappa = kappy.KappaStd()
    watch = _Watch(kappa.switch_agent.pid, seconds)
    try:
        kappa.add_model_string(source)
        kappa.project_parse()
        yield kappa
    except Exception as error:
        # A killed Kappa shows as whatever comes when an answer breaks off.
        if watch.expired:
            raise KappaLimitError(f"Kappa did not end in {seconds:g} s") from error
        raise
    finally:
        watch.end()
        _shut(kappa)


class _Watch:
    """Kills a process' family when its time is up, and at the end.

    :ivar expired: whether the time was up
    """

    def __init__(self, pid: int, seconds: float | None) -> None:
        self.pid = pid
        self.expired = False
        self._timer = None if seconds is None else threading.Timer(seconds, self._expire)
        if self._timer:
            self._timer.daemon = True
            self._timer.start()

    def end(self) -> None:
        """Stop the clock and kill whom it left."""
        if self._timer:
            self._timer.cancel()
            self._timer.join()
        self._kill()

    def _expire(self) -> None:
        self.expired = True
        self._kill()

    def _kill(self) -> None:
        import psutil

        with contextlib.suppress(psutil.NoSuchProcess):
            manager = psutil.Process(self.pid)
            for process in [*manager.children(recursive=True), manager]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()


def _shut(kappa: Any) -> None:
    try:
        kappa.shutdown()
    except BrokenPipeError:  # what it was still told is lost; its pipes are closed now
        kappa.shutdown()
