"""The resource class of each job, and the larger one to run it on once more."""

from __future__ import annotations

import pytest

from emmaa_cycle.batch_job import RoundJobs
from emmaa_cycle.model_config import ModelConfig
from emmaa_cycle.resources import BATCH_TARGETS, ResourceClass
from emmaa_cycle.settings import Settings
from emmaa_cycle.settings_sections import Batch
from emmaa_cycle.stages import Stage

DATE = "2026-03-02-17-04-08"
SETTINGS = Settings()


def test_the_original_s_large_models_by_stage() -> None:
    def large(stage: Stage) -> set[str]:
        models = ("covid19", "brca", "rasmachine", "painmachine", "nf", "rasmodel")
        found = {model: RoundJobs(SETTINGS, model, DATE).resource_class(stage) for model in models}
        return {model for model, kind in found.items() if kind is ResourceClass.LARGE}

    assert large(Stage.MODEL_UPDATE) == {"covid19"}
    assert large(Stage.MM_UPDATE) == {"covid19", "brca", "rasmachine", "painmachine", "nf"}
    for stage in (Stage.MODEL_STATS, Stage.TESTS, Stage.TEST_STATS, Stage.QUERIES):
        assert large(stage) == {"covid19", "painmachine"}
    assert large(Stage.NOTIFICATION) == set()


def test_queue_and_definition_follow_the_class() -> None:
    normal, large = (
        RoundJobs(SETTINGS, model, DATE).model_update() for model in ("rasmodel", "covid19")
    )
    mail = RoundJobs(SETTINGS, "", DATE).job(Stage.EMAIL)

    assert (normal.queue, normal.definition) == ("emmaa-models-update-test", "emmaa_jobdef")
    assert (large.queue, large.definition) == ("emmaa-after-update", "emmaa_testing_jobs_def")
    assert (mail.queue, mail.definition) == (
        "emmaa-models-update-test",
        "emmaa-email-notifications",
    )


def test_the_model_s_config_wins_over_the_settings() -> None:
    config = ModelConfig.model_validate(
        {
            "search_terms": [],
            "batch": {"resource_class": {"tests": "large", "mm_update": "normal"}},
        }
    )
    small, large = (
        RoundJobs(SETTINGS, model, DATE, config).resource_class for model in ("rasmodel", "covid19")
    )
    assert small(Stage.TESTS) is ResourceClass.LARGE
    assert large(Stage.MM_UPDATE) is ResourceClass.NORMAL
    assert large(Stage.QUERIES) is ResourceClass.LARGE


@pytest.mark.parametrize("stage", [Stage.NOTIFICATION, Stage.EMAIL])
def test_what_sends_mail_is_always_of_the_mail_class(stage: Stage) -> None:
    config = ModelConfig.model_validate(
        {"search_terms": [], "batch": {"resource_class": {stage: "large"}}}
    )
    assert RoundJobs(SETTINGS, "covid19", DATE, config).resource_class(stage) is ResourceClass.MAIL


def test_settings_may_name_other_large_models() -> None:
    settings = Settings(batch=Batch(large_models={Stage.TESTS: frozenset({"rasmodel"})}))

    named, other = (
        RoundJobs(settings, model, DATE).resource_class for model in ("rasmodel", "covid19")
    )
    assert named(Stage.TESTS) is ResourceClass.LARGE
    assert other(Stage.TESTS) is ResourceClass.NORMAL
    assert other(Stage.MM_UPDATE) is ResourceClass.LARGE


def test_a_normal_job_knows_where_there_is_more_memory() -> None:
    job = RoundJobs(SETTINGS, "rasmodel", DATE).job(Stage.QUERIES)
    larger = job.on_larger_class()

    assert larger
    assert (larger.queue, larger.definition) == ("emmaa-after-update", "emmaa_testing_jobs_def")
    assert (larger.name, larger.command) == (job.name, job.command)
    assert larger.on_larger_class() is None


def test_a_large_job_and_one_that_sends_mail_have_no_larger_class() -> None:
    assert RoundJobs(SETTINGS, "covid19", DATE).job(Stage.QUERIES).on_larger_class() is None
    assert RoundJobs(SETTINGS, "m", DATE).notification([]).on_larger_class() is None
    assert RoundJobs(SETTINGS, "", DATE).job(Stage.EMAIL).on_larger_class() is None


def test_classes_of_one_target_are_one_class() -> None:
    one = BATCH_TARGETS[ResourceClass.NORMAL]
    settings = Settings(batch=Batch(targets={ResourceClass.LARGE: one}))

    assert RoundJobs(settings, "m", DATE).job(Stage.QUERIES).on_larger_class() is None
