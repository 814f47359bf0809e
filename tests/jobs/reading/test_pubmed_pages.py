"""Pages of PubMed's answers: all are read, also where they change meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from emmaa_cycle.errors import InputError
from emmaa_jobs.errors import SourceUnavailableError
from tests.jobs.literature import (
    PubMedAnswers,
    search_result,
)
from tests.jobs.local_service import LocalService, Reply
from tests.jobs.reading.pubmed_search import BRAF, answers, local, papers

__all__ = ["answers", "local"]


def test_all_pages_are_read(local: LocalService, answers: PubMedAnswers) -> None:
    answers.papers["BRAF[tw]"] = {str(number): "2026-03-01" for number in range(1, 26)}

    found = papers(local, BRAF, page=10)

    assert [paper.refs["PMID"] for paper in found] == [str(number) for number in range(1, 26)]
    assert [request.parameters["retstart"] for request in local.asked] == ["0", "10", "20"]


def test_page_that_is_exactly_full_is_the_last(local: LocalService, answers: PubMedAnswers) -> None:
    answers.papers["BRAF[tw]"] = {str(number): "2026-03-01" for number in range(1, 11)}

    assert len(papers(local, BRAF, page=10)) == 10
    assert len(local.asked) == 1


def test_more_than_pubmed_gives_at_once_is_read_by_days(
    local: LocalService, answers: PubMedAnswers
) -> None:
    days = ["2026-02-20", "2026-02-25", "2026-02-26", "2026-03-02"]
    answers.papers["BRAF[tw]"] = {str(n): days[n % 4] for n in range(1, 16_001)}

    found = papers(local, BRAF, page=5000)

    assert len(found) == 16_000


def test_one_day_with_too_many_papers_is_bad_input(
    local: LocalService, answers: PubMedAnswers
) -> None:
    answers.papers["BRAF[tw]"] = {str(n): "2026-03-01" for n in range(1, 10_001)}

    with pytest.raises(InputError, match="'BRAF' finds 10000 papers of 2026-03-01 alone"):
        papers(local, BRAF, page=5000)


def test_outage_on_a_later_page_is_an_outage(local: LocalService, answers: PubMedAnswers) -> None:
    answers.papers["BRAF[tw]"] = {str(number): "2026-03-01" for number in range(1, 26)}
    down = Reply(b"", status=502)

    def fail_later(request: Any) -> Reply:
        return down if request.parameters["retstart"] == "20" else answers(request)

    local.answering = fail_later
    with pytest.raises(SourceUnavailableError, match=r"retstart=20.*HTTP 502 .*after 2 tries"):
        papers(local, BRAF, page=10)


def overlapping(answers: PubMedAnswers, times: int) -> Any:
    """Shift the last page by one paper in the first searches."""
    seen: list[str] = []

    def answer(request: Any) -> Reply:
        seen.append(request.parameters["retstart"])
        if request.parameters["retstart"] == "20" and seen.count("20") <= times:
            return search_result(25, [str(number) for number in range(20, 25)], 20)
        return answers(request)

    return answer


def test_pages_that_overlap_are_read_again(local: LocalService, answers: PubMedAnswers) -> None:
    answers.papers["BRAF[tw]"] = {str(number): "2026-03-01" for number in range(1, 26)}
    local.answering = overlapping(answers, times=1)

    assert len(papers(local, BRAF, page=10)) == 25
    assert len(local.asked) == 6


def test_pages_that_overlap_each_time_are_an_outage(
    local: LocalService, answers: PubMedAnswers
) -> None:
    answers.papers["BRAF[tw]"] = {str(number): "2026-03-01" for number in range(1, 26)}
    local.answering = overlapping(answers, times=2)

    with pytest.raises(SourceUnavailableError, match="24 of 25 papers are in them"):
        papers(local, BRAF, page=10)


def test_a_paper_that_is_taken_back_between_pages_is_no_fault(
    local: LocalService, answers: PubMedAnswers
) -> None:
    answers.papers["BRAF[tw]"] = {str(number): "2026-03-01" for number in range(1, 26)}

    def shrinking(request: Any) -> Reply:
        if request.parameters["retstart"] == "20":
            answers.papers["BRAF[tw]"].popitem()
        return answers(request)

    local.answering = shrinking
    assert len(papers(local, BRAF, page=10)) == 24
