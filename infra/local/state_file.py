"""The state file of a stack: names every process, so that any command can find and end them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from infra.local.layout import STATE
from infra.local.processes import StartedProcess


def state_folder(name: str) -> Path:
    """The folder of the stack of one command, ``demo`` or ``up``."""
    return STATE / name


def record_processes(directory: Path, processes: Iterable[StartedProcess]) -> None:
    """Write down which processes a folder's stack consists of."""
    state = {"processes": [process.to_json() for process in processes]}
    _file(directory).write_text(json.dumps(state, indent=1))


def forget_processes(directory: Path) -> None:
    """Remove a folder's state file, if there is one."""
    _file(directory).unlink(missing_ok=True)


def recorded_processes(directory: Path) -> list[StartedProcess]:
    """The processes that a folder's state file names, alive or not."""
    file = _file(directory)
    if not file.exists():
        return []
    return [StartedProcess(**item) for item in json.loads(file.read_text())["processes"]]


def running_processes(directory: Path) -> list[StartedProcess]:
    """Those of :func:`recorded_processes` that still run."""
    return [process for process in recorded_processes(directory) if process.alive()]


def _file(directory: Path) -> Path:
    return directory / "stack.json"
