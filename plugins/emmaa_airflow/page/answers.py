"""The JSON of the page's API, for OpenAPI."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from emmaa_cycle.overview.query_answers import QueryAnswers
from emmaa_cycle.quality.release import RoundRelease


class ModelsAnswer(BaseModel):
    """Models, and how fresh that is."""

    models: list[dict[str, Any]] = Field(description="one row a model (docs/page.md)")
    total: int = Field(description="models that are wanted, on all pages")
    counts: dict[str, int] = Field(description="models in each state")
    age_seconds: int = Field(description="since the bucket was listed")
    unread: int = Field(description="models that were not looked at yet")
    refreshing: bool = Field(description="whether newer figures are being read")
    fault: str = Field(description="why the bucket could not be read last time, or empty")


class ChangesAnswer(BaseModel):
    """The changes between two rounds of a model."""

    model: str
    date: str = Field(description="the later round's <dt>")
    before: str = Field(description="the earlier round's <dt>; empty if there is none")
    rounds: list[str] = Field(description="all rounds that can be compared, the newest first")
    statements: dict[str, list[dict[str, Any]]] = Field(description="added and removed ones")
    corpora: list[dict[str, Any]] = Field(description="tests of each corpus")
    charts: list[dict[str, Any]] = Field(description="figures of all rounds up to the later one")
    faults: list[str] = Field(description="objects that cannot be read, and why")
    gate: RoundRelease | None = Field(description="the gate's state of the later round (gate.md)")
    answers: QueryAnswers | None = Field(description="its answers to registered queries")


class CostAnswer(BaseModel):
    """The cost of all models: an estimate, from the seconds that finished jobs ran."""

    models: list[dict[str, Any]] = Field(
        description="each with today, month and, by stage, both of them"
    )
    days: int = Field(description="the days of month, today included")
    vcpu_hour: float = Field(description="dollars for a vCPU and an hour, by the settings")
    gb_hour: float = Field(description="dollars for a GB of memory and an hour")


class RoundAnswer(BaseModel):
    """The model of a round."""

    model: dict[str, Any] = Field(description="the model's row, of its newest round")
    date: str = Field(description="the round's <dt>")
    is_newest: bool = Field(description="whether the row is of this round")
