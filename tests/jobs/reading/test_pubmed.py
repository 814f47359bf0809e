"""The source ``pubmed``: what the terms find in the window, all of it, or an error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from emmaa_cycle.errors import InputError
from emmaa_cycle.model_config import parse_model_config
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.model.config_file import ConfigFile
from emmaa_jobs.reading.interface import Paper, Search, Window
from emmaa_jobs.reading.pubmed import PubMed
from emmaa_jobs.services import clients
from emmaa_jobs.services.web_service import WebService
from tests.jobs.literature import (
    PubMedAnswers,
    field_not_found,
    phrase_not_found,
    search_error,
    search_result,
)
from tests.jobs.local_service import HTML, IMPATIENT, FakeTime, LocalService, Reply

WINDOW = Window(date(2026, 2, 20), date(2026, 3, 2))
BRAF = {"type": "gene", "name": "BRAF", "search_term": "BRAF", "db_refs": {"HGNC": "1097"}}
MEK = {"type": "gene", "name": "MEK", "search_term": '"MAP2K1" OR "MEK1"', "db_refs": {}}


@pytest.fixture
def answers() -> PubMedAnswers:
    return PubMedAnswers(
        {
            "BRAF[tw]": {"300": "2026-03-02", "12": "2026-02-20", "40": "2026-02-19"},
            '"MAP2K1" OR "MEK1"[tw]': {"300": "2026-03-02", "301": "2026-03-03"},
        }
    )


@pytest.fixture
def local(answers: PubMedAnswers) -> Iterator[LocalService]:
    with LocalService(answers).running() as service:
        yield service


def papers(
    local: LocalService,
    *terms: dict[str, Any],
    id_type: str = "PMID",
    page: int = 1000,
    window: Window = WINDOW,
) -> list[Paper]:
    document = {"search_terms": list(terms), "reading": {"main_id_type": id_type}}
    config_file = ConfigFile("m", document, parse_model_config("m", Reply.json(document).content))
    service = WebService("PubMed", local.url, clock=FakeTime().clock, patience=IMPATIENT)
    bucket = Bucket("emmaa", client=object())
    return list(PubMed(service, page).papers(Search(bucket, config_file, window, "r")))


def test_papers_of_the_window_with_the_terms_that_found_them(local: LocalService) -> None:
    found = papers(local, BRAF, MEK)

    assert [(paper.paper_id, paper.search_terms) for paper in found] == [
        ("12", [BRAF]),
        ("300", [BRAF, MEK]),
    ]
    assert [paper.refs for paper in found] == [{"PMID": "12"}, {"PMID": "300"}]


def test_window_is_sent_as_entrez_dates(local: LocalService) -> None:
    papers(local, BRAF)

    (request,) = local.asked
    assert request.parameters["datetype"] == "edat"
    assert request.parameters["mindate"] == "2026/02/20"
    assert request.parameters["maxdate"] == "2026/03/02"


def test_text_ref_id_is_not_known_yet(local: LocalService) -> None:
    assert [paper.paper_id for paper in papers(local, BRAF, id_type="TRID")] == ["", ""]


def test_term_that_stands_twice_is_searched_once(local: LocalService) -> None:
    again = {**BRAF, "name": "BRAF again"}

    found = papers(local, BRAF, again)

    assert len(local.asked) == 1
    assert found[0].search_terms == [BRAF, again]


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


def test_empty_days_are_no_error(local: LocalService, answers: PubMedAnswers) -> None:
    answers.papers["BRAF[tw]"] = {}

    assert papers(local, BRAF) == []


def test_unknown_phrase_finds_nothing_and_is_told(
    local: LocalService, caplog: pytest.LogCaptureFixture
) -> None:
    # What PubMed gives then is for the rest of the query, not for the phrase.
    local.faults = [phrase_not_found("xyzzyase", 264, ["30153686"])]

    assert papers(local, {**BRAF, "search_term": "xyzzyase J"}) == []
    assert "'xyzzyase J[tw]': PhraseNotFound 'xyzzyase'" in caplog.text


def test_unknown_field_is_bad_input(local: LocalService) -> None:
    local.faults = [field_not_found("NoSuchField", ["1"])]

    with pytest.raises(InputError, match=r"PubMed knows no field 'NoSuchField'"):
        papers(local, BRAF)


def test_a_term_that_cannot_be_searched_for_costs_itself(
    local: LocalService, answers: PubMedAnswers
) -> None:
    answers.papers["MEK[tw]"] = {str(n): "2026-03-01" for n in range(1, 10_001)}
    local.faults = [field_not_found("NoSuchField", ["1"])]
    odd = [{**BRAF, "search_term": text} for text in ("x[NoSuchField]", " ", "MEK")]

    found = papers(local, *odd, BRAF, page=5000)

    wrong = {paper.where: paper.problem or "" for paper in found if paper.problem}
    assert [paper.where for paper in found if not paper.problem] == ["PMID 12", "PMID 300"]
    assert {paper.problem_kind for paper in found if paper.problem} == {"search term"}
    names = ("'x[NoSuchField]'", "named 'BRAF'", "'MEK'")
    assert set(wrong) == {f"search term {name}" for name in names}
    assert "PubMed knows no field 'NoSuchField'" in wrong["search term 'x[NoSuchField]'"]
    assert "has an empty search_term" in wrong["search term named 'BRAF'"]
    assert "make the term narrower" in wrong["search term 'MEK'"]


def test_empty_term_is_bad_input(local: LocalService) -> None:
    with pytest.raises(InputError, match="search term 'BRAF' has an empty search_term"):
        papers(local, {**BRAF, "search_term": " "})
    assert local.asked == []


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        (HTML, "the answer is not XML|<html>, not an <eSearchResult>"),
        (Reply(b""), "the answer is not XML"),
        (Reply(b"<eSearchResult><Count>1</Count>"), "the answer is not XML"),
        (Reply(b"<eSearchResult/>"), "'' is not a number"),
        (search_result(1, ["PMC7"]), "'PMC7' is not a number"),
        (search_result(3, ["1", "2"]), "incomplete: 2 ids where 3 should be"),
        (search_result(3, []), "incomplete: 0 ids where 3 should be"),
        (
            search_error("Search Backend failed:\n timeout"),
            "reports: Search Backend failed: timeout",
        ),
        (Reply.json({"error": "API rate limit exceeded"}), "the answer is not XML"),
    ],
)
def test_nonsense_is_never_no_news(local: LocalService, reply: Reply, cause: str) -> None:
    local.faults = [reply]

    with pytest.raises(SourceUnavailableError, match=cause) as caught:
        papers(local, BRAF)
    assert f"PubMed, GET {local.url}/esearch.fcgi?db=pubmed&term=BRAF[tw]" in str(caught.value)


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


@pytest.mark.parametrize(("key", "most"), [(None, 3), ("a-key", 10)])
def test_no_second_has_more_requests_than_ncbi_allows(
    local: LocalService, monkeypatch: pytest.MonkeyPatch, key: str | None, most: int
) -> None:
    time = FakeTime()
    monkeypatch.setattr(clients, "CLOCK", time.clock)
    monkeypatch.setenv("NCBI_EUTILS_URL", local.url)
    if key:
        monkeypatch.setenv("NCBI_API_KEY", key)
    service, moments = clients.pubmed(), []

    for _ in range(40):
        service.get("esearch.fcgi", {"db": "pubmed", "term": "BRAF[tw]", "datetype": "edat",
                                     "retmode": "xml", "mindate": "2026/03/01", "retstart": 0,
                                     "maxdate": "2026/03/01", "retmax": 1})  # fmt: skip
        moments.append(time.now)

    assert all(sum(start <= moment <= start + 1 for moment in moments) <= most for start in moments)
    assert {request.parameters.get("api_key") for request in local.asked} == {key}


def test_bad_timeout_is_bad_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMMAA_SOURCE_TIMEOUT", "soon")

    with pytest.raises(InputError, match="EMMAA_SOURCE_TIMEOUT is 'soon'"):
        clients.pubmed()


@pytest.mark.parametrize("odd", ["PMC7", "", "-7", "٣", "9" * 5000, "1.5"])
def test_odd_id_costs_itself(local: LocalService, odd: str) -> None:
    local.answering = lambda _: search_result(2, ["12", odd])

    good, bad = papers(local, BRAF)

    assert good.paper_id == "12"
    assert (bad.problem, bad.problem_kind) == ("PubMed found it, but it is not a number", "paper")


@pytest.mark.parametrize("echo", [b"BRAF\x01", b"BRAF&#2;", b"BRAF&alpha;", b"BRAF\xff"])
def test_odd_character_beside_the_ids_costs_itself(local: LocalService, echo: bytes) -> None:
    whole = search_result(1, ["12"], term="ECHO")
    local.answering = lambda _: replace(whole, content=whole.content.replace(b"ECHO", echo))

    assert [paper.paper_id for paper in papers(local, BRAF)] == ["12"]
