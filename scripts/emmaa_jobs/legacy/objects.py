"""INDRA's objects, made of records."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from emmaa_jobs.legacy.expansion import SKIPPED
from emmaa_jobs.legacy.records import Record, RefusedPickleError
from emmaa_jobs.legacy.unpickler import INDRA, indra_classes

#: Computed again: an older version's hashes may differ.
_HASHES = frozenset({"_full_hash", "_shallow_hash", "source_hash", "stmt_tag"})
_MAX_BITS = 256


def thaw(value: object) -> Any:
    """Replace records by INDRA's objects, and all else by its JSON form.

    Its :class:`~.expansion.Expansion` must have been found finite.

    :raises RefusedPickleError: if it holds a record that is not INDRA's, an attribute that INDRA's
        class has for a method, or a value that JSON cannot hold.
    """
    if value is None or isinstance(value, str | int | float):
        return _plain(value)
    if isinstance(value, Record):
        return _thaw_record(value)
    if isinstance(value, dict):
        return {_key(key): thaw(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [thaw(each) for each in value]
    if isinstance(value, set | frozenset):
        return sorted((thaw(each) for each in value), key=repr)
    if isinstance(value, datetime | date):
        return value
    raise RefusedPickleError(f"it holds a {type(value).__name__}, which JSON cannot hold")


def _plain(value: str | int | float | None) -> str | int | float | None:
    if isinstance(value, str) and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise RefusedPickleError(f"it holds {value[:40]!r}, which is not text") from error
    if isinstance(value, int) and value.bit_length() > _MAX_BITS:
        raise RefusedPickleError(f"it holds an integer of {value.bit_length()} bits")
    if isinstance(value, float) and not math.isfinite(value):
        raise RefusedPickleError(f"it holds {value}, which JSON cannot hold")
    return value


def _key(key: object) -> Any:
    if key is None or isinstance(key, str | int | float):
        return _plain(key)
    raise RefusedPickleError(f"a {type(key).__name__} is a key, which JSON cannot hold")


def _thaw_record(record: Record) -> Any:
    module, _, name = record.kind.rpartition(".")
    if module != INDRA:
        raise RefusedPickleError(f"it holds a {record.kind} within an INDRA statement")
    cls = indra_classes()[name]
    state = _defaults(cls) | {k: thaw(v) for k, v in record.state.items() if k not in SKIPPED}
    state |= dict.fromkeys(_HASHES & state.keys())
    for attribute in state:
        if attribute.startswith("__") or _is_behaviour(getattr(cls, attribute, None)):
            raise RefusedPickleError(f"it gives {record.kind} an attribute {attribute!r}")
    return _with_state(cls, state)


def _is_behaviour(of_class: object) -> bool:
    return callable(of_class) or hasattr(of_class, "__get__")


def _with_state(cls: type, state: dict[str, Any]) -> Any:
    made: Any = object.__new__(cls)
    # Statements and evidence of old versions of INDRA are brought up to date by INDRA itself.
    restore: Callable[[Any], None] = getattr(made, "__setstate__", made.__dict__.update)
    restore(state)
    return made


def _defaults(cls: type) -> dict[str, Any]:
    """Attributes that old versions of INDRA did not write yet."""
    from indra.statements import Agent, Concept, Evidence, Statement

    if issubclass(cls, Statement):
        return _fresh(lambda: Statement(), "uuid")
    if issubclass(cls, Concept):
        return _fresh(lambda: (Agent if issubclass(cls, Agent) else Concept)("unnamed"), "name")
    return _fresh(Evidence) if issubclass(cls, Evidence) else {}


def _fresh(make: Callable[[], Any], *without: str) -> dict[str, Any]:
    return {name: value for name, value in vars(make()).items() if name not in without}
