"""Common parts of the commands over a stack: faults become exit codes, and the stack always ends.

| code | meaning |
|---|---|
| 0 | done |
| 1 | a part of the stack failed; the message says where its log is |
| 2 | bad input, a taken port for one |
| 130 | interrupted |
"""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console
from rich.text import Text

from emmaa_cycle.errors import InputError
from infra.local.stack.running_stack import ReachedStack
from infra.local.stack.signals import ignore_signals, interrupted_by_signals


def run_with(stack: ReachedStack, console: Console, work: Callable[[], int]) -> int:
    """Do the work, then end the stack unless it is to be kept, whatever happened.

    Ctrl-C, SIGTERM and SIGHUP end it, too.

    :param work: starts the stack and returns the exit code
    """
    with interrupted_by_signals():
        try:
            try:
                code = _code_of(work, stack, console)
            finally:
                ignore_signals()
        except KeyboardInterrupt:
            console.print("[yellow]interrupted: ending all processes[/]")
            code = 130
        finally:
            ended = stack.kept or _is_ended(stack, console)
        return code if ended else 1


def _is_ended(stack: ReachedStack, console: Console) -> bool:
    """End the stack, and say whether that could be done."""
    try:
        stack.stop()
    except RuntimeError as error:
        console.print(Text(str(error), "red"))
        return False
    return True


def _code_of(work: Callable[[], int], stack: ReachedStack, console: Console) -> int:
    import httpx
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return work()
    except InputError as error:
        console.print(Text(str(error), "red"))
        return 2
    except (RuntimeError, OSError, httpx.HTTPError, BotoCoreError, ClientError) as error:
        console.print(Text(str(error) or type(error).__name__, "red"))
        console.print(Text(f"Logs: {stack.directory}"))
        return 1
