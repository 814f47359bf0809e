"""Rounds found among keys, whatever else a bucket holds (hypothesis)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from emmaa_cycle.dates import day_of, format_round
from emmaa_cycle.origin import Origin
from emmaa_cycle.s3_layout import corpus_prefix, results_prefix
from emmaa_jobs.bucket import Bucket

PREFIXES = (results_prefix("rasmodel", "ras_tests"), corpus_prefix("ras_tests"))
EXTENSIONS = (".json", ".json.gz", ".jsonl", ".pkl", "", ".json.part")
moments = st.datetimes(timezones=st.just(UTC))
rounds = moments.map(lambda moment: format_round(moment.replace(microsecond=0)))
#: Dates, and what looks like one.
stems = st.one_of(
    rounds,
    rounds.map(lambda date: f"more_{date}"),
    rounds.map(lambda date: f"{date}-00"),
    rounds.map(day_of),
    st.sampled_from(
        (
            "",
            "latest",
            "2026-3-2-17-00-00",
            "2026-02-30-17-00-00",
            "9999-99-99-99-99-99",
            "٢٠٢٦-03-02-17-00-00",
        )
    ),
)
listings = st.lists(
    st.builds("{}{}{}".format, st.sampled_from(PREFIXES), stems, st.sampled_from(EXTENSIONS))
)


class Listed(Bucket):
    """A bucket of which only the keys are known."""

    def __init__(self, keys: list[str]) -> None:
        client: Any = SimpleNamespace()
        super().__init__("emmaa", client, Origin())
        self.listed = sorted(set(keys))

    def keys(self, prefix: str, start_after: str = "") -> Iterator[str]:
        yield from (key for key in self.listed if key.startswith(prefix) and key > start_after)


@given(listings, st.lists(rounds), st.sampled_from(PREFIXES))
def test_exactly_the_rounds_are_found_oldest_first(
    others: list[str], dates: list[str], prefix: str
) -> None:
    wanted = {f"{prefix}{date}.json" for date in dates}
    rest = [key for key in others if not key.endswith(".json") or not key.startswith(prefix)]
    found = Listed([*rest, *wanted]).dated_keys(prefix, (".json",))
    assert [each.key for each in found] == sorted(wanted)
    assert all(each.key == f"{prefix}{each.date}.json" for each in found)


@given(listings, rounds)
def test_what_is_found_is_of_the_form_that_is_written(keys: list[str], date: str) -> None:
    prefix = PREFIXES[0]
    for each in Listed([*keys, f"{prefix}{date}.json"]).dated_keys(prefix, EXTENSIONS[:4]):
        assert each.key.removeprefix(prefix + each.date) in EXTENSIONS[:4]
        assert len(each.date) == len(date)
        assert each.date.isascii()


def test_an_impossible_date_is_not_the_newest() -> None:
    prefix = PREFIXES[0]
    bucket = Listed([f"{prefix}2026-03-02-17-00-00.json", f"{prefix}9999-99-99-99-99-99.json"])
    found = bucket.latest(prefix, (".json",))
    assert found is not None
    assert found.date == "2026-03-02-17-00-00"


@given(st.lists(rounds, min_size=1), rounds)
def test_the_latest_is_the_newest_that_is_allowed(dates: list[str], limit: str) -> None:
    prefix = PREFIXES[0]
    bucket = Listed([f"{prefix}{date}.json" for date in dates])

    def latest(**which: str) -> str | None:
        found = bucket.latest(prefix, (".json",), **which)
        return found.date if found else None

    assert latest() == max(dates)
    assert latest(before=limit) == max((date for date in dates if date < limit), default=None)
    day = day_of(dates[0])
    assert latest(day=day) == max(date for date in dates if date.startswith(day))
