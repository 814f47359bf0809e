"""The state of a round at the gate, kept in the bucket where mails are made.

Only rounds of models with ``hold`` have one. The mails about a round's answers go out if it has
none, or if its state says so.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from emmaa_cycle.errors import InputError
from emmaa_cycle.overview.figures import Line, RoundDate
from emmaa_cycle.s3_layout import quality_key
from emmaa_cycle.validation import described

#: No longer object is read.
MAX_BYTES = 256 * 1024


class ReleaseState(StrEnum):
    """The place of a round: on its way to the gate, waiting there, or past it."""

    UNCHECKED = "unchecked"
    PASSED = "passed"
    HELD = "held"
    APPROVED = "approved"
    REJECTED = "rejected"
    UNANSWERED = "unanswered"

    @property
    def is_released(self) -> bool:
        """Return whether people may read of the round."""
        return self in (ReleaseState.PASSED, ReleaseState.APPROVED)


class RoundRelease(BaseModel):
    """The gate's decision about one round.

    :param date: the round's ``<dt>``
    :param findings: the limits that the round breaks
    :param by: the person who approved or rejected it; empty otherwise
    :param dag_id: the DAG whose run holds it
    :param run_id: that run
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    format: Literal[1] = 1
    model: str
    date: RoundDate
    state: ReleaseState
    findings: tuple[Line, ...] = ()
    by: Line = ""
    dag_id: Line = ""
    run_id: Line = ""

    @property
    def key(self) -> str:
        """The S3 key of the object."""
        return quality_key(self.model, self.date)

    def answered(self, state: ReleaseState, by: str = "") -> RoundRelease:
        """Return the round with what a person decided, or with nobody's decision."""
        return RoundRelease(**{**self.model_dump(), "state": state, "by": by})

    def to_text(self) -> str:
        """Return it as JSON."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False)


def parse_release(content: bytes | str) -> RoundRelease:
    """Read what :meth:`RoundRelease.to_text` wrote.

    :raises InputError: if it is something else, naming the faults but not the object.
    """
    try:
        return RoundRelease.model_validate_json(content)
    except ValidationError as error:
        raise InputError(f"no state of a round: {described(error)}") from None
