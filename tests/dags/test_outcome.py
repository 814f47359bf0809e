"""The last task of a run tells the operators what failed, once."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import boto3
import pytest

from emmaa_cycle.settings import load_settings
from tests.dags.world import ROUND, World


class Topic:
    """An SNS topic of the test's own, and what was published to it."""

    def __init__(self, name: str) -> None:
        self._sqs = boto3.client("sqs", region_name="us-east-1")
        sns = boto3.client("sns", region_name="us-east-1")
        self.arn = str(sns.create_topic(Name=name)["TopicArn"])
        self._queue = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        queue_arn = f"arn:aws:sqs:us-east-1:123456789012:{name}"
        sns.subscribe(TopicArn=self.arn, Protocol="sqs", Endpoint=queue_arn)

    def messages(self) -> list[dict[str, Any]]:
        """What came since the last call."""
        answer = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


def choose(monkeypatch: pytest.MonkeyPatch, **operators: str) -> None:
    """Set keys of ``[operators]``."""
    for key, value in operators.items():
        monkeypatch.setenv(f"EMMAA_OPERATORS__{key.upper()}", value)
    load_settings.cache_clear()


@pytest.fixture
def topic(world: World, monkeypatch: pytest.MonkeyPatch) -> Topic:
    topic = Topic(world.bucket)
    choose(monkeypatch, topic_arn=topic.arn, ui_url="https://airflow.example.org/")
    return topic


def test_a_run_without_failures_tells_nothing(world: World, topic: Topic) -> None:
    world.put_model("idle")
    assert world.run("emmaa_update_pipeline").tasks["outcome"] == "skipped"
    assert topic.messages() == []


def test_a_failed_run_sends_one_message_that_names_all_with_reasons_and_links(
    world: World, topic: Topic
) -> None:
    world.put_model("marm", test={"test_corpus": ["a_tests-exit2", "b_tests", "c_tests-exit1"]})
    world.put_manager("marm")
    run = world.run("emmaa_after_update", model="marm", stages=["model_stats", "tests"])
    (message,) = topic.messages()
    assert message["Subject"].startswith("EMMAA: emmaa_after_update of marm failed (test_corpus.")
    text = message["Message"]
    run_page = f"https://airflow.example.org/dags/emmaa_after_update/runs/{quote(run.run_id)}"
    assert f"Run: {run_page}\n" in text
    assert "emmaa_after_update of marm failed: 2 of 13 tasks failed." in text
    for index, corpus, code in ((0, "a_tests-exit2", "2 (bad input)"), (2, "c_tests-exit1", "1")):
        start = text.index(f"test_corpus.run_model_tests [{corpus}]")
        block = text[start : text.index("/mapped/", start) + 10]
        assert f"marm_{corpus}_tests_{ROUND}" in block
        assert f"with exit code {code}" in block
        assert f"ERROR emmaa_jobs: ends with {corpus[-1]} as asked" in block
        assert f"{run_page}/tasks/test_corpus.run_model_tests/mapped/{index}" in block
    assert (
        "Not run because of that: test_corpus.run_test_stats [a_tests-exit2],"
        " test_corpus.run_test_stats [c_tests-exit1]\n" in text
    )
    assert "b_tests" not in text


def test_a_model_that_fails_is_told_of_by_its_name(world: World, topic: Topic) -> None:
    world.put_model("broken", run_daily_update="yes")
    world.put_model("idle")
    world.run("emmaa_update_pipeline")
    (message,) = topic.messages()
    assert message["Subject"] == "EMMAA: emmaa_update_pipeline failed (model.plan [broken])"
    assert "field run_daily_update" in message["Message"]
    assert "model.start_mm_update [broken]" in message["Message"]
    assert "idle" not in message["Message"]


def test_a_message_that_cannot_be_sent_is_tried_again_and_then_seen(
    world: World, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(monkeypatch, topic_arn=topic.arn + "-gone")
    run = world.run("emmaa_mm_update", model="nobody")
    assert run.tasks["outcome"] == "failed"
    assert "NotFound" in run.notes["outcome"]
    retries = world.dag_bag.dags["emmaa_mm_update"].get_task("outcome").retries
    assert world.tries(run.run_id, "outcome") == 1 + retries
