"""The table of stages: one row says all that the cycle knows of one kind of Batch job.

Script, purpose and job name are the original's (docs/reference/original-emmaa.md#batch-jobs).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from emmaa_cycle import s3_layout
from emmaa_cycle.uploads import UploadKind


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


@dataclass(frozen=True, kw_only=True)
class StageSpec:
    """One row of the table.

    :param script: the entry point's file name under ``scripts/``
    :param purpose: the original's ``--purpose``, which tags the job
    :param job_name: a template of the job's name; ``model``, ``corpus`` and ``date`` fill it
    :param label: a short name for the columns of reports
    :param priority: the place of its task among those that wait for a worker; higher ones go first
    :param attempt_hours: how long one attempt may take unless the settings say otherwise; a job
        that hangs must not block the next day's
    :param total_hours: how long it may take in all, waits for a machine and all attempts included.
        Those that a daily run waits for end before the next day's: it then finds none in flight
    :param large_models: the original's models whose jobs are large
    :param flags: arguments that the original's script takes beside ``--model``; an item
        ``{corpus}`` stands for the corpus
    :param config_field: the field of the model's config without which it does not run
    :param results: makes the beginning of its results' keys of model and, if it runs once a
        corpus, corpus; None if it writes no results
    :param results_ending: the ending of those keys
    :param starts: the kind of its upload, if that starts a run
    :param after_round: whether it follows a new model manager, in ``emmaa_after_update``
    :param per_corpus: whether it runs once a corpus
    :param per_model: whether it is about one model, and not about all of them
    :param sends_mail: whether its job needs the role that may send mail
    :param named_by_moment: whether the original's job name has the time of its submission instead
        of a round's date
    """

    script: str
    purpose: str
    job_name: str
    label: str
    priority: int
    attempt_hours: int
    total_hours: int
    large_models: frozenset[str] = frozenset()
    flags: tuple[str, ...] = ()
    config_field: str = ""
    results: Callable[..., str] | None = None
    results_ending: str = ".json"
    starts: UploadKind | None = None
    after_round: bool = False
    per_corpus: bool = False
    per_model: bool = True
    sends_mail: bool = False
    named_by_moment: bool = False

    def results_prefix(self, model: str, corpus: str) -> str:
        """Return the beginning of its results' keys; empty if it writes no results."""
        about = (model, corpus) if self.per_corpus else (model,)
        return self.results(*about) if self.results else ""


_LARGE = frozenset({"covid19", "painmachine"})
#: In the order in which a person reads them.
STAGES: dict[Stage, StageSpec] = {
    Stage.MODEL_UPDATE: StageSpec(
        script="run_model_update.py",
        purpose="update-emmaa-models",
        job_name="{model}_update_{date}",
        label="update",
        priority=10,
        attempt_hours=12,
        total_hours=23,
        large_models=frozenset({"covid19"}),
        config_field="run_daily_update",
        results=s3_layout.model_prefix,
        results_ending=s3_layout.JSON_GZ,
        starts=UploadKind.MODEL,
        named_by_moment=True,
    ),
    Stage.MM_UPDATE: StageSpec(
        script="update_model_manager.py",
        purpose="update-emmaa-model-manager",
        job_name="{model}_mm_update_{date}",
        label="assembly",
        priority=20,
        attempt_hours=20,
        total_hours=48,
        large_models=frozenset({"covid19", "brca", "rasmachine", "painmachine", "nf"}),
        results=s3_layout.model_manager_prefix,
        results_ending=s3_layout.JSON_GZ,
        starts=UploadKind.MODEL_MANAGER,
        named_by_moment=True,
    ),
    Stage.MODEL_STATS: StageSpec(
        script="run_model_stats_from_s3.py",
        purpose="update-emmaa-model-stats",
        job_name="{model}_model_stats_{date}",
        label="statistics",
        priority=60,
        attempt_hours=6,
        total_hours=24,
        large_models=_LARGE,
        flags=("--stats_mode", "model"),
        results=s3_layout.model_stats_prefix,
        after_round=True,
    ),
    Stage.TESTS: StageSpec(
        script="run_model_tests_from_s3.py",
        purpose="update-emmaa-results",
        job_name="{model}_{corpus}_tests_{date}",
        label="tests",
        priority=40,
        attempt_hours=20,
        total_hours=48,
        large_models=_LARGE,
        flags=("--tests", "{corpus}"),
        results=s3_layout.results_prefix,
        after_round=True,
        per_corpus=True,
    ),
    Stage.TEST_STATS: StageSpec(
        script="run_model_stats_from_s3.py",
        purpose="update-emmaa-test-stats",
        job_name="{model}_{corpus}_stats_{date}",
        label="test stats",
        priority=60,
        attempt_hours=6,
        total_hours=24,
        large_models=_LARGE,
        flags=("--stats_mode", "tests", "--tests", "{corpus}"),
        results=s3_layout.corpus_stats_prefix,
        after_round=True,
        per_corpus=True,
    ),
    Stage.QUERIES: StageSpec(
        script="answer_queries_from_s3.py",
        purpose="update-emmaa-queries",
        job_name="{model}_queries_{date}",
        label="queries",
        priority=50,
        attempt_hours=12,
        total_hours=48,
        large_models=_LARGE,
        after_round=True,
    ),
    Stage.MODEL_TO_TESTS: StageSpec(
        script="model_to_tests.py",
        purpose="update-emmaa-tests",
        job_name="{model}_test_update_{date}",
        label="to tests",
        priority=30,
        attempt_hours=6,
        total_hours=24,
        large_models=_LARGE,
        config_field="make_tests",
        results=lambda model: s3_layout.corpus_prefix(s3_layout.model_tests_corpus(model)),
        results_ending=s3_layout.JSON_GZ,
        after_round=True,
    ),
    Stage.NOTIFICATION: StageSpec(
        script="model_notifications.py",
        purpose="model-notify",
        job_name="{model}_notification_{date}",
        label="notify",
        priority=90,
        attempt_hours=2,
        total_hours=23,
        after_round=True,
        sends_mail=True,
    ),
    Stage.EMAIL: StageSpec(
        script="run_email_notifications.py",
        purpose="emmaa-email-notifications",
        job_name="email_notifications_{date}",
        label="mail",
        priority=90,
        attempt_hours=2,
        total_hours=23,
        per_model=False,
        sends_mail=True,
        named_by_moment=True,
    ),
}
#: The stages of ``emmaa_after_update``.
AFTER_UPDATE_STAGES = tuple(stage for stage, spec in STAGES.items() if spec.after_round)
