"""Refuses every connection and name look-up that would leave this machine.

An audit hook, because that sees each use of Python's sockets, by any importer at any time. It does
not see what is not Python: a subprocess of another language, or a library that opens its sockets in
C. Kept apart from everything else and cheap to import, for ``sitecustomize`` loads it
in every Python process of the demo.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

_SENDS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_LOOKUPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})
_EVENTS = _SENDS | _LOOKUPS
_WILDCARDS = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - a connection to these stays here
_STACK_DEPTH = 8


class NetworkForbiddenError(OSError):
    """A connection or look-up that would leave this machine was refused."""


def install(report: Callable[[str], None]) -> None:
    """Refuse, for the rest of this process, all network use but that of this machine.

    Loopback addresses, Unix sockets and the look-up of the machine's own name are allowed.

    :param report: gets each refused attempt in one line, before the error is raised
    """
    # A process that ends empties its modules, but the hook still gets events.
    events = _EVENTS

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event not in events:
            return
        target = _outside(event, args)
        if target is not None:
            message = f"{event} {target!r} would leave this machine, from {_callers()}"
            report(message)
            raise NetworkForbiddenError(errno.ENETUNREACH, message)

    sys.addaudithook(hook)


def _outside(event: str, args: tuple[Any, ...]) -> object | None:
    """Return the address or name that is not of this machine; None if all is well."""
    if event in _LOOKUPS:
        host = args[0]
        return None if _is_loopback(host) or _is_own_name(host) else host
    sock, address = args[0], args[1]
    if address is None or sock.family.name not in ("AF_INET", "AF_INET6"):
        return None  # already connected, or a Unix or kernel socket
    return None if _is_loopback(address[0]) else address


def _is_loopback(host: object) -> bool:
    name = _text(host)
    if name in _WILDCARDS or name == "localhost" or name.endswith(".localhost"):
        return True
    from _socket import AF_INET, AF_INET6, inet_pton

    try:
        return inet_pton(AF_INET, name)[0] == 127
    except OSError:
        pass
    try:
        packed = inet_pton(AF_INET6, name.partition("%")[0])
    except OSError:
        return False
    # ::1, or 127.0.0.0/8 as an IPv4-mapped address
    return packed == b"\0" * 15 + b"\1" or packed.startswith(b"\0" * 10 + b"\xff\xff\x7f")


def _is_own_name(host: object) -> bool:
    own = os.uname().nodename.lower()
    name = _text(host)
    return name == own or name.startswith(own + ".")


def _text(host: object) -> str:
    if isinstance(host, bytes | bytearray):
        host = host.decode("ascii", "replace")
    return "" if host is None else str(host).lower().rstrip(".")


def _callers() -> str:
    """Return the innermost callers, innermost first."""
    frame: FrameType | None = sys._getframe(2)
    callers: list[str] = []
    while frame is not None and len(callers) < _STACK_DEPTH:
        callers.append(f"{frame.f_code.co_filename}:{frame.f_lineno}")
        frame = frame.f_back
    return " < ".join(callers)
