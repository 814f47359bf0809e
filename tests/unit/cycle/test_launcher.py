"""Tests of the launcher for this repository's image and for the original's."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emmaa_cycle.batch_job import MAX_NAME, BatchJob, RoundJobs, batch_name
from emmaa_cycle.errors import InputError
from emmaa_cycle.launcher import ARGV, check_argv, launch_command
from emmaa_cycle.model_config import ModelConfig
from emmaa_cycle.settings import Settings, load_settings
from emmaa_cycle.settings_sections import Launcher
from emmaa_cycle.stages import Stage
from tests.unit.cycle.strategies import names

NORMAL = ("emmaa-models-update-test", "emmaa_jobdef")
LARGE = ("emmaa-after-update", "emmaa_testing_jobs_def")
MAIL = ("emmaa-models-update-test", "emmaa-email-notifications")
MOMENT = "2026-03-02-17-04-08"
CONFIG = ModelConfig(search_terms=[])
EXISTING = Settings(launcher=Launcher(image="existing"))


def jobs(model: str) -> dict[str, BatchJob]:
    """One job of each stage, as the original's image gets it."""
    made = RoundJobs(EXISTING, model, MOMENT)
    return {
        "update": made.model_update(),
        "mm_update": made.mm_update("2026-03-01-00-00-00"),
        "model_stats": made.job(Stage.MODEL_STATS),
        "tests": made.job(Stage.TESTS, "a_tests"),
        "test_stats": made.job(Stage.TEST_STATS, "a_tests"),
        "queries": made.job(Stage.QUERIES),
        "test_update": made.job(Stage.MODEL_TO_TESTS),
        "notification": made.notification(["a_tests", "b_tests"]),
        "email": RoundJobs(EXISTING, "", MOMENT).job(Stage.EMAIL),
    }


#: Stage, name, purpose and script of each job that the original's functions submitted
#: (docs/reference/original-emmaa.md#batch-jobs).
ORIGINAL = [
    (
        "update",
        "covid19_update_20260302_170408",
        "update-emmaa-models",
        "run_model_update.py --model covid19",
    ),
    (
        "mm_update",
        "covid19_mm_update_20260302_170408",
        "update-emmaa-model-manager",
        "update_model_manager.py --model covid19",
    ),
    (
        "model_stats",
        "covid19_model_stats_2026-03-02-17-04-08",
        "update-emmaa-model-stats",
        "run_model_stats_from_s3.py --model covid19 --stats_mode model",
    ),
    (
        "tests",
        "covid19_a_tests_tests_2026-03-02-17-04-08",
        "update-emmaa-results",
        "run_model_tests_from_s3.py --model covid19 --tests a_tests",
    ),
    (
        "test_stats",
        "covid19_a_tests_stats_2026-03-02-17-04-08",
        "update-emmaa-test-stats",
        "run_model_stats_from_s3.py --model covid19 --stats_mode tests --tests a_tests",
    ),
    (
        "queries",
        "covid19_queries_2026-03-02-17-04-08",
        "update-emmaa-queries",
        "answer_queries_from_s3.py --model covid19",
    ),
    (
        "test_update",
        "covid19_test_update_2026-03-02-17-04-08",
        "update-emmaa-tests",
        "model_to_tests.py --model covid19",
    ),
    (
        "notification",
        "covid19_notification_2026-03-02-17-04-08",
        "model-notify",
        "model_notifications.py --model covid19 --test_corpora a_tests b_tests --date 2026-03-02",
    ),
    (
        "email",
        "email_notifications_20260302_170408",
        "emmaa-email-notifications",
        "run_email_notifications.py",
    ),
]


@pytest.mark.parametrize(("stage", "name", "purpose", "script"), ORIGINAL)
def test_the_existing_image_gets_what_the_original_submitted(
    stage: str, name: str, purpose: str, script: str
) -> None:
    job = jobs("covid19")[stage]

    assert job.name == name
    assert job.command == [
        *("python", "-m", "indra.util.aws", "run_in_batch"),
        *("--project", "aske", "--purpose", purpose),
        f"bash scripts/git_and_run.sh --branch origin/master python scripts/{script}",
    ]
    target = MAIL if stage in ("notification", "email") else LARGE
    assert (job.queue, job.definition) == target


@pytest.mark.parametrize("stage", [row[0] for row in ORIGINAL])
def test_a_normal_model_s_jobs_go_where_the_original_sent_them(stage: str) -> None:
    job = jobs("rasmodel")[stage]

    assert (job.queue, job.definition) == (MAIL if stage in ("notification", "email") else NORMAL)


def test_one_setting_chooses_the_existing_image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMMAA_LAUNCHER__IMAGE", "existing")

    assert load_settings().launcher.argv == ARGV["existing"]


def test_the_existing_image_may_be_started_in_another_way(monkeypatch: pytest.MonkeyPatch) -> None:
    argv = ("bash", "-c", "git checkout mine && python scripts/{script} {args}")
    monkeypatch.setenv("EMMAA_LAUNCHER__IMAGE", "existing")
    monkeypatch.setenv("EMMAA_LAUNCHER__ARGV", json.dumps(argv))
    job = RoundJobs(load_settings(), "m", MOMENT).job(Stage.MODEL_STATS)

    script = "run_model_stats_from_s3.py --model m --stats_mode model"
    assert job.command[2] == f"git checkout mine && python scripts/{script}"


@pytest.mark.parametrize("name", ["a b", "a*", "a;b", "$(a)", "a'b", "a\u00a0b", "{args}"])
def test_a_name_that_one_string_cannot_carry_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"run_model_tests_from_s3\.py holds white space"):
        RoundJobs(EXISTING, "m", MOMENT).job(Stage.TESTS, name)


@given(names)
def test_what_is_carried_in_one_string_is_still_one_word(name: str) -> None:
    try:
        job = RoundJobs(EXISTING, name, MOMENT).job(Stage.QUERIES)
    except InputError:
        return
    assert job.command[-1].split()[-2:] == ["--model", name]


@given(names)
def test_an_item_of_its_own_carries_any_name(name: str) -> None:
    command = launch_command(ARGV["own"], script="s.py", purpose="p", args=["--model", name])

    assert command == ["python", "scripts/s.py", "--model", name]


def test_a_backfill_needs_a_script_that_reads_up_to_a_day() -> None:
    with pytest.raises(InputError, match="2026-02-01"):
        RoundJobs(EXISTING, "m", MOMENT).model_update("2026-02-01")
    for today in ("2026-03-01", "2026-03-02"):
        RoundJobs(EXISTING, "m", MOMENT).model_update(today)


@pytest.mark.parametrize("argv", ARGV.values())
def test_the_known_images_templates_are_good(argv: tuple[str, ...]) -> None:
    assert check_argv(argv) == argv


@given(st.lists(names, min_size=2, max_size=2, unique=True))
def test_two_models_have_two_names(models: list[str]) -> None:
    assert len({batch_name(f"{model}_update") for model in models}) == 2


def test_a_long_name_keeps_two_rounds_apart() -> None:
    model = "m" * 120
    one, other = (batch_name(f"{model}_mm_update_{date}") for date in (MOMENT, "2026-03-03"))

    assert one != other
    assert max(len(one), len(other)) <= MAX_NAME
