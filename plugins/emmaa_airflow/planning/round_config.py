"""The config of a round, which its manager holds."""

from __future__ import annotations

import codecs
import json
import logging
import re
import zlib
from typing import Any

from botocore.exceptions import ClientError

from emmaa_airflow.aws.bucket_reader import BucketReader
from emmaa_airflow.aws.s3_errors import is_absent, is_refused
from emmaa_cycle.errors import InputError
from emmaa_cycle.model_config import ModelConfig, parse_model_config

_CHUNK = 64 * 1024
#: The maximum size before the config: a record begins with a few names and dates. The entities and
#: papers after the config are not read.
_LONGEST_START = 256 * 1024
_LONGEST_CONFIG = 16 * 1024 * 1024
# JSON escapes a quotation mark within a text, so this is not part of a name.
_FIELD = re.compile(r'"config"\s*:\s*')
_GZIP = 16 + zlib.MAX_WBITS

logger = logging.getLogger(__name__)


def round_config(reader: BucketReader, model: str, manager_key: str) -> ModelConfig:
    """Return the config that a round was assembled with.

    A config that is saved during a round, maybe a broken one, takes effect in the next round. Only
    the resource classes come from the current config, because they repair a round that ran out of
    memory. For a manager without a config, and for a manager of the original's image, which is a
    pickle and not read, this is the current config.

    :raises ModelConfigError: if there is only the current config, and it is invalid.
    """
    pinned = _pinned(reader, model, manager_key)
    if pinned is None:
        return reader.config(model)
    try:
        present = reader.config(model)
    except InputError as error:
        logger.warning("The round continues with the config of %s, because: %s", manager_key, error)
        return pinned
    return pinned.model_copy(update={"batch": present.batch})


def _pinned(reader: BucketReader, model: str, key: str) -> ModelConfig | None:
    if not key.endswith(".json.gz"):
        return None
    try:
        body = reader.client.get_object(Bucket=reader.bucket, Key=key)["Body"]
        document = config_of_record(body)
        return parse_model_config(model, json.dumps(document))
    except ClientError as error:
        if not (is_absent(error) or is_refused(error)):
            raise
        reason: Exception = error
    except (InputError, zlib.error, ValueError) as error:
        reason = error
    logger.info("%s holds no config, so the current one is used: %s", key, reason)
    return None


def config_of_record(body: Any) -> Any:
    """Read the config from a manager's record, and nothing after it.

    :param body: the gzipped record, which is read in chunks
    :raises ValueError: if it holds no config.
    """
    inflate = zlib.decompressobj(_GZIP)
    decode = codecs.getincrementaldecoder("utf-8")()
    text = ""
    while piece := body.read(_CHUNK):
        text += decode.decode(inflate.decompress(piece))
        field = _FIELD.search(text, 0, _LONGEST_START)
        if field is None and len(text) > _LONGEST_START:
            break
        if field is not None:
            try:
                config, end = json.JSONDecoder().raw_decode(text, field.end())
            except RecursionError as error:
                raise ValueError("its config is nested too deeply") from error
            except ValueError:
                if len(text) > _LONGEST_CONFIG:
                    break
                continue  # the rest is in the next chunk
            if end < len(text):
                return config
    raise ValueError("the record has no field config")
