"""Tests of the round that a run begins, and of the plans of one job."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from emmaa_cycle.batch_job import BatchJob, RoundJobs
from emmaa_cycle.errors import InputError
from emmaa_cycle.plan import email_plan, mm_update_plan, new_round
from emmaa_cycle.settings import Settings
from emmaa_cycle.stages import Stage

MOMENT = datetime(2026, 3, 2, 17, 59, 59, 999, tzinfo=UTC)


def test_an_uploaded_models_round_bears_the_models_date() -> None:
    date = "2026-03-02-17-00-07"
    assert new_round(MOMENT, lambda _: True, uploaded=date) == date


def test_uploads_that_are_reported_out_of_order_make_rounds_in_order() -> None:
    early, late = "2026-03-02-17-00-07", "2026-03-02-17-00-08"
    reported = [new_round(MOMENT, lambda _: False, uploaded=date) for date in (late, early)]
    assert sorted(reported) == [early, late]


def test_any_other_run_begins_a_round_at_its_own_moment() -> None:
    assert new_round(MOMENT, lambda _: False) == "2026-03-02-17-59-59"


def test_a_moment_that_another_run_has_taken_is_passed_over() -> None:
    taken = {"2026-03-02-17-59-59", "2026-03-02-18-00-00"}
    assert new_round(MOMENT, taken.__contains__) == "2026-03-02-18-00-01"


def test_a_date_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="2026-13-01"):
        new_round(MOMENT, lambda _: False, uploaded="2026-13-01-00-00-00")


def assembly(model: str, *, uploaded: bool = False) -> BatchJob:
    """Return the job of a round of a model's state."""
    plan = mm_update_plan(
        RoundJobs(Settings(), model, "2026-03-02-18-00-00"),
        model_date="2026-03-02-17-00-07",
        notify=True,
        uploaded=uploaded,
    )
    return plan.jobs[Stage.MM_UPDATE]


def test_a_round_assembles_one_state_of_the_model() -> None:
    job = assembly("covid19")
    assert job.definition == "emmaa_testing_jobs_def"  # one of the original's large models
    assert job.command[2:] == [
        *("--model", "covid19", "--date-str", "2026-03-02-18-00-00"),
        *("--model-date", "2026-03-02-17-00-07"),
    ]


def test_the_mails_job_may_send_mail() -> None:
    job = email_plan(Settings(), run_moment=MOMENT).jobs[Stage.EMAIL]
    assert job.definition == "emmaa-email-notifications"
    assert job.name == "email_notifications_2026-03-02-17-59-59"


def test_a_round_that_a_run_has_named_itself_is_exclusive() -> None:
    for uploaded in (True, False):
        # Two uploads under one key are one round, and the later one must have its run.
        assert assembly("marm", uploaded=uploaded).exclusive is not uploaded
