"""The page's own AWS clients: a person waits for it, so it gives up soon."""

from __future__ import annotations

from typing import Any, Literal

from emmaa_airflow.aws.client import connected_client
from emmaa_cycle.settings import Settings

#: Objects that are read at the same time. Each of so many threads waits for the interpreter, and so
#: does Airflow: 16 are no faster than 8, and slow Airflow's own API down more. botocore drops
#: connections beyond its pool's size.
READERS = 8
_CONNECT_SECONDS = 2
_READ_SECONDS = 5
_ATTEMPTS = 2


def page_client(settings: Settings, service: Literal["s3", "batch"] = "s3") -> Any:
    """Return a client with the connection's credentials and short time-outs."""
    from botocore.config import Config

    config = Config(
        max_pool_connections=READERS,
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
    )
    return connected_client(service, settings.aws_region, config)
