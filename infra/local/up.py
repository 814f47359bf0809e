"""``make up``: the stack, staying up, with Airflow's UI; ``make down`` ends it."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from emmaa_cycle.errors import InputError
from emmaa_cycle.resources import BUCKET
from emmaa_cycle.settings import SETTINGS_FILE_VARIABLE, load_settings
from infra.local.command import run_with
from infra.local.report.display import make_console
from infra.local.stack.airflow_environment import USERNAME
from infra.local.stack.jobs_environment import REGION
from infra.local.stack.process_stack import Stack
from infra.local.stack.shell_environment import FILE
from infra.local.stack.state_file import state_folder


def up(
    console: Console,
    ui_port: int,
    aws_port: int,
    *,
    fresh: bool = False,
    settings_file: Path | None = None,
) -> int:
    """Start the stack, print address and login, and leave it running.

    Buckets, databases and runs of the last start are kept. At the first, today's reader output
    waits in the inbox.

    :param fresh: whether the last start's state is removed first
    :param settings_file: the deployment's settings; the defaults if None
    """
    settings = {SETTINGS_FILE_VARIABLE: str(settings_file.absolute())} if settings_file else {}
    # This process reads them, too: it provides what they name.
    os.environ.update({**settings, "EMMAA_BUCKET": BUCKET})
    stack = Stack(
        state_folder("up"),
        ui_port,
        aws_port,
        announce=console.print,
        supervised=True,
        fresh=fresh,
        settings=settings,
        job_settings=settings,
    )
    return run_with(stack, console, lambda: _start(stack, console))


def _start(stack: Stack, console: Console) -> int:
    region = load_settings().aws_region
    if region != REGION:
        raise InputError(f"aws_region is {region}: the local stack is in {REGION}, leave it out")
    kept = stack.is_kept
    stack.start()
    if kept:
        console.print("Buckets, databases and runs are the last start's: FRESH=1 starts with none.")
    else:
        stack.add_inbox(1, datetime.now(UTC).date())
    console.print(
        f"Airflow: [bold]{stack.ui_url}[/], login [bold]{USERNAME}[/] / "
        f"[bold]{escape(stack.password)}[/]\n"
        f"AWS endpoint: {stack.aws_url}, logs: {escape(str(stack.directory))}\n"
        f"`source {escape(shlex.quote(str(stack.directory / FILE)))}` makes airflow, aws and the"
        " jobs' scripts work on it.\n"
        "Trigger emmaa_update_pipeline there to run today's cycle; `make down` ends the stack."
    )
    stack.kept = True
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Start the stack and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.up", description=__doc__)
    parser.add_argument("--ui-port", type=int, default=8080, help="port of Airflow's UI; 0: any")
    parser.add_argument("--aws-port", type=int, default=5555, help="port of the AWS; 0: any")
    parser.add_argument("--fresh", action="store_true", help="remove the last start's state")
    parser.add_argument("--settings", type=Path, help="a settings file (docs/settings.md)")
    options = parser.parse_args(argv)
    ports = (options.ui_port, options.aws_port)
    return up(make_console(), *ports, fresh=options.fresh, settings_file=options.settings)


if __name__ == "__main__":
    sys.exit(main())
