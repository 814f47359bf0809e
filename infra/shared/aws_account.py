"""One AWS account, real or embedded, with its clients."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self


class AwsAccount(ABC):
    """boto3 clients of one account, each made once; as a context manager it closes them.

    :param region: of all clients for which none is named
    """

    def __init__(self, region: str) -> None:
        self.region = region
        self._clients: dict[tuple[str, str], Any] = {}
        self._open = ExitStack()

    @abstractmethod
    def _make_client(self, service: str, region: str) -> Any:
        """Return a new boto3 client of a service."""

    def client(self, service: str, region: str | None = None) -> Any:
        """Return the boto3 client of a service, one for each region.

        :param region: the account's if None
        """
        key = (service, region or self.region)
        if key not in self._clients:
            client = self._make_client(*key)
            self._open.callback(client.close)
            self._clients[key] = client
        return self._clients[key]

    def close(self) -> None:
        """Close all clients; a later request makes a new one."""
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
