"""Rounds of one model on three days, and their statistics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from emmaa_cycle.s3_layout import (
    model_stats_key,
)
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.stats.model_stats import make_model_stats

MODEL = "rasmodel"
DAY1, DAY2, DAY3 = (f"2026-03-0{day}-17-00-00" for day in (1, 2, 3))


@pytest.fixture
def stats_of(bucket: Bucket) -> Callable[[str], dict[str, Any]]:
    def make(date: str) -> dict[str, Any]:
        make_model_stats(bucket, MODEL, date)
        document: dict[str, Any] = bucket.read_json(model_stats_key(MODEL, date))
        return document

    return make


def hashes(*statements: Any) -> list[str]:
    return sorted(str(statement.get_hash()) for statement in statements)
