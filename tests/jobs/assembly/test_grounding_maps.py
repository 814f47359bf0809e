"""Grounding maps, a model's own and those in configs: an odd entry costs only itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from indra.databases import hgnc_client
from indra.preassembler.grounding_mapper import GroundingMapper
from indra.statements import Activation

from emmaa_cycle.dates import parse_round
from emmaa_cycle.errors import ModelConfigError
from emmaa_cycle.left_out import parse_left_out
from emmaa_cycle.s3_layout import grounding_map_key, left_out_key
from emmaa_jobs.assembly import Assembly
from emmaa_jobs.assembly.grounding_maps import usable_groundings
from emmaa_jobs.assembly.manager import update_manager
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.model.config_file import load_config
from emmaa_jobs.statements.emmaa_statement import EmmaaStatement
from tests.jobs.example_counts import examples
from tests.jobs.known_biology import agent, with_evidence
from tests.jobs.odd_documents import changed
from tests.jobs.one_model import MODEL, MODEL_DATE, ROUND, STEPS, ready_model, write_config

KEY = grounding_map_key(MODEL)
LOAD = {"function": "load_custom_grounding_map", "args": [MODEL]}
#: BRAF and RAF1 are each taken for the other.
GOOD = {"BRAF": {"HGNC": "9829"}, "RAF1": {"HGNC": "1097"}}
ODD: dict[str, Any] = {
    "withdrawn": {"HGNC": "59999999"},
    "a number": {"HGNC": 1097},
    "nothing": {"HGNC": None},
    "a list": {"HGNC": ["1097"]},
    "an object": {"FPLX": {"a": 1}},
    "no object": 5,
    "a text": "HGNC:1097",
}


def step(groundings: Any) -> dict[str, Any]:
    kwargs = {"grounding_map": groundings, "grounding_map_policy": "extend"}
    return {"function": "map_grounding", "kwargs": kwargs}


def bound(bucket: Bucket, *steps: dict[str, Any]) -> Assembly:
    write_config(bucket, assembly=list(steps))
    return Assembly.of(load_config(bucket, MODEL), bucket)


def assembled(assembly: Assembly) -> list[str]:
    """Assemble BRAF→MAP2K1."""
    statement = with_evidence(Activation(agent("BRAF"), agent("MAP2K1")))
    raw = [EmmaaStatement(statement, parse_round(MODEL_DATE))]
    return [str(each) for each in assembly.run(raw).main]


@pytest.fixture
def no_service(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(identifier: object) -> None:
        raise AssertionError(f"HGNC's service is asked about {identifier!r}")

    monkeypatch.setattr(hgnc_client, "get_hgnc_entry", asked)


def test_a_text_may_be_any_word(bucket: Bucket) -> None:
    bucket.write_json(KEY, GOOD | {"function": {"HGNC": "1097"}, "stmt_type": None})
    assert assembled(bound(bucket, step(LOAD))) == ["Activation(RAF1(), MAP2K1())"]


@pytest.mark.usefixtures("no_service")
@pytest.mark.parametrize("place", ["the model's own", "in the config", "by position"])
def test_an_odd_entry_costs_itself(bucket: Bucket, place: str) -> None:
    bucket.write_json(KEY, GOOD | ODD)
    steps = {
        "the model's own": step(LOAD),
        "in the config": step(GOOD | ODD),
        "by position": {"function": "map_grounding", "args": [True, GOOD | ODD]},
    }
    assembly = bound(bucket, steps[place])

    assert assembled(assembly) == ["Activation(RAF1(), MAP2K1())"]
    assert [item.item for item in assembly.left_out] == list(ODD)
    assert {item.kind for item in assembly.left_out} == {"grounding"}
    where = KEY if place == "the model's own" else "assembly.main[0] (map_grounding)"
    assert all(item.where.endswith(where) for item in assembly.left_out)


@pytest.mark.usefixtures("no_service")
def test_a_round_lists_the_entries_that_it_could_not_use(bucket: Bucket) -> None:
    ready_model(bucket, assembly=[step(LOAD), *STEPS[4:]])
    bucket.write_json(KEY, GOOD | ODD)

    summary = update_manager(bucket, MODEL, ROUND).summary

    assert f"left out: {len(ODD)} groundings" in summary
    document = bucket.read_json(left_out_key(MODEL, "mm_update", ROUND))
    reasons = {item.item: item.reason for item in parse_left_out(document).items}
    assert reasons["withdrawn"] == "INDRA's table of genes has no HGNC id '59999999'"
    assert reasons["a number"] == "its id in HGNC is 1097, not a text"


@pytest.mark.parametrize("content", [[], "BRAF", None])
def test_a_map_that_is_no_object_is_refused(bucket: Bucket, content: object) -> None:
    bucket.write_json(KEY, content)
    with pytest.raises(ModelConfigError, match=r"grounding_map\.json is not a JSON object"):
        bound(bucket, step(LOAD))


@pytest.mark.usefixtures("no_service")
@settings(max_examples=examples(100))
@given(document=changed(GOOD | ODD).filter(lambda document: isinstance(document, dict)))
def test_indra_takes_what_is_left(document: dict[str, Any]) -> None:
    usable = usable_groundings(document, KEY, [])
    GroundingMapper(usable)
    assert all(document[text] == references for text, references in usable.items())
