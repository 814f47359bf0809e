"""The result of a round's assembly, before any of it is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from emmaa_jobs.assembly.continuation.record import AssemblyRecord
from emmaa_jobs.assembly.round_models import RoundModels
from emmaa_jobs.model.assembled import AssembledFiles

if TYPE_CHECKING:
    from indra.statements import Statement

    from emmaa_jobs.model.model_file import PaperId


@dataclass(frozen=True)
class RoundContent:
    """A round's statements and what else there is to say of it.

    :param raw: the number of raw statements
    :param paper_ids: ids of all papers read up to the state, sorted
    :param files: the assembled statements, and those of the ``dynamic`` assembly if there is one
    :param hashes: the hashes of the assembled statements, in order
    :param entities: their agents, as in the model manager
    :param models: the round's model types, exports and what is left out
    :param statements: the assembled statements; empty if the round before was continued
    :param record: what the next round needs to continue this one; None if it cannot
    """

    raw: int
    paper_ids: Sequence[PaperId]
    files: Sequence[AssembledFiles]
    hashes: Sequence[int]
    entities: Sequence[dict[str, Any]]
    models: RoundModels
    statements: Sequence[Statement] = field(default=(), repr=False)
    record: AssemblyRecord | None = None
