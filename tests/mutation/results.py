"""Results of trials in a file, so that a run which was cut short continues where it ended."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from tests.mutation.mutants import Mutant
from tests.mutation.trial import Trial, Verdict


class Results:
    """The trials of earlier runs, one a line of a JSON-lines file.

    A result holds for the source that it was made of: a trial of a module that has changed since
    does not count.

    :param file: where they are kept; it need not exist. None keeps nothing.
    """

    def __init__(self, repository: Path, file: Path | None) -> None:
        self._repository = repository
        self._file = file
        self._known: dict[tuple[str, str], Trial] = {}
        if file is not None and file.exists():
            for line in file.read_text(encoding="utf-8").splitlines():
                record = json.loads(line)
                trial = Trial(Mutant(**record["mutant"]), Verdict(record["verdict"]), record["why"])
                self._known[record["source"], str(trial.mutant)] = trial

    def of(self, mutants: Iterable[Mutant]) -> list[Trial]:
        """Return the trials of those of these mutants that were tried."""
        found = (self._known.get((self._digest(mutant), str(mutant))) for mutant in mutants)
        return [trial for trial in found if trial is not None]

    def untried(self, mutants: Iterable[Mutant]) -> list[Mutant]:
        """Return the mutants to try: those never tried, then those that no test noticed."""
        mutants = list(mutants)
        tried = {trial.mutant: trial.verdict for trial in self.of(mutants)}
        new = [mutant for mutant in mutants if mutant not in tried]
        return new + [
            mutant for mutant in mutants if tried.get(mutant, Verdict.KILLED) != Verdict.KILLED
        ]

    def add(self, trial: Trial) -> None:
        """Keep one result more."""
        mutant = trial.mutant
        digest = self._digest(mutant)
        self._known[digest, str(mutant)] = trial
        if self._file is None:
            return
        record = {
            "source": digest,
            "mutant": vars(mutant),
            "verdict": trial.verdict,
            "why": trial.why,
        }
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(record) + "\n")

    def _digest(self, mutant: Mutant) -> str:
        return hashlib.sha256((self._repository / mutant.path).read_bytes()).hexdigest()[:16]
