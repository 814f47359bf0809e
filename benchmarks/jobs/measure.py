"""A whole process, measured: seconds, CPU seconds and peak memory."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Cost:
    """The cost of processes that ran one after the other.

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

    A small separate process starts it, because Linux counts the memory of the process that starts
    another among the other's peak.

    :param log: the file that its output is added to
    :raises RuntimeError: if it fails, with the end of its output.
    """
    with tempfile.NamedTemporaryFile() as report, log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__, report.name, *command],
            cwd=REPOSITORY,
            env=dict(environment),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            process.wait()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)  # who ends the measuring ends what is measured
            raise
        found = json.loads(Path(report.name).read_text())
    if found.pop("code"):
        end = log.read_text(errors="replace")[-3000:]
        raise RuntimeError(f"{' '.join(command)} failed:\n{end}")
    return Cost(**found)


def _run_and_tell(file: str, command: list[str]) -> None:
    started = time.monotonic()
    pid = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(pid, 0)
    found = {
        "code": os.waitstatus_to_exitcode(status),
        "seconds": time.monotonic() - started,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak_mb": usage.ru_maxrss / 1024,
    }
    Path(file).write_text(json.dumps(found))


if __name__ == "__main__":
    _run_and_tell(sys.argv[1], sys.argv[2:])
