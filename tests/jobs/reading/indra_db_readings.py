"""Statements for the INDRA DB, and what its readers give of them."""

from __future__ import annotations

from indra.statements import Activation, Evidence, Phosphorylation, Statement

from emmaa_jobs.reading.indra_db import IndraDbPmid
from emmaa_jobs.reading.interface import Paper, Read
from emmaa_jobs.services.web_service import WebService
from tests.jobs.known_biology import agent
from tests.jobs.local_service import IMPATIENT, LocalService


def braf_mek(text: str = "BRAF activates MEK1.") -> Statement:
    evidence = Evidence("reach", text=text, annotations={"found_by": "a_rule"})
    return Activation(agent("BRAF"), agent("MAP2K1"), evidence=[evidence])


def mek_erk() -> Statement:
    evidence = Evidence("sparser", text="MEK1 phosphorylates ERK2.", epistemics={"direct": True})
    return Phosphorylation(agent("MAP2K1"), agent("MAPK1"), "T", "185", evidence=[evidence])


def service(db_service: LocalService) -> WebService:
    """Return a client of the INDRA DB that gives up soon."""
    return WebService("INDRA DB", db_service.url, key="k", patience=IMPATIENT)


def by_pmid(*pmids: str) -> list[Paper]:
    return [Paper(f"PMID {pmid}", refs={"PMID": pmid}) for pmid in pmids]


def read(db_service: LocalService, papers: list[Paper], batch: int = 50) -> list[Read]:
    """Return the output of the reader by PMID for these papers."""
    return list(IndraDbPmid(service(db_service), batch).read(papers, None))  # type: ignore[arg-type]
