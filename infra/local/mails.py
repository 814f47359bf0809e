"""``make mails``: opens the running stack's mails, operators' messages included, in a browser."""

from __future__ import annotations

import os
import sys
import webbrowser

from emmaa_cycle.errors import InputError
from infra.local.aws.mail_pages import PATH
from infra.local.stack.facts import read_facts
from infra.local.stack.ports import HOST
from infra.local.stack.state_file import recorded_processes, state_folder
from infra.local.status import STACKS


def mails_address() -> str:
    """Return the address of the mails of the stack that runs, that of ``make up`` first.

    :raises InputError: if none runs.
    """
    for folder in map(state_folder, STACKS):
        running = any(p.alive() for p in recorded_processes(folder) if p.name == "aws")
        facts = read_facts(folder) if running else None
        if facts is not None:
            return f"http://{HOST}:{facts.aws_port}{PATH}"
    raise InputError(
        "no stack is up: `make up` starts one, `make demo KEEP=1` one with a day's mails"
    )


def main() -> int:
    """Print the address, open it where there is a desktop, and return the exit code."""
    try:
        address = mails_address()
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    print(address)
    if sys.platform == "darwin" or {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys():
        webbrowser.open(address)
    return 0


if __name__ == "__main__":
    sys.exit(main())
