"""Odd statements as tests and as queries of each type: each costs itself, and no job fails."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from indra.statements import Statement

from emmaa_cycle.exit_codes import EXIT_DONE
from emmaa_cycle.model_config import PATH_MODEL_TYPES
from emmaa_cycle.s3_layout import corpus_stats_key, results_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.db.query_database import NewResult, StoredQuery, StoredResult
from emmaa_jobs.explanation import RESULT_TEXT
from emmaa_jobs.explanation.result_codes import NO_OPEN_SEARCH_PATHS
from emmaa_jobs.queries.job import answer_subscribed_queries
from emmaa_jobs.simulation import network
from emmaa_jobs.statements.gate import NoStatementError, read_raw_statement
from emmaa_jobs.stats.corpus_stats import make_corpus_stats
from run_model_tests_from_s3 import main
from tests.jobs.embedded_postgres import PostgresServer
from tests.jobs.empty_world import empty_world
from tests.jobs.example_counts import costly
from tests.jobs.known_biology import agent, ras_statements
from tests.jobs.model_testing.rounds import ROUND, save_round
from tests.jobs.odd_statements import accepted_documents, odd_documents
from tests.jobs.queries.simulated_biology import active, dynamic

MODEL, CORPUS = "rasmodel", "odd_tests"
TEXTS = {*RESULT_TEXT.values(), NO_OPEN_SEARCH_PATHS}
QUICK = {"time_limit": 100, "num_times": 3, "num_sim": 1}
KINDS = ("Activation", "Inhibition", "DecreaseAmount", "Phosphorylation")
PATTERNS = ("sustained", "transient", "no_change")
KNOWN_TEST = ras_statements()[0]
KNOWN_QUERY = dynamic(active("MAPK1"), "sustained").to_json()


class Answered:
    """The query database in memory: these queries have a subscriber."""

    def __init__(self, documents: Sequence[Any]) -> None:
        self.queries = [StoredQuery(n, MODEL, each, "") for n, each in enumerate(documents)]
        self.results: list[NewResult] = []

    def subscribed_queries(self, *_: Any) -> list[StoredQuery]:
        return self.queries

    def latest_result(self, *_: Any, **__: Any) -> StoredResult | None:
        return None

    def add_results(self, results: Sequence[NewResult]) -> None:
        self.results += results


@pytest.fixture(scope="module")
def world(postgres: PostgresServer) -> Iterator[Bucket]:
    with empty_world(postgres.unmade_database()) as bucket:
        yield bucket


def agents_of(document: Any) -> list[Any]:
    """All that may be an agent in a document."""
    if not isinstance(document, dict):
        return [document]
    values = [each for key, each in document.items() if key not in ("type", "evidence")]
    listed = [each for value in values if isinstance(value, list) for each in value]
    return [each for each in [*values, *listed] if isinstance(each, dict)]


@st.composite
def queries_about(draw: st.DrawFn, document: Any) -> list[Any]:
    """Return queries of each type about a statement and its agents."""
    agents = [*agents_of(document), agent("MAPK1").to_json()]
    one, other = (draw(st.sampled_from(agents)) for _ in range(2))
    kind = document.get("type") if isinstance(document, dict) else document
    quantity = {"type": "qualitative", "value": draw(st.sampled_from(("low", "high", None)))}
    return [
        {"type": "path_property", "path": document},
        {
            "type": "open_search_query",
            "entity": one,
            "stmt_type": draw(st.sampled_from((*KINDS, kind))),
            "entity_role": draw(st.sampled_from(("subject", "object"))),
            "terminal_ns": draw(st.none() | st.lists(st.sampled_from(("hgnc", "chebi", "α")))),
        },
        {
            "type": "dynamic_property",
            "entity": one,
            "pattern_type": draw(st.sampled_from(PATTERNS)),
            "quantity": quantity,
        },
        {
            "type": "simple_intervention_property",
            "condition_entity": one,
            "target_entity": other,
            "direction": draw(st.sampled_from(("up", "dn"))),
        },
    ]


def read(documents: Sequence[Any]) -> list[Statement]:
    """Return the statements that a model can hold."""
    found = []
    for document in documents:
        try:
            found.append(read_raw_statement(document).statement)
        except NoStatementError:
            continue
    return found


@pytest.mark.filterwarnings("ignore:Glyph")  # plots are about odd names, too
@pytest.mark.parametrize("dynamic_type", [True, False], ids=["dynamic", "pysb"])
@costly(3)
@given(data=st.data())
def test_no_job_fails_and_each_question_has_a_documented_answer(
    dynamic_type: bool, world: Bucket, data: st.DataObject
) -> None:
    documents = data.draw(st.lists(accepted_documents() | odd_documents(), max_size=5))
    asked = [query for each in documents for query in data.draw(queries_about(each))]
    # Some of the statements are in the model, with what they say of others.
    modelled = read([each for each in documents if data.draw(st.booleans())])
    statements = [*ras_statements(), *modelled]
    mc_types = [*PATH_MODEL_TYPES, *(["dynamic"] if dynamic_type else [])]
    save_round(world, statements, model=f"{MODEL}_dynamic")
    save_round(
        world, statements, mc_types=mc_types, query={"dynamic": QUICK, "intervention": QUICK}
    )
    _check_tests(world, [KNOWN_TEST.to_json(), *documents])
    _check_queries(world, [KNOWN_QUERY, *asked])


def _check_tests(world: Bucket, documents: list[Any]) -> None:
    content = gzip.compress(json.dumps(documents).encode())  # lone surrogates as escapes
    world.write_bytes(f"tests/{CORPUS}.json.gz", content, "application/gzip")
    assert run_job(main, ["-m", MODEL, "-t", CORPUS, "--date-str", ROUND]) == EXIT_DONE
    _, known, *others = world.read_json(results_key(MODEL, CORPUS, ROUND))
    for mc_type in PATH_MODEL_TYPES:
        assert known[mc_type]["result_json"]["path_found"]
        assert {entry[mc_type]["result_code"] for entry in others} <= TEXTS
    assert run_job(lambda _: make_corpus_stats(world, MODEL, CORPUS, ROUND)) == EXIT_DONE
    stats = world.read_json(corpus_stats_key(MODEL, CORPUS, ROUND))["test_round_summary"]
    assert stats["number_applied_tests"] == 1 + len(others)


def _check_queries(world: Bucket, documents: list[Any]) -> None:
    database = Answered(documents)
    with pytest.MonkeyPatch.context() as hurried:
        hurried.setattr(network, "NETWORK_SECONDS", 20.0)
        code = run_job(lambda _: answer_subscribed_queries(world, database, MODEL, ROUND))
    assert code == EXIT_DONE
    assert {result.query_hash for result in database.results} == set(range(len(documents)))
    items = [each for result in database.results for each in result.result_json.values()]
    assert {each for each in items if isinstance(each, str)} <= TEXTS
