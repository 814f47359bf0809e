"""DAG runs in the tests' own process leave its signals alone."""

from __future__ import annotations

import signal

from tests.dags.world import World


def test_sigterm_still_ends_the_test_run_after_a_dag_run(world: World) -> None:
    before = signal.getsignal(signal.SIGTERM)

    run = world.run("emmaa_update_pipeline")

    assert run.tasks
    assert signal.getsignal(signal.SIGTERM) is before
