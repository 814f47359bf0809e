"""Runs of one DAG go to work one after the other, earlier days first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from emmaa_airflow.operators.turn import TurnSensor

DAYS = [datetime(2026, 3, day, 17, tzinfo=UTC) for day in range(1, 8)]
DAG = "emmaa_update_pipeline"


@dataclass
class Run:
    """A run of the DAG, as the sensor may see it.

    :param turn: the state of its sensor
    :param last: the state of its last task
    :param work: the state of a task in between
    """

    day: datetime | None
    state: str = "running"
    turn: str | None = "up_for_reschedule"
    last: str | None = None
    work: str | None = None

    @property
    def run_id(self) -> str:
        return f"run of {self.day}"

    def go_to_work(self) -> None:
        self.turn = "success"

    def end(self) -> None:
        self.state = self.last = "success"


@dataclass
class Instance:
    """The sensor's task instance in one of the runs."""

    run: Run
    runs: Sequence[Run] = field(default_factory=list)
    dag_id: str = DAG

    @property
    def run_id(self) -> str:
        return self.run.run_id

    def get_previous_dagrun(self, state: str) -> Run | None:
        assert state == "running"
        day = self.run.day
        earlier = [r for r in self.runs if r.state == state and day and r.day and r.day < day]
        return max(earlier, key=lambda run: run.day or DAYS[0], default=None)

    def get_task_states(self, dag_id: str, task_ids: list[str]) -> dict[str, dict[str, str | None]]:
        assert (dag_id, task_ids) == (DAG, ["wait", "last"])
        return {run.run_id: {"wait": run.turn, "last": run.last} for run in self.runs}

    def get_dr_count(self, dag_id: str, run_ids: list[str], states: list[str]) -> int:
        assert dag_id == DAG
        return sum(run.run_id in run_ids and run.state in states for run in self.runs)

    def get_ti_count(self, dag_id: str, task_ids: list[str], states: list[str]) -> int:
        assert (dag_id, task_ids) == (DAG, ["work"])
        return sum(run.work in states for run in self.runs)


def passes(run: Run, runs: Sequence[Run]) -> bool:
    dag_run = SimpleNamespace(logical_date=run.day)
    context: Any = {"ti": Instance(run, runs), "dag_run": dag_run}
    return TurnSensor(task_id="wait", work=["work"], last="last").poke(context)


@pytest.mark.parametrize("undated", [False, True])
def test_the_days_of_a_backfill_follow_each_other_even_if_all_are_started(undated: bool) -> None:
    days = [*DAYS, None] if undated else DAYS
    runs = [Run(day) for day in days]
    order = []
    while waiting := [run for run in runs if run.state == "running"]:
        (turn,) = [run for run in waiting if passes(run, runs)]  # exactly one, so no deadlock
        turn.go_to_work()
        assert not any(passes(run, runs) for run in waiting if run is not turn)
        turn.end()
        order.append(turn.day)
    assert order == days


@pytest.mark.parametrize("today", [DAYS[-1], None], ids=["scheduled", "by hand, undated"])
@pytest.mark.parametrize("state", ["running", "queued"])
def test_a_backfill_and_todays_run_exclude_each_other(today: datetime | None, state: str) -> None:
    past, now = Run(DAYS[0]), Run(today)
    past.go_to_work()
    past.state = state  # a task of it was cleared, or it is between two of them
    assert not passes(now, [past, now])
    past, now = Run(DAYS[0]), Run(today)
    now.go_to_work()
    now.state = state
    assert not passes(past, [past, now])


@pytest.mark.parametrize("last", [None, "success", "failed", "skipped", "upstream_failed"])
@pytest.mark.parametrize("state", ["success", "failed"])
def test_what_has_ended_is_not_waited_for(state: str, last: str | None) -> None:
    past, now = Run(DAYS[1], state, "success", last), Run(DAYS[0])
    assert passes(now, [past, now])


@pytest.mark.parametrize("work", ["scheduled", "running", "deferred", "up_for_retry"])
def test_a_task_that_was_cleared_alone_is_waited_for(work: str) -> None:
    past, now = Run(DAYS[1], "running", "success", "success", work), Run(DAYS[0])
    assert not passes(now, [past, now])


def test_a_run_that_waits_does_not_wait_for_itself() -> None:
    for day in (DAYS[0], None):
        run = Run(day, turn="running")
        assert passes(run, [run])


def test_it_occupies_no_worker_while_it_waits() -> None:
    assert TurnSensor(task_id="wait", work=["work"], last="last").reschedule
