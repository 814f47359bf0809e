"""Following a cycle: it is over when every expected run is there and has ended."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from infra.local.report.cycle_progress import (
    Cycle,
    Pace,
    RunView,
    failed_beside,
    follow_cycle,
    follow_run,
)
from infra.local.stack.airflow_api import AirflowApi
from infra.local.stack.processes import StartedProcess, start_process, stop_processes, wait_until

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
CYCLE = Cycle(SINCE, frozenset({"rasmodel"}))


def run(dag_id: str, state: str, model: str | None = "rasmodel") -> dict[str, Any]:
    conf = {"model": model} if model else None
    end = "2026-01-01T13:00:00Z" if state in ("success", "failed") else None
    named = {"dag_id": dag_id, "dag_run_id": f"{dag_id}-1"}
    return {**named, "state": state, "conf": conf, "end_date": end}


PIPELINE = run("emmaa_update_pipeline", "success", None)
MANAGER = run("emmaa_mm_update", "success")


class FakeAirflow:
    """Answers each look with the next list of runs, the last one for ever."""

    def __init__(self, *looks: list[dict[str, Any]]) -> None:
        self.looks = list(looks)
        self.tasks: list[dict[str, Any]] = []
        self.asked: list[str] = []

    def runs(self, since: datetime) -> list[dict[str, Any]]:
        assert since == SINCE
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]

    def run(self, dag_id: str, run_id: str) -> dict[str, Any]:
        return self.runs(SINCE)[0]

    def task_instances(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        self.asked.append(dag_id)
        return self.tasks


def follow(fake: FakeAirflow, pace: Pace) -> list[RunView]:
    return follow_cycle(cast(AirflowApi, fake), CYCLE, lambda runs: None, pace=pace)


def test_waits_for_runs_that_uploads_start_later() -> None:
    fake = FakeAirflow(
        [],
        [PIPELINE],
        [PIPELINE, MANAGER],
        [PIPELINE, MANAGER, run("emmaa_after_update", "running")],
        [PIPELINE, MANAGER, run("emmaa_after_update", "success")],
    )
    runs = follow(fake, Pace(poll=0, stall=60))
    assert [(r.dag_id, r.model, r.state) for r in runs][-1] == (
        "emmaa_after_update",
        "rasmodel",
        "success",
    )


def test_a_run_that_has_ended_is_asked_for_again_only_if_it_runs_again() -> None:
    running, after = run("emmaa_mm_update", "running"), run("emmaa_after_update", "success")
    later = {**MANAGER, "end_date": "2026-01-01T14:00:00Z"}
    fake = FakeAirflow([running], [MANAGER], [MANAGER], [running], [later], [later, after])
    runs = follow(fake, Pace(poll=0, stall=60))
    assert fake.asked == [*["emmaa_mm_update"] * 4, "emmaa_after_update"]
    assert len(runs) == 2


def test_a_run_that_never_comes_is_named() -> None:
    runs = follow(FakeAirflow([PIPELINE, MANAGER]), Pace(poll=0, stall=0))
    assert CYCLE.missing(runs) == ["emmaa_after_update for rasmodel"]


def test_the_upload_watch_belongs_to_no_cycle() -> None:
    done = [PIPELINE, MANAGER, run("emmaa_after_update", "failed")]
    runs = follow(FakeAirflow([*done, run("emmaa_upload_watch", "running")]), Pace(poll=0))
    assert len(runs) == len(done)


def test_gives_up_naming_what_goes_on() -> None:
    with pytest.raises(TimeoutError, match="emmaa_update_pipeline-1"):
        follow(FakeAirflow([run("emmaa_update_pipeline", "running")]), Pace(poll=0, limit=-1))


def test_failed_tasks_are_named_with_their_map_label() -> None:
    fake = FakeAirflow([run("emmaa_after_update", "failed")])
    fake.tasks = [
        {
            "task_id": "test_corpus.run_model_tests",
            "map_index": 1,
            "rendered_map_index": "large_corpus_tests",
            "state": "failed",
        },
        {"task_id": "plan", "map_index": -1, "state": "success"},
    ]
    view = follow_run(
        cast(AirflowApi, fake), "emmaa_after_update", "x", lambda runs: None, pace=Pace(poll=0)
    )
    assert view.failed == ("test_corpus.run_model_tests [large_corpus_tests]",)
    assert (view.done, view.total) == (2, 2)


def scheduler(folder: Path, code: str) -> StartedProcess:
    """Return a process that is named as the scheduler and does what the code says."""
    return start_process(
        "scheduler",
        [sys.executable, "-S", "-c", code],
        environment={},
        directory=folder,
        log=folder / "scheduler.log",
    )


@pytest.fixture
def ended(tmp_path: Path) -> StartedProcess:
    """Return a scheduler that has ended with a last word."""
    process = scheduler(tmp_path, "print('database is locked')")
    wait_until(lambda: not process.alive(), seconds=30, what="its end", watched=[])
    return process


LAST_WORD = r"scheduler ended while the cycle went on; .*(?s:.)*database is locked"


def test_a_part_that_ends_while_a_cycle_goes_on_is_named(ended: StartedProcess) -> None:
    going = cast(AirflowApi, FakeAirflow([run("emmaa_mm_update", "running")]))
    with pytest.raises(RuntimeError, match=LAST_WORD):
        follow_cycle(going, CYCLE, lambda runs: None, watched=[ended])
    with pytest.raises(RuntimeError, match=LAST_WORD):
        follow_run(going, "emmaa_mm_update", "x", lambda runs: None, watched=[ended])


def test_an_airflow_that_does_not_answer_is_reported_as_the_part_that_ended(tmp_path: Path) -> None:
    """It ends after the look at the processes and before the one at its runs."""
    process = scheduler(tmp_path, "import time; time.sleep(60)")

    class Ending(FakeAirflow):
        def runs(self, since: datetime) -> list[dict[str, Any]]:
            stop_processes([process])
            raise httpx.ConnectError("connection refused")

    with pytest.raises(RuntimeError, match="scheduler ended while the cycle went on"):
        follow_cycle(cast(AirflowApi, Ending([])), CYCLE, lambda runs: None, watched=[process])
    with pytest.raises(httpx.ConnectError):
        follow_cycle(cast(AirflowApi, Ending([])), CYCLE, lambda runs: None, watched=[])


def test_failed_runs_beside_the_cycle_are_found() -> None:
    class Beside(FakeAirflow):
        def runs(self, since: datetime) -> list[dict[str, Any]]:
            assert since < SINCE
            return self.looks[0]

    late, early = (SINCE + timedelta(hours=h) for h in (1, -1))
    watch, deadline = "emmaa_upload_watch", "emmaa_deadline"
    looks = [
        {**run(watch, "failed"), "dag_run_id": "before", "end_date": early.isoformat()},
        {**run(watch, "failed"), "dag_run_id": "since", "end_date": late.isoformat()},
        {**run(watch, "running"), "end_date": None},
        {**run(deadline, "failed"), "end_date": late.isoformat()},
        {**run("emmaa_mm_update", "failed"), "end_date": late.isoformat()},
    ]
    assert failed_beside(cast(AirflowApi, Beside(looks)), SINCE) == [
        "emmaa_upload_watch since",
        "emmaa_deadline emmaa_deadline-1",
    ]
