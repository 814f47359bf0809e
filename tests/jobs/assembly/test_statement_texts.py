"""The text of statements is the same however it is cut."""

from __future__ import annotations

import io
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from emmaa_jobs.assembly.continuation.raw_items import RawItems, text_digests
from emmaa_jobs.json_encoding import encode_json
from emmaa_jobs.json_items import json_parts, object_list, object_texts
from emmaa_jobs.model.assembled import AssembledFiles
from tests.jobs.one_model import ROUND

texts = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(
    ["\n },\n {", "},", "["]
)
values = st.recursive(
    st.none() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)
documents = st.lists(st.dictionaries(texts, values, min_size=1, max_size=3), max_size=6)
part_sizes = st.integers(1, 80)


def parts_of(document: list[dict[str, Any]], size: int) -> list[str]:
    return list(json_parts(io.StringIO(encode_json(document).decode(), newline=""), size))


@given(documents, part_sizes)
def test_a_list_is_made_of_the_texts_of_its_items(
    document: list[dict[str, Any]], size: int
) -> None:
    items = [text for part in parts_of(document, size) for text in object_texts(part)]
    assert len(items) == len(document)
    assert object_list(items) == encode_json(document).decode()


@given(documents, part_sizes, part_sizes, st.integers(0, 6))
def test_a_digest_does_not_depend_on_where_the_text_is_cut(
    document: list[dict[str, Any]], size: int, other: int, count: int
) -> None:
    beginning = document[:count]
    _, digest = text_digests(parts_of(beginning, size))
    of_first, of_all = text_digests(parts_of(document, other), len(beginning))
    assert of_first == digest
    assert (of_all == digest) is (document == beginning)
    assert RawItems(parts_of(document, size)).count == len(document)


@given(documents)
def test_assembled_files_are_made_of_their_statements(document: list[dict[str, Any]]) -> None:
    files = AssembledFiles.of("m", ROUND, document)
    encoded = files.encoded()
    assert [json.loads(each.line.tobytes()) for each in encoded] == document
    assert AssembledFiles.of_encoded("m", ROUND, encoded) == files
