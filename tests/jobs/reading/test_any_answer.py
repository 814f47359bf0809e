"""Answers of any form: each parser uses them or reports an outage, and never fails."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from emmaa_cycle.errors import InputError
from emmaa_cycle.model_config import parse_model_config
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.model.config_file import ConfigFile
from emmaa_jobs.reading.biorxiv import BioRxiv
from emmaa_jobs.reading.disease_map import DiseaseMap, DiseaseMapConfig
from emmaa_jobs.reading.indra_db import IndraDbPmid
from emmaa_jobs.reading.interface import Paper, Search, Window
from emmaa_jobs.reading.pubmed import PubMed
from emmaa_jobs.services.http_limits import retry_after
from emmaa_jobs.services.web_service import Answer, WebService
from emmaa_jobs.stats.titles import PubMedTitles
from tests.jobs.example_counts import examples
from tests.jobs.known_biology import ras_statements
from tests.jobs.literature import BioRxivAnswers, IndraDbAnswers, search_result
from tests.jobs.local_service import Request
from tests.jobs.odd_documents import ANY_BYTES, ANY_JSON, changed
from tests.jobs.reading.minerva import MAP, Minerva

BUCKET = Bucket("emmaa", client=object())
MANY = settings(max_examples=examples(200), deadline=None, suppress_health_check=list(HealthCheck))


@dataclass
class Canned(WebService):
    """A service without a network, which answers as a function says."""

    answering: Callable[[Request], bytes] = field(default=lambda _: b"")

    def _ask(self, method: str, path: str, parameters: Any, body: Any) -> Answer:
        sent = {name: str(value) for name, value in parameters.items()}
        request = Request(method, f"/{path}", sent, body.get("json"))
        return Answer(self, path, self.answering(request))


def canned(answering: Callable[[Request], bytes]) -> Canned:
    return Canned("Tests", "http://127.0.0.1:9", answering=answering)


def search(collection: str) -> Search:
    term = {"type": "gene", "name": "BRAF", "search_term": "BRAF", "db_refs": {}}
    reading = {"main_id_type": "PMID", "collection_id": collection}
    document = {"search_terms": [term], "reading": reading}
    config = ConfigFile("m", document, parse_model_config("m", json.dumps(document)))
    return Search(BUCKET, config, Window(date(2026, 2, 20), date(2026, 3, 2)), "r")


def used(answering: Callable[[Request], bytes]) -> None:
    """Ask every source and reader; each answers, or reports an outage or bad input."""
    service = canned(answering)
    asked: list[Callable[[], Any]] = [
        lambda: list(PubMed(service).papers(search("181"))),
        lambda: list(BioRxiv(service, service).papers(search("181"))),
        lambda: list(BioRxiv(service, service).papers(search("500"))),
        lambda: list(_disease_map(service).collections(BUCKET)),
        lambda: list(
            IndraDbPmid(service).read([Paper("PMID 1", "1", refs={"PMID": "1"})], search("181"))
        ),
    ]
    for ask in asked:
        with contextlib.suppress(SourceUnavailableError, InputError):
            ask()
    PubMedTitles(60, service)({1: {"PMID": "12"}, 2: {"PMID": "13"}})


def _disease_map(service: WebService) -> DiseaseMap:
    return DiseaseMap(DiseaseMapConfig.model_validate(MAP), service, service)


@MANY
@given(content=ANY_BYTES)
def test_any_bytes(content: bytes) -> None:
    used(lambda _: content)


@MANY
@given(document=ANY_JSON)
def test_any_json(document: Any) -> None:
    content = json.dumps(document).encode()
    used(lambda _: content)


def of_indra_db() -> Any:
    answers = IndraDbAnswers()
    for number, statement in enumerate(ras_statements()[:2]):
        answers.add(statement, 7 + number, pmid="1")
    paper = {"class": "FromPapers", "constraint": {"paper_list": [["pmid", "1"]]}}
    query = {"query": {**paper, "inverted": False}, "kwargs": {"ev_limit": 10}}
    return json.loads(answers(Request("POST", "/query/statements", {}, query)).content)


def of_biorxiv(path: str, **parameters: str) -> Any:
    listed = {"10.1101/a": "2026-03-01", "10.1101/b": "2026-02-01"}
    answers = BioRxivAnswers({"181": listed, "500": listed})
    return json.loads(answers(Request("GET", path, parameters)).content)


SUMMARIES = {"result": {"uids": ["12"], "12": {"uid": "12", "title": "A <i>b</i>"}, "13": {}}}


@pytest.mark.parametrize(
    "document",
    [
        of_indra_db(),
        of_biorxiv("/covid19/0/json"),
        of_biorxiv("/relate/collection_json.php", grp="500"),
        SUMMARIES,
    ],
    ids=["indra_db", "covid19", "collection", "summaries"],
)
@MANY
@given(data=st.data())
def test_changed_answer(document: Any, data: st.DataObject) -> None:
    content = json.dumps(data.draw(changed(document))).encode()
    used(lambda _: content)


@MANY
@given(data=st.data())
def test_changed_search_result(data: st.DataObject) -> None:
    content = search_result(2, ["12", "13"]).content
    start = data.draw(st.integers(0, len(content) - 1))
    end = data.draw(st.integers(start, min(start + 9, len(content))))
    noise = data.draw(st.binary(max_size=9))
    used(lambda _: content[:start] + noise + content[end:])


@MANY
@given(data=st.data())
def test_changed_disease_map(data: st.DataObject) -> None:
    minerva = Minerva()
    for part in data.draw(st.sets(st.sampled_from(["projects", "elements", "sif", "rows"]))):
        if part == "projects":
            minerva.projects = data.draw(changed(minerva.projects))
        elif part == "elements":
            minerva.elements[11] = data.draw(changed(minerva.elements[11]))
        elif part == "sif":
            minerva.sif["first_raw.sif"] += data.draw(st.text(max_size=30).filter(_is_utf8))
        else:
            minerva.more_rows = data.draw(st.binary(max_size=30)) + b"\n"

    def answering(asked: Request) -> bytes:
        try:
            return minerva(asked).content
        except (AssertionError, KeyError):  # another project's or model's
            return b"[]"

    with contextlib.suppress(SourceUnavailableError, InputError):
        list(_disease_map(canned(answering)).collections(BUCKET))


def _is_utf8(text: str) -> bool:
    return text.isprintable() or max(text) < "\ud800"


@settings(max_examples=examples(500))
@given(header=st.text(max_size=30) | st.text(alphabet="0123456789:+- MonJanGT,", max_size=40))
@example(header="0\x1f")
@example(header="+99999999999999999999 Jan 9999 00:00:00 GMT Mon, GMT")
def test_any_retry_after(header: str) -> None:
    seconds = retry_after(header)
    assert seconds is None or seconds >= 0
