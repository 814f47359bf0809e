"""JSON of unknown origin: read within limits, or refused with one error."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emmaa_cycle.json_text import MAX_DEPTH, JsonTextError, is_deeper_than, json_lines, parse_json

DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def nested(depth: int) -> Any:
    document: Any = []
    for _ in range(depth - 1):
        document = [document] if depth % 2 else {"a": document}
    return document


@pytest.mark.parametrize("depth", [1, 2, MAX_DEPTH, MAX_DEPTH + 1])
def test_levels_are_counted(depth: int) -> None:
    assert is_deeper_than(nested(depth), depth - 1)
    assert not is_deeper_than(nested(depth), depth)
    assert not is_deeper_than(7, 0)


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 990, 100_000, 3_000_000])
@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_deep_documents_are_refused(depth: int, opening: str) -> None:
    for ending in ("", "1" + ("]" if opening == "[" else "}") * depth):
        with pytest.raises(JsonTextError):
            parse_json(opening * depth + ending)


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_a_deep_item_does_not_cost_the_others(opening: str) -> None:
    ending = "]" if opening == "[" else "}"
    for depth in (MAX_DEPTH, 300, 700):
        found = parse_json(f"[1, {opening * depth}1{ending * depth}, 2]", lenient=True)
        assert (found[0], found[2]) == (1, 2)
        assert is_deeper_than(found[1], MAX_DEPTH) == (depth > MAX_DEPTH)
        assert not is_deeper_than(found[1], 2 * MAX_DEPTH)
    with pytest.raises(JsonTextError):
        parse_json(opening * 10**6, lenient=True)


def test_deep_documents_are_refused_where_recursion_is_allowed() -> None:
    """Jobs that raise the recursion limit would otherwise crash."""
    code = (
        "import sys; sys.setrecursionlimit(10**6)\n"
        "from emmaa_cycle.json_text import parse_json, JsonTextError\n"
        "try: parse_json('[' * 10**6)\n"
        "except JsonTextError: print(sys.getrecursionlimit())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1000000\n"


@given(document=DOCUMENTS)
def test_documents_are_read_as_json_reads_them(document: Any) -> None:
    text = json.dumps(document)
    for content in (text, text.encode(), text.encode("utf-16"), "\ufeff".encode() + text.encode()):
        assert repr(parse_json(content)) == repr(json.loads(text))


@settings(max_examples=500)
@given(content=st.binary() | st.text(alphabet='[]{}",:0123456789.eE+-nulltruefas\\u\ud800\x00'))
def test_anything_else_is_refused_with_one_error(content: bytes | str) -> None:
    for lenient in (False, True):
        with contextlib.suppress(JsonTextError):
            parse_json(content, lenient=lenient)


@given(lines=st.lists(st.text(alphabet="a\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029 ")))
def test_a_newline_alone_ends_a_line(lines: list[str]) -> None:
    found = list(json_lines("\n".join(lines)))
    assert [lines[number - 1] for number, _ in found] == [line for _, line in found]
    assert [line for _, line in found] == [line for line in lines if line.strip()]
