"""What is submitted to Batch: name, queue, definition and command of each stage's job."""

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
#: So much is kept of a name that has to be changed.
_KEPT = MAX_NAME - _DIGEST - 1


@dataclass(frozen=True)
class BatchJob:
    """A job, ready to be submitted but for the run's own environment and name suffix.

    :param name: the job's name, fit for Batch, without the unique suffix
    :param command: the container's argv
    :param tags: what people search jobs by
    :param timeout_seconds: of one attempt; the job definition's if None
    :param attempts: how often Batch tries it, where its retry rules say so; the job
        definition's retry strategy if None
    :param larger: where it goes once more when its memory was too small, if anywhere
    :param exclusive: whether it names what it makes by a date that its run has chosen, so that
        no other run may have a job of the same name at work
    :param siblings: the beginning of the names of jobs of which one at a time may be in flight:
        those that add to what the one before has made. Empty for all others
    :param config_version: the version of the model's config that it is planned with; empty if it
        reads the present one, or none
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
        """The form in which it passes between Airflow tasks."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> BatchJob:
        """Read what :meth:`to_json` wrote."""
        larger = BatchTarget(**document["larger"]) if document.get("larger") else None
        return cls(**{**document, "stage": Stage(document["stage"]), "larger": larger})

    def on_larger_class(self) -> BatchJob | None:
        """The same job where it has more memory; None if it is there already."""
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
    """Read the model's literature.

    :param model_date: the ``<dt>`` of the new state of the model. It is fixed here, so that a
        second attempt writes the same key and starts nothing twice
    :param until: the last day of literature to read; today if None
    :raises InputError: if the existing image is asked to read a day of the past.
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
    """Assemble the model into a manager.

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
    """Make the model statistics of a round."""
    args = ["--stats_mode", "model"]
    return _round_job(settings, config, Stage.MODEL_STATS, args, model, round_date)


def corpus_tests_job(
    settings: Settings, config: ModelConfig, model: str, corpus: str, round_date: str
) -> BatchJob:
    """Test a round's manager against one corpus."""
    args = ["--tests", check_name("test corpus", corpus)]
    return _round_job(settings, config, Stage.TESTS, args, model, round_date, corpus)


def corpus_stats_job(
    settings: Settings, config: ModelConfig, model: str, corpus: str, round_date: str
) -> BatchJob:
    """Make one corpus' statistics of a round."""
    args = ["--stats_mode", "tests", "--tests", check_name("test corpus", corpus)]
    return _round_job(settings, config, Stage.TEST_STATS, args, model, round_date, corpus)


def queries_job(settings: Settings, config: ModelConfig, model: str, round_date: str) -> BatchJob:
    """Answer the model's subscribed queries with a round's manager."""
    return _round_job(settings, config, Stage.QUERIES, [], model, round_date)


def model_to_tests_job(
    settings: Settings, config: ModelConfig, model: str, round_date: str
) -> BatchJob:
    """Make a test corpus of a round's statements."""
    return _round_job(settings, config, Stage.MODEL_TO_TESTS, [], model, round_date)


def notification_job(
    settings: Settings, model: str, corpora: Sequence[str], round_date: str
) -> BatchJob:
    """Tell the model's subscribers what a round changed.

    :param corpora: the test corpora whose statistics are there; may be none
    """
    checked = [check_name("test corpus", corpus) for corpus in corpora]
    args = [*(["--test_corpora", *checked] if checked else []), "--date", day_of(round_date)]
    return _round_job(settings, None, Stage.NOTIFICATION, args, model, round_date)


def email_job(settings: Settings, *, stamp: str) -> BatchJob:
    """Mail all users the news of their queries.

    :param stamp: the run's moment, ``<dt>``, for the job's name
    """
    return _job(settings, None, Stage.EMAIL, model="", date=stamp)


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


def _round_job(
    settings: Settings,
    config: ModelConfig | None,
    stage: Stage,
    args: list[str],
    model: str,
    round_date: str,
    corpus: str = "",
) -> BatchJob:
    """A job about a round that is there."""
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
    """A job of any stage.

    :param args: what the original's script knows beside ``--model``
    :param own: what only this repository's script knows
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
    """Return what the names of all update jobs of a model begin with, and maybe of others."""
    every_day = STAGES[Stage.MODEL_UPDATE].job_name.format(model=model, date="")
    return _fit(every_day)[:_KEPT]


def batch_name(text: str) -> str:
    """Make a text fit to be a Batch job name: letters, digits, dash and underscore.

    Two texts have two names: one that had to be changed gets a digest of the text.
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
    # A day of tolerance: the plan of an evening may be made again after midnight.
    if parse_day(until) < parse_round(model_date).date() - timedelta(days=1):
        raise InputError(
            f"the existing image cannot read literature up to {until}: its run_model_update.py"
            ' reads up to the present day alone. Backfill with launcher.image = "own"'
        )


def _tag(text: str) -> str:
    # AWS allows letters, digits, spaces and _.:/=+-@ in tag values, 256 at most.
    return re.sub(r"[^\w .:/=+\-@]", "_", text)[:256]
