"""``make up``: the stack, staying up, with Airflow's UI; ``make down`` ends it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.markup import escape

from infra.local.command import run_with
from infra.local.report.display import make_console
from infra.local.stack.airflow_environment import USERNAME
from infra.local.stack.process_stack import Stack
from infra.local.stack.state_file import state_folder


def up(console: Console, ui_port: int, aws_port: int) -> int:
    """Start the stack with today's reader output waiting, print address and login, leave it."""
    stack = Stack(state_folder("up"), ui_port, aws_port, announce=console.print, supervised=True)
    return run_with(stack, console, lambda: _start(stack, console))


def _start(stack: Stack, console: Console) -> int:
    stack.start()
    stack.add_inbox(1, datetime.now(UTC).date())
    console.print(
        f"Airflow: [bold]{stack.ui_url}[/], login [bold]{USERNAME}[/] / "
        f"[bold]{escape(stack.password)}[/]\n"
        f"AWS endpoint: {stack.aws_url}, logs: {escape(str(stack.directory))}\n"
        "Trigger emmaa_update_pipeline there to run today's cycle; `make down` ends the stack."
    )
    stack.kept = True
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Start the stack and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.up", description=__doc__)
    parser.add_argument("--ui-port", type=int, default=8080, help="port of Airflow's UI; 0: any")
    parser.add_argument("--aws-port", type=int, default=5555, help="port of the AWS; 0: any")
    options = parser.parse_args(argv)
    return up(make_console(), options.ui_port, options.aws_port)


if __name__ == "__main__":
    sys.exit(main())
