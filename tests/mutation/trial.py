"""A trial: the tests of a module, run against a copy of the repository with one mutant in it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tests.mutation.mutants import Mutant
from tests.mutation.recorded_runs import RecordedRuns
from tests.mutation.selection import chosen_tests

#: What is not in git, and is shared with the copy.
_SHARED = (".venv", "scripts/.venv", ".emmaa/resources", ".emmaa/tools")
_JOBS = ("-c", "scripts/pyproject.toml", "--rootdir", ".")
#: hypothesis tries the same examples in each run.
_PYTEST = ("-x", "-q", "--no-header", "-p", "no:cacheprovider", "--hypothesis-seed=1")
#: A mutant that loops is given up after this, or after some times what its tests take without it.
_LEAST_SECONDS, _TIMES = 180.0, 4.0
_FAILED_FILE = re.compile(r"^(?:FAILED|ERROR) (tests/\S+?\.py)", re.MULTILINE)


class Verdict(StrEnum):
    """The end of a trial."""

    KILLED = "killed"
    SURVIVED = "survived"
    #: A module that no quick test reaches, or whose tests fail without a change.
    UNTESTED = "untested"


@dataclass(frozen=True)
class Trial:
    """The result of a mutant's trial.

    :param why: the last line of the tests' output
    """

    mutant: Mutant
    verdict: Verdict
    why: str = ""


@dataclass(frozen=True)
class _Fault:
    """The way in which a run of tests failed.

    :param files: the test files that failed; all that ran if none could be named
    """

    why: str
    files: tuple[str, ...]
    timed_out: bool = False


class Tree:
    """A copy of the repository in which modules are changed, so that its own are never.

    :param repository: what is copied, as it is, committed or not
    :param folder: an empty folder for the copy
    """

    def __init__(self, repository: Path, folder: Path) -> None:
        self.folder = folder
        self._runs = RecordedRuns(repository)
        #: How long test files took that passed without a mutant, seconds.
        self._passed: dict[tuple[str, ...], float] = {}
        listed = subprocess.run(
            ["git", "-C", str(repository), "ls-files", "-z", "-co", "--exclude-standard"],
            stdout=subprocess.PIPE,
            check=True,
        )
        for name in filter(None, listed.stdout.decode().split("\0")):
            if (repository / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(repository / name, folder / name)
        for name in _SHARED:
            if (repository / name).exists():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).symlink_to((repository / name).resolve())

    def try_out(self, mutant: Mutant) -> Trial:
        """Run the tests of a mutant with it in place.

        Only a test that fails runs again without the mutant, once for all mutants: it must pass
        then.
        """
        tests = chosen_tests(self.folder, mutant, self._runs)
        if not tests:
            return Trial(mutant, Verdict.UNTESTED, "no quick test imports it")
        fault = self._fault_with(mutant, tests, _LEAST_SECONDS)
        if fault is None:
            return Trial(mutant, Verdict.SURVIVED)
        without = self._fault_without(fault.files)
        if without is not None:
            return Trial(mutant, Verdict.UNTESTED, f"its tests fail without it: {without.why}")
        allowed = _TIMES * self._passed[fault.files]
        if fault.timed_out and allowed > _LEAST_SECONDS:
            fault = self._fault_with(mutant, tests, allowed)
        if fault is None:
            return Trial(mutant, Verdict.SURVIVED)
        return Trial(mutant, Verdict.KILLED, fault.why)

    def _fault_with(self, mutant: Mutant, tests: Sequence[str], timeout: float) -> _Fault | None:
        file = self.folder / mutant.path
        source = file.read_text(encoding="utf-8")
        file.write_text(mutant.apply(source), encoding="utf-8")
        try:
            return self._fault(tests, timeout)
        finally:
            file.write_text(source, encoding="utf-8")

    def _fault_without(self, tests: tuple[str, ...]) -> _Fault | None:
        if tests in self._passed:
            return None
        started = time.monotonic()
        fault = self._fault(tests, timeout=3600.0)
        if fault is None:
            self._passed[tests] = time.monotonic() - started
        return fault

    def _fault(self, tests: Sequence[str], timeout: float) -> _Fault | None:
        """Run tests, each in its environment; return how they fail, or None."""
        in_jobs = [test for test in tests if test.startswith("tests/jobs/")]
        in_root = [test for test in tests if not test.startswith("tests/jobs/")]
        fault = self._run(".venv", (), in_root, timeout) if in_root else None
        if fault is None and in_jobs:
            fault = self._run("scripts/.venv", _JOBS, in_jobs, timeout)
        return fault

    def _run(
        self, environment: str, options: Sequence[str], tests: Sequence[str], timeout: float
    ) -> _Fault | None:
        python = self.folder / environment / "bin" / "python"
        # Before the environment's own entries, which lead to the repository itself.
        path = os.pathsep.join(str(self.folder / part) for part in ("plugins", "scripts", ""))
        process = subprocess.Popen(
            [str(python), "-m", "pytest", *_PYTEST, *options, *tests],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            return _Fault(f"no end within {timeout:.0f} s", tuple(tests), timed_out=True)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if process.returncode == 0:
            return None
        named = dict.fromkeys(_FAILED_FILE.findall(output))
        return _Fault(_reason(output, process.returncode), tuple(named) or tuple(tests))


def _reason(output: str, code: int) -> str:
    failed = [line for line in output.splitlines() if line.startswith(("FAILED", "ERROR", "E  "))]
    return failed[-1][:200] if failed else f"exit code {code}"
