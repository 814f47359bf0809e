"""The stages of the cycle: script, purpose and job name of each.

See docs/reference/original-emmaa.md#batch-jobs.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """One kind of Batch job."""

    MODEL_UPDATE = "model_update"
    MM_UPDATE = "mm_update"
    MODEL_STATS = "model_stats"
    TESTS = "tests"
    TEST_STATS = "test_stats"
    QUERIES = "queries"
    MODEL_TO_TESTS = "model_to_tests"
    NOTIFICATION = "notification"
    EMAIL = "email"


@dataclass(frozen=True)
class StageSpec:
    """The names of a stage, as documented for the original.

    :param script: the entry point's file name under ``scripts/``
    :param purpose: the original's ``--purpose``, which tags the job
    :param job_name: a template of the job's name; ``model``, ``corpus`` and ``date`` fill it
    :param named_by_moment: whether the original's job name has the time of its submission instead
        of a round's date
    """

    script: str
    purpose: str
    job_name: str
    named_by_moment: bool = False


STAGES: dict[Stage, StageSpec] = {
    Stage.MODEL_UPDATE: StageSpec(
        "run_model_update.py",
        "update-emmaa-models",
        "{model}_update_{date}",
        named_by_moment=True,
    ),
    Stage.MM_UPDATE: StageSpec(
        "update_model_manager.py",
        "update-emmaa-model-manager",
        "{model}_mm_update_{date}",
        named_by_moment=True,
    ),
    Stage.MODEL_STATS: StageSpec(
        "run_model_stats_from_s3.py", "update-emmaa-model-stats", "{model}_model_stats_{date}"
    ),
    Stage.TESTS: StageSpec(
        "run_model_tests_from_s3.py", "update-emmaa-results", "{model}_{corpus}_tests_{date}"
    ),
    Stage.TEST_STATS: StageSpec(
        "run_model_stats_from_s3.py", "update-emmaa-test-stats", "{model}_{corpus}_stats_{date}"
    ),
    Stage.QUERIES: StageSpec(
        "answer_queries_from_s3.py", "update-emmaa-queries", "{model}_queries_{date}"
    ),
    Stage.MODEL_TO_TESTS: StageSpec(
        "model_to_tests.py", "update-emmaa-tests", "{model}_test_update_{date}"
    ),
    Stage.NOTIFICATION: StageSpec(
        "model_notifications.py", "model-notify", "{model}_notification_{date}"
    ),
    Stage.EMAIL: StageSpec(
        "run_email_notifications.py",
        "emmaa-email-notifications",
        "email_notifications_{date}",
        named_by_moment=True,
    ),
}
