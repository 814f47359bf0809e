"""One small model from its statements to a round, as the jobs' tests need it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from indra.statements import Statement

from emmaa_cycle.dates import parse_round
from emmaa_cycle.s3_layout import config_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.model.model_file import ModelFile
from emmaa_jobs.statements.emmaa_statement import EmmaaStatement
from tests.jobs.databases import make_database
from tests.jobs.known_biology import ras_statements

MODEL = "rasmodel"
MODEL_DATE = "2026-03-02-17-00-00"
ROUND = "2026-03-02-17-05-00"

STEPS: list[dict[str, Any]] = [
    {"function": "filter_no_hypothesis"},
    {"function": "map_grounding"},
    {"function": "filter_grounded_only"},
    {"function": "filter_human_only"},
    {"function": "run_preassembly", "kwargs": {"return_toplevel": False}},
    {"function": "filter_belief", "args": [0.5]},
    {"function": "filter_top_level"},
]
TEST = {"mc_types": ["signed_graph"], "test_corpus": ["ras_tests"]}


def write_config(bucket: Bucket, **fields: Any) -> dict[str, Any]:
    """Write the model's config with some fields changed, and return it."""
    document = {
        "search_terms": [],
        "assembly": STEPS,
        "reading": {"reader": None, "main_id_type": "DEMO"},
        "test": TEST,
        "run_daily_tests": True,
        **fields,
    }
    bucket.write_json(config_key(MODEL), document)
    return document


def write_model(
    bucket: Bucket, statements: Iterable[Statement] | None = None, date_str: str = MODEL_DATE
) -> ModelFile:
    """Write a state of the model: the Ras pathway, each statement from a different paper."""
    listed = list(ras_statements() if statements is None else statements)
    papers = [f"demo-{number:04}" for number in range(1, len(listed) + 1)]
    for statement, paper in zip(listed, papers, strict=True):
        for evidence in statement.evidence:
            evidence.text_refs["DEMO"] = paper
    read = parse_round(MODEL_DATE)
    items = [EmmaaStatement(each, read, metadata={"internal": True}) for each in listed]
    model_file = ModelFile(MODEL, date_str, items, papers)
    model_file.save(bucket)
    return model_file


def make_statement_database() -> None:
    """Make the ``stmt`` database of this test, with its tables."""
    make_database("stmt")


def ready_model(bucket: Bucket, **fields: Any) -> Bucket:
    """Return a bucket with the model, its changed config, and the statement database."""
    make_statement_database()
    write_config(bucket, **fields)
    write_model(bucket)
    return bucket
