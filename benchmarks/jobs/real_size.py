"""Models of real size: what a day costs once a model has hundreds of thousands of statements."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.jobs.literature import literature
from benchmarks.jobs.measure import Cost
from benchmarks.jobs.report import Report
from benchmarks.jobs.round import CONFIG
from benchmarks.jobs.stage import CORPUS, Stage
from emmaa_cycle.dates import day_of, format_round
from emmaa_cycle.s3_layout import (
    assembly_record_key,
    config_key,
    corpus_key,
    inbox_key,
    model_key,
    model_manager_key,
    paper_ids_key,
    results_key,
)

#: Statements that a day adds, and tests of the corpus.
NEWS, TESTS = 200, 4_000
#: The sizes; the goals are those of the first.
SIZES = (250_000, 500_000)
MAX_RESULTS_MB, MAX_POWER = 10, 1.1
#: The memory of the job definition ``emmaa_jobdef`` (emmaa_cycle.resources), MB.
NORMAL_CLASS_MB = 15_000
READING = {"reader": "indra_json", "literature_source": "s3_inbox", "main_id_type": "PMID"}


@dataclass(frozen=True)
class Goal:
    """A job's limits, and its figures from when it processed everything each time: s of CPU, MB."""

    cpu: float
    peak_mb: float
    before: str


#: The manager that continues the round before, and the one that assembles all raw statements.
CONTINUED, WHOLE = "manager", "manager, without the round before"
#: The most that the first may take of the second's CPU.
MAX_CONTINUED = 0.25
GOALS = {
    "update": Goal(40, 1_536, "78 / 4,498"),
    WHOLE: Goal(130, 3_072, "232 / 5,323"),
    f"{TESTS:,} tests": Goal(90, 2_048, "142 / 4,744"),
}


@dataclass(frozen=True)
class Day:
    """A day of a model of so many raw statements."""

    stage: Stage
    raw: int

    @property
    def model(self) -> str:
        """The model's name: one for each size, for an update continues the newest state."""
        return f"day_{self.raw}"

    @property
    def state(self) -> str:
        """The ``<dt>`` of the state that the day begins with."""
        return format_round(self._moment)

    @property
    def date(self) -> str:
        """The ``<dt>`` of the day's round."""
        return format_round(self._moment + timedelta(days=1))

    @property
    def _moment(self) -> datetime:
        return datetime(2026, 4, 2, tzinfo=UTC) + timedelta(seconds=self.raw)

    def prepare(self) -> None:
        """Upload the model, its corpus and what the day reads, and make the round before.

        A person is subscribed to the model, so that its news is written and mailed.
        """
        raw, tests = literature(self.raw + NEWS, TESTS)
        bucket = self.stage.bucket()
        bucket.write_json(config_key(self.model), CONFIG)
        before = format_round(self._moment - timedelta(days=1))
        bucket.write_json(model_key(self.model, before), raw[: self.raw])
        bucket.write_json(paper_ids_key(self.model, before), [])
        bucket.write_json(corpus_key(CORPUS), {"test_data": {}, "tests": tests})
        self.update(self.state)
        self.manage(self.state)
        self.statistics(self.state, "model")
        users = self.stage.query_database()
        users.subscribe_to_model(users.add_user(f"{self.model}@example.org"), self.model)
        bucket.write_json(config_key(self.model), {**CONFIG, "reading": READING})
        for paper, statements in _by_paper(raw[self.raw :]).items():
            key = inbox_key(self.model, READING["reader"], day_of(self.date), f"{paper}.json")
            bucket.write_encoded(key, json.dumps(statements).encode())

    def jobs(self) -> Iterator[tuple[str, Cost]]:
        """Run the day's jobs, one after the other."""
        yield "update", self.update(self.date)
        yield CONTINUED, self.manage(self.date)
        of_day = self.round_objects()
        record = assembly_record_key(self.model)
        self.stage.client("s3").delete_object(Bucket=self.stage.bucket().name, Key=record)
        yield WHOLE, self.manage(self.date)
        if self.round_objects() != of_day:
            raise RuntimeError("the round that continues the one before is another")
        rounds = ("--date-str", self.date)
        of_corpus = ("--model", self.model, "--tests", CORPUS, *rounds)
        yield f"{TESTS:,} tests", self.stage.run("run_model_tests_from_s3", *of_corpus)
        yield "model_to_tests", self.stage.run("model_to_tests", "--model", self.model, *rounds)
        yield "model statistics", self.statistics(self.date, "model")
        yield "test statistics", self.statistics(self.date, "tests")
        reported = ("--model", self.model, "--test_corpora", CORPUS, "--date", day_of(self.date))
        yield "notifications", self.stage.run("model_notifications", *reported, *rounds)

    def update(self, date: str) -> Cost:
        """Run the update that writes the state of a date."""
        return self.stage.run("run_model_update", "--model", self.model, "--date-str", date)

    def manage(self, date: str) -> Cost:
        """Run the manager that assembles the state of a date."""
        of_state = ("--date-str", date, "--model-date", date)
        return self.stage.run("update_model_manager", "--model", self.model, *of_state)

    def statistics(self, date: str, mode: str) -> Cost:
        """Make the statistics of a date's model, or of its tests."""
        of_round = ("--model", self.model, "--tests", CORPUS, "--date-str", date)
        return self.stage.run("run_model_stats_from_s3", *of_round, "--stats_mode", mode)

    def round_objects(self) -> dict[str, str]:
        """Return a hash of each object that the manager of the day writes, by key."""
        bucket = self.stage.bucket()
        keys = [*bucket.keys(f"assembled/{self.model}/"), model_manager_key(self.model, self.date)]
        return {key: hashlib.sha256(bucket.read_bytes(key)).hexdigest() for key in keys}

    def results_mb(self) -> float:
        """Return the size of the results' object, MB."""
        content = self.stage.bucket().read_bytes(results_key(self.model, CORPUS, self.date))
        return len(content) / 1e6


def report_days(report: Report, place: Stage) -> None:
    """Measure a day of each size, and print a table of each."""
    taken: dict[int, float] = {}
    for raw in SIZES:
        day = Day(place, raw)
        day.prepare()
        title = f"A day that adds {NEWS} statements to {raw:,} raw statements"
        report.head(title, "job", "CPU, s", "peak, MB", "goals", "before, of all")
        costs = {}
        for name, cost in day.jobs():
            costs[name] = cost
            goal = GOALS.get(name) if raw == SIZES[0] else None
            limits = f"{goal.cpu:.0f} / {goal.peak_mb:,.0f}" if goal else ""
            row = (name, f"{cost.cpu:.1f}", f"{cost.peak_mb:,.0f}", limits)
            report.rows((*row, goal.before if goal else ""))
        taken[raw] = sum(cost.cpu for cost in costs.values())
        _check(report, day, costs)
    small, large = SIZES
    power = math.log(taken[large] / taken[small]) / math.log(large / small)
    title = f"from {small:,} to {large:,} statements a day's CPU grows by the power {power:.2f}"
    report.goal(f"{title} (goal {MAX_POWER})", power <= MAX_POWER)


def _check(report: Report, day: Day, costs: dict[str, Cost]) -> None:
    share = costs[CONTINUED].cpu / costs[WHOLE].cpu
    title = f"the same bytes in {share:.0%} of the CPU of an assembly of all statements"
    report.goal(f"{title} (goal {MAX_CONTINUED:.0%})", share <= MAX_CONTINUED)
    if day.raw == SIZES[0]:
        for name, goal in GOALS.items():
            reached = costs[name].cpu <= goal.cpu and costs[name].peak_mb <= goal.peak_mb
            report.goal(f"{name}: {goal.cpu:.0f} s of CPU and {goal.peak_mb:,.0f} MB", reached)
    peak = max(cost.peak_mb for cost in costs.values())
    report.goal(f"every job within {NORMAL_CLASS_MB:,} MB", peak <= NORMAL_CLASS_MB)
    size = day.results_mb()
    report.goal(
        f"results of {TESTS:,} tests: {size:.1f} MB (goal {MAX_RESULTS_MB}; 192 before)",
        size <= MAX_RESULTS_MB,
    )


def _by_paper(raw: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for item in raw:
        found.setdefault(item["stmt"]["evidence"][0]["pmid"], []).append(item["stmt"])
    return found
