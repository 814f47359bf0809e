"""One stack for the whole session: embedded AWS, a real Airflow, two days of the cycle."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from emmaa_cycle.resources import BUCKET
from emmaa_cycle.s3_layout import config_key
from infra.local.demo import Day, run_day
from infra.local.display import make_console
from infra.local.stack import Stack

BROKEN_MODEL = "broken"
BROKEN_CONFIG = {"search_terms": [], "run_daily_update": True, "test": {"mc_types": ["pysbx"]}}


@dataclass
class TwoDays:
    """What happened."""

    __test__ = False

    stack: Stack
    days: list[Day] = field(default_factory=list)


@pytest.fixture(scope="session")
def two_days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoDays]:
    """Day 1 is what ``make demo`` does. On day 2 a model's config is broken besides."""
    folder: Path = tmp_path_factory.mktemp("e2e") / "stack"
    console = make_console()
    stack = Stack(folder, ui_port=0, aws_port=0, announce=console.print)
    story = TwoDays(stack)
    try:
        stack.start()
        story.days.append(run_day(stack, console, 1))
        stack.client("s3").put_object(
            Bucket=BUCKET, Key=config_key(BROKEN_MODEL), Body=json.dumps(BROKEN_CONFIG).encode()
        )
        story.days.append(run_day(stack, console, 2))
        yield story
    finally:
        stack.stop()


def s3_json(stack: Stack, key: str) -> Any:
    """A JSON object of the stack's bucket, gzipped or not."""
    import gzip

    body = stack.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return json.loads(gzip.decompress(body) if key.endswith(".gz") else body)
