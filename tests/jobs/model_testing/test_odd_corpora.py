"""Test corpora of any form, archived or gone: each costs itself, and no job has a fault."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from emmaa_cycle.exit_codes import EXIT_BAD_INPUT, EXIT_DONE
from emmaa_cycle.s3_layout import results_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.stats.corpus_stats import make_corpus_stats
from run_model_tests_from_s3 import main
from tests.jobs.embedded_postgres import PostgresServer
from tests.jobs.empty_world import empty_world
from tests.jobs.model_testing.rounds import ROUND, save_round
from tests.jobs.model_testing.textbook_run import TRUE
from tests.jobs.odd_documents import ANY_BYTES, ANY_JSON

MODEL, CORPUS = "rasmodel", "textbook_tests"
KEY = f"tests/{CORPUS}.json.gz"
pytestmark = pytest.mark.filterwarnings("ignore:The recursion limit")  # the job raises it
FLAGS = ["-m", MODEL, "-t", CORPUS, "--date-str", ROUND]


@pytest.fixture(scope="module")
def world(postgres: PostgresServer) -> Iterator[Bucket]:
    with empty_world(postgres.unmade_database()) as bucket:
        save_round(bucket)
        yield bucket


@given(content=ANY_BYTES)
@settings(deadline=None)
def test_any_bytes_are_tests_or_bad_input(world: Bucket, content: bytes) -> None:
    world.write_bytes(KEY, content, "application/gzip")
    assert run_job(main, FLAGS) in (EXIT_DONE, EXIT_BAD_INPUT)


@given(data=ANY_JSON, tests=st.lists(ANY_JSON, max_size=3))
@settings(deadline=None)
def test_odd_descriptions_and_tests_cost_themselves(world: Bucket, data: Any, tests: Any) -> None:
    world.write_json(KEY, {"test_data": data, "tests": [*tests, TRUE.to_json()]})
    assert run_job(main, FLAGS) == EXIT_DONE
    *_, known = world.read_json(results_key(MODEL, CORPUS, ROUND))
    assert known["signed_graph"]["result_json"]["path_found"]
    assert run_job(lambda _: make_corpus_stats(world, MODEL, CORPUS, ROUND)) == EXIT_DONE


@pytest.mark.parametrize(
    ("code", "advice"), [("NoSuchKey", "does not exist"), ("InvalidObjectState", "restore it")]
)
def test_a_corpus_that_s3_does_not_give_is_named(
    bucket: Bucket,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    code: str,
    advice: str,
) -> None:
    save_round(bucket)
    bucket.write_json(KEY, [TRUE.to_json()])
    get = Bucket.read_bytes

    def refuse(self: Bucket, key: str, *limit: int) -> bytes:
        if key == KEY:
            monkeypatch.setattr(self.client, "get_object", refused)
        return get(self, key, *limit)

    def refused(**_: str) -> Any:
        raise ClientError({"Error": {"Code": code}}, "GetObject")

    monkeypatch.setattr(Bucket, "read_bytes", refuse)
    assert run_job(main, FLAGS) == EXIT_BAD_INPUT
    logged = capsys.readouterr().out
    assert f"bad input: s3://emmaa/{KEY}" in logged
    assert advice in logged
