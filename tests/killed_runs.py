"""A test run that is killed leaves no stack and no server behind."""

from __future__ import annotations

import atexit
import functools
import sys
import tempfile
import uuid
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from infra.local.stack.processes import stack_variable, stop_stack
from infra.shared.run_if_killed import run_if_killed


def stack_ends_with_this_process(folder: Path) -> AbstractContextManager[None]:
    """End what was started for a stack if this process is killed during the block.

    :param folder: the stack's folder
    """
    return run_if_killed(sys.executable, "-m", "infra.local.down", str(folder.absolute()))


@functools.cache
def mark_of_this_run() -> dict[str, str]:
    """Return an environment whose processes end with this one at the latest, even by SIGKILL."""
    stack = Path(tempfile.gettempdir(), f"emmaa-test-run-{uuid.uuid4()}")  # a name alone
    ends = ExitStack()
    ends.enter_context(stack_ends_with_this_process(stack))
    ends.callback(stop_stack, stack, [])
    atexit.register(ends.close)
    return stack_variable(stack)
