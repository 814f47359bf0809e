"""One boto3 client for all triggers of a triggerer.

Making a client takes a tenth of a second of CPU time, which is too much for each of hundreds of
triggers in one event loop. Many threads may use a client at once.
"""

from __future__ import annotations

import asyncio
from typing import Any
from weakref import WeakKeyDictionary

from emmaa_airflow.aws.client import aws_client
from emmaa_airflow.triggers.threads import in_thread

_Key = tuple[str, str | None, str | None]
_CLIENTS: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[_Key, asyncio.Task[Any]]] = (
    WeakKeyDictionary()
)


async def shared_client(service: str, region: str | None, conn_id: str | None) -> Any:
    """Return the running event loop's client of a service, made at its first use."""
    clients = _CLIENTS.setdefault(asyncio.get_running_loop(), {})
    key = (service, region, conn_id)
    making = clients.get(key)
    if making is None:
        making = clients[key] = asyncio.create_task(in_thread(aws_client, *key))
    try:
        # The cancellation of one trigger must not take the client from the others.
        return await asyncio.shield(making)
    except Exception:
        clients.pop(key, None)  # a repaired connection works at the next use
        raise
