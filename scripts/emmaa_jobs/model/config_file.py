"""A model's ``config.json`` as it stands in the bucket."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from emmaa_cycle.config_pin import ConfigPin
from emmaa_cycle.json_text import parse_json
from emmaa_cycle.model_config import ModelConfig, parse_model_config
from emmaa_cycle.s3_layout import config_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import MissingObjectError
from emmaa_jobs.statements.storable import storable_json

#: S3's error codes if a version is unavailable: a lifecycle rule has removed it, the bucket was
#: made again, or the job's role lacks ``s3:GetObjectVersion``.
_NO_VERSION = frozenset({"NoSuchVersion", "InvalidArgument", "MethodNotAllowed", "AccessDenied"})

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ConfigFile:
    """A model's config.

    :param document: the JSON object, without characters that other stores cannot hold
    :param config: the same, typed
    """

    model: str
    document: dict[str, Any]
    config: ModelConfig

    @property
    def where(self) -> str:
        """The config's name in messages."""
        return f"model {self.model!r}, {config_key(self.model)}"


def load_config(bucket: Bucket, model: str) -> ConfigFile:
    """Read a model's config: the version that the run's plan has read, else the present one.

    :raises MissingObjectError: if the model has none.
    :raises ModelConfigError: naming model, key and field, if it cannot be used.
    """
    try:
        content = _content(bucket, model)
    except MissingObjectError as error:
        raise MissingObjectError(
            f"model {model!r} has no config: {error}; a model is made by writing it"
        ) from error
    original = parse_model_config(model, content)  # names the fault if it is not JSON
    # Search terms and titles reach every store.
    document = storable_json(parse_json(content))
    config = parse_model_config(model, json.dumps(document))
    config = config.with_notes(original.notes, original.left_out)
    for note in config.notes:
        logger.warning("%s: %s", config_key(model), note)
    return ConfigFile(model, document, config)


def _content(bucket: Bucket, model: str) -> bytes:
    key = config_key(model)
    version = ConfigPin.from_environment(os.environ).version_for(model)
    if not version:
        return bucket.read_bytes(key)
    try:
        return bucket.read_bytes(key, version=version)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _NO_VERSION:
            raise
        reason: Exception = error
    except MissingObjectError as error:
        reason = error
    logger.warning(
        "%s: version %s, which this run was planned with, cannot be read, so the present config is"
        " used: %s",
        *(key, version, reason),
    )
    return bucket.read_bytes(key)
