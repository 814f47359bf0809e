"""Assembled statements as they are loaded, and the entities among them."""

from __future__ import annotations

import copy

import pytest
from indra.statements import Activation, Agent, Phosphorylation, stmts_from_json

from emmaa_cycle.errors import InputError
from emmaa_jobs.assembly.entities import entities
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.model.assembled import load_assembled, save_assembled
from tests.jobs.assembly.manager_rounds import DATED, make
from tests.jobs.known_biology import agent, with_evidence
from tests.jobs.one_model import MODEL, ROUND, write_config, write_model


def test_support_is_linked_when_loaded(model: Bucket) -> None:
    general = with_evidence(Phosphorylation(agent("BRAF"), agent("MAP2K1")))
    specific = with_evidence(Phosphorylation(agent("BRAF"), agent("MAP2K1"), "S", "218"))
    write_model(model, [general, specific])
    write_config(
        model,
        assembly=[{"function": "run_preassembly", "kwargs": {"return_toplevel": False}}],
    )
    make(model)

    first, second = load_assembled(model, MODEL, ROUND)

    assert first.supports == [second]
    assert second.supported_by == [first]


def test_support_that_was_left_out_is_not_linked(bucket: Bucket) -> None:
    general = with_evidence(Phosphorylation(agent("BRAF"), agent("MAP2K1")))
    statement = with_evidence(Phosphorylation(agent("BRAF"), agent("MAP2K1"), "S", "218"))
    statement.supported_by = [general, copy.deepcopy(general)]
    save_assembled(bucket, MODEL, ROUND, [statement.to_json()])

    (loaded,) = load_assembled(bucket, MODEL, ROUND)

    assert loaded.supported_by == []
    assert stmts_from_json([loaded.to_json()])[0].get_hash() == statement.get_hash()


@pytest.mark.parametrize("content", [{}, [{"type": "Dreaming"}], [3]])
def test_assembled_file_of_another_form_is_named(bucket: Bucket, content: object) -> None:
    bucket.write_json(f"{DATED}.gz", content)

    with pytest.raises(InputError, match=rf"s3://emmaa/{DATED}\.gz"):
        load_assembled(bucket, MODEL, ROUND)


def test_entities_are_told_apart_by_name_and_references() -> None:
    called_erk2 = Agent("MAPK1", db_refs={"HGNC": "6871", "TEXT": "ERK2"})
    ungrounded = Agent("MAPK1", db_refs={"TEXT": "MAPK1"})
    statements = [
        Activation(agent("MAP2K1"), agent("MAPK1")),
        Phosphorylation(None, called_erk2, "T"),
        Activation(ungrounded, agent("MAP2K1")),
    ]

    assert entities(statements) == [
        {"name": "MAP2K1", "db_refs": {"HGNC": "6840"}},
        {"name": "MAPK1", "db_refs": {"HGNC": "6871"}},
        {"name": "MAPK1", "db_refs": {}},
    ]
