"""A textbook Ras model in a bucket, queries to it, and those who ask them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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

from emmaa_jobs.bucket import Bucket
from emmaa_jobs.db.query_database import QueryDatabase
from emmaa_jobs.db.records import StoredResult
from emmaa_jobs.model.assembled import save_assembled
from emmaa_jobs.model.manager_record import ManagerRecord
from emmaa_jobs.queries.job import answer_subscribed_queries
from emmaa_jobs.queries.query_types import Query, query_from_json, query_model_hash

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

DAY1, DAY2 = "2026-03-01-17-00-00", "2026-03-02-17-00-00"
NOT_HANDLED = {"4022181801": "Statement type not handled"}


def gene(name: str, active: bool = False) -> Agent:
    # Without an activity condition PySB sees no influence between consecutive activations.
    condition = ActivityCondition("activity", True) if active else None
    return Agent(name, activity=condition, db_refs={"HGNC": HGNC[name]})


def reach() -> list[Evidence]:
    return [Evidence(source_api="reach", text_refs={"DEMO": "demo-0001"})]


def activation(subject: str, target: str) -> Statement:
    return Activation(gene(subject, active=subject != "EGF"), gene(target), evidence=reach())


def ras_statements() -> list[Statement]:
    """EGF to MAPK1 along RAF1 alone; BRAF is activated, but leads nowhere."""
    vemurafenib = Agent("vemurafenib", db_refs={"CHEBI": "CHEBI:63637"})
    chain = ["EGF", "EGFR", "SOS1", "KRAS", "RAF1", "MAP2K1", "MAPK1"]
    return [
        *(activation(*pair) for pair in itertools.pairwise(chain)),
        activation("KRAS", "BRAF"),
        Inhibition(vemurafenib, gene("BRAF"), evidence=reach()),
        Inhibition(gene("DUSP6"), gene("MAPK1"), evidence=reach()),
        Phosphorylation(gene("MAP2K1", active=True), gene("MAPK1"), "T", "185", evidence=reach()),
        Dephosphorylation(gene("DUSP6"), gene("MAPK1"), "T", "185", evidence=reach()),
        IncreaseAmount(gene("ELK1"), gene("EGR1"), evidence=reach()),
        DecreaseAmount(gene("DUSP6"), gene("ELK1"), evidence=reach()),
    ]


def braf_map2k1() -> Statement:
    """Return a statement that opens a second path from EGF to MAPK1, as long as the first."""
    return activation("BRAF", "MAP2K1")


def agent(name: str) -> dict[str, Any]:
    return {"name": name, "db_refs": {"HGNC": HGNC.get(name, "5")}}


def path_query(subject: str, target: str, kind: str = "Activation") -> dict[str, Any]:
    roles = {"subj": agent(subject), "obj": agent(target), "obj_activity": "activity"}
    return {"type": "path_property", "path": {"type": kind, **roles}}


def open_query(entity: str, kind: str, role: str, **more: Any) -> dict[str, Any]:
    ends = {"entity": agent(entity), "stmt_type": kind, "entity_role": role}
    return {"type": "open_search_query", **ends, **more}


@dataclass(frozen=True)
class RasModel:
    """The model's rounds in the bucket, and its queries in the database."""

    bucket: Bucket
    database: QueryDatabase

    def write_round(
        self,
        date: str,
        statements: Sequence[Statement],
        mc_types: Sequence[str] = ("signed_graph",),
        query: dict[str, Any] | None = None,
    ) -> None:
        """Write a round as the model manager does.

        :param query: the config's section; limits that let every path of the model be found if None
        """
        save_assembled(self.bucket, MODEL, date, [each.to_json() for each in statements])
        agents = {a.name: a.to_json() for s in statements for a in s.real_agent_list()}
        limits = {"statement_checking": {"max_path_length": 10}}
        config = {
            "search_terms": [],
            "test": {"mc_types": list(mc_types)},
            "query": limits if query is None else query,
        }
        entities = list(agents.values())
        ManagerRecord(MODEL, date, date, list(mc_types), config, entities, []).save(self.bucket)

    def subscribe(self, document: dict[str, Any]) -> int:
        """Register a query with a subscriber and return its hash."""
        user = self.database.add_user("reader@example.org")
        query: Query = query_from_json(document)
        number = query_model_hash(query, MODEL)
        self.database.register_query(number, MODEL, query.to_json(), query.qtype, user, True)
        return number

    def results(self, query: int) -> list[StoredResult]:
        """All answers to a query, by its hash, oldest first."""
        return self.database.results(query)

    def answer(self, date: str | None = None) -> str:
        """Run the job on a round, the newest if None, and return its summary."""
        return answer_subscribed_queries(self.bucket, self.database, MODEL, date)
