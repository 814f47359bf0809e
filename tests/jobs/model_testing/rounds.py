"""Rounds in a bucket, as the model manager leaves them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from indra.statements import Statement

from emmaa_jobs.bucket import Bucket
from emmaa_jobs.model.assembled import save_assembled
from emmaa_jobs.model.corpus import TestCorpus
from emmaa_jobs.model.manager_record import ManagerRecord
from tests.jobs.known_biology import ras_statements

ROUND = "2020-01-02-03-04-05"


def save_round(
    bucket: Bucket,
    statements: Sequence[Statement] | None = None,
    *,
    model: str = "rasmodel",
    date_str: str = ROUND,
    mc_types: Sequence[str] = ("signed_graph",),
    **config: Any,
) -> ManagerRecord:
    """Write a round's statements and its manager, whose config has these fields."""
    found = ras_statements() if statements is None else statements
    agents = {a.name: a for each in found for a in each.real_agent_list()}
    test = {"mc_types": list(mc_types), **config.pop("test", {})}
    record = ManagerRecord(
        model=model,
        date_str=date_str,
        model_date=date_str,
        mc_types=list(mc_types),
        config={"search_terms": [], "test": test, **config},
        entities=[agent.to_json() for agent in agents.values()],
        paper_ids=[],
    )
    save_assembled(bucket, model, date_str, [each.to_json() for each in found])
    record.save(bucket)
    return record


def save_corpus(
    bucket: Bucket, tests: Sequence[Statement], name: str = "textbook_tests", **data: str
) -> None:
    """Write an undated test corpus."""
    TestCorpus(data, [each.to_json() for each in tests]).save(bucket, name)
