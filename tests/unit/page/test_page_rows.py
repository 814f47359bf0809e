"""The states of a model's row (emmaa_cycle/overview/model.py)."""

from __future__ import annotations

from typing import Any

from emmaa_cycle.model_config import ModelConfig
from emmaa_cycle.overview.figures import UpdateFigures
from emmaa_cycle.overview.model import ModelRow, model_row
from emmaa_cycle.overview.part import Part
from emmaa_cycle.stages import Stage
from tests.unit.page.page_bucket import CORPUS, DAY_1, DAY_2, assembly, parts

TESTED = f"{Stage.TEST_STATS}_{CORPUS}"


def dated(changes: dict[str, str | None], **fields: Any) -> ModelRow:
    """Return a complete round of the second day, with parts of other dates, or without them."""
    found = {part.scope: part for part in parts("rasmodel")}
    for scope, date in changes.items():
        if date is None:
            del found[scope]
        else:
            found[scope] = found[scope].model_copy(update={"date": date})
    if fields.get("figures"):
        figures = fields.pop("figures")
        found[Stage.MM_UPDATE] = found[Stage.MM_UPDATE].model_copy(update={"figures": figures})
    for extra in fields.pop("extra", ()):
        found[extra.scope] = extra
    return model_row("rasmodel", found, **fields)


def states(row: ModelRow) -> dict[str, str]:
    return {stage.name: stage.state for stage in row.stages}


def update(date: str) -> Part:
    figures = UpdateFigures(statements=1, new=1, papers=1, new_papers=1)
    return Part(model="rasmodel", stage=Stage.MODEL_UPDATE, date=date, figures=figures)


def test_a_whole_round_is_finished() -> None:
    row = dated({})
    assert (row.title, row.state, row.round, row.late) == ("Ras Model", "finished", DAY_2, False)
    assert set(states(row).values()) == {"done"}
    assert [corpus.corpus for corpus in row.corpora] == [CORPUS]


def test_what_the_newest_round_has_not_done_yet_is_pending() -> None:
    row = dated({Stage.MODEL_STATS: DAY_1, TESTED: None, Stage.NOTIFICATION: None})
    assert row.state == "unfinished"
    assert states(row) == {
        "update": "done",
        "assembly": "done",
        "statistics": "pending",
        "tests": "none",
        "queries": "done",
        "mails": "none",
    }


def test_queries_and_mails_are_not_waited_for() -> None:
    assert dated({Stage.QUERIES: DAY_1, Stage.NOTIFICATION: None}).state == "finished"


def test_a_new_state_waits_for_its_assembly() -> None:
    row = dated({}, extra=[update("2026-03-03-17-00-00")])
    assert row.state == "unfinished"
    assert states(row)["assembly"] == "pending"
    assert dated({}, extra=[update(DAY_2)]).state == "finished"


def test_a_corpus_without_statistics_is_waited_for() -> None:
    row = dated({}, figures=assembly(corpora=(CORPUS, "more_tests")))
    assert (row.state, states(row)["tests"]) == ("unfinished", "pending")


def test_a_model_without_corpora_has_no_tests_to_wait_for() -> None:
    row = dated({TESTED: None}, figures=assembly(corpora=()))
    assert (row.state, states(row)["tests"]) == ("finished", "done")


def test_a_model_is_late_if_its_last_complete_round_is_too_old() -> None:
    assert not dated({}, late_before=DAY_2).late
    assert dated({TESTED: DAY_1}, late_before=DAY_2).late
    assert dated({Stage.MODEL_STATS: None}, late_before=DAY_2).late
    # Today's round is under way, and yesterday's was in time.
    begun = dated({Stage.MM_UPDATE: "2026-03-03-17-00-00"}, late_before=DAY_2)
    assert (begun.state, begun.late) == ("unfinished", False)


def test_a_model_that_its_config_keeps_out_is_asleep_and_never_late() -> None:
    row = dated({}, figures=assembly(tested_daily=False), late_before="2026-04-01-17-00-00")
    assert (row.state, row.late) == ("asleep", False)


def test_a_model_of_which_nothing_is_known_has_a_row() -> None:
    row = model_row("new", {}, late_before=DAY_2, faults=["config: broken"])
    assert (row.title, row.state, row.round, row.late) == ("new", "none", "", False)
    assert set(states(row).values()) == {"none"}
    assert row.faults == ("config: broken",)


def test_a_model_without_a_round_is_shown_by_its_config() -> None:
    config = ModelConfig(search_terms=[], human_readable_name="A new model", run_daily_update=False)
    row = model_row("new", {}, config)
    assert (row.title, row.state, row.daily) == ("A new model", "none", "none")
    assert model_row("new", {}, ModelConfig(search_terms=[])).title == "new"
