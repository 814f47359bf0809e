"""Runs of one DAG go to work one after the other, earlier days first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from emmaa_airflow.operators.turn import TurnSensor

DAYS = [datetime(2026, 3, day, 17, tzinfo=UTC) for day in range(1, 8)]


@dataclass
class Run:
    """A run of the DAG, as the sensor may see it.

    :param at_work: whether it has passed the sensor
    """

    day: datetime | None
    running: bool = True
    at_work: bool = False

    @property
    def run_id(self) -> str:
        return f"run of {self.day}"


@dataclass
class Instance:
    """The sensor's task instance in one of the runs."""

    run: Run
    runs: Sequence[Run] = field(default_factory=list)
    dag_id: str = "emmaa_update_pipeline"

    def get_previous_dagrun(self, state: str) -> Run | None:
        assert state == "running"
        day = self.run.day
        earlier = [r for r in self.runs if r.running and day and r.day and r.day < day]
        return max(earlier, key=lambda run: run.day or DAYS[0], default=None)

    def get_ti_count(self, dag_id: str, task_ids: list[str], states: list[str]) -> int:
        assert (dag_id, task_ids) == (self.dag_id, ["work"])
        assert {"deferred", "up_for_retry"} < set(states)
        return sum(run.at_work for run in self.runs)


def passes(run: Run, runs: Sequence[Run]) -> bool:
    context: Any = {"ti": Instance(run, runs)}
    return TurnSensor(task_id="wait", work=["work"]).poke(context)


def test_the_days_of_a_backfill_follow_each_other_even_if_all_are_started() -> None:
    runs = [Run(day) for day in DAYS]
    order = []
    while waiting := [run for run in runs if run.running]:
        (turn,) = [run for run in waiting if passes(run, runs)]  # exactly one, so no deadlock
        turn.at_work = True
        assert not any(passes(run, runs) for run in waiting if run is not turn)
        turn.running = turn.at_work = False
        order.append(turn.day)
    assert order == DAYS


@pytest.mark.parametrize("today", [DAYS[-1], None], ids=["scheduled", "by hand, undated"])
def test_a_backfill_and_todays_run_exclude_each_other(today: datetime | None) -> None:
    past, now = Run(DAYS[0], at_work=True), Run(today)
    assert not passes(now, [past, now])
    past.at_work, now.at_work = False, True
    assert not passes(past, [past, now])


def test_it_occupies_no_worker_while_it_waits() -> None:
    assert TurnSensor(task_id="wait", work=[]).reschedule
