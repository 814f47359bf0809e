"""What is submitted to Batch: name, queue, definition and command of each stage's job."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from emmaa_cycle.dates import day_of
from emmaa_cycle.model_config import ModelConfig
from emmaa_cycle.names import check_name
from emmaa_cycle.resources import BatchTarget, ResourceClass
from emmaa_cycle.settings import Settings
from emmaa_cycle.stages import STAGES, Stage

_MAIL_STAGES = frozenset({Stage.NOTIFICATION, Stage.EMAIL})
#: Batch allows 128; the operator adds a suffix that makes the name unique.
MAX_NAME = 100


@dataclass(frozen=True)
class BatchJob:
    """A job, ready to be submitted but for the run's own environment and name suffix.

    :param name: the job's name, fit for Batch, without the unique suffix
    :param command: the container's argv
    :param tags: what people search jobs by
    """

    stage: Stage
    name: str
    queue: str
    definition: str
    command: list[str]
    tags: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The form in which it passes between Airflow tasks."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> BatchJob:
        """Read what :meth:`to_json` wrote."""
        return cls(**{**document, "stage": Stage(document["stage"])})


def model_update_job(
    settings: Settings,
    config: ModelConfig,
    model: str,
    *,
    model_date: str,
    until: str | None = None,
) -> BatchJob:
    """Read the model's literature.

    :param model_date: the ``<dt>`` of the new state of the model. It is fixed here, so that a
        second attempt writes the same key and starts nothing twice
    :param until: the last day of literature to read; today if None
    """
    args = ["--model", model, "--date-str", model_date]
    args += ["--until", until] if until else []
    return _job(settings, config, Stage.MODEL_UPDATE, args, model=model, date=model_date)


def mm_update_job(
    settings: Settings,
    config: ModelConfig,
    model: str,
    *,
    round_date: str,
    model_date: str | None = None,
) -> BatchJob:
    """Assemble the model into a manager.

    :param round_date: the new round's ``<dt>``
    :param model_date: the ``<dt>`` of the model to assemble; the latest if None
    """
    args = ["--model", model, "--date-str", round_date]
    args += ["--model-date", model_date] if model_date else []
    return _job(settings, config, Stage.MM_UPDATE, args, model=model, date=round_date)


def model_stats_job(
    settings: Settings, config: ModelConfig, model: str, round_date: str
) -> BatchJob:
    """Make the model statistics of a round."""
    args = ["--model", model, "--stats_mode", "model", "--date-str", round_date]
    return _job(settings, config, Stage.MODEL_STATS, args, model=model, date=round_date)


def corpus_tests_job(
    settings: Settings, config: ModelConfig, model: str, corpus: str, round_date: str
) -> BatchJob:
    """Test a round's manager against one corpus."""
    args = ["--model", model, "--tests", check_name("test corpus", corpus)]
    args += ["--date-str", round_date]
    return _job(settings, config, Stage.TESTS, args, model=model, date=round_date, corpus=corpus)


def corpus_stats_job(
    settings: Settings, config: ModelConfig, model: str, corpus: str, round_date: str
) -> BatchJob:
    """Make one corpus' statistics of a round."""
    args = ["--model", model, "--stats_mode", "tests"]
    args += ["--tests", check_name("test corpus", corpus), "--date-str", round_date]
    return _job(
        settings, config, Stage.TEST_STATS, args, model=model, date=round_date, corpus=corpus
    )


def queries_job(settings: Settings, config: ModelConfig, model: str, round_date: str) -> BatchJob:
    """Answer the model's subscribed queries with a round's manager."""
    args = ["--model", model, "--date-str", round_date]
    return _job(settings, config, Stage.QUERIES, args, model=model, date=round_date)


def model_to_tests_job(
    settings: Settings, config: ModelConfig, model: str, round_date: str
) -> BatchJob:
    """Make a test corpus of a round's statements."""
    args = ["--model", model, "--date-str", round_date]
    return _job(settings, config, Stage.MODEL_TO_TESTS, args, model=model, date=round_date)


def notification_job(
    settings: Settings, model: str, corpora: Sequence[str], round_date: str
) -> BatchJob:
    """Tell the model's subscribers what a round changed.

    :param corpora: the test corpora whose statistics are there; may be none
    """
    checked = [check_name("test corpus", corpus) for corpus in corpora]
    args = ["--model", model, "--test_corpora", *checked]
    args += ["--date", day_of(round_date), "--date-str", round_date]
    return _job(settings, None, Stage.NOTIFICATION, args, model=model, date=round_date)


def email_job(settings: Settings, *, stamp: str) -> BatchJob:
    """Mail all users the news of their queries.

    :param stamp: the run's moment, ``<dt>``, for the job's name
    """
    return _job(settings, None, Stage.EMAIL, [], model="", date=stamp)


def resource_class(
    settings: Settings, config: ModelConfig | None, stage: Stage, model: str
) -> ResourceClass:
    """The class of a model's job: the model's config first, then the deployment's settings."""
    if stage in _MAIL_STAGES:
        return ResourceClass.MAIL  # the only role that may send mail
    if config and stage in config.batch.resource_class:
        return config.batch.resource_class[stage]
    if model in settings.batch.large_models.get(stage, frozenset()):
        return ResourceClass.LARGE
    return ResourceClass.NORMAL


def _job(
    settings: Settings,
    config: ModelConfig | None,
    stage: Stage,
    args: list[str],
    *,
    model: str,
    date: str,
    corpus: str = "",
) -> BatchJob:
    if stage is not Stage.EMAIL:
        check_name("model", model)
    spec = STAGES[stage]
    target: BatchTarget = settings.batch.targets[resource_class(settings, config, stage, model)]
    tags = {"purpose": spec.purpose, "model": model, "corpus": corpus, "round": date}
    return BatchJob(
        stage=stage,
        name=batch_name(spec.job_name.format(model=model, corpus=corpus, date=date)),
        queue=target.queue,
        definition=target.definition,
        command=_command(settings.launcher.argv, spec.script, args),
        tags={key: _tag(value) for key, value in tags.items() if value},
    )


def batch_name(text: str) -> str:
    """Make a text fit to be a Batch job name: letters, digits, dash and underscore."""
    name = re.sub(r"[^A-Za-z0-9_-]", "-", text)[:MAX_NAME]
    return name if name[:1].isalnum() else f"j{name}"[:MAX_NAME]


def _tag(text: str) -> str:
    # AWS allows letters, digits, spaces and _.:/=+-@ in tag values, 256 at most.
    return re.sub(r"[^\w .:/=+\-@]", "_", text)[:256]


def _command(argv: tuple[str, ...], script: str, args: list[str]) -> list[str]:
    command: list[str] = []
    for item in argv:
        command += args if item == "{args}" else [item.replace("{script}", script)]
    return command
