"""The S3 objects that a cycle must have made, and those that are missing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from emmaa_cycle import s3_layout
from emmaa_cycle.resources import BUCKET
from infra.local.report.results import newest_key


def missing_objects(s3: Any, expected: dict[str, Any], since: datetime) -> list[str]:
    """Every expected object that is not there, by key or prefix.

    :param expected: what the seeder's ``expected`` command says of the day
    :param since: rounds before this moment do not count
    """
    missing = []
    for model, plan in expected["models"].items():
        if plan["action"] != "skip":
            missing += list(_missing_of_model(s3, model, plan, since))
    return missing


def _missing_of_model(s3: Any, model: str, plan: dict[str, Any], since: datetime) -> Iterator[str]:
    if plan["action"] == "update":
        for prefix in (s3_layout.model_prefix(model), s3_layout.paper_ids_prefix(model)):
            if newest_key(s3, prefix, since) is None:
                yield f"{prefix}…"
    manager = newest_key(s3, s3_layout.model_manager_prefix(model), since)
    if manager is None:
        yield f"{s3_layout.model_manager_prefix(model)}…"
        return
    prefix = s3_layout.model_manager_prefix(model)
    round_date = manager.removeprefix(prefix).removesuffix(s3_layout.JSON_GZ)
    for key in round_keys(model, plan, round_date):
        if not _exists(s3, key):
            yield key


def round_keys(model: str, plan: dict[str, Any], round_date: str) -> list[str]:
    """Return the keys of one model's round, from its manager on."""
    keys = [
        s3_layout.assembled_key(model, round_date, ".gz"),
        s3_layout.assembled_key(model, round_date, ".jsonl"),
        s3_layout.latest_assembled_key(model, ".json"),
        s3_layout.latest_assembled_key(model, ".jsonl"),
        s3_layout.model_stats_key(model, round_date),
    ]
    for corpus in plan["corpora"]:
        keys += [
            s3_layout.results_key(model, corpus, round_date),
            s3_layout.paths_key(model, corpus, round_date),
            s3_layout.latest_paths_key(model, corpus),
            s3_layout.corpus_stats_key(model, corpus, round_date),
        ]
    for name, extension in plan.get("exports", {}).items():
        keys.append(s3_layout.export_key(model, name, round_date, extension))
    if plan.get("make_tests"):
        keys.append(s3_layout.corpus_key(s3_layout.model_tests_corpus(model), round_date))
    return keys


def _exists(s3: Any, key: str) -> bool:
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=key, MaxKeys=1)
    return any(item["Key"] == key for item in listed.get("Contents", []))
