"""Tests of a round's choice of model state, and of past rounds."""

from __future__ import annotations

from indra.statements import Activation

from emmaa_jobs.bucket import Bucket
from emmaa_jobs.model.assembled import load_assembled
from emmaa_jobs.model.manager_record import load_manager
from tests.jobs.assembly.manager_rounds import LATER_ROUND, LATEST, make, rows
from tests.jobs.known_biology import agent, ras_statements, with_evidence
from tests.jobs.one_model import MODEL, MODEL_DATE, ROUND, write_model


def test_round_assembles_the_model_it_is_pinned_to(model: Bucket) -> None:
    newer = [with_evidence(Activation(agent("TP53"), agent("CBL")))]
    write_model(model, newer, "2026-03-03-17-00-00")

    make(model, LATER_ROUND, model_date=MODEL_DATE)

    assert load_manager(model, MODEL).model_date == MODEL_DATE
    assert len(load_assembled(model, MODEL, LATER_ROUND)) == len(ras_statements())


def test_past_round_takes_the_newest_model_of_its_time(model: Bucket) -> None:
    newer = [with_evidence(Activation(agent("TP53"), agent("CBL")))]
    write_model(model, newer, "2026-03-03-17-00-00")

    make(model, LATER_ROUND)
    make(model, ROUND)

    assert load_manager(model, MODEL, LATER_ROUND).model_date == "2026-03-03-17-00-00"
    assert load_manager(model, MODEL, ROUND).model_date == MODEL_DATE


def test_past_round_leaves_the_latest_files_alone(model: Bucket) -> None:
    write_model(model, ras_statements()[:3], "2026-03-03-17-00-00")
    make(model, LATER_ROUND)
    latest = model.read_bytes(f"{LATEST}.json")

    make(model, ROUND)

    assert model.read_bytes(f"{LATEST}.json") == latest
    assert len(load_assembled(model, MODEL, ROUND)) == len(ras_statements())


def test_past_round_leaves_the_day_s_rows_of_a_newer_round_alone(model: Bucket) -> None:
    write_model(model, ras_statements()[:3], "2026-03-02-19-00-00")
    make(model, "2026-03-02-19-05-00")
    newer = rows()

    make(model, ROUND)

    assert rows() == newer
    assert len(newer) == 3


def test_past_round_of_another_day_has_rows_of_its_own(model: Bucket) -> None:
    make(model, LATER_ROUND)

    make(model, ROUND)

    assert len(rows()) == len(rows("2026-03-03")) == len(ras_statements())
