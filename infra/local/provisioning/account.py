"""The account of an embedded AWS."""

from __future__ import annotations

from typing import Any

from infra.local.aws.client import make_client
from infra.shared.aws_account import AwsAccount


class Account(AwsAccount):
    """The one account of an embedded AWS.

    :param endpoint_url: of all services
    :param region: of all resources
    """

    def __init__(self, endpoint_url: str, region: str) -> None:
        super().__init__(region)
        self.endpoint_url = endpoint_url

    def _make_client(self, service: str, region: str) -> Any:
        return make_client(service, self.endpoint_url, region)
