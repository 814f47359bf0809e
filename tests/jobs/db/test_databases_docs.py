"""docs/reference/databases.md has every table and column, and no other."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import Table

from emmaa_jobs.db.primary_tables import PrimaryBase
from emmaa_jobs.db.statement_tables import StatementBase
from tests.jobs.repository import REPOSITORY

PAGE = (REPOSITORY / "docs" / "reference" / "databases.md").read_text()
TABLES = [*PrimaryBase.metadata.sorted_tables, *StatementBase.metadata.sorted_tables]
DESCRIBED = dict(re.findall(r"^\*?(\w+)\((id.*?|hash.*?)\)$", PAGE, re.M | re.S))


def columns(text: str) -> list[str]:
    """Return the names of a table's columns, without types and constraints."""
    without = re.sub(r"\*?unique\([^)]*\)|\[[^]]*\]", "", text)
    return [item.split()[0].lstrip("*") for item in without.split(",") if item.strip()]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_each_table_has_its_columns(table: Table) -> None:
    assert columns(DESCRIBED[table.name]) == [column.name for column in table.columns]


def test_no_other_table_is_described() -> None:
    assert DESCRIBED.keys() == {table.name for table in TABLES}
