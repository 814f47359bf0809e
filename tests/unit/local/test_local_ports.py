"""A taken port is found before anything starts, and the message says how to fix it."""

from __future__ import annotations

import socket

import pytest

from emmaa_cycle.errors import InputError
from infra.local.stack.ports import HOST, claim_port


def test_taken_port_names_port_purpose_and_way_out() -> None:
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(InputError, match=rf"{port}, wanted for the UI, is taken .*UI_PORT"):
            claim_port(port, "the UI", "make up UI_PORT=NUMBER")


def test_zero_takes_any_free_port() -> None:
    assert claim_port(0, "the UI", "") > 0


@pytest.mark.parametrize("port", [-1, 65536])
def test_no_port(port: int) -> None:
    with pytest.raises(InputError, match="is not a port"):
        claim_port(port, "the UI", "")
