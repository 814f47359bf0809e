"""The rules of the gate, of the deployment and of one model."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool

Percent = Annotated[float, Field(ge=0, le=100)]
Days = Annotated[float, Field(ge=0, le=3650)]
#: A week at most: a held round keeps its run active.
Hours = Annotated[float, Field(gt=0, le=168)]


class QualityRules(BaseModel):
    """Limits that a good round keeps, and the consequence of breaking one.

    :param lost_percent: a round may lose this share of the earlier round's statements, in percent
    :param pass_rate_points: a corpus' pass rate may fall by so many percentage points
    :param days_without_papers: a model may go without a new paper for so many days; no limit if 0
    :param hold: whether mails and tweets of a bad round wait for a person's approval
    :param hold_hours: how long they wait; then they are not sent
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    lost_percent: Percent = 20
    pass_rate_points: Percent = 10
    days_without_papers: Days = 14
    hold: bool = False
    hold_hours: Hours = 24


class QualitySection(BaseModel):
    """The section ``quality`` of a model's config, over the deployment's settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lost_percent: Percent | None = None
    pass_rate_points: Percent | None = None
    days_without_papers: Days | None = None
    hold: StrictBool | None = None
    hold_hours: Hours | None = None

    def over(self, rules: QualityRules, *, reads_papers: bool) -> QualityRules:
        """Return a model's rules.

        :param rules: the deployment's
        :param reads_papers: whether the model reads literature; if not, it lacks no papers
        """
        own = self.model_dump(exclude_none=True)
        if not reads_papers:
            own["days_without_papers"] = 0
        return rules.model_copy(update=own)
