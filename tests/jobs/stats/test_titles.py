"""Titles of papers: in few requests, in time, and never the job's downfall."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from emmaa_jobs.services.http_limits import Patience, within
from emmaa_jobs.services.web_service import WebService
from emmaa_jobs.stats.titles import PubMedTitles
from tests.jobs.local_service import HTML, FakeTime, LocalService, Reply, Request
from tests.jobs.stats.summaries import Summaries

Papers = dict[str | int, Mapping[str, Any]]
PAPERS: Papers = {"demo-1": {"PMID": "12"}, 7: {"PMID": "300", "TRID": 7}, "x": {"DOI": "10.1/x"}}


@pytest.fixture
def summaries() -> Summaries:
    return Summaries({"12": "BRAF and MEK1.", "300": "More of BRAF."})


@pytest.fixture
def local(summaries: Summaries) -> Iterator[LocalService]:
    with LocalService(summaries).running() as service:
        yield service


def lookup(local: LocalService, seconds: float = 60, batch: int = 200) -> PubMedTitles:
    service = WebService("PubMed", local.url, clock=FakeTime().clock)
    return PubMedTitles(seconds, service, batch)


def test_titles_by_paper_id_in_one_request(local: LocalService) -> None:
    assert lookup(local)(PAPERS) == {"demo-1": "BRAF and MEK1.", 7: "More of BRAF."}
    assert [request.parameters["id"] for request in local.asked] == ["12,300"]


def test_papers_without_a_pubmed_id_are_not_asked_for(local: LocalService) -> None:
    assert lookup(local)({"x": {"DOI": "10.1/x"}, "y": {"PMID": "PMC12"}, "z": {}}) == {}
    assert local.asked == []


def test_a_paper_under_two_ids_has_its_title_twice(local: LocalService) -> None:
    assert lookup(local)({"a": {"PMID": "12"}, "b": {"PMID": 12}}) == {
        "a": "BRAF and MEK1.",
        "b": "BRAF and MEK1.",
    }


def test_many_papers_are_asked_for_in_batches(local: LocalService, summaries: Summaries) -> None:
    summaries.titles = {str(number): f"Title {number}" for number in range(1, 6)}
    papers: Papers = {number: {"PMID": str(number)} for number in range(1, 6)}
    assert lookup(local, batch=2)(papers) == {n: f"Title {n}" for n in papers}
    assert [request.parameters["id"] for request in local.asked] == ["1,2", "3,4", "5"]


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("On &lt;i&gt;BRAF&lt;/i&gt; in <sup>A</sup>375\n cells.", "On BRAF in A375 cells."),
        ("p &lt; 0.05 &amp; more", "p < 0.05 & more"),
        ("On\x00 BRAF\x1b and\u2028MEK\ud800.&#1;", "On BRAF and MEK ."),
        ("B" * 5000, "B" * 999 + "…"),
    ],
)
def test_titles_are_plain_text(
    title: str, shown: str, local: LocalService, summaries: Summaries
) -> None:
    summaries.titles["12"] = title
    assert lookup(local)({1: {"PMID": "12"}}) == {1: shown}


def test_unknown_and_nameless_papers_have_no_title(
    local: LocalService, summaries: Summaries
) -> None:
    summaries.titles["12"] = ""
    assert lookup(local)({1: {"PMID": "12"}, 2: {"PMID": "999"}}) == {}


@pytest.mark.parametrize(
    "fault",
    [
        HTML,
        Reply.json({"esummaryresult": ["Invalid uid"]}),
        Reply.json([]),
        Reply.json({"error": "API key invalid", "api-key": "x"}, status=400),
        Reply(b"down", status=500),
        Reply(b'{"result"', cut=2),
    ],
)
def test_an_outage_is_logged_and_leaves_titles_empty(
    fault: Reply, local: LocalService, caplog: pytest.LogCaptureFixture
) -> None:
    local.answering = lambda request: fault
    assert lookup(local)(PAPERS) == {}
    assert "papers are left without a title: PubMed, " in caplog.text


def test_an_outage_keeps_the_titles_that_came_before_it(
    local: LocalService, summaries: Summaries
) -> None:
    local.faults += [summaries_of("12", "BRAF and MEK1."), HTML]
    assert lookup(local, batch=1)(PAPERS) == {"demo-1": "BRAF and MEK1."}


def test_time_is_bounded_over_all_requests(
    local: LocalService, caplog: pytest.LogCaptureFixture
) -> None:
    service = WebService("PubMed", local.url, clock=FakeTime().clock, interval=70)
    papers: Papers = {pmid: {"PMID": str(pmid)} for pmid in (12, 300, 301)}
    assert len(PubMedTitles(60, service, batch=1)(papers)) == 2
    assert len(local.asked) == 2, "the third would begin after 70 s"
    assert "PubMed took longer than 60 s" in caplog.text


def test_all_tries_together_stay_within_the_time() -> None:
    patience = within(60, Patience())
    slowest = patience.tries * (patience.silence + patience.whole)
    assert slowest <= 60
    assert within(1000, Patience(silence=5)).silence == 5, "the usual patience is not exceeded"


def summaries_of(pmid: str, title: str) -> Reply:
    return Reply.json({"result": {"uids": [pmid], pmid: {"uid": pmid, "title": title}}})


def test_an_odd_record_costs_its_own_title(
    local: LocalService, summaries: Summaries, caplog: pytest.LogCaptureFixture
) -> None:
    """Control characters are taken out; what breaks the whole answer is found by halving it."""
    summaries.titles = {str(number): f"Title {number}" for number in range(1, 201)}
    summaries.titles["7"] = "Of\x01 BRAF"

    def answer(request: Request) -> Reply:
        reply = summaries(request)
        raw = reply.content.replace(b"\\u0001", b"\x01")
        return replace(reply, content=raw.replace(b'"Title 150"', b'"Title \\x 150"'))

    local.answering = answer
    papers: Papers = {number: {"PMID": str(number)} for number in range(1, 201)}

    titles = lookup(local)(papers)

    assert set(papers) - set(titles) == {150}
    assert titles[7] == "Of BRAF"
    assert len(local.asked) < 20
    assert "left out: title PMID 150 (PubMed): PubMed, " in caplog.text


@pytest.mark.parametrize("odd", [None, 7, [], {}, {"title": 7}, {"title": None}, "text"])
def test_records_of_another_form_have_no_title(local: LocalService, odd: object) -> None:
    local.answering = lambda _: Reply.json({"result": {"12": odd, "300": {"title": "Fine"}}})
    assert lookup(local)(PAPERS) == {7: "Fine"}
