"""A whole process, measured: seconds, CPU seconds and peak memory."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Cost:
    """What processes took, one after the other.

    :param seconds: from start to end
    :param cpu: seconds of CPU, user and system
    :param peak_mb: the largest resident memory of any of them, MB
    """

    seconds: float
    cpu: float
    peak_mb: float

    def __add__(self, other: Cost) -> Cost:
        peak = max(self.peak_mb, other.peak_mb)
        return Cost(self.seconds + other.seconds, self.cpu + other.cpu, peak)


def measure(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Cost:
    """Run a process from the repository's root and measure it.

    :param log: the file that its output is added to
    :raises RuntimeError: if it fails, with the end of its output.
    """
    started = time.monotonic()
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=REPOSITORY, env=dict(environment), stdout=output, stderr=output
        )
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()  # who ends the measuring ends what is measured
            raise
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        end = log.read_text(errors="replace")[-3000:]
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{end}")
    cpu = usage.ru_utime + usage.ru_stime
    return Cost(time.monotonic() - started, cpu, usage.ru_maxrss / 1024)
