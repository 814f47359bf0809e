"""The cost of a model: hours of processors and memory, and dollars, by stage.

From the finished jobs in the overview (docs/reference/overview.md), the resources of their job
definitions, and the settings' prices.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from emmaa_cycle.overview.part import Spent
from emmaa_cycle.resources import BATCH_TARGETS, JOB_DEFINITIONS, BatchTarget, ResourceClass
from emmaa_cycle.settings_sections import Cost as Prices
from emmaa_cycle.stages import Stage

#: The days of the longer period, today included.
DAYS = 30


@dataclass(frozen=True)
class Cost:
    """The cost of some jobs.

    :param hours: how long they ran
    :param unknown_hours: those of jobs whose definition is unknown, which have no further figures
    """

    jobs: int = 0
    hours: float = 0.0
    vcpu_hours: float = 0.0
    gb_hours: float = 0.0
    dollars: float = 0.0
    unknown_hours: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.jobs + other.jobs,
            self.hours + other.hours,
            self.vcpu_hours + other.vcpu_hours,
            self.gb_hours + other.gb_hours,
            self.dollars + other.dollars,
            self.unknown_hours + other.unknown_hours,
        )


@dataclass(frozen=True)
class ModelCost:
    """The cost of a model.

    :param today: of the rounds of this day (UTC)
    :param month: of the rounds of the last :data:`DAYS` days
    :param stages: both by stage, in the order of the cycle
    """

    model: str
    title: str
    today: Cost = Cost()
    month: Cost = Cost()
    stages: Mapping[str, tuple[Cost, Cost]] = field(default_factory=dict)

    @property
    def dearest(self) -> str:
        """The stage with the highest cost in the longer period; empty without jobs."""
        stages = [stage for stage, (_, month) in self.stages.items() if month.jobs]
        return max(stages, key=lambda stage: self.stages[stage][1].dollars, default="")

    def by_stage(self) -> list[ModelCost]:
        """Return the cost of each stage, in the form of a model's."""
        return [
            ModelCost(self.model, stage, now, month)
            for stage, (now, month) in self.stages.items()
            if month.jobs
        ]


class Rates:
    """The resources of job definitions, and their price.

    :param targets: the settings' job definitions; those of a class have the class' resources
    """

    def __init__(
        self, prices: Prices, targets: Mapping[ResourceClass, BatchTarget] = BATCH_TARGETS
    ) -> None:
        self._prices = prices
        known = {each.name: (each.vcpus, each.memory_mib / 1024) for each in JOB_DEFINITIONS}
        named = {
            target.definition: known[BATCH_TARGETS[kind].definition]
            for kind, target in targets.items()
        }
        self._resources = {**known, **named}

    def cost(self, definition: str, seconds: float) -> Cost:
        """Return the cost of one job."""
        hours = seconds / 3600
        if definition not in self._resources:
            return Cost(1, hours, unknown_hours=hours)
        vcpus, gb = self._resources[definition]
        dollars = vcpus * hours * self._prices.vcpu_hour + gb * hours * self._prices.gb_hour
        return Cost(1, hours, vcpus * hours, gb * hours, dollars)


def model_cost(
    model: str, title: str, spent: Mapping[str, Spent], rates: Rates, today: date
) -> ModelCost:
    """Return what a model costs.

    :param spent: seconds of its jobs by :attr:`Part.scope`, job definition and round
    """
    first = (today - timedelta(days=DAYS - 1)).isoformat()
    day, last = today.isoformat(), (today + timedelta(days=1)).isoformat()
    stages: dict[str, tuple[Cost, Cost]] = {}
    for scope, by_definition in spent.items():
        now, month = stages.get(stage_of(scope), (Cost(), Cost()))
        for definition, rounds in by_definition.items():
            for round_date, seconds in rounds.items():
                if first <= round_date < last:
                    cost = rates.cost(definition, seconds)
                    month += cost
                    now += cost if round_date >= day else Cost()
        stages[stage_of(scope)] = (now, month)
    ordered = {str(stage): stages[stage] for stage in Stage if stage in stages}
    return ModelCost(
        model,
        title,
        total(now for now, _ in ordered.values()),
        total(month for _, month in ordered.values()),
        ordered,
    )


def total(costs: Iterable[Cost]) -> Cost:
    """Return the sum."""
    return sum(costs, Cost())


def stage_of(scope: str) -> str:
    """Return the stage of a part, whose corpus may have any name."""
    stages = (stage for stage in Stage if scope == stage or scope.startswith(f"{stage}_"))
    return next(stages, scope)
