"""Lists that are parsed part by part, against lists that are parsed as a whole."""

from __future__ import annotations

import gzip
import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emmaa_cycle.errors import InputError
from emmaa_jobs.bucket import Bucket, gzip_json_items
from emmaa_jobs.json_items import json_items
from tests.jobs.example_counts import examples

KEY = "models/m/model_2026-03-02-17-00-00.json.gz"
#: Texts that look like the place between two items.
texts = st.sampled_from(("}", "\n },\n {", " },\\n {", "é", "\u2028", "")) | st.text(max_size=4)
values = st.recursive(
    st.none() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
items = st.lists(st.dictionaries(texts, values, max_size=3) | values, max_size=8)
indents = st.sampled_from((None, 0, 1, 2))


@settings(max_examples=examples(200), deadline=None)
@given(document=items, indent=indents, part=st.integers(1, 40))
def test_the_items_are_the_lists(document: list[Any], indent: int | None, part: int) -> None:
    """Either all come, or the first of them and an error, after which the whole is parsed."""
    text = json.dumps(document, indent=indent, ensure_ascii=False)
    found: list[Any] = []
    try:
        found += json_items(io.StringIO(text), part)
    except ValueError:
        assert indent != 1
        document = document[: len(found)]
    assert found == document


@settings(max_examples=examples(200), deadline=None)
@given(document=items, cut=st.integers(0, 200), part=st.integers(1, 40))
def test_what_is_cut_off_is_an_error(document: list[Any], cut: int, part: int) -> None:
    text = json.dumps(document, indent=1)
    with pytest.raises(ValueError, match=r"."):
        list(json_items(io.StringIO(text[: cut % len(text)]), part))


@pytest.mark.parametrize(
    "document",
    [
        json.dumps([{"a": 1}, {"b": [{"c": 2}]}], indent=indent).encode(encoding)
        for indent in (None, 1, 4)
        for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32")
    ],
)
def test_any_json_file_is_read(bucket: Bucket, document: bytes) -> None:
    bucket.write_bytes(KEY, gzip.compress(document), "")
    assert list(bucket.read_json_items(KEY)) == bucket.read_json_list(KEY) != []


@pytest.mark.parametrize(
    "content",
    [
        b"no gzip",
        gzip.compress(b'[\n {\n  "a": 1\n },\n {\n  "a": 2\n }'),
        gzip.compress(b'[\n {\n  "a": 1\n },\n {\n  "a": 2\n }\n] and more'),
        gzip.compress(b'[\n {\n  "a": 1\n },\n {\n  "a": \xff\n }\n]'),
        gzip.compress(b'{"a":\n {\n },\n {\n }\n}'),
        gzip.compress(b"[" * 2_000),
        gzip.compress(b""),
        gzip_json_items({"a": number} for number in range(100_000))[:-20],
    ],
)
def test_what_is_broken_has_the_message_of_the_whole(bucket: Bucket, content: bytes) -> None:
    bucket.write_bytes(KEY, content, "")
    with pytest.raises(InputError) as whole:
        bucket.read_json_list(KEY)
    with pytest.raises(InputError) as in_parts:
        list(bucket.read_json_items(KEY))
    assert str(in_parts.value) == str(whole.value)
