"""Traces what becomes of all raw statements, so that the next round can continue a round."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from emmaa_jobs.assembly.continuation.raw_items import text_digests
from emmaa_jobs.assembly.continuation.record import AssemblyRecord, Row
from emmaa_jobs.assembly.continuation.rows import UntraceableError, number_by_id, rows_of
from emmaa_jobs.assembly.preassembled import Preassembled
from emmaa_jobs.json_items import json_parts

if TYPE_CHECKING:
    from indra.statements import Statement

    from emmaa_jobs.assembly.round_models import RoundModels
    from emmaa_jobs.model.assembled import AssembledFiles
    from emmaa_jobs.model.model_file import State
    from emmaa_jobs.statements.emmaa_statement import EmmaaStatement

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tracing:
    """An assembly that is traced.

    :param edition: a hash of all that decides what it makes of raw statements
    :param numbers: of the raw statements, by id; None if ids do not tell them apart
    :param left_out: how many things the round did without before it
    """

    state: State
    models: RoundModels
    edition: str
    numbers: Mapping[str, int] | None
    left_out: int
    preassembled: Preassembled = field(default_factory=Preassembled)

    @classmethod
    def begin(
        cls,
        state: State,
        statements: Sequence[EmmaaStatement],
        models: RoundModels,
        edition: str | None,
    ) -> Tracing | None:
        """Begin before the statements are used up.

        :param edition: None if an assembly of the config can never be continued
        :returns: None if nothing needs to be traced
        """
        if edition is None or not state.is_sealed:
            return None
        try:
            numbers = number_by_id(dict(enumerate(statements)))
        except UntraceableError as error:
            logger.info("the next round cannot continue this one: %s", error)
            numbers = None
        return cls(state, models, edition, numbers, len(models.left_out))

    def rows(self, assembled: Sequence[Statement]) -> list[Row] | None:
        """Return what became of the raw statements; None if the next round cannot continue this.

        What was traced is let go of.
        """
        try:
            if self.numbers is None:
                return None
            if len(self.models.left_out) > self.left_out:
                raise UntraceableError("statements are left out")
            return rows_of(self.preassembled, assembled, self.numbers)
        except UntraceableError as error:
            logger.info("the next round cannot continue this one: %s", error)
            return None
        finally:
            self.preassembled.merged.clear()

    def record(self, rows: Sequence[Row] | None, files: AssembledFiles) -> AssemblyRecord:
        """Return the round's record.

        :param rows: from :meth:`rows`
        :param files: of the assembled statements
        """
        date_str = self.models.date_str
        if rows is None or self.numbers is None:
            return AssemblyRecord.of_none(date_str)
        _, digest = text_digests(json_parts(self.state.stored.text()))
        count = len(self.numbers)
        return AssemblyRecord(date_str, self.edition, count, digest, files.digest, rows)
