"""A literature model and reader output for it, written by the tests."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from indra.statements import Statement

from emmaa_cycle.dates import parse_round
from emmaa_cycle.s3_layout import config_key, inbox_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.model.config_file import load_config
from emmaa_jobs.reading.interface import Window
from emmaa_jobs.reading.literature import ReadingPlan, ReadingResult, read_literature
from emmaa_jobs.reading.registry import ReadingPair, reading_pairs

MODEL = "reader"
DAY = "2026-03-02"
ROUND = "2026-03-02-17-00-00"
NEXT_ROUND = "2026-03-03-17-00-00"
WINDOW = Window.upto(date(2026, 3, 2))

TERMS = [
    {"type": "gene", "name": "BRAF", "search_term": "BRAF", "db_refs": {"HGNC": "1097"}},
    {"type": "other", "name": "melanoma", "search_term": '"skin cancer"', "db_refs": {}},
]


def config(*readers: str, id_type: str = "DEMO", **sections: Any) -> dict[str, Any]:
    """Return a config whose readers all read the inbox."""
    reading = {
        "reader": list(readers),
        "literature_source": ["s3_inbox"] * len(readers),
        "main_id_type": id_type,
    }
    return {"search_terms": TERMS, "run_daily_update": True, "reading": reading, **sections}


def write_config(bucket: Bucket, document: dict[str, Any]) -> None:
    bucket.write_json(config_key(MODEL), document)


def deliver(
    bucket: Bucket, name: str, content: bytes | str, reader: str = "indra_json", day: str = DAY
) -> str:
    """Put a file into the inbox and return its key."""
    key = inbox_key(MODEL, reader, day, name)
    bucket.write_bytes(key, content.encode() if isinstance(content, str) else content, "text/plain")
    return key


def statement_file(
    paper_id: str | int, statements: Iterable[Statement], id_type: str = "DEMO"
) -> str:
    """INDRA JSON of statements whose evidence is from one paper."""
    documents = []
    for statement in statements:
        for evidence in statement.evidence:
            evidence.text_refs[id_type] = paper_id
        documents.append(statement.to_json())
    return json.dumps(documents)


def left_out(found: ReadingResult) -> list[str]:
    """Return the unusable units: key or name, item if it differs, and reason."""
    return [
        f"{item.where or item.item}: "
        + ("" if item.where.endswith(item.item) or not item.where else f"{item.item}: ")
        + item.reason
        for item in found.left_out
    ]


def read_all(bucket: Bucket, pairs: list[ReadingPair] | None = None) -> ReadingResult:
    """Read what ``WINDOW`` holds.

    :param pairs: sources and readers; those of the config if None
    """
    config_file = load_config(bucket, MODEL)
    pairs = pairs or reading_pairs(config_file)
    plan = ReadingPlan(config_file, pairs, WINDOW, parse_round(ROUND))
    return read_literature(bucket, plan)
