"""The deployment's settings: one TOML file, each key overridable by the environment.

``EMMAA_SETTINGS_FILE`` names the file. ``EMMAA_BUCKET`` overrides ``bucket``,
``EMMAA_SCHEDULE__TIMEZONE`` overrides ``timezone`` of ``[schedule]``, and so on; lists and
tables are written as JSON there.
"""

from __future__ import annotations

import functools
import os
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
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


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Schedule(_Section):
    """When the cycles start; ``EST`` is a fixed UTC-5, as in the original."""

    timezone: Annotated[str, AfterValidator(_known_zone)] = "EST"
    update_pipeline: str = "0 12 * * *"
    email_notifications: str = "0 6 * * *"


class Batch(_Section):
    """Where jobs go.

    :param targets: queue and definition of each resource class
    :param large_models: by stage, the models whose jobs are large; the defaults are the
        original's three sets
    """

    targets: dict[ResourceClass, BatchTarget] = BATCH_TARGETS
    large_models: dict[Stage, frozenset[str]] = {
        Stage.MODEL_UPDATE: frozenset({"covid19"}),
        Stage.MM_UPDATE: frozenset({"covid19", "brca", "rasmachine", "painmachine", "nf"}),
        **{
            stage: frozenset({"covid19", "painmachine"})
            for stage in (
                Stage.MODEL_STATS,
                Stage.TESTS,
                Stage.TEST_STATS,
                Stage.QUERIES,
                Stage.MODEL_TO_TESTS,
            )
        },
    }


class Uploads(_Section):
    """How uploads start runs.

    :param trigger: ``lambda`` (the upload watch repairs what it lost) or ``sensor`` (the upload
        watch alone)
    :param poll_seconds: how often the watch lists the bucket
    :param grace_seconds: how old an upload must be before the watch calls its event lost; with
        ``sensor`` it does not wait
    :param lookback_hours: how far back the watch looks for uploads
    :param not_before: uploads older than this moment are history and start nothing
    """

    trigger: Literal["lambda", "sensor"] = "lambda"
    poll_seconds: Annotated[float, Field(gt=0)] = 60
    grace_seconds: Annotated[float, Field(ge=0)] = 300
    lookback_hours: Annotated[float, Field(gt=0)] = 48
    not_before: datetime = datetime(2000, 1, 1, tzinfo=UTC)


class Launcher(_Section):
    """How a script is started in the job image.

    :param argv: the command; ``{script}`` is the script's file name, and the item ``{args}``
        becomes the script's arguments, each an item of its own
    """

    argv: tuple[str, ...] = ("python", "scripts/{script}", "{args}")


class Mail(_Section):
    """Who mails come from (emmaa-facts, section 7).

    :param region: the region whose SES sends
    """

    source: str = "emmaa_notifications@indra.bio"
    return_path: str = "feedback@indra.bio"
    region: str = "us-east-1"


class Settings(BaseSettings):
    """All settings of a deployment.

    :param bucket: the S3 bucket that carries every result
    :param domain: the web service's host, for links in notifications
    :param aws_region: the region of bucket and Batch
    """

    model_config = SettingsConfigDict(
        env_prefix="EMMAA_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    bucket: str = BUCKET
    domain: str = "emmaa.indra.bio"
    aws_region: str = "us-east-1"
    schedule: Schedule = Schedule()
    batch: Batch = Batch()
    uploads: Uploads = Uploads()
    launcher: Launcher = Launcher()
    mail: Mail = Mail()

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
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{where}: not TOML: {error}") from error
    except ValidationError as error:
        faults = "; ".join(
            f"key {'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()
        )
        raise InputError(f"{where}: {faults}") from error
