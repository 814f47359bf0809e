"""Promises of the docs, each with a bug that breaks it: the simulator must find it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.faults import planted_job_bugs as jobs
from tests.faults import planted_turn_bugs as turns
from tests.faults import planted_upload_bugs as uploads
from tests.faults.simulation import run_schedule

Patch = pytest.MonkeyPatch
MOST_SCHEDULES = 200


@dataclass(frozen=True)
class Planted:
    """A bug that is put back on purpose.

    :param page: the page of ``docs`` that has the promise
    :param promise: what the page promises
    :param plant: puts the bug in; its docstring says what it is
    :param kind: the kind of violation that the checks must find
    """

    page: str
    promise: str
    plant: Callable[[Patch], None]
    kind: str

    @property
    def name(self) -> str:
        """The bug's name."""
        return self.plant.__name__

    @property
    def what(self) -> str:
        """The bug in words."""
        return (self.plant.__doc__ or "").splitlines()[0].rstrip(".")

    def row(self, schedules: int) -> str:
        """Return the bug's row of the table in docs/testing.md."""
        return f"| [{self.page}]({self.page}.md) | {self.promise} | {self.what} | {schedules} |"


BUGS = (
    Planted("dags", "a retry reattaches to its job", jobs.no_reattachment, "duplicate"),
    Planted("dags", "tries find their job by its name", jobs.random_names, "duplicate"),
    Planted("dags", "SubmitJob is not repeated unseen", jobs.repeated_submissions, "duplicate"),
    Planted("dags", "one job of a series works", jobs.no_claims, "duplicate"),
    Planted("dags", "a claim passes on from a job that failed", jobs.claims_stay, "loss"),
    Planted("dags", "two runs do not make one state", jobs.dates_are_shared, "duplicate"),
    Planted("dags", "exit code 3 is retried", jobs.nothing_heals, "loss"),
    Planted("dags", "a final failure is not retried", jobs.everything_heals, "duplicate"),
    Planted("dags", "a job short of memory runs once more", jobs.no_larger_class, "loss"),
    Planted("dags", "a job without capacity waits again", jobs.capacity_fails, "loss"),
    Planted("dags", "a worker's shutdown leaves the job", jobs.shutdown_ends_jobs, "loss"),
    Planted("dags", "a triggerer's shutdown leaves the job", jobs.handover_ends_jobs, "loss"),
    Planted("dags", "marking a task ends its job", jobs.deaf_to_kills, "loss"),
    Planted("dags", "marking a deferred task ends its job at once", jobs.deaf_triggers, "loss"),
    Planted("dags", "the watch ends what no trigger can end", jobs.only_triggers_kill, "loss"),
    Planted("dags", "clearing a task runs a new job", jobs.deaf_to_clears, "loss"),
    Planted("dags", "a deleted run's job is ended by its trigger", jobs.deaf_to_deletions, "loss"),
    Planted("dags", "an hour without AWS fails no task", jobs.impatience, "loss"),
    Planted("dags", "no wait is unbounded", jobs.endless_patience, "loss"),
    Planted("dags", "one update of a model at a time", turns.no_turns, "duplicate"),
    Planted("dags", "a model delays no other", turns.any_update_is_in_the_way, "loss"),
    Planted("dags", "a skipped model had an update in flight", turns.the_past_is_in_flight, "loss"),
    Planted("dags", "a cancelled backfill blocks nothing", turns.queued_days_count, "loss"),
    Planted("uploads", "an event may come ten times", uploads.conflict_is_an_error, "other"),
    Planted("uploads", "one run an upload", uploads.random_run_ids, "duplicate"),
    Planted("uploads", "a lost event is repaired", uploads.no_repair, "loss"),
    Planted("uploads", "a repeated old round starts", uploads.old_rounds_are_lost, "loss"),
    Planted("uploads", "copies of history start none", uploads.history_counts, "duplicate"),
    Planted("uploads", "restored content starts a run", uploads.restored_is_known, "loss"),
    Planted("uploads", "content written twice starts none", uploads.twice_is_restored, "duplicate"),
)


def finds(bug: Planted, seed: int) -> bool:
    """Run one schedule with the bug, and return whether the checks found it."""
    with pytest.MonkeyPatch.context() as patch:
        bug.plant(patch)
        found = run_schedule(seed).violations
    return any(violation.kind == bug.kind for violation in found)


def schedules_needed(bug: Planted) -> int | None:
    """Return how many schedules find the bug, counted from the first seed; None if too many."""
    seeds = range(1, MOST_SCHEDULES + 1)
    return next((seed for seed in seeds if finds(bug, seed)), None)


def table() -> Iterator[str]:
    """Return the rows of the table in docs/testing.md, one bug after the other."""
    for bug in BUGS:
        needed = schedules_needed(bug)
        yield bug.row(needed) if needed else f"NOT FOUND in {MOST_SCHEDULES}: {bug.name}"
