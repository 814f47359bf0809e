from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emmaa_cycle.errors import InputError
from emmaa_cycle.left_out import (
    KINDS,
    MAX_ITEMS,
    LeftOut,
    left_out_document,
    left_out_report,
    left_out_summary,
    parse_left_out,
)
from emmaa_cycle.printable import printable, printable_line

DAY_1, DAY_2 = "2026-03-01-17-00-00", "2026-03-02-17-00-00"

texts = st.text(st.characters(exclude_categories=())) | st.text(max_size=5).map(lambda t: t * 300)
left_out = st.builds(LeftOut, st.sampled_from(list(KINDS)), texts, texts, texts)


def _report(items: list[LeftOut], date: str = DAY_1, **keywords: Any) -> Any:
    return left_out_report("rasmodel", "model_update", date, items, **keywords)


@given(st.lists(left_out, max_size=5))
def test_any_text_can_be_stored_and_is_read_back_the_same(items: list[LeftOut]) -> None:
    report = _report(items)
    stored = json.dumps(left_out_document(report), ensure_ascii=False).encode()
    assert parse_left_out(json.loads(stored)) == report


@given(st.lists(left_out, max_size=5))
def test_nothing_is_new_twice(items: list[LeftOut]) -> None:
    first = _report(items)
    second = _report(items, DAY_2, earlier=parse_left_out(left_out_document(first)))
    assert first.new_count == first.count == len({item.identity for item in items})
    assert second.new_count == 0
    assert second.count == first.count


def test_only_what_the_list_before_did_not_have_is_new() -> None:
    first = _report([LeftOut("file", "1.json", "no JSON", "inbox/")])
    again = LeftOut("file", "1.json", "another reason", "inbox/")
    elsewhere = LeftOut("file", "1.json", "no JSON", "inbox/other/")

    second = _report([again, elsewhere], DAY_2, earlier=first)

    assert [(item.where, item.new) for item in second.items] == [
        ("inbox/other/", True),
        ("inbox/", False),
    ]
    assert (second.count, second.new_count) == (2, 1)


def test_a_long_list_is_capped_and_still_knows_all_it_counts() -> None:
    items = [LeftOut("statement", str(number), "odd", "pybel") for number in range(MAX_ITEMS + 7)]
    first = _report(items)
    assert (len(first.items), first.count, first.new_count) == (MAX_ITEMS, 1007, 1007)

    one_more = [*items, LeftOut("statement", "zzz", "odd", "pybel")]
    second = _report(one_more, DAY_2, earlier=parse_left_out(left_out_document(first)))

    assert second.new_count == 1
    assert second.items[0].item == "zzz"


def test_the_summary_counts_by_kind() -> None:
    assert left_out_summary({}) == ""
    assert left_out_summary({"file": 1, "statement": 2}) == "left out: 1 file, 2 statements"


def test_a_kind_that_is_not_documented_is_a_fault() -> None:
    with pytest.raises(ValueError, match="KINDS"):
        left_out_report("m", "tests", "d", [LeftOut("thing", "x", "y")])


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"model": "m"},
        left_out_document(_report([])) | {"items": [{"kind": "x"}]},
        left_out_document(_report([])) | {"new_count": float("inf")},
    ],
)
def test_another_document_is_refused(document: Any) -> None:
    with pytest.raises(InputError, match="no list of what was left out"):
        parse_left_out(document)


def test_printable_text_has_no_character_that_a_log_or_store_cannot_hold() -> None:
    assert printable("a\x00b\udc80c\x1b[0md\u2028e") == r"a\x00b\udc80c\x1b[0md\u2028e"
    assert printable("α\tβ\nγ 😀") == "α\tβ\nγ 😀"
    assert printable_line("a\nb\tc\r", 100) == r"a\nb\tc\r"


@given(texts, st.integers(20, 100))
def test_a_printable_line_is_short_and_stays_as_it_is(text: str, limit: int) -> None:
    line = printable_line(text, limit)
    line.encode()
    assert len(line) <= limit
    assert len(line.splitlines()) <= 1
    assert printable_line(line, limit) == line


def test_long_texts_that_differ_at_the_end_stay_different() -> None:
    assert printable_line("x" * 500 + "a", 100) != printable_line("x" * 500 + "b", 100)


@pytest.mark.parametrize("field", ["item", "reason", "where"])
def test_each_text_of_an_item_is_one_short_line(field: str) -> None:
    texts: dict[str, Any] = {"item": "i", "reason": "r", "where": "w", field: "a\nb" * 2_000}
    line: str = getattr(LeftOut("file", **texts), field)
    assert line.startswith(r"a\nba\nb")
    assert len(line) < 4_000


def test_stored_lists_keep_their_identities_and_kinds() -> None:
    """Lists in the bucket outlive the code: with another identity, all items would be new again."""
    assert LeftOut("statement", "42", "any reason", "skcm").identity == "b5c8dd5c177cc58b"
    assert LeftOut("file", "a.json", "any reason").identity == "f68c125a63e4afcf"
    assert {
        *("statement", "evidence", "file", "paper", "search term", "test", "query", "model type"),
        *("export", "corpus", "recipient", "result", "service", "model", "line", "title", "plot"),
    } <= KINDS.keys()


def test_items_of_a_later_version_s_kind_are_read_with_the_others() -> None:
    document = left_out_document(left_out_report("m", "tests", "d", [LeftOut("file", "a", "b")]))
    document["items"][0]["kind"] = "gizmo"
    document["counts"] = {"gizmo": 2, "file": 1}
    report = parse_left_out(document)
    assert [item.kind for item in report.items] == ["gizmo"]
    assert left_out_summary(report.counts) == "left out: 2 gizmos, 1 file"
