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
from infra.local.seed.ekb import write_ekb
from infra.local.seed.facts import parse_fact
from tests.jobs.known_biology import ras_statements
from tests.jobs.odd_documents import ANY_BYTES, ANY_JSON, TEXTS
from tests.jobs.update.test_sparser_and_bel import PHOSPHORYLATION, example

READERS: list[Callable[[], FileReader]] = [Bel, IndraJson, Reach, Sparser, Trips]
CONFIG = ModelConfig.model_validate({"search_terms": [], "reading": {"main_id_type": "PMID"}})
EKB = write_ekb([parse_fact("BRAF activates MEK"), parse_fact("MEK phosphorylates ERK")])
REACH = {
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
MANY = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))


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


@pytest.mark.parametrize("reader", [Bel, IndraJson])
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
