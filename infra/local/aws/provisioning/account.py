"""Access to an embedded AWS."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

import boto3

from infra.local.aws.environment import aws_environment


class Account:
    """The one account of an embedded AWS; as a context manager it closes its clients.

    :param endpoint_url: of all services
    :param region: of all resources
    """

    def __init__(self, endpoint_url: str, region: str) -> None:
        self.endpoint_url = endpoint_url
        self.region = region
        self._clients: dict[tuple[str, str], Any] = {}
        self._open = ExitStack()

    def client(self, service: str, region: str | None = None) -> Any:
        """A boto3 client, one for each service and region.

        :param region: the account's if None
        """
        named = (service, region or self.region)
        if named not in self._clients:
            credentials = aws_environment(self.endpoint_url, self.region)
            client = boto3.client(
                service,
                endpoint_url=self.endpoint_url,
                region_name=named[1],
                aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
            )
            self._open.callback(client.close)
            self._clients[named] = client
        return self._clients[named]

    def close(self) -> None:
        """Close all clients."""
        self._open.close()
        self._clients.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
