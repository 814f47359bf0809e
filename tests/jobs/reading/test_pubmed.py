"""The source ``pubmed``: what the terms find in the window, all of it, or an error."""

from __future__ import annotations

from dataclasses import replace

import pytest

from emmaa_cycle.errors import InputError
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.services import clients
from tests.jobs.literature import (
    PubMedAnswers,
    field_not_found,
    phrase_not_found,
    search_error,
    search_result,
)
from tests.jobs.local_service import HTML, FakeTime, LocalService, Reply
from tests.jobs.reading.pubmed_search import BRAF, MEK, answers, local, papers

__all__ = ["answers", "local"]


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


@pytest.mark.parametrize("status", [400, 413, 414])
def test_a_term_that_pubmed_does_not_take_costs_itself(local: LocalService, status: int) -> None:
    """It stands in the config, so that each later update would end in the same way."""
    local.faults = [Reply(b"<html>Request-URI Too Long</html>", status=status)]
    found = papers(local, {**BRAF, "search_term": "A OR " * 2000}, BRAF)
    assert [paper.where for paper in found if not paper.problem] == ["PMID 12", "PMID 300"]
    (refused,) = [paper for paper in found if paper.problem]
    assert refused.problem_kind == "search term"
    assert f"HTTP {status}" in (refused.problem or "")


def test_pubmed_that_takes_no_term_is_unavailable(local: LocalService) -> None:
    local.faults = [Reply(b"<html>no</html>", status=400)]
    with pytest.raises(SourceUnavailableError, match="HTTP 400"):
        papers(local, BRAF)


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
