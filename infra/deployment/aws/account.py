"""The AWS account that is deployed to."""

from __future__ import annotations

from typing import Any

from infra.shared.aws_account import AwsAccount


class Account(AwsAccount):
    """An account as its user's AWS configuration reaches it.

    :param region: of all clients for which none is named
    :param profile: a profile of the AWS configuration; the environment's if None
    """

    def __init__(self, region: str, profile: str | None = None) -> None:
        import boto3

        super().__init__(region)
        self._session = boto3.Session(profile_name=profile, region_name=region)

    def _make_client(self, service: str, region: str) -> Any:
        return self._session.client(service, region_name=region)
