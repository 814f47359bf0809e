"""A small model whose days are assembled one after the other."""

from __future__ import annotations

import json
from typing import Any

from emmaa_cycle.s3_layout import assembly_record_key, config_key, inbox_key
from emmaa_jobs.assembly.manager import update_manager
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.db.engine import database_engine
from emmaa_jobs.db.statement_database import StatementDatabase
from emmaa_jobs.reading.update import update_model
from tests.jobs.one_model import STEPS

MODEL = "daily"
DAYS = ("2026-03-02", "2026-03-03", "2026-03-04")
READING = {"reader": "indra_json", "literature_source": "s3_inbox", "main_id_type": "PMID"}
GRAPHS = {"mc_types": ["signed_graph", "unsigned_graph"]}
HGNC = {"BRAF": "1097", "RAF1": "9829", "MAP2K1": "6840", "MAP2K2": "6842", "MAPK1": "6871"}


def deliver(bucket: Bucket, day: str, documents: list[Any]) -> str:
    """Let a day's update read these statements, and return the day's ``<dt>``."""
    bucket.write_encoded(
        inbox_key(MODEL, "indra_json", day, "1.json"), json.dumps(documents).encode()
    )
    update_model(bucket, MODEL, f"{day}-17-00-00")
    return f"{day}-17-00-00"


def write_config(bucket: Bucket, assembly: list[dict[str, Any]] = STEPS, **fields: Any) -> None:
    document = {
        "search_terms": [], "reading": READING, "test": GRAPHS, "assembly": assembly, **fields,
    }  # fmt: skip
    bucket.write_json(config_key(MODEL), document)


def everything(bucket: Bucket) -> dict[str, Any]:
    """All objects by key, and the rows of the statement database in order."""
    found: dict[str, Any] = {key: bucket.read_bytes(key) for key in bucket.keys("")}
    engine = database_engine("stmt")
    database = StatementDatabase(engine)
    for day in database.days(MODEL):
        found[day] = list(database.statements(MODEL, day))
    engine.dispose()
    return found


def remove(bucket: Bucket, key: str) -> None:
    bucket.client.delete_object(Bucket=bucket.name, Key=key)


def assert_same_anew(bucket: Bucket, date_str: str) -> None:
    """Assemble a round once more, without what is known of rounds before, and compare."""
    made = everything(bucket)
    remove(bucket, assembly_record_key(MODEL))
    update_manager(bucket, MODEL, date_str)
    # The record of an older round stays where the newest one has none.
    record = {key: made[key] for key in made.keys() & {assembly_record_key(MODEL)}}
    assert {**record, **everything(bucket)} == made


def activation(subject: str, target: str, sentence: str = "A sentence.") -> dict[str, Any]:
    """Return an Activation of two genes."""
    subj, obj = ({"name": name, "db_refs": {"HGNC": HGNC[name]}} for name in (subject, target))
    evidence = {"source_api": "reach", "text": sentence, "text_refs": {"PMID": "1"}}
    return {"type": "Activation", "subj": subj, "obj": obj, "evidence": [evidence]}


FIRST = [activation("BRAF", "MAP2K1"), activation("RAF1", "MAP2K2"), activation("MAP2K1", "MAPK1")]
SECOND = [activation("BRAF", "MAP2K1", "Another sentence.")]


def make_second_round(bucket: Bucket) -> str:
    date_str = deliver(bucket, DAYS[1], SECOND)
    update_manager(bucket, MODEL, date_str)
    return date_str
