"""Assembled statements of the last days, for the web service's pages.

See docs/reference/databases.md#the-statement-database.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Select, delete, func, select, text, update
from sqlalchemy.orm import Session

from emmaa_cycle.dates import parse_day
from emmaa_cycle.errors import InputError
from emmaa_cycle.names import check_name
from emmaa_jobs.db.engine import writing
from emmaa_jobs.db.statement_tables import StatementRow

logger = logging.getLogger(__name__)

#: How many days of each model are kept.
KEPT_DAYS = 3
CHUNK = 2000
#: In parts of lists, for the driver holds all that one command says once more.
_INSERT = text("""
    INSERT INTO statement (model_id, stmt_hash, date, statement_json, path_count)
    SELECT :model, stmt_hash, :day, line::jsonb, path_count
    FROM unnest(CAST(:hashes AS bigint[]), CAST(:lines AS text[]), CAST(:paths AS integer[]))
        WITH ORDINALITY AS added (stmt_hash, line, path_count, place)
    ORDER BY place
""")


@dataclass(frozen=True)
class StoredStatement:
    """An assembled statement.

    :param json: INDRA statement JSON
    :param path_count: how many reported paths use it
    """

    hash: int
    json: dict[str, Any]
    path_count: int


class StatementDatabase:
    """The ``stmt`` database. Days are ``YYYY-MM-DD``.

    :param engine: from :func:`emmaa_jobs.db.engine.database_engine`
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put_statements(self, model: str, day: str, statements: Sequence[dict[str, Any]]) -> int:
        """Make these the model's statements of a day; as :meth:`put_lines`.

        :param statements: INDRA statement JSON, with ``matches_hash``
        :raises InputError: if a statement has no ``matches_hash``.
        """
        hashes = [_hash(statement) for statement in statements]
        return self.put_lines(
            model, day, hashes, [json.dumps(each).encode() for each in statements]
        )

    def put_lines(
        self, model: str, day: str, hashes: Sequence[int], lines: Sequence[memoryview | bytes]
    ) -> int:
        """Make these the model's statements of a day, and forget all but its three newest days.

        Doing it twice gives the same rows: statements that stay keep their path counts.

        :param hashes: of each statement its ``matches_hash``
        :param lines: each statement as JSON in UTF-8
        :returns: how many rows the day has now; 0 for a day that is older than the kept ones
        """
        check_name("model", model)
        parse_day(day)
        with writing(self._engine) as session:
            _lock(session, model)
            newer = [known for known in session.scalars(_days(model)) if known > day]
            if len(newer) >= KEPT_DAYS:
                logger.info("statements of %s on %s are older than those kept", model, day)
                return 0
            counts = _path_counts(session, model, day)
            session.execute(delete(StatementRow).filter_by(model_id=model, date=day))
            of_day = {"model": model, "day": day}
            for start in range(0, len(hashes), CHUNK):
                chosen = slice(start, start + CHUNK)
                paths = [counts.get(each, 0) for each in hashes[chosen]]
                texts = [str(line, "utf-8") for line in lines[chosen]]
                columns = {"hashes": hashes[chosen], "lines": texts, "paths": paths}
                session.execute(_INSERT, {**of_day, **columns})
            _forget_old_days(session, model)
        return len(hashes)

    def set_path_counts(self, model: str, day: str, counts: Mapping[int, int]) -> int:
        """Set how often paths use each statement of a day; all others are set to 0.

        :param counts: statement hash → number of paths
        :returns: how many of the day's statements are used
        """
        with writing(self._engine) as session:
            _lock(session, model)
            rows = session.execute(
                select(StatementRow.id, StatementRow.stmt_hash, StatementRow.path_count)
                .filter_by(model_id=model, date=day)
            ).all()  # fmt: skip
            changed = [
                {"id": row_id, "path_count": counts.get(stmt_hash, 0)}
                for row_id, stmt_hash, count in rows
                if count != counts.get(stmt_hash, 0)
            ]
            if changed:
                session.execute(update(StatementRow), changed)
        return sum(1 for _, stmt_hash, _ in rows if counts.get(stmt_hash))

    def days(self, model: str) -> list[str]:
        """Return the days for which the database has statements of a model, newest first."""
        with Session(self._engine) as session:
            return list(session.scalars(_days(model)))

    def statements(self, model: str, day: str) -> Iterator[StoredStatement]:
        """Yield a day's statements, those that most paths use first."""
        rows = (
            select(StatementRow)
            .filter_by(model_id=model, date=day)
            .order_by(StatementRow.path_count.desc(), StatementRow.id)
        )
        with Session(self._engine) as session:
            for row in session.scalars(rows.execution_options(yield_per=CHUNK)):
                yield StoredStatement(row.stmt_hash, row.statement_json, row.path_count)

    def path_counts(self, model: str, day: str) -> dict[int, int]:
        """Return by hash how many paths use each of a day's statements, without unused ones."""
        with Session(self._engine) as session:
            return _path_counts(session, model, day)


def _hash(statement: dict[str, Any]) -> int:
    try:
        return int(statement["matches_hash"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"statement {statement.get('id')!r} has no matches_hash: {error!r}"
        ) from error


def _days(model: str) -> Select[str]:
    dates = select(StatementRow.date).filter_by(model_id=model)
    return dates.distinct().order_by(StatementRow.date.desc())


def _path_counts(session: Session, model: str, day: str) -> dict[int, int]:
    rows = session.execute(
        select(StatementRow.stmt_hash, StatementRow.path_count)
        .filter_by(model_id=model, date=day)
        .where(StatementRow.path_count != 0)
    )
    return {stmt_hash: count for stmt_hash, count in rows}  # noqa: C416 - dict() of rows has no type


def _forget_old_days(session: Session, model: str) -> None:
    for day in session.scalars(_days(model)).all()[KEPT_DAYS:]:
        session.execute(delete(StatementRow).filter_by(model_id=model, date=day))


def _lock(session: Session, model: str) -> None:
    """Let one job at a time change a model's statements."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(model))))
