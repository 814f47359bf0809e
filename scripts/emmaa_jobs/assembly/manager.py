"""The model manager: a model's statements assembled, in all its model types, for one round."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emmaa_cycle.dates import day_of
from emmaa_cycle.errors import InputError
from emmaa_cycle.s3_layout import model_manager_key
from emmaa_cycle.stages import Stage
from emmaa_jobs.assembly import Assembled, Assembly
from emmaa_jobs.assembly.ndex import update_network
from emmaa_jobs.assembly.round_models import RoundModels
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.db.engine import database_engine
from emmaa_jobs.db.statement_database import StatementDatabase
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.exports import ExportPlan
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.model.assembled import AssembledFiles, dynamic_folder, is_newest
from emmaa_jobs.model.config_file import ConfigFile, load_config
from emmaa_jobs.model.manager_record import ManagerRecord
from emmaa_jobs.model.model_file import ModelFile, latest_model, load_model
from emmaa_jobs.model_testing.filters import filter_faults
from emmaa_jobs.model_types import model_class

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
    for mc_type in config_file.config.test.mc_types:
        model_class(mc_type)
    assembly = Assembly.of(config_file, bucket)
    engine = database_engine("stmt")
    found = model_date or latest_model(bucket, model, upto=date_str).date
    models = RoundModels(config_file, date_str)
    models.left_out.extend(config_file.config.left_out_of("model type", "corpus", "export"))
    for corpus, fault in filter_faults(config_file).items():
        models.left_out.add("corpus", corpus, fault)
    model_file = load_model(bucket, model, found, models.left_out)

    assembled = assembly.run(
        model_file.statements, models.left_out, are_unique=model_file.are_unique
    )
    documents = _documents(assembled.main)
    models.make(assembled, plan)
    record = _record(config_file, model_file, date_str, assembled, models.unassembled)
    files = [AssembledFiles.of(model, date_str, documents)]
    if assembled.dynamic is not None:
        statements = _documents(assembled.dynamic)
        files.append(AssembledFiles.of(dynamic_folder(model), date_str, statements))
    for each in files:
        each.save(bucket)
    models.exports.save(bucket, model, date_str)
    models.left_out.save(bucket, model, Stage.MM_UPDATE, date_str)
    _replace_older_rounds(bucket, files, StatementDatabase(engine), documents)
    engine.dispose()
    record.save(bucket)
    not_done = _update_ndex(config_file, assembled.main, date_str)
    if not_done:
        models.left_out.add("service", "NDEx", not_done[0], "config field ndex")
        models.left_out.save(bucket, model, Stage.MM_UPDATE, date_str)
    raw = len(model_file.statements)
    return ManagerUpdate(record, raw, len(documents), models.left_out, not_done)


def _replace_older_rounds(
    bucket: Bucket,
    files: Sequence[AssembledFiles],
    database: StatementDatabase,
    documents: Sequence[dict[str, Any]],
) -> None:
    """Write what rounds have in common, unless a newer round has been there.

    It comes as late as can be: who reads it while the job runs, or after it was killed, finds the
    round before, whole.
    """
    model, date_str = files[0].model, files[0].date_str
    if is_newest(bucket, model, date_str):
        for each in files:
            each.save_latest(bucket)
    day = day_of(date_str)
    if is_newest(bucket, model, date_str, day):
        database.put_statements(model, day, documents)


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


def _documents(statements: list[Statement]) -> list[dict[str, Any]]:
    from indra.statements import stmts_to_json

    documents: list[dict[str, Any]] = stmts_to_json(statements)
    return documents


def _record(
    config_file: ConfigFile,
    model_file: ModelFile,
    date_str: str,
    assembled: Assembled,
    unassembled: dict[str, str],
) -> ManagerRecord:
    return ManagerRecord(
        model=config_file.model,
        date_str=date_str,
        model_date=model_file.date_str,
        mc_types=list(config_file.config.test.mc_types),
        config=config_file.document,
        entities=entities(assembled.main),
        paper_ids=list(model_file.paper_ids),
        unassembled=unassembled,
    )


#: How a sentence called the entity is no part of what it is.
_TEXTS = frozenset({"TEXT", "TEXT_NORM"})


def entities(statements: Iterable[Statement]) -> list[dict[str, Any]]:
    """Return the agents of all statements, each once and by name, as JSON of name and references.

    Modifications, activities and the like are left out: they are states of the entity.
    """
    found = {}
    for statement in statements:
        for agent in statement.real_agent_list():
            refs = {key: ref for key, ref in sorted(agent.db_refs.items()) if key not in _TEXTS}
            entity = {"name": agent.name, "db_refs": refs}
            found[json.dumps(entity, sort_keys=True)] = entity
    return [found[key] for key in sorted(found, key=lambda key: (found[key]["name"], key))]
