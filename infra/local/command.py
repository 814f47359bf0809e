"""What the commands over a stack share: faults become exit codes, and the stack always ends.

| code | meaning |
|---|---|
| 0 | done |
| 1 | a part of the stack failed; the message says where its log is |
| 2 | bad input, a taken port for one |
| 130 | interrupted |
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType

import httpx
from rich.console import Console

from emmaa_cycle.errors import InputError
from infra.local.reached_stack import ReachedStack

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run_with(stack: ReachedStack, console: Console, work: Callable[[], int]) -> int:
    """Do the work, then end the stack unless it is to be kept, whatever happened.

    :param work: starts the stack and returns the exit code
    """
    for number in _SIGNALS:
        signal.signal(number, _interrupt)
    try:
        return work()
    except InputError as error:
        console.print(f"[red]{error}[/]")
        return 2
    except (RuntimeError, TimeoutError, httpx.HTTPError) as error:
        console.print(f"[red]{error}[/]\nLogs: {stack.directory}")
        return 1
    except KeyboardInterrupt:
        console.print("[yellow]interrupted: ending all processes[/]")
        return 130
    finally:
        # A second Ctrl-C must not leave processes behind.
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        if not stack.kept:
            stack.stop()


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
