"""Planning's view of the bucket: models, configs, uploads and their origins.

Airflow only reads; jobs write all objects.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from emmaa_airflow.aws.client import aws_client
from emmaa_airflow.aws.s3_errors import error_code, is_absent, is_refused, refusal
from emmaa_cycle.dates import ROUND_PATTERN, is_round
from emmaa_cycle.errors import InputError, ModelConfigError
from emmaa_cycle.model_config import ModelConfig, parse_model_config
from emmaa_cycle.names import check_name
from emmaa_cycle.origin import Origin
from emmaa_cycle.s3_layout import (
    MODELS,
    config_key,
    model_manager_key,
    model_manager_prefix,
    model_prefix,
)
from emmaa_cycle.settings import Settings
from emmaa_cycle.suggestions import listed
from emmaa_cycle.uploads import Upload, UploadKind, parse_upload

_PREFIXES = {UploadKind.MODEL: model_prefix, UploadKind.MODEL_MANAGER: model_manager_prefix}
_NAMES = {UploadKind.MODEL: "model file", UploadKind.MODEL_MANAGER: "model manager"}

logger = logging.getLogger(__name__)


class BucketReader:
    """A reader of the bucket for Airflow's side.

    :param bucket: the bucket's name
    :param client: a boto3 S3 client
    """

    def __init__(self, bucket: str, client: Any) -> None:
        self.bucket = bucket
        self.client = client

    @classmethod
    def of(cls, settings: Settings) -> BucketReader:
        """Return a reader of the deployment's bucket."""
        return cls(settings.bucket, aws_client("s3", settings.aws_region))

    def models(self) -> list[str]:
        """List the models: the folders under ``models/`` with a valid name.

        Any other folder is left out with a warning, so that it does not stop the models.
        """
        models = []
        for folder in self.folders():
            if fault := folder_fault(folder):
                logger.warning("Left out: %s", fault)
            else:
                models.append(folder)
        return models

    def folders(self) -> list[str]:
        """List the names of all folders under ``models/``, including invalid ones."""
        pages = self._pages(self._objects, Prefix=MODELS, Delimiter="/")
        folders = (item["Prefix"] for page in pages for item in page.get("CommonPrefixes", []))
        return [folder.removeprefix(MODELS).removesuffix("/") for folder in folders]

    def config(self, model: str) -> ModelConfig:
        """Read a model's config, as :meth:`versioned_config` does."""
        return self.versioned_config(model)[0]

    def versioned_config(self, model: str) -> tuple[ModelConfig, str]:
        """Read a model's config and its version, which is empty in an unversioned bucket.

        :raises ModelConfigError: if it is missing, invalid, or refused by S3; the message
            has model, key and field.
        """
        key = config_key(model)
        try:
            answer = self.client.get_object(Bucket=self.bucket, Key=key)
            body = answer["Body"].read()
        except ClientError as error:
            if is_refused(error):
                where = f"model {model!r}: s3://{self.bucket}/{key} cannot be read"
                raise ModelConfigError(f"{where}: {refusal(error)}") from error
            if not is_absent(error):
                raise self._explained(error) from error
            raise ModelConfigError(
                f"model {model!r} has no s3://{self.bucket}/{key}; the bucket's models are:"
                f" {listed(self.models())}"
            ) from error
        config = parse_model_config(model, body)
        for note in config.notes:
            logger.warning("%s: %s", key, note)
        for part in config.left_out:
            logger.warning("%s: left out: %s %s: %s", key, part.kind, part.item, part.reason)
        # An object from before the bucket was versioned has the version "null", which may change.
        version = answer.get("VersionId", "")
        return config, "" if version == "null" else version

    def origin(self, key: str) -> Origin | None:
        """Return the origin of an object; None if there is no such object."""
        try:
            head = self.client.head_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            if is_absent(error):
                return None
            raise self._explained(error) from error
        return Origin.from_metadata(head["Metadata"])

    def exists(self, key: str) -> bool:
        """Return whether an object exists, whatever its metadata."""
        try:
            self.client.head_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            if is_absent(error):
                return False
            raise self._explained(error) from error
        return True

    def newest_json(self, prefix: str) -> Any:
        """Return the newest of the dated JSON objects under a prefix.

        :raises InputError: if there is none, or it is not JSON.
        """
        pages = self._pages(self._objects, Prefix=prefix)
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        found = json_by_round(prefix, keys)
        if not found:
            raise InputError(f"nothing is at s3://{self.bucket}/{prefix}…")
        return self.json(found[max(found)])

    def json(self, key: str) -> Any:
        """Return a JSON object.

        :raises InputError: if it is not JSON.
        """
        try:
            return json.loads(self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read())
        except (ValueError, RecursionError) as error:
            raise InputError(f"s3://{self.bucket}/{key} is not JSON: {error}") from error

    def text(self, key: str) -> tuple[str, datetime] | None:
        """Return a small object's text and its time of writing; None if there is no object."""
        try:
            answer = self.client.get_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            if is_absent(error):
                return None
            raise self._explained(error) from error
        return answer["Body"].read().decode(), answer["LastModified"]

    def round_is_foreign(self, model: str, round_date: str, run_id: str) -> bool:
        """Return whether another run has made a round of this ``<dt>`` of the model."""
        origin = self.origin(model_manager_key(model, round_date))
        return origin is not None and origin.run_id != run_id

    def upload(self, kind: UploadKind, model: str, date: str | None = None) -> Upload:
        """Return one upload of a model, the newest if no date is given.

        :param date: its ``<dt>``
        :raises InputError: if there is none; the message has the prefix that was searched.
        """
        prefix = _PREFIXES[kind](model) + (date or "")
        found = [upload for upload, _ in self._uploads(kind, prefix, "")]
        if not found:
            raise InputError(
                f"model {model!r} has no {_NAMES[kind]} of {date or 'any date'}:"
                f" nothing is at s3://{self.bucket}/{prefix}…"
            )
        # Of two forms of one state, prefer the form that this repository's jobs write.
        return max(found, key=lambda upload: (upload.round_date, upload.key.endswith(".gz")))

    def uploads_since(
        self, kind: UploadKind, model: str, since: str
    ) -> Iterator[tuple[Upload, datetime]]:
        """Return a model's uploads dated from ``since`` (``<dt>``) on, each with its upload time.

        Keys are sorted by date, so the listing begins there: its cost depends on the number of new
        objects, not of all objects.
        """
        prefix = _PREFIXES[kind](model)
        yield from self._uploads(kind, prefix, prefix + since)

    def version_etags(self, key: str) -> list[str]:
        """Return the ETags of an object's versions, oldest first (unversioned bucket: only one)."""
        found: list[str] = []
        for page in self._pages(self._versions, Prefix=key):
            versions = (item for item in page.get("Versions", []) if item["Key"] == key)
            found += [item["ETag"].strip('"') for item in versions]
        return found[::-1]

    def _uploads(
        self, kind: UploadKind, prefix: str, start_after: str
    ) -> Iterator[tuple[Upload, datetime]]:
        for page in self._pages(self._objects, Prefix=prefix, StartAfter=start_after):
            for item in page.get("Contents", []):
                upload = parse_upload(self.bucket, item["Key"], item["ETag"])
                if upload and upload.kind is kind:
                    yield upload, item["LastModified"]

    @property
    def _objects(self) -> Any:
        return self.client.get_paginator("list_objects_v2")

    @property
    def _versions(self) -> Any:
        return self.client.get_paginator("list_object_versions")

    def _pages(self, paginator: Any, **query: str) -> Iterator[dict[str, Any]]:
        try:
            yield from paginator.paginate(Bucket=self.bucket, **query)
        except ClientError as error:
            raise self._explained(error) from error

    def _explained(self, error: Exception) -> Exception:
        if error_code(error) == "NoSuchBucket":
            return InputError(
                f"the bucket {self.bucket!r} does not exist: set EMMAA_BUCKET, or bucket in the"
                " settings file, to the bucket that holds models/"
            )
        return error


def folder_fault(folder: str) -> str:
    """Return why a folder under ``models/`` is not a model's, and the fix; empty if it can be."""
    try:
        check_name("model", folder)
    except InputError as error:
        return f"{error}: rename or remove the folder {MODELS + folder + '/'!r}"
    return ""


def json_by_round(prefix: str, keys: Iterable[str]) -> dict[str, str]:
    """Return the keys of dated JSON objects by their ``<dt>``, without impossible dates."""
    dated = re.compile(rf"{re.escape(prefix)}({ROUND_PATTERN})\.json")
    return {m[1]: m[0] for m in map(dated.fullmatch, keys) if m and is_round(m[1])}
