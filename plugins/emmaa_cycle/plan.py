"""The plan of a run: its jobs, from a model's config, the settings and the request.

All functions are pure: the caller reads the bucket.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from emmaa_cycle.batch_job import BatchJob, RoundJobs
from emmaa_cycle.dates import format_round, parse_round
from emmaa_cycle.model_config import ModelConfig
from emmaa_cycle.origin import Origin
from emmaa_cycle.settings import Settings
from emmaa_cycle.stages import STAGES, Stage


@dataclass(frozen=True)
class Plan:
    """Jobs to submit, or the reasons why not.

    :param notify: whether subscribers may be notified of the jobs' results
    :param jobs: the job of each stage that runs
    :param skipped: the reason of each stage that does not
    :param corpus: the test corpus that all the jobs are about, if there is one
    :param cause: DAG and run that made the jobs' input, if a run made it
    """

    model: str
    notify: bool
    jobs: Mapping[Stage, BatchJob] = field(default_factory=dict)
    skipped: Mapping[Stage, str] = field(default_factory=dict)
    corpus: str = ""
    cause: tuple[str, str] | None = None

    @property
    def label(self) -> str:
        """The label that distinguishes this plan from its siblings in the UI."""
        return self.corpus or self.model

    def to_json(self) -> dict[str, Any]:
        """Return the plan as JSON, to pass it between Airflow tasks."""
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
        """Read the output of :meth:`to_json`."""
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
        """Return the same plan with the version of the model's config that its jobs read."""
        jobs = {stage: replace(job, config_version=version) for stage, job in self.jobs.items()}
        return replace(self, jobs=jobs)

    def caused_by(self, origin: Origin | None) -> Plan:
        """Return the same plan with the origin of the object that it works on."""
        if origin is None or not origin.run_id:
            return self
        return replace(self, cause=(origin.dag_id, origin.run_id))


def new_round(
    moment: datetime, taken: Callable[[str], bool], *, uploaded: str | None = None
) -> str:
    """Return the ``<dt>`` of the round that a run begins.

    A run that was started by the upload of a model takes the date of that model. So rounds have
    the order of the models, whatever the order of events; two uploads of one second are two
    rounds; and a repeated run repeats its round. Any other run begins a new round, at the first
    second since the run's time that no other run has taken.

    :param moment: the time of the run, the same in every attempt
    :param taken: returns whether another run has made a round of this ``<dt>``
    :param uploaded: the ``<dt>`` of the model whose upload started the run
    """
    if uploaded:
        parse_round(uploaded)
        return uploaded
    while taken(format_round(moment)):
        moment += timedelta(seconds=1)
    return format_round(moment)


def unset_field(config: ModelConfig, stage: Stage) -> str:
    """Return why a model's config excludes a stage; empty if it does not."""
    field = STAGES[stage].config_field
    unset = bool(field) and not getattr(config, field)
    return f"{field} is not set in the model's config.json" if unset else ""


def mm_update_plan(
    jobs: RoundJobs, *, model_date: str, notify: bool, uploaded: bool = False
) -> Plan:
    """Plan the assembly of one state of the model into a manager, which begins a round.

    :param model_date: the ``<dt>`` of the state of the model
    :param uploaded: whether the upload of that state started the run, so that it names the round
    """
    job = jobs.mm_update(model_date, exclusive=not uploaded)
    return Plan(jobs.model, notify, {Stage.MM_UPDATE: job})


def email_plan(settings: Settings, *, run_moment: datetime) -> Plan:
    """Return the plan of the mail to all users about their queries."""
    job = RoundJobs(settings, "", format_round(run_moment)).job(Stage.EMAIL)
    return Plan("", True, {Stage.EMAIL: job})
