"""Access to an embedded AWS, whatever AWS and whatever proxy its user has set up."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

import boto3
import botocore.session
from botocore.config import Config

from infra.local.aws.environment import aws_environment

_UNSET = (None, None, None, None)
_NO_FILE = (None, None, "/dev/null", None)


def make_client(service: str, endpoint_url: str, region: str, config: Config | None = None) -> Any:
    """A boto3 client of an embedded AWS.

    It heeds neither the user's profile and files, which may name a profile that is not there, nor
    proxies, which would send what is meant for this machine elsewhere.

    :param config: more options of the client
    """
    variables = {"profile": _UNSET, "config_file": _NO_FILE, "credentials_file": _NO_FILE}
    session = boto3.Session(botocore_session=botocore.session.Session(session_vars=variables))
    credentials = aws_environment(endpoint_url, region)
    direct = Config(proxies={})
    return session.client(
        service,
        endpoint_url=endpoint_url,
        region_name=region,
        aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
        config=direct if config is None else config.merge(direct),
    )


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
            client = make_client(service, self.endpoint_url, named[1])
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
