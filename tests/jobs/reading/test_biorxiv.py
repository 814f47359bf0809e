"""The source ``biorxiv``: a collection's preprints of the window."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from emmaa_cycle.errors import InputError
from emmaa_cycle.model_config import parse_model_config
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.model.config_file import ConfigFile
from emmaa_jobs.reading.biorxiv import BioRxiv
from emmaa_jobs.reading.interface import Paper, Search, Window
from emmaa_jobs.services.web_service import WebService
from tests.jobs.literature import BioRxivAnswers, days_before
from tests.jobs.local_service import HTML, IMPATIENT, LocalService, Reply, Request

WINDOW = Window(date(2026, 2, 20), date(2026, 3, 2))


@pytest.fixture
def answers() -> BioRxivAnswers:
    newest = days_before(date(2026, 3, 4), 100)
    return BioRxivAnswers(
        {
            "181": {f"10.1101/{day}.{n}": day for day in newest for n in range(4)},
            "500": {
                "10.1101/new.b": "2026-03-02",
                "10.1101/new.A": "2026-02-20",
                "10.1101/old": "2026-02-19",
                "10.1101/later": "2026-03-03",
            },
        }
    )


@pytest.fixture
def local(answers: BioRxivAnswers) -> Iterator[LocalService]:
    with LocalService(answers).running() as service:
        yield service


def papers(
    local: LocalService, collection: str | None = "500", id_type: str = "TRID"
) -> list[Paper]:
    reading: dict[str, Any] = {"main_id_type": id_type}
    if collection:
        reading["collection_id"] = collection
    document = {"search_terms": [], "reading": reading}
    config_file = ConfigFile("m", document, parse_model_config("m", Reply.json(document).content))
    service = WebService("bioRxiv", local.url, patience=IMPATIENT)
    bucket = Bucket("emmaa", client=object())
    return list(BioRxiv(service, service).papers(Search(bucket, config_file, WINDOW, "r")))


def test_collection_gives_its_preprints_of_the_window(local: LocalService) -> None:
    first, second = papers(local)

    assert (first.refs, second.refs) == ({"DOI": "10.1101/NEW.A"}, {"DOI": "10.1101/NEW.B"})
    assert first.paper_id == ""
    assert first.search_terms == [
        {"type": "other", "name": "biorxiv: 500", "search_term": None, "db_refs": {}}
    ]


def test_doi_may_name_the_papers(local: LocalService) -> None:
    assert [p.paper_id for p in papers(local, id_type="DOI")] == ["10.1101/NEW.A", "10.1101/NEW.B"]


def test_covid19_collection_is_read_as_far_back_as_the_window(local: LocalService) -> None:
    found = papers(local, None)

    assert len(found) == 11 * 4
    assert min(paper.refs["DOI"] for paper in found) == "10.1101/2026-02-20.0"
    assert [request.path for request in local.asked] == [
        "/covid19/0/json", "/covid19/30/json", "/covid19/60/json"
    ]  # fmt: skip


def test_short_covid19_collection_ends(local: LocalService, answers: BioRxivAnswers) -> None:
    answers.preprints["181"] = {"10.1101/x": "2026-03-01"}

    assert len(papers(local, None)) == 1
    assert len(local.asked) == 1


def test_empty_days_are_no_error(local: LocalService, answers: BioRxivAnswers) -> None:
    answers.preprints["500"] = {}
    answers.preprints["181"] = {"10.1101/x": "2026-01-01"}

    assert papers(local, "500") == []
    assert papers(local, "181") == []


def test_covid19_collection_is_never_empty(local: LocalService, answers: BioRxivAnswers) -> None:
    answers.preprints["181"] = {}

    with pytest.raises(SourceUnavailableError, match="it has no total above 0"):
        papers(local, "181")


def test_what_is_no_doi_is_a_problem_of_its_own(
    local: LocalService, answers: BioRxivAnswers
) -> None:
    # The INDRA DB fails on a query with such an id.
    answers.preprints["500"]["doi:10.1101/x"] = "2026-03-01"

    bad, *good = papers(local)

    assert len(good) == 2
    assert (bad.where, bad.problem, bad.problem_kind) == (
        "preprint doi:10.1101/x", "bioRxiv names it, but it is not a DOI", "paper"
    )  # fmt: skip


def test_collection_has_a_number(local: LocalService) -> None:
    with pytest.raises(InputError, match=r"reading\.collection_id is 'covid19'"):
        papers(local, "covid19")


@pytest.mark.parametrize("collection", ["181", "500"])
@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        (HTML, "the answer is not JSON"),
        (Reply(b"null", "application/json"), "the answer is no"),
        (Reply.json({"messages": [{"status": "no posts found"}]}), "the answer is no"),
        (
            Reply.json({"messages": [{"total": 2}], "collection": [{}], "rels": [{}]}),
            r"\{\} has no rel_date",
        ),
        (Reply(b'{"rels": [', "application/json"), "the answer is not JSON"),
        (Reply(b"", status=520), "HTTP 520"),
    ],
)
def test_nonsense_is_never_no_news(
    local: LocalService, collection: str, reply: Reply, cause: str
) -> None:
    local.faults = [reply]

    with pytest.raises(SourceUnavailableError, match=cause) as caught:
        papers(local, collection)
    assert f"bioRxiv, GET {local.url}/" in str(caught.value)


def test_page_without_preprints_is_nonsense(local: LocalService) -> None:
    local.faults = [Reply.json({"messages": [{"total": "40"}], "collection": []})]

    with pytest.raises(SourceUnavailableError, match="nothing from 0 on, of 40"):
        papers(local, None)


ODD_FIELDS = [
    {"rel_doi": None},
    {"rel_doi": ""},
    {"rel_doi": 7},
    {"rel_doi": "10.1101/a\x00b"},
    {"rel_doi": "10.1101/a b"},
    {"rel_doi": "10.1101/\ud800"},
    {"rel_doi": ["10.1101/x"]},
    {"rel_date": None},
    {"rel_date": "yesterday"},
    {"rel_date": 20260301},
]


@pytest.mark.parametrize("collection", ["181", "500"])
@pytest.mark.parametrize("odd", [*ODD_FIELDS, None, 3, []])
def test_odd_preprint_costs_itself(
    local: LocalService, answers: BioRxivAnswers, collection: str, odd: object
) -> None:
    fine = {"rel_doi": "10.1101/fine", "rel_date": "2026-03-01", "rel_title": "Fine"}
    item = {**fine, "rel_title": "An odd one", **odd} if isinstance(odd, dict) else odd
    listed = [fine, item, {**fine, "rel_doi": "10.1101/also"}]
    local.answering = lambda _: Reply.json(
        {"messages": [{"total": "3"}], "collection": listed, "rels": listed}
    )

    found = papers(local, collection)

    assert [p.refs["DOI"] for p in found if not p.problem] == ["10.1101/ALSO", "10.1101/FINE"]
    (problem,) = [p for p in found if p.problem]
    assert problem.problem_kind == "paper"
    assert problem.where.startswith("preprint ")


def test_a_page_of_odd_days_alone_costs_itself(local: LocalService) -> None:
    fine = {"rel_doi": "10.1101/fine", "rel_date": "2026-03-01"}
    pages = [[fine], [{**fine, "rel_date": None}], [{**fine, "rel_doi": "10.1101/last"}]]
    local.answering = lambda asked: Reply.json(
        {"messages": [{"total": 3}], "collection": pages[int(asked.path.split("/")[2])]}
    )

    found = papers(local, None)

    assert [p.refs["DOI"] for p in found if not p.problem] == ["10.1101/FINE", "10.1101/LAST"]
    assert [p.where for p in found if p.problem] == ["preprint 10.1101/fine"]


def test_a_list_of_one_odd_preprint_stops_no_update(local: LocalService) -> None:
    local.answering = lambda _: Reply.json({"rels": [{"rel_doi": "10.1/x", "rel_date": "soon"}]})
    (problem,) = papers(local)
    assert problem.problem == "bioRxiv names no day of it (rel_date)"


def test_more_announced_than_listed_is_a_window_not_covered(
    local: LocalService, answers: BioRxivAnswers
) -> None:
    listed = answers.preprints["181"] = {f"10.1101/{n}": "2026-03-01" for n in range(30)}
    page = answers(Request("GET", "/covid19/0/json", {}))
    document = {**json.loads(page.content), "messages": [{"total": "99"}]}
    past = Reply.json({"messages": [{"status": "no posts found"}], "collection": []})
    local.answering = lambda asked: past if "/30/" in asked.path else Reply.json(document)

    *good, gap = sorted(papers(local, None), key=lambda paper: bool(paper.problem))

    assert len(good) == len(listed)
    assert (gap.where, gap.problem_kind) == ("bioRxiv collection 181", "service")
    assert gap.problem == (
        "its list ends at 2026-03-01, so preprints from 2026-02-20 on may be missing: it announces"
        " 99 preprints and names 30; read a window that starts later, or more often"
    )


@pytest.mark.parametrize(
    ("oldest", "count", "covered"),
    [("2026-02-21", 100, False), ("2026-02-20", 100, False), ("2026-02-19", 100, True),
     ("2026-02-21", 99, True)],
)  # fmt: skip
def test_list_that_may_end_at_its_newest_is_named(
    local: LocalService, answers: BioRxivAnswers, oldest: str, count: int, covered: bool
) -> None:
    answers.preprints["500"] = {f"10.1101/{n}": "2026-03-01" for n in range(count - 1)}
    answers.preprints["500"]["10.1101/oldest"] = oldest

    gaps = [paper for paper in papers(local) if paper.problem]

    assert [gap.problem_kind for gap in gaps] == ([] if covered else ["service"])
