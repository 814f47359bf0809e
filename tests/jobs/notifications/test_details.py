"""The full form of a model's mail: what changed, item by item."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emmaa_jobs.notifications.details import EarlierStats, round_details
from emmaa_jobs.notifications.links import Links
from emmaa_jobs.notifications.mail import Mail, Recipient, model_mail, raw_mail
from emmaa_jobs.notifications.mail_parts import Details, Rate
from emmaa_jobs.notifications.messages import ModelMessage
from emmaa_jobs.notifications.round_stats import RoundStats, StatsFile
from tests.jobs.odd_documents import changed

ADA = Recipient("ada@example.org", "https://emmaa.example.org/u", "https://emmaa.example.org")
LINKS = Links("emmaa.example.org")
PAGE = "https://emmaa.example.org/dashboard/ras?tab=model&date=2026-03-02"
#: Gmail cuts mails that are not shorter.
LIMIT = 100_000
MESSAGE = ModelMessage("item", f"{PAGE}#addedStmts", "Today I learned ", "2 new mechanisms")
DATE = "2026-03-02-17-00-00"


def model_stats(new: int = 2, gone: int = 1) -> dict[str, Any]:
    sentences = {str(n): ["", f"A{n} activates B{n}.", ""] for n in range(new)}
    return {
        "model_summary": {
            "number_of_statements": 40 + new,
            "all_stmts": sentences,
            "stmts_by_evidence": [[str(n), n + 1] for n in range(new)],
            "assembled_beliefs": [0.5 + n / (2 * new) for n in range(new)],
        },
        "model_delta": {
            "statements_hashes_delta": {
                "added": [str(n) for n in range(new)],
                "removed": [f"g{n}" for n in range(gone)],
            }
        },
        "paper_summary": {
            "stmts_by_paper": {"PMID1": [1], "PMID2": ["0"], "PMID3": [99]},
            "paper_titles": {"PMID1": "A <b>bold</b> title"},
            "paper_links": {
                "PMID1": ["https://pubmed.ncbi.nlm.nih.gov/1", "PubMed"],
                "PMID2": ["javascript:alert(1)", "PubMed"],
            },
        },
    }


def corpus_stats() -> dict[str, Any]:
    path = [{"path": "A → B → C", "edge_list": []}]
    return {
        "test_round_summary": {
            "test_data": {"name": "Textbook"},
            "all_test_results": {
                "t1": {"test": ["", "A activates C.", ""], "pysb": ["Pass", path]},
                "t2": {"test": ["", "C activates A.", ""], "pysb": ["Fail", "No path found"]},
            },
            "path_stmt_counts": [],
            "number_applied_tests": 2,
            "pysb": {"number_passed_tests": 1, "passed_ratio": 0.5},
        },
        "tests_delta": {
            "applied_hashes_delta": {"added": [], "removed": []},
            "pysb": {"passed_hashes_delta": {"added": ["t1"], "removed": ["t2"]}},
        },
        "changes_over_time": {"pysb": {"passed_ratio": [0.25, 0.5]}},
    }


def details(model: Any = None, corpus: Any = None, gone: dict[str, Any] | None = None) -> Details:
    sentences = {f"g{n}": ["", f"Old{n} binds it.", ""] for n in range(200)}
    before = {"model_summary": {"all_stmts": sentences}} if gone is None else gone
    stats = RoundStats(
        StatsFile("model.json", DATE, model_stats() if model is None else model),
        {"textbook": StatsFile("tests.json", DATE, corpus_stats() if corpus is None else corpus)},
    )
    earlier = {"test_round_summary": {"all_test_results": {"t3": {"test": ["", "Old test.", ""]}}}}
    return round_details(
        "ras",
        stats,
        EarlierStats(
            StatsFile("before.json", DATE, before),
            {"textbook": StatsFile("before.json", DATE, earlier)},
        ),
        LINKS,
    )


def mail(of: Details | None) -> Mail:
    return model_mail(ADA, "Ras", "2026-03-02", [MESSAGE], of)


def test_a_mail_lists_what_changed_the_most_certain_first() -> None:
    written = mail(details())

    assert written.subject == (
        "EMMAA: Ras: 2 new statements, 1 statement is gone, 1 test newly passes,"
        " 1 test no longer passes"
    )
    for text in (written.text, written.html):
        assert text.index("A1 activates B1.") < text.index("A0 activates B0.")
        assert "belief 0.75, 2 pieces of evidence" in text
        assert "belief 0.50, 1 piece of evidence" in text
        assert "https://pubmed.ncbi.nlm.nih.gov/1" in text
        assert "Old0 binds it." in text
        assert text.index("Tests that pass now (“Textbook”)") < text.index("A → B → C")
        assert text.index("A activates C. (PySB)") < text.index("A → B → C")
        assert text.index("Tests that no longer pass") < text.index("No path found")
        assert "1 of 2 (50 %, +25 points)" in text
        assert "The model has 42 statements." in text
        assert MESSAGE.delta_part in text
        assert "javascript" not in text
    assert "A &lt;b&gt;bold&lt;/b&gt; title" in written.html
    assert "█████░░░░░" in written.text


def test_belief_comes_before_evidence() -> None:
    model = model_stats()
    model["model_summary"]["assembled_beliefs"] = [0.9, 0.1]
    text = mail(details(model)).text
    assert text.index("A0 activates B0.") < text.index("A1 activates B1.")
    model["model_summary"]["assembled_beliefs"] = [0.9]
    text = mail(details(model)).text
    assert "belief" not in text
    assert text.index("A1 activates B1.") < text.index("A0 activates B0.")


def test_a_test_of_several_model_types_is_one_line_and_counts_once() -> None:
    corpus = corpus_stats()
    for mc_type in ("pybel", "signed_graph"):
        delta = {"added": ["t1"], "removed": []}
        corpus["tests_delta"][mc_type] = {"passed_hashes_delta": delta}
    written = mail(details(corpus=corpus))
    assert "1 test newly passes" in written.subject
    assert "A activates C. (PySB, PyBEL, Signed Graph)" in written.text


def test_a_test_that_no_longer_applies_is_named() -> None:
    corpus = corpus_stats()
    corpus["tests_delta"]["pysb"]["passed_hashes_delta"]["removed"] = ["t3"]
    assert (
        "- Old test. (PySB)\n  The test no longer applies.\n" in mail(details(corpus=corpus)).text
    )


@given(now=st.floats(0, 100), before=st.none() | st.floats(0, 100))
def test_a_bar_is_as_wide_as_the_mail(now: float, before: float | None) -> None:
    rate = Rate("x", now, before)
    assert sum(width for width, _ in rate.segments) == 100
    assert len(rate.bar) == 10


def test_links_lead_to_the_page_in_airflow_if_it_is_named() -> None:
    stats = RoundStats(StatsFile("m", DATE, model_stats(new=12)), {})
    found = round_details("r s", stats, EarlierStats(), Links("e.org", "https://airflow.org/base/"))
    page = "https://airflow.org/base/plugin/emmaa?page=model&model=r+s&round=2026-03-02-17-00-00"
    assert f"and 2 more: {page}\n" in mail(found).text


def test_the_short_form_is_the_originals() -> None:
    short = mail(None)
    assert short.subject == "EMMAA: news from Ras"
    assert short.text.splitlines()[2:5] == [MESSAGE.message, "", "-- "]
    assert "The model has" not in short.html


@pytest.mark.parametrize("new", [11, 48, 100_000])
def test_more_than_can_be_shown_is_counted_with_a_link(new: int) -> None:
    written = mail(details(model_stats(new=new)))
    assert f"New statements: {new:,}" in written.text
    assert f"and {new - 10:,} more: {PAGE}#addedStmts" in written.text
    page = PAGE.replace("&", "&amp;")
    assert f'<a href="{page}#addedStmts">and {new - 10:,} more</a>' in written.html


def test_a_mail_stays_under_the_limit_however_much_there_is() -> None:
    corpus = corpus_stats()
    types = [f"type_{n}_" + "ü" * 200 for n in range(60)]
    results: dict[str, dict[str, Any]] = {f"t{n}": {"test": ["", "Ω" * 900, ""]} for n in range(30)}
    for name in types:
        delta = {"added": list(results), "removed": list(results)}
        corpus["tests_delta"][name] = {"passed_hashes_delta": delta}
        corpus["test_round_summary"][name] = {"passed_ratio": 1}
        for result in results.values():
            result[name] = ["Pass", [{"path": "→" * 900}]]
    corpus["test_round_summary"]["all_test_results"] = results
    written = mail(details(model_stats(new=500, gone=200), corpus))
    assert len(raw_mail(written, "emmaa@example.org", datetime.now(UTC))) < LIMIT


def test_bad_parts_cost_themselves() -> None:
    model = model_stats()
    model["model_summary"]["all_stmts"]["1"] = None
    model["paper_summary"] = 7
    corpus = corpus_stats()
    corpus["test_round_summary"]["all_test_results"]["t1"]["pysb"] = []
    corpus["changes_over_time"] = None
    written = mail(details(model, corpus, gone={"model_summary": None}))

    assert "A0 activates B0." in written.text
    assert "New statements: 2" in written.text
    assert "Tests that pass now (“Textbook”): 1" in written.text
    assert "Tests that no longer pass (“Textbook”): 1" in written.text
    assert "C activates A." in written.text
    assert "- Textbook, PySB: 1 of 2 (50 %)\n" in written.text


@settings(max_examples=300, deadline=None)
@given(model=changed(model_stats()), corpus=changed(corpus_stats()))
def test_any_statistics_become_a_mail_that_can_be_sent(model: Any, corpus: Any) -> None:
    found = details(
        model if isinstance(model, dict) else {}, corpus if isinstance(corpus, dict) else {}
    )
    written = mail(found)
    raw = raw_mail(written, "emmaa@example.org", datetime.now(UTC))
    assert len(raw) < LIMIT
    assert MESSAGE.delta_part in written.text


def test_a_mail_of_very_many_messages_is_short_enough() -> None:
    many = [replace(MESSAGE, item=str(n), delta_part=f"{n} " + "ü" * 300) for n in range(2000)]
    written = model_mail(ADA, "Ras", "2026-03-02", many, details())
    assert len(raw_mail(written, "emmaa@example.org", datetime.now(UTC))) < LIMIT
    assert "\nand 1,990 more\n" in written.text


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_any_sentence_stays_text(sentence: str) -> None:
    model = model_stats()
    model["model_summary"]["all_stmts"]["1"][1] = f"<img src=x>{sentence}\r\nBcc: eve@example.org"
    written = mail(details(model))
    raw_mail(written, "emmaa@example.org", datetime.now(UTC))
    assert "<img" not in written.html
    assert "\nBcc" not in written.text
    json.dumps(written.subject)
