"""The bucket's JSON text, against Python's own encoder."""

from __future__ import annotations

import json
from collections import OrderedDict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emmaa_jobs.json_encoding import encode_json, encode_json_rows, encoded_items
from tests.jobs.example_counts import examples

#: Lone surrogates and control characters among them, and infinity and NaN.
texts = st.text(st.characters(exclude_categories=()), max_size=8)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
names = texts | st.integers() | st.floats() | st.booleans() | st.none()
documents = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(names, inner, max_size=4)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(texts, inner, max_size=3).map(OrderedDict)
    ),
    max_leaves=20,
)


def python_text(document: Any) -> bytes:
    return json.dumps(document, indent=1, ensure_ascii=False).encode(errors="backslashreplace")


@settings(max_examples=examples(300), deadline=None)
@given(document=documents)
def test_the_text_is_pythons(document: Any) -> None:
    assert encode_json(document) == python_text(document)


@settings(max_examples=examples(100), deadline=None)
@given(items=st.lists(documents, max_size=4))
def test_a_list_in_parts_is_the_list(items: list[Any]) -> None:
    assert b"".join(encoded_items(iter(items))) == python_text(items)


@settings(max_examples=examples(100), deadline=None)
@given(items=st.lists(documents, max_size=4))
def test_rows_are_one_item_a_line(items: list[Any]) -> None:
    content = encode_json_rows(iter(items)).decode()
    assert content == content.strip()
    lines = content[1:-1].split("\n") if items else []
    assert [line.removesuffix(",") for line in lines] == [
        python_text_of_row(item).decode() for item in items
    ]


def python_text_of_row(document: Any) -> bytes:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="backslashreplace")


@pytest.mark.parametrize("document", [{"a": {1}}, [object()], {(1, 2): "a"}])
def test_what_is_no_json_is_refused(document: Any) -> None:
    with pytest.raises(TypeError):
        encode_json(document)
