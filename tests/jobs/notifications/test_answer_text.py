"""Answers to queries in words, old and new, in the full form of the mail."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from emmaa_jobs.db.query_database import NewResult, QueryDatabase
from emmaa_jobs.notifications.answer_history import AnswerHistory
from emmaa_jobs.notifications.answer_text import AnswerChange, AnswerText, answer_text
from emmaa_jobs.notifications.mail import Recipient, query_mail, raw_mail
from emmaa_jobs.notifications.query_news import AnswerGroup, NewAnswer
from tests.jobs.odd_documents import ANY_JSON

ADA = Recipient("ada@example.org", "https://emmaa.example.org/u", "https://emmaa.example.org")
SUNDAY, MONDAY, TUESDAY = (f"2026-03-0{day}-12-00-00" for day in (1, 2, 3))
PATH = {"path": "EGF → EGFR → MAPK1", "edge_list": []}
OTHER = {"path": "EGF → ERBB2 → MAPK1", "edge_list": []}
NO_PATH = "No path found that satisfies the test statement"
PLOT = "https://emmaa.s3.amazonaws.com/query_images/ras/plot.png"


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (NO_PATH, NO_PATH),
        (PATH, "EGF → EGFR → MAPK1"),
        ({"sat_rate": 1.0, "num_sim": 2, "kpat": None}, "holds in 100 % of 2 simulations"),
        ({"sat_rate": 0.25, "num_sim": 1}, "holds in 25 % of 1 simulation"),
        ({"result": "yes_decrease"}, "yes, it decreases"),
        ({"result": "no_change"}, "no change"),
    ],
)
def test_an_item_in_words(item: Any, words: str) -> None:
    assert answer_text({"1": item}) == AnswerText((words,), 1)


def test_a_simulation_has_its_plot() -> None:
    assert answer_text({"1": {"result": "yes_increase", "fig_path": PLOT}}).plot == PLOT
    for address in ("javascript:alert(1)", "https://a b", 7, "https://[", "//x.org/p.png"):
        assert answer_text({"1": {"result": "yes_increase", "fig_path": address}}).plot == ""


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.text(max_size=3), ANY_JSON, max_size=4))
def test_any_answer_becomes_lines_of_a_mail(response: dict[str, Any]) -> None:
    change = AnswerChange(answer_text(response), answer_text(response))
    assert all(line == line.strip() and len(line.splitlines()) == 1 for line in change.now.lines)
    written = query_mail(ADA, [AnswerGroup("T", "https://e", [news(change)])], with_answers=True)
    raw_mail(written, "emmaa@example.org", datetime.now(UTC))


def news(change: AnswerChange) -> NewAnswer:
    return NewAnswer("i", "static", "EGF activates MAPK1.", "ras", "PySB", None, change=change)


def answer(queries: QueryDatabase, date: str, response: dict[str, Any], *delta: str) -> None:
    queries.add_results([NewResult(1, "pysb", response, [*response], delta, date)])


@pytest.fixture
def asked(queries: QueryDatabase) -> QueryDatabase:
    queries.register_query(1, "ras", {"type": "path_property"}, "path_property", None, False)
    return queries


def test_the_answer_is_given_old_and_new(asked: QueryDatabase) -> None:
    answer(asked, SUNDAY, {"0": NO_PATH})
    answer(asked, MONDAY, {"1": PATH}, "1")
    answer(asked, TUESDAY, {"1": PATH, "2": OTHER}, "2")
    history = AnswerHistory(asked)
    monday = history.change(1, "pysb", (MONDAY, MONDAY), ["1"])
    assert (monday.now.lines, monday.before.lines) == ((PATH["path"],), (NO_PATH,))
    both = history.change(1, "pysb", (MONDAY, TUESDAY), ["1", "2"])
    assert both.now.lines == (PATH["path"], OTHER["path"])
    assert both.before.lines == (NO_PATH,)
    tuesday = history.change(1, "pysb", (TUESDAY, TUESDAY), ["2"])
    assert (tuesday.now.lines, tuesday.before.lines) == ((OTHER["path"],), (PATH["path"],))


@pytest.mark.parametrize("date", ["", "yesterday", "2026-99-01-00-00-00"])
def test_a_round_that_cannot_be_read_costs_its_answer(asked: QueryDatabase, date: str) -> None:
    assert AnswerHistory(asked).change(1, "pysb", (date, date), ["1"]) == AnswerChange()


@pytest.mark.parametrize("earlier", [[], [SUNDAY]], ids=["nothing else", "the day before's"])
def test_an_answer_that_was_replaced_is_not_another_rounds(
    asked: QueryDatabase, earlier: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    for date in earlier:
        answer(asked, date, {"0": NO_PATH})
    assert AnswerHistory(asked).change(1, "pysb", (MONDAY, MONDAY), ["1"]) == AnswerChange()
    assert caplog.messages == []


def test_a_change_is_looked_up_once(asked: QueryDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(asked, SUNDAY, {"0": NO_PATH})
    answer(asked, MONDAY, {"1": PATH}, "1")
    history = AnswerHistory(asked)
    first = history.change(1, "pysb", (MONDAY, MONDAY), ["1"])
    monkeypatch.setattr(QueryDatabase, "latest_result", None)
    assert history.change(1, "pysb", (MONDAY, MONDAY), ["1"]) is first


def test_a_mail_with_answers() -> None:
    change = AnswerChange(answer_text({"1": PATH, "2": OTHER}), answer_text({"0": NO_PATH}))
    group = AnswerGroup("Source-target paths", "https://e/query", [news(change)])
    written = query_mail(ADA, [group], with_answers=True)
    assert written.subject == "EMMAA: 1 new answer to your queries"
    assert written.text.split("\n-- \n")[0] == (
        "New answers to your queries\n"
        "\n"
        "Source-target paths: https://e/query\n"
        "- EGF activates MAPK1. (ras, PySB)\n"
        "  Now: EGF → EGFR → MAPK1\n"
        "    EGF → ERBB2 → MAPK1\n"
        "  Before: No path found that satisfies the test statement\n"
    )
    for text in ("EGF → EGFR → MAPK1", "EGF → ERBB2 → MAPK1", NO_PATH):
        assert text in written.html


@settings(max_examples=30, deadline=None)
@given(count=st.integers(0, 3000), length=st.integers(1, 300), text=st.sampled_from("aü→😀<"))
@example(count=18, length=193, text="ü")  # whose line breaks take two bytes each
def test_a_mail_is_short_enough_for_any_number_of_answers(
    count: int, length: int, text: str
) -> None:
    words = AnswerText((text * length,) * 3, 9, PLOT)
    answers = [news(AnswerChange(words, words))] * count
    written = query_mail(ADA, [AnswerGroup("T", "https://e", answers)], with_answers=True)
    assert len(raw_mail(written, "emmaa@example.org", datetime.now(UTC))) < 100_000
    shown = written.text.count("EGF activates")
    assert shown == count or f"{count - shown:,} more" in written.text
