"""Files of any content: each reader uses them or says why not, and never fails."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from emmaa_cycle.left_out import LeftOut
from emmaa_cycle.model_config import ModelConfig
from emmaa_jobs.reading.acceptance import accept
from emmaa_jobs.reading.bel import Bel
from emmaa_jobs.reading.file_reader import FileReader
from emmaa_jobs.reading.indra_json import IndraJson
from emmaa_jobs.reading.interface import Paper, Read
from emmaa_jobs.reading.reach import Reach
from emmaa_jobs.reading.sparser import Sparser
from emmaa_jobs.reading.trips import Trips
from infra.local.seed.data.facts import parse_fact
from infra.local.seed.ekb import write_ekb
from tests.jobs.example_counts import examples
from tests.jobs.known_biology import ras_statements
from tests.jobs.odd_documents import ANY_BYTES, ANY_JSON, TEXTS, changed
from tests.jobs.reading.test_bel import example
from tests.jobs.reading.test_sparser import PHOSPHORYLATION

READERS: list[Callable[[], FileReader]] = [Bel, IndraJson, Reach, Sparser, Trips]
CONFIG = ModelConfig.model_validate({"search_terms": [], "reading": {"main_id_type": "PMID"}})
EKB = write_ekb([parse_fact("BRAF activates MEK"), parse_fact("MEK phosphorylates ERK")])
REACH: dict[str, Any] = {
    "events": {
        "object-type": "frame-collection",
        "frames": [
            {
                "frame-type": "event-mention", "frame-id": "evem-1", "type": "activation",
                "subtype": "positive-activation", "sentence": "sent-1", "verbose-text": "A b C.",
                "found-by": "rule", "is-direct": True,
                "arguments": [
                    {"type": "controller", "argument-type": "entity", "arg": "ent-1", "text": "A"},
                    {"type": "controlled", "argument-type": "entity", "arg": "ent-2", "text": "C"},
                ],
            }
        ],
    },
    "entities": {
        "frames": [
            {
                "frame-type": "entity-mention", "frame-id": f"ent-{number}", "type": "protein",
                "text": name, "xrefs": [{"namespace": "uniprot", "id": accession}],
                "start-pos": {"offset": 0}, "end-pos": {"offset": 1},
            }
            for number, name, accession in [(1, "BRAF", "P15056"), (2, "MEK1", "Q02750")]
        ]
    },
    "sentences": {"frames": [{"frame-id": "sent-1", "text": "BRAF activates MEK1."}]},
}  # fmt: skip
INDRA = [statement.to_json() for statement in ras_statements()[:2]]
MANY = settings(max_examples=examples(200), deadline=None, suppress_health_check=list(HealthCheck))


def read(reader: Callable[[], FileReader], content: bytes) -> Read:
    """Read a file and take in what it holds; neither fails."""
    (found,) = reader().read([Paper("inbox/1.x", "1", content=lambda: content)], None)  # type: ignore[arg-type]
    assert found.problem is None or found.problem.strip()
    assert all(isinstance(item, LeftOut) for item in found.left_out)
    if found.problem is None:
        accept(found, CONFIG, datetime(2026, 3, 2, tzinfo=UTC))
    return found


@pytest.mark.parametrize("reader", READERS)
@MANY
@given(content=ANY_BYTES)
def test_any_bytes(reader: Callable[[], FileReader], content: bytes) -> None:
    read(reader, content)


@pytest.mark.parametrize("reader", READERS)
@MANY
@given(document=ANY_JSON | st.lists(st.dictionaries(st.just("type") | TEXTS, ANY_JSON)))
def test_any_json(reader: Callable[[], FileReader], document: Any) -> None:
    read(reader, gzip.compress(json.dumps(document).encode()))


def test_the_unchanged_files_are_used() -> None:
    files: list[tuple[Callable[[], FileReader], bytes]] = [
        (Bel, example("braf_graph").encode()),
        (IndraJson, json.dumps(INDRA).encode()),
        (Reach, json.dumps(REACH).encode()),
        (Sparser, json.dumps([PHOSPHORYLATION]).encode()),
        (Trips, EKB),
    ]
    for reader, content in files:
        found = read(reader, content)
        assert found.statements
        assert not found.left_out


@MANY
@given(document=changed(REACH))
def test_changed_reach(document: Any) -> None:
    read(Reach, json.dumps(document).encode())


@MANY
@given(document=changed([PHOSPHORYLATION, PHOSPHORYLATION]))
def test_changed_sparser(document: Any) -> None:
    read(Sparser, json.dumps(document).encode())


@MANY
@given(document=changed(INDRA))
def test_changed_indra_json(document: Any) -> None:
    read(IndraJson, json.dumps(document).encode())


@settings(MANY, max_examples=examples(100))
@given(document=changed(json.loads(example("braf_graph"))))
def test_changed_bel(document: Any) -> None:
    read(Bel, json.dumps(document).encode())


@MANY
@given(data=st.data())
def test_changed_ekb(data: st.DataObject) -> None:
    root = etree.fromstring(EKB)
    for _ in range(data.draw(st.integers(1, 3))):
        element = data.draw(st.sampled_from(list(root.iter("*"))))
        names = st.sampled_from(["id", "type", "role", "dbid", *element.attrib])
        xml_text = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF), max_size=9)
        what = data.draw(st.integers(0, 3))
        if what == 0 and element.getparent() is not None:
            element.getparent().remove(element)
        elif what == 1:
            element.attrib.pop(data.draw(names), None)
        elif what == 2:
            element.attrib[data.draw(names)] = data.draw(xml_text)
        else:
            element.text = data.draw(xml_text)
    read(Trips, etree.tostring(root, encoding=data.draw(st.sampled_from(["utf-8", "utf-16"]))))


@MANY
@given(position=st.integers(0, len(EKB) - 1), byte=st.integers(0, 255))
def test_ekb_with_another_byte(position: int, byte: int) -> None:
    read(Trips, EKB[:position] + bytes([byte]) + EKB[position + 1 :])
