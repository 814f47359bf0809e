"""A failed task's log ends with its reason in one ERROR line."""

from __future__ import annotations

from typing import Any

import pytest
import structlog
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSensorTimeout
from structlog.testing import LogCapture

from emmaa_airflow.reporting import failure_log
from emmaa_airflow.reporting.failure_log import one_line, reason_line
from tests.dags.world import World


def logged(error: BaseException) -> dict[str, Any]:
    """Log an error as Airflow does, through the processor."""
    capture = LogCapture()
    log = structlog.wrap_logger(structlog.PrintLogger(), processors=[reason_line, capture])
    try:
        raise error
    except BaseException:
        log.exception("Task failed with exception")
    (entry,) = capture.entries
    return dict(entry)


@pytest.mark.parametrize(
    "error",
    [
        AirflowFailException("model 'marm': field x"),
        AirflowException("model 'marm': field x"),
        AirflowSensorTimeout("model 'marm': field x"),
    ],
)
def test_what_was_foreseen_has_no_traceback(error: Exception) -> None:
    entry = logged(error)
    assert entry["event"] == "model 'marm': field x"
    assert "exc_info" not in entry
    assert entry["log_level"] == "error"


def test_a_fault_keeps_its_traceback_under_its_reason() -> None:
    entry = logged(KeyError("m"))
    assert entry["event"] == "KeyError: 'm'"
    assert entry["exc_info"] is True


def test_other_lines_pass() -> None:
    event = {"event": "Task failed with exception"}
    assert reason_line(None, "error", dict(event)) == event
    try:
        raise AirflowFailException("x")
    except AirflowFailException:
        assert reason_line(None, "info", {"event": "y"}) == {"event": "y"}


def test_of_a_jobs_log_the_line_has_the_error_itself() -> None:
    head = "Batch job j (1) failed with exit code 2 (bad input). Its log ends with:\n"
    assert one_line(f"{head}ERROR emmaa_jobs: bad input: no corpus\nmore") == (
        "Batch job j (1) failed with exit code 2 (bad input). Its log says:"
        " ERROR emmaa_jobs: bad input: no corpus"
    )
    assert one_line(f"{head}Traceback (most recent call last):\n  File\nKeyError: 'm'").endswith(
        "Its log says: KeyError: 'm'"
    )
    assert one_line("a\n\n b\tc ") == "a b c"
    assert one_line("") == ""
    assert len(one_line("x" * 5000)) == 1000


def test_only_tasks_of_this_project_are_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    processors: list[Any] = []
    monkeypatch.setattr(structlog, "get_config", lambda: {"processors": processors})

    class Instance:
        dag_id = "somebody_elses"

    failure_log.on_task_instance_running(None, Instance)
    assert processors == []
    Instance.dag_id = "emmaa_mm_update"
    failure_log.on_task_instance_running(None, Instance)
    failure_log.on_task_instance_running(None, Instance)
    assert processors == [reason_line]


def test_a_task_of_a_run_logs_its_reason(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def watched(logger: Any, method: str, event: Any) -> Any:
        event = reason_line(logger, method, event)
        if method in ("error", "exception"):
            seen.append(f"{event['event']} {'exc_info' in event}")
        return event

    monkeypatch.setattr(failure_log, "reason_line", watched)
    run = world.run("emmaa_mm_update", model="nobody")
    assert run.tasks["plan"] == "failed"
    assert any(line.startswith("no such model: 'nobody'") and "False" in line for line in seen)
