"""``make down``: end the stacks of ``make up`` and ``make demo``, a demo that still runs included.

Folders of other stacks may be named, to end those instead.

Needs nothing but Python's standard library and the repository, so that it also works where the
environments are missing or broken.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from emmaa_cycle.errors import InputError
from infra.local.stack.processes import (
    GRACE_SECONDS,
    StartedProcess,
    marked_processes,
    stop_stack,
    unended,
)
from infra.local.stack.state_file import forget_processes, recorded_processes, state_folder

STACKS = ("up", "demo")


def down(folders: Iterable[Path], *, grace: float = GRACE_SECONDS) -> int:
    """End the stacks of these folders, even if one fails, and say what was ended.

    :param folders: the stacks' state folders
    :param grace: seconds that the processes have to end
    :returns: the exit code: 0, 1 if a process could not be ended, 2 if a state file is broken
    """
    return max(_end_stack(folder, grace) for folder in folders)


def _end_stack(folder: Path, grace: float) -> int:
    recorded: list[StartedProcess] = []
    problem = None
    try:
        recorded = recorded_processes(folder)
    except InputError as error:
        problem = str(error)
    names = [process.name for process in recorded if process.alive()]
    others = max(len(marked_processes(folder)) - len(names), 0)
    if left := stop_stack(folder, recorded, grace=grace):
        print(f"{folder.name}: {unended(folder, left)}")
        return 1
    ended = names + ([f"{others} more processes"] if others else [])
    print(f"{folder.name}: " + (f"ended {', '.join(ended)}" if ended else "nothing was running"))
    if problem is not None:
        print(problem)
        return 2
    forget_processes(folder)
    return 0


if __name__ == "__main__":
    named = [Path(folder) for folder in sys.argv[1:]]
    sys.exit(down(named or [state_folder(name) for name in STACKS]))
