"""Answers to queries on several days, and who subscribed to them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from emmaa_cycle.dates import parse_round
from emmaa_jobs.db.query_database import NewResult, QueryDatabase
from tests.jobs.notifications.outbox import Outbox

SUNDAY, MONDAY, TUESDAY, WEDNESDAY = (f"2026-03-0{day}-12-00-00" for day in (1, 2, 3, 4))
LATER_ON_MONDAY = "2026-03-02-18-00-00"
SECOND = timedelta(seconds=1)
EGF, MAPK1 = ({"name": name, "db_refs": {"HGNC": number}}
              for name, number in (("EGF", "3229"), ("MAPK1", "6871")))  # fmt: skip
QUERIES: dict[int, dict[str, Any]] = {
    1: {"type": "path_property", "path": {"type": "Activation", "subj": EGF, "obj": MAPK1}},
    2: {"type": "open_search_query", "entity": MAPK1, "stmt_type": "Inhibition",
        "entity_role": "object", "terminal_ns": ["chebi"]},
    3: {"type": "dynamic_property", "entity": MAPK1, "pattern_type": "sustained",
        "quantity": {"type": "qualitative", "value": "high"}},
}  # fmt: skip


@pytest.fixture
def ada(queries: QueryDatabase) -> int:
    """Return a user with a subscription to one query of each group."""
    ada = queries.add_user("ada@example.org")
    for number, query in QUERIES.items():
        queries.register_query(number, "rasmodel", query, query["type"], ada, True)
    return ada


@pytest.fixture
def subscribed(queries: QueryDatabase) -> int:
    """Return a user who subscribed to the first two queries before Monday's round."""
    user = queries.add_user("ada@example.org")
    for number in (1, 2):
        subscribe(queries, number, user, SUNDAY)
    return user


def subscribe(queries: QueryDatabase, number: int, user: int, when: str) -> None:
    query = QUERIES[number]
    moment = parse_round(when)
    queries.register_query(number, "rasmodel", query, query["type"], user, True, moment)


def answer(
    queries: QueryDatabase, number: int, date: str, *delta: str, mc_type: str = "pysb"
) -> None:
    queries.add_results([NewResult(number, mc_type, {}, delta, delta, date)])


def text(outbox: Outbox, number: int = 0) -> str:
    content: str = next(outbox[number].iter_parts()).get_content()
    return content.replace("\r\n", "\n")
