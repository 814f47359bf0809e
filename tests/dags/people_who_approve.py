"""A person who answers what Airflow asks while ``dag.test()`` runs, or does not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

#: The length of a pause of ``dag.test()``, and how many there may be.
_PAUSE = 1
_MAX_PAUSES = 200


@contextmanager
def person_answers(option: str, name: str = "Ada") -> Iterator[list[tuple[str, str]]]:
    """Answer each question of a task as the UI's *Required Actions* does.

    :returns: the questions that were asked, as (subject, body)
    """

    def answer(session: Any, detail: Any) -> None:
        detail.responded_by = {"id": name.lower(), "name": name}
        detail.responded_at = datetime.now(UTC)
        detail.chosen_options = [option]
        detail.params_input = {}
        session.add(detail)
        _resume(session, detail)

    with _asked(answer) as questions:
        yield questions


@contextmanager
def nobody_answers() -> Iterator[list[tuple[str, str]]]:
    """Let the scheduler resume what waits for too long.

    :returns: the questions that were asked, as (subject, body)
    """

    def sweep(session: Any, detail: Any) -> None:
        from airflow.jobs.job import Job
        from airflow.jobs.scheduler_job_runner import SchedulerJobRunner

        # Before 3.3 the trigger sees to it.
        if check := getattr(SchedulerJobRunner(job=Job()), "check_awaiting_input_timeouts", None):
            check(session=session)

    with _asked(sweep) as questions:
        yield questions


@contextmanager
def _asked(act: Callable[[Any, Any], None]) -> Iterator[list[tuple[str, str]]]:
    """Call a function for each question, once its task waits."""
    from airflow.providers.standard.triggers import hitl as triggers
    from airflow.sdk.definitions import dag as sdk_dag

    run_trigger: Any = sdk_dag._run_inline_trigger
    sleep, questions = time.sleep, list[tuple[str, str]]()
    pauses: list[float] = []

    def look() -> None:
        from airflow.models.hitl import HITLDetail
        from airflow.utils.session import create_session

        with create_session() as session:
            unanswered = select(HITLDetail).where(HITLDetail.responded_at.is_(None))
            for detail in session.scalars(unanswered).unique():
                if (detail.subject, detail.body or "") not in questions:
                    questions.append((detail.subject, detail.body or ""))
                    act(session, detail)

    def look_instead_of_waiting(seconds: float) -> None:
        if seconds != _PAUSE:
            return sleep(seconds)
        pauses.append(seconds)
        assert len(pauses) < _MAX_PAUSES, "the task waits although it was answered"
        return look()

    def look_and_run_trigger(trigger: Any, ti: Any) -> Any:
        look()
        return run_trigger(trigger, ti)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "sleep", look_instead_of_waiting)
        patch.setattr(sdk_dag, "_run_inline_trigger", look_and_run_trigger)
        # dag.test() of 3.2 answers no trigger that asks Airflow.
        patch.setattr(triggers, "get_hitl_detail_content_detail", _detail)
        yield questions


def _detail(ti_id: Any) -> Any:
    from airflow.models.hitl import HITLDetail
    from airflow.utils.session import create_session

    with create_session() as session:
        detail = (
            session.scalars(
                select(HITLDetail)
                .where(HITLDetail.ti_id == ti_id)
                .execution_options(populate_existing=True)
            )
            .unique()
            .one()
        )
        by = detail.responded_by
        return SimpleNamespace(
            response_received=detail.response_received,
            chosen_options=detail.chosen_options,
            params_input=detail.params_input,
            responded_at=detail.responded_at,
            responded_by_user=SimpleNamespace(**by) if by else None,
        )


def _resume(session: Any, detail: Any) -> None:
    """Do what the API of 3.3 does after an answer; before, a trigger looks at it."""
    if not hasattr(detail, "as_resume_event_payload"):
        return
    from airflow.models.trigger import handle_event_submit
    from airflow.triggers.base import TriggerEvent

    event = TriggerEvent(detail.as_resume_event_payload())
    handle_event_submit(event, task_instance=detail.task_instance, session=session)
