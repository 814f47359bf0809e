"""A job that runs out of memory, in whole DAG runs."""

from __future__ import annotations

import pytest

from emmaa_cycle.resources import RETRY_STRATEGY
from emmaa_cycle.settings import load_settings
from tests.dags.world import World
from tests.dags.world_runs import Run

SMALL_MIB = 100
DAG = "emmaa_mm_update"
TASK = "update_model_manager"


@pytest.fixture
def small(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return a world where normal jobs have little memory."""
    world.batch.register_job_definition(
        jobDefinitionName="small",
        type="container",
        retryStrategy=RETRY_STRATEGY.to_request(),
        containerProperties={
            "image": "emmaa-jobs:local",
            "resourceRequirements": [
                {"type": "MEMORY", "value": str(SMALL_MIB)},
                {"type": "VCPU", "value": "1"},
            ],
        },
    )
    monkeypatch.setenv("EMMAA_BATCH__TARGETS__NORMAL__QUEUE", "emmaa-models-update-test")
    monkeypatch.setenv("EMMAA_BATCH__TARGETS__NORMAL__DEFINITION", "small")
    load_settings.cache_clear()
    return world


def assembled(world: World, model: str, **config: object) -> Run:
    world.put_model(model, **config)
    world.put_model_file(model)
    return world.run(DAG, model=model)


def ends(run: Run) -> list[tuple[str, str]]:
    """Definition and status of the run's jobs, by their names."""
    jobs = sorted(run.jobs, key=lambda job: job.name)
    return [(job.definition, job.status) for job in jobs]


def test_it_runs_once_more_where_there_is_more(small: World) -> None:
    run = assembled(small, "marm-hungry")

    assert run.tasks[TASK] == "success"
    assert ends(run) == [("small", "FAILED"), ("emmaa_testing_jobs_def", "SUCCEEDED")]
    first, second = sorted(job.name for job in run.jobs)
    assert second == f"{first}-large"
    assert run.tries[TASK] == 1
    assert run.xcoms[TASK, "larger_class"] == second


def test_it_does_so_only_once(small: World) -> None:
    run = assembled(small, "marm-exit137")

    assert run.tasks[TASK] == "failed"
    assert ends(run) == [("small", "FAILED"), ("emmaa_testing_jobs_def", "FAILED")]
    assert run.tries[TASK] == 1
    assert "137 (killed, often for lack of memory)" in run.notes[TASK]
    assert "-large" in run.notes[TASK]


def test_a_job_that_was_large_already_just_fails(small: World) -> None:
    large = {"resource_class": {"mm_update": "large"}}
    run = assembled(small, "nerve-exit137", batch=large)

    assert run.tasks[TASK] == "failed"
    assert ends(run) == [("emmaa_testing_jobs_def", "FAILED")]
