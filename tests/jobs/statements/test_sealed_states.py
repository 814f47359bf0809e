"""Sealed states: what an update wrote passes unchecked, and gives what it gives when checked."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emmaa_cycle.s3_layout import config_key, inbox_key, model_key
from emmaa_jobs.bucket import GZIP_TYPE, Bucket
from emmaa_jobs.left_out import LeftOutList
from emmaa_jobs.model.model_file import State, load_model, load_raw_model
from emmaa_jobs.reading.update import Update, update_model
from emmaa_jobs.statements.seal import SEAL, is_sealed, seal
from tests.jobs import odd_statements as odd
from tests.jobs.empty_world import empty_bucket
from tests.jobs.example_counts import examples

MODEL, DAY = "sealed", "2026-03-02"
STATE, NEXT_STATE = (f"{DAY}-{hour}-00-00" for hour in (17, 18))
GOOD_EVIDENCE = {"source_api": "reach", "text": "A sentence.", "text_refs": {"PMID": "1"}}
GOOD = {
    "type": "Activation",
    "subj": {"name": "KRAS", "db_refs": {"HGNC": "6407", "TEXT": "KRAS"}},
    "obj": {"name": "BRAF", "db_refs": {"HGNC": "1097", "TEXT": "BRAF"}},
    "evidence": [GOOD_EVIDENCE],
}
several = st.lists(odd.accepted_documents() | odd.odd_documents(), max_size=6)
whole = settings(
    max_examples=examples(15),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def of_paper(text: str, **fields: Any) -> dict[str, Any]:
    """Return the good statement, read in another sentence."""
    return {**GOOD, "evidence": [{**GOOD_EVIDENCE, "text": text}], **fields}


def deliver(bucket: Bucket, documents: list[Any]) -> None:
    reading = {"reader": "indra_json", "literature_source": "s3_inbox", "main_id_type": "PMID"}
    bucket.write_json(config_key(MODEL), {"search_terms": [], "reading": reading, "test": {}})
    bucket.write_encoded(
        inbox_key(MODEL, "indra_json", DAY, "1.json"), json.dumps([GOOD, *documents]).encode()
    )


def update_twice(bucket: Bucket, first: list[Any], then: list[Any]) -> Update:
    deliver(bucket, first)
    update_model(bucket, MODEL, STATE)
    deliver(bucket, then)
    return update_model(bucket, MODEL, NEXT_STATE)


def break_seal(bucket: Bucket) -> None:
    """Write the first state again, as a person would."""
    content = bucket.read_bytes(model_key(MODEL, STATE))
    bucket.write_bytes(model_key(MODEL, STATE), content, GZIP_TYPE)


@whole
@given(several, several)
def test_a_sealed_state_gives_the_same_next_state_as_a_checked_one(
    first: list[Any], then: list[Any]
) -> None:
    with empty_bucket() as bucket:
        quick = update_twice(bucket, first, [*then, *first[::2]])
        content = bucket.read_object(model_key(MODEL, NEXT_STATE))
        assert is_sealed(content.content, content.metadata)
        left_out = LeftOutList()
        sealed = [item.to_json() for item in load_model(bucket, MODEL, STATE).statements]
        assert State.read(bucket, MODEL, STATE).is_sealed

        break_seal(bucket)
        assert not State.read(bucket, MODEL, STATE).is_sealed
        checked = load_model(bucket, MODEL, STATE, left_out)
        assert sealed == [item.to_json() for item in checked.statements]
        assert not left_out
        slow = update_model(bucket, MODEL, NEXT_STATE)
        again = bucket.read_object(model_key(MODEL, NEXT_STATE))
        assert again.text().read() == content.text().read()
        assert again.content == content.content
        assert (slow.before, slow.updated) == (quick.before, quick.updated)


def test_copies_are_found_in_the_text(bucket: Bucket) -> None:
    others = [of_paper(f"Sentence {number}.") for number in range(3)]
    update = update_twice(bucket, others[:2], [*others, of_paper("New.", obj_activity="kinase")])
    assert (update.before.statements, update.updated.statements) == (3, 5)


def test_an_empty_state_is_followed(bucket: Bucket) -> None:
    deliver(bucket, [])
    update_model(bucket, MODEL, STATE)
    content = compressed(b"[]")
    bucket.write_bytes(model_key(MODEL, STATE), content, GZIP_TYPE, seal(content))
    assert update_model(bucket, MODEL, NEXT_STATE).updated.statements == 1
    assert len(load_raw_model(bucket, MODEL, NEXT_STATE)) == 1


def compressed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


@pytest.mark.parametrize("metadata", [{}, {SEAL: ""}, {SEAL: "0" * 64}, seal(b"other content")])
def test_what_a_job_did_not_write_has_no_seal(metadata: dict[str, str]) -> None:
    assert not is_sealed(b"content", metadata)
    assert is_sealed(b"content", seal(b"content"))


def test_a_changed_state_is_checked_though_its_seal_was_kept(bucket: Bucket) -> None:
    deliver(bucket, [])
    update_model(bucket, MODEL, STATE)
    stored = bucket.read_object(model_key(MODEL, STATE))
    (item,) = load_raw_model(bucket, MODEL, STATE)
    changed = json.dumps([item, {**item, "stmt": {"type": "Activation"}}])
    bucket.write_bytes(stored.key, compressed(changed.encode()), GZIP_TYPE, stored.metadata)

    update = update_model(bucket, MODEL, NEXT_STATE)
    assert [entry.kind for entry in update.reading.left_out] == ["statement"]
    assert len(load_raw_model(bucket, MODEL, NEXT_STATE)) == 1
