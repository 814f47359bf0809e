"""The assets by which Airflow announces a round of a model (docs/assets.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from emmaa_cycle.errors import ODD_CONTENT, InputError
from emmaa_cycle.printable import printable_line
from emmaa_cycle.s3_layout import model_stats_key

#: The alias that has all events of rounds, of any model.
ALIAS = "emmaa_rounds"
_PASSED = "number_passed_tests"
_NAME_LENGTH = 300
#: What Airflow can send between its processes.
_COUNTS = range(2**63)


@dataclass(frozen=True)
class AssetNews:
    """One event of an asset.

    :param uri: the asset; the same one in each round of a model
    :param extra: what the event says of the round, as JSON
    """

    uri: str
    extra: Mapping[str, Any] = field(default_factory=dict)


def state_news(bucket: str, model: str, date: str, key: str) -> AssetNews:
    """Announce the state of a model that a round is made of.

    :param date: the round's ``<dt>``
    :param key: the state's object
    """
    return _news(bucket, "models", model, date, key)


def manager_news(bucket: str, model: str, date: str, key: str) -> AssetNews:
    """Announce a round's model manager, which is the object of this key."""
    return _news(bucket, "results", model, date, key)


def statistics_news(
    bucket: str, model: str, date: str, statistics: Any, corpora: Mapping[str, Any]
) -> AssetNews:
    """Announce a round's statistics.

    :param statistics: the model's
    :param corpora: the statistics of each corpus that has some
    :raises InputError: if the model's are none. A corpus' own fault costs its numbers.
    """
    try:
        delta = statistics["model_delta"]["statements_hashes_delta"]
        numbers = {
            "statements": _count(statistics["model_summary"]["number_of_statements"]),
            "added": len(delta["added"]),
            "removed": len(delta["removed"]),
        }
    except ODD_CONTENT as error:
        raise InputError(f"no model statistics: {type(error).__name__}: {error}") from None
    tests = {corpus: found for corpus, each in corpora.items() if (found := numbers_of_tests(each))}
    key = model_stats_key(model, date)
    return _news(bucket, "model_stats", model, date, key, **numbers, corpora=tests)


def numbers_of_tests(statistics: Any) -> dict[str, Any]:
    """Return applied tests, and passed ones by model type; empty if these are no statistics."""
    try:
        summary = statistics["test_round_summary"]
        parts = {
            printable_line(str(kind), _NAME_LENGTH): part
            for kind, part in summary.items()
            if isinstance(part, dict) and _PASSED in part
        }
        passed = {kind: _count(part[_PASSED]) for kind, part in parts.items()}
        return {"applied": _count(summary["number_applied_tests"]), "passed": passed}
    except ODD_CONTENT:
        return {}


def _count(value: Any) -> int:
    number = int(value)
    if number not in _COUNTS:
        raise ValueError(f"{value!r:.60} is no count")
    return number


def asset_uri(bucket: str, folder: str, model: str) -> str:
    """Return the URI of a model's asset; Airflow takes no name with other than ASCII letters."""
    return f"s3://{bucket}/{folder}/{quote(model, safe='')}"


def _news(bucket: str, folder: str, model: str, date: str, key: str, **more: Any) -> AssetNews:
    extra = {"model": model, "date": date, "key": key, **more}
    return AssetNews(asset_uri(bucket, folder, model), extra)
