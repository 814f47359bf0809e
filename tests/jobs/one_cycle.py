"""Two days of the cycle on a small model, by the scripts' own ``main`` and one job at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from typing import Any

import pytest
from indra.statements import stmts_to_json
from sqlalchemy import MetaData, select

from emmaa_cycle.s3_layout import config_key, inbox_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.db.engine import database_engine
from emmaa_jobs.db.location import DATABASE_NAMES, DatabaseName
from emmaa_jobs.db.query_database import QueryDatabase
from emmaa_jobs.model.corpus import TestCorpus
from emmaa_jobs.queries.query_types import query_from_json, query_model_hash
from emmaa_jobs.statements.identity import content_id
from infra.local.seed.data.facts import parse_fact
from infra.local.seed.ekb import write_ekb
from infra.local.seed.statements import make_statement
from tests.jobs.databases import make_database
from tests.jobs.known_biology import agent
from tests.jobs.one_model import STEPS

MODEL, CORPUS = "rasmodel", "ras_tests"
DAYS = ("2026-03-02", "2026-03-03")
UPDATES = tuple(f"{day}-17-00-00" for day in DAYS)
ROUNDS = tuple(f"{day}-17-05-00" for day in DAYS)
#: By day and paper: a family and its member, a fact in two papers, a paper with nothing new.
PAPERS: dict[str, dict[str, list[str]]] = {
    DAYS[0]: {
        "demo-0001": ["BRAF phosphorylates MAP2K1 on S218", "SOS1 activates KRAS"],
        "demo-0002": ["BRAF phosphorylates MAP2K1", "SOS1 activates RAS"],
        "demo-0003": ["vemurafenib inhibits BRAF", "EGFR binds GRB2"],
    },
    DAYS[1]: {
        "demo-0004": ["KRAS activates BRAF", "BRAF activates MAP2K1", "SOS1 activates KRAS"],
        "demo-0005": ["MAP2K1 activates MAPK1"],
    },
}
TESTS = (
    "SOS1 activates MAP2K1", "KRAS activates MAP2K1", "vemurafenib inhibits MAP2K1",
    "MAP2K1 activates SOS1", "EGFR binds GRB2", "BRAF phosphorylates MAP2K1", "TP53 activates KRAS",
)  # fmt: skip
#: Bound complexes are left out of the simulated model, as configs do.
DYNAMIC_STEPS = [
    {"function": "filter_by_type", "args": [{"stmt_type": "Complex"}], "kwargs": {"invert": True}}
]
_ENTITY = {key: agent(key).to_json() for key in ("SOS1", "KRAS", "TP53", "BRAF", "MAP2K1")}
QUERIES: tuple[dict[str, Any], ...] = (
    {"type": "path_property", "path": {"type": "Activation", "subj": _ENTITY["SOS1"],
     "obj": _ENTITY["MAP2K1"], "obj_activity": "activity", "id": content_id("applicable")}},
    {"type": "path_property", "path": {"type": "Activation", "subj": _ENTITY["TP53"],
     "obj": _ENTITY["KRAS"], "obj_activity": "activity", "id": content_id("not applicable")}},
    {"type": "open_search_query", "entity": _ENTITY["KRAS"], "stmt_type": "Activation",
     "entity_role": "subject"},
)  # fmt: skip
SIMULATIONS: tuple[dict[str, Any], ...] = (
    {"type": "dynamic_property", "pattern_type": "eventual_value",
     "entity": {**_ENTITY["MAP2K1"], "activity": {"activity_type": "activity", "is_active": True}},
     "quantity": {"type": "qualitative", "value": "high"}},
    {"type": "simple_intervention_property", "condition_entity": _ENTITY["SOS1"],
     "target_entity": {**_ENTITY["MAP2K1"],
                       "activity": {"activity_type": "activity", "is_active": True}},
     "direction": "up"},
)  # fmt: skip


def config(*mc_types: str, **fields: Any) -> dict[str, Any]:
    """Return the config of a model that reads its inbox; a ``dynamic`` type is simulated."""
    add_activities = {"function": "add_missing_activities"}
    assembly: dict[str, Any] = {"main": [*STEPS, add_activities]}
    if "dynamic" in mc_types:
        assembly["dynamic"] = DYNAMIC_STEPS
    return {
        "human_readable_name": "Ras model",
        "search_terms": [],
        "assembly": assembly,
        "reading": {"reader": "trips", "literature_source": "s3_inbox", "main_id_type": "DEMO"},
        "test": {"mc_types": mc_types, "test_corpus": [CORPUS]},
        "make_tests": True,
        "run_daily_update": True,
        **fields,
    }


def prepare(
    bucket: Bucket, document: Mapping[str, Any], queries: Iterable[dict[str, Any]] = QUERIES
) -> None:
    """Make databases, and give the model its config, papers, corpus and subscribers."""
    make_database()
    bucket.write_json(config_key(MODEL), document)
    for day, papers in PAPERS.items():
        for paper, facts in papers.items():
            content = write_ekb([parse_fact(fact) for fact in facts])
            bucket.write_bytes(inbox_key(MODEL, "trips", day, f"{paper}.ekb"), content, "text/xml")
    tests = [make_statement(parse_fact(text)) for text in TESTS]
    for test in tests:
        test.uuid = content_id(test.get_hash())  # INDRA's own would be another each time
    TestCorpus({"name": "Ras tests", "description": "Textbook."}, stmts_to_json(tests)).save(
        bucket, CORPUS
    )
    database = QueryDatabase(database_engine("primary"))
    user = database.add_user("reader@example.org")
    database.subscribe_to_model(user, MODEL)
    for each in queries:
        query = query_from_json(each)
        number = query_model_hash(query, MODEL)
        database.register_query(number, MODEL, query.to_json(), query.qtype, user, True)


@dataclass(frozen=True)
class Job:
    """One job of a day.

    :param trigger: the kind of key whose upload starts what follows, if there is one
    """

    name: str
    script: str
    flags: tuple[str, ...]
    trigger: str = ""

    def run(self) -> str:
        """Run it in this process, in a time that is always the same."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("emmaa_jobs.overview.this_job.process_seconds", lambda: 12.5)
            summary: str = import_module(self.script).main(["--model", MODEL, *self.flags])
        return summary


def jobs(day: int) -> tuple[Job, ...]:
    """Return the jobs of a day, in order, each pinned to its date."""
    pinned = ("--date-str", ROUNDS[day])
    model_date = ("--model-date", UPDATES[day])
    corpus = ("--tests", CORPUS)
    stats = partial(Job, script="run_model_stats_from_s3")
    return (
        Job("update", "run_model_update", ("--date-str", UPDATES[day]), "models/rasmodel/model_"),
        Job(
            "manager",
            "update_model_manager",
            (*pinned, *model_date),
            "results/rasmodel/model_manager_",
        ),
        stats("model statistics", flags=("--stats_mode", "model", *pinned)),
        Job("tests", "run_model_tests_from_s3", (*corpus, *pinned)),
        stats("test statistics", flags=("--stats_mode", "tests", *corpus, *pinned)),
        Job("queries", "answer_queries_from_s3", pinned),
        Job("tests of the model", "model_to_tests", pinned),
    )


@dataclass(frozen=True)
class State:
    """All that the jobs keep.

    :param objects: content of each object, by key
    :param rows: the rows of each table, without their ids, in order
    """

    objects: dict[str, bytes]
    rows: dict[str, list[dict[str, Any]]]

    @classmethod
    def of(cls, bucket: Bucket) -> State:
        """Return the current state."""
        listed = bucket.client.get_paginator("list_objects_v2").paginate(Bucket=bucket.name)
        items = [item for page in listed for item in page.get("Contents", [])]
        objects = {item["Key"]: _content(bucket, item["Key"], item["ETag"]) for item in items}
        return cls(objects, dict(_tables()))


@cache
def _content(bucket: Bucket, key: str, _etag: str) -> bytes:
    """Read an object once: another content has another ETag."""
    return bucket.read_bytes(key)


def _tables() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for name in DATABASE_NAMES:
        for table, rows in _rows(name):
            yield f"{name}.{table}", sorted(rows, key=lambda row: json.dumps(row, default=str))


def _rows(name: DatabaseName) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    from emmaa_jobs.db.primary_tables import PrimaryBase
    from emmaa_jobs.db.statement_tables import StatementBase

    metadata: MetaData = {"primary": PrimaryBase, "stmt": StatementBase}[name].metadata
    engine = database_engine(name)
    with engine.connect() as connection:
        for table in metadata.sorted_tables:
            columns = [column for column in table.columns if column.name != "id"]
            rows = connection.execute(select(*columns)).mappings()
            yield table.name, [dict(row) for row in rows]
    engine.dispose()
