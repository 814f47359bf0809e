"""A round with news in two corpora, and its mails."""

from __future__ import annotations

import pytest

from emmaa_jobs.db.query_database import QueryDatabase
from tests.jobs.notifications.outbox import Outbox
from tests.jobs.notifications.stats_writer import StatsWriter

ROUND, LATER = "2026-03-02-10-00-00", "2026-03-02-18-00-00"
ARGV = ["--model", "rasmodel", "--test_corpora", "a_tests", "b_tests", "--date", "2026-03-02"]
PINNED = [*ARGV, "--date-str", ROUND]


@pytest.fixture
def news(stats: StatsWriter, queries: QueryDatabase, outbox: Outbox) -> StatsWriter:
    """Return a round with news of every kind, and two subscribers."""
    stats.config("rasmodel", human_readable_name="Ras Model")
    stats.model("rasmodel", ROUND, papers=2, statements=3)
    stats.corpus(
        "rasmodel", "a_tests", ROUND, name="Ras pathway", applied=2, pysb=1, paths=[["11", 2]]
    )
    stats.corpus("rasmodel", "b_tests", ROUND, signed_graph=4, paths=[["11", 1], ["12", 5]])
    for name in ("ada", "eve"):
        queries.subscribe_to_model(queries.add_user(f"{name}@example.org"), "rasmodel")
    bob = queries.add_user("bob@example.org")
    queries.subscribe_to_model(bob, "rasmodel")
    queries.unsubscribe(bob, models=["rasmodel"])
    return stats


def parts(outbox: Outbox, number: int = 0) -> tuple[str, str]:
    text, html = outbox[number].iter_parts()
    return text.get_content().replace("\r\n", "\n"), html.get_content()
