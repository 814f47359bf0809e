"""The state of rounds at the gate, in the bucket, where the jobs that mail read it."""

from __future__ import annotations

from botocore.exceptions import ClientError

from emmaa_airflow.aws.bucket_reader import BucketReader
from emmaa_airflow.aws.s3_errors import is_refused, refusal
from emmaa_cycle.errors import InputError
from emmaa_cycle.quality.release import RoundRelease


def write_release(reader: BucketReader, release: RoundRelease) -> None:
    """Store the state of a round, over an earlier one.

    :raises InputError: if S3 refuses it.
    """
    try:
        reader.client.put_object(
            Bucket=reader.bucket,
            Key=release.key,
            Body=release.to_text().encode(),
            ContentType="application/json",
        )
    except ClientError as error:
        if not is_refused(error):
            raise
        raise InputError(
            f"s3://{reader.bucket}/{release.key} cannot be written, so no mail can be held:"
            f" {refusal(error)}. Let Airflow's role put objects under quality/, or switch hold off"
            " (quality.hold)"
        ) from error
