"""A file of statements in another bucket, which a model's config names."""

from __future__ import annotations

import json
from typing import Any

import pytest
from indra.statements import Activation, Phosphorylation, Statement

from emmaa_jobs.bucket import Bucket
from emmaa_jobs.model.model_file import load_model
from tests.jobs.known_biology import agent, with_evidence
from tests.jobs.reading_inbox import (
    MODEL,
    ROUND,
    config,
    write_config,
)

OTHER = "curated-statements"
FILE = {"bucket": OTHER, "filename": "ctd.json", "metadata": {"internal": False, "curated": True}}


def braf_mek() -> Statement:
    return with_evidence(Activation(agent("BRAF"), agent("MAP2K1")))


def mek_erk() -> Statement:
    return with_evidence(Phosphorylation(agent("MAP2K1"), agent("MAPK1")))


def egf_egfr() -> Statement:
    return with_evidence(Activation(agent("EGF"), agent("EGFR")), source="ctd")


@pytest.fixture
def other(bucket: Bucket) -> Bucket:
    bucket.client.create_bucket(Bucket=OTHER)
    return Bucket(OTHER, bucket.client)


def configure(bucket: Bucket, *files: dict[str, Any]) -> None:
    document = config("indra_json")
    document["reading"]["other_files"] = list(files)
    write_config(bucket, document)


def put(other: Bucket, *statements: Statement, name: str = "ctd.json") -> None:
    content = json.dumps([statement.to_json() for statement in statements]).encode()
    other.write_bytes(name, content, "application/json")


def texts(bucket: Bucket, date_str: str = ROUND) -> list[str]:
    return sorted(str(item.stmt) for item in load_model(bucket, MODEL, date_str).statements)
