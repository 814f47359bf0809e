"""Tests of the plan after a new model manager."""

from __future__ import annotations

from typing import Any

import pytest

from emmaa_cycle.after_update import (
    AfterUpdatePlan,
    after_update_plan,
    notification_plan,
)
from emmaa_cycle.batch_job import RoundJobs
from emmaa_cycle.errors import InputError
from emmaa_cycle.model_config import ModelConfig
from emmaa_cycle.settings import Settings
from emmaa_cycle.stages import AFTER_UPDATE_STAGES, Stage

ROUND = "2026-03-01-18-00-00"


def plan(*, config: dict[str, Any] | None = None, **asked: Any) -> AfterUpdatePlan:
    document = {"search_terms": [], "test": {"test_corpus": ["a_tests", "b_tests"]}}
    parsed = ModelConfig.model_validate({**document, **(config or {})})
    return after_update_plan(RoundJobs(Settings(), "marm", ROUND, parsed), **asked)


def corpora(plan: AfterUpdatePlan, stage: Stage) -> list[str]:
    return [corpus.corpus for corpus in plan.corpora if stage in corpus.jobs]


def test_every_job_is_pinned_to_the_round() -> None:
    found = plan(config={"make_tests": True})
    jobs = [*found.plan.jobs.values(), *(j for c in found.corpora for j in c.jobs.values())]
    assert len(jobs) >= 3 + 2 * 2
    for job in jobs:
        assert job.command[job.command.index("--date-str") + 1] == ROUND


def test_each_corpus_has_its_tests_and_its_statistics() -> None:
    found = plan()
    for stage in (Stage.TESTS, Stage.TEST_STATS):
        assert corpora(found, stage) == ["a_tests", "b_tests"]
    (first, _) = found.corpora
    arguments = first.jobs[Stage.TEST_STATS].command
    assert arguments[arguments.index("--stats_mode") + 1] == "tests"
    assert arguments[arguments.index("--tests") + 1] == "a_tests"
    assert first.label == "a_tests"


def test_the_default_corpus_is_the_original_one() -> None:
    found = plan(config={"test": {}})
    assert [corpus.corpus for corpus in found.corpora] == ["large_corpus_tests"]


def test_tests_are_made_of_a_model_only_if_its_config_says_so() -> None:
    assert "make_tests" in plan().plan.skipped[Stage.MODEL_TO_TESTS]
    assert Stage.MODEL_TO_TESTS in plan(config={"make_tests": True}).plan.jobs


def test_some_corpora_can_be_chosen() -> None:
    assert corpora(plan(corpora=["b_tests"]), Stage.TESTS) == ["b_tests"]


def test_a_corpus_of_another_model_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"'marm'.*other_tests.*a_tests, b_tests"):
        plan(corpora=["other_tests"])


def test_only_the_chosen_stages_run() -> None:
    found = plan(stages=["tests", "queries"])
    assert set(found.plan.jobs) == {Stage.QUERIES}
    assert corpora(found, Stage.TESTS) == ["a_tests", "b_tests"]
    assert corpora(found, Stage.TEST_STATS) == []
    skipped = found.plan.skipped
    assert skipped[Stage.MODEL_STATS] == skipped[Stage.NOTIFICATION]


def test_no_stages_are_all_stages() -> None:
    assert plan(stages=[]) == plan(stages=[str(stage) for stage in AFTER_UPDATE_STAGES])


def test_an_unknown_stage_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"model_update.*model_stats, tests"):
        plan(stages=["model_update"])


def test_nobody_is_notified_of_a_round_that_must_not_be_told() -> None:
    found = plan(notify=False)
    assert "notify" in found.plan.skipped[Stage.NOTIFICATION]
    assert Stage.NOTIFICATION not in plan(notify=True).plan.skipped


@pytest.mark.parametrize("there", [[], ["b_tests"], ["a_tests", "b_tests"]])
def test_a_notification_names_the_corpora_whose_statistics_are_there(there: list[str]) -> None:
    found = notification_plan(Settings(), plan().plan, there, ROUND)
    arguments = found.jobs[Stage.NOTIFICATION].command
    start = arguments.index("--model") + 2
    flags = ["--test_corpora", *there] if there else []
    assert arguments[start:] == [*flags, "--date", ROUND[:10], "--date-str", ROUND]


def test_the_existing_image_is_not_asked_to_notify_of_no_corpus() -> None:
    settings = Settings(launcher={"image": "existing"})
    found = notification_plan(settings, plan().plan, [], ROUND)
    assert not found.jobs
    assert "cannot notify without one" in found.skipped[Stage.NOTIFICATION]
    assert notification_plan(settings, plan().plan, ["a_tests"], ROUND).jobs


def test_the_plan_survives_its_way_through_json() -> None:
    before = plan(config={"make_tests": True}, corpora=["a_tests"], notify=False)
    assert AfterUpdatePlan.from_json(before.to_json()) == before


SUBSETS = [
    [stage for number, stage in enumerate(AFTER_UPDATE_STAGES) if chosen >> number & 1]
    for chosen in range(1, 2 ** len(AFTER_UPDATE_STAGES))
]


@pytest.mark.parametrize("stages", SUBSETS, ids=" ".join)
@pytest.mark.parametrize("chosen", [[], ["b_tests"]], ids=["all corpora", "one corpus"])
@pytest.mark.parametrize("notify", [True, False], ids=["notified", "silent"])
def test_every_choice_of_the_form_runs_just_what_was_chosen(
    stages: list[Stage], chosen: list[str], notify: bool
) -> None:
    found = plan(config={"make_tests": True}, stages=stages, corpora=chosen, notify=notify)
    of_corpora = {Stage.TESTS, Stage.TEST_STATS}
    of_model = {*AFTER_UPDATE_STAGES} - of_corpora - {Stage.NOTIFICATION}
    assert set(found.plan.jobs) == of_model & set(stages)
    for stage in (Stage.TESTS, Stage.TEST_STATS):
        wanted = chosen or ["a_tests", "b_tests"]
        assert corpora(found, stage) == (wanted if stage in stages else [])
    notified = Stage.NOTIFICATION in stages and notify
    assert (Stage.NOTIFICATION in found.plan.skipped) is not notified
    assert found.plan.skipped.keys() & of_model == of_model - set(stages)
    assert all(found.plan.skipped.values())  # each with a reason


def test_a_corpus_that_the_launcher_cannot_name_costs_itself() -> None:
    """The original's image takes its arguments as one string."""
    settings = Settings.model_validate({"launcher": {"image": "existing"}})
    document = {"search_terms": [], "test": {"test_corpus": ["a_tests", "my corpus"]}}
    parsed = ModelConfig.model_validate(document)

    found = after_update_plan(RoundJobs(settings, "marm", ROUND, parsed))

    assert Stage.MODEL_STATS in found.plan.jobs
    assert corpora(found, Stage.TESTS) == ["a_tests"]
    (_, odd) = found.corpora
    assert "argument 'my corpus'" in odd.skipped[Stage.TESTS]
    assert AfterUpdatePlan.from_json(found.to_json()) == found
