"""The state file of a stack: names every process, so that any command can find and end them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from emmaa_cycle.errors import InputError
from infra.local.stack.layout import STATE
from infra.local.stack.processes import StartedProcess


def state_folder(name: str) -> Path:
    """Return the folder of the stack of one command, ``demo`` or ``up``."""
    return STATE / name


def record_processes(directory: Path, processes: Iterable[StartedProcess]) -> None:
    """Write down which processes a folder's stack consists of."""
    state = {"processes": [process.to_json() for process in processes]}
    partial = _file(directory).with_suffix(".part")
    partial.write_text(json.dumps(state, indent=1))
    partial.replace(_file(directory))


def record_given_up(directory: Path, names: Iterable[str]) -> None:
    """Write down which components of a folder's stack stay down."""
    _given_up_file(directory).write_text("".join(f"{name}\n" for name in names))


def given_up(directory: Path) -> list[str]:
    """Return the components of a folder's stack that are not restarted any more."""
    file = _given_up_file(directory)
    return file.read_text().split() if file.exists() else []


def forget_processes(directory: Path) -> None:
    """Remove what names the processes of a folder's stack, if there is anything."""
    _file(directory).unlink(missing_ok=True)
    _given_up_file(directory).unlink(missing_ok=True)


def recorded_processes(directory: Path) -> list[StartedProcess]:
    """Return the processes that a folder's state file names, alive or not.

    :raises InputError: if the file is not as :func:`record_processes` writes it.
    """
    file = _file(directory)
    if not file.exists():
        return []
    try:
        return [StartedProcess(**item) for item in json.loads(file.read_text())["processes"]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            f"{file} does not name a stack's processes as it should ({error}): end those that it"
            " names if they still run, then remove it"
        ) from error


def running_processes(directory: Path) -> list[StartedProcess]:
    """Those of :func:`recorded_processes` that still run.

    :raises InputError: if the state file cannot be read.
    """
    return [process for process in recorded_processes(directory) if process.alive()]


def _given_up_file(directory: Path) -> Path:
    return directory / "given-up"


def _file(directory: Path) -> Path:
    return directory / "stack.json"
