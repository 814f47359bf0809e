"""A job's claim to its work, in the bucket (:mod:`emmaa_cycle.claims`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from emmaa_cycle.claims import Claim, Held, refusal
from emmaa_cycle.errors import InputError
from emmaa_cycle.settings import load_settings
from emmaa_jobs.bucket import Bucket
from emmaa_jobs.errors import SourceUnavailableError

_JOB_ID = "AWS_BATCH_JOB_ID"
#: What S3 answers if the condition of a put does not hold: something is there, something else is
#: there, nothing is there, or another put is under way.
_REFUSED = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})


def claim_work(environment: Mapping[str, str]) -> None:
    """Take the claim that the job was given, if any, before the job works.

    :raises SourceUnavailableError: if another job of the series holds it. The task's next try
        finds that job and waits for it.
    :raises InputError: if another task makes something of the same date.
    """
    claim, job_id = Claim.from_environment(environment), environment.get(_JOB_ID, "")
    if claim is None or not job_id:
        return
    bucket = Bucket(load_settings().bucket)
    refused = refusal(BucketClaims(bucket), claim, job_id)
    if refused is None:
        return
    where = f"s3://{bucket.name}/{refused.key}"
    if refused.is_date:
        raise InputError(
            f"another run works on the same date, or has: {where} belongs to another task. Start"
            " this run again, for another date"
        )
    raise SourceUnavailableError(
        f"another job of this task does this work, or has done it: {where} belongs to the job"
        f" {refused.holder}. The task's next try waits for that job"
    )


class BucketClaims:
    """The claims in a bucket, written by conditional puts."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def read(self, key: str) -> Held | None:
        """Return the claim at a key; None if there is none."""
        try:
            answer = self._bucket.client.get_object(Bucket=self._bucket.name, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return None
            raise
        return Held(answer["Body"].read().decode(), answer["ETag"])

    def write(self, key: str, owner: str, instead_of: Held | None) -> bool:
        """Write a claim if the key still holds ``instead_of``, and return whether it did."""
        condition: dict[str, Any] = (
            {"IfNoneMatch": "*"} if instead_of is None else {"IfMatch": instead_of.etag}
        )
        try:
            self._bucket.client.put_object(
                Bucket=self._bucket.name,
                Key=key,
                Body=owner.encode(),
                ContentType="text/plain; charset=utf-8",
                Metadata=self._bucket.origin.to_metadata(),
                **condition,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _REFUSED:
                return False
            raise
        return True
