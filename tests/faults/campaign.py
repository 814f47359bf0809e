"""Many schedules, spread over processes, and what they found."""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tests.faults.simulation import Verdict, run_schedule

_SHOWN = 5


@dataclass
class Campaign:
    """The sum of many schedules."""

    schedules: int = 0
    jobs: int = 0
    uploads: int = 0
    found: Counter[str] = field(default_factory=Counter)
    happened: Counter[str] = field(default_factory=Counter)
    failed: list[Verdict] = field(default_factory=list)

    def add(self, verdict: Verdict) -> None:
        """Count a schedule."""
        self.schedules += 1
        self.jobs += verdict.jobs
        self.uploads += verdict.uploads
        self.happened += verdict.happened
        self.found.update(violation.kind for violation in verdict.violations)
        if verdict.violations:
            self.failed.append(verdict)

    def report(self, seconds: float) -> str:
        """Return the report for people."""
        faults = "\n".join(f"  {number:8}  {name}" for name, number in self.happened.most_common())
        shown = "\n".join(map(str, self.failed[:_SHOWN]))
        return (
            f"{faults}\n{shown}\n{self.schedules} schedules in {seconds:.0f} s with"
            f" {self.happened.total()} faults, {self.jobs} Batch jobs, {self.uploads} uploads:"
            f" {self.found['duplicate']} duplicates, {self.found['loss']} losses,"
            f" {self.found['other']} other violations, in {len(self.failed)} schedules"
        )


def run_campaign(seeds: Sequence[int], *, workers: int | None = None) -> Campaign:
    """Run a schedule for each seed.

    :param workers: processes; one for each core if None
    """
    campaign = Campaign()
    quicken()
    for verdict in _verdicts(seeds, workers or os.cpu_count() or 1):
        campaign.add(verdict)
    return campaign


def quicken() -> None:
    """Keep the garbage collector from looking through all of Airflow again and again."""
    gc.collect()
    gc.freeze()


def _verdicts(seeds: Sequence[int], workers: int) -> Iterable[Verdict]:
    if workers == 1 or len(seeds) < 2 * workers:
        yield from map(run_schedule, seeds)
        return
    # A new interpreter each: Airflow's side has threads, which a fork would lose.
    with multiprocessing.get_context("spawn").Pool(workers, quicken) as pool:
        yield from pool.imap(run_schedule, seeds, chunksize=10)
