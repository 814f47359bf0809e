from __future__ import annotations

from emmaa_cycle.resources import BATCH_TARGETS, JOB_DEFINITIONS, JOB_QUEUES, ResourceClass
from emmaa_cycle.stages import STAGES, Stage


def test_every_class_goes_to_a_queue_and_definition_that_are_created() -> None:
    assert set(BATCH_TARGETS) == set(ResourceClass)
    for target in BATCH_TARGETS.values():
        assert target.queue in {queue.name for queue in JOB_QUEUES}
        assert target.definition in {definition.name for definition in JOB_DEFINITIONS}


def test_names_are_unique() -> None:
    for named in (JOB_QUEUES, JOB_DEFINITIONS):
        names = [item.name for item in named]
        assert len(set(names)) == len(names)


def test_only_the_mail_class_may_send_mail() -> None:
    mailing = {definition.name for definition in JOB_DEFINITIONS if definition.may_send_mail}

    assert mailing == {BATCH_TARGETS[ResourceClass.MAIL].definition}
    assert BATCH_TARGETS[ResourceClass.LARGE].definition not in mailing
    assert BATCH_TARGETS[ResourceClass.NORMAL].definition not in mailing


def test_the_large_definition_is_larger() -> None:
    by_name = {definition.name: definition for definition in JOB_DEFINITIONS}
    large = by_name[BATCH_TARGETS[ResourceClass.LARGE].definition]
    normal = by_name[BATCH_TARGETS[ResourceClass.NORMAL].definition]

    assert large.memory_mib > normal.memory_mib
    assert large.vcpus >= normal.vcpus


def test_stages_are_the_original_s() -> None:
    """Script, purpose and job name (docs/reference/original-emmaa.md#batch-jobs)."""
    rows = {
        stage: (spec.script, spec.purpose, spec.job_name.format(model="M", corpus="T", date="D"))
        for stage, spec in STAGES.items()
    }
    original = {
        Stage.MODEL_UPDATE: ("run_model_update.py", "update-emmaa-models", "M_update_D"),
        Stage.MM_UPDATE: (
            "update_model_manager.py",
            "update-emmaa-model-manager",
            "M_mm_update_D",
        ),
        Stage.MODEL_STATS: (
            "run_model_stats_from_s3.py",
            "update-emmaa-model-stats",
            "M_model_stats_D",
        ),
        Stage.TESTS: ("run_model_tests_from_s3.py", "update-emmaa-results", "M_T_tests_D"),
        Stage.TEST_STATS: ("run_model_stats_from_s3.py", "update-emmaa-test-stats", "M_T_stats_D"),
        Stage.QUERIES: ("answer_queries_from_s3.py", "update-emmaa-queries", "M_queries_D"),
        Stage.MODEL_TO_TESTS: ("model_to_tests.py", "update-emmaa-tests", "M_test_update_D"),
        Stage.NOTIFICATION: ("model_notifications.py", "model-notify", "M_notification_D"),
        Stage.EMAIL: (
            "run_email_notifications.py",
            "emmaa-email-notifications",
            "email_notifications_D",
        ),
    }
    assert original.items() <= rows.items()
