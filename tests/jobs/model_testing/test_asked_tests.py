"""Tests of the choice of tests and model types."""

from __future__ import annotations

from indra.statements import Activation, Phosphorylation

from emmaa_jobs.bucket import Bucket
from tests.jobs.known_biology import agent, with_evidence
from tests.jobs.model_testing.rounds import save_corpus, save_round
from tests.jobs.model_testing.textbook_run import FALSE, TRUE, run


def test_a_test_counts_once(bucket: Bucket) -> None:
    save_round(bucket)
    again = with_evidence(Activation(agent("EGF"), agent("MAPK1")))
    save_corpus(bucket, [TRUE, FALSE, again], name="textbook_tests")
    assert len(run(bucket)) == 1 + 2


def test_tests_about_others_are_left_out(bucket: Bucket) -> None:
    save_round(bucket)
    foreign = Phosphorylation(agent("RAF1"), agent("TP53"))
    save_corpus(bucket, [foreign, TRUE], name="textbook_tests")
    (entry,) = run(bucket)[1:]
    assert entry["test_json"]["matches_hash"] == str(TRUE.get_hash())


def test_the_connector_is_the_configs(bucket: Bucket) -> None:
    family = Activation(agent("EGF"), agent("ERK"))
    save_corpus(bucket, [family], name="textbook_tests")
    save_round(bucket, test={"test_connector": "scope"})
    assert len(run(bucket)) == 1
    save_round(bucket, test={"test_connector": "refinement"})
    assert len(run(bucket)) == 2


def test_a_model_that_is_simulated_is_not_tested(bucket: Bucket) -> None:
    save_round(bucket, mc_types=["signed_graph", "dynamic"])
    save_corpus(bucket, [TRUE], name="textbook_tests")
    header, entry = run(bucket)
    assert header["mc_types"] == ["signed_graph"]
    assert "dynamic" not in entry
