"""The model manager: a model's statements assembled, in all its model types, for one round."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emmaa_cycle.dates import day_of
from emmaa_cycle.errors import InputError
from emmaa_cycle.s3_layout import model_manager_key
from emmaa_cycle.stages import Stage
from emmaa_jobs.assembly import Assembly
from emmaa_jobs.assembly.continuation.edition import continuable_edition
from emmaa_jobs.assembly.continuation.next_round import NotContinuedError, continued
from emmaa_jobs.assembly.ndex import update_network
from emmaa_jobs.assembly.round_content import RoundContent
from emmaa_jobs.assembly.round_models import RoundModels
from emmaa_jobs.assembly.whole_round import assembled_whole
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.db.engine import database_engine
from emmaa_jobs.db.statement_database import StatementDatabase
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.exports import ExportPlan
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.model.assembled import is_newest
from emmaa_jobs.model.config_file import ConfigFile, load_config
from emmaa_jobs.model.manager_record import ManagerRecord
from emmaa_jobs.model.model_file import State, latest_model
from emmaa_jobs.model_testing.filters import filter_faults
from emmaa_jobs.overview.record import record_stage
from emmaa_jobs.overview.stages import assembly_figures

if TYPE_CHECKING:
    from indra.statements import Statement

logger = logging.getLogger(__name__)

#: INDRA walks its graphs of statements by recursion; the original raises the limit as well.
RECURSION_LIMIT = 50_000


@dataclass(frozen=True)
class ManagerUpdate:
    """The outcome of one round's assembly.

    :param raw: the number of raw statements
    :param left_out: what the round does without
    :param not_done: what the config asks for beside the round and could not be done, and why
    """

    record: ManagerRecord
    raw: int
    assembled: int
    left_out: LeftOutList
    not_done: Sequence[str]

    @property
    def summary(self) -> str:
        """One line for the log."""
        record = self.record
        line = (
            f"{record.model}: {self.raw} statements of {record.model_date} -> {self.assembled}"
            f" assembled, {len(record.entities)} entities,"
            f" models: {', '.join(record.assembled_types) or 'none'};"
            f" wrote {model_manager_key(record.model, record.date_str)}"
        )
        notes = [f"not done: {text}" for text in self.not_done]
        return "; ".join(filter(None, [line, self.left_out.summary, *notes]))

    def add_to_overview(self, bucket: Bucket) -> str:
        """Record the round in the overview; return the summary as :func:`record_stage` does."""
        record = self.record
        return record_stage(
            bucket,
            record.model,
            Stage.MM_UPDATE,
            record.date_str,
            lambda: assembly_figures(record, self.raw, self.assembled),
            self.summary,
            left_out=self.left_out,
        )


def update_manager(
    bucket: Bucket, model: str, date_str: str, model_date: str | None = None
) -> ManagerUpdate:
    """Assemble a model and write the round's statements and manager.

    Objects with the round's date are written first, then those that all rounds share, and the
    manager last, because its upload starts the next stage. The same round writes the same bytes
    again. Then NDEx is updated, if the config asks for it.

    :param date_str: the round's ``<dt>``
    :param model_date: the ``<dt>`` of the model to assemble; the newest up to the round if None
    :raises MissingObjectError: if the model, its config or what a step loads is not there.
    :raises ModelConfigError: naming model, key and field or step, before any work.
    """
    sys.setrecursionlimit(max(RECURSION_LIMIT, sys.getrecursionlimit()))
    config_file = load_config(bucket, model)
    plan = ExportPlan.of(config_file)
    assembly = Assembly.of(config_file, bucket)
    engine = database_engine("stmt")
    found = model_date or latest_model(bucket, model, upto=date_str).date
    models = RoundModels(config_file, date_str)
    models.left_out.extend(config_file.config.left_out_of("model type", "corpus", "export"))
    models.left_out.extend(assembly.left_out)
    for corpus, fault in filter_faults(config_file).items():
        models.left_out.add("corpus", corpus, fault)
    state = State.read(bucket, model, found)
    content = _content(assembly, plan, state, models)
    record = _record(state, content)
    _write(bucket, content, StatementDatabase(engine))
    engine.dispose()
    record.save(bucket)
    not_done = _update_ndex(config_file, content.statements, date_str)
    if not_done:
        models.left_out.add("service", "NDEx", not_done[0], "config field ndex")
        models.left_out.save(bucket, model, Stage.MM_UPDATE, date_str)
    return ManagerUpdate(record, content.raw, len(content.hashes), models.left_out, not_done)


def _content(
    assembly: Assembly, plan: ExportPlan, state: State, models: RoundModels
) -> RoundContent:
    """Continue the round before if that gives the same as an assembly of all raw statements."""
    edition = continuable_edition(models.config_file, assembly.main)
    if edition is not None:
        try:
            return continued(assembly, state, models, edition)
        except NotContinuedError as reason:
            logger.info("all raw statements are assembled: %s", reason)
    return assembled_whole(assembly, plan, state, models, edition)


def _write(bucket: Bucket, content: RoundContent, database: StatementDatabase) -> None:
    """Write the objects with the round's date, then what rounds have in common."""
    models = content.models
    for each in content.files:
        each.save(bucket)
    model, date_str = models.config_file.model, models.date_str
    models.exports.save(bucket, model, date_str)
    models.left_out.save(bucket, model, Stage.MM_UPDATE, date_str)
    _replace_older_rounds(bucket, content, database)


def _replace_older_rounds(
    bucket: Bucket, content: RoundContent, database: StatementDatabase
) -> None:
    """Write what rounds have in common, unless a newer round has been there.

    It comes as late as can be: who reads it while the job runs, or after it was killed, finds the
    round before, whole.
    """
    files = content.files[0]
    model, date_str = files.model, files.date_str
    if is_newest(bucket, model, date_str):
        for each in content.files:
            each.save_latest(bucket)
        if content.record is not None:
            content.record.save(bucket, model)
    day = day_of(date_str)
    if is_newest(bucket, model, date_str, day):
        lines = [statement.line for statement in files.encoded()]
        database.put_lines(model, day, content.hashes, lines)


def _update_ndex(
    config_file: ConfigFile, statements: Sequence[Statement], date_str: str
) -> list[str]:
    """Show the model on NDEx, where configured.

    :returns: why it could not be done: the round is saved, and no fault here may undo that
    """
    try:
        update_network(config_file, statements, date_str)
    except (InputError, SourceUnavailableError) as error:
        logger.error("the NDEx network of %s is not updated: %s", config_file.model, error)
        return [f"NDEx update ({error})"]
    except Exception as error:
        logger.exception("the NDEx network of %s is not updated", config_file.model)
        return [f"NDEx update ({type(error).__name__}: {error})"]
    return []


def _record(state: State, content: RoundContent) -> ManagerRecord:
    config_file = content.models.config_file
    return ManagerRecord(
        model=config_file.model,
        date_str=content.models.date_str,
        model_date=state.date_str,
        mc_types=list(config_file.config.test.mc_types),
        config=config_file.document,
        entities=list(content.entities),
        paper_ids=list(content.paper_ids),
        unassembled=content.models.unassembled,
    )
