"""Rules for every service that an update calls: an outage is not a day without news.

Each source runs through the whole update, with each fault, a slow service and an empty day.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import pytest
from indra.statements import Activation, Evidence

import run_model_update as script
from emmaa_cycle.exit_codes import EXIT_UNAVAILABLE
from emmaa_cycle.s3_layout import model_prefix
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.model.model_file import load_model
from emmaa_jobs.services import clients
from emmaa_jobs.services.http_limits import Clock, Patience
from emmaa_jobs.services.web_service import WebService
from tests.jobs.known_biology import agent
from tests.jobs.literature import BioRxivAnswers, IndraDbAnswers, PubMedAnswers
from tests.jobs.local_service import HTML, FakeTime, LocalService, Reply, Request
from tests.jobs.reading.minerva import MAP, Minerva
from tests.jobs.reading_inbox import MODEL, ROUND, TERMS, write_config

DAY, DOI = "2026-03-02", "10.1101/2026.03.02.1"
PUBMED = {"literature_source": "pubmed", "reader": "indra_db_pmid"}
BIORXIV = {"literature_source": "biorxiv", "reader": "indra_db_doi"}
DISEASE_MAP = {"reader": None, "disease_map": MAP}


@dataclass(frozen=True)
class Source:
    """One service, and the config with which an update asks it.

    :param name: how messages name it
    :param variable: the environment variable with its address
    :param found: how many statements the update gets
    """

    name: str
    variable: str
    reading: dict[str, Any]
    found: int = 1


SOURCES = {
    "pubmed": Source("PubMed", "NCBI_EUTILS_URL", PUBMED),
    "biorxiv": Source("bioRxiv", "BIORXIV_URL", {**BIORXIV, "collection_id": "500"}),
    "biorxiv_api": Source("bioRxiv", "BIORXIV_API_URL", {**BIORXIV, "collection_id": "181"}),
    "indra_db_pmid": Source("INDRA DB", "INDRA_DB_REST_URL", PUBMED),
    "indra_db_doi": Source("INDRA DB", "INDRA_DB_REST_URL", {**BIORXIV, "collection_id": "500"}),
    "minerva": Source("MINERVA", "MINERVA_URL", DISEASE_MAP, 4),
    "minerva_files": Source("MINERVA's files", "MINERVA_FILES_URL", DISEASE_MAP, 4),
}
each_source = pytest.mark.parametrize("source", SOURCES.values(), ids=[*SOURCES])

World = dict[str, LocalService]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """All services, by the variable with their address; each has one paper, or the map."""
    db = IndraDbAnswers()
    evidence = [Evidence("reach", text="BRAF activates MEK1.")]
    read = Activation(agent("BRAF"), agent("MAP2K1"), evidence=evidence)
    db.add(read, 7001, pmid="101", doi=DOI)
    preprints = BioRxivAnswers({"500": {DOI: DAY}, "181": {DOI: DAY}})
    minerva = Minerva()
    answering: dict[str, Callable[[Request], Reply]] = {
        "NCBI_EUTILS_URL": PubMedAnswers({"BRAF[tw]": {"101": DAY}, '"skin cancer"[tw]': {}}),
        "BIORXIV_URL": preprints,
        "BIORXIV_API_URL": preprints,
        "INDRA_DB_REST_URL": db,
        "MINERVA_URL": minerva,
        "MINERVA_FILES_URL": minerva,
    }
    monkeypatch.setattr(clients, "CLOCK", FakeTime().clock)
    with ExitStack() as stack:
        found = {}
        for variable, answers in answering.items():
            found[variable] = stack.enter_context(LocalService(answers).running())
            monkeypatch.setenv(variable, found[variable].url)
        yield found


def update(bucket: Bucket, source: Source, date_str: str = ROUND) -> int:
    write_config(bucket, {"search_terms": TERMS, "reading": source.reading})
    return run_job(script.main, ["--model", MODEL, "--date-str", date_str])


AssertOutage = Callable[[Source, str], None]


@pytest.fixture
def assert_outage(bucket: Bucket, capsys: pytest.CaptureFixture[str]) -> AssertOutage:
    """Assert that an update writes nothing, and names the source and why it is unavailable."""

    def check(source: Source, cause: str) -> None:
        assert update(bucket, source) == EXIT_UNAVAILABLE
        assert not [*bucket.keys(model_prefix(MODEL))]
        assert not [*bucket.keys("papers/")]
        said = capsys.readouterr().out.rpartition("unavailable: ")[2]
        assert said.startswith(f"{source.name}, ")
        assert cause in said

    return check


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        (Reply(b"upstream connect error", status=503), "HTTP 503"),
        (HTML, "Down for maintenance"),
    ],
    ids=["error", "page for people"],
)
@each_source
def test_an_error_is_an_outage(
    world: World,
    assert_outage: AssertOutage,
    source: Source,
    reply: Reply,
    cause: str,
) -> None:
    world[source.variable].answering = lambda request: reply

    assert_outage(source, cause)


@each_source
def test_a_service_that_says_nothing_is_an_outage(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    assert_outage: AssertOutage,
    source: Source,
) -> None:
    make = clients.service

    def made(*args: Any, **kwargs: Any) -> WebService:
        service = make(*args, **kwargs)
        hasty = Patience(tries=2, silence=0.1)
        return replace(service, patience=hasty) if service.variable == source.variable else service

    monkeypatch.setattr(clients, "service", made)
    world[source.variable].answering = lambda request: Reply(b"", silent=True)

    assert_outage(source, "no answer within 0.1 s, after 2 tries")


@each_source
def test_an_answer_without_end_is_an_outage(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    assert_outage: AssertOutage,
    source: Source,
) -> None:
    seconds = itertools.count(step=100)
    monkeypatch.setattr(clients, "CLOCK", Clock(lambda: next(seconds), lambda pause: None))
    world[source.variable].answering = lambda request: Reply(b"", endless=True)

    assert_outage(source, "the answer took longer than 600 s")


@each_source
def test_nobody_at_the_address_is_an_outage(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    assert_outage: AssertOutage,
    source: Source,
) -> None:
    monkeypatch.setenv(source.variable, "http://127.0.0.1:9")

    assert_outage(source, "it cannot be reached")


@each_source
def test_a_passing_fault_is_waited_out(bucket: Bucket, world: World, source: Source) -> None:
    busy = Reply(b"busy", status=429, headers={"Retry-After": "2"})
    world[source.variable].faults = [busy, Reply(b"half", cut=2), Reply(b"", status=500)]

    assert update(bucket, source) == 0
    assert len(load_model(bucket, MODEL).statements) == source.found


@each_source
def test_slow_pages_are_waited_for(bucket: Bucket, world: World, source: Source) -> None:
    service = world[source.variable]
    answer = service.answering

    def slowly(request: Request) -> Reply:
        service.over.wait(0.02)
        return answer(request)

    service.answering = slowly

    assert update(bucket, source) == 0
    assert len(load_model(bucket, MODEL).statements) == source.found


@pytest.mark.parametrize("name", ["pubmed", "biorxiv", "biorxiv_api"])
def test_days_without_news_give_a_model_without_news(
    bucket: Bucket, world: World, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """All papers of the services are weeks old."""
    assert update(bucket, SOURCES[name], "2026-05-05-00-00-00") == 0

    assert load_model(bucket, MODEL).statements == []
    assert "0 papers read (0 new), 0 statements found" in capsys.readouterr().out
    assert world["INDRA_DB_REST_URL"].asked == []


@pytest.mark.parametrize("name", ["indra_db_pmid", "indra_db_doi"])
def test_papers_of_which_nothing_is_read_yet_are_no_fault(
    bucket: Bucket, world: World, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world["INDRA_DB_REST_URL"].answering = IndraDbAnswers()

    assert update(bucket, SOURCES[name]) == 0
    assert load_model(bucket, MODEL).statements == []
    assert "0 statements found" in capsys.readouterr().out
