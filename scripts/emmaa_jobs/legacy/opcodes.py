"""A pickle's opcodes, checked before any of them is carried out."""

from __future__ import annotations

import pickletools

from emmaa_jobs.legacy.records import RefusedPickleError

#: What protocols 2 to 5 write for plain values, records and the makers' calls. Not in it:
#: persistent ids, the extension registry, out-of-band buffers, bytearrays, keyword
#: constructors, and what only protocols 0 and 1 write, among it OBJ and INST.
ALLOWED = frozenset(
    [
        "PROTO",
        "FRAME",
        "STOP",
        "MARK",
        "POP",
        "POP_MARK",
        "NONE",
        "NEWTRUE",
        "NEWFALSE",
        "BININT",
        "BININT1",
        "BININT2",
        "LONG1",
        "LONG4",
        "BINFLOAT",
        "SHORT_BINUNICODE",
        "BINUNICODE",
        "BINUNICODE8",
        "SHORT_BINBYTES",
        "BINBYTES",
        "BINBYTES8",
        "EMPTY_LIST",
        "APPEND",
        "APPENDS",
        "EMPTY_DICT",
        "SETITEM",
        "SETITEMS",
        "EMPTY_SET",
        "ADDITEMS",
        "FROZENSET",
        "EMPTY_TUPLE",
        "TUPLE",
        "TUPLE1",
        "TUPLE2",
        "TUPLE3",
        "BINPUT",
        "LONG_BINPUT",
        "MEMOIZE",
        "BINGET",
        "LONG_BINGET",
        "GLOBAL",
        "STACK_GLOBAL",
        "REDUCE",
        "NEWOBJ",
        "BUILD",
    ]
)
_PROTOCOLS = range(2, 6)
_PUT = frozenset({"BINPUT", "LONG_BINPUT"})


def check_opcodes(content: bytes) -> None:
    """Check a pickle without carrying it out.

    :raises RefusedPickleError: naming opcode and position, if it is not of protocols 2 to 5, is cut
        off, goes on after its end, holds an opcode that is not in :data:`ALLOWED`, or numbers its
        memo so that the unpickler would take memory for entries that are not there.
    """
    if content[:1] != b"\x80" or content[1:2] == b"" or content[1] not in _PROTOCOLS:
        raise RefusedPickleError("it is not a pickle of protocols 2 to 5, which EMMAA wrote")
    end = -1
    try:
        for count, (opcode, argument, position) in enumerate(pickletools.genops(content)):
            if opcode.name not in ALLOWED:
                raise RefusedPickleError(f"it holds the opcode {opcode.name} at byte {position}")
            if opcode.name in _PUT and int(argument or 0) > count:
                raise RefusedPickleError(f"its memo jumps to {argument} at byte {position}")
            end = position or 0
    except RefusedPickleError:
        raise
    except (ValueError, OverflowError) as error:
        raise RefusedPickleError(f"it cannot be read as a pickle: {error}") from error
    if end + 1 != len(content):
        raise RefusedPickleError(f"{len(content) - end - 1} bytes follow its end")
