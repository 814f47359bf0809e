"""Kappa with one model loaded, within limits of time and memory.

Kappa runs as a manager and three agents. kappy ends the manager alone and leaves a busy agent
running, and it waits for answers without a limit. So the limits are set here, and all four
processes end with the block that uses them, or with the job.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import platform
import shlex
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

from emmaa_cycle.errors import InputError
from emmaa_jobs.child_program import memory_limit, owned_command

#: What kappy's wheel must hold: the manager and the agents that it starts.
PROGRAMS = ("KappaSwitchman", "KaSimAgent", "KaSaAgent", "KaMoHa")


#: What Kappa answers when it gets no more memory.
_NO_MEMORY = "Out of memory"


class KappaLimitError(InputError):
    """Kappa needs more time or memory than it may have."""


class NoKappaError(InputError):
    """Kappa is not installed here: what needs it is left out, and everything else works."""


def has_kappy() -> bool:
    """Return whether kappy is installed: not where it has no wheel (scripts/pyproject.toml)."""
    return importlib.util.find_spec("kappy") is not None


def why_no_kappa() -> str | None:
    """Return why Kappa cannot be run here; None if it can."""
    if not has_kappy():
        machine = f"{platform.system()} on {platform.machine()}"
        return (
            "Kappa is off here: its package kappy, which has no build for every machine,"
            f" is not installed (this is {machine})"
        )
    from kappy.kappa_std import BIN_DIR

    programs = [Path(BIN_DIR or "", name) for name in PROGRAMS]
    missing = [path.name for path in programs if not os.access(path, os.X_OK)]
    if not missing:
        return None
    return (
        f"Kappa is off here: kappy's wheel should hold {', '.join(missing)} in {BIN_DIR};"
        " install the jobs' environment again with uv sync"
    )


def indra_model_checkers() -> Any:
    """Return ``indra.explanation.model_checker``, also where kappy is not installed.

    INDRA imports kappy with all of its checkers, although PySB's alone uses it.
    """
    name = "kappy"
    absent = sys.modules.get(name) is None and not has_kappy()
    if absent:
        sys.modules[name] = ModuleType(name)
    try:
        return import_module("indra.explanation.model_checker")
    finally:
        if absent:
            del sys.modules[name]


@contextmanager
def running_kappa(source: str, seconds: float) -> Iterator[Any]:
    """Run kappy's ``KappaStd`` with a model loaded; its processes end with the block.

    To be called in the main thread: Linux ends the processes with the thread that started them.

    :param source: the model, in Kappa's language
    :param seconds: how long the whole block may take
    :raises NoKappaError: if Kappa is not installed.
    :raises KappaLimitError: if it takes longer, or a process of Kappa needs more than
        :func:`memory_limit`; Kappa is killed then.
    """
    missing = why_no_kappa()
    if missing:
        raise NoKappaError(missing)
    import kappy

    memory = memory_limit()
    with TemporaryDirectory(prefix="emmaa-kappa-") as folder:
        _write_starters(Path(folder), memory)
        kappa = kappy.KappaStd(kappa_bin_path=folder)
        watch = _Watch(kappa.switch_agent.pid, seconds)
        try:
            kappa.add_model_string(source)
            kappa.project_parse()
            yield kappa
        except Exception as error:
            # A killed Kappa shows as whatever comes when an answer breaks off.
            if watch.expired:
                raise KappaLimitError(f"Kappa did not end in {seconds:g} s") from error
            # Without an answer, Kappa's manager has ended.
            ended = isinstance(error, json.JSONDecodeError | BrokenPipeError)
            if ended or _NO_MEMORY in str(error):
                raise KappaLimitError(f"Kappa needs more than {memory >> 20} MB") from error
            raise
        finally:
            watch.end()
            _shut(kappa)


def _write_starters(folder: Path, memory: int) -> None:
    # The manager looks for its agents in the folder that it was started from.
    from kappy.kappa_std import BIN_DIR

    for name in PROGRAMS:
        command = owned_command([str(Path(BIN_DIR or "", name))], "PARENT", memory)
        words = ["$PPID" if word == "PARENT" else shlex.quote(word) for word in command]
        starter = folder / name
        starter.write_text(f'#!/bin/sh\nexec {" ".join(words)} "$@"\n')
        starter.chmod(0o700)


class _Watch:
    """Kills a process' family when its time is up, and at the end.

    :ivar expired: whether the time was up
    """

    def __init__(self, pid: int, seconds: float) -> None:
        self.pid = pid
        self.expired = False
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True
        self._timer.start()

    def end(self) -> None:
        """Stop the clock and kill the processes that are left."""
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
    except BrokenPipeError:  # the last commands are lost; its pipes are closed now
        kappa.shutdown()
