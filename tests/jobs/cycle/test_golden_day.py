"""Every JSON that a day of the cycle writes, against golden files (docs/reference/README.md)."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.jobs.embedded_postgres import PostgresServer
from tests.jobs.empty_world import empty_world
from tests.jobs.golden_files import GoldenFiles
from tests.jobs.one_cycle import (
    DAYS,
    QUERIES,
    ROUNDS,
    SIMULATIONS,
    State,
    config,
    jobs,
    prepare,
)

TYPES = ("pysb", "pybel", "signed_graph", "unsigned_graph", "dynamic")
#: Folders of what the jobs read, and of pictures.
NO_OUTPUT = ("inbox/", "query_images/", "models/rasmodel/config.json", "tests/ras_tests.json.gz")


@pytest.fixture(scope="module")
def state(postgres: PostgresServer) -> Iterator[State]:
    """Return the state after two days, with all model types and all types of queries."""
    with empty_world(postgres.unmade_database()) as bucket:
        simulated: dict[str, Any] = {"dynamic": {}, "intervention": {}}
        prepare(bucket, config(*TYPES, query=simulated), QUERIES + SIMULATIONS)
        for day in range(len(DAYS)):
            for job in jobs(day):
                job.run()
        yield State.of(bucket)


def test_what_the_second_day_wrote(state: State, golden: GoldenFiles) -> None:
    golden.check_all({**_objects(state), **_tables(state)})


def test_each_object_of_the_cycle_is_among_them(state: State) -> None:
    folders = {name.split("/")[0] for name in _objects(state)}
    assert folders == {
        "assembled", "model_stats", "models", "overview", "overview_by_model", "papers", "paths",
        "query_answers", "results", "stats", "tests",
    }  # fmt: skip


def test_assembled_statements_are_the_same_in_all_four_files(state: State) -> None:
    for folder in ("rasmodel", "rasmodel_dynamic"):
        stem = f"assembled/{folder}/statements_{ROUNDS[-1]}"
        latest = f"assembled/{folder}/latest_statements_{folder}"
        archive, listed = state.objects[f"{stem}.gz"], state.objects[f"{latest}.json"]
        assert gzip.decompress(archive) == listed
        assert b"\0assembled_stmts.json\0" in b"\0" + archive[10:]
        lines = state.objects[f"{latest}.jsonl"]
        assert state.objects[f"{stem}.jsonl"] == lines
        assert [json.loads(line) for line in lines.splitlines()] == json.loads(listed)


def _objects(state: State) -> dict[str, str]:
    """Return the text of each object of the last day, by a descriptive file name."""
    return {
        _file_name(key): _text(key, content)
        for key, content in state.objects.items()
        if not key.startswith(NO_OUTPUT)
        and (DAYS[-1] in key or "latest" in key or key.startswith("overview"))
    }


def _file_name(key: str) -> str:
    return key.removesuffix(".gz").removesuffix(".json") + ".json" if key.endswith(".gz") else key


def _text(key: str, content: bytes) -> str:
    return (gzip.decompress(content) if key.endswith(".gz") else content).decode()


def _tables(state: State) -> dict[str, str]:
    """Return the rows of the last day as JSON, without times, which depend on the clock."""
    kept = ("primary.query", "primary.result", "stmt.statement")
    return {
        f"databases/{table}.json": json.dumps(
            _of_last_day(rows), indent=1, ensure_ascii=False, default=str
        )
        for table, rows in state.rows.items()
        if table in kept
    }


def _of_last_day(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if str(row.get("date", DAYS[-1])).startswith(DAYS[-1])]
