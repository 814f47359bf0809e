"""Assembled statements of the last days."""

from __future__ import annotations

from typing import Any

import pytest

from emmaa_cycle.errors import InputError
from emmaa_jobs.db.statement_database import CHUNK, StatementDatabase, StoredStatement


def statement(number: int) -> dict[str, Any]:
    return {"type": "Activation", "id": f"uuid-{number}", "matches_hash": str(number)}


def hashes(database: StatementDatabase, model: str, day: str) -> list[int]:
    return sorted(row.hash for row in database.statements(model, day))


def test_day_is_replaced(statements: StatementDatabase) -> None:
    assert statements.put_statements("m", "2026-03-02", [statement(1), statement(-2)]) == 2
    statements.put_statements("other", "2026-03-02", [statement(9)])
    statements.put_statements("m", "2026-03-02", [statement(-2), statement(3)])
    assert hashes(statements, "m", "2026-03-02") == [-2, 3]
    assert hashes(statements, "other", "2026-03-02") == [9]


def test_same_round_twice_gives_the_same_rows(statements: StatementDatabase) -> None:
    for _ in range(2):
        statements.put_statements("m", "2026-03-02", [statement(1), statement(2)])
        statements.set_path_counts("m", "2026-03-02", {2: 4})
    statements.put_statements("m", "2026-03-02", [statement(1), statement(2)])
    assert list(statements.statements("m", "2026-03-02")) == [
        StoredStatement(2, statement(2), 4),
        StoredStatement(1, statement(1), 0),
    ]


def test_three_newest_days_are_kept(statements: StatementDatabase) -> None:
    for day in ("2026-03-03", "2026-03-01", "2026-03-02"):
        statements.put_statements("m", day, [statement(1)])
    statements.put_statements("m", "2026-03-04", [statement(1)])
    kept = ["2026-03-04", "2026-03-03", "2026-03-02"]
    assert statements.days("m") == kept
    assert statements.put_statements("m", "2026-02-01", [statement(1)]) == 0
    assert statements.days("m") == kept


def test_many_statements(statements: StatementDatabase) -> None:
    many = [statement(number) for number in range(2 * CHUNK + 1)]
    assert statements.put_statements("m", "2026-03-02", many) == len(many)
    assert len(hashes(statements, "m", "2026-03-02")) == len(many)


def test_path_counts_are_set_not_added(statements: StatementDatabase) -> None:
    statements.put_statements("m", "2026-03-02", [statement(n) for n in (1, 2, 3)])
    assert statements.set_path_counts("m", "2026-03-02", {1: 5, 2: 1, 99: 7}) == 2
    assert statements.set_path_counts("m", "2026-03-02", {1: 5, 3: 2}) == 2
    assert statements.path_counts("m", "2026-03-02") == {1: 5, 3: 2}


@pytest.mark.parametrize("odd", [{}, {"matches_hash": None}, {"matches_hash": "12a"}])
def test_statement_without_hash_is_named_and_nothing_stored(
    statements: StatementDatabase, odd: dict[str, Any]
) -> None:
    with pytest.raises(InputError, match="statement 'x' has no matches_hash"):
        statements.put_statements("m", "2026-03-02", [statement(1), {"id": "x", **odd}])
    assert statements.days("m") == []


def test_bad_day_is_refused(statements: StatementDatabase) -> None:
    with pytest.raises(InputError, match="day"):
        statements.put_statements("m", "2026-03-02-10-00-00", [])
