"""One stack for the whole session: embedded AWS, a real Airflow, two days of the cycle."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from emmaa_cycle.resources import BUCKET
from emmaa_cycle.s3_layout import config_key
from infra.local.demo import Day, run_day
from infra.local.report.display import make_console
from infra.local.stack.airflow_environment import NO_SCHEDULE
from infra.local.stack.process_stack import Stack
from infra.local.stack.processes import marked_processes
from infra.local.stack.running_stack import DAG_IDS
from tests.e2e import guard_control
from tests.killed_runs import stack_ends_with_this_process

if TYPE_CHECKING:
    from tests.e2e.opened_page import Browser

BROKEN_MODEL = "broken"
BROKEN_CONFIG = {"search_terms": [], "run_daily_update": True, "test": {"mc_types": ["pysbx"]}}


@dataclass
class TwoDays:
    """The results of two days.

    :param guard_control: what the network guard wrote when processes tried to leave this machine
    """

    __test__ = False

    stack: Stack
    days: list[Day] = field(default_factory=list)
    guard_control: str = ""


def far_from_now() -> dict[str, str]:
    """Return settings with which no run is due in the tests, though backfills have days to fill."""
    hour = (datetime.now(UTC) + timedelta(hours=12)).hour
    pipeline = {"EMMAA_SCHEDULE__UPDATE_PIPELINE": f"0 {hour} * * *"}
    return {**NO_SCHEDULE, **pipeline, "EMMAA_SCHEDULE__TIMEZONE": "UTC"}


@pytest.fixture(scope="session")
def two_days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoDays]:
    """Day 1 is what ``make demo`` does. On day 2 a model's config is broken besides."""
    folder = tmp_path_factory.mktemp("e2e")
    console = make_console()
    stack = Stack(
        folder / "stack",
        ui_port=0,
        aws_port=0,
        announce=console.print,
        dag_ids=DAG_IDS | {guard_control.DAG_ID},
        dags_folder=guard_control.write_dags(folder / "dags"),
        settings=far_from_now(),
        brief=True,
    )
    story = TwoDays(stack)
    with stack_ends_with_this_process(stack.directory):
        try:
            stack.start()
            story.guard_control = guard_control.let_each_kind_try(stack)
            story.days.append(run_day(stack, console, 1))
            stack.client("s3").put_object(
                Bucket=BUCKET, Key=config_key(BROKEN_MODEL), Body=json.dumps(BROKEN_CONFIG).encode()
            )
            story.days.append(run_day(stack, console, 2))
            yield story
        finally:
            stack.stop()
    assert marked_processes(stack.directory) == [], "a process outlived its stack"


@pytest.fixture(scope="module")
def stored(two_days: TwoDays) -> Iterator[None]:
    """Store models of the page's own tests."""
    from tests.e2e.opened_page import stored_models

    yield from stored_models(two_days.stack)


@pytest.fixture(scope="module")
def opened(
    two_days: TwoDays, stored: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """Open the EMMAA page in a browser, once for all tests of a module."""
    from tests.e2e.opened_page import opened_browser

    yield from opened_browser(two_days.stack, tmp_path_factory.mktemp("browser"))


def s3_json(stack: Stack, key: str) -> Any:
    """Return a JSON object of the stack's bucket, gzipped or not."""
    import gzip

    body = stack.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return json.loads(gzip.decompress(body) if key.endswith(".gz") else body)
