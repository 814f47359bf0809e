"""Readers: what they take of their source, and what they say of what they cannot take."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import pytest
from indra.statements import Activation, Evidence

from emmaa_jobs.bucket import Bucket
from emmaa_jobs.reading.interface import Paper, Read, Search
from emmaa_jobs.reading.reach import Reach
from emmaa_jobs.reading.registry import ReadingPair
from emmaa_jobs.reading.trips import Trips
from infra.local.seed.data.facts import parse_fact
from infra.local.seed.ekb import write_ekb
from tests.jobs.known_biology import agent
from tests.jobs.reading_inbox import config, deliver, left_out, read_all, write_config


@pytest.mark.parametrize(
    ("reader", "content", "fault"),
    [
        ("trips", b"<ekb><unclosed>", "it is not XML"),
        ("trips", b"", "it is not XML"),
        ("trips", b"<html><body>Service unavailable</body></html>", "<html>, not a TRIPS <ekb>"),
        ("trips", b"<ekb>\n<a>\n</b></ekb>", "it is not XML: line 3, column 4: Opening and ending"),
        ("trips", b"<ekb><EVENT/></ekb>", "<EVENT id=None>, line 1: INDRA cannot process it"),
        ("trips", b"\xff\xfe\x00", "it is not XML: line 1"),
        ("reach", b"\xff\xfe\x00", "it is not UTF-8 text"),
        ("reach", b"[" * 100_000, "nested deeper than 100 levels"),
        ("sparser", b'[{"a":' * 60 + b"1" + b"}]" * 60, "item 0: it is not Sparser's output"),
        ("reach", b"{", "it is not JSON"),
        ("reach", b"[]", "no list sentences.frames"),
        ("reach", b'{"sentences": {"frames": []}}', "no list entities.frames"),
        ("indra_json", b"<ekb/>", "it is not JSON"),
        ("indra_json", b"{}", "it holds a JSON dict, not a list"),
        ("indra_json", b"[1]", "item 0, int: it is a JSON int, not an object"),
    ],
)
def test_broken_output_is_named(bucket: Bucket, reader: str, content: bytes, fault: str) -> None:
    write_config(bucket, config(reader))
    key = deliver(bucket, "demo-0001.x", content, reader)

    (broken,) = left_out(read_all(bucket))

    assert broken.startswith(f"{key}: ")
    assert fault in broken


def test_document_id_of_trips_is_no_pmid() -> None:
    ekb = write_ekb([parse_fact("BRAF activates MEK")]).decode().replace("<ekb>", '<ekb id="1234">')

    (statement,) = Trips().parse(ekb)

    assert statement.evidence[0].pmid is None
    assert statement.evidence[0].text_refs == {}


def test_output_without_statements_is_normal() -> None:
    assert Trips().parse("<ekb/>") == []
    assert (
        Reach().parse(
            json.dumps({part: {"frames": []} for part in ("events", "entities", "sentences")})
        )
        == []
    )


def test_lower_case_id_type_survives_indras_repairs(bucket: Bucket) -> None:
    write_config(bucket, config("trips", id_type="pii"))
    deliver(bucket, "S1234.ekb", write_ekb([parse_fact("BRAF activates MEK")]), "trips")

    (item,) = read_all(bucket).statements

    assert item.stmt.evidence[0].text_refs == {"pii": "S1234"}
    assert item.stmt.evidence[0].annotations["pii"] == "S1234"  # as the original does


class _SearchedSource:
    """A source that searches, and finds one paper."""

    def papers(self, search: Search) -> Iterator[Paper]:
        term = search.config_file.config.search_terms[0].model_dump()
        yield Paper("PMID 5", "5", search_terms=[term])


class _ServiceReader:
    """A reader that asks a service."""

    def read(self, papers: Iterable[Paper], search: Search) -> Iterator[Read]:
        for paper in papers:
            evidence = Evidence(source_api="reach", text="x", pmid=str(paper.paper_id))
            statement = Activation(agent("MAP2K1"), agent("MAPK1"), evidence=[evidence])
            yield Read(paper, [statement])


def test_terms_of_a_source_that_searches_are_kept(bucket: Bucket) -> None:
    write_config(bucket, config("indra_json", id_type="PMID"))

    found = read_all(bucket, [ReadingPair(_SearchedSource(), _ServiceReader(), "service")])

    (item,) = found.statements
    assert [term["name"] for term in item.search_terms] == ["BRAF"]
    assert found.paper_ids == {"5"}


def test_file_reader_needs_files(bucket: Bucket) -> None:
    write_config(bucket, config("indra_json"))

    found = read_all(bucket, [ReadingPair(_SearchedSource(), Trips(), "trips")])

    assert left_out(found) == ["PMID 5: Trips reads files, and there is none"]
