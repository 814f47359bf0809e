"""The connections that a job makes or tries, those to this machine included."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_CONNECTS = ("socket.connect", "socket.sendto", "socket.sendmsg")
_LOOKUPS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
_noted: list[list[str]] = []


@contextmanager
def noted_connections() -> Iterator[list[str]]:
    """Note each host that this process looks up or connects to in the block.

    Unix sockets and pipes are no connections: programs that a job starts are reached by them.
    """
    if not _installed:
        sys.addaudithook(_note)  # for good: Python cannot remove it
        _installed.append(True)
    hosts: list[str] = []
    _noted.append(hosts)
    try:
        yield hosts
    finally:
        _noted.remove(hosts)


_installed: list[bool] = []


def _note(event: str, args: tuple[Any, ...]) -> None:
    if not _noted or event not in (*_CONNECTS, *_LOOKUPS):
        return
    if event in _LOOKUPS:
        host = args[0]
    elif args[0].family in (socket.AF_INET, socket.AF_INET6) and args[1]:
        host = args[1][0]
    else:
        return
    for hosts in _noted:
        hosts.append(f"{event} {host}")
