from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emmaa_cycle.batch_job import MAX_NAME, BatchJob, RoundJobs, batch_name
from emmaa_cycle.errors import InputError
from emmaa_cycle.model_config import ModelConfig
from emmaa_cycle.settings import Settings
from emmaa_cycle.settings_sections import Batch, Launcher
from emmaa_cycle.stages import Stage
from tests.unit.cycle.strategies import names, rounds

DATE = "2026-03-02-17-04-08"
MODEL_DATE = "2026-03-02-17-00-00"
CONFIG = ModelConfig(search_terms=[])
SETTINGS = Settings()


def all_jobs(
    model: str, corpus: str, date: str, config: ModelConfig = CONFIG, settings: Settings = SETTINGS
) -> list[BatchJob]:
    """One job of each stage."""
    jobs = RoundJobs(settings, model, date, config)
    of_round = (Stage.MODEL_STATS, Stage.QUERIES, Stage.MODEL_TO_TESTS)
    return [
        jobs.model_update(date[:10]),
        jobs.mm_update(date),
        *(jobs.job(stage) for stage in of_round),
        *(jobs.job(stage, corpus) for stage in (Stage.TESTS, Stage.TEST_STATS)),
        jobs.notification([corpus, "b"]),
        RoundJobs(settings, "", date).job(Stage.EMAIL),
    ]


@pytest.mark.parametrize(
    ("job", "name", "command"),
    [
        (
            RoundJobs(SETTINGS, "m", DATE).model_update(),
            f"m_update_{DATE}",
            f"run_model_update.py --model m --date-str {DATE}",
        ),
        (
            RoundJobs(SETTINGS, "m", DATE).model_update("2026-03-02"),
            f"m_update_{DATE}",
            f"run_model_update.py --model m --date-str {DATE} --until 2026-03-02",
        ),
        (
            RoundJobs(SETTINGS, "m", DATE).mm_update(),
            f"m_mm_update_{DATE}",
            f"update_model_manager.py --model m --date-str {DATE}",
        ),
        (
            RoundJobs(SETTINGS, "m", DATE).mm_update(MODEL_DATE),
            f"m_mm_update_{DATE}",
            f"update_model_manager.py --model m --date-str {DATE} --model-date {MODEL_DATE}",
        ),
        (
            RoundJobs(SETTINGS, "m", DATE).job(Stage.MODEL_STATS),
            f"m_model_stats_{DATE}",
            f"run_model_stats_from_s3.py --model m --stats_mode model --date-str {DATE}",
        ),
        (
            RoundJobs(SETTINGS, "m", DATE).job(Stage.TESTS, "tc"),
            f"m_tc_tests_{DATE}",
            f"run_model_tests_from_s3.py --model m --tests tc --date-str {DATE}",
        ),
        (
            RoundJobs(SETTINGS, "m", DATE).job(Stage.TEST_STATS, "tc"),
            f"m_tc_stats_{DATE}",
            f"run_model_stats_from_s3.py --model m --stats_mode tests --tests tc --date-str {DATE}",
        ),
        (
            RoundJobs(SETTINGS, "m", DATE).job(Stage.QUERIES),
            f"m_queries_{DATE}",
            f"answer_queries_from_s3.py --model m --date-str {DATE}",
        ),
        (
            RoundJobs(SETTINGS, "m", DATE).job(Stage.MODEL_TO_TESTS),
            f"m_test_update_{DATE}",
            f"model_to_tests.py --model m --date-str {DATE}",
        ),
        (
            RoundJobs(SETTINGS, "m", DATE).notification(["a", "b"]),
            f"m_notification_{DATE}",
            "model_notifications.py --model m --test_corpora a b --date 2026-03-02"
            f" --date-str {DATE}",
        ),
        (
            RoundJobs(SETTINGS, "", DATE).job(Stage.EMAIL),
            f"email_notifications_{DATE}",
            "run_email_notifications.py",
        ),
    ],
)
def test_name_and_command_of_each_stage(job: BatchJob, name: str, command: str) -> None:
    assert job.name == name
    assert " ".join(job.command) == f"python scripts/{command}"


@given(names, names, rounds)
def test_batch_takes_every_job(model: str, corpus: str, date: str) -> None:
    for job in all_jobs(model, corpus, date):
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}", job.name)
        assert len(job.name) <= MAX_NAME
        assert all(job.command)
        for key, value in job.tags.items():
            assert key in {"purpose", "model", "corpus", "round"}
            assert 0 < len(value) <= 256
            assert all(
                unicodedata.category(char)[0] in "LNZ" or char in "_.:/=+-@" for char in value
            )


@given(st.text(max_size=200))
def test_any_text_becomes_a_batch_name(text: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", batch_name(text))


@given(names, names)
def test_names_stay_one_argument_each(model: str, corpus: str) -> None:
    job = RoundJobs(SETTINGS, model, DATE).job(Stage.TESTS, corpus)

    assert job.command[2:] == ["--model", model, "--tests", corpus, "--date-str", DATE]


@given(names, names, rounds)
def test_a_job_passes_between_tasks_as_json(model: str, corpus: str, date: str) -> None:
    for job in all_jobs(model, corpus, date):
        assert BatchJob.from_json(json.loads(json.dumps(job.to_json()))) == job


@pytest.mark.parametrize("name", ["{script}", "{args}", "{model}", "{date!r}", "{0}"])
def test_braces_in_a_name_are_no_template(name: str) -> None:
    job = RoundJobs(SETTINGS, name, DATE).job(Stage.TESTS, name)

    assert job.command.count(name) == 2
    assert job.tags["model"] == re.sub(r"[{}!]", "_", name)


def test_the_launcher_decides_how_a_script_is_started() -> None:
    settings = Settings(
        launcher=Launcher(argv=("run", "--script=scripts/{script}", "--", "{args}"))
    )
    job = RoundJobs(settings, "m", DATE).job(Stage.MODEL_STATS)

    assert job.command == [
        *("run", "--script=scripts/run_model_stats_from_s3.py", "--"),
        *("--model", "m", "--stats_mode", "model", "--date-str", DATE),
    ]


#: The original's purposes, by which costs and logs are searched.
PURPOSES = {
    Stage.MODEL_UPDATE: "update-emmaa-models",
    Stage.MM_UPDATE: "update-emmaa-model-manager",
    Stage.MODEL_STATS: "update-emmaa-model-stats",
    Stage.TESTS: "update-emmaa-results",
    Stage.TEST_STATS: "update-emmaa-test-stats",
    Stage.QUERIES: "update-emmaa-queries",
    Stage.MODEL_TO_TESTS: "update-emmaa-tests",
    Stage.NOTIFICATION: "model-notify",
    Stage.EMAIL: "emmaa-email-notifications",
}


def test_each_stages_job_has_the_tags_of_what_it_is_about_and_no_other() -> None:
    for job in all_jobs("m", "tc", DATE):
        about = {"purpose": PURPOSES[job.stage], "round": DATE}
        if job.stage is not Stage.EMAIL:
            about["model"] = "m"
        if job.stage in (Stage.TESTS, Stage.TEST_STATS):
            about["corpus"] = "tc"
        assert job.tags == about, job.stage


def test_tags_say_what_the_job_is_for() -> None:
    job = RoundJobs(SETTINGS, "m", DATE).job(Stage.TEST_STATS, "tc")

    assert job.tags == {
        "purpose": "update-emmaa-test-stats",
        "model": "m",
        "corpus": "tc",
        "round": DATE,
    }
    assert "model" not in RoundJobs(SETTINGS, "", DATE).job(Stage.EMAIL).tags


@pytest.mark.parametrize(
    "make",
    [
        lambda: RoundJobs(SETTINGS, "", DATE).job(Stage.MODEL_STATS),
        lambda: RoundJobs(SETTINGS, "-m", DATE).job(Stage.MODEL_STATS),
        lambda: RoundJobs(SETTINGS, "m", DATE).job(Stage.TESTS, "--flag"),
        lambda: RoundJobs(SETTINGS, "m", DATE).job(Stage.TEST_STATS, ""),
        lambda: RoundJobs(SETTINGS, "m", DATE).notification(["ok", "-x"]),
    ],
)
def test_a_name_that_would_be_read_as_a_flag_is_refused(make: Callable[[], BatchJob]) -> None:
    with pytest.raises(InputError, match="name"):
        make()


def test_timeout_and_attempts_are_the_stage_s() -> None:
    batch = Batch(timeout_seconds={Stage.TESTS: 99}, attempts={Stage.TESTS: 2})
    settings = Settings(batch=batch)
    tests = RoundJobs(settings, "m", DATE).job(Stage.TESTS, "tc")
    queries = RoundJobs(settings, "m", DATE).job(Stage.QUERIES)

    assert (tests.timeout_seconds, tests.attempts) == (99, 2)
    assert (queries.timeout_seconds, queries.attempts) == (12 * 3600, 3)
