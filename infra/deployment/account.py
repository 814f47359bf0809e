"""The AWS account that is deployed to, with its clients."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self


class Account:
    """Clients of one account and region; as a context manager it closes them.

    :param region: of all clients
    :param profile: a profile of the AWS configuration; the environment's if None
    """

    def __init__(self, region: str, profile: str | None = None) -> None:
        import boto3

        self.region = region
        self._session = boto3.Session(profile_name=profile, region_name=region)
        self._clients: dict[str, Any] = {}
        self._open = ExitStack()

    def client(self, service: str) -> Any:
        """The client of a service, made once."""
        if service not in self._clients:
            client = self._session.client(service)
            self._open.callback(client.close)
            self._clients[service] = client
        return self._clients[service]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open.close()
