"""What a run submits: from a model's config, the settings and what was asked for.

Pure: whatever has to be read from the bucket is read by the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from emmaa_cycle import batch_job
from emmaa_cycle.batch_job import BatchJob
from emmaa_cycle.dates import format_round, parse_round
from emmaa_cycle.model_config import ModelConfig
from emmaa_cycle.origin import Origin
from emmaa_cycle.settings import Settings
from emmaa_cycle.stages import Stage


@dataclass(frozen=True)
class Plan:
    """Jobs to submit, or the reasons why not.

    :param notify: whether subscribers may hear of what the jobs make
    :param jobs: the job of each stage that runs
    :param skipped: the reason of each stage that does not
    :param corpus: the test corpus that all the jobs are about, if there is one
    :param cause: DAG and run that made what the jobs work on, if a run made it
    """

    model: str
    notify: bool
    jobs: Mapping[Stage, BatchJob] = field(default_factory=dict)
    skipped: Mapping[Stage, str] = field(default_factory=dict)
    corpus: str = ""
    cause: tuple[str, str] | None = None

    @property
    def label(self) -> str:
        """What tells this plan from its siblings, for people."""
        return self.corpus or self.model

    def to_json(self) -> dict[str, Any]:
        """The form in which it passes between Airflow tasks."""
        return {
            "model": self.model,
            "corpus": self.corpus,
            "notify": self.notify,
            "jobs": {str(stage): job.to_json() for stage, job in self.jobs.items()},
            "skipped": {str(stage): reason for stage, reason in self.skipped.items()},
            "cause": list(self.cause) if self.cause else None,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Plan:
        """Read what :meth:`to_json` wrote."""
        jobs = {Stage(stage): BatchJob.from_json(job) for stage, job in document["jobs"].items()}
        skipped = {Stage(stage): reason for stage, reason in document["skipped"].items()}
        cause = document.get("cause")
        return cls(
            document["model"],
            document["notify"],
            jobs,
            skipped,
            document["corpus"],
            (cause[0], cause[1]) if cause else None,
        )

    def with_config(self, version: str) -> Plan:
        """Return the same plan, whose jobs read a certain version of the model's config."""
        jobs = {stage: replace(job, config_version=version) for stage, job in self.jobs.items()}
        return replace(self, jobs=jobs)

    def caused_by(self, origin: Origin | None) -> Plan:
        """The same plan, with the run that made what it works on."""
        if origin is None or not origin.run_id:
            return self
        return replace(self, cause=(origin.dag_id, origin.run_id))


def new_round(
    moment: datetime, taken: Callable[[str], bool], *, uploaded: str | None = None
) -> str:
    """The ``<dt>`` of the round that a run begins.

    A run that was started by the upload of a model takes that model's own date: rounds then
    follow each other as the models do, in whatever order the events arrive, two uploads of one
    second are two rounds, and a repeated run repeats its round. Any other run begins a round of
    its own, at the first second from its moment on that no other run has taken.

    :param moment: the run's moment, the same in every attempt
    :param taken: whether a round of this ``<dt>`` exists that another run has made
    :param uploaded: the ``<dt>`` of the model whose upload started the run
    """
    if uploaded:
        parse_round(uploaded)
        return uploaded
    while taken(format_round(moment)):
        moment += timedelta(seconds=1)
    return format_round(moment)


def mm_update_plan(
    settings: Settings,
    config: ModelConfig,
    model: str,
    *,
    round_date: str,
    model_date: str,
    notify: bool,
    uploaded: bool = False,
) -> Plan:
    """Assemble one state of the model into a manager.

    :param round_date: the ``<dt>`` of the round that this begins
    :param model_date: the ``<dt>`` of the state of the model
    :param uploaded: whether the upload of that state has started the run, and named the round
    """
    job = batch_job.mm_update_job(
        settings,
        config,
        model,
        round_date=round_date,
        model_date=model_date,
        exclusive=not uploaded,
    )
    return Plan(model, notify, {Stage.MM_UPDATE: job})


def email_plan(settings: Settings, *, run_moment: datetime) -> Plan:
    """The mail to all users about their queries."""
    job = batch_job.email_job(settings, stamp=format_round(run_moment))
    return Plan("", True, {Stage.EMAIL: job})
