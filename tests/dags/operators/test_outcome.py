"""The last task of a run tells the operators what failed, once."""

from __future__ import annotations

import json
from datetime import datetime, tzinfo
from typing import Any
from urllib.parse import quote

import boto3
import pytest

from emmaa_airflow.planning import tasks
from emmaa_cycle.dates import parse_round
from emmaa_cycle.left_out import LeftOut, left_out_document, left_out_report
from emmaa_cycle.s3_layout import corpus_stats_key, left_out_key, model_stats_key
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
        """Return the messages since the last call."""
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


def test_a_run_without_failures_reports_nothing_and_says_what_it_did(
    world: World, topic: Topic
) -> None:
    world.put_model("idle")
    run = world.run("emmaa_update_pipeline")
    assert run.tasks["outcome"] == "success"
    assert run.xcoms["outcome", "result"] == "1 model: 1 left alone (idle)"
    assert topic.messages() == []


def test_a_failed_run_sends_one_message_that_names_all_with_reasons_and_links(
    world: World, topic: Topic
) -> None:
    world.put_model("marm", test={"test_corpus": ["a_tests-exit2", "b_tests", "c_tests-exit1"]})
    world.put_manager("marm")
    run = world.run("emmaa_after_update", model="marm", stages=["model_stats", "tests"])
    (message,) = topic.messages()
    name = "EMMAA 3: after an update (emmaa_after_update)"
    assert message["Subject"].startswith(f"{name} of marm failed: test_corpus.")
    text = message["Message"]
    run_page = f"https://airflow.example.org/dags/emmaa_after_update/runs/{quote(run.run_id)}"
    assert f"Run: {run_page}\n" in text
    assert f"{name} of marm failed: 2 of 15 tasks failed." in text
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
    world.put_model("broken", run_daily_update="often")
    world.put_model("idle")
    world.run("emmaa_update_pipeline")
    (message,) = topic.messages()
    name = "EMMAA 1: daily update (emmaa_update_pipeline)"
    assert message["Subject"] == f"{name} failed: model.plan [broken]"
    assert "field run_daily_update" in message["Message"]
    assert "model.start_mm_update [broken]" in message["Message"]
    assert "idle" not in message["Message"]


@pytest.mark.parametrize("odd", ["stage", "count", "text", "kind"])
def test_what_a_round_holds_hides_no_failure(world: World, topic: Topic, odd: str) -> None:
    world.put_model("marm", test={"test_corpus": ["a_tests-exit2", "b_tests"]})
    world.put_manager("marm")
    put_stats(world)
    lists = left_out_key("marm", "model_stats", ROUND)
    report = {"model": "a/b", "stage": 5, "date": 7, "counts": {"gizmo": 2}, "new_count": 1}
    report |= {"items": [], "unlisted": []}
    objects = {
        "stage": {lists: report},
        "count": {model_stats_key("marm", ROUND): in_statistics("many")},
        "text": {model_stats_key("marm", ROUND): in_statistics("5\0")},
        "kind": {lists: report | {"items": [dict.fromkeys(("kind", "item", "reason"), "\0")]}},
    }
    for key, document in objects[odd].items():
        world.put(key, json.dumps(document))

    run = world.run("emmaa_after_update", model="marm", stages=["model_stats", "tests"])

    assert run.notes["outcome"].startswith("failed: test_corpus.run_model_tests [a_tests-exit2]")
    (message,) = [each for each in topic.messages() if " failed: " in each["Subject"]]
    assert "ERROR emmaa_jobs: ends with 2 as asked" in message["Message"]


def in_statistics(count: object) -> dict[str, Any]:
    delta: dict[str, Any] = {"statements_hashes_delta": {"added": [], "removed": []}}
    return {"model_summary": {"number_of_statements": count}, "model_delta": delta}


def test_a_message_that_cannot_be_sent_is_tried_again_and_then_seen(
    world: World, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(monkeypatch, topic_arn=topic.arn + "-gone")
    run = world.run("emmaa_mm_update", model="nobody")
    assert run.tasks["outcome"] == "failed"
    assert "NotFound" in run.notes["outcome"]
    retries = world.dag_bag.dags["emmaa_mm_update"].get_task("outcome").retries
    assert world.tries(run.run_id, "outcome") == 1 + retries


def put_stats(world: World) -> None:
    """Store the statistics of the round, as the jobs would."""
    delta = {"added": ["1", "2"], "removed": ["3"]}
    model = {
        "model_summary": {"number_of_statements": 22},
        "model_delta": {"statements_hashes_delta": delta},
    }
    summary = {
        "number_applied_tests": 2,
        "all_test_results": {"7": {"pysb": ["Pass", ""]}, "8": {"pysb": ["Fail", ""]}},
        "pysb": {"number_passed_tests": 1},
    }
    deltas = {"pysb": {"passed_hashes_delta": {"added": ["7"], "removed": []}}}
    series = {"pysb": {"passed_ratio": [0.5]}, "dates": [ROUND]}
    corpus = {
        "test_round_summary": summary,
        "tests_delta": deltas,
        "changes_over_time": series,
    }
    world.put(model_stats_key("marm", ROUND), json.dumps(model))
    world.put(corpus_stats_key("marm", "a_tests", ROUND), json.dumps(corpus))
    world.put(corpus_stats_key("marm", "b_tests", ROUND), "{}")


def put_left_out(world: World, stage: str, date: str, *items: LeftOut, new: bool = True) -> None:
    earlier = left_out_report("marm", stage, date, [] if new else items)
    report = left_out_report("marm", stage, date, items, earlier)
    world.put(left_out_key("marm", stage, date), json.dumps(left_out_document(report)))


def test_a_rounds_sentence_is_the_note_of_its_run(world: World, topic: Topic) -> None:
    world.put_model("marm", test={"test_corpus": ["a_tests", "b_tests"]})
    world.put_manager("marm")
    put_stats(world)
    run = world.run("emmaa_after_update", model="marm")
    sentence = (
        "marm: 22 statements (+2 −1); a_tests 1/2 (+1);"
        " b_tests (its numbers cannot be read: KeyError);"
        " b_tests cannot be judged: these are no statistics: KeyError: 'test_round_summary'"
    )
    assert run.xcoms["outcome", "result"] == sentence
    assert world.note(run.run_id) == sentence
    (message,) = topic.messages()
    assert "B_tests cannot be judged" in message["Message"]


def test_the_note_of_a_failed_run_says_what_failed(world: World, topic: Topic) -> None:
    run = world.run("emmaa_mm_update", model="nobody")
    assert run.state == "failed"
    assert world.note(run.run_id) == "failed: plan"


def test_what_is_left_out_for_the_first_time_is_reported_and_fails_nothing(
    world: World, topic: Topic
) -> None:
    world.put_model("marm", test={"test_corpus": ["a_tests"]})
    world.put_manager("marm")
    put_left_out(world, "model_stats", ROUND, LeftOut("statement", "<A>", "no id", "pysb"))
    put_left_out(world, "tests_a_tests", ROUND, LeftOut("test", "t1", "odd"), new=False)
    put_left_out(world, "mm_update", ROUND, LeftOut("file", "of another run", "odd"))
    world.put(left_out_key("marm", "queries", ROUND), "[")
    run = world.run("emmaa_after_update", model="marm", stages=["model_stats", "tests", "queries"])
    assert run.state == "success"
    assert run.tasks["outcome"] == "success"
    assert "left out: 1 statement, 1 test (1 of them new)" in world.note(run.run_id)
    (message,) = topic.messages()
    name = "EMMAA 3: after an update (emmaa_after_update)"
    assert message["Subject"] == f"{name} of marm left out 1 thing for the first time"
    assert "marm, model_stats:\n    statement <A> (pysb): no id\n" in message["Message"]
    assert (
        f"All: s3://{world.bucket}/{left_out_key('marm', 'model_stats', ROUND)}"
        in (message["Message"])
    )
    assert "t1" not in message["Message"]
    assert "of another run" not in message["Message"]


def test_a_failed_runs_report_has_what_was_left_out(world: World, topic: Topic) -> None:
    world.put_model("marm", test={"test_corpus": ["a_tests-exit2"]})
    world.put_manager("marm")
    put_left_out(world, "model_stats", ROUND, LeftOut("statement", "A", "no id"))
    run = world.run("emmaa_after_update", model="marm", stages=["model_stats", "tests"])
    assert run.state == "failed"
    (message,) = topic.messages()
    assert "failed: test_corpus.run_model_tests" in message["Subject"]
    assert "Left out for the first time" in message["Message"]
    assert "statement A: no id" in message["Message"]


class At(datetime):
    """The moment of :data:`ROUND`, always."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> At:
        moment = parse_round(ROUND)
        return cls.fromtimestamp(moment.timestamp(), tz)


def test_the_daily_update_has_the_lists_of_all_models(
    world: World, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.put_model("marm", run_daily_update=True)
    world.put_model("ras", run_daily_tests=True)
    world.put_model_file("ras")
    monkeypatch.setattr(tasks, "datetime", At)
    put_left_out(world, "model_update", ROUND, LeftOut("file", "1.json", "is no JSON", "inbox/"))
    run = world.run("emmaa_update_pipeline")
    assert run.state == "success"
    sentence = "2 models: 1 updated (marm), 1 only tested (ras); left out: 1 file (1 of them new)"
    assert run.xcoms["outcome", "result"] == sentence
    (message,) = topic.messages()
    name = "EMMAA 1: daily update (emmaa_update_pipeline)"
    assert message["Subject"] == f"{name} left out 1 thing for the first time"
    assert "marm, model_update:\n    file 1.json (inbox/): is no JSON\n" in message["Message"]
