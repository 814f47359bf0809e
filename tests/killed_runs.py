"""A test run that is killed leaves no stack behind."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from pathlib import Path

from infra.shared.run_if_killed import run_if_killed


def stack_ends_with_this_process(folder: Path) -> AbstractContextManager[None]:
    """End what was started for a stack if this process is killed during the block.

    :param folder: the stack's folder
    """
    return run_if_killed(sys.executable, "-m", "infra.local.down", str(folder.absolute()))
