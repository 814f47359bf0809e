"""Runs of what the forms choose: a notification alone, no test corpora, and who is notified."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dags.world import World


def test_a_notification_can_be_repeated_alone(world: World) -> None:
    world.put_model("marm", test={"test_corpus": ["a_tests", "b_tests"]})
    world.put_manager("marm", emmaa_notify="false")
    run = world.run("emmaa_after_update", model="marm", stages=["notification"], notify=True)
    assert run.state == "success"
    (job,) = run.jobs
    assert "--test_corpora a_tests b_tests --date" in job.script


def test_a_model_without_test_corpora_still_has_its_statistics(world: World) -> None:
    world.put_model("marm", test={"test_corpus": []})
    world.put_manager("marm")
    run = world.run("emmaa_after_update", model="marm")
    assert run.state == "success"
    assert {job.script.split()[0] for job in run.jobs} == {
        "run_model_stats_from_s3.py",
        "answer_queries_from_s3.py",
        "model_notifications.py",
    }


@pytest.mark.parametrize(
    ("notify", "maker", "notified"),
    [
        (None, "true", True),
        (None, "false", False),
        ("yes", "false", True),
        ("no", "true", False),
        (True, "false", True),
        (False, "true", False),
    ],
)
def test_what_notify_says_holds(world: World, notify: Any, maker: str, notified: bool) -> None:
    world.put_model("marm", test={"test_corpus": []})
    world.put_manager("marm", emmaa_notify=maker)
    run = world.run("emmaa_after_update", model="marm", stages=["notification"], notify=notify)
    assert run.tasks["notify"] == ("success" if notified else "skipped")
