"""A search of a PubMed on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from emmaa_cycle.model_config import parse_model_config
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.model.config_file import ConfigFile
from emmaa_jobs.reading.interface import Paper, Search, Window
from emmaa_jobs.reading.pubmed import PubMed
from emmaa_jobs.services.web_service import WebService
from tests.jobs.literature import (
    PubMedAnswers,
)
from tests.jobs.local_service import IMPATIENT, FakeTime, LocalService, Reply

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
