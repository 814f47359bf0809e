"""The model manager: a model's statements assembled, in all its model types, for one round."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emmaa_cycle.dates import day_of
from emmaa_cycle.errors import InputError
from emmaa_cycle.s3_layout import model_manager_key
from emmaa_jobs.assembled import AssembledFiles, dynamic_folder, is_newest
from emmaa_jobs.assembly import Assembled, Assembly
from emmaa_jobs.assembly.entities import entities
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.config_file import ConfigFile, load_config
from emmaa_jobs.db.engine import database_engine
from emmaa_jobs.db.statement_database import StatementDatabase
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.exports import ExportPlan, Exports, ExportSource
from emmaa_jobs.manager_record import ManagerRecord
from emmaa_jobs.model_file import ModelFile, latest_model, load_model
from emmaa_jobs.model_testing.filters import check_filters
from emmaa_jobs.model_types import assemble, model_class
from emmaa_jobs.ndex import update_network

if TYPE_CHECKING:
    from indra.statements import Statement

logger = logging.getLogger(__name__)

#: INDRA walks its graphs of statements by recursion; the original raises the limit as well.
RECURSION_LIMIT = 50_000


@dataclass(frozen=True)
class ManagerUpdate:
    """What one round's assembly did.

    :param raw: the number of raw statements
    :param left_out: what the config asks for and this round could not have, and why
    """

    record: ManagerRecord
    raw: int
    assembled: int
    left_out: Sequence[str]

    @property
    def summary(self) -> str:
        """One line for the log."""
        record = self.record
        line = (
            f"{record.model}: {self.raw} statements of {record.model_date} -> {self.assembled}"
            f" assembled, {len(record.entities)} entities,"
            f" models: {', '.join(record.mc_types) or 'none'};"
            f" wrote {model_manager_key(record.model, record.date_str)}"
        )
        return line + "".join(f"; not done: {each}" for each in self.left_out)


def update_manager(
    bucket: Bucket, model: str, date_str: str, model_date: str | None = None
) -> ManagerUpdate:
    """Assemble a model and write the round's statements and manager.

    What has the round's date comes first, then what all rounds have in common, and the manager
    last: its upload starts what follows. The same round again writes the same bytes. When all is
    saved, NDEx is told, where the config says so.

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
    check_filters(config_file)
    assembly = Assembly.of(config_file, bucket)
    engine = database_engine("stmt")
    found = model_date or latest_model(bucket, model, upto=date_str).date
    model_file = load_model(bucket, model, found)

    assembled = assembly.run(model_file.statements)
    documents = _documents(assembled.main)
    record = _record(config_file, model_file, date_str, assembled)
    exports = _make_models(config_file, assembled, plan, date_str)
    files = [AssembledFiles.of(model, date_str, documents)]
    if assembled.dynamic is not None:
        statements = _documents(assembled.dynamic)
        files.append(AssembledFiles.of(dynamic_folder(model), date_str, statements))
    for each in files:
        each.save(bucket)
    exports.save(bucket, model, date_str)
    _replace_older_rounds(bucket, files, StatementDatabase(engine), documents)
    engine.dispose()
    record.save(bucket)
    left_out = [f"export {name} ({why})" for name, why in exports.left_out.items()]
    left_out += _update_ndex(config_file, assembled.main, date_str)
    return ManagerUpdate(record, len(model_file.statements), len(documents), left_out)


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
    config_file: ConfigFile, model_file: ModelFile, date_str: str, assembled: Assembled
) -> ManagerRecord:
    return ManagerRecord(
        model=config_file.model,
        date_str=date_str,
        model_date=model_file.date_str,
        mc_types=list(config_file.config.test.mc_types),
        config=config_file.document,
        entities=entities(assembled.main),
        paper_ids=list(model_file.paper_ids),
    )


def _make_models(
    config_file: ConfigFile, assembled: Assembled, plan: ExportPlan, date_str: str
) -> Exports:
    """Assemble each model type, for a round that cannot be tested must not start the tests.

    :returns: the files that are made of the models
    """
    exports = Exports()
    for mc_type in config_file.config.test.mc_types:
        started = time.monotonic()
        statements = assembled.dynamic if mc_type == "dynamic" else assembled.main
        model = assemble(mc_type, statements or [], config_file.config)
        logger.info("%s assembled in %.1f s", mc_type, time.monotonic() - started)
        plan.make(ExportSource(model, config_file.model, date_str), exports)
    return exports
