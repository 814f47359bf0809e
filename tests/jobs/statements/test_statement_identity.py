"""Hashes of readings, what is merged by them, and round trips through JSON (hypothesis)."""

from __future__ import annotations

import copy
import json
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from indra.statements import Statement

from emmaa_jobs.reading.acceptance import SOURCE
from emmaa_jobs.reading.literature import ReadingResult
from emmaa_jobs.reading.merged_state import still_held
from emmaa_jobs.statements.emmaa_statement import EmmaaStatement
from emmaa_jobs.statements.identity import content_id, reading_hash, without_copies
from tests.jobs.example_counts import examples
from tests.jobs.model_types.random_models import models
from tests.jobs.reading.updated_model import braf_map2k1

NOW = datetime(2026, 3, 2, 17, tzinfo=UTC)
few = settings(max_examples=examples(40), deadline=None)
metadata = st.dictionaries(st.sampled_from(("internal", "curated")), st.booleans())
terms = st.lists(st.fixed_dictionaries({"name": st.sampled_from(("BRAF", "melanoma"))}), max_size=2)


@st.composite
def readings(draw: st.DrawFn) -> list[EmmaaStatement]:
    """Statements, some of them more than once, as copies or found by other search terms."""
    found = draw(models(size=6))
    chosen = draw(st.lists(st.sampled_from(found), max_size=8)) if found else []
    return [
        EmmaaStatement(copy.deepcopy(each), NOW, draw(terms), draw(metadata)) for each in chosen
    ]


def hashes(items: Iterable[EmmaaStatement]) -> list[int]:
    return [reading_hash(item.stmt) for item in items]


def full_hash(statement: Statement) -> int:
    """INDRA's hash of statement and evidence, of a copy without EMMAA's annotations."""
    bare = copy.deepcopy(statement)
    for evidence in bare.evidence:
        evidence.annotations.pop("emmaa", None)
        evidence.get_source_hash(refresh=True)
    number: int = bare.get_hash(shallow=False, refresh=True)
    return number


@few
@given(readings())
def test_readings_are_the_same_where_statement_and_evidence_are(
    items: list[EmmaaStatement],
) -> None:
    pairs = {(reading_hash(item.stmt), full_hash(item.stmt)) for item in items}
    ours, indras = {one for one, _ in pairs}, {other for _, other in pairs}
    assert len(ours) == len(indras) == len(pairs)


@few
@given(models(size=3), terms, metadata, st.data())
def test_what_emmaa_notes_and_the_order_of_evidence_do_not_make_another_reading(
    statements: list[Statement], terms: list[Any], noted: dict[str, bool], data: st.DataObject
) -> None:
    for statement in statements:
        before = reading_hash(statement)
        again = copy.deepcopy(statement)
        again.uuid = str(uuid.uuid4())
        again.evidence = data.draw(st.permutations(again.evidence))
        EmmaaStatement(again, NOW, terms, noted)
        assert reading_hash(again) == before


@few
@given(readings())
def test_readings_come_back_from_json_as_they_were(items: list[EmmaaStatement]) -> None:
    for item in items:
        document = json.loads(json.dumps(item.to_json()))
        back = EmmaaStatement.from_json(document)
        assert back.to_json() == document
        assert reading_hash(back.stmt) == reading_hash(item.stmt)
        assert back.stmt.get_hash() == item.stmt.get_hash() == int(document["stmt"]["matches_hash"])


@few
@given(readings(), readings())
def test_a_merge_keeps_what_was_there_and_adds_each_news_once(
    before: list[EmmaaStatement], found: list[EmmaaStatement]
) -> None:
    merged = list(without_copies([*before, *found]))
    kept = list(without_copies(before))
    assert merged[: len(kept)] == kept
    assert len(hashes(merged)) == len(set(hashes(merged)))
    assert set(hashes(merged)) == {*hashes(before), *hashes(found)}
    news = [number for number in dict.fromkeys(hashes(found)) if number not in hashes(before)]
    assert hashes(merged)[len(kept) :] == news


@few
@given(readings(), readings(), readings())
def test_merging_again_or_in_two_steps_changes_nothing(
    before: list[EmmaaStatement], found: list[EmmaaStatement], more: list[EmmaaStatement]
) -> None:
    merged = list(without_copies([*before, *found]))
    assert list(without_copies([*merged, *found])) == merged
    at_once = without_copies([*before, *found, *more])
    assert hashes(without_copies([*merged, *more])) == hashes(at_once)


@few
@given(readings(), readings(), st.sampled_from(("map", "file")))
def test_a_collection_replaces_what_came_with_it_and_nothing_else(
    before: list[EmmaaStatement], found: list[EmmaaStatement], name: str
) -> None:
    marked = [EmmaaStatement(item.stmt, NOW, (), {SOURCE: "map"}) for item in without_copies(found)]
    read = [item for item in before if item.stmt not in [each.stmt for each in marked]]
    kept = still_held([*read, *marked], ReadingResult(collections={name}))
    assert list(kept) == (read if name == "map" else [*read, *marked])


@given(st.text(), st.text())
def test_ids_follow_from_content(one: str, other: str) -> None:
    assert uuid.UUID(content_id(one)).version == 5
    assert content_id(one) == content_id(str(one))
    assert (content_id(one) == content_id(other)) == (one == other)


def test_reading_hash_is_the_full_hash_without_emmaa_annotations() -> None:
    bare = braf_map2k1()
    bare.evidence[0].annotations.clear()

    assert reading_hash(braf_map2k1()) == bare.get_hash(shallow=False)
    assert reading_hash(bare) == bare.get_hash(shallow=False)
