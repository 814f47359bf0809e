"""Run the demo's day on MWAA's own code: ``make mwaa-run MWAA_IMAGES=clone``.

| code | meaning |
|---|---|
| 0 | every version passed |
| 1 | a version failed; the message says how |
| 2 | bad input: no clone, an unknown version, a program or Python that is missing |
| 130 | interrupted |
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from emmaa_cycle.errors import InputError
from infra.local.command import run_with
from infra.local.demo import report, run_day
from infra.local.report import display
from infra.local.stack.layout import STATE
from infra.mwaa.environment import InstallError
from infra.mwaa.python import find_python
from infra.mwaa.run.disturbances import delivered_twice, disturbed
from infra.mwaa.run.images import MwaaImage
from infra.mwaa.run.judge import batch_jobs, mwaa_faults
from infra.mwaa.run.stack import MwaaStack
from infra.mwaa.versions import VERSIONS, constraints_file

#: MWAA's programs for startup scripts and ours for PostgreSQL use them.
_PROGRAMS = ("bash", "jq", "setpriv")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a day on each version, and return the exit code."""
    options = _parser().parse_args(argv)
    console = display.make_console()
    try:
        versions = options.versions or VERSIONS
        for version in versions:
            constraints_file(version)
        images = [MwaaImage.find(options.images, version) for version in versions]
        if missing := [name for name in _PROGRAMS if shutil.which(name) is None]:
            raise InputError(f"make mwaa-run needs {', '.join(missing)}: install them")
        python = find_python()
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    codes = (run_version(image, python, console) for image in images)
    return next((code for code in codes if code), 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.mwaa.run", description=__doc__)
    parser.add_argument("--images", default="", help="a clone of amazon-mwaa-docker-images")
    parser.add_argument("versions", nargs="*", help=f"Airflow versions; all ({VERSIONS}) if none")
    return parser


def run_version(image: MwaaImage, python: Path, console: Console) -> int:
    """Run the day on one version, and return the exit code."""
    directory = STATE / "mwaa-run" / image.version / "stack"
    directory.parent.mkdir(parents=True, exist_ok=True)
    stack = MwaaStack(directory, 0, 0, announce=console.print, image=image, python=python)
    return run_with(stack, console, lambda: _run_day(stack, console))


def _run_day(stack: MwaaStack, console: Console) -> int:
    try:
        stack.start()
    except InstallError as error:
        console.print(Text(str(error), "red"))
        return 1
    with disturbed(stack) as done:
        day = run_day(stack, console, stack.next_day())
    report(stack, console, day)
    faults = day.faults + mwaa_faults(stack, day.runs, done)
    for fault in faults:
        console.print(Text(fault, "red"))
    if not faults:
        console.print(
            f"MWAA's code for Airflow {stack.image.version}: {len(day.runs)} runs,"
            f" {batch_jobs(stack).total()} Batch jobs, no name twice; the scheduler was replaced;"
            f" Celery tasks delivered more than once: {delivered_twice(stack)}."
        )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
