"""The AWS account that is deployed to, with its clients."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self


class Account:
    """Clients of one account and region; as a context manager it closes them.

    :param region: of all clients for which none is named
    :param profile: a profile of the AWS configuration; the environment's if None
    """

    def __init__(self, region: str, profile: str | None = None) -> None:
        import boto3

        self.region = region
        self._session = boto3.Session(profile_name=profile, region_name=region)
        self._clients: dict[tuple[str, str], Any] = {}
        self._open = ExitStack()

    def client(self, service: str, region: str | None = None) -> Any:
        """The client of a service, made once.

        :param region: if it is not the account's
        """
        key = (service, region or self.region)
        if key not in self._clients:
            client = self._session.client(service, region_name=key[1])
            self._open.callback(client.close)
            self._clients[key] = client
        return self._clients[key]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open.close()
