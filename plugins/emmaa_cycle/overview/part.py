"""One part of a model's overview: what one stage did in its newest round."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from emmaa_cycle.dates import ROUND_PATTERN
from emmaa_cycle.errors import InputError
from emmaa_cycle.overview.figures import MAX_POINTS, Figures, Line, RoundDate, Section
from emmaa_cycle.s3_layout import overview_key
from emmaa_cycle.stages import Stage
from emmaa_cycle.validation import described

FORMAT = 1
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
#: A part has about 2 KB; one that is much larger was written by nobody of the cycle.
MAX_BYTES = 64 * 1024


class JobRun(Section):
    """One finished job, for the cost of a model.

    :param date: the round that it worked on
    :param seconds: how long its process ran
    :param definition: the name of its Batch job definition; empty if it ran outside of Batch
    """

    date: RoundDate
    seconds: Seconds
    definition: Line = ""


#: Seconds that jobs ran, by the name of their job definition and the round's ``<dt>``.
Spent = dict[Line, dict[Annotated[str, Field(pattern=ROUND_PATTERN)], Seconds]]


class Part(Section):
    """The newest round of one stage.

    :param corpus: the test corpus, for stages that run once a corpus; else empty
    :param date: the round's ``<dt>``; for the model update, that of the new state
    :param dag_id: the DAG whose run made it; empty if no run did
    :param run_id: that run
    :param summary: the job's own summary in one line
    :param jobs: the finished jobs of the newest rounds, oldest first, at most one a round
    """

    format: Literal[1] = 1
    model: str
    stage: Stage
    corpus: str = ""
    date: RoundDate
    dag_id: Line = ""
    run_id: Line = ""
    summary: Line = ""
    figures: Figures
    jobs: tuple[JobRun, ...] = ()

    @property
    def key(self) -> str:
        """The S3 key of the part."""
        return overview_key(self.model, self.scope)

    @property
    def scope(self) -> str:
        """The stage's name, followed by the corpus for stages that run once a corpus."""
        return f"{self.stage}_{self.corpus}" if self.corpus else str(self.stage)

    @property
    def spent(self) -> Spent:
        """Return the cost of its jobs, in a form that takes a fifth of the memory."""
        found: Spent = {}
        for job in self.jobs:
            found.setdefault(job.definition, {})[job.date] = job.seconds
        return found

    def after(self, earlier: Part | None) -> Part:
        """Return the part that replaces an earlier one.

        The newest round's figures stay: an old round that is repeated adds its job alone.

        :param earlier: of the same model, stage and corpus
        """
        if earlier is None:
            return self
        newest = earlier if earlier.date > self.date else self
        runs = {run.date: run for run in (*earlier.jobs, *self.jobs)}
        kept = sorted(runs.values(), key=lambda run: run.date)[-MAX_POINTS:]
        return newest.model_copy(update={"jobs": tuple(kept)})

    def document(self) -> dict[str, Any]:
        """Return the part as JSON."""
        return self.model_dump(mode="json")


def parse_part(content: bytes | str) -> Part:
    """Read a part's JSON.

    :raises InputError: if it is no part, naming the faults but not the object.
    """
    try:
        return Part.model_validate_json(content)
    except ValidationError as error:
        raise InputError(f"no part of an overview: {described(error)}") from None


def part_text(part: Part) -> str:
    """Return the part's JSON on few lines, so that it stays small."""
    return json.dumps(part.document(), ensure_ascii=False, separators=(",", ":"))
