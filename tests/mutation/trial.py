"""A trial: the tests of a module, run against a copy of the repository with one mutant in it."""

from __future__ import annotations

import os
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
from tests.mutation.selection import quick_tests_of

#: What is not in git, and is shared with the copy.
_SHARED = (".venv", "scripts/.venv", ".emmaa/resources", ".emmaa/tools")
_JOBS = ("-c", "scripts/pyproject.toml", "--rootdir", ".")
#: hypothesis tries the same examples in each run.
_PYTEST = ("-x", "-q", "--no-header", "-p", "no:cacheprovider", "--hypothesis-seed=1")
#: A mutant that loops is given up after this, and some times what its tests take without it.
_LEAST_SECONDS, _TIMES = 60.0, 4.0


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


class Tree:
    """A copy of the repository in which modules are changed, so that its own are never.

    :param repository: what is copied, as it is, committed or not
    :param folder: an empty folder for the copy
    """

    def __init__(self, repository: Path, folder: Path) -> None:
        self.folder = folder
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
        self._baselines: dict[str, tuple[str, float]] = {}

    def try_out(self, mutant: Mutant) -> Trial:
        """Run the tests of a mutant's module with it in place."""
        tests = quick_tests_of(self.folder, mutant.path)
        if not tests:
            return Trial(mutant, Verdict.UNTESTED, "no quick test imports it")
        fault, seconds = self._baseline(mutant.path, tests)
        if fault:
            return Trial(mutant, Verdict.UNTESTED, f"its tests fail without it: {fault}")
        file = self.folder / mutant.path
        source = file.read_text(encoding="utf-8")
        file.write_text(mutant.apply(source), encoding="utf-8")
        try:
            fault = self._fault(tests, _LEAST_SECONDS + _TIMES * seconds)
        finally:
            file.write_text(source, encoding="utf-8")
        return Trial(mutant, Verdict.KILLED if fault else Verdict.SURVIVED, fault)

    def _baseline(self, path: str, tests: Sequence[str]) -> tuple[str, float]:
        """Return how the tests of an unchanged module fail, if they do, and what they take."""
        if path not in self._baselines:
            started = time.monotonic()
            fault = self._fault(tests, timeout=3600.0)
            self._baselines[path] = fault, time.monotonic() - started
        return self._baselines[path]

    def _fault(self, tests: Sequence[str], timeout: float) -> str:
        """Run tests, each in its environment; return how they fail, or an empty text."""
        in_jobs = [test for test in tests if test.startswith("tests/jobs/")]
        in_root = [test for test in tests if not test.startswith("tests/jobs/")]
        fault = self._run(".venv", in_root, timeout) if in_root else ""
        if not fault and in_jobs:
            fault = self._run("scripts/.venv", [*_JOBS, *in_jobs], timeout)
        return fault

    def _run(self, environment: str, words: Sequence[str], timeout: float) -> str:
        python = self.folder / environment / "bin" / "python"
        # Before the environment's own entries, which lead to the repository itself.
        path = os.pathsep.join(str(self.folder / part) for part in ("plugins", "scripts", ""))
        process = subprocess.Popen(
            [str(python), "-m", "pytest", *_PYTEST, *words],
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
            return f"no end within {timeout:.0f} s"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        return "" if process.returncode == 0 else _reason(output, process.returncode)


def _reason(output: str, code: int) -> str:
    failed = [line for line in output.splitlines() if line.startswith(("FAILED", "ERROR", "E  "))]
    return failed[-1][:200] if failed else f"exit code {code}"
