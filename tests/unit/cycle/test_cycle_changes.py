"""The changes between two rounds (emmaa_cycle/overview/changes.py)."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emmaa_cycle.errors import InputError
from emmaa_cycle.overview.changes import (
    Statement,
    Test,
    Verdict,
    corpus_changes,
    round_statements,
    round_tests,
    statement_changes,
)
from tests.unit.cycle.test_cycle_overview import corpus_document, model_document, odd

hashes = st.sampled_from([str(number) for number in range(8)])
statements = st.dictionaries(hashes, st.integers(0, 9)).map(
    lambda found: {key: Statement(key, f"S{key}.", count) for key, count in found.items()}
)
verdicts = st.dictionaries(
    st.sampled_from(["pysb", "pybel"]),
    st.sampled_from(["Pass", "Fail", "n_a"]).map(Verdict),
)
tests = st.dictionaries(hashes, verdicts).map(
    lambda found: {key: Test(key, f"T{key}.", each) for key, each in found.items()}
)


def verdicts_of(**results: dict[str, str]) -> dict[str, Test]:
    return {
        key: Test(key, f"{key}.", {kind: Verdict(each) for kind, each in kinds.items()})
        for key, kinds in results.items()
    }


def test_a_round_s_statements_have_evidence_and_papers() -> None:
    document = model_document()
    document["paper_summary"] |= {
        "stmts_by_paper": {"p1": [3], "p2": [3, 1]},
        "paper_titles": {"p1": "A title"},
        "paper_links": {
            "p1": ["https://pubmed.org/1", "PubMed"],
            "p2": ["javascript:alert(1)", ""],
        },
    }
    found = round_statements(document)
    assert len(found) == 5
    assert (found["3"].sentence, found["3"].evidence) == ("A3 activates B.", 4)
    assert [(p.name, p.title, p.link) for p in found["3"].papers] == [
        ("p1", "A title", "https://pubmed.org/1"),
        ("p2", "", ""),
    ]


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "JaVaScRiPt://x/%0aalert(1)", "data:text/html,x", "//evil", "x", "",
     "http://[", " javascript:alert(1)", None, 5, "https://a.b/\ud800"],
)  # fmt: skip
def test_only_web_addresses_are_links(link: Any) -> None:
    document = model_document()
    document["paper_summary"] |= {
        "stmts_by_paper": {"p": [1]},
        "paper_links": {"p": [link, "other"]},
    }
    assert round_statements(document)["1"].papers[0].link == ""


def test_a_round_s_tests_have_a_verdict_and_a_path_by_type() -> None:
    document = corpus_document()
    path = [{"path": "A → B", "edge_list": []}, {"path": "A → C", "edge_list": []}]
    document["test_round_summary"]["all_test_results"] = {
        "7": {"test": ["", "A activates B.", ""], "pysb": ["Pass", path], "pybel": ["n_a", "why"]}
    }
    (test,) = round_tests(document).values()
    assert test.sentence == "A activates B."
    assert test.verdicts == {
        "pysb": Verdict("Pass", "A → B", is_path=True),
        "pybel": Verdict("n_a", "why"),
    }


@pytest.mark.parametrize(
    ("beliefs", "expected"),
    [
        ([0.1, 0.25, 0.65, 0.8775000001, 1], [0.1, 0.25, 0.65, 0.878, 1]),
        ([0.1], [None] * 5),  # two statements of one hash: nobody knows whose beliefs these are
        ([0.1, 2, -1, float("nan"), 1], [0.1, None, None, None, 1]),
        (None, [None] * 5),
    ],
)
def test_a_statement_has_its_belief(beliefs: Any, expected: list[float | None]) -> None:
    document = model_document()
    document["model_summary"]["assembled_beliefs"] = beliefs
    found = round_statements(document)
    assert [found[str(number)].belief for number in range(1, 6)] == expected


def test_tests_are_newly_passed_and_newly_failed_by_type() -> None:
    before = verdicts_of(
        a={"pysb": "Fail"}, b={"pysb": "Pass"}, c={"pysb": "Pass"}, gone={"pysb": "Pass"}
    )
    now = verdicts_of(
        a={"pysb": "Pass", "pybel": "Pass"}, b={"pysb": "n_a"}, c={"pysb": "Pass"},
        new={"pysb": "Pass"},
    )  # fmt: skip
    changes = corpus_changes("ras", now, before)
    assert [(each.test.hash, each.newly_passed, each.newly_failed) for each in changes.tests] == [
        ("b", (), ("pysb",)),
        ("gone", (), ("pysb",)),
        ("a", ("pysb",), ()),
        ("new", ("pysb",), ()),
        ("c", (), ()),
    ]
    assert (changes.newly_passed, changes.newly_failed) == (2, 2)
    assert [each.is_applied for each in changes.tests] == [True, False, True, True, True]
    assert set(changes.types) == {"pysb", "pybel"}


@given(statements, statements)
def test_added_and_removed_statements_lead_from_one_round_to_the_other(
    before: dict[str, Statement], now: dict[str, Statement]
) -> None:
    changes = statement_changes(now, before)
    added, removed = ({s.hash for s in each} for each in (changes.added, changes.removed))
    assert (before.keys() - removed) | added == now.keys()
    assert not added & before.keys()
    assert removed <= before.keys()


@given(tests, tests)
def test_no_test_is_lost_and_none_has_news_twice(
    before: dict[str, Test], now: dict[str, Test]
) -> None:
    changes = corpus_changes("ras", now, before)
    assert {each.test.hash for each in changes.tests} == now.keys() | before.keys()
    assert all(not set(each.newly_passed) & set(each.newly_failed) for each in changes.tests)
    same = corpus_changes("ras", now, now)
    assert (same.newly_passed, same.newly_failed) == (0, 0)


@given(tests, statements)
def test_a_first_round_has_no_news(now: dict[str, Test], found: dict[str, Statement]) -> None:
    changes = corpus_changes("ras", now, None)
    assert (changes.newly_passed, changes.newly_failed) == (0, 0)
    assert len(changes.tests) == len(now)
    assert statement_changes(found, None).added == ()


@pytest.mark.parametrize("document", [model_document(), corpus_document()], ids=["model", "corpus"])
@given(st.data(), odd)
def test_statistics_of_any_form_are_read_or_refused_with_a_reason(
    document: dict[str, Any], data: st.DataObject, value: Any
) -> None:
    changed = copy.deepcopy(document)
    place, read = changed, round_statements if "model_summary" in document else round_tests
    while True:
        key = data.draw(st.sampled_from(sorted(place, key=str)))
        if not isinstance(place[key], dict) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = value
    try:
        found = read(changed)
    except InputError:
        return
    assert all(isinstance(each.sentence, str) for each in found.values())


def test_a_sentence_or_title_that_is_no_text_costs_nothing_else() -> None:
    document = model_document()
    first, *others = document["model_summary"]["all_stmts"]
    document["model_summary"]["all_stmts"][first] = ["u", None]
    found = round_statements(document)
    assert found[first].sentence == "None"
    assert {*found} == {first, *others}


def test_a_count_without_end_is_refused_with_its_reason() -> None:
    document = model_document()
    (first, *_) = document["model_summary"]["all_stmts"]
    document["model_summary"]["stmts_by_evidence"] = [[first, float("inf")]]
    with pytest.raises(InputError, match="OverflowError"):
        round_statements(document)


def test_a_hash_can_be_shown_whatever_it_is() -> None:
    document = model_document()
    document["model_summary"]["all_stmts"] = {"\ud800": ["u", "S.", ""]}
    (found,) = round_statements(document).values()
    assert found.hash == r"\ud800"
