"""Access to an embedded AWS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import boto3

from infra.local.aws.environment import aws_environment


@dataclass(frozen=True)
class Account:
    """The one account of an embedded AWS.

    :param endpoint_url: of all services
    :param region: of all resources
    """

    endpoint_url: str
    region: str

    def client(self, service: str, region: str | None = None) -> Any:
        """A boto3 client.

        :param region: the account's if None
        """
        credentials = aws_environment(self.endpoint_url, self.region)
        return boto3.client(
            service,
            endpoint_url=self.endpoint_url,
            region_name=region or self.region,
            aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
        )
