"""Ports of the local stack, checked before anything is started."""

from __future__ import annotations

import socket

from emmaa_cycle.errors import InputError

HOST = "127.0.0.1"


def claim_port(port: int, purpose: str, fix: str) -> int:
    """Return a port that is free now.

    :param port: the wished port; 0 takes any free one
    :param purpose: what listens there, for the message
    :param fix: how a person chooses another port
    :raises InputError: if the port is taken, or is no port.
    """
    if not 0 <= port <= 65535:
        raise InputError(f"{port} is not a port for {purpose}: use 1 to 65535, or 0 for any")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise InputError(
                f"port {port}, wanted for {purpose}, is taken ({error.strerror}): {fix}"
            ) from error
        chosen: int = probe.getsockname()[1]
    return chosen
