"""The statistics job and the services it may ask."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from emmaa_cycle.s3_layout import left_out_key, model_stats_key
from emmaa_cycle.settings import load_settings
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.stats.curations import empty_summary
from run_model_stats_from_s3 import main
from tests.jobs.local_service import HTML, LocalService
from tests.jobs.stats.summaries import Summaries, curation, curation_list

MODEL = "rasmodel"
DAY1, DAY2 = "2026-03-01-17-00-00", "2026-03-02-17-00-00"
KEY = "an API key"


@pytest.fixture
def pubmed(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalService]:
    with LocalService(Summaries({"999": "BRAF and MEK1."})).running() as service:
        monkeypatch.setenv("NCBI_EUTILS_URL", service.url)
        yield service


@pytest.fixture
def said() -> list[dict[str, Any]]:
    """Return the curations in the INDRA DB."""
    return []


@pytest.fixture
def indra_db(said: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalService]:
    with LocalService(lambda asked: curation_list(asked, said, KEY)).running() as service:
        monkeypatch.setenv("INDRA_DB_REST_URL", service.url)
        monkeypatch.setenv("INDRA_DB_REST_API_KEY", KEY)
        yield service


@pytest.fixture
def online(
    pubmed: LocalService, indra_db: LocalService, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    monkeypatch.setenv("EMMAA_STATISTICS__PAPER_TITLES", "true")
    monkeypatch.setenv("EMMAA_STATISTICS__CURATIONS", "true")
    load_settings.cache_clear()
    yield
    load_settings.cache_clear()


def stats_of(bucket: Bucket, date: str) -> dict[str, Any]:
    main(["-m", MODEL, "-s", "model", "--date-str", date])
    document: dict[str, Any] = bucket.read_json(model_stats_key(MODEL, date))
    return document


def test_titles_and_curations(
    online: None, said: list[dict[str, Any]], bucket: Bucket, statements: Any, write_round: Any
) -> None:
    statement = statements.braf_map2k1()
    said.append(curation(statement.evidence[0].get_source_hash(), "Sun, 01 Mar 2026"))
    write_round(DAY1, [statement])
    stats = stats_of(bucket, DAY1)
    assert stats["paper_summary"]["paper_titles"] == {"demo-0002": "BRAF and MEK1."}
    assert stats["curation_summary"]["curs_by_tags"] == [["correct", 1]]
    assert stats["curation_summary"]["cur_ev_dates"] == [["2026-03-01-00-00-00", 1]]


def test_titles_of_the_previous_round_are_not_asked_for_again(
    online: None, pubmed: LocalService, bucket: Bucket, statements: Any, write_round: Any
) -> None:
    for date in (DAY1, DAY2):
        write_round(date, [statements.braf_map2k1()])
    stats_of(bucket, DAY1)
    pubmed.answering = lambda asked: HTML
    assert stats_of(bucket, DAY2)["paper_summary"]["paper_titles"] == {
        "demo-0002": "BRAF and MEK1."
    }
    assert len(pubmed.asked) == 1


def test_services_that_are_down_leave_their_part_empty(
    online: None,
    pubmed: LocalService,
    indra_db: LocalService,
    bucket: Bucket,
    statements: Any,
    write_round: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    pubmed.answering = indra_db.answering = lambda asked: HTML
    write_round(DAY1, [statements.braf_map2k1()])
    stats = stats_of(bucket, DAY1)
    listed = bucket.read_json(left_out_key(MODEL, "model_stats", DAY1))["items"]
    services = ["curations of the INDRA DB", "titles of PubMed"]
    assert [(item["kind"], item["item"]) for item in listed] == [("service", s) for s in services]
    assert stats["paper_summary"]["paper_titles"] == {}
    assert stats["paper_summary"]["paper_links"]["demo-0002"][1] == "PubMed"
    assert stats["curation_summary"] == empty_summary()
    assert "papers are left without a title: PubMed" in caplog.text
    assert "statistics are made without curations: INDRA DB" in caplog.text


def test_a_refused_key_is_no_reason_to_fail(
    online: None,
    bucket: Bucket,
    statements: Any,
    write_round: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("INDRA_DB_REST_API_KEY", "wrong")
    write_round(DAY1, [statements.dimer()])
    assert stats_of(bucket, DAY1)["curation_summary"] == empty_summary()
    assert "refuses the API key of INDRA_DB_REST_API_KEY" in caplog.text
    assert "wrong" not in caplog.text


def test_without_a_key_nobody_is_asked_for_curations(
    online: None,
    indra_db: LocalService,
    bucket: Bucket,
    statements: Any,
    write_round: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("INDRA_DB_REST_API_KEY")
    write_round(DAY1, [statements.dimer()])
    assert stats_of(bucket, DAY1)["curation_summary"] == empty_summary()
    assert indra_db.asked == []


def test_what_is_switched_off_is_not_asked(
    pubmed: LocalService, indra_db: LocalService, bucket: Bucket, statements: Any, write_round: Any
) -> None:
    write_round(DAY1, [statements.braf_map2k1()])
    stats = stats_of(bucket, DAY1)
    assert (stats["paper_summary"]["paper_titles"], stats["curation_summary"]) == (
        {},
        empty_summary(),
    )
    assert pubmed.asked == indra_db.asked == []
