"""Tests of the notes on a run's failures, and of the operators' message."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from emmaa_airflow.reporting.failure_report import MAX_SUBJECT, OperatorReport, failure_report
from emmaa_airflow.reporting.failures import FailedTask, RunFailures, leave_note, run_failures
from emmaa_cycle.settings import load_settings

RUN = {"dag_id": "emmaa_after_update", "run_id": "upload__marm__1"}


class FakeRun:
    """A run as its last task sees it.

    :param states: the state of each task instance by task id and map index
    """

    dag_id, run_id, task_id = "emmaa_after_update", "upload__marm__1", "outcome"

    def __init__(self, states: dict[tuple[str, int], str]) -> None:
        self.states = states
        self.xcoms: dict[tuple[str, str], Any] = {}

    def get_task_breadcrumbs(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        assert (dag_id, run_id) == (self.dag_id, self.run_id)
        return [
            {"task_id": task_id, "map_index": index, "state": state}
            for (task_id, index), state in self.states.items()
        ]

    def xcom_pull(self, task_ids: str, key: str = "return_value") -> Any:
        return self.xcoms.get((task_ids, key))


class FakeTask:
    """A task instance that fails."""

    def __init__(self, run: FakeRun, task_id: str, map_index: int = -1, label: str = "") -> None:
        self.run, self.task_id, self.map_index = run, task_id, map_index
        self.rendered_map_index = label or None

    def xcom_push(self, key: str, value: Any) -> None:
        place = (self.task_id, key)
        there = self.run.xcoms.get(place)
        # One value alone comes back as itself, several as a list.
        self.run.xcoms[place] = value if there is None else [there, value]

    def fail(self, error: BaseException) -> None:
        context: Any = {"ti": self, "exception": error}
        leave_note(context)


@pytest.fixture(autouse=True)
def ui(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("EMMAA_OPERATORS__UI_URL", "https://airflow.example.org")
    load_settings.cache_clear()
    yield
    load_settings.cache_clear()


def test_notes_find_their_task_whether_one_or_several_were_left() -> None:
    states = {("tests", 0): "failed", ("tests", 1): "success", ("tests", 2): "failed"}
    run = FakeRun({**states, ("plan", -1): "failed", ("outcome", -1): "running"})
    FakeTask(run, "tests", 0, "a").fail(AirflowFailException("one"))
    FakeTask(run, "tests", 2, "c").fail(KeyError("two"))
    FakeTask(run, "plan").fail(ValueError())
    failures = run_failures(run)
    assert {(task.name, task.reason) for task in failures.failed} == {
        ("tests [a]", "one"),
        ("tests [c]", "KeyError: 'two'"),
        ("plan", "ValueError"),
    }
    assert failures.total == 4


def test_a_task_that_died_without_a_word_is_named_by_what_it_was_mapped_over() -> None:
    run = FakeRun({("tests", 1): "failed", ("stats", 1): "upstream_failed"})
    run.xcoms["plan", "return_value"] = [{"corpus": "a"}, {"corpus": "b"}]
    failures = run_failures(run, "plan")
    assert failures == RunFailures((FailedTask("tests", 1, "b", ""),), ("stats [b]",), 2)
    assert "It left no reason" in failure_report(failures, **RUN).text


def test_the_only_task_of_a_mapping_is_named_as_well() -> None:
    run = FakeRun({("tests", 0): "failed"})
    run.xcoms["plan", "return_value"] = ["a"]
    assert run_failures(run, "plan").failed == (FailedTask("tests", 0, "a", ""),)


def test_where_nothing_failed_nothing_is_asked_for() -> None:
    assert run_failures(FakeRun({("plan", -1): "success"}), "plan") == RunFailures((), (), 1)


def test_the_message_as_a_reader_sees_it() -> None:
    reason = (
        "Batch job marm_a_tests_2026 (1-2-3) failed with exit code 1 (a fault in the job)."
        " Its log ends with:\nERROR emmaa_jobs: no path\n"
    )
    failures = RunFailures(
        (FailedTask("test_corpus.run_model_tests", 0, "a", reason),),
        ("test_corpus.run_test_stats [a]",),
        9,
    )
    report = failure_report(failures, **RUN, model="marm")
    assert report.subject == (
        "EMMAA 3: after an update (emmaa_after_update) of marm failed:"
        " test_corpus.run_model_tests [a]"
    )
    assert report.text == (
        """EMMAA 3: after an update (emmaa_after_update) of marm failed: 1 of 9 tasks failed.
Run: https://airflow.example.org/dags/emmaa_after_update/runs/upload__marm__1

test_corpus.run_model_tests [a]
    Batch job marm_a_tests_2026 (1-2-3) failed with exit code 1 (a fault in the job). Its log \
ends with:
    ERROR emmaa_jobs: no path
    Log: https://airflow.example.org/dags/emmaa_after_update/runs/upload__marm__1/tasks/\
test_corpus.run_model_tests/mapped/0

Not run because of that: test_corpus.run_test_stats [a]

All other tasks of the run have ended. When the cause is fixed, clear the failed task with \
its downstream tasks. What to do for each task: \
https://airflow.example.org/dags/emmaa_after_update (DAG Docs)
"""
    )


def test_a_thousand_failures_are_still_one_message() -> None:
    tasks = [FailedTask("model.plan", n, f"möodel{n}", "x\n" * 1000) for n in range(1000)]
    report = failure_report(RunFailures(tuple(tasks), (), 3001), **RUN, model="é\n")
    assert len(report.subject) <= MAX_SUBJECT
    assert report.subject.isascii()
    assert "\n" not in report.subject
    assert "1000 of 3001 tasks failed" in report.text
    assert "model.plan [möodel20]" in report.text
    assert len(report.text.encode()) < 100_000  # SNS takes 262,144 bytes


def test_a_reason_can_be_stored_whatever_the_error_says() -> None:
    run = FakeRun({("assemble", -1): "failed"})
    FakeTask(run, "assemble").fail(AirflowFailException("odd \0 \ud800"))
    (failed,) = run_failures(run).failed
    assert failed.reason == r"odd \x00 \ud800"


def test_a_message_that_sns_does_not_take_keeps_its_beginning_and_its_end() -> None:
    """SNS takes 256 KB of UTF-8; the end says what to do."""
    report = OperatorReport("subject", "begin\n" + "→" * 200_000 + "\nend\n")
    assert len(report.text.encode()) < 256_000
    assert report.text.startswith("begin\n→")
    assert report.text.endswith("→\nend\n")
    assert "shortened" in report.text
