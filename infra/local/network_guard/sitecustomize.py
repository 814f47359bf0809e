"""Guards every Python process that has this folder on ``PYTHONPATH``.

With ``EMMAA_NETWORK_GUARD_LOG`` naming a file, each attempt to leave this machine is refused and
adds a line to that file, so that the starter of the processes can assert afterwards that the
file is empty or absent. Without the variable nothing is guarded. Any other ``sitecustomize`` of
the interpreter still runs.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import os
import sys

LOG_VARIABLE = "EMMAA_NETWORK_GUARD_LOG"


def _append(path: str, message: str) -> None:
    line = f"pid {os.getpid()} {' '.join(sys.orig_argv)!r}: {message}\n"
    # One write in append mode: lines of several processes do not mix.
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(file, line.encode("utf-8", "backslashreplace"))
    finally:
        os.close(file)


def _guard() -> None:
    log = os.environ.get(LOG_VARIABLE)
    if log:
        path = os.path.abspath(log)  # the process may change its folder
        guard = importlib.import_module("emmaa_network_guard")
        guard.install(lambda message: _append(path, message))


def _run_next_sitecustomize() -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    elsewhere = [entry for entry in sys.path if os.path.abspath(entry) != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", elsewhere)
    if spec is not None and spec.loader is not None:
        from importlib.util import module_from_spec

        spec.loader.exec_module(module_from_spec(spec))


if __name__ == "sitecustomize":
    _guard()
    _run_next_sitecustomize()
