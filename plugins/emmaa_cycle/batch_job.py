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
from emmaa_cycle.stages import STAGES, Stage, StageSpec

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


#: For jobs that depend on no config.
_NO_CONFIG = ModelConfig(search_terms=[])


@dataclass(frozen=True)
class RoundJobs:
    """Makes the jobs of one round of a model.

    :param model: the model's name; empty for a stage that is about all of them
    :param date: the round's ``<dt>``; for an update, that of the new state of the model. It is
        fixed here, so that a second attempt writes the same keys and starts no second run
    """

    settings: Settings
    model: str
    date: str
    config: ModelConfig = _NO_CONFIG

    def job(
        self,
        stage: Stage,
        corpus: str = "",
        *,
        flags: Sequence[str] = (),
        own: Sequence[str] = (),
    ) -> BatchJob:
        """Return a stage's job.

        :param corpus: the test corpus, for stages that run once a corpus
        :param flags: arguments of the original's script besides those of :class:`StageSpec`
        :param own: arguments that only this repository's script accepts, besides ``--date-str``
        """
        launcher, spec = self.settings.launcher, STAGES[stage]
        kind = self.resource_class(stage)
        target = self.settings.batch.targets[kind]
        tags = {
            "purpose": spec.purpose, "model": self.model, "corpus": corpus, "round": self.date
        }  # fmt: skip
        return BatchJob(
            stage=stage,
            name=self._name(spec, corpus),
            queue=target.queue,
            definition=target.definition,
            command=launch_command(
                launcher.argv,
                script=spec.script,
                purpose=spec.purpose,
                args=self._arguments(spec, corpus, flags, own),
            ),
            tags={key: _tag(value) for key, value in tags.items() if value},
            timeout_seconds=self.settings.batch.timeout_seconds[stage],
            attempts=self.settings.batch.attempts[stage],
            larger=_larger(self.settings, kind),
        )

    def model_update(self, until: str | None = None) -> BatchJob:
        """Return the job that reads a model's literature.

        :param until: the last day of literature to read; today if None
        :raises InputError: if the existing image would have to read a past day.
        """
        if until and self.settings.launcher.image == "existing":
            _check_is_recent(until, self.date)
        job = self.job(Stage.MODEL_UPDATE, own=["--until", until] if until else [])
        return replace(job, exclusive=True, siblings=update_names(self.model))

    def mm_update(self, model_date: str | None = None, *, exclusive: bool = False) -> BatchJob:
        """Return the job that assembles a model into a manager.

        :param model_date: the ``<dt>`` of the model to assemble; the latest if None
        :param exclusive: whether the run has chosen the round's date, and not the model's upload
        """
        own = ["--model-date", model_date] if model_date else []
        return replace(self.job(Stage.MM_UPDATE, own=own), exclusive=exclusive)

    def notification(self, corpora: Sequence[str]) -> BatchJob:
        """Return the job that notifies the model's subscribers of a round's news.

        :param corpora: the test corpora that have statistics; may be empty
        """
        checked = [check_name("test corpus", corpus) for corpus in corpora]
        of_corpora = ["--test_corpora", *checked] if checked else []
        return self.job(Stage.NOTIFICATION, flags=[*of_corpora, "--date", day_of(self.date)])

    def resource_class(self, stage: Stage) -> ResourceClass:
        """Return the class of a job: from the model's config, or else from the settings."""
        if STAGES[stage].sends_mail:
            return ResourceClass.MAIL  # the only role that may send mail
        if stage in self.config.batch.resource_class:
            return self.config.batch.resource_class[stage]
        if self.model in self.settings.batch.large_models.get(stage, frozenset()):
            return ResourceClass.LARGE
        return ResourceClass.NORMAL

    def _arguments(
        self, spec: StageSpec, corpus: str, flags: Sequence[str], own: Sequence[str]
    ) -> list[str]:
        if spec.per_corpus:
            check_name("test corpus", corpus)
        arguments = [corpus if flag == "{corpus}" else flag for flag in (*spec.flags, *flags)]
        if not spec.per_model:
            return arguments
        dated = ["--date-str", self.date, *own] if self.settings.launcher.image == "own" else []
        return ["--model", check_name("model", self.model), *arguments, *dated]

    def _name(self, spec: StageSpec, corpus: str) -> str:
        date = self.date
        if self.settings.launcher.image == "existing" and spec.named_by_moment:
            date = parse_round(date).strftime("%Y%m%d_%H%M%S")
        return batch_name(spec.job_name.format(model=self.model, corpus=corpus, date=date))


def _larger(settings: Settings, kind: ResourceClass) -> BatchTarget | None:
    # A mail job has no larger class: no other role may send mail.
    targets = settings.batch.targets
    if kind is not ResourceClass.NORMAL or targets[ResourceClass.LARGE] == targets[kind]:
        return None
    return targets[ResourceClass.LARGE]


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
