"""Odd values that PostgreSQL keeps in a column, as SQL."""

from __future__ import annotations

import json

from hypothesis import strategies as st
from sqlalchemy import Engine

from tests.jobs.odd_documents import ANY_JSON

_DATES = st.sampled_from(
    ["NULL", "'infinity'", "'-infinity'", "'0044-03-15 BC'", "'294276-01-01'", "'0001-01-02'"]
)
_LISTS = st.sampled_from(
    ["NULL", "ARRAY[NULL]::varchar[]", "ARRAY['a', NULL]", "ARRAY[['a', 'b'], ['c', 'd']]", "'{}'"]
)


def set_value(engine: Engine, column: str, value: str, row: str) -> None:
    """Set a column, which is named as ``table.name``, in the rows that a condition selects."""
    table, name = column.split(".")
    with engine.begin() as connection:
        connection.execution_options(no_parameters=True).exec_driver_sql(
            f'UPDATE "{table}" SET {name} = {value} WHERE {row}'  # noqa: S608
        )


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _storable(document: str) -> bool:
    """Return whether it is JSON for PostgreSQL, which lacks lone surrogates, NUL and NaN."""
    lacking = ("Infinity", "NaN", "\\u0000")
    return max(document, default="") < "\ud800" and not any(text in document for text in lacking)


_DOCUMENTS = (
    ANY_JSON.map(lambda value: json.dumps(value, ensure_ascii=False))
    .filter(_storable)
    .map(_literal)
)
_TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=19)


def odd_values(column: str) -> st.SearchStrategy[str]:
    """Return values of a column, which is named as ``table.name``."""
    match column.split(".")[1]:
        case "date":
            return _DATES
        case "delta" | "all_result_hashes":
            return _LISTS
        case "json" | "result_json":
            return _DOCUMENTS
        case "model_id" | "email":  # never null
            return _TEXTS.map(_literal)
        case _:
            return st.just("NULL") | _TEXTS.map(_literal)
