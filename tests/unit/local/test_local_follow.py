"""Following a cycle: it is over when every expected run is there and has ended."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from infra.local.airflow_api import AirflowApi
from infra.local.follow import Cycle, Pace, RunView, follow_cycle, follow_run

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
CYCLE = Cycle(SINCE, frozenset({"rasmodel"}))


def run(dag_id: str, state: str, model: str | None = "rasmodel") -> dict[str, Any]:
    conf = {"model": model} if model else None
    return {"dag_id": dag_id, "dag_run_id": f"{dag_id}-1", "state": state, "conf": conf}


PIPELINE = run("emmaa_update_pipeline", "success", None)
MANAGER = run("emmaa_mm_update", "success")


class FakeAirflow:
    """Answers each look with the next list of runs, the last one for ever."""

    def __init__(self, *looks: list[dict[str, Any]]) -> None:
        self.looks = list(looks)
        self.tasks: list[dict[str, Any]] = []

    def runs(self, since: datetime) -> list[dict[str, Any]]:
        assert since == SINCE
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]

    def run(self, dag_id: str, run_id: str) -> dict[str, Any]:
        return self.runs(SINCE)[0]

    def task_instances(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
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
