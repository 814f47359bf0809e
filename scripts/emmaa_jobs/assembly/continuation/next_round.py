"""A round assembled from the round before it."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emmaa_jobs.assembly.continuation.raw_items import RawItems, text_digests
from emmaa_jobs.assembly.continuation.record import AssemblyRecord, Row, numbered
from emmaa_jobs.assembly.continuation.rows import number_by_id, rows_of
from emmaa_jobs.assembly.continuation.touched import touched_groups
from emmaa_jobs.assembly.entities import named_entities
from emmaa_jobs.assembly.preassembled import Preassembled
from emmaa_jobs.assembly.round_content import RoundContent
from emmaa_jobs.assembly.round_models import RoundModels
from emmaa_jobs.errors import ArchivedObjectError, MissingObjectError
from emmaa_jobs.exports import ExportPlan
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.model.assembled import AssembledFiles, EncodedStatement
from emmaa_jobs.model.model_file import papers_of_state

if TYPE_CHECKING:
    from emmaa_jobs.assembly.assembler import Assembly
    from emmaa_jobs.bucket import Bucket
    from emmaa_jobs.model.model_file import State
    from emmaa_jobs.statements.emmaa_statement import EmmaaStatement

logger = logging.getLogger(__name__)


class NotContinuedError(Exception):
    """A reason for which all of a round's raw statements are assembled."""


@dataclass(frozen=True)
class RoundBefore:
    """The newest assembled round of a model, which a new one continues.

    :param files: its assembled statements
    """

    record: AssemblyRecord
    files: AssembledFiles

    @classmethod
    def of(cls, bucket: Bucket, model: str, date_str: str, edition: str) -> RoundBefore:
        """Load the round before a round.

        :raises NotContinuedError: if there is none that can be continued.
        """
        record = AssemblyRecord.load(bucket, model, edition)
        if record is None:
            raise NotContinuedError("no round before has a record of this config and these jobs")
        if record.date_str >= date_str:
            raise NotContinuedError(f"the newest round, {record.date_str}, is not older")
        try:
            files = AssembledFiles.read(bucket, model, record.date_str)
        except (MissingObjectError, ArchivedObjectError, OSError, EOFError, zlib.error) as error:
            raise NotContinuedError(f"the round before cannot be read: {error}") from error
        if files.digest != record.files_digest:
            raise NotContinuedError("the statements of the round before have been changed")
        return cls(record, files)


def continued(assembly: Assembly, state: State, models: RoundModels, edition: str) -> RoundContent:
    """Assemble what a state's new statements touch; all else is that of the round before.

    :param models: the round's, whose model types are made of each statement by itself
    :param edition: of the assembly
    :returns: what an assembly of all raw statements would have made, to the byte
    :raises NotContinuedError: if it cannot be sure of that.
    """
    if not state.is_sealed:
        raise NotContinuedError("the state was not written by an update of this edition")
    before = RoundBefore.of(state.bucket, state.model, models.date_str, edition)
    raw = RawItems.of(state)
    count, digest = raw.count, _digest_of_all(raw, before.record)
    try:
        groups, statements = _chosen(assembly, before.record.rows, raw, before.record.raw)
        del raw  # hundreds of megabytes
        logger.info("%d of %d raw statements are assembled", len(statements), count)
        made = _assembled(assembly, models, statements)
    except NotContinuedError:
        raise
    except Exception as error:
        # A step that fails on each of few statements is at fault itself; of all, it may not be.
        logger.warning("the round before cannot be continued", exc_info=True)
        raise NotContinuedError(f"{type(error).__name__}: {error}") from error
    files, rows = _merged(before, groups, made)
    return RoundContent(
        raw=count,
        paper_ids=papers_of_state(state, state.statements(LeftOutList()), models.left_out),
        files=[files],
        hashes=[row.hash for row in rows if row.hash is not None],
        entities=named_entities(text for row in rows for text in row.entities),
        models=models,
        record=AssemblyRecord(models.date_str, edition, count, digest, files.digest, rows),
    )


def _digest_of_all(raw: RawItems, record: AssemblyRecord) -> str:
    """Return a hash of a state's text.

    :raises NotContinuedError: if it is not that of the round before with statements added.
    """
    of_before, of_all = text_digests(raw.parts, record.raw)
    if of_before != record.raw_digest:
        raise NotContinuedError("the state is not that of the round before with statements added")
    return of_all


def _chosen(
    assembly: Assembly, rows: Sequence[Row], raw: RawItems, known: int
) -> tuple[set[int], dict[int, EmmaaStatement]]:
    """Return the groups that new statements touch, and the raw statements to assemble.

    :param known: how many raw statements are not new
    """
    new = range(known, raw.count)
    groups = _touched(assembly, rows, raw.statements(new))
    touched = [number for row in rows if row.group in groups for number in row.sources]
    return groups, raw.statements([*touched, *new])


def _touched(
    assembly: Assembly, rows: Sequence[Row], new: Mapping[int, EmmaaStatement]
) -> set[int]:
    left_out = LeftOutList()
    groups = touched_groups(rows, assembly.before_preassembly(list(new.values()), left_out))
    if left_out:
        raise NotContinuedError("a step leaves new statements out")
    return groups


@dataclass(frozen=True)
class _Made:
    """The statements assembled from some of the raw ones."""

    files: AssembledFiles
    rows: Sequence[Row]


def _assembled(assembly: Assembly, models: RoundModels, raw: Mapping[int, EmmaaStatement]) -> _Made:
    left_out, preassembled = LeftOutList(), Preassembled()
    config_file, date_str = models.config_file, models.date_str
    rehearsed = RoundModels(config_file, date_str)
    numbers = number_by_id(raw)
    assembled = assembly.run(
        list(raw.values()), left_out, are_unique=True, preassembled=preassembled
    )
    rehearsed.make(assembled, ExportPlan.of(config_file))
    rows = rows_of(preassembled, assembled.main, numbers)
    if left_out or rehearsed.left_out:
        raise NotContinuedError("a step or a model type leaves statements out")
    return _Made(AssembledFiles.of_statements(config_file.model, date_str, assembled.main), rows)


def _merged(
    before: RoundBefore, groups: set[int], made: _Made
) -> tuple[AssembledFiles, Sequence[Row]]:
    """Put what was assembled in the place of the groups that were touched."""
    record = before.record
    offset = 1 + max((row.group for row in record.rows), default=0)
    new = [row._replace(group=row.group + offset) for row in made.rows]
    entries = [
        *(
            entry
            for entry in _with_texts(record.rows, before.files)
            if entry[0].group not in groups
        ),
        *_with_texts(new, made.files),
    ]
    entries.sort(key=lambda entry: entry[0].key)
    files = AssembledFiles.of_encoded(
        made.files.model,
        made.files.date_str,
        [statement for _, statement in entries if statement is not None],
    )
    return files, numbered(row for row, _ in entries)


def _with_texts(
    rows: Sequence[Row], files: AssembledFiles
) -> Iterator[tuple[Row, EncodedStatement | None]]:
    """Yield each row with the text of its assembled statement, if it has one."""
    statements = iter(files.encoded())
    for row in rows:
        yield row, None if row.hash is None else next(statements)
