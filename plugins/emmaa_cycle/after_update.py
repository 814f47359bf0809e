"""The plan that follows a new model manager: statistics, tests, queries and notifications."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from emmaa_cycle.batch_job import RoundJobs
from emmaa_cycle.errors import InputError
from emmaa_cycle.model_config import ModelConfig
from emmaa_cycle.origin import Origin
from emmaa_cycle.plan import Plan, unset_field
from emmaa_cycle.quality_rules import QualityRules
from emmaa_cycle.settings import Settings
from emmaa_cycle.stages import AFTER_UPDATE_STAGES, STAGES, Stage
from emmaa_cycle.suggestions import did_you_mean, listed

_CORPUS_STAGES = tuple(stage for stage in AFTER_UPDATE_STAGES if STAGES[stage].per_corpus)
NOT_CHOSEN = "the run's stages do not include it"


@dataclass(frozen=True)
class AfterUpdatePlan:
    """The plan of all jobs after a new model manager.

    :param round_date: the manager's ``<dt>``
    :param plan: the jobs about the model itself
    :param corpora: one plan for each test corpus
    :param quality: the model's rules of the gate
    """

    round_date: str
    plan: Plan
    corpora: tuple[Plan, ...]
    quality: QualityRules = field(default_factory=QualityRules)

    @property
    def may_be_held(self) -> bool:
        """Return whether people would be notified of the round, at once only of a good one."""
        return self.quality.hold and Stage.NOTIFICATION not in self.plan.skipped

    def to_json(self) -> dict[str, Any]:
        """Return the plan as JSON, to pass it between Airflow tasks."""
        return {
            "round_date": self.round_date,
            "plan": self.plan.to_json(),
            "corpora": [plan.to_json() for plan in self.corpora],
            "quality": self.quality.model_dump(),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> AfterUpdatePlan:
        """Read the output of :meth:`to_json`."""
        corpora = tuple(Plan.from_json(plan) for plan in document["corpora"])
        # A run that was planned before an upgrade has no rules.
        quality = QualityRules.model_validate(document.get("quality") or {})
        return cls(document["round_date"], Plan.from_json(document["plan"]), corpora, quality)

    def caused_by(self, origin: Origin | None) -> AfterUpdatePlan:
        """Return the same plan with the origin of the object that it works on."""
        corpora = tuple(plan.caused_by(origin) for plan in self.corpora)
        return replace(self, plan=self.plan.caused_by(origin), corpora=corpora)


def after_update_plan(
    jobs: RoundJobs,
    *,
    corpora: Sequence[str] = (),
    stages: Iterable[str] = (),
    notify: bool = True,
) -> AfterUpdatePlan:
    """Plan all jobs after a new manager, or the requested part of them.

    :param corpora: some of the config's test corpora; all of them if empty
    :param stages: some of :data:`AFTER_UPDATE_STAGES`; all of them if empty
    :raises InputError: if the model does not have a stage or a corpus; the message names it.
    """
    chosen = _chosen_stages(stages)
    skipped = _skipped_stages(jobs.config, chosen, notify)
    # The notification is planned when it is known which corpora have statistics.
    of_model = {
        stage: jobs.job(stage)
        for stage in AFTER_UPDATE_STAGES
        if stage not in (*skipped, *_CORPUS_STAGES, Stage.NOTIFICATION)
    }
    plans = tuple(
        _corpus_plan(jobs, corpus, chosen, notify)
        for corpus in _chosen_corpora(jobs.config, jobs.model, corpora)
    )
    quality = jobs.config.quality_rules(jobs.settings.quality)
    return AfterUpdatePlan(jobs.date, Plan(jobs.model, notify, of_model, skipped), plans, quality)


def _corpus_plan(jobs: RoundJobs, corpus: str, chosen: Collection[Stage], notify: bool) -> Plan:
    """Return the plan of a corpus; one whose name the launcher cannot pass costs itself."""
    skipped = {stage: NOT_CHOSEN for stage in _CORPUS_STAGES if stage not in chosen}
    try:
        planned = {stage: jobs.job(stage, corpus) for stage in _CORPUS_STAGES if stage in chosen}
    except InputError as error:
        planned, skipped = {}, {**dict.fromkeys(_CORPUS_STAGES, str(error)), **skipped}
    return Plan(jobs.model, notify, planned, skipped, corpus)


def notification_plan(
    settings: Settings, plan: Plan, corpora: Sequence[str], round_date: str
) -> Plan:
    """Return the notification of a round, for the corpora that have statistics."""
    if not corpora and settings.launcher.image == "existing":
        reason = "no test corpus has statistics, and the existing image cannot notify without one"
        return Plan(plan.model, plan.notify, {}, {Stage.NOTIFICATION: reason}, cause=plan.cause)
    job = RoundJobs(settings, plan.model, round_date).notification(corpora)
    return Plan(plan.model, plan.notify, {Stage.NOTIFICATION: job}, cause=plan.cause)


def _chosen_stages(stages: Iterable[str]) -> Collection[Stage]:
    names = list(stages)
    unknown = [name for name in names if name not in AFTER_UPDATE_STAGES]
    if unknown:
        known = ", ".join(AFTER_UPDATE_STAGES)
        raise InputError(f"{', '.join(unknown)}: not a stage after an update; there are {known}")
    return [Stage(name) for name in names] or AFTER_UPDATE_STAGES


def _skipped_stages(
    config: ModelConfig, chosen: Collection[Stage], notify: bool
) -> dict[Stage, str]:
    skipped = {} if notify else {Stage.NOTIFICATION: "notify is false for this round"}
    unset = {stage: unset_field(config, stage) for stage in AFTER_UPDATE_STAGES}
    skipped |= {stage: reason for stage, reason in unset.items() if reason}
    return skipped | {stage: NOT_CHOSEN for stage in AFTER_UPDATE_STAGES if stage not in chosen}


def _chosen_corpora(config: ModelConfig, model: str, corpora: Sequence[str]) -> Sequence[str]:
    own = config.test.test_corpus
    foreign = [corpus for corpus in corpora if corpus not in own]
    if foreign:
        raise InputError(
            f"model {model!r} has no test corpus {', '.join(foreign)}"
            f"{did_you_mean(foreign[0], own) or ';'} its config.json lists {listed(own)}"
            " (field test.test_corpus)"
        )
    return [corpus for corpus in own if corpus in corpora] if corpora else own
