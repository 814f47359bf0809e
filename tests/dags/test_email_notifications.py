"""The DAG ``emmaa_email_notifications``."""

from __future__ import annotations

from tests.dags.world import World


def test_one_job_mails_all_users(world: World) -> None:
    run = world.run("emmaa_email_notifications")
    assert run.tasks == {
        "plan": "success",
        "run_email_notifications": "success",
        "outcome": "success",
    }
    (job,) = run.jobs
    assert job.script == "run_email_notifications.py"
