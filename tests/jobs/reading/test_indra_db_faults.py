"""An answer of the INDRA DB that makes no sense is named, and is never no news."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from emmaa_cycle.model_config import ModelConfig, Reading
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.reading.acceptance import accept
from tests.jobs.literature import IndraDbAnswers
from tests.jobs.local_service import HTML, LocalService, Reply, Request
from tests.jobs.reading.indra_db_readings import braf_mek, by_pmid, mek_erk, read

DATE = datetime(2026, 3, 2, tzinfo=UTC)


def test_statement_that_indra_does_not_know_costs_itself(
    db: IndraDbAnswers, db_service: LocalService
) -> None:
    db.add(braf_mek(), 7, pmid="101")
    db.add(mek_erk(), 8, pmid="101")
    for document in db._statements.values():
        if document["type"] == "Phosphorylation":
            document["type"] = "Telepathy"

    (paper,) = read(db_service, by_pmid("101"))
    accepted = accept(
        paper, ModelConfig(search_terms=[], reading=Reading(main_id_type="PMID")), DATE
    )

    assert [str(item.stmt) for item in accepted.statements] == ["Activation(BRAF(), MAP2K1())"]
    (left_out,) = accepted.left_out
    assert (left_out.item, left_out.where) == ("Telepathy(MAP2K1, MAPK1)", "PMID 101")
    assert left_out.reason == "INDRA knows no statement type 'Telepathy'"


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        (HTML, "the answer is not JSON"),
        (Reply.json([]), "it has no object `results`"),
        (Reply.json({"result": "failure"}), "it has no object `results`"),
        (Reply.json({"results": []}), "it has no object `results`"),
        (
            Reply.json({"results": {"1": {"type": "Activation"}}}),
            "no statement with a list of evid",
        ),
        (Reply.json({"results": {"1": None, "2": 3}}), "no statement with a list of evidence"),
        (Reply.json({"results": {}, "next_offset": 0}), "next_offset is 0"),
        (Reply.json({"results": {}, "next_offset": "500"}), "next_offset is '500'"),
        (Reply(b'{"results": {"1', "application/json"), "the answer is not JSON"),
    ],
)
def test_nonsense_is_never_no_news(db_service: LocalService, reply: Reply, cause: str) -> None:
    db_service.faults = [reply]

    with pytest.raises(SourceUnavailableError, match=cause) as caught:
        read(db_service, by_pmid("101"))
    assert f"INDRA DB, POST {db_service.url}/query/statements" in str(caught.value)


@pytest.mark.parametrize("fault", [Reply(b"", status=504), Reply(b"half", cut=2)])
def test_passing_fault_is_passed_over(
    db: IndraDbAnswers, db_service: LocalService, fault: Reply
) -> None:
    db.add(braf_mek(), 7, pmid="101")
    db_service.faults = [fault]

    assert len(read(db_service, by_pmid("101"))[0].statements) == 1


def test_lasting_fault_is_told(db_service: LocalService) -> None:
    db_service.faults = [Reply(b"Endpoint request timed out", status=504)] * 2

    with pytest.raises(SourceUnavailableError, match=r"HTTP 504 .*timed out', after 2 tries"):
        read(db_service, by_pmid("101"))


FINE = {"pmid": "101", "source_api": "reach", "text": "Made up.", "text_refs": {"PMID": "101"}}


@pytest.mark.parametrize(
    "odd",
    [
        None, 3, "text", [], {}, {"type": "Activation"}, {"evidence": None}, {"evidence": [None]},
        {"evidence": [{**FINE, "text_refs": 7}]}, {"evidence": [{**FINE, "annotations": [1]}]},
        {"evidence": [{"pmid": "101", "text_refs": {"PMID": []}, "annotations": {"agents": 3}}]},
    ],
)  # fmt: skip
def test_odd_statement_costs_itself(
    db: IndraDbAnswers, db_service: LocalService, odd: object
) -> None:
    db.add(braf_mek(), 7, pmid="101")
    db.add(mek_erk(), 8, pmid="102")

    def answer(request: Request) -> Reply:
        document = json.loads(db(request).content)
        return Reply.json({**document, "results": {**document["results"], "7": odd}})

    db_service.answering = answer
    config = ModelConfig(search_terms=[], reading=Reading(main_id_type="PMID"))

    found = [accept(paper, config, DATE) for paper in read(db_service, by_pmid("101", "102"))]

    assert [[str(item.stmt) for item in each.statements] for each in found] == [
        ["Activation(BRAF(), MAP2K1())"], ["Phosphorylation(MAP2K1(), MAPK1(), T, 185)"]
    ]  # fmt: skip
    assert any(each.left_out for each in found)
