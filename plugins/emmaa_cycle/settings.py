"""The deployment's settings: one TOML file, each key overridable by the environment.

``EMMAA_SETTINGS_FILE`` names the file. ``EMMAA_BUCKET`` overrides ``bucket``,
``EMMAA_SCHEDULE__TIMEZONE`` overrides ``timezone`` of ``[schedule]``, and so on; lists and
tables are written as JSON there.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path

from pydantic import (
    ValidationError,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from emmaa_cycle.errors import InputError
from emmaa_cycle.quality_rules import QualityRules
from emmaa_cycle.resources import BUCKET
from emmaa_cycle.settings_sections import (
    Batch,
    Cost,
    Deadline,
    Launcher,
    Links,
    Mail,
    Metrics,
    Operators,
    Reading,
    Schedule,
    Statistics,
    Twitter,
    Uploads,
)
from emmaa_cycle.settings_values import BucketName, Text

SETTINGS_FILE_VARIABLE = "EMMAA_SETTINGS_FILE"


class Settings(BaseSettings):
    """All settings of a deployment.

    :param bucket: the S3 bucket that carries every result
    :param domain: the web service's host, for links in notifications
    :param aws_region: the region of bucket and Batch
    """

    model_config = SettingsConfigDict(
        env_prefix="EMMAA_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    bucket: BucketName = BUCKET
    domain: Text = "emmaa.indra.bio"
    aws_region: Text = "us-east-1"
    schedule: Schedule = Schedule()
    batch: Batch = Batch()
    uploads: Uploads = Uploads()
    launcher: Launcher = Launcher()
    mail: Mail = Mail()
    links: Links = Links()
    twitter: Twitter = Twitter()
    reading: Reading = Reading()
    statistics: Statistics = Statistics()
    cost: Cost = Cost()
    quality: QualityRules = QualityRules()
    metrics: Metrics = Metrics()
    operators: Operators = Operators()
    deadline: Deadline = Deadline()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Give the environment precedence over the file."""
        file = os.environ.get(SETTINGS_FILE_VARIABLE)
        toml = TomlConfigSettingsSource(settings_cls, toml_file=file) if file else None
        return (init_settings, env_settings, *([toml] if toml else []))


@functools.cache
def load_settings() -> Settings:
    """Read the settings once per process.

    :raises InputError: if a key is invalid; the message has the file or variable, and the key.
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
    except ValidationError as error:
        faults = "; ".join(
            f"key {'.'.join(map(str, fault['loc']))}: {fault['msg'].removeprefix('Value error, ')}"
            for fault in error.errors()
        )
        raise InputError(f"{where}: {faults}") from error
    except RecursionError as error:
        raise InputError(f"{where}: lists or tables are nested too deeply") from error
    except ValueError as error:
        # Not UTF-8, another form, or a number that is too long.
        raise InputError(f"{where}: not TOML: {error}") from error
    except OSError as error:
        raise InputError(f"{where}: the file cannot be read: {error}") from error
