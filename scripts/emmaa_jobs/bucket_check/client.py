"""An S3 client that can only read."""

from __future__ import annotations

from typing import Any

from emmaa_cycle.settings import load_settings
from emmaa_jobs.aws_clients import aws_client

#: The operations that the check needs; none of them changes anything.
READS = frozenset({"GetObject", "HeadObject", "ListObjectsV2"})


class WriteRefusedError(RuntimeError):
    """Something tried to change the bucket that is only to be looked at: a fault of this code."""


def read_only_client(unsigned: bool = False) -> Any:
    """Make a boto3 client that refuses all but :data:`READS` before anything is sent.

    :param unsigned: send no credentials, as a public bucket is read
    """
    from botocore import UNSIGNED
    from botocore.config import Config

    config = Config(signature_version=UNSIGNED) if unsigned else None
    client = aws_client("s3", region_name=load_settings().aws_region, config=config)
    client.meta.events.register("before-call.s3", _refuse_writes)
    return client


def _refuse_writes(model: Any, **_: Any) -> None:
    if model.name not in READS:
        raise WriteRefusedError(f"{model.name} is refused: the bucket is only read")
