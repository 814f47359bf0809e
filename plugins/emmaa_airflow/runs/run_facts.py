"""The facts about a DAG run that the rules use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class RunFacts:
    """The part of a DAG run that planning and the deadline use.

    :param moment: ``run_after``, the same in every attempt; REST-made runs have nothing else
    :param logical_date: None for runs that were made by hand, by an upload or by another run
    """

    run_id: str
    moment: datetime
    logical_date: datetime | None = None
    is_backfill: bool = False

    @classmethod
    def of(cls, dag_run: Any) -> RunFacts:
        """Read a task's ``dag_run``."""
        return cls(
            dag_run.run_id,
            dag_run.run_after,
            dag_run.logical_date,
            dag_run.run_type == "backfill",
        )
