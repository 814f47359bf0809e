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
from emmaa_cycle.resources import BATCH_TARGETS, ResourceClass
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


def test_the_original_s_large_models_by_stage() -> None:
    def large(stage: Stage) -> set[str]:
        models = ("covid19", "brca", "rasmachine", "painmachine", "nf", "rasmodel")
        found = {model: RoundJobs(SETTINGS, model, DATE).resource_class(stage) for model in models}
        return {model for model, kind in found.items() if kind is ResourceClass.LARGE}

    assert large(Stage.MODEL_UPDATE) == {"covid19"}
    assert large(Stage.MM_UPDATE) == {"covid19", "brca", "rasmachine", "painmachine", "nf"}
    for stage in (Stage.MODEL_STATS, Stage.TESTS, Stage.TEST_STATS, Stage.QUERIES):
        assert large(stage) == {"covid19", "painmachine"}
    assert large(Stage.NOTIFICATION) == set()


def test_queue_and_definition_follow_the_class() -> None:
    normal, large = (
        RoundJobs(SETTINGS, model, DATE).model_update() for model in ("rasmodel", "covid19")
    )
    mail = RoundJobs(SETTINGS, "", DATE).job(Stage.EMAIL)

    assert (normal.queue, normal.definition) == ("emmaa-models-update-test", "emmaa_jobdef")
    assert (large.queue, large.definition) == ("emmaa-after-update", "emmaa_testing_jobs_def")
    assert (mail.queue, mail.definition) == (
        "emmaa-models-update-test",
        "emmaa-email-notifications",
    )


def test_the_model_s_config_wins_over_the_settings() -> None:
    config = ModelConfig.model_validate(
        {
            "search_terms": [],
            "batch": {"resource_class": {"tests": "large", "mm_update": "normal"}},
        }
    )
    small, large = (
        RoundJobs(SETTINGS, model, DATE, config).resource_class for model in ("rasmodel", "covid19")
    )
    assert small(Stage.TESTS) is ResourceClass.LARGE
    assert large(Stage.MM_UPDATE) is ResourceClass.NORMAL
    assert large(Stage.QUERIES) is ResourceClass.LARGE


@pytest.mark.parametrize("stage", [Stage.NOTIFICATION, Stage.EMAIL])
def test_what_sends_mail_is_always_of_the_mail_class(stage: Stage) -> None:
    config = ModelConfig.model_validate(
        {"search_terms": [], "batch": {"resource_class": {stage: "large"}}}
    )
    assert RoundJobs(SETTINGS, "covid19", DATE, config).resource_class(stage) is ResourceClass.MAIL


def test_settings_may_name_other_large_models() -> None:
    settings = Settings(batch=Batch(large_models={Stage.TESTS: frozenset({"rasmodel"})}))

    named, other = (
        RoundJobs(settings, model, DATE).resource_class for model in ("rasmodel", "covid19")
    )
    assert named(Stage.TESTS) is ResourceClass.LARGE
    assert other(Stage.TESTS) is ResourceClass.NORMAL
    assert other(Stage.MM_UPDATE) is ResourceClass.LARGE


def test_a_normal_job_knows_where_there_is_more_memory() -> None:
    job = RoundJobs(SETTINGS, "rasmodel", DATE).job(Stage.QUERIES)
    larger = job.on_larger_class()

    assert larger
    assert (larger.queue, larger.definition) == ("emmaa-after-update", "emmaa_testing_jobs_def")
    assert (larger.name, larger.command) == (job.name, job.command)
    assert larger.on_larger_class() is None


def test_a_large_job_and_one_that_sends_mail_have_no_larger_class() -> None:
    assert RoundJobs(SETTINGS, "covid19", DATE).job(Stage.QUERIES).on_larger_class() is None
    assert RoundJobs(SETTINGS, "m", DATE).notification([]).on_larger_class() is None
    assert RoundJobs(SETTINGS, "", DATE).job(Stage.EMAIL).on_larger_class() is None


def test_classes_of_one_target_are_one_class() -> None:
    one = BATCH_TARGETS[ResourceClass.NORMAL]
    settings = Settings(batch=Batch(targets={ResourceClass.LARGE: one}))

    assert RoundJobs(settings, "m", DATE).job(Stage.QUERIES).on_larger_class() is None


def test_timeout_and_attempts_are_the_stage_s() -> None:
    batch = Batch(timeout_seconds={Stage.TESTS: 99}, attempts={Stage.TESTS: 2})
    settings = Settings(batch=batch)
    tests = RoundJobs(settings, "m", DATE).job(Stage.TESTS, "tc")
    queries = RoundJobs(settings, "m", DATE).job(Stage.QUERIES)

    assert (tests.timeout_seconds, tests.attempts) == (99, 2)
    assert (queries.timeout_seconds, queries.attempts) == (12 * 3600, 3)
