"""Steps of tasks and jobs in a world that the checks then judge."""

from __future__ import annotations

from tests.faults.airflow_rows import Attempt, Instance
from tests.faults.checks import Violation, violations
from tests.faults.jobs import planned
from tests.faults.world import World

PIPELINE = "emmaa_update_pipeline"
FIRST, SECOND = "2026-03-02-12-01-36", "2026-03-02-12-01-45"


def daily_update(world: World, run_id: str, planned_at: str) -> Instance:
    conf = {"model": "rasmodel", "planned_at": planned_at}
    world.airflow.create_run(PIPELINE, run_id, conf, world.loop.now, "scheduler")
    return world.airflow.runs[PIPELINE, run_id].tasks[0]


def submit(world: World, task: Instance, planned_at: str) -> str:
    """Submit the task's job as of a plan, and return its id."""
    run = world.airflow.runs[task.dag_id, task.run_id]
    run.conf["planned_at"] = planned_at
    run.plans.clear()
    stage, plan = planned(task, run)
    request = {
        **{"jobName": f"{plan['jobs'][stage]['name']}-0123456789ab-{task.clears}"},
        **{"jobQueue": "a queue", "jobDefinition": f"definition {task.clears}"},
        **{"containerOverrides": {"environment": []}, "tags": plan["jobs"][stage]["tags"]},
    }
    answer = world.batch.handle("submitjob", request, Attempt(task.key, 0, task.try_number))
    job_id = str(answer["jobId"])
    world.batch.jobs[job_id].started = world.loop.now
    return job_id


def end(world: World, job_id: str, reason: str = "killed") -> None:
    world.batch.handle("terminatejob", {"jobId": job_id, "reason": reason}, None)


def clear(world: World, task: Instance) -> None:
    world.airflow.clear(task, world.loop.now)
    world.clears[task.key] += 1
    world.batch.give_up(task.key, task.clears)
    task.try_number += 1


def violations_of(world: World) -> list[Violation]:
    world.loop.now += 100  # what was ended takes its time
    for job in world.batch.jobs.values():
        job.history.append((world.loop.now, "FAILED"))
    return violations(world)


def found(world: World) -> list[str]:
    return [violation.what for violation in violations_of(world)]


def fail(world: World, task: Instance, job_id: str, code: int | None) -> None:
    """End the task's last try with its job, which ended by itself."""
    world.batch.jobs[job_id].exit_code = code
    task.try_number, task.state = task.max_tries + 1, "failed"
