"""The globals that a pickle may name, and the inert records that stand in for them.

The unpickler calls and changes any object that a pickle names. So it gets nothing of value:
classes of INDRA and EMMAA become empty records that only keep their state, and the few functions
that Python's own types need become makers that take exactly what those types pickle.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NoReturn, cast

from emmaa_cycle.errors import InputError


class RefusedPickleError(InputError):
    """A pickle holds what is not needed for EMMAA's data, so nothing of it is used."""


class _Frozen(type):
    """The type of record classes: a pickle's BUILD must not change a class."""

    def __setattr__(cls, name: str, value: object) -> NoReturn:
        raise RefusedPickleError(f"it sets {name!r} of a class")


class Record(metaclass=_Frozen):
    """An object of a pickle: the name of its class and its state, nothing else.

    Made empty, as ``cls.__new__(cls)`` would be, then given its state once.
    """

    __slots__ = ("state",)
    #: ``module.name`` of the class; the module is ``indra.statements`` for all of INDRA's.
    kind: str = ""
    state: dict[str, Any]

    def __new__(cls, *args: object, **fields: object) -> Record:
        """Make an empty record.

        :raises RefusedPickleError: if a constructor is called with arguments.
        """
        if args or fields:
            raise RefusedPickleError(f"it calls {cls.kind} with arguments")
        record = super().__new__(cls)
        object.__setattr__(record, "state", {})
        return record

    def __init__(self, *args: object, **fields: object) -> None:
        """Nothing: the state comes by :meth:`__setstate__`."""

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise RefusedPickleError(f"it sets {name!r} of {self.kind}")

    def __setstate__(self, state: object) -> None:
        if self.state:
            raise RefusedPickleError(f"it gives one {self.kind} two states")
        if not isinstance(state, dict) or not all(type(name) is str for name in state):
            raise RefusedPickleError(f"the state of {self.kind} is not a dictionary of attributes")
        object.__setattr__(self, "state", state)


class Maker:
    """A function that a pickle may call, or a type that it may name but not call."""

    __slots__ = ("_make", "name")

    def __init__(self, name: str, make: Callable[..., Any]) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "_make", make)

    name: str
    _make: Callable[..., Any]

    def __call__(self, *args: object) -> Any:
        """Return the record of what the function would make.

        :raises RefusedPickleError: if the arguments are not what Python's own types pickle.
        """
        try:
            return self._make(*args)
        except (TypeError, ValueError, OverflowError) as error:
            raise RefusedPickleError(f"it calls {self.name} with arguments not its own") from error

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise RefusedPickleError(f"it sets {name!r} of {self.name}")

    def __setstate__(self, state: object) -> NoReturn:
        raise RefusedPickleError(f"it gives {self.name} a state")


@cache
def record_class(kind: str) -> type[Record]:
    """Return the record class that stands in for a class.

    :param kind: ``module.name``
    """
    made: Any = _Frozen(kind.rpartition(".")[2], (Record,), {"__slots__": (), "kind": kind})
    return cast(type[Record], made)


def _need(condition: bool) -> None:
    if not condition:
        raise TypeError("not what the type pickles")


def _encode(text: object, encoding: object) -> bytes:
    # How protocol 2 writes bytes.
    _need(type(text) is str and encoding == "latin1")
    return str(text).encode("latin1")


def _set(items: object) -> set[Any]:
    _need(type(items) is list)
    return set(items)  # type: ignore[call-overload,no-any-return]


def _frozenset(items: object) -> frozenset[Any]:
    return frozenset(_set(items))


def _dict(*args: object) -> dict[Any, Any]:
    # Entries follow one by one: order and factory do not matter to JSON.
    _need(not args or (len(args) == 1 and (args[0] is None or isinstance(args[0], Maker))))
    return {}


def _datetime(payload: object, zone: object = None) -> dt.datetime:
    _need(type(payload) is bytes and len(payload) == 10)
    _need(zone is None or type(zone) is dt.timezone)
    return dt.datetime(payload, zone) if zone else dt.datetime(payload)  # type: ignore


def _date(payload: object) -> dt.date:
    _need(type(payload) is bytes and len(payload) == 4)
    return dt.date(payload)  # type: ignore


def _timedelta(*args: object) -> dt.timedelta:
    _need(len(args) == 3 and all(type(arg) is int for arg in args))
    return dt.timedelta(*args)  # type: ignore[arg-type]


def _timezone(offset: object) -> dt.timezone:
    _need(type(offset) is dt.timedelta)
    return dt.timezone(offset)  # type: ignore[arg-type]


def _uncallable(*args: object) -> NoReturn:
    raise TypeError("only a factory's name")


_MAKERS: Mapping[str, Callable[..., Any]] = {
    "_codecs.encode": _encode,
    "builtins.set": _set,
    "builtins.frozenset": _frozenset,
    "collections.OrderedDict": _dict,
    "collections.defaultdict": _dict,
    "datetime.datetime": _datetime,
    "datetime.date": _date,
    "datetime.timedelta": _timedelta,
    "datetime.timezone": _timezone,
    # As factories of a defaultdict.
    **{f"builtins.{name}": _uncallable for name in ("list", "dict", "int", "float", "str")},
}
#: Values that the unpickler may be given by name, but for the record classes.
MAKERS: Mapping[str, Maker] = {name: Maker(name, make) for name, make in _MAKERS.items()}
