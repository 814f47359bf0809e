"""The deployment's settings: one TOML file, each key overridable by the environment.

``EMMAA_SETTINGS_FILE`` names the file. ``EMMAA_BUCKET`` overrides ``bucket``,
``EMMAA_SCHEDULE__TIMEZONE`` overrides ``timezone`` of ``[schedule]``, and so on; lists and
tables are written as JSON there.
"""

from __future__ import annotations

import functools
import os
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from emmaa_cycle.errors import InputError
from emmaa_cycle.resources import BATCH_TARGETS, BUCKET, BatchTarget, ResourceClass
from emmaa_cycle.stages import Stage

SETTINGS_FILE_VARIABLE = "EMMAA_SETTINGS_FILE"


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{name!r} is not a time zone of the tz database") from error
    return name


def _cron(text: str) -> str:
    if not re.fullmatch(r"[\w*/,\-]+( +[\w*/,\-]+){4}", text, re.ASCII):
        raise ValueError(
            f"{text!r} is no cron expression of five fields: minute, hour, day, month, weekday"
        )
    return text


def _utc_if_naive(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


Text = Annotated[str, Field(min_length=1)]
Cron = Annotated[str, AfterValidator(_cron)]
Moment = Annotated[datetime, AfterValidator(_utc_if_naive)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]

#: The original's three sets of models whose jobs are large (emmaa-facts, section 9).
LARGE_MODELS: dict[Stage, frozenset[str]] = {
    Stage.MODEL_UPDATE: frozenset({"covid19"}),
    Stage.MM_UPDATE: frozenset({"covid19", "brca", "rasmachine", "painmachine", "nf"}),
    Stage.MODEL_STATS: frozenset({"covid19", "painmachine"}),
    Stage.TESTS: frozenset({"covid19", "painmachine"}),
    Stage.TEST_STATS: frozenset({"covid19", "painmachine"}),
    Stage.QUERIES: frozenset({"covid19", "painmachine"}),
    Stage.MODEL_TO_TESTS: frozenset({"covid19", "painmachine"}),
}


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Schedule(_Section):
    """When the cycles start; ``EST`` is a fixed UTC-5, as in the original."""

    timezone: Annotated[str, AfterValidator(_known_zone)] = "EST"
    update_pipeline: Cron = "0 12 * * *"
    email_notifications: Cron = "0 6 * * *"


class Batch(_Section):
    """Where jobs go, and how they are followed.

    :param targets: queue and definition of each resource class
    :param large_models: by stage, the models whose jobs are large; the defaults are the
        original's three sets, and hold for each stage that is not named
    :param poll_seconds: how often jobs are looked at while one of them has just changed
    :param poll_max_seconds: how often jobs are looked at that have been running for long
    :param resume_seconds: how long after its deferral a task may be resumed at the earliest.
        The scheduler must have seen by then that the task's process ended: up to 9.5 s later
        on a busy two-core machine. Only failures and the upload watch resume
    :param log_lines: how many last lines of a job's log go into the task's log
    """

    targets: dict[ResourceClass, BatchTarget] = BATCH_TARGETS
    large_models: dict[Stage, frozenset[str]] = LARGE_MODELS
    poll_seconds: Positive = 1
    poll_max_seconds: Positive = 15
    resume_seconds: NotNegative = 10
    log_lines: Annotated[int, Field(ge=1, le=10_000)] = 40

    @field_validator("targets")
    @classmethod
    def _all_targets(
        cls, named: dict[ResourceClass, BatchTarget]
    ) -> dict[ResourceClass, BatchTarget]:
        return BATCH_TARGETS | named

    @field_validator("large_models")
    @classmethod
    def _all_stages(cls, named: dict[Stage, frozenset[str]]) -> dict[Stage, frozenset[str]]:
        return LARGE_MODELS | named


class Uploads(_Section):
    """How uploads start runs.

    :param trigger: ``lambda`` (the upload watch repairs what it lost) or ``sensor`` (the upload
        watch alone)
    :param poll_seconds: how often the watch lists the bucket
    :param grace_seconds: how old an upload must be before the watch calls its event lost; with
        ``sensor`` it does not wait
    :param lookback_hours: how far back the watch looks for uploads
    :param not_before: uploads older than this moment are history and start nothing
    :param watch_seconds: how long one run of the watch lasts before the next takes over
    """

    trigger: Literal["lambda", "sensor"] = "lambda"
    poll_seconds: Positive = 60
    grace_seconds: NotNegative = 300
    lookback_hours: Positive = 48
    not_before: Moment = datetime(2000, 1, 1, tzinfo=UTC)
    watch_seconds: Positive = 3600


class Launcher(_Section):
    """How a script is started in the job image.

    :param argv: the command; ``{script}`` is the script's file name, and the item ``{args}``
        becomes the script's arguments, each an item of its own
    """

    argv: tuple[str, ...] = ("python", "scripts/{script}", "{args}")

    @field_validator("argv")
    @classmethod
    def _starts_the_script(cls, argv: tuple[str, ...]) -> tuple[str, ...]:
        if argv.count("{args}") != 1 or not any("{script}" in item for item in argv):
            raise ValueError("an item must hold {script}, and one item must be {args} alone")
        return argv


class Mail(_Section):
    """Who mails come from (emmaa-facts, section 7).

    :param region: the region whose SES sends
    """

    source: str = "emmaa_notifications@indra.bio"
    return_path: str = "feedback@indra.bio"
    region: str = "us-east-1"


class Twitter(_Section):
    """Where tweets go, for models whose config names an account.

    :param api_url: X's API; another address serves tests and relays
    """

    api_url: Annotated[str, Field(pattern=r"^https?://\S+$")] = "https://api.twitter.com"


class Statistics(_Section):
    """What model statistics ask of services outside AWS; without an answer they do without.

    :param paper_titles: ask PubMed for titles of papers
    :param curations: ask the INDRA DB for curations, where the jobs have an API key for it
    :param service_seconds: how long a service is waited for, in all
    """

    paper_titles: bool = True
    curations: bool = True
    service_seconds: Positive = 60


class Settings(BaseSettings):
    """All settings of a deployment.

    :param bucket: the S3 bucket that carries every result
    :param domain: the web service's host, for links in notifications
    :param aws_region: the region of bucket and Batch
    """

    model_config = SettingsConfigDict(
        env_prefix="EMMAA_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    bucket: Text = BUCKET
    domain: Text = "emmaa.indra.bio"
    aws_region: Text = "us-east-1"
    schedule: Schedule = Schedule()
    batch: Batch = Batch()
    uploads: Uploads = Uploads()
    launcher: Launcher = Launcher()
    mail: Mail = Mail()
    twitter: Twitter = Twitter()
    statistics: Statistics = Statistics()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file."""
        file = os.environ.get(SETTINGS_FILE_VARIABLE)
        toml = TomlConfigSettingsSource(settings_cls, toml_file=file) if file else None
        return (init_settings, env_settings, *([toml] if toml else []))


@functools.cache
def load_settings() -> Settings:
    """Read the settings once per process.

    :raises InputError: naming the file or variable and the key that cannot be used.
    """
    file = os.environ.get(SETTINGS_FILE_VARIABLE)
    if file and not Path(file).is_file():
        raise InputError(f"{SETTINGS_FILE_VARIABLE} names {file}, which is not a file")
    where = f"settings ({file or 'defaults'} and EMMAA_… environment variables)"
    try:
        return Settings()
    except SettingsError as error:
        # An environment variable of a table or list; the error names the key, in quotes.
        key = str(error).split('"')[1]
        raise InputError(f"{where}: key {key}: a table or list is written as JSON") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{where}: not TOML: {error}") from error
    except ValidationError as error:
        faults = "; ".join(
            f"key {'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()
        )
        raise InputError(f"{where}: {faults}") from error
