"""Reading and writing a model's state."""

from __future__ import annotations

import json

import pytest
from indra.statements import Activation

from emmaa_cycle.dates import parse_round
from emmaa_cycle.errors import InputError
from emmaa_cycle.s3_layout import config_key, model_key, paper_ids_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import MissingObjectError
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.model.model_file import (
    ModelFile,
    latest_model,
    load_model,
    load_raw_model,
    sorted_papers,
)
from emmaa_jobs.statements.emmaa_statement import EmmaaStatement
from tests.jobs.known_biology import agent, with_evidence

OLD, NEW = "2026-03-01-17-00-00", "2026-03-02-17-00-00"


def model_file(date_str: str = NEW) -> ModelFile:
    statement = with_evidence(Activation(agent("BRAF"), agent("MAP2K1")))
    statement.evidence[0].text_refs["DEMO"] = "demo-0001"
    item = EmmaaStatement(statement, parse_round(OLD), metadata={"internal": True})
    return ModelFile("m", date_str, [item], [3, 12, "demo-0001"])


def test_what_was_saved_is_loaded(bucket: Bucket) -> None:
    saved = model_file()
    saved.save(bucket)

    loaded = load_model(bucket, "m", NEW)

    assert [s.to_json() for s in loaded.statements] == [s.to_json() for s in saved.statements]
    assert loaded.paper_ids == [3, 12, "demo-0001"]


def test_stored_form(bucket: Bucket) -> None:
    model_file().save(bucket)

    (document,) = load_raw_model(bucket, "m")

    assert list(document) == ["search_terms", "metadata", "date", "stmt"]
    assert document["date"] == OLD
    # docs/reference/original-emmaa.md#hashes-to-check-against
    assert document["stmt"]["matches_hash"] == "-23078353002754841"
    (evidence,) = document["stmt"]["evidence"]
    assert int(evidence["source_hash"]) == model_file().statements[0].stmt.evidence[0].source_hash
    assert isinstance(evidence["source_hash"], str)
    assert bucket.read_bytes(paper_ids_key("m", NEW)) == b'[\n 3,\n 12,\n "demo-0001"\n]'


def test_latest_is_the_newest_of_those_asked_for(bucket: Bucket) -> None:
    for date_str in (OLD, NEW):
        model_file(date_str).save(bucket)

    assert latest_model(bucket, "m").date == NEW
    assert latest_model(bucket, "m", before=NEW).date == OLD
    assert latest_model(bucket, "m", upto=NEW).date == NEW
    assert latest_model(bucket, "m", upto="2026-03-02-16-59-59").date == OLD
    with pytest.raises(MissingObjectError, match=r"run_model_update\.py --model m first"):
        latest_model(bucket, "m", before=OLD)


def test_papers_of_the_statements_stand_in_for_a_missing_list(bucket: Bucket) -> None:
    model_file().save(bucket)
    bucket.client.delete_object(Bucket=bucket.name, Key=paper_ids_key("m", NEW))
    config = {"search_terms": [], "reading": {"main_id_type": "DEMO"}}
    bucket.write_json(config_key("m"), config)

    assert load_model(bucket, "m").paper_ids == ["demo-0001"]


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"null", b"\xff", b"[1"])
def test_papers_of_the_statements_stand_in_for_a_list_that_cannot_be_used(
    bucket: Bucket, content: bytes
) -> None:
    model_file().save(bucket)
    key = paper_ids_key("m", NEW)
    bucket.write_bytes(key, content, "application/json")
    config = {"search_terms": [], "reading": {"main_id_type": "DEMO"}}
    bucket.write_json(config_key("m"), config)
    left_out = LeftOutList()

    assert load_model(bucket, "m", left_out=left_out).paper_ids == ["demo-0001"]
    assert [(each.kind, each.item) for each in left_out] == [("file", key)]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ({}, "holds a JSON dict, not a list"),
        ([{"stmt": {}}], "none of its 1 items is an EMMAA statement"),
        (
            [{"date": NEW, "stmt": {"type": "Dreaming"}}],
            "none of its 1 items is an EMMAA statement",
        ),
        ([7], "none of its 1 items is an EMMAA statement"),
    ],
)
def test_other_content_is_named(bucket: Bucket, content: object, fault: str) -> None:
    bucket.write_json(model_key("m", NEW), content)

    with pytest.raises(InputError, match=rf"s3://emmaa/{model_key('m', NEW)}.*{fault}"):
        load_model(bucket, "m")


def test_a_statement_that_cannot_be_used_costs_itself_and_is_listed(bucket: Bucket) -> None:
    model_file().save(bucket)
    (good,) = load_raw_model(bucket, "m")
    odd = {**good, "stmt": {**good["stmt"], "type": "Nonsense"}}
    bucket.write_json(model_key("m", NEW), [odd, good])
    left_out = LeftOutList()

    loaded = load_model(bucket, "m", NEW, left_out)

    assert [str(each.stmt.get_hash()) for each in loaded.statements] == [
        good["stmt"]["matches_hash"]
    ]
    assert [(each.kind, each.where) for each in left_out] == [("statement", "models/m/model_")]


def test_pickle_of_the_original_is_not_loaded_nor_passed_over(bucket: Bucket) -> None:
    model_file(OLD).save(bucket)
    bucket.write_bytes(f"models/m/model_{NEW}.pkl", b"cos\nsystem\n.", "x")

    with pytest.raises(InputError, match=rf"model_{NEW}\.pkl is a pickle"):
        load_model(bucket, "m")
    assert load_model(bucket, "m", OLD).date_str == OLD


def test_papers_are_sorted_numbers_first() -> None:
    assert sorted_papers(["b", 12, "a", 3, "a", 3]) == [3, 12, "a", "b"]
    assert json.dumps(sorted_papers([])) == "[]"
