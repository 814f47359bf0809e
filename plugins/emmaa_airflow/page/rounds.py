"""From a DAG run to the round of a model that it made."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from emmaa_cycle.dates import ROUND_PATTERN
from emmaa_cycle.overview.model import ModelRow
from emmaa_cycle.uploads import DAG_IDS

#: Run ids of uploads (:attr:`emmaa_cycle.uploads.Upload.run_id`).
_UPLOAD_RUN = re.compile(rf"upload__(?P<model>.+)__(?P<date>{ROUND_PATTERN})__[0-9a-f]{{16}}")


@dataclass(frozen=True)
class RoundOfRun:
    """A model's row, looked at from one of its runs.

    :param date: the ``<dt>`` of the run's round
    :param is_newest: whether the row's figures are those of that round
    """

    row: ModelRow
    date: str
    is_newest: bool


def round_row(rows: Sequence[ModelRow], dag_id: str, run_id: str) -> RoundOfRun | None:
    """Return the row of the model whose round a run made; None if it made none.

    Runs that a person started are known by their stages' objects, those of uploads by their ids.
    """
    if dag_id not in DAG_IDS.values():
        return None
    for row in rows:
        for stage in row.stages:
            if (stage.dag_id, stage.run_id) == (dag_id, run_id) and stage.date:
                return RoundOfRun(row, stage.date, stage.date == row.round)
    uploaded = _UPLOAD_RUN.fullmatch(run_id)
    if not uploaded:
        return None
    for row in rows:
        if re.sub(r"[^A-Za-z0-9_.~-]", "_", row.model).replace("..", "__") == uploaded["model"]:
            return RoundOfRun(row, uploaded["date"], uploaded["date"] == row.round)
    return None
