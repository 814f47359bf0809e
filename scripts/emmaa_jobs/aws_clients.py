"""Clients of AWS, made from the environment and AWS' own files."""

from __future__ import annotations

from typing import Any

from emmaa_cycle.errors import InputError


def aws_client(service: str, **options: Any) -> Any:
    """Make a boto3 client.

    :param service: boto3's name of the service
    :param options: of ``boto3.client``
    :raises InputError: if an address or number in the environment is none.
    """
    import boto3

    try:
        return boto3.client(service, **options)
    except ValueError as error:
        # Botocore's own errors for other faults are translated where a job ends.
        said = " ".join(str(error).split())
        raise InputError(
            f"AWS cannot be used: {said}. Check the AWS_… variables and AWS' config file"
        ) from error
