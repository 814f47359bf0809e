"""The items by which the ledger knows the news about a query."""

from __future__ import annotations

from emmaa_jobs.queries.news import news_item

ROUND = "2026-03-02-17-05-00"


def test_news_have_the_item_that_they_always_had() -> None:
    """A later version of the code must not report them again."""
    item = news_item(12, "pysb", ROUND, {"3", "2"})
    assert item == f'["query", 12, "pysb", "{ROUND}", "906f1e71d8a18e3e"]'


def test_an_item_is_of_one_query_model_type_round_and_delta() -> None:
    item = news_item(12, "pysb", ROUND, ["2", "3"])
    assert item == news_item(12, "pysb", ROUND, ["3", "2"])
    others = {
        news_item(13, "pysb", ROUND, ["2", "3"]),
        news_item(12, "pybel", ROUND, ["2", "3"]),
        news_item(12, "pysb", "2026-03-02-17-05-01", ["2", "3"]),
        news_item(12, "pysb", ROUND, ["2"]),
        news_item(12, "pysb", ROUND, ["23"]),
    }
    assert len({item, *others}) == 6
