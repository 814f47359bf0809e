"""A textbook Ras model in the bucket, and a query database with subscribers."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from indra.statements import (
    Activation,
    ActivityCondition,
    Agent,
    DecreaseAmount,
    Dephosphorylation,
    Evidence,
    IncreaseAmount,
    Inhibition,
    Phosphorylation,
    Statement,
)
from sqlalchemy import make_url

from emmaa_jobs.assembled import save_assembled
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.db.migrate import migrate
from emmaa_jobs.db.query_database import QueryDatabase
from emmaa_jobs.manager_record import ManagerRecord
from emmaa_jobs.queries.query_types import Query, query_from_json, query_model_hash
from tests.jobs.databases import opened

MODEL = "rasmodel"
HGNC = {
    "EGF": "3229",
    "EGFR": "3236",
    "SOS1": "11187",
    "KRAS": "6407",
    "RAF1": "9829",
    "BRAF": "1097",
    "MAP2K1": "6840",
    "MAPK1": "6871",
    "DUSP6": "3072",
    "ELK1": "3321",
    "EGR1": "3238",
}


def gene(name: str, active: bool = False) -> Agent:
    # Without an activity condition PySB sees no influence between consecutive activations.
    condition = ActivityCondition("activity", True) if active else None
    return Agent(name, activity=condition, db_refs={"HGNC": HGNC[name]})


def told() -> list[Evidence]:
    return [Evidence(source_api="reach", text_refs={"DEMO": "demo-0001"})]


def activation(subject: str, target: str) -> Statement:
    return Activation(gene(subject, active=subject != "EGF"), gene(target), evidence=told())


def ras_statements() -> list[Statement]:
    """EGF to MAPK1 along RAF1 alone; BRAF is activated, but leads nowhere."""
    vemurafenib = Agent("vemurafenib", db_refs={"CHEBI": "CHEBI:63637"})
    chain = ["EGF", "EGFR", "SOS1", "KRAS", "RAF1", "MAP2K1", "MAPK1"]
    return [
        *(activation(*pair) for pair in itertools.pairwise(chain)),
        activation("KRAS", "BRAF"),
        Inhibition(vemurafenib, gene("BRAF"), evidence=told()),
        Inhibition(gene("DUSP6"), gene("MAPK1"), evidence=told()),
        Phosphorylation(gene("MAP2K1", active=True), gene("MAPK1"), "T", "185", evidence=told()),
        Dephosphorylation(gene("DUSP6"), gene("MAPK1"), "T", "185", evidence=told()),
        IncreaseAmount(gene("ELK1"), gene("EGR1"), evidence=told()),
        DecreaseAmount(gene("DUSP6"), gene("ELK1"), evidence=told()),
    ]


@pytest.fixture
def ras() -> list[Statement]:
    return ras_statements()


@pytest.fixture
def braf_map2k1() -> Statement:
    """What opens a second path from EGF to MAPK1, as long as the first."""
    return activation("BRAF", "MAP2K1")


WriteRound = Callable[..., ManagerRecord]


@pytest.fixture
def write_round(bucket: Bucket) -> WriteRound:
    def write(
        date: str,
        statements: Sequence[Statement],
        mc_types: Sequence[str] = ("signed_graph",),
        query: dict[str, Any] | None = None,
    ) -> ManagerRecord:
        save_assembled(bucket, MODEL, date, [statement.to_json() for statement in statements])
        agents = {a.name: a.to_json() for s in statements for a in s.real_agent_list()}
        limits = {"statement_checking": {"max_path_length": 10}}
        config = {
            "search_terms": [],
            "test": {"mc_types": list(mc_types)},
            "query": limits if query is None else query,
        }
        entities = list(agents.values())
        record = ManagerRecord(MODEL, date, date, list(mc_types), config, entities, [])
        record.save(bucket)
        return record

    return write


@pytest.fixture
def database(databases: None) -> Iterator[QueryDatabase]:
    migrate("primary", make_url(os.environ["EMMAADBPRIMARY"]))
    yield from opened(QueryDatabase)


Subscribe = Callable[[dict[str, Any]], int]


@pytest.fixture
def subscribe(database: QueryDatabase) -> Subscribe:
    """Register a query with a subscriber and return its hash."""
    user = database.add_user("reader@example.org")

    def register(document: dict[str, Any]) -> int:
        query: Query = query_from_json(document)
        number = query_model_hash(query, MODEL)
        database.register_query(number, MODEL, query.to_json(), query.qtype, user, True)
        return number

    return register


def agent(name: str) -> dict[str, Any]:
    return {"name": name, "db_refs": {"HGNC": HGNC.get(name, "5")}}


@pytest.fixture
def path_query() -> Callable[..., dict[str, Any]]:
    def document(subject: str, target: str, kind: str = "Activation") -> dict[str, Any]:
        roles = {"subj": agent(subject), "obj": agent(target), "obj_activity": "activity"}
        return {"type": "path_property", "path": {"type": kind, **roles}}

    return document


@pytest.fixture
def open_query() -> Callable[..., dict[str, Any]]:
    def document(entity: str, kind: str, role: str, **more: Any) -> dict[str, Any]:
        ends = {"entity": agent(entity), "stmt_type": kind, "entity_role": role}
        return {"type": "open_search_query", **ends, **more}

    return document
