"""A model's ``config.json`` as it stands in the bucket."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import Any

from emmaa_cycle.json_text import parse_json
from emmaa_cycle.model_config import ModelConfig, parse_model_config
from emmaa_cycle.s3_layout import config_key
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import MissingObjectError
from emmaa_jobs.storable import storable_json

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
        """How messages name the config."""
        return f"model {self.model!r}, {config_key(self.model)}"


def load_config(bucket: Bucket, model: str) -> ConfigFile:
    """Read a model's config.

    :raises MissingObjectError: if the model has none.
    :raises ModelConfigError: naming model, key and field, if it cannot be used.
    """
    try:
        content = bucket.read_bytes(config_key(model))
    except MissingObjectError as error:
        raise MissingObjectError(
            f"model {model!r} has no config: {error}; a model is made by writing it"
        ) from error
    parse_model_config(model, content)  # names the fault if it is not JSON
    # Search terms and titles reach every store.
    document = storable_json(parse_json(content))
    config = parse_model_config(model, json.dumps(document))
    for note in config.notes:
        logger.warning("%s: %s", config_key(model), note)
    return ConfigFile(model, document, config)
