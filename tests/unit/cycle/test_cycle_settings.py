from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from emmaa_cycle.errors import InputError
from emmaa_cycle.resources import BATCH_TARGETS, BatchTarget, ResourceClass
from emmaa_cycle.settings import SETTINGS_FILE_VARIABLE, Settings, load_settings
from emmaa_cycle.stages import Stage

Write = Callable[[str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write the settings file and name it in the environment."""

    def write(content: str | bytes) -> Path:
        file = tmp_path / "settings.toml"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        monkeypatch.setenv(SETTINGS_FILE_VARIABLE, str(file))
        return file

    return write


def test_without_file_and_environment_the_original_s_names_hold() -> None:
    settings = load_settings()

    assert settings.bucket == "emmaa"
    assert settings.schedule.timezone == "EST"
    assert settings.batch.targets == BATCH_TARGETS
    assert settings.uploads.trigger == "lambda"


def test_the_file_is_read(write: Write) -> None:
    write("""
bucket = "my-emmaa"
[schedule]
timezone = "Europe/Berlin"
update_pipeline = "30 3 * * 1-5"
[uploads]
trigger = "sensor"
not_before = 2026-01-01T00:00:00Z
[launcher]
argv = ["uv", "run", "scripts/{script}", "{args}"]
""")
    settings = load_settings()

    assert settings.bucket == "my-emmaa"
    assert settings.schedule.timezone == "Europe/Berlin"
    assert settings.schedule.update_pipeline == "30 3 * * 1-5"
    assert settings.schedule.email_notifications == "0 6 * * *"
    assert settings.uploads.trigger == "sensor"
    assert settings.uploads.not_before == datetime(2026, 1, 1, tzinfo=UTC)
    assert settings.launcher.argv[:2] == ("uv", "run")


def test_the_environment_wins_over_the_file(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write('bucket = "from-file"\n[schedule]\ntimezone = "UTC"\nupdate_pipeline = "1 1 * * *"')
    monkeypatch.setenv("EMMAA_BUCKET", "from-environment")
    monkeypatch.setenv("EMMAA_SCHEDULE__TIMEZONE", "Asia/Tokyo")
    monkeypatch.setenv("EMMAA_LAUNCHER__ARGV", json.dumps(["py", "{script}", "{args}"]))
    settings = load_settings()

    assert settings.bucket == "from-environment"
    assert settings.schedule.timezone == "Asia/Tokyo"
    assert settings.schedule.update_pipeline == "1 1 * * *"
    assert settings.launcher.argv == ("py", "{script}", "{args}")


def test_a_table_keeps_the_defaults_of_what_it_does_not_name(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("""
[batch.targets.large]
queue = "big"
definition = "big-definition"
[batch.large_models]
tests = ["rasmodel"]
""")
    monkeypatch.setenv("EMMAA_BATCH__LARGE_MODELS__QUERIES", "[]")
    batch = load_settings().batch

    assert batch.targets[ResourceClass.LARGE] == BatchTarget("big", "big-definition")
    assert batch.targets[ResourceClass.NORMAL] == BATCH_TARGETS[ResourceClass.NORMAL]
    assert batch.large_models[Stage.TESTS] == {"rasmodel"}
    assert batch.large_models[Stage.QUERIES] == frozenset()
    assert batch.large_models[Stage.MODEL_UPDATE] == {"covid19"}


def test_a_moment_without_zone_is_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMMAA_UPLOADS__NOT_BEFORE", "2026-01-01T00:00:00")

    assert load_settings().uploads.not_before == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("word", ["never", ""])
@pytest.mark.parametrize(
    ("section", "key"),
    [
        ("schedule", "update_pipeline"),
        ("schedule", "email_notifications"),
        ("deadline", "cron"),
    ],
)
def test_a_schedule_can_be_switched_off(
    section: str, key: str, word: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(f'[{section}]\n{key} = "{word}"')
    assert getattr(getattr(load_settings(), section), key) == ""

    write(f'[{section}]\n{key} = "1 1 * * *"')
    monkeypatch.setenv(f"EMMAA_{section}__{key}".upper(), word)
    assert getattr(getattr(Settings(), section), key) == ""


@pytest.mark.parametrize(
    ("variables", "seconds"),
    [
        ({}, 600),
        ({"TRIGGER": "lambda"}, 600),
        ({"TRIGGER": "sensor"}, 60),
        ({"TRIGGER": "sensor", "POLL_SECONDS": "5"}, 5),
        ({"POLL_SECONDS": "5"}, 5),
    ],
)
def test_the_watch_looks_seldom_where_it_only_repairs(
    variables: dict[str, str], seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"EMMAA_UPLOADS__{name}", value)
    assert load_settings().uploads.poll_seconds == seconds


def test_variables_of_jobs_are_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EMMAA_DAG_ID", "EMMAA_RUN_ID", "EMMAA_NOTIFY", "EMMAADBPRIMARY"):
        monkeypatch.setenv(name, "x")

    assert load_settings() == Settings()


@pytest.mark.parametrize(
    ("variable", "value", "key"),
    [
        ("EMMAA_BUCKET", "", "bucket"),
        ("EMMAA_BUCKET", " ", "bucket"),
        ("EMMAA_BUCKET", "s3://emmaa", "bucket"),
        ("EMMAA_BUCKET", "emmaa/", "bucket"),
        ("EMMAA_BUCKET", "emmää", "bucket"),
        ("EMMAA_BUCKET", "e" * 300, "bucket"),
        ("EMMAA_DOMAIN", "", "domain"),
        ("EMMAA_SCHEDULE", "EST", "schedule"),
        ("EMMAA_SCHEDULE__TIMEZONE", "Mars/Olympus", "schedule.timezone"),
        ("EMMAA_SCHEDULE__TIMEZONE", "../../etc/passwd", "schedule.timezone"),
        ("EMMAA_SCHEDULE__TIMEZON", "UTC", "schedule.timezon"),
        ("EMMAA_SCHEDULE__TIMEZONE", "Europe", "schedule.timezone"),
        ("EMMAA_SCHEDULE__TIMEZONE", 300 * "x", "schedule.timezone"),
        ("EMMAA_SCHEDULE__UPDATE_PIPELINE", "often", "schedule.update_pipeline"),
        ("EMMAA_SCHEDULE__UPDATE_PIPELINE", "0 12 * *", "schedule.update_pipeline"),
        ("EMMAA_SCHEDULE__UPDATE_PIPELINE", "99 99 * * *", "schedule.update_pipeline"),
        ("EMMAA_SCHEDULE__EMAIL_NOTIFICATIONS", "0 24 * * *", "schedule.email_notifications"),
        ("EMMAA_DEADLINE__CRON", "0 0 30 2 *", "deadline.cron"),
        ("EMMAA_BATCH", "{not json", "batch"),
        ("EMMAA_BATCH__LARGE_MODELS", '{"testing": ["covid19"]}', "batch.large_models"),
        ("EMMAA_BATCH__TARGETS", '{"normal": {"queue": "q"}}', "batch.targets.normal.definition"),
        ("EMMAA_BATCH__RESUME_SECONDS", "inf", "batch.resume_seconds"),
        ("EMMAA_UPLOADS__TRIGGER", "sqs", "uploads.trigger"),
        ("EMMAA_UPLOADS__POLL_SECONDS", "0", "uploads.poll_seconds"),
        ("EMMAA_UPLOADS__POLL_SECONDS", "nan", "uploads.poll_seconds"),
        ("EMMAA_UPLOADS__LOOKBACK_HOURS", "inf", "uploads.lookback_hours"),
        ("EMMAA_UPLOADS__LOOKBACK_HOURS", "1e9", "uploads.lookback_hours"),
        ("EMMAA_UPLOADS__KEY_DAYS", "0", "uploads.key_days"),
        ("EMMAA_UPLOADS__KEY_DAYS", "36501", "uploads.key_days"),
        ("EMMAA_UPLOADS__GRACE_SECONDS", "-1", "uploads.grace_seconds"),
        ("EMMAA_UPLOADS__GRACE_SECONDS", "inf", "uploads.grace_seconds"),
        ("EMMAA_UPLOADS__NOT_BEFORE", "yesterday", "uploads.not_before"),
        ("EMMAA_LAUNCHER__ARGV", "python scripts/{script}", "launcher"),
        ("EMMAA_LAUNCHER__ARGV", '["python", "{args}"]', "launcher.argv"),
        ("EMMAA_LAUNCHER__ARGV", '["python", "{script}"]', "launcher.argv"),
        ("EMMAA_LAUNCHER__ARGV", '["{script}", "{args}", "{args}"]', "launcher.argv"),
        ("EMMAA_LAUNCHER__ARGV", '["{script} {args}", "{arg}"]', "launcher.argv"),
        ("EMMAA_LAUNCHER__IMAGE", "mine", "launcher.image"),
        ("EMMAA_BATCH__ATTEMPTS__TESTS", "11", "batch.attempts.tests"),
        ("EMMAA_BATCH__ATTEMPTS__TESTING", "1", "batch.attempts.testing"),
        ("EMMAA_BATCH__TIMEOUT_SECONDS__TESTS", "59", "batch.timeout_seconds.tests"),
        ("EMMAA_BATCH__SUBMISSIONS_PER_SECOND", "51", "batch.submissions_per_second"),
    ],
)
def test_a_bad_variable_is_named_by_its_key(
    variable: str, value: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(InputError, match=r"EMMAA_…") as caught:
        load_settings()
    assert f"key {key}" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("bucket =", "not TOML"),
        (b"bucket = '\xff'", "not TOML"),
        ("bucket = " + 5000 * "9", "not TOML"),
        ("bucket = " + 5000 * "[" + 5000 * "]", "nested too deeply"),
        ("bucket = 3", "key bucket"),
        ("buckets = 'x'", "key buckets"),
        ("schedule = 3", "key schedule"),
        ("[schedule]\ntimezone = 'Mars/Olympus'", "key schedule.timezone"),
    ],
)
def test_a_bad_file_is_named_with_its_key(content: str | bytes, fault: str, write: Write) -> None:
    file = write(content)
    with pytest.raises(InputError) as caught:
        load_settings()
    assert str(file) in str(caught.value)
    assert fault in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (tmp_path / "absent.toml", tmp_path):
        monkeypatch.setenv(SETTINGS_FILE_VARIABLE, str(path))
        with pytest.raises(InputError, match=f"{path}, which is not a file"):
            load_settings()


def test_a_file_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    # A file of the system that even root cannot read from its beginning.
    monkeypatch.setenv(SETTINGS_FILE_VARIABLE, "/proc/self/mem")
    with pytest.raises(InputError, match=r"/proc/self/mem .*the file cannot be read: .*Errno"):
        load_settings()


def test_settings_are_read_once_and_cannot_be_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings()
    monkeypatch.setenv("EMMAA_BUCKET", "later")

    assert load_settings() is settings
    with pytest.raises(ValueError, match="frozen"):
        settings.bucket = "other"  # type: ignore[misc]
