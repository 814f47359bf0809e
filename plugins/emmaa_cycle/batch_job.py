"""The Batch job of each stage: name, queue, definition and command."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import Any

from emmaa_cycle.dates import day_of, parse_day, parse_round
from emmaa_cycle.errors import InputError
from emmaa_cycle.launcher import launch_command
from emmaa_cycle.model_config import ModelConfig
from emmaa_cycle.names import check_name
from emmaa_cycle.resources import BatchTarget, ResourceClass
from emmaa_cycle.settings import Settings
from emmaa_cycle.stages import STAGES, Stage

_MAIL_STAGES = frozenset({Stage.NOTIFICATION, Stage.EMAIL})
#: Batch allows 128; the operator adds a suffix that makes the name unique.
MAX_NAME = 100
_DIGEST = 8
#: The part of a name that is kept when the name has to be changed.
_KEPT = MAX_NAME - _DIGEST - 1


@dataclass(frozen=True)
class BatchJob:
    """A job, ready to be submitted except for the environment and name suffix from its run.

    :param name: the job's name, valid for Batch, without the unique suffix
    :param command: the container's argv
    :param tags: the tags by which people search jobs
    :param timeout_seconds: of one attempt; the job definition's if None
    :param attempts: Batch's own attempts, as far as its retry rules allow; if None, the job
        definition's retry strategy
    :param larger: queue and definition of a second run after lack of memory; None if there is none
    :param exclusive: whether its run has chosen the date that names the job's results, so that no
        other run may have a running job of the same name
    :param siblings: the prefix of the names of jobs that must run one at a time, because each
        builds on the result of the one before; otherwise empty
    :param config_version: the version of the model's config from which it was planned; empty if it
        reads the current one, or none
    """

    stage: Stage
    name: str
    queue: str
    definition: str
    command: list[str]
    tags: dict[str, str] = field(default_factory=dict)
    timeout_seconds: int | None = None
    attempts: int | None = None
    larger: BatchTarget | None = None
    exclusive: bool = False
    siblings: str = ""
    config_version: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the job as JSON, to pass it between Airflow tasks."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> BatchJob:
        """Read the output of :meth:`to_json`."""
        larger = BatchTarget(**document["larger"]) if document.get("larger") else None
        return cls(**{**document, "stage": Stage(document["stage"]), "larger": larger})

    def on_larger_class(self) -> BatchJob | None:
        """Return the same job on the larger class; None if it already has that class."""
        if self.larger is None:
            return None
        target = self.larger
        return replace(self, queue=target.queue, definition=target.definition, larger=None)


def model_update_job(
    settings: Settings,
    config: ModelConfig,
    model: str,
    *,
    model_date: str,
    until: str | None = None,
) -> BatchJob:
    """Return the job that reads a model's literature.

    :param model_date: the ``<dt>`` of the new state of the model. It is fixed here, so that a
        second attempt writes the same key and starts no second run
    :param until: the last day of literature to read; today if None
    :raises InputError: if the existing image would have to read a past day.
    """
    if until and settings.launcher.image == "existing":
        _check_is_recent(until, model_date)
    own = ["--date-str", model_date, *(["--until", until] if until else [])]
    job = _job(settings, config, Stage.MODEL_UPDATE, own=own, model=model, date=model_date)
    return replace(job, exclusive=True, siblings=update_names(model))


def mm_update_job(
    settings: Settings,
    config: ModelConfig,
    model: str,
    *,
    round_date: str,
    model_date: str | None = None,
    exclusive: bool = False,
) -> BatchJob:
    """Return the job that assembles a model into a manager.

    :param round_date: the new round's ``<dt>``
    :param model_date: the ``<dt>`` of the model to assemble; the latest if None
    :param exclusive: whether the run has chosen the round's date, and not the model's upload
    """
    own = ["--date-str", round_date, *(["--model-date", model_date] if model_date else [])]
    job = _job(settings, config, Stage.MM_UPDATE, own=own, model=model, date=round_date)
    return replace(job, exclusive=exclusive)


def model_stats_job(
    settings: Settings, config: ModelConfig, model: str, round_date: str
) -> BatchJob:
    """Return the job that computes the model statistics of a round."""
    args = ["--stats_mode", "model"]
    return _round_job(settings, config, Stage.MODEL_STATS, args, model, round_date)


def corpus_tests_job(
    settings: Settings, config: ModelConfig, model: str, corpus: str, round_date: str
) -> BatchJob:
    """Return the job that tests a round's manager against one corpus."""
    args = ["--tests", check_name("test corpus", corpus)]
    return _round_job(settings, config, Stage.TESTS, args, model, round_date, corpus)


def corpus_stats_job(
    settings: Settings, config: ModelConfig, model: str, corpus: str, round_date: str
) -> BatchJob:
    """Return the job that computes the statistics of one corpus in a round."""
    args = ["--stats_mode", "tests", "--tests", check_name("test corpus", corpus)]
    return _round_job(settings, config, Stage.TEST_STATS, args, model, round_date, corpus)


def queries_job(settings: Settings, config: ModelConfig, model: str, round_date: str) -> BatchJob:
    """Return the job that answers the model's registered queries with a round's manager."""
    return _round_job(settings, config, Stage.QUERIES, [], model, round_date)


def model_to_tests_job(
    settings: Settings, config: ModelConfig, model: str, round_date: str
) -> BatchJob:
    """Return the job that makes a test corpus from a round's statements."""
    return _round_job(settings, config, Stage.MODEL_TO_TESTS, [], model, round_date)


def notification_job(
    settings: Settings, model: str, corpora: Sequence[str], round_date: str
) -> BatchJob:
    """Return the job that notifies the model's subscribers of a round's news.

    :param corpora: the test corpora that have statistics; may be empty
    """
    checked = [check_name("test corpus", corpus) for corpus in corpora]
    args = [*(["--test_corpora", *checked] if checked else []), "--date", day_of(round_date)]
    return _round_job(settings, None, Stage.NOTIFICATION, args, model, round_date)


def email_job(settings: Settings, *, stamp: str) -> BatchJob:
    """Return the job that mails all users the news about their queries.

    :param stamp: the run's moment, ``<dt>``, for the job's name
    """
    return _job(settings, None, Stage.EMAIL, model="", date=stamp)


def resource_class(
    settings: Settings, config: ModelConfig | None, stage: Stage, model: str
) -> ResourceClass:
    """Return the class of a model's job: from the model's config, or else from the settings."""
    if stage in _MAIL_STAGES:
        return ResourceClass.MAIL  # the only role that may send mail
    if config and stage in config.batch.resource_class:
        return config.batch.resource_class[stage]
    if model in settings.batch.large_models.get(stage, frozenset()):
        return ResourceClass.LARGE
    return ResourceClass.NORMAL


def _round_job(
    settings: Settings,
    config: ModelConfig | None,
    stage: Stage,
    args: list[str],
    model: str,
    round_date: str,
    corpus: str = "",
) -> BatchJob:
    """Return a job for an existing round."""
    own = ["--date-str", round_date]
    return _job(settings, config, stage, args, own=own, model=model, date=round_date, corpus=corpus)


def _job(
    settings: Settings,
    config: ModelConfig | None,
    stage: Stage,
    args: Sequence[str] = (),
    *,
    own: Sequence[str] = (),
    model: str,
    date: str,
    corpus: str = "",
) -> BatchJob:
    """Return a job of any stage.

    :param args: the arguments of the original's script besides ``--model``
    :param own: the arguments that only this repository's script accepts
    """
    launcher, spec = settings.launcher, STAGES[stage]
    if stage is not Stage.EMAIL:
        args = ["--model", check_name("model", model), *args]
    if launcher.image == "own":
        args = [*args, *own]
    kind = resource_class(settings, config, stage, model)
    target = settings.batch.targets[kind]
    tags = {"purpose": spec.purpose, "model": model, "corpus": corpus, "round": date}
    return BatchJob(
        stage=stage,
        name=_name(settings, stage, model, corpus, date),
        queue=target.queue,
        definition=target.definition,
        command=launch_command(launcher.argv, script=spec.script, purpose=spec.purpose, args=args),
        tags={key: _tag(value) for key, value in tags.items() if value},
        timeout_seconds=settings.batch.timeout_seconds[stage],
        attempts=settings.batch.attempts[stage],
        larger=_larger(settings, kind),
    )


def _larger(settings: Settings, kind: ResourceClass) -> BatchTarget | None:
    # A mail job has no larger class: no other role may send mail.
    targets = settings.batch.targets
    if kind is not ResourceClass.NORMAL or targets[ResourceClass.LARGE] == targets[kind]:
        return None
    return targets[ResourceClass.LARGE]


def _name(settings: Settings, stage: Stage, model: str, corpus: str, date: str) -> str:
    spec = STAGES[stage]
    if settings.launcher.image == "existing" and spec.named_by_moment:
        date = parse_round(date).strftime("%Y%m%d_%H%M%S")
    return batch_name(spec.job_name.format(model=model, corpus=corpus, date=date))


def update_names(model: str) -> str:
    """Return the prefix of the names of all update jobs of a model, and maybe of other jobs."""
    every_day = STAGES[Stage.MODEL_UPDATE].job_name.format(model=model, date="")
    return _fit(every_day)[:_KEPT]


def batch_name(text: str) -> str:
    """Turn a text into a valid Batch job name: letters, digits, dash and underscore.

    Different texts have different names: a changed one gets a digest of the text.
    """
    name = _fit(text)
    if name == text and len(name) <= MAX_NAME:
        return name
    digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGEST]
    return f"{name[:_KEPT]}-{digest}"


def _fit(text: str) -> str:
    name = re.sub(r"[^A-Za-z0-9_-]", "-", text)
    return name if name[:1].isalnum() else f"j{name}"


def _check_is_recent(until: str, model_date: str) -> None:
    # A day of tolerance, because an evening's plan may be repeated after midnight.
    if parse_day(until) < parse_round(model_date).date() - timedelta(days=1):
        raise InputError(
            f"the existing image cannot read literature up to {until}: its run_model_update.py"
            ' reads up to the present day alone. Backfill with launcher.image = "own"'
        )


def _tag(text: str) -> str:
    # AWS allows letters, digits, spaces and _.:/=+-@ in tag values, 256 at most.
    return re.sub(r"[^\w .:/=+\-@]", "_", text)[:256]
