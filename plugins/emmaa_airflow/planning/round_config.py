"""The config of a round: what its manager holds, not what has been saved meanwhile."""

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
#: A record's fields before its config are a few names and dates. Entities and papers follow it, of
#: which nothing is read.
_LONGEST_START = 256 * 1024
_LONGEST_CONFIG = 16 * 1024 * 1024
# Within a JSON text a quotation mark is escaped, so this is no part of a name.
_FIELD = re.compile(r'"config"\s*:\s*')
_GZIP = 16 + zlib.MAX_WBITS

logger = logging.getLogger(__name__)


def round_config(reader: BucketReader, model: str, manager_key: str) -> ModelConfig:
    """Return the config that a round was assembled with.

    A config that is saved while a round is under way, maybe a broken one, is the next round's. Only
    the resource classes are those of the present config, for they repair a round that ran out of
    memory. A manager of the original's image is a pickle, which is not read; then, as for any
    other manager without a config, it is the present config.

    :raises ModelConfigError: if there is no other than the present config, and it cannot be used.
    """
    pinned = _pinned(reader, model, manager_key)
    if pinned is None:
        return reader.config(model)
    try:
        present = reader.config(model)
    except InputError as error:
        logger.warning("The round goes on with the config of %s, for: %s", manager_key, error)
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
    logger.info("%s holds no config, so the present one is used: %s", key, reason)
    return None


def config_of_record(body: Any) -> Any:
    """Read the config out of a manager's record, and nothing that comes after it.

    :param body: the gzipped record, to be read in pieces
    :raises ValueError: if it holds none.
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
            except ValueError:
                if len(text) > _LONGEST_CONFIG:
                    break
                continue  # the rest of it is in the next piece
            if end < len(text):
                return config
    raise ValueError("the record has no field config")
