"""A command that runs only if this process dies before its work is done, by SIGKILL too."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def run_if_killed(*command: str) -> Iterator[None]:
    """Run a command if this process ends before the block does.

    A shell in a new session waits for the end of a pipe that this process holds open.
    """
    shell = subprocess.Popen(
        ["sh", "-c", 'read -r _; exec "$@"', "sh", *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    with shell:  # closes the pipe and waits
        try:
            yield
        finally:
            shell.kill()
