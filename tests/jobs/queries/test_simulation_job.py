"""Dynamic and intervention queries through the model manager and the query job."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import EndpointConnectionError
from indra.statements import Statement

from answer_queries_from_s3 import main
from emmaa_cycle.errors import InputError
from emmaa_cycle.exit_codes import EXIT_DONE, EXIT_UNAVAILABLE
from emmaa_jobs.assembly.manager import update_manager
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.db.query_database import QueryDatabase
from emmaa_jobs.errors import MissingObjectError
from emmaa_jobs.queries.job import answer_subscribed_queries
from tests.jobs.known_biology import agent, ras_statements
from tests.jobs.one_model import MODEL, STEPS, make_statement_database, write_config, write_model
from tests.jobs.queries.ras_model import path_query
from tests.jobs.queries.simulated_biology import active, chain_without_end, dynamic, intervention
from tests.jobs.repository import REPOSITORY

DAY1, DAY2 = "2026-03-02-17-05-00", "2026-03-03-17-05-00"
EGF_RAISES_MAPK1 = intervention(agent("EGF"), active("MAPK1"), "up")
#: Binding is left out of the simulated model, as configs do.
DYNAMIC_STEPS = [
    {"function": "filter_by_type", "args": [{"stmt_type": "Complex"}], "kwargs": {"invert": True}}
]


@pytest.fixture
def model(bucket: Bucket) -> Bucket:
    make_statement_database()
    write_config(
        bucket,
        assembly={"main": STEPS, "dynamic": DYNAMIC_STEPS},
        test={"mc_types": ["signed_graph", "dynamic"], "test_corpus": ["ras_tests"]},
        query={"dynamic": {"num_sim": 3}, "intervention": {"time_limit": 5_000}},
    )
    return bucket


def make_round(bucket: Bucket, date: str, statements: list[Statement]) -> None:
    write_model(bucket, statements, date_str=date)
    update_manager(bucket, MODEL, date)


def broken_cascade() -> list[Statement]:
    """Return the Ras model without the step from SOS1 to KRAS."""
    return [each for each in ras_statements() if "KRAS" not in str(each.agent_list()[1:])]


def test_news_of_a_dynamic_model_from_round_to_round(
    model: Bucket, database: QueryDatabase, subscribe: Any
) -> None:
    change = subscribe(EGF_RAISES_MAPK1.to_json())
    pattern = subscribe(dynamic(active("MAPK1"), "sustained").to_json())

    make_round(model, DAY1, broken_cascade())
    assert "2 queries answered, 2 answers, 0 with news" in main(["--model", MODEL])
    make_round(model, DAY2, [*ras_statements(), *chain_without_end()])
    assert "2 queries answered, 2 answers, 2 with news" in main(["--model", MODEL])

    def stored(query: int) -> list[Any]:
        return [(row.mc_type, row.result_json, row.delta) for row in database.results(query)]

    (type1, first, news1), (type2, second, news2) = sorted(stored(change), key=lambda row: row[2])
    assert (type1, type2) == ("pysb", "pysb")
    assert [item["result"] for item in first.values()] == ["no_change"]
    assert [item["result"] for item in second.values()] == ["yes_increase"]
    assert (news1, news2) == ([], list(second))
    rates = {item["sat_rate"] for _, response, _ in stored(pattern) for item in response.values()}
    assert rates == {0.0, 1.0}


def test_the_same_round_again_gives_the_same_rows_and_plots(
    model: Bucket, database: QueryDatabase, subscribe: Any
) -> None:
    query = subscribe(EGF_RAISES_MAPK1.to_json())
    make_round(model, DAY1, ras_statements())

    def once() -> tuple[Any, dict[str, bytes]]:
        answer_subscribed_queries(model, database, MODEL, DAY1)
        rows = [(row.round_date, row.result_json, row.delta) for row in database.results(query)]
        return rows, {key: model.read_bytes(key) for key in model.keys("query_images/")}

    first = once()
    assert len(first[0]) == len(first[1]) == 1
    assert once() == first


def test_dynamic_statements_that_are_gone_are_named(
    model: Bucket, database: QueryDatabase, subscribe: Any
) -> None:
    subscribe(EGF_RAISES_MAPK1.to_json())
    make_round(model, DAY1, ras_statements())
    key = f"assembled/{MODEL}_dynamic/statements_{DAY1}.gz"
    model.client.delete_object(Bucket=model.name, Key=key)
    with pytest.raises(MissingObjectError, match=key):
        answer_subscribed_queries(model, database, MODEL)


def test_a_missing_simulator_fails_the_job_after_the_other_answers(
    model: Bucket,
    database: QueryDatabase,
    subscribe: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    subscribe(EGF_RAISES_MAPK1.to_json())
    path = subscribe(path_query("BRAF", "MAP2K1"))
    make_round(model, DAY1, ras_statements())
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match=r"EGF increases active MAPK1.*needs perl"):
        answer_subscribed_queries(model, database, MODEL)
    assert len(database.results(path)) == 1


def test_an_outage_at_the_plots_is_worth_another_attempt(
    model: Bucket,
    database: QueryDatabase,
    subscribe: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    change, path = subscribe(EGF_RAISES_MAPK1.to_json()), subscribe(path_query("BRAF", "MAP2K1"))
    make_round(model, DAY1, ras_statements())
    asked = BaseClient._make_api_call

    def lost(client: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:
        if operation == "PutObject" and parameters["Key"].startswith("query_images/"):
            raise EndpointConnectionError(endpoint_url="https://s3.amazonaws.com")
        return asked(client, operation, parameters)

    with monkeypatch.context() as outage:
        outage.setattr(BaseClient, "_make_api_call", lost)
        assert run_job(main, ["--model", MODEL]) == EXIT_UNAVAILABLE
    assert (len(database.results(change)), len(database.results(path))) == (0, 1)
    assert run_job(main, ["--model", MODEL]) == EXIT_DONE
    assert (len(database.results(change)), len(database.results(path))) == (1, 1)


def test_who_simulates_nothing_loads_nothing_for_it() -> None:
    code = (
        "import sys, emmaa_jobs.queries.answering, emmaa_jobs.queries.query_types;"
        " print({'pysb', 'kappy', 'matplotlib', 'scipy', 'numpy', 'indra'} & {*sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


def test_path_answers_load_no_simulator() -> None:
    code = """
import sys
from moto import mock_aws
import tests.jobs.conftest  # the offline resources
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.queries.query_types import PathProperty
from indra.statements import Activation
from tests.jobs.known_biology import agent
from tests.jobs.queries.simulated_biology import answers
with mock_aws():
    bucket = Bucket("emmaa")
    bucket.client.create_bucket(Bucket="emmaa")
    query = PathProperty(Activation(agent("BRAF"), agent("MAP2K1")))
    found = answers(bucket, [query], mc_types=("signed_graph",))
assert len(found.found) == 1 and not found.faults
print({"pysb", "kappy", "matplotlib"} & {*sys.modules})
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().splitlines()[-1] == "set()"
